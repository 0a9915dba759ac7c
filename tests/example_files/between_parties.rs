//! The job of the example, between parties: every class and every logit is that of the evaluation in the clear.

use indicatif::ProgressBar;
use ringshare::protocol::Family;

use crate::dataset::{CLASSES, Dataset, PIXELS};
use crate::input::Input;
use crate::model::Model;
use crate::secure::{self, Job};
use crate::{args, in_data, in_repository, plain, skipped};

fn model() -> Option<Model> {
    let path = in_repository("examples/data/bmlp_sign_4096_mnist.safetensors")?;
    let model = Model::parse(&std::fs::read(path).unwrap()).unwrap();
    model.expect(PIXELS, CLASSES).unwrap();
    Some(model)
}

/// Classifies between `parties` parties and compares with the clear; returns the correct ones.
fn agrees(model: &Model, images: &Dataset, parties: usize, batch: usize, topology: args::Topology) -> usize {
    agrees_by(Family::default(), model, images, parties, batch, topology)
}

/// As [`agrees`], by any comparison.
fn agrees_by(
    comparison: Family,
    model: &Model,
    images: &Dataset,
    parties: usize,
    batch: usize,
    topology: args::Topology,
) -> usize {
    let inputs = Input::Threshold.encode(images.pixels());
    let mut bits = model.bits_needed(Input::Threshold.range());
    *bits.last_mut().unwrap() += 1;
    let job = Job {
        model,
        inputs: &inputs,
        bits: &bits,
        parties,
        batch,
        comparison,
        topology,
        seed: Some(1),
        logits: true,
    };
    let secure = secure::run(&job, &ProgressBar::hidden()).unwrap();
    let exact = plain::Exact::new(model).with_signs(comparison).run(&inputs, |_| {});
    assert_eq!(secure.logits.unwrap(), exact.logits, "{parties} parties");
    assert_eq!(secure.classes, exact.classes, "{parties} parties");
    secure.classes.iter().zip(images.labels()).filter(|(a, b)| a == b).count()
}

#[test]
fn two_and_three_parties_find_every_class_and_logit_of_the_whole_test_set() {
    let Some(model) = model() else { return skipped("the shipped model") };
    let Some(data) = in_data("mnist") else { return skipped("the complete test set of MNIST") };
    let images = Dataset::load(&data, &["t10k"]).unwrap();
    assert_eq!(images.len(), 10_000);
    for parties in [2, 3] {
        let correct = agrees(&model, &images, parties, 128, args::Topology::Auto);
        assert_eq!(correct, 9_790, "the model's accuracy is 97.90 %");
    }
}

#[test]
fn any_number_of_parties_batch_and_topology_gives_the_same() {
    let Some(model) = model() else { return skipped("the shipped model") };
    let Some(data) = in_repository("examples/data/mnist") else { return skipped("the shipped digits") };
    let mut images = Dataset::load(&data, &["digits"]).unwrap();
    images.truncate(5);
    for (parties, batch, topology) in [
        (2, 1, args::Topology::Auto),
        (2, 3, args::Topology::Scatter),
        (4, 5, args::Topology::Direct),
        (7, 2, args::Topology::Scatter),
    ] {
        agrees(&model, &images, parties, batch, topology);
    }
}

#[test]
fn every_family_of_comparisons_gives_the_same() {
    let Some(model) = model() else { return skipped("the shipped model") };
    let Some(data) = in_repository("examples/data/mnist") else { return skipped("the shipped digits") };
    let mut images = Dataset::load(&data, &["digits"]).unwrap();
    images.truncate(200);
    let parties = |family| if family == Family::Dcf { 2 } else { 3 };
    for family in Family::ALL {
        // Signs by Legendre symbols are others beyond their exact ranges, in the clear as well.
        agrees_by(family, &model, &images, parties(family), 100, args::Topology::Auto);
    }
}
