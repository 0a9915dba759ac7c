//! The public side of a model as a value and as bytes.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use ringshare::function::Table;
use ringshare::linalg::Window;
use ringshare::net::Memory;
use ringshare::nn::{
    Architecture, Input, Layer, Model, Op, Options, PublicModel, PublicModelError, QuantiseError, Quantised,
    Rounding, Sequential, Weight, Weights, op, step,
};
use ringshare::prg::RootSeed;
use ringshare::protocol::{Family, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::sim::{Session, Simulation};

use crate::random::Draw;

const UNIT: Input = Input::Scaled { scale: 1. / 255., shift: 0. };

/// A model with every kind of layer that formats can be found for.
fn every_kind() -> Quantised {
    let mut draw = Draw::new(3);
    let mut model = Model::new([6, 6, 2]);
    let mut push = |op: Op| model.push(&format!("layer{}", model.nodes().len()), op).unwrap();
    let window = Window { padding: [1; 2], ..Window::new([6, 6, 2], [3; 2]) };
    let weight = Weight::Real(draw.numbers(4 * 9));
    push(Op::Convolution(op::Convolution { window, groups: 2, weight, bias: draw.numbers(4) }));
    push(Op::MaxPool(op::MaxPool { window: Window { stride: [2; 2], ..Window::new([6, 6, 4], [2; 2]) } }));
    push(Op::Relu(op::Relu));
    push(Op::Clip(op::Clip { low: 0.25, high: 1.5 }));
    push(Op::Add(op::Add { layer: "layer2".into() }));
    push(Op::AveragePool(op::AveragePool {
        window: Window { stride: [2, 1], ..Window::new([3, 3, 4], [3, 1]) },
    }));
    push(Op::Sigmoid(op::Sigmoid));
    push(Op::From(op::From { layer: "layer4".into() }));
    push(Op::Linear(op::Linear { weight: Weight::Real(draw.numbers(5 * 36)), bias: draw.numbers(5) }));
    push(Op::Gelu(op::Gelu));
    push(Op::Linear(op::Linear { weight: Weight::Real(draw.numbers(15)), bias: draw.numbers(3) }));
    push(Op::Softmax(op::Softmax));
    let images = UNIT.encode(&pixels(72 * 3));
    Quantised::calibrate(&model, &images, &Options { bits: Some(20), ..Options::default() }).unwrap()
}

/// What the bytes of a model with every kind of layer begin with: all but its layers.
static HEADER: LazyLock<Vec<u8>> = LazyLock::new(|| every_kind().public().to_bytes()[..61].to_vec());

fn signs() -> Quantised {
    let mut draw = Draw::new(5);
    let mut model = Model::new([1, 1, 16]);
    model.push("fc1", op::Linear { weight: draw.signs(8, 16), bias: vec![1.; 8] }).unwrap();
    model.push("sign", op::Sign).unwrap();
    model.push("fc2", op::Linear { weight: draw.signs(3, 8), bias: vec![0.; 3] }).unwrap();
    let images = Input::Threshold { at: 128 }.encode(&pixels(64));
    let options = Options { input: Some([0., 1.]), rounding: Rounding::Floor, ..Options::default() };
    Quantised::calibrate(&model, &images, &options).unwrap()
}

fn pixels(count: usize) -> Vec<u8> {
    (0..count).map(|i| (i * i * 31 % 256) as u8).collect()
}

#[test]
fn a_public_model_comes_back_from_its_bytes() {
    let maps = [None, Some(UNIT), Some(Input::Threshold { at: 128 }), Some(Input::HighBits { drop: 4 })];
    for quantised in [every_kind(), signs()] {
        for map in maps {
            let public = quantised.public().clone();
            let public = map.map_or(public.clone(), |map| public.with_pixels(map));
            let back = PublicModel::from_bytes(&public.to_bytes()).unwrap();
            assert_eq!(back, public);
            assert_eq!(back.architecture(), quantised.architecture());
            assert_eq!((back.ring(), back.pixels()), (quantised.ring(), map));
        }
    }
    let kinds = |wanted: fn(&Layer) -> bool| {
        [every_kind(), signs()].iter().any(|model| model.architecture().layers().iter().any(wanted))
    };
    assert!(kinds(|layer| matches!(layer, Layer::Linear(_))));
    assert!(kinds(|layer| matches!(layer, Layer::Convolution(_))));
    assert!(kinds(|layer| matches!(layer, Layer::Sign(_))));
    assert!(kinds(|layer| matches!(layer, Layer::Relu(_))));
    assert!(kinds(|layer| matches!(layer, Layer::Clip(_))));
    assert!(kinds(|layer| matches!(layer, Layer::Truncate(_))));
    assert!(kinds(|layer| matches!(layer, Layer::MaxPool(_))));
    assert!(kinds(|layer| matches!(layer, Layer::SumPool(_))));
    assert!(kinds(|layer| matches!(layer, Layer::Scale(_))));
    assert!(kinds(|layer| matches!(layer, Layer::Add(_))));
    assert!(kinds(|layer| matches!(layer, Layer::From(_))));
    assert!(kinds(|layer| matches!(layer, Layer::Piecewise(_))));
    assert!(kinds(|layer| matches!(layer, Layer::Softmax(_))));
}

#[test]
fn an_image_owner_encodes_and_decodes_as_the_models_owner() {
    let quantised = every_kind();
    let public = PublicModel::from_bytes(&quantised.public().clone().with_pixels(UNIT).to_bytes()).unwrap();
    let pixels = pixels(72 * 4);
    let encoded = quantised.encode(&UNIT.encode(&pixels)).unwrap();
    assert_eq!(public.encode_pixels(&pixels).unwrap(), encoded);
    let outputs = quantised.reference(&encoded).unwrap();
    assert_eq!(public.decode(&outputs), quantised.decode(&outputs));
    assert_eq!(public.shape(), [6, 6, 2]);
    let unknown = quantised.public().encode_pixels(&pixels).unwrap_err();
    assert_eq!(unknown, QuantiseError::NoPixels);
    assert_eq!(public.encode(&[f32::NAN]).unwrap_err(), QuantiseError::NotFinite { image: 0, place: 0 });
    assert!(matches!(public.encode(&[1e30]).unwrap_err(), QuantiseError::Outside { .. }));
}

/// The owner of the image and the party without weights know the bytes alone.
fn classified<R: Ring>(quantised: &Quantised, map: Input, pixels: &[u8]) {
    let bytes = quantised.public().clone().with_pixels(map).to_bytes();
    let known = PublicModel::from_bytes(&bytes).unwrap();
    let rows = pixels.len() / known.architecture().inputs();
    let run = Simulation::new(3).run(|party| {
        let weights: Option<&dyn Weights<R::Word>> = (party.id() == 0).then_some(quantised);
        let architecture = if party.id() == 0 { quantised.architecture() } else { known.architecture() };
        let model = Sequential::<R>::share(party, 0, architecture, weights)?;
        let prepared = model.prepare(party, rows)?;
        let image: Option<Vec<R::Word>> = (party.id() == 1).then(|| {
            known.encode_pixels(pixels).unwrap().iter().map(|&x| R::Word::from_signed(x.into())).collect()
        });
        let x = party.input(1, rows * architecture.inputs(), image.as_deref())?;
        let y = model.forward(party, prepared, x)?;
        party.reveal_modulo(&y, model.bits_out(), 1)
    });
    let words = run.unwrap().outputs[1].clone().unwrap();
    let up = 64 - known.architecture().bits_out();
    let outputs: Vec<i64> = words.iter().map(|w| (w.low64() << up) as i64 >> up).collect();
    let encoded = quantised.encode(&map.encode(pixels)).unwrap();
    assert_eq!(known.decode(&outputs), quantised.decode(&quantised.reference(&encoded).unwrap()));
}

#[test]
fn an_image_is_classified_by_parties_that_have_the_bytes_alone() {
    let quantised = signs();
    assert_eq!(quantised.ring(), 16);
    classified::<Z2<16>>(&quantised, Input::Threshold { at: 128 }, &pixels(32));
}

#[test]
fn recipes_are_those_of_a_dry_run() {
    let public = every_kind().public().clone();
    assert_eq!(public.ring(), 32);
    for (parties, rows) in [(2, 1), (3, 4)] {
        let [setup, batch] = public.recipes([0, 1], parties, rows, Family::default()).unwrap();
        let [expected_setup, expected_batch] = ringshare::nn::Forecast::of_model::<Z2<32>>(
            public.architecture(),
            parties,
            rows,
            Family::default(),
        )
        .unwrap();
        let dealt = |recipe: &ringshare::offline::Recipe| -> u64 {
            (0..parties).map(|party| recipe.dealer_bytes(party)).sum()
        };
        assert_eq!(dealt(&setup), expected_setup.dealer_bytes);
        assert_eq!(dealt(&batch), expected_batch.dealer_bytes);
    }
    assert!(public.recipes([0, 0], 1, 1, Family::default()).is_err());
    assert!(public.recipes([0, 1], 2, usize::MAX, Family::default()).is_err());
    assert!(public.recipes([0, 2], 2, 1, Family::default()).is_err());
}

/// What is dealt by them is what the parties take, whoever owns model and images.
#[test]
fn recipes_of_a_public_model_are_taken_to_the_last_item() {
    let quantised = signs();
    let public = PublicModel::from_bytes(&quantised.public().to_bytes()).unwrap();
    let (rows, inputs) = (2, public.architecture().inputs());
    for owners in [[0, 0], [0, 1], [2, 1]] {
        let [setup, batch] = public.recipes(owners, 3, rows, Family::default()).unwrap();
        let run = |party: &mut Party, _: &mut ()| {
            let [model, images] = owners.map(|owner| owner == party.id());
            let weights: Option<&dyn Weights<u16>> = model.then_some(&quantised);
            let model = Sequential::<Z2<16>>::share(party, owners[0], public.architecture(), weights)?;
            let prepared = model.prepare(party, rows)?;
            let images = images.then(|| vec![0; rows * inputs]);
            let x = party.input(owners[1], rows * inputs, images.as_deref())?;
            model.forward(party, prepared, x)?;
            Ok(party.store().len())
        };
        let ends = Memory::mesh(4, Duration::from_secs(60));
        let mut session = Session::open(ends, 1, &RootSeed::from_bytes([3; 32])).unwrap();
        session.deal(&setup).unwrap();
        session.deal(&batch).unwrap();
        let phase = session.each("all", &mut [(), (), ()], run).unwrap();
        phase.steps.iter().for_each(|step| assert_eq!(step.output, 0, "items are left"));
    }
}

#[test]
fn bytes_that_end_too_soon_or_go_on_are_refused() {
    let bytes = every_kind().public().to_bytes();
    for length in (0..bytes.len()).step_by(if bytes.len() > 4096 { 37 } else { 1 }) {
        let error = PublicModel::from_bytes(&bytes[..length]).unwrap_err();
        assert!(matches!(error, PublicModelError::Truncated { .. }), "{length}: {error}");
    }
    let expected = bytes.len();
    let error = PublicModel::from_bytes(&[&bytes[..], &[0]].concat()).unwrap_err();
    assert_eq!(error, PublicModelError::Trailing { expected, found: expected + 1 });
    assert_eq!(
        PublicModel::from_bytes(b"ringshar\x03\x00"),
        Err(PublicModelError::Version { expected: 2, found: 3 })
    );
    assert_eq!(PublicModel::from_bytes(b"something else"), Err(PublicModelError::Magic));
}

#[test]
fn windows_beyond_the_limits_are_refused() {
    let bytes = every_kind().public().to_bytes();
    // The first layer's stride follows the image and the size.
    let layers = bytes.len() - every_layer_bytes(&bytes);
    let stride = layers + 1 + 5 * 8;
    for large in [(1u64 << 16) + 1, 1 << 40, u64::MAX] {
        let mut bytes = bytes.clone();
        bytes[stride..][..8].copy_from_slice(&large.to_le_bytes());
        let error = PublicModel::from_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains("stride") || error.contains("size"), "{error}");
    }
}

