//! What anyone sees is uniform, whatever the secrets: opened values, single shares, corrections.
//!
//! Chi-square tests at fixed seeds. A test fails if the statistic is beyond what uniform values exceed
//! once in a million times, so that the seeds at hand pass unless something is wrong.
#![cfg(feature = "std")]

mod networks;

use std::ops::BitXor;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::dcf::Shape;
use crate::common::xor;
use ringshare::correlation::bits::{BitProducts, DaBits, EdaBits, Select};
use ringshare::correlation::compare::dcf::Dcf;
use ringshare::correlation::compare::{Comparison, Plan, Task, Wish};
use ringshare::function::Table;
use ringshare::linalg::Window;
use ringshare::net::{Header, Kind, Memory, MemoryError, Topology, Transport};
use ringshare::nn::{Architecture, Layer, Sequential, Weights};
use ringshare::offline::{Deck, Elements};
use ringshare::protocol::{Error, Family, Party};
use ringshare::ring::{Ring, Word, Z2, unpack, unpack_add};
use ringshare::share::Share;
use ringshare::sim::Simulation;

type R = Z2<14>;
const LEN: usize = 1 << 15;

/// A sent frame: its kind and its payload.
type Frame = (u16, Vec<u8>);

/// Writes down every frame that is sent.
struct Capture {
    inner: Memory,
    frames: Arc<Mutex<Vec<Frame>>>,
}

impl Transport for Capture {
    type Error = MemoryError;
    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), MemoryError> {
        let kind = Header::decode(frame).map_or(0, |header| header.kind);
        self.frames.lock().unwrap().push((kind, frame[Header::LEN..].to_vec()));
        self.inner.send(to, frame)
    }
    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), MemoryError> {
        self.inner.recv_header(from, header)
    }
    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), MemoryError> {
        self.inner.recv_payload(from, payload)
    }
}

/// What two parties and the dealer sent, and the words that the program gave each party.
struct Seen {
    frames: [Vec<Frame>; 3],
    words: Vec<Vec<u64>>,
}

fn see(seed: u64, program: impl Fn(&mut Party<Capture>) -> Result<Vec<u64>, Error> + Sync) -> Seen {
    let simulation = Simulation::new(2).topology(Topology::Direct).seed(seed);
    let recipe = simulation.dry_run(&program).unwrap().recipe;
    let frames: [Arc<Mutex<Vec<Frame>>>; 3] = Default::default();
    let capture =
        |(inner, frames): (Memory, &Arc<Mutex<Vec<Frame>>>)| Capture { inner, frames: frames.clone() };
    let ends = Memory::mesh(3, Duration::from_secs(60)).into_iter().zip(&frames).map(capture).collect();
    let results = simulation.run_over(ends, &recipe, program);
    let words = results.into_iter().filter_map(|result| result.unwrap()).collect();
    Seen { frames: frames.map(|frames| std::mem::take(&mut *frames.lock().unwrap())), words }
}

impl Seen {
    /// The payloads of opening number `nth` of a kind, of both parties.
    fn opening(&self, kind: Kind, nth: usize) -> [Vec<u8>; 2] {
        let of = |party: usize| self.frames[party].iter().filter(|frame| frame.0 == kind as u16);
        [0, 1].map(|party| of(party).nth(nth).unwrap().1.clone())
    }

    /// What came out of an opening of elements of `bits` bits.
    fn opened(&self, nth: usize, bits: u32) -> Vec<u64> {
        let [mine, theirs] = self.opening(Kind::Open, nth);
        let mut words = vec![0u64; mine.len() * 8 / bits as usize];
        unpack(&mine, bits, &mut words).unwrap();
        unpack_add(&theirs, bits, &mut words).unwrap();
        words.iter().map(|word| word & u64::mask(bits)).collect()
    }

