//! Lookups, by the pure kernels and among parties.

use proptest::prelude::*;
use ringshare::correlation::Lookup;
use ringshare::function::Table;
use ringshare::offline::{Recipe, Store};
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

use crate::common::{Program, Random, all, canonical, input, open, settings, split, stores, sum};

/// The sum of all parties' words of two numbers, each modulo its own power of two.
fn sum_pairs(shares: &[Vec<u16>], [a, b]: [u32; 2]) -> Vec<u16> {
    let part = |shift: u32, bits: u32| {
        let parts = shares.iter().map(|share| share.iter().map(|word| word >> shift).collect());
        if bits == 0 { vec![0; shares[0].len()] } else { sum(&parts.collect::<Vec<_>>(), bits) }
    };
    part(b, a).into_iter().zip(part(0, b)).map(|(high, low)| high << b | low).collect()
}

/// The parties and the session.
#[derive(Clone, Copy)]
struct Setting {
    parties: usize,
    session: u64,
}

impl Setting {
    /// What is opened, and what comes out; the second index counts if the table is one of pairs.
    fn run<R: Ring, S: Ring, O: Ring>(
        self,
        a: &[R::Word],
        b: &[S::Word],
        table: &Table,
    ) -> (Vec<u16>, Vec<O::Word>) {
        let mut random = Random(self.session ^ 0x5eed);
        let recipe = Recipe(vec![Lookup::<O>::request(a.len(), table)]);
        let mut stores = stores(self.parties, self.session, &recipe);
        let a_shares = split::<R>(a, self.parties, &mut random).into_iter().map(Share::<R>::from_words);
        let b_shares = split::<S>(b, self.parties, &mut random).into_iter().map(Share::<S>::from_words);
        let take = |store: &mut Store| Lookup::<O>::take(store, a.len(), table).unwrap();
        let lookups: Vec<_> = stores.iter_mut().map(take).collect();
        let masked = lookups.into_iter().zip(a_shares.zip(b_shares)).map(|(lookup, (a, b))| {
            if table.bits()[1] == 0 { lookup.mask(&a) } else { lookup.mask_pair(&a, &b) }
        });
        let (opened, masked): (Vec<_>, Vec<_>) = masked.unzip();
        let opened = sum_pairs(&opened, table.bits());
        let finish =
            |masked: ringshare::offline::Masked<Lookup<O>>| masked.finish(&opened).unwrap().expose().to_vec();
        let out = sum(&masked.into_iter().map(finish).collect::<Vec<_>>(), O::BITS);
        (opened, out)
    }

    /// Holds what comes out against the table's entries.
    fn check<R: Ring, S: Ring, O: Ring>(self, a: &[R::Word], b: &[S::Word], table: &Table) {
        let (_, out) = self.run::<R, S, O>(a, b, table);
        let [_, b_bits] = table.bits();
        for (i, out) in out.iter().enumerate() {
            let [x, y] = [a[i].low64(), b[i].low64()];
            let row = x as usize % (table.entries().len() >> b_bits);
            let entry = table.entries()[row << b_bits | y as usize & ((1 << b_bits) - 1)];
            let expected = O::Word::from_signed(entry.into()) & O::Word::mask(O::BITS);
            assert!(
                *out == expected,
                "{:?} for {x} and {y}, expected {expected:?}, index bits {:?}, ring {}, {} parties",
                out,
                table.bits(),
                O::BITS,
                self.parties
            );
        }
    }
}

fn random_table(bits: [u32; 2], random: &mut Random) -> Table {
    // Of any size, so that tables of every word come.
    let down = random.below(64);
    let entries: Vec<i64> = (0..1 << (bits[0] + bits[1])).map(|_| random.next() as i64 >> down).collect();
    Table::from_entries(bits, entries).unwrap()
}

/// For every place an index that makes a new pair with the place's mask, until all pairs are made.
fn all_pairs(masks: &[u16], bits: u32) -> Vec<u16> {
    let size = 1usize << bits;
    let mut next = vec![0; size];
    let choose = |&r: &u16| {
        next[r as usize] += 1;
        ((next[r as usize] - 1) % size) as u16
    };
    let indices = masks.iter().map(choose).collect();
    assert!(next.iter().all(|&count| count >= size), "not every mask came often enough at {bits} bits");
    indices
}

