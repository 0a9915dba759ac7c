//! Which layer of a program parts from the real model, and what a calibration that refuses says of it.

use ringshare::linalg::Window;
use ringshare::nn::{
    Cause, Difference, Format, Formats, Model, Op, Options, QuantiseError, Quantised, Rounding, Weight, op,
};

fn linear(weights: &[f32], bias: &[f32]) -> Op {
    op::Linear { weight: Weight::Real(weights.to_vec()), bias: bias.to_vec() }.into()
}

/// Pairs from −1 to 1 that differ by no more than `off`.
fn pairs(off: f32) -> Vec<f32> {
    let pair = |i: i32| [i as f32 / 50. - 1., i as f32 / 50. - 1. + off * ((i * 37 % 101) as f32 / 50. - 1.)];
    (0..100).flat_map(pair).collect()
}

/// What a calibration says that has to keep all classes.
fn refused(model: &Model, images: &[f32], options: &Options) -> (QuantiseError, Cause) {
    let error = Quantised::calibrate(model, images, options).unwrap_err();
    let QuantiseError::Agreement { cause, .. } = &error else { panic!("{error}") };
    let cause = Cause::clone(cause);
    (error, cause)
}

/// The layer that both ways of rounding blame.
fn blamed(model: &Model, images: &[f32], options: &Options) -> Difference {
    let [floor, stochastic] = [Rounding::Floor, Rounding::Stochastic].map(|rounding| {
        let (error, cause) = refused(model, images, &Options { rounding, ..*options });
        let Cause::Layer(found) = cause else { panic!("{error}") };
        assert!(error.to_string().contains(&format!("layer `{}`", found.layer)), "{error}");
        found
    });
    assert_eq!(floor.layer, stochastic.layer);
    floor
}

/// `tanh` has too few fractional bits for a difference between its values. What follows enlarges its error.
fn after_tanh(model: &mut Model) {
    model.push("tanh", op::Tanh).unwrap();
    model.push("difference", linear(&[1000., -1000., -1000., 1000.], &[0.; 2])).unwrap();
    model.push("relu", op::Relu).unwrap();
    model.push("large", linear(&[300., 0., 0., 300.], &[1.; 2])).unwrap();
    model.push("clip", op::Clip { low: -1e5, high: 1e5 }).unwrap();
    model.push("last", linear(&[1., 0., 0., 1.], &[0.; 2])).unwrap();
}

#[test]
fn a_layer_that_loses_fractions_is_named_and_not_those_that_pass_its_error_on() {
    let mut model = Model::new([1, 1, 2]);
    model.push("first", linear(&[1., 0., 0., 1.], &[0.; 2])).unwrap();
    after_tanh(&mut model);
    let found = blamed(&model, &pairs(2e-4), &Options::default());
    assert_eq!((found.layer.as_str(), found.fraction, found.weights), ("tanh", 11, None));
    assert!(found.share > 0.9 && found.error <= 2.5 && found.clipped == 0., "{found:?}");
    assert!(-0.8 < found.range[0] && found.range[0] < found.range[1] && found.range[1] < 0.8, "{found:?}");
}

#[test]
fn so_it_is_beside_branches() {
    let mut model = Model::new([1, 1, 2]);
    model.push("first", linear(&[1., 0., 0., 1.], &[0.; 2])).unwrap();
    model.push("other", op::From { layer: "input".into() }).unwrap();
    model.push("second", linear(&[0.5, 0.5, 0.5, 0.5], &[0.; 2])).unwrap();
    model.push("sum", op::Add { layer: "first".into() }).unwrap();
    model.push("skip", op::Relu).unwrap();
    model.push("back", op::From { layer: "sum".into() }).unwrap();
    model.push("tanh", op::Tanh).unwrap();
    model.push("again", op::Add { layer: "skip".into() }).unwrap();
    model.push("difference", linear(&[3000., -3000., -3000., 3000.], &[0.; 2])).unwrap();
    model.push("relu", op::Relu).unwrap();
    model.push("last", linear(&[30., 0., 0., 30.], &[0.; 2])).unwrap();
    let found = blamed(&model, &pairs(1e-4), &Options::default());
    assert_eq!((found.layer.as_str(), found.fraction), ("tanh", 11));
    assert!(found.share > 0.7, "{found:?}");
}