    /// What came out of an opening of bit vectors: `[vectors, values]`.
    fn opened_bits(&self, nth: usize) -> Vec<Vec<usize>> {
        let bytes = xor(&self.opening(Kind::OpenBits, nth));
        let bits = |vector: &[u8]| (0..LEN).map(|i| usize::from(vector[i / 8] >> (i % 8) & 1)).collect();
        bytes.chunks(LEN / 8).map(bits).collect()
    }

    /// All openings of bit vectors, eight opened bits of a value at a time.
    fn check_opened_bits(&self) {
        let openings = self.frames[0].iter().filter(|frame| frame.0 == Kind::OpenBits as u16).count();
        for opening in 0..openings {
            for vectors in self.opened_bits(opening).chunks(8) {
                let joint = |i: usize| vectors.iter().fold(0, |sample, bits| sample << 1 | bits[i]);
                uniform(&format!("opening {opening} of bits"), (0..LEN).map(joint), 1 << vectors.len());
            }
        }
    }

    /// Every frame of parties and dealer alone.
    fn check_frames(&self) {
        for (peer, frames) in self.frames.iter().enumerate() {
            for (kind, payload) in frames.iter().filter(|frame| frame.1.len() > 4096) {
                uniform(
                    &format!("frame of kind {kind} from {peer}"),
                    payload.iter().map(|&byte| byte.into()),
                    256,
                );
            }
        }
    }
}

/// The statistic of a chi-square test, and what one in a million of uniform samples exceeds
/// (Wilson and Hilferty's approximation).
fn chi_square(samples: impl Iterator<Item = usize>, cells: usize) -> (f64, f64) {
    let mut counts = vec![0f64; cells];
    samples.for_each(|sample| counts[sample] += 1.0);
    let expected = counts.iter().sum::<f64>() / cells as f64;
    assert!(expected >= 5.0, "too few samples for {cells} cells");
    let statistic = counts.iter().map(|count| (count - expected).powi(2) / expected).sum();
    let free = cells as f64 - 1.0;
    let spread = 2.0 / (9.0 * free);
    (statistic, free * (1.0 - spread + 4.753 * spread.sqrt()).powi(3))
}

fn uniform(what: &str, samples: impl Iterator<Item = usize>, cells: usize) {
    let (statistic, limit) = chi_square(samples, cells);
    assert!(statistic < limit, "{what}: chi-square {statistic:.0} of {cells} cells, at most {limit:.0}");
}

/// Elements by their low, middle and high bits.
fn uniform_words(what: &str, words: &[u64], bits: u32) {
    let width = bits.min(8);
    for shift in [0, (bits - width) / 2, bits - width] {
        let samples = words.iter().map(|word| (word >> shift) as usize & ((1 << width) - 1));
        uniform(&format!("{what}, bits {shift}.."), samples, 1 << width);
    }
}

fn widened<W: Word>(words: &[W]) -> Vec<u64> {
    words.iter().map(|word| word.low64()).collect()
}

fn input<R: Ring>(party: &mut Party<Capture>, values: &[u64]) -> Result<Share<R>, Error> {
    let words: Vec<R::Word> = values.iter().map(|&value| R::Word::truncate64(value)).collect();
    let own = party.id() == 1;
    party.input(1, words.len(), own.then_some(&words[..]))
}

/// Secrets that are anything but uniform.
fn inputs() -> [Vec<u64>; 4] {
    let spike = |i: u64| if i.is_multiple_of(97) { u64::MAX } else { 3 };
    [vec![0; LEN], vec![1234; LEN], (0..LEN as u64).collect(), (0..LEN as u64).map(spike).collect()]
}

#[test]
fn the_test_tells_secrets_from_masks() {
    for values in inputs() {
        let (statistic, limit) = chi_square(values.iter().map(|x| (x >> 6 & 0xff) as usize), 256);
        // All but the ramp, which is as even as can be.
        assert!(statistic > 10.0 * limit || statistic == 0.0);
    }
}

#[test]
fn single_shares_of_inputs() {
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| Ok(widened(input::<R>(party, values)?.expose())));
        seen.words.iter().for_each(|words| uniform_words("a share", words, 14));
        seen.check_frames();
    }
}

