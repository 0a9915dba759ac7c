//! What is written is read back.

use proptest::prelude::*;
use ringshare::linalg::{Outside, Selection, Window};
use ringshare::nn::{
    Format, Formats, Input, Loaded, Model, Op, Output, Precision, SaveError, Weight, load, op, save,
};
use safetensors::{Dtype, SafeTensors};

use super::files::{singles, small};

/// A model with every layer there is.
fn everything() -> Loaded {
    let mut model = Model::new([5, 6, 2]);
    let numbers = |n: usize| (0..n).map(|i| i as f32 * 0.37 - 3.0).collect::<Vec<f32>>();
    let signs = |rows: usize, row: usize| {
        let unused = 8 * row.div_ceil(8) - row;
        let byte =
            |i: usize| (i * 37) as u8 & if i % row.div_ceil(8) == row / 8 { 0xff << unused } else { 0xff };
        Weight::Signs((0..rows * row.div_ceil(8)).map(byte).collect())
    };
    let conv = |image, outputs, groups, weight| {
        Op::Convolution(op::Convolution {
            window: Window { padding: [1, 1], ..Window::new(image, [3, 3]) },
            groups,
            weight,
            bias: numbers(outputs),
        })
    };
    let selection =
        Selection { size: [3, 4, 6], start: [-1, 1, 9], step: [1, 3, -1], ..Selection::new([3, 4, 18]) };
    let selection = Selection { repeat: [1, 2, 1], groups: 3, outside: Outside::Nearest, ..selection };
    for (name, op) in [
        ("conv", conv([5, 6, 2], 4, 1, Weight::Real(numbers(72)))),
        ("norm", Op::Normalise(op::Normalise::new(numbers(4), numbers(4)))),
        ("relu", Op::Relu(op::Relu)),
        ("packed", conv([5, 6, 4], 6, 2, signs(6, 18))),
        ("sign", Op::Sign(op::Sign)),
        ("max", Op::MaxPool(op::MaxPool { window: Window::new([5, 6, 6], [2, 2]) })),
        ("mean", Op::AveragePool(op::AveragePool { window: Window::new([4, 5, 6], [2, 2]) })),
        ("tanh", Op::Tanh(op::Tanh)),
        ("clip", Op::Clip(op::Clip { low: -0.3, high: 0.7 })),
        ("sum", Op::Add(op::Add { layer: "tanh".into() })),
        ("product", Op::Multiply(op::Multiply { layer: "mean".into() })),
        ("joined", Op::Concat(op::Concat { layers: vec!["sum".into(), "tanh".into()] })),
        ("selected", Op::Select(op::Select { selection })),
        ("drop", Op::Dropout(op::Dropout)),
        ("flat", Op::Flatten(op::Flatten)),
        (
            "flat_norm",
            Op::Normalise(op::Normalise {
                mean: numbers(72),
                variance: numbers(72).iter().map(|x| x * x).collect(),
                eps: 0.3,
                ..op::Normalise::new(numbers(72), numbers(72))
            }),
        ),
        ("fc", Op::Linear(op::Linear { weight: Weight::Real(numbers(360)), bias: numbers(5) })),
        ("sigmoid", Op::Sigmoid(op::Sigmoid)),
        ("back", Op::From(op::From { layer: "flat_norm".into() })),
        ("packed_fc", Op::Linear(op::Linear { weight: signs(7, 72), bias: numbers(7) })),
        ("gelu", Op::Gelu(op::Gelu)),
        ("last", Op::Linear(op::Linear { weight: Weight::Real(numbers(21)), bias: numbers(3) })),
        ("leaky", Op::LeakyRelu(op::LeakyRelu { slope: 0.2 })),
        ("gelu_tanh", Op::GeluTanh(op::GeluTanh)),
        ("silu", Op::Silu(op::Silu)),
        ("hardswish", Op::Hardswish(op::Hardswish)),
        ("mish", Op::Mish(op::Mish)),
        ("softplus", Op::Softplus(op::Softplus)),
        ("elu", Op::Elu(op::Elu { alpha: 0.2 })),
        ("softmax", Op::Softmax(op::Softmax)),
        ("rows", op::Reshape { size: [1, 1] }.into()),
        ("matrices", op::MatMul { layer: "softmax".into(), heads: 3, transposed: true }.into()),
        ("elements", op::ScaleElements { scale: numbers(3), shift: numbers(3) }.into()),
        ("times", op::MatMul { layer: "softmax".into(), heads: 3, transposed: false }.into()),
        ("centre", op::Centre { groups: op::Groups::Places }.into()),
        ("halves", op::Centre { groups: op::Groups::Channels(1) }.into()),
        ("rms", op::InverseRms { groups: op::Groups::Channels(3), eps: 0.3 }.into()),
        ("places_rms", op::InverseRms { groups: op::Groups::Places, eps: 1e-6 }.into()),
    ] {
        model.push(name, op).unwrap();
    }
    let format = |i: u32| Format { fraction: i % 9, bits: 9 + i };
    let formats = Formats { input: format(0), layers: (1..=38).map(format).collect() };
    Loaded {
        model,
        input: Input::Scaled { scale: 1.0 / 255.0, shift: -0.1 },
        formats: Some(formats),
        outputs: vec![],
    }
}

