//! What is refused, and what the messages say.

use ringshare::linalg::Window;
use ringshare::nn::train::{Batch, Clear, Optimiser, Program, TrainFormats, TrainOptions, Trainer};
use ringshare::nn::{Model, Op, Rounding, Weight, op};
use ringshare::prg::Seed;
use ringshare::share::Share;
use train::float::Float;

fn linear(inputs: usize, outputs: usize, value: f32) -> Op {
    op::Linear { weight: Weight::Real(vec![value; inputs * outputs]), bias: vec![0.; outputs] }.into()
}

fn model(layers: Vec<(&str, Op)>) -> Model {
    let mut model = Model::new([1, 1, 4]);
    layers.into_iter().for_each(|(name, op)| model.push(name, op).unwrap());
    model
}

fn usual() -> Model {
    model(vec![("fc1", linear(4, 6, 0.25)), ("relu", op::Relu.into()), ("fc2", linear(6, 3, 0.25))])
}

fn trainer(options: TrainOptions) -> Trainer {
    Trainer::given(Program::new(&usual(), options).unwrap(), Some(&usual())).unwrap()
}

/// That a message has each of these in it.
#[track_caller]
fn says<T>(result: Result<T, impl ToString>, parts: &[&str]) {
    let Err(error) = result else { panic!("expected an error that says {parts:?}") };
    let message = error.to_string();
    parts.iter().for_each(|part| assert!(message.contains(part), "no {part:?} in: {message}"));
}

#[test]
fn batches_that_do_not_fit() {
    let trainer = trainer(TrainOptions::default());
    let of = |x: &[f32], label: usize| Batch::new(trainer.program(), [Some((x, label))]);
    says(of(&[0.; 4], 3), &["label", "expected 0 to 2", "found 3"]);
    says(of(&[0.; 4], usize::MAX), &["label", "expected 0 to 2", "found"]);
    says(of(&[0.; 5], 0), &["numbers of an example", "expected 4", "found 5"]);
    says(of(&[0., f32::NAN, 0., 0.], 0), &["number of an example", "expected", "found NaN"]);
    says(of(&[0., f32::INFINITY, 0., 0.], 0), &["number of an example", "expected", "found inf"]);
    says(of(&[0., 128., 0., 0.], 0), &["number of an example", "127.99", "found 128"]);
    assert!(of(&[-127.5; 4], 2).is_ok());
}

#[test]
fn batches_of_shares_that_do_not_fit() {
    let mut trainer = trainer(TrainOptions::default());
    let clear = &mut Clear::new(Rounding::Floor, &Seed::from_bytes([0; 16]));
    let mut step = |x: usize, y: usize| {
        trainer.step(clear, Batch::of_shares(Share::zeros(x), Share::zeros(y)), 0.125, false)
    };
    says(step(7, 3), &["whole examples", "expected 4", "found 7"]);
    says(step(8, 3), &["targets", "expected 6", "found 3"]);
    assert!(step(8, 6).is_ok());
    let outputs = trainer.outputs(clear, &Share::zeros(6));
    says(outputs, &["whole examples", "expected 4", "found 6"]);
}

#[test]
fn means_of_weights_that_were_not_summed() {
    let mut trainer = trainer(TrainOptions::default());
    let clear = &mut Clear::new(Rounding::Floor, &Seed::from_bytes([0; 16]));
    says(trainer.averaged(clear, 1).map(drop), &["weights that were accumulated", "expected 2", "found 0"]);
    trainer.accumulate();
    trainer.accumulate();
    assert!(trainer.averaged(clear, 1).is_ok());
}

#[test]
fn empty_batches() {
    let mut trainer = trainer(TrainOptions::default());
    let clear = &mut Clear::new(Rounding::Floor, &Seed::from_bytes([0; 16]));
    let step = trainer.step(clear, Batch::of_shares(Share::zeros(0), Share::zeros(0)), 0.125, true);
    says(step, &["learning rate", "expected"]);
    let optimiser = Optimiser::Momentum(0.5);
    let mut trainer = self::trainer(TrainOptions { optimiser, ..TrainOptions::default() });
    let step = trainer.step(clear, Batch::of_shares(Share::zeros(0), Share::zeros(0)), 0.125, true);
    says(step, &["rows of a batch", "expected 1", "found 0"]);
}