/// Every index under every mask, the bits above each index being anything.
fn exhausts<O: Ring>(setting: Setting, bits: [u32; 2]) {
    let total = bits[0] + bits[1];
    let mut random = Random(setting.session);
    let table = random_table(bits, &mut random);
    let len = (1 << (2 * total)) * 3 / 2 + (64 << total);
    let (masks, _) = setting.run::<Z2<16>, Z2<16>, O>(&vec![0; len], &vec![0; len], &table);
    let mut dirt = |x: u16, bits: u32| x | ((random.next() as u16) << bits);
    let indices = all_pairs(&masks, total);
    let a: Vec<u16> = indices.iter().map(|index| dirt(index >> bits[1], bits[0])).collect();
    let b: Vec<u16> = indices.iter().map(|index| dirt(index & ((1 << bits[1]) - 1), bits[1])).collect();
    setting.check::<Z2<16>, Z2<16>, O>(&a, &b, &table);
}

#[test]
fn every_index_under_every_mask_up_to_6_bits() {
    for bits in 1..=6 {
        for parties in [2, 3, 5] {
            exhausts::<Z2<14>>(Setting { parties, session: bits as u64 }, [bits, 0]);
        }
    }
}

#[test]
fn every_pair_under_every_pair_of_masks_up_to_4_bits_each() {
    for a in 1..=4 {
        for b in 1..=4 {
            let parties = 2 + (a + b) as usize % 3;
            exhausts::<Z2<14>>(Setting { parties, session: (16 * a + b) as u64 }, [a, b]);
        }
    }
}

/// Sampled indices, of rings as wide as they can be and as narrow.
fn samples<R: Ring, S: Ring, O: Ring>(parties: usize, len: usize, bits: [u32; 2]) {
    let mut random = Random(len as u64);
    let table = random_table(bits, &mut random);
    let mut a: Vec<R::Word> = random.words(len);
    let ends = [0, -1, 1 << (bits[0] - 1), (1 << (bits[0] - 1)) - 1, 1i128 << bits[0]];
    a.iter_mut().zip(ends).for_each(|(a, end)| *a = R::Word::from_signed(end));
    Setting { parties, session: len as u64 }.check::<R, S, O>(&a, &random.words(len), &table);
}

#[test]
fn samples_up_to_12_bits() {
    for bits in 1..=12 {
        // Lengths about the dealer's blocks of 4096 entries.
        let block = 4096 >> bits;
        for len in [0, 1, block, block + 1, 2 * block - 1, 300] {
            samples::<Z2<12>, Z2<16>, Z2<14>>(2, len, [bits, 0]);
            samples::<Z2<64>, Z2<16>, Z2<33>>(3, len, [bits, 0]);
        }
    }
}

#[test]
fn pairs_of_up_to_12_bits_together() {
    for a in 1..=11 {
        for b in 1..=12 - a {
            samples::<Z2<12>, Z2<11>, Z2<14>>(2, 70, [a, b]);
            samples::<Z2<100>, Z2<20>, Z2<64>>(3, 1 + (5000 >> (a + b)), [a, b]);
        }
    }
}

#[test]
fn negative_entries_in_rings_of_any_width() {
    fn into<O: Ring>() {
        let entries = [-1, i64::MIN, i64::MAX, 0, 1, -128, 127, -129];
        let table = Table::from_entries([3, 0], entries.to_vec()).unwrap();
        let pairs = Table::from_entries([1, 2], entries.to_vec()).unwrap();
        let x: Vec<u8> = (0..=255).collect();
        for parties in [2, 3] {
            let setting = Setting { parties, session: O::BITS as u64 };
            setting.check::<Z2<8>, Z2<8>, O>(&x, &x, &table);
            setting.check::<Z2<8>, Z2<8>, O>(&x, &x, &pairs);
            // Values of every word that the dealer shifts tables in.
            for limit in [7, 8, 15, 16, 31, 32, 62] {
                let short = Table::new(5, |x| [x, -(1 << limit), (1 << limit) - 1][x as usize % 3]);
                setting.check::<Z2<8>, Z2<8>, O>(&x, &x, &short);
            }
        }
    }
    into::<Z2<1>>();
    into::<Z2<3>>();
    into::<Z2<8>>();
    into::<Z2<14>>();
    into::<Z2<16>>();
    into::<Z2<32>>();
    into::<Z2<33>>();
    into::<Z2<64>>();
    into::<Z2<65>>();
    into::<Z2<127>>();
    into::<Z2<128>>();
}