#[test]
fn openings_and_results_of_comparisons() {
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            let sign = party.sign::<R, R>(&x, 14)?;
            Ok(widened(sign.expose()))
        });
        seen.check_frames();
        // Shares of 1 − 2b are one at party 0 and zero elsewhere, plus twice a uniform share.
        for (party, words) in seen.words.iter().enumerate() {
            assert!(words.iter().all(|word| word & 1 == u64::from(party == 0)));
            let halves: Vec<u64> = words.iter().map(|word| word >> 1).collect();
            uniform_words("a share of a sign", &halves, 13);
        }
        let (y, bits) = (seen.opened(0, 14), seen.opened_bits(0));
        uniform_words("y", &y, 14);
        assert_eq!(bits.len(), 3);
        // All masked bits of a value together with the high bits of its y.
        let joint = |i: usize| bits.iter().fold(y[i] as usize >> 10, |sample, bits| sample << 1 | bits[i]);
        uniform("y and masked bits", (0..LEN).map(joint), 1 << 7);
    }
}

#[test]
fn openings_of_long_comparisons() {
    for (seed, values) in inputs().iter().enumerate() {
        for bits in [20, 33, 64] {
            let seen = see(seed as u64, |party| {
                let x = input::<Z2<64>>(party, values)?;
                let arithmetic = party.negative::<Z2<64>, Z2<64>>(&x, bits)?;
                let boolean = party.negative_bits(&x, bits)?;
                Ok([arithmetic.expose(), boolean.expose()].concat())
            });
            seen.check_frames();
            uniform_words("y", &seen.opened(0, bits), bits);
            for words in &seen.words {
                uniform_words("shares of x < 0", &words[..LEN], 64);
                let bytes = words[LEN..].iter().flat_map(|word| word.to_le_bytes());
                uniform("shares of bits", bytes.map(usize::from), 256);
            }
            seen.check_opened_bits();
        }
    }
}

