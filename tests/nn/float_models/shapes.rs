//! What does not fit a model, and what the message says.

use proptest::prelude::*;
use ringshare::linalg::{Selection, Window, WindowError};
use ringshare::nn::{Model, ModelError, Op, Weight, op};

/// The error of a layer `x` after a layer `first` that changes nothing of an input of this shape.
fn error(input: [usize; 3], op: Op) -> ModelError {
    let mut model = Model::new(input);
    model.push("first", op::Relu).unwrap();
    let before = model.clone();
    let error = model.push("x", op).unwrap_err();
    assert_eq!(model, before);
    assert!(error.to_string().starts_with("x: "), "{error}");
    error
}

fn convolution(window: Window, groups: usize, weights: usize, outputs: usize) -> Op {
    let weight = Weight::Real(vec![0.; weights]);
    Op::Convolution(op::Convolution { window, groups, weight, bias: vec![0.; outputs] })
}

#[test]
fn numbers_of_weights_are_checked() {
    let linear =
        |weight, outputs| error([2, 3, 1], Op::Linear(op::Linear { weight, bias: vec![0.; outputs] }));
    let length = |what, expected, found| ModelError::Length { layer: "x".into(), what, expected, found };
    assert_eq!(linear(Weight::Real(vec![0.; 11]), 2), length("weight", 12, 11));
    assert_eq!(linear(Weight::Signs(vec![0; 3]), 2), length("bytes of the weight", 2, 3));
    assert_eq!(linear(Weight::Real(vec![]), 0), ModelError::Elements { layer: "x".into(), found: [1, 1, 0] });
    let window = Window::new([4, 4, 6], [3, 2]);
    assert_eq!(error([4, 4, 6], convolution(window, 3, 49, 4 * 3)), length("weight", 144, 49));
    let normalise =
        |scale, shift| error([2, 2, 3], Op::Normalise(op::Normalise::new(vec![0.; scale], vec![0.; shift])));
    assert_eq!(normalise(12, 3), length("scale", 3, 12));
    assert_eq!(normalise(3, 2), length("shift", 3, 2));
    let text = linear(Weight::Real(vec![0.; 11]), 2).to_string();
    assert_eq!(text, "x: weight: expected 12 elements, found 11");
}

#[test]
fn factors_are_of_one_shape_or_one_a_channel() {
    let mut model = Model::new([2, 3, 4]);
    model.push("image", op::Relu).unwrap();
    model.push("mean", op::AveragePool { window: Window::new([2, 3, 4], [2, 3]) }).unwrap();
    model.push("product", op::Multiply { layer: "image".into() }).unwrap();
    assert_eq!(model.output(), [2, 3, 4]);
    model.push("again", op::Multiply { layer: "mean".into() }).unwrap();
    model.push("square", op::Multiply { layer: "again".into() }).unwrap();
    assert_eq!(model.output(), [2, 3, 4]);
    let x = [1.0, 2.0, 3.0, 4.0].repeat(6);
    assert_eq!(model.forward(&x)[..4], [1.0, 64.0, 729.0, 4096.0]);
    model.push("row", op::MaxPool { window: Window::new([2, 3, 4], [2, 1]) }).unwrap();
    let error = model.push("x", op::Multiply { layer: "image".into() }).unwrap_err();
    assert_eq!(error.to_string(), "x: the value to multiply by: expected [1, 3, 4], found [2, 3, 4]");
    let error = model.push("x", op::Concat { layers: vec!["row".into(), "image".into()] }).unwrap_err();
    assert_eq!(error.to_string(), "x: a value to be joined: expected [1, 3, 4], found [2, 3, 4]");
}

