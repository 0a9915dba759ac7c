//! Numbers to bits and back, products of bits, choosing by a bit, and the comparison that stands on
//! them, against plain integers.
#![cfg(feature = "std")]

mod comparison;
mod conversions;
mod costs;
mod malformed;

use crate::common::{Random, split, stores, sum, xor};
use ringshare::correlation::bits::{BitProducts, Circuit, EdaBits};
use ringshare::offline::{Masked, Store};
use ringshare::protocol::Party;
use ringshare::ring::{Ring, Word};
use ringshare::share::{BitShare, Share};

/// Lengths of vectors about those of words and blocks.
const LENS: [usize; 9] = [0, 1, 7, 8, 63, 64, 65, 129, 5000];

/// Values where borrows go wrong first: about zero, about the ends, about powers of two.
fn edges<W: Word>(bits: u32) -> Vec<W> {
    let powers = (0..bits).map(|b| 1i128 << b);
    let near = powers
        .flat_map(|p: i128| [p, p.wrapping_neg()])
        .flat_map(|p| [p.wrapping_sub(1), p, p.wrapping_add(1)]);
    near.chain([0, 1, -1]).map(W::from_signed).collect()
}

/// `len` values: edges first, then short ones, then any; bits beyond those that count are dirty.
fn values<W: Word>(len: usize, bits: u32, random: &mut Random) -> Vec<W> {
    let mut values = edges::<W>(bits);
    let short = |random: &mut Random| W::truncate64(random.next() >> random.below(64));
    values.extend((0..len / 4).map(|_| short(random)));
    values.extend(random.words::<W>(len));
    values.truncate(len);
    let high = if bits < W::BITS { !W::mask(bits) } else { W::zero() };
    let dirt = random.words::<W>(len);
    values.iter().zip(dirt).map(|(&value, dirt)| value ^ dirt & high).collect()
}

/// The low bits of a value.
fn low<W: Word>(value: W, bits: u32) -> u128 {
    (value & W::mask(bits)).widen()
}

/// Bit i of a vector.
fn bit(words: &[u64], i: usize) -> bool {
    words[i / 64] >> (i % 64) & 1 == 1
}

fn bits_of(values: impl IntoIterator<Item = bool>) -> BitShare {
    let values: Vec<bool> = values.into_iter().collect();
    let word = |bits: &[bool]| bits.iter().rev().fold(0, |word, &bit| word << 1 | u64::from(bit));
    BitShare::from_words(values.chunks(64).map(word).collect(), values.len())
}

/// Shares of bits, of which party 0 knows all: the others' cancel.
fn share_bits(party: &Party, values: &[bool]) -> BitShare {
    let mut random = Random(values.len() as u64);
    let noise = BitShare::from_words(random.words(values.len().div_ceil(64)), values.len());
    let mut share = match party.id() {
        0 => bits_of(values.iter().copied()),
        _ => BitShare::zeros(values.len()),
    };
    if party.id() < 2 {
        share.xor_assign(&noise);
    }
    share
}

/// The local steps, opened by hand: what a circuit wants of x.
struct Local {
    parties: usize,
    session: u64,
    bits: u32,
    circuit: Circuit,
}

impl Local {
    fn stores<R: Ring>(&self, len: usize) -> Vec<Store> {
        stores(self.parties, self.session, &self.circuit.recipe::<R>(len, self.bits))
    }

    /// The masks r modulo 2^k, which depend on the seeds alone.
    fn masks<R: Ring>(&self, len: usize) -> Vec<R::Word> {
        let mask = |mut store: Store| {
            let edabits =
                EdaBits::<R>::take(&mut store, len, self.bits, self.circuit.pairs(self.bits)).unwrap();
            edabits.mask(&Share::zeros(len)).0
        };
        sum(&self.stores::<R>(len).into_iter().map(mask).collect::<Vec<_>>(), self.bits)
    }

    /// The opened planes.
    fn run<R: Ring>(&self, x: &[R::Word]) -> Vec<Vec<u64>> {
        let mut random = Random(self.session ^ 0x5eed);
        let mut stores = self.stores::<R>(x.len());
        let shares = split::<R>(x, self.parties, &mut random).into_iter().map(Share::<R>::from_words);
        let pairs = self.circuit.pairs(self.bits);
        let mask = |(store, x): (&mut Store, Share<R>)| {
            EdaBits::<R>::take(store, x.len(), self.bits, pairs).unwrap().mask(&x)
        };
        let (y, masked): (Vec<_>, Vec<_>) = stores.iter_mut().zip(shares).map(mask).unzip();
        let y = sum(&y, self.bits);
        let subtract = |masked: Masked<_>| masked.subtract(&y, self.circuit).unwrap();
        let mut parties: Vec<_> = masked.into_iter().map(subtract).collect();
        while let Some(level) = parties[0].next_level() {
            let (opened, masked): (Vec<_>, Vec<_>) = stores
                .iter_mut()
                .zip(&parties)
                .map(|(store, party)| {
                    let products = BitProducts::take(store, x.len(), level.masks(), level.pairs()).unwrap();
                    products.mask(&party.operands(&level))
                })
                .unzip();
            let opened = xor(&opened);
            let steps = parties.into_iter().zip(masked);
            parties = steps.map(|(party, masked)| party.combine(masked.finish(&opened).unwrap())).collect();
        }
        assert!(stores.iter().all(Store::is_empty));
        let planes: Vec<_> = parties.into_iter().map(|party| party.finish()).collect();
        let open = |j: usize| {
            let mut total = BitShare::zeros(x.len());
            planes.iter().for_each(|planes| total.xor_assign(&planes[j]));
            total.expose().to_vec()
        };
        (0..planes[0].len()).map(open).collect()
    }

    /// Holds what comes out against plain integers.
    fn check<R: Ring>(&self, x: &[R::Word]) {
        let planes = self.run::<R>(x);
        let wanted = |x: R::Word| -> Vec<bool> {
            let value = low(x, self.bits);
            match self.circuit {
                Circuit::Bits => (0..self.bits).map(|j| value >> j & 1 == 1).collect(),
                Circuit::Zero => vec![value == 0],
                Circuit::Sign => vec![value >> (self.bits - 1) == 1],
            }
        };
        for (i, &x) in x.iter().enumerate() {
            let found: Vec<bool> = planes.iter().map(|plane| bit(plane, i)).collect();
            assert_eq!(
                found,
                wanted(x),
                "{x:?}, {:?} at {} bits, place {i}, {} parties",
                self.circuit,
                self.bits,
                self.parties
            );
        }
    }
}