#[test]
fn openings_and_results_of_relus_floors_and_equality() {
    type Step<'a> = &'a (dyn Fn(&mut Party<Capture>, &Share<Z2<64>>) -> Result<Share<Z2<64>>, Error> + Sync);
    let steps: [(u32, Step<'_>); 6] = [
        (14, &|party, x| party.relu(x, 14)),
        (20, &|party, x| party.relu_truncate(x, 20, 8)),
        (64, &|party, x| party.relu(x, 64)),
        (21, &|party, x| party.truncate(x, 20, 8)),
        (34, &|party, x| party.truncate_floor(x, 33, 20)),
        (33, &|party, x| party.zero(x, 33)),
    ];
    for (seed, values) in inputs().iter().enumerate() {
        for (bits, step) in &steps {
            let seen = see(seed as u64, |party| {
                let x = input::<Z2<64>>(party, values)?;
                Ok(step(party, &x)?.expose().to_vec())
            });
            seen.check_frames();
            uniform_words("y", &seen.opened(0, *bits), *bits);
            seen.words.iter().for_each(|words| uniform_words("shares of a result", words, 64));
            seen.check_opened_bits();
        }
    }
}

#[test]
fn openings_and_results_of_comparisons_by_dcf() {
    for (seed, values) in inputs().iter().enumerate() {
        for bits in [14, 33] {
            let seen = see(seed as u64, |party| {
                party.set_comparison(Family::Dcf);
                let x = input::<Z2<64>>(party, values)?;
                let arithmetic = party.negative::<Z2<64>, Z2<64>>(&x, bits)?;
                let boolean = party.negative_bits(&x, bits)?;
                Ok([arithmetic.expose(), boolean.expose()].concat())
            });
            seen.check_frames();
            let y = [0, 1].map(|nth| seen.opened(nth, bits));
            y.iter().for_each(|y| uniform_words("y", y, bits));
            let difference: Vec<u64> = y[0].iter().zip(&y[1]).map(|(a, b)| a.wrapping_sub(*b)).collect();
            uniform_words("the difference of two y", &difference, bits);
            for words in &seen.words {
                uniform_words("shares of x < 0", &words[..LEN], 64);
                let bytes = words[LEN..].iter().flat_map(|word| word.to_le_bytes());
                uniform("shares of bits", bytes.map(usize::from), 256);
            }
        }
    }
}

#[test]
fn openings_of_bits() {
    type Step<'a> = &'a (dyn Fn(&mut Party<Capture>, &Share<Z2<64>>) -> Result<Vec<u64>, Error> + Sync);
    // The bits of x itself open nothing, so that products of them see any reuse of a mask.
    let bits = |party: &mut Party<Capture>, x: &Share<Z2<64>>| Ok::<_, Error>(party.bits(x, 1)?.remove(0));
    let steps: [(u32, bool, Step<'_>); 8] = [
        (14, true, &|party, x| {
            Ok(party.bits(x, 14)?.iter().flat_map(|bits| bits.expose().to_vec()).collect())
        }),
        (33, true, &|party, x| Ok(party.negative_bits(x, 33)?.expose().to_vec())),
        (64, false, &|party, x| Ok(party.negative::<_, Z2<64>>(x, 64)?.expose().to_vec())),
        (21, true, &|party, x| Ok(party.zero_bits(x, 21)?.expose().to_vec())),
        (20, false, &|party, x| Ok(party.relu_truncate::<_, Z2<64>>(x, 20, 8)?.expose().to_vec())),
        (0, true, &|party, x| {
            let bits = bits(party, x)?;
            Ok(party.and(&bits, &bits)?.expose().to_vec())
        }),
        (0, false, &|party, x| {
            let bits = bits(party, x)?;
            Ok(party.compose::<Z2<64>>(&[bits.clone(), bits.clone(), bits])?.expose().to_vec())
        }),
        (64, false, &|party, x| {
            let bits = bits(party, x)?;
            Ok(party.select_bits(&bits, x)?.expose().to_vec())
        }),
    ];
    for (seed, values) in inputs().iter().enumerate() {
        for (opened, bytes, step) in &steps {
            let seen = see(seed as u64, |party| {
                party.set_comparison(Family::Bitwise);
                let x = input::<Z2<64>>(party, values)?;
                step(party, &x)
            });
            seen.check_frames();
            if *opened > 0 {
                uniform_words("y", &seen.opened(0, *opened), *opened);
            }
            seen.check_opened_bits();
            for words in &seen.words {
                match bytes {
                    true => {
                        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
                        uniform("shares of bits", bytes.map(usize::from), 256);
                    }
                    false => uniform_words("shares of a result", words, 64),
                }
            }
        }
    }
}

#[test]
fn keys_say_nothing_of_their_thresholds() {
    let (bits, len) = (8, 1 << 17);
    let seeds = crate::common::seeds(2, 1);
    let request = Dcf::<Z2<8>, Z2<64>>::request(len, bits);
    let (_, correction) = Deck::new(&seeds).unwrap().deal(&request).unwrap().unwrap();
    let shares = crate::common::generators(&seeds).map(|prg| {
        let mut r = vec![0u8; len];
        prg.words(0, 0, &mut r);
        r
    });
    let masks = crate::common::sum(&shares.collect::<Vec<_>>(), bits);
    let keys = Shape { bits, width: 64 }.read(&correction, len);
    // Thresholds 0 and the largest, flipped and not, one in between, and any.
    for masks_of in [0u8..=0, 128..=128, 127..=127, 255..=255, 77..=77, 0..=255] {
        let of = masks.iter().zip(&keys).filter(|(r, _)| masks_of.contains(*r)).map(|(_, key)| key);
        let keys: Vec<_> = of.take(1 << 12).collect();
        assert!(keys.len() > 300);
        let mut vectors = vec![keys.iter().flat_map(|key| key.leaf.to_le_bytes()).collect::<Vec<u8>>()];
        let mut differences = Vec::new();
        for level in 0..6 {
            vectors.push(keys.iter().flat_map(|key| key.levels[level].0.to_le_bytes()).collect());
            vectors.push(keys.iter().flat_map(|key| (key.levels[level].2 as u64).to_le_bytes()).collect());
            differences.extend(keys.iter().map(|key| key.levels[level].1 as usize));
        }
        let vectors: Vec<&[u8]> = vectors.iter().map(Vec::as_slice).collect();
        let what = format!("keys of masks {masks_of:?}");
        masked_apart(&what, &vectors);
        uniform(&what, vectors.concat().into_iter().map(usize::from), 256);
        uniform(&what, differences.into_iter(), 2);
    }
}

#[test]
fn vectors_of_dealt_bits_have_masks_of_their_own() {
    let len = 1 << 14;
    let pairs: Arc<[[u16; 2]]> = Arc::new([[0, 1], [1, 2], [2, 0], [2, 3]]);
    for (request, sizes) in [
        (EdaBits::<R>::request(len, 14, 7), vec![len / 8; 21]),
        (BitProducts::request(len, 4, pairs), vec![len / 8; 4]),
        (DaBits::<Z2<16>>::request(len, 9), (8..=16).rev().map(|bits| len * bits / 8).collect()),
        (Select::<Z2<32>>::request(len), vec![4 * len; 2]),
    ] {
        let mut deck = Deck::new(&crate::common::seeds(2, 1)).unwrap();
        let (_, correction) = deck.deal(&request).unwrap().unwrap();
        let mut rest = &correction[..];
        let vectors: Vec<&[u8]> =
            sizes.into_iter().map(|len: usize| &rest.split_off(..len).unwrap()[..2048]).collect();
        assert!(rest.is_empty());
        masked_apart(&request.to_string(), &vectors);
    }
}

#[test]
fn openings_of_products_and_lookups() {
    let table = Table::unsigned(5, |x| x);
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            let z = party.multiply(&x, &x)?;
            let entry = party.lookup::<R, R>(&x, &table)?;
            Ok([widened(z.expose()), widened(entry.expose())].concat())
        });
        seen.check_frames();
        let de = seen.opened(0, 14);
        assert_eq!(de.len(), 2 * LEN);
        uniform_words("d", &de[..LEN], 14);
        uniform_words("e", &de[LEN..], 14);
        // d and e of the same value together: a = b or a reused mask would show.
        let joint = |i: usize| (de[i] >> 10 << 4 | de[LEN + i] >> 10) as usize;
        uniform("d and e", (0..LEN).map(joint), 256);
        uniform_words("masked index", &seen.opened(1, 5), 5);
        seen.words.iter().for_each(|words| uniform_words("shares", words, 14));
    }
}

