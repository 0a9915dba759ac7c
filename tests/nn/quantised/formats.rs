//! Formats by hand, and what is refused.

use ringshare::linalg::Window;
use ringshare::nn::{
    Format, Formats, Model, Op, Options, Overflow, QuantiseError, Quantised, Rounding, Weight, op,
};

fn linear(inputs: usize, weights: &[f32]) -> Op {
    Op::Linear(op::Linear { weight: Weight::Real(weights.to_vec()), bias: vec![0.; weights.len() / inputs] })
}

/// One input, a product with 0.5 and 2, a ReLU, a sum.
fn small() -> Model {
    let mut model = Model::new([1, 1, 1]);
    model.push("first", linear(1, &[0.5, 2.])).unwrap();
    model.push("relu", op::Relu).unwrap();
    model.push("second", linear(2, &[1., 1.])).unwrap();
    model
}

fn formats(list: [[u32; 2]; 4]) -> Formats {
    let [input, layers @ ..] = list.map(|[fraction, bits]| Format { fraction, bits });
    Formats { input, layers: layers.to_vec() }
}

fn by_hand(list: [[u32; 2]; 4]) -> Result<Quantised, QuantiseError> {
    Quantised::new(&small(), &formats(list), Rounding::Floor)
}

#[test]
fn formats_by_hand_are_the_formats() {
    let model = by_hand([[4, 8], [6, 12], [3, 9], [3, 10]]).unwrap();
    // 1.5 is 24; times 2 and 8 it is 48 and 192 with 6 bits, and 4 for half a unit; 6 and 24 with 3.
    assert_eq!(model.encode(&[1.5]).unwrap(), [24]);
    assert_eq!(model.reference(&[24]).unwrap(), [30]);
    assert_eq!(model.decode(&[30]), [3.75]);
    assert_eq!(model.ring(), 16);
    let lines: Vec<String> =
        model.to_string().lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        lines,
        [
            "layer operation shape fraction bits shift",
            "input 1 4 8",
            "first linear of 1 2 6 12",
            "relu ReLU 2 3 12 3",
            "second linear of 2 1 3 11",
            "3 layers in a ring of 16 bits"
        ]
    );
}

#[test]
fn an_overflow_names_layer_value_and_bits() {
    let model = by_hand([[4, 8], [6, 9], [3, 9], [3, 10]]).unwrap();
    assert_eq!(model.reference(&[31]).unwrap(), [39]);
    // 8 · 32 + 4 = 260 takes 10 bits, the sign's included.
    let overflow = model.reference(&[31, 32]).unwrap_err();
    assert_eq!(overflow, Overflow { layer: "first".into(), value: 260, bits: 9, needed: 10 });
    assert_eq!(overflow.to_string(), "layer `first`: expected a value of at most 9 bits, found 260 of 10");
    let below = model.reference(&[-33]).unwrap_err();
    assert_eq!((below.value, below.needed), (-260, 10));
    assert_eq!(model.reference(&[-32]).unwrap(), [0]);
    assert_eq!(model.reference(&[128]).unwrap_err().layer, "input");
}

#[test]
fn what_is_rounded_at_random_leaves_room_for_what_is_dropped() {
    let list = [[4, 8], [6, 9], [2, 9], [2, 10]];
    let at_random = Quantised::new(&small(), &formats(list), Rounding::Stochastic).unwrap();
    // 8 · 30 is at most 256 − 16, and 8 · 31 is not.
    assert!(at_random.reference(&[30]).is_ok());
    let overflow = at_random.reference(&[31]).unwrap_err();
    assert_eq!(overflow, Overflow { layer: "first".into(), value: 248, bits: 9, needed: 10 });
    // Rounded down, 8 · 31 and half a unit of what is kept are compared in all their bits.
    let floor =
        Quantised::new(&small(), &formats([[4, 8], [6, 10], [2, 9], [2, 10]]), Rounding::Floor).unwrap();
    assert!(floor.reference(&[62]).is_ok());
}