#[test]
fn selections_are_of_the_image_and_within_limits() {
    let all = Selection::new([4, 4, 6]);
    for (selection, message) in [
        (Selection { image: [4, 5, 6], ..all }, "image: expected [4, 4, 6], found [4, 5, 6]"),
        (Selection { groups: 4, ..all }, "expected groups that divide 6 channels, found 4"),
        (Selection { groups: 0, ..all }, "expected groups that divide 6 channels, found 0"),
        (Selection { repeat: [1, 0, 1], ..all }, "repetitions: expected 1 to 16777216, found 0"),
        (
            Selection { step: [i64::MIN, 1, 1], ..all },
            "step of a selection: expected -16777216 to 16777216, found -9223372036854775808",
        ),
        (
            Selection { size: [1 << 12; 3], ..all },
            "expected 1 to 16777216 elements, found [4096, 4096, 4096]",
        ),
    ] {
        let error = error([4, 4, 6], Op::Select(op::Select { selection }));
        assert_eq!(error.to_string(), format!("x: {message}"));
    }
}

#[test]
fn windows_are_those_of_the_image() {
    let window = Window::new([4, 4, 2], [3; 2]);
    let other = Window::new([4, 5, 2], [3; 2]);
    for op in [
        convolution(other, 1, 18, 1),
        Op::MaxPool(op::MaxPool { window: other }),
        Op::AveragePool(op::AveragePool { window: other }),
    ] {
        let (expected, found) = ([4, 4, 2], [4, 5, 2]);
        let shape = ModelError::Shape { layer: "x".into(), what: "image", expected, found };
        assert_eq!(error([4, 4, 2], op), shape);
    }
    let large = Window { dilation: [2; 2], ..window };
    let window_error = |error| ModelError::Window { layer: "x".into(), error };
    let expected = window_error(WindowError::Size { most: 4, found: 5 });
    assert_eq!(error([4, 4, 2], Op::MaxPool(op::MaxPool { window: large })), expected);
    let still = Window { stride: [1, 0], ..window };
    assert_eq!(error([4, 4, 2], convolution(still, 1, 18, 1)), window_error(WindowError::Zero("stride")));
    let endless = Window { padding: [usize::MAX, 1], ..window };
    assert_eq!(
        error([4, 4, 2], convolution(endless, 1, 18, 1)),
        window_error(WindowError::Limit { what: "padding", most: Window::MOST_STEP, found: usize::MAX })
    );
}

#[test]
fn groups_divide_channels_and_outputs() {
    let window = Window::new([4, 4, 6], [1; 2]);
    for (groups, outputs) in [(0, 6), (4, 8), (3, 4)] {
        let expected = ModelError::Groups { layer: "x".into(), channels: 6, outputs, groups };
        assert_eq!(error([4, 4, 6], convolution(window, groups, 6, outputs)), expected);
    }
}

#[test]
fn poolings_see_the_image_at_every_place() {
    let all_padding = Window { padding: [0, 2], ..Window::new([4, 4, 1], [2; 2]) };
    let beside = Window { padding: [1, 0], dilation: [3, 1], ..Window::new([2, 2, 1], [2; 2]) };
    for (input, window) in [([4, 4, 1], all_padding), ([2, 2, 1], beside)] {
        let (size, padding) = (window.size, window.padding);
        let expected = ModelError::Padding { layer: "x".into(), size, padding };
        assert_eq!(error(input, Op::MaxPool(op::MaxPool { window })), expected);
        assert_eq!(error(input, Op::AveragePool(op::AveragePool { window })), expected);
    }
}

#[test]
fn names_are_new_and_references_old() {
    let mut model = Model::new([1, 1, 2]);
    model.push("relu", op::Relu).unwrap();
    for name in ["relu", "input"] {
        assert_eq!(model.push(name, op::Sign), Err(ModelError::Taken { layer: name.into() }));
    }
    for op in [Op::Add(op::Add { layer: "x".into() }), Op::From(op::From { layer: "x".into() })] {
        assert_eq!(error([1, 1, 2], op), ModelError::Unknown { layer: "x".into(), name: "x".into() });
    }
    model.push("fc", op::Linear { weight: Weight::Real(vec![1.; 6]), bias: vec![0.; 3] }).unwrap();
    let what = "the value to add";
    let shape = ModelError::Shape { layer: "sum".into(), what, expected: [1, 1, 3], found: [1, 1, 2] };
    assert_eq!(model.push("sum", op::Add { layer: "input".into() }), Err(shape));
    model.push("back", op::From { layer: "input".into() }).unwrap();
    assert_eq!((model.output(), model.value("input"), model.value("back")), ([1, 1, 2], Some(0), Some(3)));
}