#[test]
fn openings_of_lookups_of_pairs() {
    let table = Table::pairs([5, 3], |a, b| a * b);
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            // The same number as both indices: it is masked twice.
            Ok(widened(party.lookup_pair::<_, _, R>(&x, &x, &table)?.expose()))
        });
        seen.check_frames();
        let shares = seen.opening(Kind::Open, 0).map(|bytes| {
            let mut words = vec![0u16; LEN];
            unpack(&bytes, 8, &mut words).unwrap();
            words
        });
        let [mine, theirs] = &shares;
        let indices = mine.iter().zip(theirs).map(|(a, b)| {
            let (first, second) = ((a >> 3) + (b >> 3), (a & 7) + (b & 7));
            usize::from((first & 31) << 3 | second & 7)
        });
        uniform("both masked indices", indices.clone(), 256);
        uniform("the difference of the masked indices", indices.map(|c| (c >> 3).wrapping_sub(c) & 7), 8);
        seen.words.iter().for_each(|words| uniform_words("shares of entries", words, 14));
    }
}

#[test]
fn openings_of_fixed_products() {
    let dims = [256, 128];
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let w = input::<R>(party, values)?;
            let fixed =
                party.mask_matrix(dims, 14, |_, rows| Ok(w.slice(rows.start * 128..rows.end * 128)))?;
            let x = input::<R>(party, values)?;
            let mut out = Vec::new();
            for _ in 0..2 {
                let prepared = party.prepare_product(&fixed, 256)?;
                out.extend(widened(party.product(&fixed, prepared, &x)?.expose()));
            }
            Ok(out)
        });
        seen.check_frames();
        uniform_words("E", &seen.opened(0, 14), 14);
        let f = [seen.opened(1, 14), seen.opened(2, 14)];
        f.iter().for_each(|f| uniform_words("f", f, 14));
        // The same input twice: the masks differ.
        let difference: Vec<u64> = f[0].iter().zip(&f[1]).map(|(a, b)| a.wrapping_sub(*b)).collect();
        uniform_words("the difference of two f", &difference, 14);
        seen.words.iter().for_each(|words| uniform_words("shares", words, 14));
    }
}

