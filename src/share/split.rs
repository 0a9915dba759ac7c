//! Values of one owner as shares for everyone.

use alloc::vec::Vec;

use super::Share;
use crate::prg::{Prg, Seed};
use crate::ring::Ring;

/// Words that are made at once: they stay in the cache of a core.
const BLOCK: usize = 2048;

impl<R: Ring> Share<R> {
    /// Splits values into a share for each of `parties` parties, for an owner that is none of them (one that is takes
    /// [`Party::input`](crate::protocol::Party::input), which sends nothing). All shares but the first are random, and the
    /// first is what they lack, in the place of the values: nothing is allocated but the shares.
    ///
    /// Every call takes a seed of its own. Under one that is used twice, the difference of the values shows.
    ///
    /// ```
    /// use ringshare::prg::RootSeed;
    /// use ringshare::ring::{FixedPoint, Z2};
    /// use ringshare::share::Share;
    ///
    /// # let (root, number) = (RootSeed::from_bytes([1; 32]), 0);
    /// let image = [0.0f32, 0.25, -1.5];
    /// let fixed = FixedPoint::<Z2<14>>::new(8)?;
    /// let seed = root.seed(number, 0, 0); // of a root that is random, and a number that is new
    /// let shares = Share::<Z2<14>>::split(fixed.encode(&image).words, 2, seed);
    ///
    /// let mut sum = shares[0].clone();
    /// sum.add_assign(&shares[1]);
    /// assert_eq!(fixed.decode(sum.expose()), [0.0, 0.25, -1.5]);
    /// # Ok::<(), ringshare::ring::FixedPointError>(())
    /// ```
    ///
    /// # Panics
    /// If there are no parties.
    pub fn split(values: Vec<R::Word>, parties: usize, seed: Seed) -> Vec<Self> {
        let mut first = Self::from_words(values);
        assert!(parties > 0, "values are split between one party or more");
        let prg = Prg::new(&seed);
        let mut others: Vec<Self> = (1..parties).map(|_| Self::zeros(first.len())).collect();
        for at in (0..first.len()).step_by(BLOCK) {
            let range = at..first.len().min(at + BLOCK);
            for (domain, other) in (1..).zip(&mut others) {
                let random = &mut other.words[range.clone()];
                prg.words(domain, at as u64, random);
                super::sub(&mut first.words[range.clone()], random);
            }
        }
        others.insert(0, first);
        others
    }
}