#[test]
fn weights_that_are_no_numbers_or_too_large() {
    for (value, found) in [
        (f32::NAN, "NaN"),
        (f32::INFINITY, "inf"),
        (f32::NEG_INFINITY, "-inf"),
        (128., "128"),
        (-65000., "-65000"),
    ] {
        let mut layers = usual();
        let program = || Program::new(&usual(), TrainOptions::default()).unwrap();
        // A model may refuse it itself.
        let mut wrong = Model::new([1, 1, 4]);
        for node in layers.nodes() {
            let mut op = node.op.clone();
            if let (Op::Linear(linear), "fc2") = (&mut op, &node.name[..]) {
                linear.bias[1] = value;
            }
            if let Err(error) = wrong.push(&node.name, op) {
                says::<()>(Err(error), &["fc2", "found", found]);
                layers = Model::new([1, 1, 4]);
                break;
            }
        }
        if !layers.nodes().is_empty() {
            says(Trainer::given(program(), Some(&wrong)), &["fc2", "bias 1", "expected", "found", found]);
        }
    }
}

/// A weight whose product with 1 is beyond the range of values.
#[test]
fn weights_beyond_the_range_of_values() {
    for (value, is_refused) in [(127.5, false), (128., true), (-65000., true)] {
        let given =
            model(vec![("fc1", linear(4, 6, 0.25)), ("relu", op::Relu.into()), ("fc2", linear(6, 3, value))]);
        let program = Program::new(&usual(), TrainOptions::default()).unwrap();
        let found = Trainer::given(program, Some(&given));
        assert_eq!(found.is_err(), is_refused, "{value}");
        if is_refused {
            says(found, &["fc2", "weight 0", "expected a number below 128", &format!("found {value}")]);
        }
    }
}

#[test]
fn models_of_other_layers() {
    let program = || Program::new(&usual(), TrainOptions::default()).unwrap();
    let other = model(vec![("fc1", linear(4, 6, 0.)), ("relu", op::Relu.into()), ("last", linear(6, 3, 0.))]);
    says(Trainer::given(program(), Some(&other)), &["last", "expected fc2", "found"]);
    let other = model(vec![("fc1", linear(4, 5, 0.)), ("relu", op::Relu.into()), ("fc2", linear(5, 3, 0.))]);
    says(Trainer::given(program(), Some(&other)), &["fc1", "expected", "6", "found", "5"]);
    let other = model(vec![("fc1", linear(4, 6, 0.))]);
    says(Trainer::given(program(), Some(&other)), &["expected 2", "found 1"]);
    // As many outputs, but other inputs.
    let mut other = Model::new([1, 1, 7]);
    other.push("fc1", linear(7, 6, 0.)).unwrap();
    other.push("fc2", linear(6, 3, 0.)).unwrap();
    says(Trainer::given(program(), Some(&other)), &["fc1", "expected", "24", "found", "42"]);
    let other = model(vec![("fc1", linear(4, 6, 0.)), ("fc2", linear(6, 3, 0.)), ("fc3", linear(3, 3, 0.))]);
    says(Trainer::given(program(), Some(&other)), &["fc3", "expected", "found"]);
    says(trainer(TrainOptions::default()).model(&other), &["fc3", "expected", "found"]);
    let other = model(vec![("fc1", linear(4, 6, 0.))]);
    says(trainer(TrainOptions::default()).model(&other), &["expected 2", "found 1"]);
    let signs = op::Linear { weight: Weight::Signs(vec![0; 3]), bias: vec![0.; 3] };
    let other = model(vec![("fc1", linear(4, 6, 0.)), ("relu", op::Relu.into()), ("fc2", signs.into())]);
    says(Trainer::given(program(), Some(&other)), &["fc2", "expected", "real", "found", "signs"]);
}

#[test]
fn layers_that_are_not_trained() {
    for (name, op) in [("tanh", Op::from(op::Tanh)), ("softmax", op::Softmax.into())] {
        let model = model(vec![("fc1", linear(4, 6, 0.)), (name, op), ("fc2", linear(6, 3, 0.))]);
        says(
            Program::new(&model, TrainOptions::default()),
            &[name, "expected a layer that can be trained", "found"],
        );
        says(
            Float::new(&model, &TrainOptions::default(), &|_| true),
            &[name, "expected a layer that can be trained", "found"],
        );
    }
    let mut padded = Model::new([4, 4, 1]);
    let window = Window { padding: [1; 2], ..Window::new([4, 4, 1], [2, 2]) };
    padded.push("mean", op::AveragePool { window }).unwrap();
    padded.push("fc", linear(25, 2, 0.)).unwrap();
    says(Program::new(&padded, TrainOptions::default()), &["mean", "expected", "found"]);
    says(Float::new(&padded, &TrainOptions::default(), &|_| true), &["mean", "expected", "found"]);
    let none = model(vec![("relu", op::Relu.into())]);
    says(
        Program::new(&none, TrainOptions::default()),
        &["expected a layer with weights that is trained", "found none"],
    );
    says(
        Program::tuning(&usual(), TrainOptions::default(), &|_| false),
        &["expected a layer with weights", "found none"],
    );
    let clip = model(vec![("fc", linear(4, 3, 0.)), ("clip", op::Clip { low: -200., high: 200. }.into())]);
    says(Program::new(&clip, TrainOptions::default()), &["clip", "expected ends within", "found", "200"]);
    let signs = op::Linear { weight: Weight::Signs(vec![0; 4]), bias: vec![0.; 4] };
    let added = model(vec![
        ("fc1", signs.into()),
        ("sign", op::Sign.into()),
        ("fc2", linear(4, 4, 0.)),
        ("add", op::Add { layer: "fc1".into() }.into()),
    ]);
    says(Program::new(&added, TrainOptions::default()), &["fc1", "expected", "added", "found signs"]);
}