#[test]
fn openings_of_convolutions() {
    let window = Window { padding: [1, 1], stride: [2, 2], ..Window::new([32, 32, 4], [3, 3]) };
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            let fixed = party
                .mask_filters([256, 18], 2, 14, |_, rows| Ok(x.slice(rows.start * 18..rows.end * 18)))?;
            let mut out = Vec::new();
            for _ in 0..2 {
                let prepared = party.prepare_convolution(&fixed, &window, 8)?;
                out.extend(widened(party.product(&fixed, prepared, &x)?.expose()));
            }
            Ok(out)
        });
        seen.check_frames();
        uniform_words("E", &seen.opened(0, 14), 14);
        let f = [seen.opened(1, 14), seen.opened(2, 14)];
        f.iter().for_each(|f| {
            // Images, not what they unfold to: no value is opened under two masks.
            assert_eq!(f.len(), LEN);
            uniform_words("f", f, 14);
        });
        let difference: Vec<u64> = f[0].iter().zip(&f[1]).map(|(a, b)| a.wrapping_sub(*b)).collect();
        uniform_words("the difference of two f", &difference, 14);
        seen.words.iter().for_each(|words| uniform_words("shares", words, 14));
    }
}

/// What a party makes of neighbouring entries of one table has a mask for every entry.
#[test]
fn shares_of_the_places_of_the_greatest() {
    for (seed, values) in inputs().iter().enumerate() {
        let small: Vec<u64> = values.iter().map(|value| value & 0xfff).collect();
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, &small)?;
            Ok(widened(party.top_k::<R, R>(&x, 4, 3, 14)?.expose()))
        });
        seen.check_frames();
        for words in &seen.words {
            uniform_words("places", words, 14);
            let difference = |i: usize, j: usize| -> Vec<u64> {
                words.chunks(3).map(|places| places[i].wrapping_sub(places[j])).collect()
            };
            uniform_words("places 0 and 1", &difference(0, 1), 14);
            uniform_words("places 1 and 2", &difference(1, 2), 14);
        }
    }
}

/// A model whose weights and biases are all one.
struct Ones;

impl Weights<u16> for Ones {
    fn row(&self, _: usize, _: usize, out: &mut [u16]) {
        out.fill(1);
    }

    fn bias(&self, _: usize, out: &mut [u16]) {
        out.fill(1);
    }
}

#[test]
fn openings_of_a_model() {
    let linear = |inputs, outputs| Layer::Linear { inputs, outputs, bits: 14 };
    let layers = vec![linear(128, 256), Layer::Sign { bits: 14 }, linear(256, 128)];
    let architecture = Architecture::new(layers, 14).unwrap();
    for (seed, pixel) in [0, 1, 63].into_iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let own: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&Ones) } else { None };
            let model = Sequential::<R>::share(party, 0, &architecture, own)?;
            let mut out = Vec::new();
            for _ in 0..2 {
                let prepared = model.prepare(party, 256)?;
                let x = input::<R>(party, &[pixel; 256 * 128])?;
                out.extend(widened(model.forward(party, prepared, x)?.expose()));
            }
            Ok(out)
        });
        seen.check_frames();
        seen.words.iter().for_each(|words| uniform_words("shares of logits", words, 14));
        // W − A of either layer, then x − b, y and h − b of each batch.
        let opened: Vec<Vec<u64>> = (0..8).map(|nth| seen.opened(nth, 14)).collect();
        for (nth, words) in opened.iter().enumerate() {
            uniform_words(&format!("opening {nth}"), words, 14);
            // No mask serves twice, in this layer or batch or another.
            for (other, others) in opened.iter().enumerate().take(nth) {
                let difference: Vec<u64> =
                    words.iter().zip(others).map(|(a, b)| a.wrapping_sub(*b)).collect();
                uniform_words(&format!("opening {nth} less opening {other}"), &difference, 14);
            }
        }
    }
}

