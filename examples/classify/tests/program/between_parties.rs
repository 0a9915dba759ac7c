//! The job of the example, between parties: every class and every logit of a binarized network is that of the evaluation
//! in the clear; so it is of all networks whose rounding is exact, and within bounds otherwise.

use indicatif::ProgressBar;
use ringshare::nn::{Input, Layer, Model, Weight, op};
use ringshare::protocol::Family;

use crate::command_line::read;
use crate::models::{small, written};
use crate::{in_data, in_repository, skipped};
use classify::args::Args;
use classify::dataset::{Dataset, PIXELS};
use classify::network::{Calibration, Network};
use classify::secure;
use classify::trial::{Setting, Trial};

/// The first shipped digits.
fn digits(count: usize) -> Option<Dataset> {
    let mut images = Dataset::load(&in_repository("examples/data/mnist")?, &["digits"]).unwrap();
    images.truncate(count);
    Some(images)
}

fn shipped() -> Option<Network> {
    let path = in_repository("examples/data/bmlp_sign_4096_mnist.safetensors")?;
    Some(Network::load(&path).unwrap())
}

/// Classifies as the arguments say, and compares with the clear; returns the correct ones and those as in float32.
fn run(args: &Args, network: &Network, images: &Dataset) -> [usize; 2] {
    let pixels = images.pixels()[..images.pixels().len().min(30 * PIXELS)].to_vec();
    let calibration = Calibration { pixels, of: "images" };
    let setting = Setting { args, data: images, network, calibration: &calibration };
    let trial = Trial::new(&setting, args.bits.first().copied()).unwrap();
    // Signs after the first layer of them are by the family of their own, if there is one.
    let hidden = trial.architecture.layers().iter().enumerate().filter(|(_, l)| matches!(l, Layer::Sign(_)));
    hidden.skip(1).for_each(|(layer, _)| assert_eq!(trial.architecture.comparison(layer), args.hidden));
    let job = trial.job(args.parties.into(), images.len());
    let secure = secure::run(&job, &ProgressBar::hidden()).unwrap();
    let clear = setting.clear();
    let reference = match setting.expected() {
        Some(expected) => expected.logits.iter().map(|&logit| logit as i64).collect(),
        None => trial.reference().unwrap(),
    };
    trial.check(&secure, &reference).unwrap();
    let logits = secure.logits.as_ref().unwrap();
    if trial.exact() {
        assert_eq!(*logits, reference, "{} parties", args.parties);
    }
    assert_eq!(logits.len(), 10 * images.len());
    // Steps are what the phases are made of.
    let dealer: f64 = secure.steps.iter().map(|step| step.dealer_s).sum();
    let online: f64 = secure.steps.iter().map(|step| step.online_s).sum();
    assert!(dealer > 0.0 && dealer <= 1.001 * secure.phases.dealer.wall_s);
    assert!(online > 0.0 && online <= 1.001 * secure.phases.online.wall_s);
    assert_eq!(secure.steps.len(), trial.architecture.layers().len() + 2);
    let counts = setting.counts(&secure.classes, &clear.classes);
    [counts.correct, counts.agree]
}

/// A ReLU network whose ten outputs are sums over stripes of the image, with a hidden layer of real weights.
fn stripes() -> Network {
    let mut state = 1u64;
    let mut real = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let mut model = Model::new([1, 1, PIXELS]);
    let first = (0..PIXELS * 24).map(|_| real() / 8.0).collect();
    model.push("fc1", op::Linear { weight: Weight::Real(first), bias: vec![0.1; 24] }).unwrap();
    model.push("relu", op::Relu).unwrap();
    let second = (0..240).map(|_| real()).collect();
    model.push("fc2", op::Linear { weight: Weight::Real(second), bias: vec![0.0; 10] }).unwrap();
    written("stripes", model, Input::Scaled { scale: 1.0 / 255.0, shift: 0.0 })
}

#[test]
fn two_and_three_parties_find_every_class_and_logit() {
    let Some(network) = shipped() else { return skipped("the shipped model") };
    let Some(data) = in_data("mnist") else { return skipped("the complete test set of MNIST") };
    // The program goes through all of it, built for speed, among the checks of every change: here there are two batches.
    // Three parties open their sums in another way.
    let mut images = Dataset::load(&data, &["t10k"]).unwrap();
    assert_eq!(images.len(), 10_000);
    let (part, correct) = (200, 195);
    images.truncate(part);
    for parties in ["2", "3"] {
        let args = read(&["--parties", parties, "--seed", "1", "--logits"]).unwrap();
        let found = run(&args, &network, &images);
        assert_eq!(found, [correct, part], "{parties} parties");
    }
}