#[test]
fn learning_rates_beyond_their_range() {
    let mut trainer = trainer(TrainOptions::default());
    let [least, most] = trainer.program().rates(2);
    let clear = &mut Clear::new(Rounding::Floor, &Seed::from_bytes([0; 16]));
    let mut step =
        |rate: f64| trainer.step(clear, Batch::of_shares(Share::zeros(8), Share::zeros(6)), rate, false);
    for rate in [least * 0.999, most * 1.001, 0., -0.1, f64::NAN, f64::INFINITY] {
        says(
            step(rate),
            &["learning rate", "expected", &least.to_string(), &most.to_string(), &format!("found {rate}")],
        );
    }
    for rate in [least, most] {
        assert!(step(rate).is_ok());
    }
    assert_eq!(most, 16., "an eighth of the range of values");
}

#[test]
fn formats_and_options_that_do_not_fit() {
    let of =
        |formats: TrainFormats| Program::new(&usual(), TrainOptions { formats, ..TrainOptions::default() });
    let usual_formats = TrainFormats::default();
    says(
        of(TrainFormats { weight: 35, ..usual_formats }),
        &["activations and weights", "expected at most 51", "found 52"],
    );
    says(
        of(TrainFormats { gradient_range: 18, ..usual_formats }),
        &["gradients and weights", "expected at most 51", "found 64"],
    );
    says(
        of(TrainFormats { weight: 19, ..usual_formats }),
        &["fractional bits of weights", "expected 20", "found 19"],
    );
    says(
        of(TrainFormats { activation: 0, ..usual_formats }),
        &["fractional bits of activations", "expected 1", "found 0"],
    );
    says(
        of(TrainFormats { gradient: 17, activation: 5, weight: 24, ..usual_formats }),
        &["fractional bits of gradients", "expected 1 to 16", "found 17"],
    );
    says(
        of(TrainFormats { range: u32::MAX, ..usual_formats }),
        &["activations before the point", "found 4294967295"],
    );
    let options = |options: TrainOptions| Program::new(&usual(), options);
    let usual = TrainOptions::default();
    says(options(TrainOptions { decay: -1., ..usual }), &["weight decay", "expected 0 to 1", "found -1"]);
    says(options(TrainOptions { decay: f64::NAN, ..usual }), &["weight decay", "found NaN"]);
    says(options(TrainOptions { clip: Some(0.), ..usual }), &["gradient", "expected", "found 0"]);
    says(
        options(TrainOptions { optimiser: Optimiser::Momentum(1.), ..usual }),
        &["momentum", "expected 0 to 0.999", "found 1"],
    );
    let optimiser = Optimiser::Adam { decay: [0.9, 1.] };
    says(
        options(TrainOptions { optimiser, ..usual }),
        &["decay of a moment", "expected 0 to 0.9999", "found 1"],
    );
}

/// Biases of signs have F_w − F_x − t bits to drop.
#[test]
fn formats_that_do_not_fit_layers_of_signs() {
    let mut model = Model::new([1, 1, 784]);
    model.push("fc", op::Linear { weight: Weight::Signs(vec![0; 98 * 3]), bias: vec![0.; 3] }).unwrap();
    let formats = TrainFormats { activation: 8, range: 8, gradient: 4, gradient_range: 5, weight: 12 };
    let options = TrainOptions { formats, ..TrainOptions::default() };
    says(Program::new(&model, options), &["fc", "expected", "found"]);
}

/// Values that do not fit are found by the twin, in the layer that has them.
#[test]
fn numbers_beyond_their_range() {
    let mut model = Model::new([1, 1, 4]);
    model.push("fc1", linear(4, 6, 30.)).unwrap();
    model.push("relu1", op::Relu).unwrap();
    model.push("fc2", linear(6, 3, 0.5)).unwrap();
    let mut trainer =
        Trainer::given(Program::new(&model, TrainOptions::default()).unwrap(), Some(&model)).unwrap();
    let clear = &mut Clear::new(Rounding::Floor, &Seed::from_bytes([0; 16]));
    let batch = Batch::new(trainer.program(), [Some((&[2.; 4][..], 0))]).unwrap();
    says(trainer.step(clear, batch, 0.125, false), &["relu1", "expected", "found"]);
}
