//! Images and formats at the edge of what there is.

use ringshare::linalg::Window;
use ringshare::nn::{
    Format, Formats, Model, Op, Options, Overflow, QuantiseError, Quantised, Rounding, Weight, op,
};

fn one(input: [usize; 3], op: Op) -> Model {
    let mut model = Model::new(input);
    model.push("only", op).unwrap();
    model
}

#[test]
fn images_of_zeros_alone_are_images() {
    let weight = Weight::Real(vec![0.; 2]);
    for op in [
        Op::Relu(op::Relu),
        Op::Clip(op::Clip { low: 0., high: 6. }),
        Op::Linear(op::Linear { weight, bias: vec![0.] }),
    ] {
        let model = one([1, 1, 2], op);
        let fixed = Quantised::calibrate(&model, &[0.; 2], &Options::default()).unwrap();
        let outputs = fixed.reference(&fixed.encode(&[0.; 2]).unwrap()).unwrap();
        assert_eq!(fixed.decode(&outputs), model.forward(&[0.; 2]));
    }
}

#[test]
fn a_softmax_of_more_fractional_bits_than_bits_is_refused() {
    let input = Format { fraction: 20, bits: 12 };
    let formats = Formats { input, layers: vec![Format { fraction: 4, bits: 6 }] };
    let error =
        Quantised::new(&one([1, 1, 3], Op::Softmax(op::Softmax)), &formats, Rounding::Floor).unwrap_err();
    assert_eq!(error, QuantiseError::Fraction { layer: "only".into(), least: 9, most: 20, found: 4 });
}

#[test]
fn a_sum_beyond_all_words_is_an_overflow() {
    let window = Window::new([2, 2, 1], [2, 2]);
    let format = |fraction| Format { fraction, bits: 63 };
    let formats = Formats { input: format(0), layers: vec![format(2)] };
    let model = one([2, 2, 1], Op::AveragePool(op::AveragePool { window }));
    let fixed = Quantised::new(&model, &formats, Rounding::Floor).unwrap();
    let found = fixed.reference(&[-1 << 62; 4]).unwrap_err();
    assert_eq!(found, Overflow { layer: "only".into(), value: -1 << 64, bits: 63, needed: 65 });
}

/// A product that is zero whatever the input, two hundred sums of each with itself, and the input added at last.
fn doublings() -> Model {
    let zero = Op::Linear(op::Linear { weight: Weight::Real(vec![0.; 4]), bias: vec![0.; 2] });
    let mut model = one([1, 1, 2], zero);
    let mut before = String::from("only");
    for i in 0..200 {
        let name = format!("sum{i}");
        model.push(&name, op::Add { layer: before }).unwrap();
        before = name;
    }
    model.push("sum", op::Add { layer: "input".into() }).unwrap();
    model.push("relu", op::Relu).unwrap();
    let weight = Weight::Real(vec![0.5, -0.75]);
    model.push("last", op::Linear { weight, bias: vec![0.25] }).unwrap();
    model
}

#[test]
fn sums_of_sums_take_no_longer_than_as_many_layers() {
    let (model, images) = (doublings(), [0.3, -0.2, 0.9, 0.6, -0.5, 0.1]);
    for rounding in [Rounding::Floor, Rounding::Stochastic] {
        let options = Options { bits: Some(16), rounding, ..Options::default() };
        let found = Quantised::calibrate(&model, &images, &options).unwrap();
        let by_hand = Quantised::new(&model, found.formats(), rounding).unwrap();
        for fixed in [found, by_hand] {
            let outputs = fixed.reference(&fixed.encode(&images).unwrap()).unwrap();
            for (fixed, real) in fixed.decode(&outputs).iter().zip(model.forward(&images)) {
                assert!((fixed - real).abs() < 0.01, "{fixed} for {real}");
            }
        }
    }
}

