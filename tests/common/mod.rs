//! What the integration tests share.
#![allow(dead_code, unreachable_pub)]

pub mod compare;
pub mod dcf;

use std::io::Write;
use std::path::{Path, PathBuf};

use num_traits::WrappingSub;
use proptest::prelude::*;
use ringshare::net::Topology;
use ringshare::offline::{Deck, PartySeeds, Recipe, Request, Seeds, Store};
use ringshare::prg::{Prg, RootSeed, Seed};
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Word};
use ringshare::share::Share;
use ringshare::sim::Simulation;

/// Where files are looked for: in the repository, or in the directory that `RINGSHARE_ROOT` names, such as an unpacked
/// package.
pub fn root() -> PathBuf {
    std::env::var_os("RINGSHARE_ROOT")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).into(), PathBuf::from)
}

/// Says that a test is skipped, past the test runner's capture.
#[expect(clippy::explicit_write, reason = "eprintln is captured")]
pub fn skipped(what: &str) {
    writeln!(std::io::stderr(), "skipped: {what} is not here").unwrap();
}

/// A generator of test data: splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Words with dirty high bits.
    pub fn words<W: Word>(&mut self, len: usize) -> Vec<W> {
        (0..len).map(|_| W::truncate((self.next() as u128) << 64 | self.next() as u128)).collect()
    }
}

/// Fresh seeds for `parties` parties.
pub fn seeds(parties: usize, session: u64) -> Seeds {
    Seeds::derive(&RootSeed::from_bytes([17; 32]), session, parties)
}

/// A party's row of the seeds: at its own place its own, at another's the one that the two share.
pub fn row(seeds: &Seeds, party: usize) -> Vec<Seed> {
    let mut bytes = vec![0; PartySeeds::len(seeds.parties())];
    seeds.row(party).unwrap().write(&mut bytes);
    // Behind the session's tag.
    let (rows, _) = bytes[16..].as_chunks();
    rows.iter().map(|raw| Seed::from_bytes(*raw)).collect()
}

/// Every party's own generator.
pub fn generators(seeds: &Seeds) -> impl Iterator<Item = Prg> {
    (0..seeds.parties()).map(|party| Prg::new(&row(seeds, party)[party]))
}

/// Everyone's empty store.
pub fn empty_stores(seeds: &Seeds) -> Vec<Store> {
    (0..seeds.parties()).map(|party| Store::new(seeds.row(party).unwrap())).collect()
}

/// Everyone's store with these items dealt, without any network.
pub fn stores(parties: usize, session: u64, recipe: &Recipe) -> Vec<Store> {
    let seeds = seeds(parties, session);
    let mut stores = empty_stores(&seeds);
    let mut deck = Deck::new(&seeds).unwrap();
    for request in recipe.requests() {
        put(&mut deck, &mut stores, request);
    }
    stores
}

/// Deals one item to all stores.
pub fn put(deck: &mut Deck, stores: &mut [Store], request: &Request) {
    let dealt = deck.deal(request).unwrap();
    for (party, store) in stores.iter_mut().enumerate() {
        let own = dealt.as_ref().filter(|(recipients, _)| party < *recipients);
        store.put(request.clone(), own.map(|(_, correction)| correction.clone())).unwrap();
    }
}

/// Splits values into shares of `parties` parties.
pub fn split<R: Ring>(values: &[R::Word], parties: usize, random: &mut Random) -> Vec<Vec<R::Word>> {
    let mut shares: Vec<Vec<R::Word>> = (1..parties).map(|_| random.words(values.len())).collect();
    let rest =
        |i: usize, value: R::Word| shares.iter().fold(value, |rest, share| rest.wrapping_sub(&share[i]));
    let last = values.iter().enumerate().map(|(i, &value)| rest(i, value)).collect();
    shares.push(last);
    shares
}

/// The sum of all parties' words modulo 2^bits.
pub fn sum<W: Word>(shares: &[Vec<W>], bits: u32) -> Vec<W> {
    let mut total = vec![W::zero(); shares[0].len()];
    for share in shares {
        assert_eq!(share.len(), total.len());
        total.iter_mut().zip(share).for_each(|(total, word)| *total = total.wrapping_add(word));
    }
    total.iter().map(|&word| word & W::mask(bits)).collect()
}