#[test]
fn bounds_of_a_maximum_hold_for_any_truncation() {
    let mut model = Model::new([2, 2, 1]);
    model.push("pool", op::MaxPool { window: Window::new([2, 2, 1], [2, 2]) }).unwrap();
    model.push("relu", op::Relu).unwrap();
    let list = |fraction: u32| Formats {
        input: Format { fraction: 40, bits: 44 },
        layers: vec![Format { fraction: 40, bits: 45 }, Format { fraction, bits: fraction + 5 }],
    };
    for shift in [1, 8, 31, 33, 36] {
        let fixed = Quantised::new(&model, &list(40 - shift), Rounding::Stochastic).unwrap();
        // Half a unit of the result, where there are bits to skip, counts as a whole one.
        let pooled = if shift > 2 { 1. } else { 0. };
        assert_eq!(fixed.bounds(), [1. + pooled], "{shift}");
        let floor = Quantised::new(&model, &list(40 - shift), Rounding::Floor).unwrap();
        assert_eq!(floor.reference(&[5 << 40, 1 << 40, 0, 3 << 40]).unwrap(), [5 << (40 - shift)]);
    }
}

#[test]
fn a_declared_activation_is_held_to_its_bits() {
    let model = by_hand([[4, 8], [6, 12], [3, 4], [3, 10]]).unwrap();
    let overflow = model.reference(&[24]).unwrap_err();
    assert_eq!(overflow, Overflow { layer: "relu".into(), value: 24, bits: 4, needed: 6 });
}

#[test]
fn formats_that_do_not_fit_are_refused_by_name() {
    let message = |list| by_hand(list).unwrap_err().to_string();
    assert_eq!(
        message([[4, 8], [3, 12], [3, 9], [3, 10]]),
        "layer `first`: expected 4 to 62 fractional bits, found 3"
    );
    assert_eq!(
        message([[4, 8], [6, 12], [7, 9], [8, 10]]),
        "layer `relu`: expected 0 to 6 fractional bits, found 7"
    );
    assert_eq!(message([[4, 8], [6, 64], [3, 9], [3, 10]]), "layer `first`: expected 2 to 63 bits, found 64");
    assert_eq!(message([[4, 0], [6, 12], [3, 9], [3, 10]]), "layer `input`: expected 2 to 63 bits, found 0");
    assert_eq!(
        message([[4, 8], [44, 60], [3, 9], [3, 10]]),
        "layer `first`: expected weights of at most 32 bits, found 0.5 with 40 fractional bits"
    );
    let mut short = formats([[4, 8], [6, 12], [3, 9], [3, 10]]);
    short.layers.pop();
    let error = Quantised::new(&small(), &short, Rounding::Floor).unwrap_err();
    assert_eq!(error.to_string(), "formats of layers: expected 3, found 2");
}

#[test]
fn images_that_are_no_numbers_or_do_not_fit_are_refused() {
    let model = by_hand([[4, 8], [6, 12], [3, 9], [3, 10]]).unwrap();
    let message = |images: &[f32]| model.encode(images).unwrap_err().to_string();
    assert_eq!(message(&[0., f32::NAN]), "image 1, place 0: expected a finite number, found another");
    assert_eq!(message(&[f32::INFINITY]), "image 0, place 0: expected a finite number, found another");
    assert_eq!(message(&[8.]), "image 0, place 0: expected a number from -8 to 7.9375, found 8");
    let calibrate = |images: &[f32]| Quantised::calibrate(&small(), images, &Options::default());
    assert!(matches!(calibrate(&[1., f32::NAN]), Err(QuantiseError::NotFinite { image: 1, place: 0 })));
    assert!(matches!(calibrate(&[]), Err(QuantiseError::NoImages)));
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let calibrate = |options| Quantised::calibrate(&small(), &[1.5, 0.3], &options).unwrap_err().to_string();
    let usual = Options::default;
    assert_eq!(calibrate(Options { bits: Some(7), ..usual() }), "bits: expected 8 to 40, found 7");
    assert_eq!(calibrate(Options { margin: 0.5, ..usual() }), "margin: expected 1 to 1024, found 0.5");
    assert_eq!(calibrate(Options { margin: f64::NAN, ..usual() }), "margin: expected 1 to 1024, found NaN");
    assert_eq!(calibrate(Options { agreement: 1.5, ..usual() }), "agreement: expected 0 to 1, found 1.5");
    let input = |ends| calibrate(Options { input: Some(ends), ..usual() });
    assert_eq!(input([f32::NAN, 1.]), "least input: expected a finite number, found NaN");
    let greatest = "greatest input: expected a finite number, not less than the least, found";
    assert_eq!(input([2., 1.]), format!("{greatest} 1"));
    assert_eq!(input([0., f32::INFINITY]), format!("{greatest} inf"));
    assert_eq!(input([0., 1.]), "image 0, place 0: expected a number from 0 to 1, found 1.5");
}

