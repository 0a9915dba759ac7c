//! What anyone sees is uniform, whatever the secrets: opened values, single shares, corrections.
//!
//! Chi-square tests at fixed seeds. A test fails if the statistic is beyond what uniform values exceed
//! once in a million times, so that the seeds at hand pass unless something is wrong.
#![cfg(feature = "std")]

mod comparisons;
mod corrections;
mod networks;
mod products;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringshare::net::{Header, Kind, Memory, MemoryError, Topology, Transport};
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Word, Z2, unpack, unpack_add};
use ringshare::share::Share;
use ringshare::sim::Simulation;

use crate::common::xor;

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

fn see(seed: u64, program: impl Fn(&mut Party) -> Result<Vec<u64>, Error> + Sync) -> Seen {
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

fn input<R: Ring>(party: &mut Party, values: &[u64]) -> Result<Share<R>, Error> {
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