#[test]
fn any_number_of_parties_batch_and_topology_gives_the_same() {
    let network = small("topologies");
    let Some(images) = digits(5) else { return skipped("the shipped digits") };
    for (parties, batch, topology) in
        [("2", "1", "auto"), ("2", "3", "scatter"), ("4", "5", "direct"), ("7", "2", "scatter")]
    {
        let args =
            ["--parties", parties, "--batch", batch, "--topology", topology, "--seed", "1", "--logits"];
        assert_eq!(run(&read(&args).unwrap(), &network, &images)[1], 5);
    }
}

#[test]
fn every_family_of_comparisons_gives_the_same() {
    let network = small("families");
    let Some(images) = digits(32) else { return skipped("the shipped digits") };
    for family in Family::ALL {
        let parties = if family == Family::Dcf { "2" } else { "3" };
        let name = family.to_string();
        // Signs by Legendre symbols are others beyond their exact ranges, in the clear as well.
        let args = ["--parties", parties, "--comparison", &name, "--seed", "1", "--logits"];
        assert_eq!(run(&read(&args).unwrap(), &network, &images)[1], 32, "{family}");
        let args = ["--parties", parties, "--hidden", &name, "--seed", "1", "--logits"];
        assert_eq!(run(&read(&args).unwrap(), &network, &images)[1], 32, "hidden {family}");
    }
}

#[test]
fn fixed_point_is_exact_by_floors_and_within_its_bounds_otherwise_in_every_ring() {
    let network = stripes();
    let Some(images) = digits(60) else { return skipped("the shipped digits") };
    for (parties, rounding, bits) in
        [("2", "floor", "16"), ("3", "stochastic", "16"), ("2", "floor", "24"), ("2", "stochastic", "36")]
    {
        let args = ["--parties", parties, "--rounding", rounding, "--bits", bits, "--seed", "1", "--logits"];
        let [_, agree] = run(&read(&args).unwrap(), &network, &images);
        assert!(agree >= 57, "{agree} of 60 as in float32, {rounding}, {bits} bits");
    }
}

#[test]
fn binarized_networks_with_a_real_bias_at_the_end_keep_every_class() {
    let mut state = 3u64;
    let mut signs = |count: usize| {
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        Weight::Signs((0..count).map(|_| byte()).collect())
    };
    let mut model = Model::new([1, 1, PIXELS]);
    let bias = |count: usize| (0..count).map(|i| (i * 37 % 61) as f32 / 100.0 - 0.3).collect::<Vec<_>>();
    model.push("fc1", op::Linear { weight: signs(PIXELS / 8 * 64), bias: bias(64) }).unwrap();
    model.push("sign", op::Sign).unwrap();
    model.push("fc2", op::Linear { weight: signs(8 * 10), bias: bias(10) }).unwrap();
    let network = written("real-bias", model, Input::Threshold { at: 128 });
    assert!(!network.binarized());
    let Some(images) = digits(200) else { return skipped("the shipped digits") };
    for rounding in ["floor", "stochastic"] {
        let args = read(&["--rounding", rounding, "--seed", "1", "--logits"]).unwrap();
        assert_eq!(run(&args, &network, &images)[1], 200, "{rounding}");
    }
}

#[test]
fn too_few_bits_change_classes_and_are_no_error() {
    let network = small("few-bits");
    let Some(images) = digits(20) else { return skipped("the shipped digits") };
    let args = read(&["--bits", "3", "--seed", "1"]).unwrap();
    let calibration = Calibration { pixels: images.pixels().to_vec(), of: "images" };
    let setting = Setting { args: &args, data: &images, network: &network, calibration: &calibration };
    let trial = Trial::new(&setting, Some(3)).unwrap();
    let secure = secure::run(&trial.job(2, 20), &ProgressBar::hidden()).unwrap();
    let reference = trial.reference().unwrap();
    trial.check(&secure, &reference).unwrap();
    assert!(setting.counts(&secure.classes, &setting.clear().classes).agree < 20);
    let error = Trial::new(&setting, Some(17)).err().unwrap().to_string();
    assert!(error.contains("--bits 17") && !error.contains('\n'), "{error}");
}