#[test]
fn whole_numbers_have_no_fraction_and_never_overflow() {
    let mut model = Model::new([1, 1, 3]);
    let weight = Weight::Real(vec![1., -2., 3., -1., 0., 1.]);
    model.push("first", op::Linear { weight, bias: vec![4., -0.5] }).unwrap();
    model.push("sign", op::Sign).unwrap();
    model.push("second", op::Linear { weight: Weight::Signs(vec![0x80, 0x40]), bias: vec![1., 0.] }).unwrap();
    let images = [0., 3., 2., 1., 1., 0.];
    let quantised = Quantised::calibrate(&model, &images, &Options::default()).unwrap();
    let found: Vec<_> = quantised.formats().layers.iter().map(|f| (f.fraction, f.bits)).collect();
    // 3 inputs of at most 3, weights of at most 3, and 4; then 2 of ±1, and 1.
    assert_eq!(found, [(0, 6), (0, 2), (0, 3)], "{quantised}");
    // Whatever the images: all of the sixteen values that an input can have.
    let all: Vec<i64> = (0..64).flat_map(|i| [i & 3, i >> 2 & 3, i >> 4]).collect();
    let real: Vec<f32> = all.iter().map(|&x| x as f32).collect();
    assert_eq!(quantised.decode(&quantised.reference(&all).unwrap()), model.forward(&real));
    assert!(quantised.encode(&[4., 0., 0.]).is_err());
}

#[test]
fn a_sign_takes_a_bias_that_is_no_whole_number_exactly() {
    for bias in [0.5, -0.5, 2., -2., 1e30, -1e30, 0.] {
        let mut model = Model::new([1, 1, 2]);
        model.push("first", op::Linear { weight: Weight::Signs(vec![0x80]), bias: vec![bias] }).unwrap();
        model.push("sign", op::Sign).unwrap();
        let images: Vec<f32> = (0..49).flat_map(|i| [(i % 7 - 3) as f32, (i / 7 - 3) as f32]).collect();
        let quantised = Quantised::calibrate(&model, &images, &Options::default()).unwrap();
        let outputs = quantised.reference(&quantised.encode(&images).unwrap()).unwrap();
        assert_eq!(quantised.decode(&outputs), model.forward(&images), "{bias}");
        assert!(quantised.formats().layers[0].bits <= 5, "{quantised}");
    }
}

#[test]
fn too_few_bits_are_refused_by_the_layers_name() {
    let mut model = Model::new([1, 1, 1]);
    model.push("large", linear(1, &[900.5])).unwrap();
    model.push("relu", op::Relu).unwrap();
    let options = Options { bits: Some(8), ..Options::default() };
    let error = Quantised::calibrate(&model, &[1.5, -1., 0.25], &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer `large`: expected results of at most 8 bits, found some up to 1350.75"
    );
}

#[test]
fn a_clip_beyond_what_it_clips_gives_its_bounds() {
    let images = [0.3, -0.2, 0.9];
    for (low, high) in [(50., 60.), (-60., -50.)] {
        let mut model = Model::new([1, 1, 1]);
        model.push("first", linear(1, &[0.5, 0.7])).unwrap();
        model.push("clip", op::Clip { low, high }).unwrap();
        model.push("second", linear(2, &[0.25, 0.5])).unwrap();
        let options = Options { bits: Some(16), rounding: Rounding::Floor, ..Options::default() };
        let fixed = Quantised::calibrate(&model, &images, &options).unwrap();
        let outputs = fixed.decode(&fixed.reference(&fixed.encode(&images).unwrap()).unwrap());
        for (fixed, real) in outputs.iter().zip(model.forward(&images)) {
            assert!((fixed - real).abs() < 0.5, "{fixed} for {real}\n{fixed}");
        }
    }
}

