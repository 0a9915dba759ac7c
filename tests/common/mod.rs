//! What the integration tests share.
#![allow(dead_code, unreachable_pub)]

use num_traits::{WrappingAdd, WrappingSub, Zero};
use ringshare::correlation::{Deck, Recipe, Request, Store};
use ringshare::prg::{RootSeed, Seed};
use ringshare::ring::{Ring, Word};

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
pub fn seeds(parties: usize, session: u64) -> Vec<Seed> {
    let root = RootSeed::from_bytes([17; 32]);
    (0..parties as u64).map(|party| root.seed(session, party, 0)).collect()
}

/// Everyone's store with these items dealt, without any network.
pub fn stores(parties: usize, session: u64, recipe: &Recipe) -> Vec<Store> {
    let seeds = seeds(parties, session);
    let mut stores: Vec<Store> = seeds.iter().enumerate().map(|(i, seed)| Store::new(i, seed)).collect();
    let mut deck = Deck::new(&seeds).unwrap();
    for request in recipe.requests() {
        put(&mut deck, &mut stores, request);
    }
    stores
}

/// Deals one item to all stores.
pub fn put(deck: &mut Deck, stores: &mut [Store], request: &Request) {
    let (to, mut correction) = match deck.deal(request).unwrap() {
        Some((to, correction)) => (Some(to), Some(correction)),
        None => (None, None),
    };
    for (party, store) in stores.iter_mut().enumerate() {
        let own = if to == Some(party) { correction.take() } else { None };
        store.put(request.clone(), own).unwrap();
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