#[test]
fn names_are_those_of_the_model_before_it_was_rewritten() {
    // The normalisation is folded, the pooling moves before the function, and between the two products at the end a layer is
    // added that drops fractional bits.
    let mut model = Model::new([2, 2, 2]);
    let window = Window::new([2, 2, 2], [1, 1]);
    let weight = Weight::Real(vec![1., 0., 0., 1.]);
    model.push("conv", op::Convolution { window, groups: 1, weight, bias: vec![0.; 2] }).unwrap();
    model.push("norm", op::Normalise::new(vec![0.9; 2], vec![0.01; 2])).unwrap();
    model.push("tanh", op::Tanh).unwrap();
    let window = Window { stride: [2, 2], ..Window::new([2, 2, 2], [2, 2]) };
    model.push("pool", op::MaxPool { window }).unwrap();
    model.push("flatten", op::Flatten).unwrap();
    model.push("difference", linear(&[1000., -1000., -1000., 1000.], &[0.; 2])).unwrap();
    model.push("last", linear(&[3., 0., 0., 3.], &[0.; 2])).unwrap();
    let images: Vec<f32> = pairs(2e-4).chunks(2).flat_map(|pair| pair.repeat(4)).collect();
    for model in [model.simplify(), model] {
        let found = blamed(&model, &images, &Options::default());
        assert_eq!(found.layer, "tanh");
        assert!(found.share > 0.8, "{found:?}");
        let fixed =
            Quantised::calibrate(&model, &images, &Options { bits: Some(20), ..Options::default() }).unwrap();
        assert!(fixed.model().nodes().len() > model.nodes().len());
        let all = fixed.differences(&images[..80]).unwrap();
        let names: Vec<&str> = all.iter().map(|line| line.layer.as_str()).collect();
        let own: Vec<&str> =
            std::iter::once("input").chain(model.nodes().iter().map(|n| n.name.as_str())).collect();
        assert_eq!(names, own);
    }
}

#[test]
fn what_is_dropped_between_two_products_counts_for_the_first() {
    let mut model = Model::new([1, 1, 2]);
    model.push("first", linear(&[0.9, 0.3, -0.7, 0.8], &[0.1, 0.2])).unwrap();
    model.push("second", linear(&[0.6, -0.4, 0.5, 1.1], &[0.3, -0.3])).unwrap();
    model.push("relu", op::Relu).unwrap();
    let images = pairs(1.);
    for rounding in [Rounding::Floor, Rounding::Stochastic] {
        let options = Options { bits: Some(24), rounding, ..Options::default() };
        let fixed = Quantised::calibrate(&model, &images, &options).unwrap();
        let mut formats = fixed.formats().clone();
        // Three bits are left of the first product's results.
        let dropped = &mut formats.layers[1];
        (dropped.bits, dropped.fraction) = (dropped.bits - dropped.fraction + 3, 3);
        let fixed = Quantised::new(fixed.model(), &formats, rounding).unwrap();
        let all = fixed.differences(&images).unwrap();
        let names: Vec<&str> = all.iter().map(|line| line.layer.as_str()).collect();
        assert_eq!(names, ["input", "first", "second", "relu"]);
        assert!(all[1].share > 0.9 && all[1].fraction == 3 && all[1].error <= 1., "{rounding:?}: {all:?}");
    }
}

#[test]
fn weights_that_are_rounded_too_much_are_named() {
    let mut model = Model::new([1, 1, 3]);
    model.push("relu", op::Relu).unwrap();
    model.push("unequal", linear(&[0.013, 0., 9e6, 0., 0.021, 9e6], &[0.; 2])).unwrap();
    let images: Vec<f32> = (0..50).flat_map(|i| [500. + i as f32 * 3., 400., 0.]).collect();
    let options = Options { agreement: 1., ..Options::default() };
    let found = blamed(&model, &images, &options);
    assert_eq!(found.layer, "unequal");
    assert!(found.weights.is_some_and(|bits| bits <= 8) && found.error > 1., "{found:?}");
    let (error, _) = refused(&model, &images, &options);
    assert!(error.to_string().contains("whose weights have"), "{error}");
}

#[test]
fn near_ties_are_told_from_losses_and_the_tolerance_that_is_named_suffices() {
    let mut model = Model::new([1, 1, 2]);
    model.push("tanh", op::Tanh).unwrap();
    model.push("last", linear(&[1., 0., 0., 1.], &[0.; 2])).unwrap();
    let images = pairs(4e-4);
    let options = Options { tolerance: Some(0.), agreement: 1., ..Options::default() };
    let (error, cause) = refused(&model, &images, &options);
    let Cause::NearTies { images: ties, tolerance } = cause else { panic!("{error}") };
    assert!(ties > 0 && tolerance > 0. && tolerance < 1. / 256., "{error}");
    assert!(error.to_string().contains("near-ties"), "{error}");
    let written = error.to_string();
    let written = written.split("a tolerance of ").nth(1).unwrap().split(' ').next().unwrap();
    let options = Options { tolerance: Some(written.parse().unwrap()), ..options };
    Quantised::calibrate(&model, &images, &options).unwrap();
}

