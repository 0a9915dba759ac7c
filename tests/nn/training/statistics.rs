//! Running statistics from a model to training and back.

use ringshare::nn::train::{Program, Trainer};
use ringshare::nn::{Input, Loaded, Model, Op, Precision, load, op, save};

use super::normalise::{convolutional, given, normalise, options, step, with_statistics};
use super::{examples, linear, signed};

/// γ, β, running statistics and ε are each by themselves in what a model becomes, trained or not.
#[test]
fn a_model_is_given_and_taken_back_with_its_statistics() {
    let model = with_statistics(&convolutional());
    for trains in [true, false] {
        let program =
            Program::tuning(&model, options(), &|name| trains || !name.starts_with("norm")).unwrap();
        let found = Trainer::given(program, Some(&model)).unwrap().model(&model).unwrap();
        for (found, expected) in found.nodes().iter().zip(model.nodes()) {
            let (Op::Normalise(a), Op::Normalise(b)) = (&found.op, &expected.op) else { continue };
            // To the units of statistics, and to that of ε.
            for (what, a, b) in [
                ("weight", &a.weight, &b.weight),
                ("bias", &a.bias, &b.bias),
                ("mean", &a.mean, &b.mean),
                ("variance", &a.variance, &b.variance),
            ] {
                let off = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0., f32::max);
                assert!(off < 2e-5 && a.len() == b.len(), "{what}: off by {off}");
            }
            assert!((a.eps - b.eps).abs() < 8e-6, "{} for {}", a.eps, b.eps);
        }
    }
}

/// What is public of a network: it has no weights and no variances, and the layers are the same.
#[test]
fn an_outline_has_no_statistics() {
    let mut model = Model::new([1, 1, 6]);
    model.push("fc1", linear(6, 5)).unwrap();
    model.push("norm1", normalise(5)).unwrap();
    model.push("fc2", linear(5, 3)).unwrap();
    for trains in [true, false] {
        let program = || Program::tuning(&model, options(), &|name| trains || name != "norm1").unwrap();
        let outline = Trainer::given(program(), None).unwrap().model(&model).unwrap();
        let Op::Normalise(of) = &outline.nodes()[1].op else { panic!("a normalisation") };
        assert_eq!([&of.weight, &of.bias, &of.mean, &of.variance], [&vec![0.; 5]; 4]);
        assert!(Trainer::given(program(), Some(&outline)).is_ok());
    }
}

#[test]
fn statistics_that_do_not_fit_are_refused() {
    for (change, words) in [
        (
            (|of: &mut op::Normalise| of.mean[1] = 128.) as fn(&mut op::Normalise),
            &["running_mean 1", "below 128"][..],
        ),
        (|of| of.variance[0] = 16384., &["running_var 0", "below 16384"]),
        (|of| (of.variance[2], of.eps) = (-0.5, 1.), &["running_var 2", "at least 0"]),
        (|of| of.eps = 1.5, &["eps of 0 to 1", "found 1.5"]),
    ] {
        let mut model = Model::new([1, 1, 6]);
        model.push("fc1", linear(6, 5)).unwrap();
        let mut of = normalise(5);
        change(&mut of);
        model.push("norm1", of).unwrap();
        let error = Program::new(&model, options()).and_then(|program| Trainer::given(program, Some(&model)));
        let text = error.err().unwrap().to_string();
        assert!(text.contains("norm1") && words.iter().all(|word| text.contains(word)), "{text}");
    }
}

/// Training goes on from a file where it was: the same weights and statistics as without.
#[test]
fn training_goes_on_from_the_file_that_it_left() {
    let model = with_statistics(&convolutional());
    let all = examples(&model, 12);
    let mut trainer = given(&model, options());
    for _ in 0..4 {
        step(&mut trainer, &all, 0.05);
    }
    let revealed = trainer.model(&model).unwrap();
    let input = Input::Scaled { scale: 1., shift: 0. };
    let loaded = Loaded { model: revealed.clone(), input, formats: None, outputs: vec![] };
    let file = load(&save(&loaded, Precision::Single).unwrap()).unwrap().model;
    assert!(file == revealed);
    let mut again = given(&file.simplify_for_training(), options());
    for _ in 0..4 {
        step(&mut trainer, &all, 0.05);
        step(&mut again, &all, 0.05);
    }
    let mask = |trainer: &Trainer| -> Vec<i64> {
        trainer.shares().flat_map(|share| share.expose()).map(|word| signed(*word)).collect()
    };
    let (expected, found) = (mask(&trainer), mask(&again));
    // Single precision rounds weights of up to 2 by 2^-24, and statistics by less than a unit.
    let off = expected.iter().zip(&found).map(|(a, b)| (a - b).abs()).max().unwrap();
    assert!(off <= 1 << 22, "weights are off by {off} of 2^34");
}
