//! Normalisation before a sign: thresholds of integers, at equality above all.

use ringshare::linalg::Window;
use ringshare::nn::{Model, Op, Weight, op};

/// The inputs of the layer under test.
const INPUTS: usize = 4;

/// Every vector of four elements that are −1 or 1.
fn vectors() -> Vec<f32> {
    (0..16u32).flat_map(|bits| (0..INPUTS).map(move |i| (bits >> i & 1) as f32 * 2. - 1.)).collect()
}

/// Four elements, normalised and compared; `bounded` with a sign before.
fn model(weight: Weight, bias: f32, scale: f32, shift: f32, bounded: bool) -> Model {
    let mut model = Model::new([1, 1, INPUTS]);
    if bounded {
        model.push("before", op::Sign).unwrap();
    }
    model.push("fc", op::Linear { weight, bias: vec![bias] }).unwrap();
    model.push("norm", op::Normalise::new(vec![scale], vec![shift])).unwrap();
    model.push("sign", op::Sign).unwrap();
    model
}

#[test]
fn every_threshold_of_small_integers_is_exact() {
    for (scale, shift) in (-6..=6).flat_map(|s| (-30..=30).map(move |t| (s, t))) {
        for bias in -2..=2 {
            for bounded in [false, true] {
                for weight in [Weight::Signs(vec![0b1011_0000]), Weight::Real(vec![1., -1., 1., 1.])] {
                    let original = model(weight.clone(), bias as f32, scale as f32, shift as f32, bounded);
                    let simple = original.simplify();
                    assert_eq!(simple.nodes().len(), original.nodes().len() - 1);
                    let x = vectors();
                    let expected: Vec<f32> = x
                        .chunks(INPUTS)
                        .map(|x| {
                            let z = x[0] as i32 - x[1] as i32 + x[2] as i32 + x[3] as i32 + bias;
                            if scale * z + shift >= 0 { 1. } else { -1. }
                        })
                        .collect();
                    assert_eq!(original.forward(&x), expected);
                    assert_eq!(simple.forward(&x), expected, "{scale} {shift} {bias} {bounded}");
                }
            }
        }
    }
}

#[test]
fn rows_of_signs_stay_signs() {
    let bits = |model: &Model, layer: usize| match &model.nodes()[layer].op {
        Op::Linear(op::Linear { weight: Weight::Signs(bits), .. }) => Some(bits.clone()),
        _ => None,
    };
    let signs = || Weight::Signs(vec![0b1011_0000]);
    assert_eq!(bits(&model(signs(), 0., 0.5, 3., false).simplify(), 0), Some(vec![0b1011_0000]));
    assert_eq!(bits(&model(signs(), 0., -0.5, 3., false).simplify(), 0), Some(vec![0b0100_0000]));
    // A constant sign takes a bound of the inputs.
    assert_eq!(bits(&model(signs(), 0., 0., 3., false).simplify(), 0), None);
    assert_eq!(bits(&model(signs(), 0., 0., 3., true).simplify(), 1), Some(vec![0b1011_0000]));
}

#[test]
fn thresholds_out_of_reach_stay_small() {
    for (shift, expected) in [(1e9, 4.), (-1e9, -5.)] {
        let simple = model(Weight::Signs(vec![0]), 0., 1e-9, shift, true).simplify();
        let Op::Linear(op::Linear { bias, .. }) = &simple.nodes()[1].op else { panic!() };
        assert_eq!(bias, &[expected]);
        assert!(simple.forward(&vectors()).iter().all(|&sign| sign == expected.signum()));
    }
}

/// −3 − 10⁻⁹ is nearest to −3 in single precision, where W·x = 3 would be an equality.
#[test]
fn rounding_makes_no_equality() {
    let three = Weight::Real(vec![1., 1., 1., 0.]);
    for (scale, shift, expected) in [(1., -1e-9, -1.), (1., 0., 1.), (1., 1e-9, 1.)] {
        let original = model(three.clone(), -3., scale, shift, false);
        assert_eq!(original.forward(&[1.; 4]), [expected]);
        assert_eq!(original.simplify().forward(&[1.; 4]), [expected], "{shift}");
    }
    let flipped = Weight::Real(vec![-1., -1., -1., 0.]);
    for (shift, expected) in [(-1e-9, -1.), (0., 1.), (1e-9, 1.)] {
        let original = model(flipped.clone(), 3., -1., shift, false);
        assert_eq!(original.forward(&[1.; 4]), [expected]);
        assert_eq!(original.simplify().forward(&[1.; 4]), [expected], "{shift}");
    }
}