/// A dry run of it would gather gigabytes.
#[test]
fn a_model_of_a_hundred_bytes_with_a_huge_maximum_is_refused() {
    let signs = signs().public().to_bytes();
    let side = |side: u64, size: u64| {
        let mut bytes = signs[..signs.len() - every_layer_bytes(&signs)].to_vec();
        let count = bytes.len() - 4;
        bytes[count..].copy_from_slice(&1u32.to_le_bytes());
        let image = [side, side, 1];
        (0..3).for_each(|i| bytes[10 + 8 * i..][..8].copy_from_slice(&image[i].to_le_bytes()));
        // The maximum of a window, with stride 1, no padding and dilation 1.
        bytes.push(6);
        let window = [side, side, 1, size, size, 1, 1, 0, 0, 1, 1];
        window.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
        bytes.push(8);
        PublicModel::from_bytes(&bytes)
    };
    assert!(side(8, 2).is_ok());
    let error = side(2048, 16).unwrap_err().to_string();
    assert!(error.contains("below windows"), "{error}");
}

/// Bytes of the layers: all but the header of a model without a map of pixels.
fn every_layer_bytes(bytes: &[u8]) -> usize {
    bytes.len() - (8 + 2 + 24 + 1 + 2 + 16 + 2 + 1 + 1 + 4)
}