#[test]
fn clipped_results_are_counted() {
    let mut model = Model::new([1, 1, 1]);
    model.push("first", linear(&[1.], &[0.])).unwrap();
    model.push("gelu", op::Gelu).unwrap();
    model.push("last", linear(&[0.75], &[0.])).unwrap();
    let format = |fraction, bits| Format { fraction, bits };
    // GELU has room for values below 2.
    let layers = vec![format(16, 24), format(8, 10), format(16, 24)];
    let formats = Formats { input: format(10, 16), layers };
    let fixed = Quantised::new(&model, &formats, Rounding::Floor).unwrap();
    let all = fixed.differences(&[-1., 0.5, 1., 1.5, 3., 4., 5., 6.]).unwrap();
    let worst = all.iter().max_by(|a, b| a.share.total_cmp(&b.share)).unwrap();
    assert_eq!((worst.layer.as_str(), worst.clipped), ("gelu", 0.5));
    assert_eq!((worst.image, worst.place), (7, 0));
    assert!((worst.error - 4. * 256.).abs() < 3., "{worst:?}");
    assert!(all.iter().all(|line| line.layer == "gelu" || line.clipped == 0.), "{all:?}");
    let text = Cause::Layer(worst.clone()).to_string();
    assert!(text.contains("layer `gelu`, which clips 50.00 % of its results"), "{text}");
}

#[test]
fn shares_add_up_to_one_and_local_errors_are_those_of_rounding() {
    let mut model = Model::new([4, 4, 2]);
    let window = Window { padding: [1, 1], ..Window::new([4, 4, 2], [3, 3]) };
    let weights: Vec<f32> = (0..54).map(|i| (i * 29 % 31) as f32 / 20. - 0.7).collect();
    let weight = Weight::Real(weights);
    model.push("conv", op::Convolution { window, groups: 1, weight, bias: vec![0.3, -0.1, 0.2] }).unwrap();
    let window = Window { stride: [2, 2], ..Window::new([4, 4, 3], [2, 2]) };
    model.push("pool", op::MaxPool { window }).unwrap();
    model.push("relu", op::Relu).unwrap();
    let window = Window { padding: [1, 1], ..Window::new([2, 2, 3], [3, 3]) };
    model.push("mean", op::AveragePool { window }).unwrap();
    model.push("add", op::Add { layer: "relu".into() }).unwrap();
    model.push("sigmoid", op::Sigmoid).unwrap();
    let weights: Vec<f32> = (0..36).map(|i| (i * 17 % 23) as f32 / 11. - 1.).collect();
    model.push("fc", linear(&weights, &[0.5, -0.5, 0.25])).unwrap();
    let images: Vec<f32> = (0..32 * 20).map(|i| (i * i % 97) as f32 / 48. - 1.).collect();
    for rounding in [Rounding::Floor, Rounding::Stochastic] {
        for bits in [12, 20, 32] {
            let options = Options { bits: Some(bits), rounding, ..Options::default() };
            let fixed = Quantised::calibrate(&model, &images, &options).unwrap();
            let all = fixed.differences(&images).unwrap();
            let sum: f64 = all.iter().map(|line| line.share).sum();
            assert!((sum - 1.).abs() < 1e-3, "{sum}: {all:?}");
            for line in all.iter().filter(|line| line.weights.is_none() && line.layer != "mean") {
                // Twice the half unit by which other layers are off, and a unit for each truncation.
                assert!(line.error <= 2.5, "{bits} bits, {rounding:?}: {line:?}");
            }
            assert!(all.iter().all(|line| line.clipped == 0.), "{all:?}");
        }
    }
}

#[test]
#[should_panic = "3 numbers for images of 2"]
fn parts_of_images_are_refused() {
    let mut model = Model::new([1, 1, 2]);
    model.push("tanh", op::Tanh).unwrap();
    let fixed = Quantised::calibrate(&model, &[0.5, 0.25], &Options::default()).unwrap();
    let _ = fixed.differences(&[0.3, 0.9, -0.4]);
}

#[test]
fn layers_of_a_user_are_in_the_table_whatever_their_names() {
    let mut model = Model::new([1, 1, 2]);
    model.push("fc.input", op::Relu).unwrap();
    model.push("fc", linear(&[1.5, -0.75], &[0.1])).unwrap();
    let fixed = Quantised::calibrate(&model, &[0.5, 0.25, -1., 1.5], &Options::default()).unwrap();
    let all = fixed.differences(&[0.5, 0.25]).unwrap();
    assert_eq!(all.iter().map(|row| row.layer.as_str()).collect::<Vec<_>>(), ["input", "fc.input", "fc"]);
}