#[test]
fn a_binarized_convolution_is_compared_before_its_pooling_is_undone() {
    let window = Window::new([4, 4, 1], [1; 2]);
    let weight = Weight::Signs(vec![0x80, 0x00]);
    let pool = Window { stride: [2; 2], ..Window::new([4, 4, 2], [2; 2]) };
    let mut model = Model::new([4, 4, 1]);
    let layers = [
        ("conv", Op::Convolution(op::Convolution { window, groups: 1, weight, bias: vec![0.; 2] })),
        ("pool", Op::MaxPool(op::MaxPool { window: pool })),
        ("norm", Op::Normalise(op::Normalise::new(vec![0.5, 2.], vec![-0.75, 3.]))),
        ("sign", Op::Sign(op::Sign)),
        ("fc", Op::Linear(op::Linear { weight: Weight::Signs(vec![0b0110_1001]), bias: vec![0.] })),
    ];
    layers.into_iter().for_each(|(name, op)| model.push(name, op).unwrap());
    let simple = model.simplify();
    assert_eq!(simple.nodes().len(), 4);
    let Op::Convolution(op::Convolution { weight, bias, .. }) = &simple.nodes()[0].op else { panic!() };
    assert_eq!((weight, &bias[..]), (&Weight::Signs(vec![0x80, 0x00]), &[-1.5, 1.5][..]));
    let images: Vec<f32> = (0..64).map(|i| (i * 7 % 11) as f32 - 5.).collect();
    assert_eq!(simple.forward(&images), model.forward(&images));
}

/// The order of layers in binarized convolutional networks. A negative scale turns the maximum into a minimum.
#[test]
fn negative_scales_after_a_pooling_go_into_the_weights_on_both_sides() {
    for (scale, shift) in (-4..=4).flat_map(|s| (-12..=12).map(move |t| (s as f32, t as f32))) {
        let window = Window::new([2, 4, 1], [1; 2]);
        let conv = Op::Convolution(op::Convolution {
            window,
            groups: 1,
            weight: Weight::Signs(vec![0x80; 2]),
            bias: vec![1.; 2],
        });
        let pool = Window { stride: [2; 2], ..Window::new([2, 4, 2], [2; 2]) };
        let layers = [
            ("conv", conv),
            ("pool", Op::MaxPool(op::MaxPool { window: pool })),
            ("norm", Op::Normalise(op::Normalise::new(vec![scale, 2.], vec![shift, 3.]))),
            ("sign", Op::Sign(op::Sign)),
            ("flatten", Op::Flatten(op::Flatten)),
            (
                "fc",
                Op::Linear(op::Linear {
                    weight: Weight::Signs(vec![0b0110_0000, 0b1010_0000]),
                    bias: vec![0.5; 2],
                }),
            ),
        ];
        let mut model = Model::new([2, 4, 1]);
        layers.into_iter().for_each(|(name, op)| model.push(name, op).unwrap());
        let simple = model.simplify();
        let names: Vec<&str> = simple.nodes().iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["conv", "pool", "sign", "fc"]);
        let Op::Linear(op::Linear { weight, .. }) = &simple.nodes()[3].op else { panic!() };
        let negated = Weight::Signs(vec![0b1100_0000, 0b0000_0000]);
        assert_eq!(*weight == negated, scale < 0., "{scale} {shift}");
        let images: Vec<f32> = (-5..=5).flat_map(|x| (0..8).map(move |i| (x + i % 3) as f32)).collect();
        assert_eq!(simple.forward(&images), model.forward(&images), "{scale} {shift}");
    }
}