#[test]
fn what_inputs_can_be_is_held_though_no_image_is_so_bright() {
    let mut signs = Model::new([1, 1, 1]);
    signs.push("first", linear(1, &[3., -1.])).unwrap();
    signs.push("sign", op::Sign).unwrap();
    signs.push("second", linear(2, &[1., 1.])).unwrap();
    for (model, scale) in [(signs, 1.), (small(), 1.), (small(), 1. / 256.)] {
        let (images, ends) = ([0., 7. * scale, 254. * scale], [-3. * scale, 255. * scale]);
        let seen = Quantised::calibrate(&model, &images, &Options::default()).unwrap();
        let options = Options { bits: Some(16), input: Some(ends), ..Options::default() };
        let known = Quantised::calibrate(&model, &images, &options).unwrap();
        let x = known.encode(&ends).unwrap();
        let outputs = known.decode(&known.reference(&x).unwrap());
        for (fixed, real) in outputs.iter().zip(model.forward(&ends)) {
            assert!((fixed - real).abs() <= real.abs() / 32., "{fixed} for {real}\n{known}");
        }
        if scale == 1. {
            assert!(seen.encode(&ends).is_err());
            assert!(known.encode(&[256.]).is_err() && known.encode(&[-4.]).is_err());
        }
    }
}

#[test]
fn an_input_that_is_rounded_up_to_the_next_bit_is_held() {
    let mut model = Model::new([1, 1, 1]);
    model.push("relu", op::Relu).unwrap();
    let options = Options { margin: 1., bits: Some(16), ..Options::default() };
    let most = f32::from_bits(2f32.to_bits() - 1);
    let fixed = Quantised::calibrate(&model, &[most, 0.5, -most], &options).unwrap();
    assert_eq!(fixed.decode(&fixed.reference(&fixed.encode(&[most]).unwrap()).unwrap()), [2.]);
}

#[test]
fn images_of_zeros_calibrate() {
    let fixed = Quantised::calibrate(&small(), &[0.; 3], &Options::default()).unwrap();
    assert_eq!(fixed.reference(&[0]).unwrap(), [0]);
}

/// Of 40 images 4 may fail, and do, all of them among the first: they are ties in formats of less than 20 fractional bits.
#[test]
fn as_many_images_may_fail_as_the_agreement_says() {
    let mut model = Model::new([1, 1, 2]);
    model.push("identity", linear(2, &[1., 0., 0., 1.])).unwrap();
    let tie = [0.5, 0.5 + 1. / f32::from(1u16 << 10) / 1024.];
    let images: Vec<f32> = [tie; 4].into_iter().chain([[1., 0.]; 36]).flatten().collect();
    for rounding in [Rounding::Floor, Rounding::Stochastic] {
        let options = Options { agreement: 0.9, tolerance: Some(0.), rounding, ..Options::default() };
        let quantised = Quantised::calibrate(&model, &images, &options).unwrap();
        assert_eq!(quantised.ring(), 16, "{quantised}");
        // One fewer: 16 bits do not do.
        let fewer = Options { agreement: 0.91, ..options };
        let found = Quantised::calibrate(&model, &images, &fewer);
        assert!(found.as_ref().map_or(64, Quantised::ring) > 16, "{found:?}");
    }
}

#[test]
fn a_maximum_that_may_be_off_leaves_the_next_layer_room_for_that() {
    let mut model = Model::new([1, 2, 1]);
    model.push("pool", op::MaxPool { window: Window::new([1, 2, 1], [1, 2]) }).unwrap();
    model.push("relu", op::Relu).unwrap();
    let format = |fraction, bits| Format { fraction, bits };
    let list = Formats { input: format(3, 8), layers: vec![format(3, 8), format(0, 5)] };
    let fixed = Quantised::new(&model, &list, Rounding::Stochastic).unwrap();
    // 8 for what is dropped, and 4 for what the maximum may be off.
    assert!(fixed.reference(&[116, 116]).is_ok());
    assert_eq!(fixed.reference(&[-124, -124]).unwrap(), [0]);
    for x in [117, 120, -125, -128] {
        let overflow = fixed.reference(&[x, x]).unwrap_err();
        assert_eq!((overflow.value, overflow.needed), (x.into(), 9));
    }
    let floor = Quantised::new(&model, &list, Rounding::Floor).unwrap();
    assert_eq!(floor.reference(&[127, 127]).unwrap(), [15]);
}
