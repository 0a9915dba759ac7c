//! Layers that compare by families of their own: parties against the reference, bytes, recipes, and what is refused.

use ringshare::correlation::compare::legendre::Variant;
use ringshare::nn::{
    ArchitectureError, Layer, Model, Options, PublicModel, PublicModelError, Quantised, Sequential, Weight,
    Weights, op,
};
use ringshare::protocol::Family;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::sim::Simulation;

const LAYERS: [&str; 5] = ["fc1", "sign1", "fc2", "sign2", "fc3"];

/// A binarized network of three products, whose sums before both signs exceed the range of a single symbol, and images.
fn network() -> (Quantised, Vec<f32>) {
    let mut state = 5u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 40
    };
    let widths = [64, 1024, 1024, 10];
    let mut model = Model::new([1, 1, widths[0]]);
    for (i, w) in widths.windows(2).enumerate() {
        let weight = Weight::Signs((0..w[0].div_ceil(8) * w[1]).map(|_| random() as u8).collect());
        let bias = (0..w[1]).map(|_| (random() % 400) as f32 - 200.).collect();
        model.push(LAYERS[2 * i], op::Linear { weight, bias }).unwrap();
        if i < 2 {
            model.push(LAYERS[2 * i + 1], op::Sign).unwrap();
        }
    }
    let images: Vec<f32> = (0..64 * 4).map(|_| (random() % 16) as f32).collect();
    let quantised = Quantised::calibrate(&model, &images, &Options::default()).unwrap();
    (quantised, images)
}

/// Exact signs first, symbols in the hidden layer.
fn as_in_the_paper(variant: Variant) -> [Option<Family>; 5] {
    [None, None, None, Some(Family::Legendre(variant)), None]
}

/// What parties find.
fn found<R: Ring>(model: &Quantised, x: &[i64], parties: usize, common: Family) -> Vec<i64> {
    let (rows, bits) = (x.len() / model.architecture().inputs(), model.architecture().bits_out());
    let run = Simulation::new(parties).seed(7).run(|party| {
        party.set_comparison(common);
        let own = (party.id() == 0).then_some(model as &dyn Weights<R::Word>);
        let shared = Sequential::<R>::share(party, 0, model.architecture(), own)?;
        let prepared = shared.prepare(party, rows)?;
        let words: Vec<R::Word> = x.iter().map(|&x| R::Word::from_signed(x.into())).collect();
        let x = party.input::<R>(1, words.len(), (party.id() == 1).then_some(&words))?;
        let out = shared.forward(party, prepared, x)?;
        assert_eq!(party.comparison(), common);
        party.open_modulo(&out, bits)
    });
    run.unwrap().outputs[0].iter().map(|word| word.signed(bits) as i64).collect()
}

#[test]
fn parties_compute_what_the_reference_does_by_the_family_of_each_layer() {
    let (quantised, images) = network();
    let x = quantised.encode(&images).unwrap();
    let exact = quantised.reference(&x).unwrap();
    for variant in Variant::ALL {
        let own = quantised.clone().with_comparisons(&as_in_the_paper(variant)).unwrap();
        let expected = own.reference(&x).unwrap();
        // Of 1,024 sums, some exceed the range of one symbol.
        assert!(variant != Variant::Bsgn0 || expected != exact);
        for parties in [2, 3] {
            for common in [Family::default(), Family::Bitwise] {
                assert_eq!(found::<Z2<16>>(&own, &x, parties, common), expected, "{variant:?}, {parties}");
            }
        }
    }
    let both = [None, Some(Family::Dcf), None, Some(Family::Bitwise), None];
    let own = quantised.clone().with_comparisons(&both).unwrap();
    assert_eq!(own.reference(&x).unwrap(), exact);
    assert_eq!(found::<Z2<16>>(&own, &x, 2, Family::default()), exact);
}

#[test]
fn families_are_a_part_of_the_public_model() {
    let (quantised, _) = network();
    let public = quantised.public().clone();
    let own = public.clone().with_comparisons(&as_in_the_paper(Variant::Bsgn1)).unwrap();
    assert_ne!(own.digest(), public.digest());
    let bytes = own.to_bytes();
    let read = PublicModel::from_bytes(&bytes).unwrap();
    assert_eq!((&read, read.digest()), (&own, own.digest()));
    assert_eq!(read.architecture().comparison(3), Some(Family::Legendre(Variant::Bsgn1)));
    assert_eq!(read.architecture().comparison(1), None);

    let names = |public: &PublicModel| -> Vec<&str> {
        let [_, batch] = public.recipes([0, 1], 2, 3, Family::default()).unwrap();
        batch.requests().iter().map(|request| request.name()).collect()
    };
    let symbols = |public: &PublicModel| names(public).iter().filter(|&&name| name == "legendre").count();
    assert_eq!((symbols(&own), symbols(&public)), (1, 0));

    // Without families a model is what it was.
    let none = public.clone().with_comparisons(&[None; 5]).unwrap();
    assert_eq!(none.to_bytes(), public.to_bytes());
}

#[test]
fn bytes_of_families_have_one_form() {
    let (quantised, _) = network();
    let own = quantised.public().clone().with_comparisons(&as_in_the_paper(Variant::Bsgn0)).unwrap();
    let bytes = own.to_bytes();
    let end = bytes.len() - 5;
    let with = |families: [u8; 5]| PublicModel::from_bytes(&[&bytes[..end], &families[..]].concat());
    assert_eq!(with([0, 0, 0, 7, 0]).as_ref(), Ok(&own));
    let refused = |families, least, found| {
        let most = Family::ALL.len() as i64;
        let what = "family of comparisons";
        assert_eq!(with(families), Err(PublicModelError::Value { what, least, most, found }));
    };
    refused([0, 0, 0, 0, 0], 1, 0);
    refused([0, 0, 0, 10, 0], 0, 10);
    assert!(matches!(
        with([7, 0, 0, 0, 0]),
        Err(PublicModelError::Architecture(ArchitectureError::Symbols { layer: 0 }))
    ));
    // The first product has no bit to spare for symbols.
    let error = with([0, 7, 0, 7, 0]).unwrap_err().to_string();
    assert!(error.contains("correct bits of a value that Legendre symbols take"), "{error}");
    let error = PublicModel::from_bytes(&bytes[..bytes.len() - 1]).unwrap_err();
    assert!(matches!(error, PublicModelError::Truncated { .. }), "{error}");
}

#[test]
fn families_that_do_not_fit_the_program_are_refused() {
    let (quantised, _) = network();
    let refused = |families: &[Option<Family>]| {
        quantised.clone().with_comparisons(families).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(refused(&[None; 4]), "families of comparisons: expected one for each of 5 layers, found 4");
    let mut families = [None; 5];
    families[2] = Some(Family::Legendre(Variant::Bsgn2));
    assert_eq!(
        refused(&families),
        "layer 2: expected a sign, for which there are Legendre symbols, found another layer"
    );

    let mut layers = quantised.architecture().layers().to_vec();
    for layer in &mut layers[2..4] {
        match layer {
            Layer::Linear(linear) => linear.bits = 16,
            Layer::Sign(sign) => sign.bits = 16,
            _ => unreachable!(),
        }
    }
    let wide = ringshare::nn::Architecture::with_inputs(64, layers, 16).unwrap();
    let error = wide.with_comparisons(&as_in_the_paper(Variant::Bsgn2)).unwrap_err();
    assert_eq!(error, ArchitectureError::Bits { layer: 3, most: 15, found: 16 });
}