/// One form of bytes a value: whatever is read is written as it was.
fn read_as_written(bytes: &[u8]) -> Result<PublicModel, PublicModelError> {
    let read = PublicModel::from_bytes(bytes);
    match &read {
        Ok(public) => assert_eq!(public.to_bytes(), bytes),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    read
}

proptest! {
    #[test]
    fn changed_bytes_are_an_error_or_another_model(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4)) {
        let public = signs().public().clone().with_pixels(UNIT);
        let bytes = public.to_bytes();
        let mut changed = bytes.clone();
        for (at, byte) in changes {
            let at = at % changed.len();
            changed[at] = byte;
        }
        if let Ok(read) = read_as_written(&changed) {
            prop_assert_eq!(read == public, changed == bytes);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), header: bool) {
        let mut all = if header { HEADER.clone() } else { Vec::new() };
        all.extend(bytes);
        let _ = read_as_written(&all);
    }
}

#[test]
fn every_change_of_one_byte_is_an_error_or_another_model() {
    let public = signs().public().clone().with_pixels(UNIT);
    let bytes = public.to_bytes();
    for at in 0..bytes.len() {
        for byte in 0..=255 {
            if byte == bytes[at] {
                continue;
            }
            let mut changed = bytes.clone();
            changed[at] = byte;
            if let Ok(read) = read_as_written(&changed) {
                assert!(read != public, "byte {at} became {byte}");
            }
        }
    }
}

#[test]
fn tables_come_back_entry_by_entry() {
    let table = Table::new(4, |x| x * x - 10);
    let architecture = Architecture::with_inputs(3, vec![Layer::Lookup(step::Lookup { table })], 16).unwrap();
    let layers = architecture.layers().to_vec();
    let mut bytes = signs().public().to_bytes();
    // The header, then one layer: kind 11, 4 bits, 16 entries.
    bytes.truncate(61 - 4);
    bytes.extend(1u32.to_le_bytes());
    bytes.extend([11, 4]);
    (0..16i64)
        .for_each(|i| bytes.extend((if i < 8 { i } else { i - 16 }).pow(2).wrapping_sub(10).to_le_bytes()));
    let read = read_as_written(&bytes).unwrap();
    assert_eq!(read.architecture().layers(), layers);
}
