//! Images and formats at the edge of what there is.

use ringshare::linalg::Window;
use ringshare::nn::{
    Format, Formats, Model, Op, Options, Overflow, QuantiseError, Quantised, Rounding, Weight,
};

fn one(input: [usize; 3], op: Op) -> Model {
    let mut model = Model::new(input);
    model.push("only", op).unwrap();
    model
}

#[test]
fn images_of_zeros_alone_are_images() {
    let weight = Weight::Real(vec![0.; 2]);
    for op in [Op::Relu, Op::Clip { low: 0., high: 6. }, Op::Linear { weight, bias: vec![0.] }] {
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
    let error = Quantised::new(&one([1, 1, 3], Op::Softmax), &formats, Rounding::Floor).unwrap_err();
    assert_eq!(error, QuantiseError::Fraction { layer: "only".into(), least: 9, most: 20, found: 4 });
}

#[test]
fn a_sum_beyond_all_words_is_an_overflow() {
    let window = Window::new([2, 2, 1], [2, 2]);
    let format = |fraction| Format { fraction, bits: 63 };
    let formats = Formats { input: format(0), layers: vec![format(2)] };
    let model = one([2, 2, 1], Op::AveragePool { window });
    let fixed = Quantised::new(&model, &formats, Rounding::Floor).unwrap();
    let found = fixed.reference(&[-1 << 62; 4]).unwrap_err();
    assert_eq!(found, Overflow { layer: "only".into(), value: -1 << 64, bits: 63, needed: 65 });
}