fn clip(input: [u32; 2], result: [u32; 2], [low, high]: [f32; 2]) -> Result<Quantised, QuantiseError> {
    let [input, result] = [input, result].map(|[fraction, bits]| Format { fraction, bits });
    let formats = Formats { input, layers: vec![result] };
    Quantised::new(&one([1, 1, 1], Op::Clip(op::Clip { low, high })), &formats, Rounding::Floor)
}

#[test]
fn a_clip_to_where_no_input_is_gives_its_end() {
    // The input is from −2 to 1.875 by steps of 1/8.
    let all: Vec<i64> = (-16..16).collect();
    let ends = [-100., -3., -2.125, -2., -1.875, -0.5, 0., 0.5, 1.75, 1.875, 2., 2.125, 3., 100.];
    for (i, &low) in ends.iter().enumerate() {
        for &high in &ends[i + 1..] {
            let fixed = clip([3, 5], [3, 12], [low, high]).unwrap();
            let wanted: Vec<f32> = all.iter().map(|&x| (x as f32 / 8.).clamp(low, high)).collect();
            assert_eq!(fixed.decode(&fixed.reference(&all).unwrap()), wanted, "{low} to {high}");
        }
    }
    assert_eq!(clip([3, 5], [3, 12], [100., 200.]).unwrap().ring(), 16);
}

#[test]
fn a_clip_to_what_no_bits_hold_is_refused_by_name() {
    let bits = |least, most, found| QuantiseError::Bits { layer: "only".into(), least, most, found };
    // 50 is 400, and 100 if its last two bits are dropped.
    assert_eq!(clip([3, 5], [3, 9], [50., 60.]).unwrap_err(), bits(10, 63, 9));
    assert_eq!(clip([3, 5], [1, 7], [50., 60.]).unwrap_err(), bits(8, 63, 7));
    assert_eq!(clip([3, 5], [3, 9], [-60., -50.]).unwrap_err(), bits(10, 63, 9));
    assert!(clip([3, 5], [3, 10], [50., 60.]).is_ok());
    assert!(clip([3, 5], [1, 8], [50., 60.]).is_ok());
    assert_eq!(clip([3, 5], [3, 63], [1e30, 2e30]).unwrap_err(), bits(2, 64, 65));
}

#[test]
fn a_clip_above_an_activation_calibrates_to_its_end() {
    let mut model =
        one([1, 1, 1], Op::Linear(op::Linear { weight: Weight::Real(vec![0.5]), bias: vec![0.] }));
    model.push("relu", op::Relu).unwrap();
    model.push("clip", op::Clip { low: 9., high: 1000. }).unwrap();
    model.push("last", op::Linear { weight: Weight::Real(vec![0.5]), bias: vec![1.] }).unwrap();
    let images = [0.3, -0.2, 0.9];
    for rounding in [Rounding::Floor, Rounding::Stochastic] {
        let options = Options { bits: Some(14), rounding, ..Options::default() };
        let fixed = Quantised::calibrate(&model, &images, &options).unwrap();
        let outputs = fixed.decode(&fixed.reference(&fixed.encode(&images).unwrap()).unwrap());
        assert!(outputs.iter().all(|x| (x - 5.5).abs() < 0.05), "{outputs:?}\n{fixed}");
    }
}

#[test]
fn formats_of_a_calibration_serve_again_where_products_follow_one_another() {
    let weight = || Weight::Real(vec![0.5, -0.25, 0.125, 1.]);
    let mut model = Model::new([1, 1, 2]);
    for name in ["a", "b", "c"] {
        model.push(name, op::Linear { weight: weight(), bias: vec![0.25, -0.5] }).unwrap();
    }
    let images = [0.5, -1., 0.75, 0.125];
    let found =
        Quantised::calibrate(&model, &images, &Options { bits: Some(20), ..Options::default() }).unwrap();
    assert!(found.formats().layers.len() > model.nodes().len());
    let again = Quantised::new(&model, found.formats(), Rounding::default()).unwrap();
    let x = found.encode(&images).unwrap();
    assert_eq!(again.architecture(), found.architecture());
    assert_eq!(again.reference(&x).unwrap(), found.reference(&x).unwrap());
}
