//! The place of the first maximum, and the places of the k greatest values.
//!
//! All pairs i < j of a row of m values are compared at once. Value i beats j unless x_j > x_i, so the first of equals
//! wins. The *rank* of a value is the number of values that it beats: the ranks of a row are 0..m in some order, and the
//! maximum has m − 1. A rank fits ⌈log2 m⌉ bits. A masked lookup of \[rank = m − 1\] for every value, weighted by its
//! place and summed, is the place of the maximum. The next entries of the same masked table are \[rank + j = m − 1\] for
//! j = 1, 2, …, so the places of the k greatest values cost no more than that of the greatest. (rank + j is below
//! m − 1 + 2^⌈log2 m⌉, so that modulo 2^⌈log2 m⌉ no other value of it stands for m − 1.)
//!
//! Rounds: those of a comparison, and one. Opened bits and dealer's bytes for each row: those of m(m − 1)/2 comparisons and
//! m lookups of ⌈log2 m⌉ bits. So it suits the classes of a classifier, not long rows. The places stay shared.

use super::compare::check_bits;
use super::error::{range, shape};
use super::{Error, Family, Party, lookup};
use crate::correlation::lookup::Tables;
use crate::function::{MAX_INDEX_BITS, Table};
use crate::offline::{Cost, Elements};
use crate::ring::{Ring, Word, Z2};
use crate::secret::Scratch;
use crate::share::Share;

/// The ring that ranks are counted in: the widest index of a lookup.
type Rank = Z2<{ MAX_INDEX_BITS as usize }>;

/// # Places of the greatest and the least
impl Party {
    /// The place of the first maximum of every row of x: `[rows, columns]`, in O. All differences
    /// within a row must fit `bits` bits as signed numbers; where one does not, the place is wrong
    /// and nobody notices.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let place = party.argmax::<_, Z2<8>>(&x, 2, 8)?; // one row, (5, −4)
    /// party.open(&place) // 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If x is not whole rows, a row has none or more than 4096 values or more than O has elements, or as
    /// [`compare`](Self::compare) and [`lookup`](Self::lookup).
    pub fn argmax<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        columns: usize,
        bits: u32,
    ) -> Result<Share<O>, Error> {
        self.top_k(x, columns, 1, bits)
    }

    /// The places of the `k` greatest values of every row of x: `[rows, columns]`, the greatest first and the first
    /// of equals first, `[rows, k]` in O. All differences within a row must fit `bits` bits as signed numbers.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let places = party.top_k::<_, Z2<8>>(&x, 2, 2, 8)?; // one row, (5, −4)
    /// party.open(&places) // 0, 1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0, 1]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`argmax`](Self::argmax), and if k is not in 1..=columns.
    pub fn top_k<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        columns: usize,
        k: usize,
        bits: u32,
    ) -> Result<Share<O>, Error> {
        check_bits(R::BITS, bits)?;
        range("values in a row of an argmax", 1, 1 << MAX_INDEX_BITS.min(O::BITS), columns as u64)?;
        range("places of a row's greatest values", 1, columns as u64, k as u64)?;
        let rows = x.len() / columns;
        shape("elements of whole rows", rows * columns, x.len())?;
        if columns == 1 {
            return Ok(Share::zeros(rows));
        }
        self.family.check(R::BITS, bits)?;
        self.top_k_words(x.expose(), columns, k, bits, Elements::of::<O>()).map(Share::of)
    }

    /// [`top_k`](Self::top_k) of two columns and more, word by word.
    fn top_k_words<W: Word, V: Word>(
        &mut self,
        x: &[W],
        columns: usize,
        k: usize,
        bits: u32,
        output: Elements,
    ) -> Result<Scratch<V>, Error> {
        let differences = differences(x, columns);
        // 1 where i beats j, else 0.
        let beats = self.compare_words(&differences, bits, Elements::of::<Rank>(), [1, 0])?;
        let ranks = ranks(&beats, columns, self.id());
        let table = table(columns);
        let (mut opened, lookup) = Tables::take(&mut self.store, ranks.len(), output, &table)?.mask(&ranks);
        self.network.open(&mut opened, index_bits(columns))?;
        Ok(places(&lookup.finish_next(&opened, k)?, columns, k))
    }

    /// The place of the first minimum of every row of x: `[rows, columns]`, in O, as [`argmax`](Self::argmax).
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let place = party.argmin::<_, Z2<8>>(&x, 2, 8)?; // one row, (5, −4)
    /// party.open(&place) // 1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [1]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`argmax`](Self::argmax).
    pub fn argmin<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        columns: usize,
        bits: u32,
    ) -> Result<Share<O>, Error> {
        let mut negated = x.clone();
        negated.negate();
        self.argmax(&negated, columns, bits)
    }
}

