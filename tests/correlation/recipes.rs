//! Recipes as bytes: what is written is read again, and nothing else is.

mod any_recipe;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::any_recipe::any_recipe;
use crate::common::Random;
use proptest::prelude::*;
use ringshare::correlation::bits::{BitProductsRequest, DaBitsRequest, EdaBitsRequest, SelectRequest};
use ringshare::correlation::compare::dcf::DcfRequest;
use ringshare::correlation::compare::legendre::{LegendreRequest, Variant};
use ringshare::correlation::compare::{CompareRequest, Plan, Task, Wish};
use ringshare::correlation::gradient::{DitheredRequest, GradientRequest};
use ringshare::correlation::input::InputRequest;
use ringshare::correlation::interpolation::{InterpolationRequest, Shape};
use ringshare::correlation::lookup::LookupRequest;
use ringshare::correlation::matrix::{MatrixMaskRequest, MatrixProductRequest};
use ringshare::correlation::registry;
use ringshare::correlation::triple::{MatrixTripleRequest, TripleRequest};
use ringshare::function::Table;
use ringshare::linalg::{LayerShape, Window};
use ringshare::offline::{DecodeError, Elements, Error as OfflineError, Recipe, Registry, Request};

/// How many kinds [`request`] makes.
const KINDS: usize = 16;
/// Which of them is a comparison by tables.
const COMPARE: usize = 10;

/// A word of 8 to 128 bits, and some of them, at least `least`.
fn elements(random: &mut Random, least: u32) -> Elements {
    let words: Vec<u32> = [8, 16, 32, 64, 128].into_iter().filter(|&word| word >= least).collect();
    let word = words[random.below(words.len())];
    Elements { word, bits: least + random.below((word - least + 1) as usize) as u32 }
}

fn plan(random: &mut Random) -> Plan {
    let bits = 2 + random.below(63) as u32;
    let output = elements(random, 1);
    let shift = random.below(bits as usize) as u32;
    let task = match random.below(7) {
        0 => Task::Negative(Some(output)),
        1 => Task::Negative(None),
        2 => Task::Zero(Some(output)),
        3 => Task::Zero(None),
        4 => {
            Task::Relu { output, shift, skipped: random.below(2) as u32 * random.below(bits as usize) as u32 }
        }
        5 => Task::Truncate { output, shift },
        _ => Task::Floor { output, shift: shift.max(1) },
    };
    Plan::choose(bits, task, if random.next() & 1 == 0 { Wish::Balanced } else { Wish::Rounds })
}

/// A window that fits its image, whose channels fall into three groups.
fn window(random: &mut Random) -> Window {
    let mut pair = |least: usize, count: usize| [(); 2].map(|()| least + random.below(count));
    let (size, stride, dilation) = (pair(1, 3), pair(1, 4), pair(1, 3));
    let [height, width] = pair(9, 20);
    Window { image: [height, width, 6], size, stride, padding: [0, 1], dilation }
}