/// Both kinds of lookup among parties.
fn among_parties<R: Ring>(simulation: &Simulation, len: usize, seed: u64) {
    let mut random = Random(seed);
    let a_bits = 1 + random.next() as u32 % R::BITS.min(6);
    let b_bits = 1 + random.next() as u32 % 6;
    let (one, two) = (random_table([a_bits, 0], &mut random), random_table([a_bits, b_bits], &mut random));
    let (a, b): (Vec<R::Word>, Vec<u8>) = (random.words(len), random.words(len));
    let program: Program<'_> = &|party| {
        let (x, y) = (input::<R>(party, 0, &a)?, input::<Z2<7>>(party, 1, &b)?);
        let single = party.lookup::<_, Z2<33>>(&x, &one)?;
        let pair = party.lookup_pair::<_, _, Z2<100>>(&x, &y, &two)?;
        Ok([open(party, &single)?, open(party, &pair)?].concat())
    };
    let row = |a: &R::Word| a.low64() as usize & ((1 << a_bits) - 1);
    let singles: Vec<u128> = a.iter().map(|a| one.entries()[row(a)] as u128).collect();
    let place = |(a, b): (_, &u8)| row(a) << b_bits | *b as usize & ((1 << b_bits) - 1);
    let pairs: Vec<u128> = a.iter().zip(&b).map(|pair| two.entries()[place(pair)] as u128).collect();
    all(simulation, program, &[canonical::<Z2<33>>(&singles), canonical::<Z2<100>>(&pairs)].concat());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn lookups_are_those_of_the_secrets((simulation, seed) in settings(), len in 0usize..300) {
        among_parties::<Z2<1>>(&simulation, len, seed);
        among_parties::<Z2<6>>(&simulation, len, seed);
        among_parties::<Z2<14>>(&simulation, len, seed);
        among_parties::<Z2<64>>(&simulation, len, seed);
        among_parties::<Z2<128>>(&simulation, len, seed);
    }
}

#[test]
fn any_number_of_parties() {
    for parties in 2..=7 {
        for len in [0, 1, 64, 1000] {
            among_parties::<Z2<14>>(&Simulation::new(parties).seed(parties as u64), len, len as u64);
        }
    }
}

#[test]
fn indices_that_do_not_fit_the_table_are_errors() {
    let refused = |text: &str, f: &(dyn Fn(&mut Party) -> Result<(), Error> + Sync)| {
        let error = Simulation::new(2).run(f).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    };
    let one = Table::new(5, |x| x);
    let two = Table::pairs([5, 4], |a, b| a * b);
    let wide = Share::<Z2<14>>::zeros(3);
    let narrow = Share::<Z2<3>>::zeros(3);
    refused("expected 1 to 3, found 5", &|party| party.lookup::<_, Z2<8>>(&narrow, &one).map(drop));
    refused("expected 0 to 0, found 4", &|party| party.lookup::<_, Z2<8>>(&wide, &two).map(drop));
    refused("a second index: expected 1 to 14, found 0", &|party| {
        party.lookup_pair::<_, _, Z2<8>>(&wide, &wide, &one).map(drop)
    });
    refused("a first index: expected 1 to 3, found 5", &|party| {
        party.lookup_pair::<_, _, Z2<8>>(&narrow, &wide, &two).map(drop)
    });
    refused("a second index: expected 1 to 3, found 4", &|party| {
        party.lookup_pair::<_, _, Z2<8>>(&wide, &narrow, &two).map(drop)
    });
    refused("a second index: expected 3, found 2", &|party| {
        party.lookup_pair::<_, _, Z2<8>>(&wide, &Share::<Z2<4>>::zeros(2), &two).map(drop)
    });
}