/// Vectors of a correction, each under masks of its own: none says anything of another one.
fn masked_apart(what: &str, vectors: &[&[u8]]) {
    for (i, vector) in vectors.iter().enumerate() {
        let pairs = |other: usize| vector.iter().zip(vectors[other]);
        uniform(&format!("{what}, vector {i}"), vector.iter().map(|&byte| byte.into()), 256);
        for other in 0..i {
            let [xor, difference] = [u8::bitxor as fn(u8, u8) -> u8, u8::wrapping_sub];
            for f in [xor, difference] {
                let samples = pairs(other).map(|(&a, &b)| usize::from(f(a, b)));
                uniform(&format!("{what}, vectors {i} and {other}"), samples, 256);
            }
        }
    }
}

#[test]
fn vectors_of_a_correction_have_masks_of_their_own() {
    let len = 1 << 14;
    let output = Elements::of::<Z2<64>>();
    for (bits, all) in [(8, false), (14, true), (20, false), (33, true), (34, false)] {
        for task in [
            Task::Negative(Some(output)),
            Task::Negative(None),
            Task::Zero(Some(output)),
            Task::Zero(None),
            Task::Relu { output, shift: 0 },
            Task::Relu { output, shift: 5 },
            Task::Truncate { output, shift: 5 },
            Task::Floor { output, shift: 5 },
        ] {
            if !all && !matches!(task, Task::Negative(_)) {
                continue;
            }
            for plan in [Wish::Balanced, Wish::Rounds].map(|wish| Plan::choose(bits, task, wish)) {
                let mut deck = Deck::new(&crate::common::seeds(2, 1)).unwrap();
                let (_, correction) = deck.deal(&Comparison::<Z2<64>>::request(len, &plan)).unwrap().unwrap();
                // Tables of the chunks, a wide one's in two vectors; products or top bits; elements.
                let tables = plan.chunks().iter().flat_map(|width| match width {
                    ..=3 => vec![len],
                    4 => vec![2 * len],
                    5 => vec![4 * len],
                    6 => vec![8 * len],
                    _ => vec![8 * len; 2],
                });
                let last = plan.levels().last().map_or(plan.chunks().len(), Vec::len);
                let entries = if last == 0 { 0 } else { 1 << (2 * (last - 1)) };
                let elements = match task {
                    Task::Negative(None) | Task::Zero(None) => 0,
                    Task::Relu { .. } => 3 * entries + 2,
                    Task::Truncate { .. } | Task::Floor { .. } => entries + 2,
                    _ => entries,
                };
                let tables: Vec<usize> = tables.collect();
                let bits_bytes = correction.len() - tables.iter().sum::<usize>() - 8 * len * elements;
                assert_eq!(bits_bytes % (len / 8), 0);
                let bit_vectors = vec![len / 8; bits_bytes / (len / 8)];
                let mut rest = &correction[..];
                let lens = tables.into_iter().chain(bit_vectors).chain(vec![8 * len; elements]);
                let vectors: Vec<&[u8]> = lens.map(|len| rest.split_off(..len).unwrap()).collect();
                assert!(rest.is_empty());
                masked_apart(&format!("{bits} bits, {task:?}, {plan}"), &vectors);
            }
        }
    }
}