/// A request that two parties may have, of kind number `kind`.
fn request(kind: usize, random: &mut Random) -> Request {
    let most = 1 << (1 + random.below(16));
    let len = random.below(most);
    let size = |random: &mut Random| random.below(200);
    match kind {
        0 => InputRequest { owner: random.below(2), len, elements: elements(random, 1) }.into(),
        1 => TripleRequest { len, elements: elements(random, 1) }.into(),
        2 => {
            let [rows, inner, columns] = [(); 3].map(|()| size(random));
            MatrixTripleRequest { rows, inner, columns, elements: elements(random, 1) }.into()
        }
        3 => {
            let (groups, inputs) = (1 + random.below(5), size(random));
            let outputs = groups * (1 + random.below(20));
            MatrixMaskRequest { outputs, inputs, groups, elements: elements(random, 1) }.into()
        }
        4 => {
            let (matrix, outputs) = (size(random), 3 * size(random).max(1));
            let window = (random.next() & 1 == 0).then(|| window(random));
            let inputs = window.map_or(17, |window| 2 * window.size[0] * window.size[1]);
            let (rows, elements) = (size(random), elements(random, 1));
            MatrixProductRequest { matrix, window, rows, outputs, inputs, groups: 3, elements }.into()
        }
        5 => {
            let entry = random.next() as i64 >> random.below(64);
            let table = match random.below(2) {
                0 => Table::unsigned(1 + random.below(6) as u32, |i| entry ^ i),
                _ => Table::pairs([1 + random.below(3) as u32, 2], |a, b| entry.wrapping_mul(a) ^ b),
            };
            LookupRequest { len, output: elements(random, 1), table }.into()
        }
        6 => {
            let mut elements = elements(random, 1);
            elements.bits = elements.bits.min(64);
            let pairs = random.below(elements.bits as usize / 2 + 1) as u32;
            EdaBitsRequest { len, elements, pairs }.into()
        }
        7 => {
            let masks = 1 + size(random);
            let pair = |random: &mut Random| [(); 2].map(|()| random.below(masks) as u16);
            let pairs: Arc<[[u16; 2]]> = (0..size(random)).map(|_| pair(random)).collect();
            BitProductsRequest { len, masks, pairs }.into()
        }
        8 => {
            let output = elements(random, 1);
            DaBitsRequest { len, planes: 1 + random.below(output.bits as usize) as u32, output }.into()
        }
        9 => SelectRequest { len, elements: elements(random, 1) }.into(),
        COMPARE => {
            let plan = plan(random);
            // A ReLU that drops nothing takes words that its result fits.
            let least = plan.output().map_or(8, |output| if output.word <= 64 { output.word } else { 8 });
            let word = plan.bits().next_power_of_two().max(least) << random.below(2);
            CompareRequest { len, word, plan }.into()
        }
        11 => {
            let mut input = elements(random, 2);
            input.bits = input.bits.min(64);
            DcfRequest { len, input, output: elements(random, 1) }.into()
        }
        12 => {
            let output = elements(random, 16);
            let low = random.below(11) as u32;
            let most = output.bits.min(64) as usize - low as usize;
            let mut widths = [(); 3].map(|()| random.below(most) as u32);
            if low == 0 {
                widths = [widths[0], 0, 0];
            }
            let shape = Shape { index: 1 + random.below(12) as u32, low, widths };
            InterpolationRequest { len: len.min(100), shape, output }.into()
        }
        13 => gradient(random).into(),
        14 => {
            let mut wide = gradient(random);
            wide.elements = Elements { word: 64, bits: 2 + random.below(63) as u32 };
            let least = wide.elements.bits.saturating_sub(32).max(1);
            let dropped = least + random.below((wide.elements.bits - least) as usize) as u32;
            DitheredRequest { wide, dropped }.into()
        }
        _ => {
            let bits = 2 + random.below(60) as u32;
            let variant = Variant::ALL[random.below(3)];
            let (word, output) = (64 << random.below(2), elements(random, 1));
            LegendreRequest { len, word, bits, variant, output }.into()
        }
    }
}

fn gradient(random: &mut Random) -> GradientRequest {
    let window = (random.next() & 1 == 0).then(|| window(random));
    let inputs = window.map_or(17, |window| 2 * window.size[0] * window.size[1]);
    let groups = if window.is_some() { 3 } else { 1 };
    let (rows, outputs) = (random.below(200), 3 * (1 + random.below(60)));
    let wanted = [random.next() & 1 == 0, random.next() & 1 == 0];
    let layer = LayerShape { window, rows, outputs, inputs, groups };
    GradientRequest { layer, wanted, elements: elements(random, 1) }
}

fn recipe(len: usize, random: &mut Random) -> Recipe {
    Recipe((0..len).map(|_| request(random.below(KINDS), random)).collect())
}

fn read(bytes: &[u8]) -> Result<Recipe, DecodeError> {
    Recipe::from_bytes(bytes, &registry(), 2)
}

#[test]
fn every_kind_of_the_registry_is_tried_here() {
    let names: BTreeSet<_> = (0..KINDS).map(|kind| request(kind, &mut Random(1)).name()).collect();
    assert_eq!(names, registry().names().collect());
}

#[test]
fn every_kind_in_many_shapes_is_read_as_it_was_written() {
    for kind in 0..KINDS {
        let mut random = Random(kind as u64);
        let mut shapes = BTreeSet::new();
        for _ in 0..200 {
            let recipe = Recipe(vec![request(kind, &mut random)]);
            let again = read(&recipe.to_bytes()).unwrap_or_else(|error| panic!("{recipe:?}: {error}"));
            assert_eq!(again, recipe);
            assert_eq!((again.digest(), format!("{again:?}")), (recipe.digest(), format!("{recipe:?}")));
            assert_eq!(again.dealer_bytes(0), recipe.dealer_bytes(0));
            assert_eq!(again.0[0].keeps(), recipe.0[0].keeps());
            shapes.insert(recipe.to_bytes());
        }
        assert!(shapes.len() > 100, "{} shapes of kind {kind}", shapes.len());
    }
}