/// The exclusive or of all parties' bytes.
pub fn xor(shares: &[Vec<u8>]) -> Vec<u8> {
    let mut total = vec![0; shares[0].len()];
    for share in shares {
        assert_eq!(share.len(), total.len());
        total.iter_mut().zip(share).for_each(|(total, byte)| *total ^= byte);
    }
    total
}

/// Calls `f::<Z2<k>>(...)` at widths of every word, the odd ones above all.
#[macro_export]
macro_rules! at_widths {
    ($f:ident $args:tt) => {
        at_widths!($f $args: 2 3 5 7 8 11 13 14 16 17 20 31 32 33 47 63 64)
    };
    ($f:ident $args:tt: $($k:literal)*) => {{
        $($f::<ringshare::ring::Z2<$k>> $args;)*
    }};
}

/// As [`at_widths`], at widths beyond 64 too.
#[macro_export]
macro_rules! at_all_widths {
    ($f:ident $args:tt) => {{
        at_widths!($f $args);
        at_widths!($f $args: 1 65 77 100 127 128);
    }};
}

/// Calls a test of comparisons from one ring into another, `f::<R, O>(..)`, at pairs of widths: a word's own and others,
/// into the same ring, a narrower and a wider one. All tests take the same, for each pair is compiled anew.
#[macro_export]
macro_rules! at_pairs {
    ($f:ident $args:tt) => {
        at_pairs!($f $args: 8 8, 13 13, 16 3, 33 33, 64 64, 64 128, 128 1)
    };
    ($f:ident $args:tt: $($r:literal $o:literal),*) => {{
        $($f::<ringshare::ring::Z2<$r>, ringshare::ring::Z2<$o>> $args;)*
    }};
}

/// Parties, topology, and a seed for the rest.
pub fn settings() -> impl Strategy<Value = (Simulation, u64)> {
    let topology = prop_oneof![Just(Topology::Auto), Just(Topology::Direct), Just(Topology::Scatter)];
    (2usize..=7, topology, any::<u64>())
        .prop_map(|(parties, topology, seed)| (Simulation::new(parties).topology(topology).seed(seed), seed))
}

/// Shares values of one party.
pub fn input<R: Ring>(party: &mut Party, owner: usize, values: &[R::Word]) -> Result<Share<R>, Error> {
    let own = party.id() == owner;
    party.input(owner, values.len(), own.then_some(values))
}

/// The low k bits of every value.
pub fn canonical<R: Ring>(values: &[u128]) -> Vec<u128> {
    values.iter().map(|&value| value & u128::mask(R::BITS)).collect()
}

/// What a party does, with its result as numbers: one type, so that tests at many widths compile fast.
pub type Program<'a> = &'a (dyn Fn(&mut Party) -> Result<Vec<u128>, Error> + Sync);

/// Everyone's result.
pub fn run(simulation: &Simulation, program: Program<'_>) -> Vec<Vec<u128>> {
    simulation.run(program).unwrap().outputs
}

/// Everyone's result is this one.
pub fn all(simulation: &Simulation, program: Program<'_>, expected: &[u128]) {
    for (party, output) in run(simulation, program).iter().enumerate() {
        assert_eq!(output, expected, "at party {party}");
    }
}

/// Opens a vector as numbers.
pub fn open<R: Ring>(party: &mut Party, x: &Share<R>) -> Result<Vec<u128>, Error> {
    Ok(wide(&party.open(x)?))
}

/// Words as numbers, dirty bits included.
pub fn wide<W: Word>(words: &[W]) -> Vec<u128> {
    words.iter().map(|word| word.widen()).collect()
}

/// The product of `[rows, inner]` and `[inner, columns]`.
pub fn product(x: &[u128], y: &[u128], [rows, inner, columns]: [usize; 3]) -> Vec<u128> {
    let mut out = vec![0u128; rows * columns];
    for r in 0..rows {
        for i in 0..inner {
            for c in 0..columns {
                let term = x[r * inner + i].wrapping_mul(y[i * columns + c]);
                out[r * columns + c] = out[r * columns + c].wrapping_add(term);
            }
        }
    }
    out
}