#[test]
fn numbers_are_finite() {
    let (mut weights, mut bias) = (vec![0.; 6], vec![0.; 3]);
    weights[4] = f32::INFINITY;
    let linear = |weights: &[f32], bias: &[f32]| {
        error(
            [1, 1, 2],
            Op::Linear(op::Linear { weight: Weight::Real(weights.to_vec()), bias: bias.to_vec() }),
        )
    };
    assert_eq!(
        linear(&weights, &bias).to_string(),
        "x: weight: expected finite numbers, found inf in place 4"
    );
    (weights[4], bias[1]) = (0., f32::NAN);
    assert_eq!(linear(&weights, &bias).to_string(), "x: bias: expected finite numbers, found NaN in place 1");
    let clip = |low, high| error([1, 1, 2], Op::Clip(op::Clip { low, high }));
    assert!(matches!(clip(f32::NAN, 0.), ModelError::NotFinite { place: 0, .. }));
    assert_eq!(clip(1., 0.5), ModelError::Bounds { layer: "x".into(), low: 1., high: 0.5 });
}

#[test]
fn sizes_are_positive_and_can_be_held() {
    for input in [[0, 1, 1], [1 << 15, 1 << 15, 1], [usize::MAX, 2, 2]] {
        let error = Model::new(input).push("x", op::Relu).unwrap_err();
        assert_eq!(error, ModelError::Elements { layer: "input".into(), found: input });
    }
    let wide = Window { padding: [1 << 16; 2], ..Window::new([1, 1, 1], [1; 2]) };
    let found = [(1 << 17) + 1, (1 << 17) + 1, 1];
    let expected = ModelError::Elements { layer: "x".into(), found };
    assert_eq!(error([1, 1, 1], convolution(wide, 1, 1, 1)), expected);
    assert_eq!(error([1, 1, 1], Op::MaxPool(op::MaxPool { window: wide })), expected);
}

/// Sizes that are usual, and those at which sums and products of some overflow.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        0usize..5,
        (0u32..64).prop_map(|bits| 1 << bits),
        (0usize..5).prop_map(|less| usize::MAX - less)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_geometry_panics(
        image in [size(), size(), size()], size in [size(), size()], stride in [size(), size()],
        padding in [size(), size()], dilation in [size(), size()], groups in size(), outputs in 0usize..5,
        weights in 0usize..40,
    ) {
        let window = Window { image, size, stride, padding, dilation };
        for op in [convolution(window, groups, weights, outputs), Op::MaxPool(op::MaxPool { window }), Op::AveragePool(op::AveragePool { window })] {
            let mut model = Model::new(image);
            let pushed = model.push("x", op);
            prop_assert_eq!(pushed.is_ok(), !model.nodes().is_empty());
            if pushed.is_ok() && model.output().iter().product::<usize>() < 1 << 16 {
                let elements = image.iter().product::<usize>();
                prop_assert!(elements <= Model::MOST_ELEMENTS);
                if elements < 1 << 16 {
                    let result = model.simplify().forward(&vec![1.; elements]);
                    prop_assert!(result.iter().all(|x| x.is_finite()));
                }
            }
        }
    }
}

#[test]
fn what_is_printed_for_debugging_tells_no_weights() {
    let mut model = Model::new([1, 1, 1]);
    let weight = Weight::Real(vec![0.625, -1.75]);
    model.push("fc", op::Linear { weight: weight.clone(), bias: vec![0.375, 4.5] }).unwrap();
    model.push("norm", op::Normalise::new(vec![7.125; 2], vec![8.25; 2])).unwrap();
    let text = format!("{weight:?} {model:?}");
    assert!(text.contains("linear (4 weights)") && text.contains("normalise (4 weights)"), "{text}");
    assert!(["0.625", "1.75", "0.375", "4.5", "7.125", "8.25"].iter().all(|w| !text.contains(w)), "{text}");
}