#[test]
fn every_layer_comes_back_bit_for_bit() {
    let loaded = everything();
    let file = save(&loaded, Precision::Single).unwrap();
    assert_eq!(load(&file).unwrap(), loaded);
    assert_eq!(save(&loaded, Precision::Single).unwrap(), file);
}

#[test]
fn several_outputs_come_back_and_make_up_the_result() {
    let output = |name: &str, shape: &[usize]| Output { name: name.into(), shape: shape.into() };
    let loaded = |outputs: Vec<Output>| Loaded { outputs, ..load(&small().bytes()).unwrap() };
    let good = loaded(vec![output("boxes", &[2, 1]), output("score", &[1])]);
    assert_eq!(good.model.output(), [1, 1, 3]);
    assert_eq!(load(&save(&good, Precision::Single).unwrap()).unwrap(), good);
    for (outputs, words) in [
        (vec![output("boxes", &[2]), output("score", &[2])], "outputs: expected 3 elements, found 4"),
        (
            vec![output("boxes", &[3]), output("score", &[0])],
            "`score`: expected a part of [3, 1, 1], found [0]",
        ),
        (vec![output("boxes", &[usize::MAX, 2])], "`boxes`: expected a part of [3, 1, 1]"),
    ] {
        let error = load(&save(&loaded(outputs), Precision::Single).unwrap()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn weights_lie_as_pytorch_has_them() {
    let file = save(&everything(), Precision::Single).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    assert_eq!(tensors.tensor("conv.weight").unwrap().shape(), [4, 2, 3, 3]);
    assert_eq!(tensors.tensor("packed.weight_bits").unwrap().shape(), [6, 3]);
    assert_eq!(tensors.tensor("packed_fc.weight_bits").unwrap().shape(), [7, 9]);
    // Row 0 of the convolution, channel 0: every other of the counted numbers.
    let conv = singles(&file, "conv.weight");
    assert_eq!(conv[..3], [0.0, 2.0, 4.0].map(|i: f32| i * 0.37 - 3.0));
    assert_eq!(singles(&file, "conv.weight").len(), 72);
    // A file that is read lies again as it lay.
    let read = load(&small().bytes()).unwrap();
    let again = save(&read, Precision::Single).unwrap();
    for name in ["conv.weight", "conv.bias", "fc.weight", "fc.bias"] {
        assert_eq!(singles(&again, name), singles(&small().bytes(), name), "{name}");
    }
}

#[test]
fn half_precision_rounds_weights_alone() {
    let loaded = everything();
    let file = save(&loaded, Precision::Half).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    for (name, dtype) in [
        ("conv.weight", Dtype::F16),
        ("fc.weight", Dtype::F16),
        ("conv.bias", Dtype::F32),
        ("norm.weight", Dtype::F32),
        ("packed.weight_bits", Dtype::U8),
    ] {
        assert_eq!(tensors.tensor(name).unwrap().dtype(), dtype, "{name}");
    }
    let half = load(&file).unwrap();
    assert_ne!(half, loaded);
    // Rounded once, they stay.
    assert_eq!(load(&save(&half, Precision::Half).unwrap()).unwrap(), half);
    let weights = |loaded: &Loaded| match &loaded.model.nodes()[16].op {
        Op::Linear(op::Linear { weight: Weight::Real(weights), .. }) => weights.clone(),
        _ => panic!(),
    };
    for (single, half) in weights(&loaded).into_iter().zip(weights(&half)) {
        assert!((single - half).abs() <= single.abs() / 2048.0, "{single}, {half}");
    }
}

#[test]
fn what_half_precision_cannot_hold_is_named() {
    let mut model = Model::new([1, 1, 2]);
    let weight = Weight::Real(vec![65504.0, -1.0, 1.0, 65520.0]);
    model.push("fc", op::Linear { weight, bias: vec![1e30, 0.0] }).unwrap();
    let loaded = Loaded { model, input: Input::Threshold { at: 1 }, formats: None, outputs: vec![] };
    let error = save(&loaded, Precision::Half).unwrap_err();
    assert_eq!(error, SaveError::Range { layer: "fc".into(), place: 3, found: 65520.0 });
    assert!(error.to_string().contains("fc: expected weights of at most 65504, found 65520 in place 3"));
    assert_eq!(load(&save(&loaded, Precision::Single).unwrap()).unwrap(), loaded);
}

#[test]
fn a_simplified_model_is_flattened_again_and_computes_the_same() {
    let mut loaded = load(&small().bytes()).unwrap();
    loaded.model = loaded.model.simplify();
    let names =
        |loaded: &Loaded| loaded.model.nodes().iter().map(|node| node.name.clone()).collect::<Vec<_>>();
    assert!(!names(&loaded).iter().any(|name| name.contains("flat")));
    let again = load(&save(&loaded, Precision::Single).unwrap()).unwrap();
    assert_eq!(names(&again).len(), names(&loaded).len() + 1);
    let images: Vec<f32> = (0..48).map(|i| (i * 7 % 13) as f32 - 6.0).collect();
    assert_eq!(again.model.forward(&images), loaded.model.forward(&images));
}

#[test]
fn an_order_that_pytorch_does_not_have_is_refused() {
    let mut model = Model::new([2, 2, 3]);
    model.push("flat", op::Flatten).unwrap();
    let loaded =
        Loaded { model: model.clone(), input: Input::Threshold { at: 1 }, formats: None, outputs: vec![] };
    assert_eq!(save(&loaded, Precision::Single), Err(SaveError::Order { layer: "flat".into() }));
    model.push("pool", op::MaxPool { window: Window::new([1, 1, 12], [1, 1]) }).unwrap();
    let loaded = Loaded { model, ..loaded };
    assert_eq!(save(&loaded, Precision::Single), Err(SaveError::Order { layer: "pool".into() }));
}

proptest! {
    #[test]
    fn any_finite_weights_come_back(
        bits in prop::collection::vec(any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |x| x.is_finite()), 12),
        scale in -10.0f32..10.0, shift in -10.0f32..10.0,
    ) {
        let mut model = Model::new([1, 2, 2]);
        model.push("flat", op::Flatten).unwrap();
        let weight = Weight::Real(bits[..8].to_vec());
        model.push("fc", op::Linear { weight, bias: bits[8..10].to_vec() }).unwrap();
        let (scales, shifts) = (bits[8..10].to_vec(), bits[10..].to_vec());
        model.push("norm", op::Normalise::new(scales, shifts)).unwrap();
        let loaded = Loaded { model, input: Input::Scaled { scale, shift }, formats: None, outputs: vec![] };
        prop_assert_eq!(load(&save(&loaded, Precision::Single).unwrap()).unwrap(), loaded);
    }
}