#[test]
fn the_encoding_is_what_the_docs_say() {
    let elements = Elements { word: 16, bits: 14 };
    let recipe = Recipe(vec![TripleRequest { len: 5, elements }.into()]);
    let numbers =
        |numbers: &[u64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
    let expected = [b"RSRECIPE".to_vec(), numbers(&[1, 1, 6]), b"triple".to_vec(), numbers(&[24, 5, 16, 14])];
    assert_eq!(recipe.to_bytes(), expected.concat());
    assert_eq!(Recipe::default().to_bytes(), [b"RSRECIPE".to_vec(), numbers(&[1, 0])].concat());
    assert_eq!(read(&Recipe::default().to_bytes()), Ok(Recipe::default()));
}

#[test]
fn every_number_of_a_shape_is_in_the_digest() {
    (0..KINDS).filter(|&kind| kind != COMPARE).for_each(every_number_counts);
}

#[test]
fn every_number_of_a_comparison_is_in_the_digest() {
    every_number_counts(COMPARE);
}

/// Any bit of an encoding that is changed makes another recipe of another digest, if it makes one.
fn every_number_counts(kind: usize) {
    let mut random = Random(100 + kind as u64);
    for _ in 0..20 {
        let recipe = Recipe(vec![request(kind, &mut random)]);
        let bytes = recipe.to_bytes();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1 << random.below(8);
            let Ok(read) = read(&other) else { continue };
            assert_ne!(read, recipe, "byte {at} of {recipe:?} is not looked at");
            assert_ne!(read.digest(), recipe.digest());
            assert_eq!(read.to_bytes(), other, "one recipe, two encodings: {read:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn recipes_are_read_as_they_were_written(len in 0usize..20, seed: u64) {
        let recipe = recipe(len, &mut Random(seed));
        let again = read(&recipe.to_bytes()).unwrap();
        prop_assert_eq!(again.digest(), recipe.digest());
        prop_assert_eq!(again, recipe);
    }

    #[test]
    fn recipes_are_equal_if_and_only_if_their_digests_are(seeds in prop::collection::vec(0u64..40, 2)) {
        // Few recipes, so that some are the same; and the order counts.
        let [a, b] = [0, 1].map(|i| {
            let items = |seed: u64| [seed % 7, seed / 7].map(|seed| request(seed as usize, &mut Random(seed)));
            Recipe(items(seeds[i]).to_vec())
        });
        prop_assert_eq!(a == b, seeds[0] == seeds[1]);
        prop_assert_eq!(a == b, a.digest() == b.digest());
    }

    #[test]
    fn recipes_that_end_too_soon_or_too_late_are_refused(len in 1usize..4, seed: u64, more: Vec<u8>) {
        let mut random = Random(seed);
        let bytes = recipe(len, &mut random).to_bytes();
        for _ in 0..50 {
            let end = random.below(bytes.len());
            prop_assert!(read(&bytes[..end]).is_err(), "{} of {} bytes", end, bytes.len());
        }
        let longer = [&bytes[..], &more, &[0]].concat();
        prop_assert_eq!(read(&longer), Err(DecodeError::Left { bytes: more.len() + 1 }));
    }

    #[test]
    fn changed_recipes_are_others_or_refused(len in 1usize..4, seed: u64) {
        let mut random = Random(seed);
        let mut bytes = recipe(len, &mut random).to_bytes();
        for _ in 0..50 {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
            any_recipe(&[&[2], &bytes[..]].concat());
        }
    }

    #[test]
    fn any_bytes_are_a_recipe_or_refused(data in prop::collection::vec(any::<u8>(), 0..300), begun: bool) {
        let front: &[u8] = if begun { b"\x02RSRECIPE\x01\0\0\0\0\0\0\0" } else { b"" };
        any_recipe(&[front, &data].concat());
    }
}

#[test]
fn every_prefix_is_refused() {
    for kind in 0..KINDS {
        let bytes = Recipe(vec![request(kind, &mut Random(7))]).to_bytes();
        for end in 0..bytes.len() {
            let error = read(&bytes[..end]).unwrap_err();
            assert!(end >= 8 || error == DecodeError::Magic, "{end} bytes: {error}");
        }
    }
}

#[test]
fn other_files_versions_and_kinds_are_refused_by_name() {
    let recipe = Recipe(vec![request(1, &mut Random(1))]);
    let mut bytes = recipe.to_bytes();
    let error = Recipe::from_bytes(&bytes, &Registry::default(), 2).unwrap_err();
    assert_eq!(error.to_string(), "no kind of correlation is called \"triple\" here");
    let error = Recipe::from_bytes(&bytes, &Registry::default().with::<InputRequest>(), 2).unwrap_err();
    assert_eq!(error, DecodeError::Kind { name: "triple".into() });
    assert!(Recipe::from_bytes(&bytes, &Registry::default().with::<TripleRequest>(), 2).is_ok());

    bytes[8] = 2;
    let error = read(&bytes).unwrap_err();
    assert_eq!(error, DecodeError::Version { expected: 1, found: 2 });
    assert_eq!(error.to_string(), "expected version 1, found 2");
    bytes[0] = b'r';
    assert_eq!(read(&bytes).unwrap_err().to_string(), "expected other bytes at the beginning");
    assert_eq!(read(b""), Err(DecodeError::Magic));

    // A name that is none.
    let mut bytes = recipe.to_bytes();
    let name = 8 + 3 * 8;
    bytes[name] = 0xff;
    assert_eq!(read(&bytes), Err(DecodeError::Shape { what: "kind's name" }));
    // Names in other letters are others.
    bytes[name] = b'T';
    assert_eq!(read(&bytes), Err(DecodeError::Kind { name: "Triple".into() }));
}

#[test]
fn lengths_beyond_the_bytes_are_refused_before_anything_is_allocated() {
    let bytes = Recipe(vec![request(7, &mut Random(3)), request(10, &mut Random(3))]).to_bytes();
    for at in (16..bytes.len()).step_by(1) {
        let mut other = bytes.clone();
        for (i, byte) in u64::MAX.to_le_bytes().into_iter().enumerate() {
            if let Some(to) = other.get_mut(at + i) {
                *to = byte;
            }
        }
        let _ = read(&other);
    }
    // So many items, or so long a name.
    for at in [16, 24] {
        let mut other = bytes.clone();
        other[at..at + 8].copy_from_slice(&(1u64 << 60).to_le_bytes());
        assert!(matches!(read(&other), Err(DecodeError::Number { found, .. }) if found == 1 << 60));
    }
}

#[test]
fn recipes_that_cannot_be_dealt_are_refused() {
    let elements = Elements { word: 16, bits: 14 };
    let dcf = Recipe(vec![DcfRequest { len: 5, input: elements, output: elements }.into()]);
    assert!(Recipe::from_bytes(&dcf.to_bytes(), &registry(), 2).is_ok());
    let error = Recipe::from_bytes(&dcf.to_bytes(), &registry(), 3).unwrap_err();
    assert_eq!(error.to_string(), "parties of a comparison by DCF: expected 2 to 2, found 3");

    let input = Recipe(vec![InputRequest { owner: 2, len: 5, elements }.into()]);
    assert!(Recipe::from_bytes(&input.to_bytes(), &registry(), 3).is_ok());
    assert!(matches!(read(&input.to_bytes()), Err(DecodeError::Request(OfflineError::Range { .. }))));

    let long = Recipe(vec![TripleRequest { len: 1 << 40, elements }.into()]);
    assert!(matches!(read(&long.to_bytes()), Err(DecodeError::Request(OfflineError::Memory { .. }))));

    // What may be read may still be more than its reader wants.
    let some = Recipe(vec![TripleRequest { len: 1 << 20, elements }.into()]);
    let some = read(&some.to_bytes()).unwrap();
    assert!(some.check(2, 1 << 30).is_ok());
    assert!(matches!(some.check(2, 1 << 20), Err(OfflineError::Memory { limit, .. }) if limit == 1 << 20));
}

#[test]
fn the_corpus_is_a_recipe_or_an_error() {
    let Ok(corpus) = std::fs::read_dir(crate::common::root().join("fuzz/corpus/recipe")) else {
        return println!("skipped: the corpus is not in the package");
    };
    let mut count = [0; 2];
    for file in corpus {
        let path = file.unwrap().path();
        let data = std::fs::read(&path).unwrap();
        any_recipe(&data);
        let good = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("good"));
        let read = Recipe::from_bytes(&data[1..], &registry(), data[0].into());
        assert_eq!(read.is_ok(), good, "{}: {read:?}", path.display());
        count[usize::from(good)] += 1;
    }
    assert!(count[0] > 5 && count[1] > KINDS, "{count:?} files");
}