/// x_i − x_j for all pairs i < j of every row.
fn differences<W: Word>(x: &[W], columns: usize) -> Scratch<W> {
    let mut differences = Scratch::zeros(x.len() / columns * pair_count(columns));
    let mut out = differences.iter_mut();
    for row in x.chunks_exact(columns) {
        for ((i, j), out) in pairs(columns).zip(&mut out) {
            *out = row[i].wrapping_sub(&row[j]);
        }
    }
    differences
}

/// How many others of its row every value beats, from the comparisons of the pairs.
fn ranks(beats: &[u16], columns: usize, party: usize) -> Scratch<u16> {
    let one = if party == 0 { 1 } else { 0 };
    let per_row = beats.chunks_exact(pair_count(columns));
    let mut ranks = Scratch::<u16>::zeros(per_row.len() * columns);
    for (rank, beats) in ranks.chunks_exact_mut(columns).zip(per_row) {
        for ((i, j), beat) in pairs(columns).zip(beats) {
            rank[i] = rank[i].wrapping_add(*beat);
            rank[j] = rank[j].wrapping_add(one).wrapping_sub(*beat);
        }
    }
    ranks
}

/// The places that `is_place` picks of every row, `[rows, columns, k]`.
fn places<V: Word>(is_place: &[V], columns: usize, k: usize) -> Scratch<V> {
    let per_row = is_place.chunks_exact(columns * k);
    let mut places = Scratch::<V>::zeros(per_row.len() * k);
    for (place, is_place) in places.chunks_exact_mut(k).zip(per_row) {
        for (i, is_place) in is_place.chunks_exact(k).enumerate() {
            let i = V::truncate64(i as u64);
            for (place, is_place) in place.iter_mut().zip(is_place) {
                *place = place.wrapping_add(&is_place.wrapping_mul(&i));
            }
        }
    }
    places
}

/// The pairs i < j of a row.
fn pairs(columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..columns).flat_map(move |i| (i + 1..columns).map(move |j| (i, j)))
}

fn pair_count(columns: usize) -> usize {
    columns * (columns - 1) / 2
}

fn index_bits(columns: usize) -> u32 {
    usize::BITS - (columns - 1).leading_zeros()
}

/// 1 at the highest rank.
fn table(columns: usize) -> Table {
    Table::unsigned(index_bits(columns), |rank| i64::from(rank == columns as i64 - 1))
}

/// The cost of an argmax, or of the places of the greatest k values, over `[rows, columns]`, compared by `family` at
/// `bits` bits, in a ring of `output` bits.
///
/// # Panics
/// If `bits` is not in 2..=64, or beyond what the family takes.
pub fn argmax(family: Family, [rows, columns]: [usize; 2], bits: u32, output: u32) -> Cost {
    if columns < 2 {
        return Cost::default();
    }
    let compare = family.cost(rows * pair_count(columns), bits, Some(Elements::of::<Rank>()));
    compare.then(lookup::lookup(rows * columns, index_bits(columns), output))
}
