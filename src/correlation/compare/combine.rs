//! Combining groups of chunks: products of several shared bits in one round.
//!
//! A group of chunks with bits g_0, e_0, g_1, e_1, … (*greater* and *equal*, the most significant
//! first) has greater = g_0 ⊕ e_0·g_1 ⊕ e_0·e_1·g_2 ⊕ … and equal = e_0·e_1·…. Every bit v but g_0
//! is opened as c = v ⊕ ρ. Then Π v_i = Π (c_i ⊕ ρ_i) is a sum over the subsets of the masks, with
//! public factors; the dealer shares the product of each subset. Ohata and Nuida, *Communication-
//! efficient (client-aided) secure two-party protocols and its application*, FC 2020 (arXiv
//! 1907.03415), section 3, have multi-fan-in products of this kind.
//!
//! Everything is bit-sliced: a word holds one bit of 64 values.

use super::plan::{group_bits, group_products};

/// Subsets of the *equal* masks of a group of four.
const SUBSETS: usize = 16;

/// One group's place among the bits that its level opens and the products that it takes.
#[derive(Clone, Copy)]
pub(super) struct Group {
    /// Number of chunks.
    pub(super) size: usize,
    /// The first of its chunks.
    pub(super) first: usize,
    /// Whether *equal* is needed: not for the least significant group.
    pub(super) equal: bool,
    /// The first of its opened bits in the level.
    pub(super) bit: usize,
    /// The first of its products in the level.
    pub(super) product: usize,
}

/// The groups of a level.
pub(super) fn groups(sizes: &[usize]) -> impl Iterator<Item = Group> {
    let last = sizes.len() - 1;
    let mut next = Group { size: 0, first: 0, equal: true, bit: 0, product: 0 };
    sizes.iter().enumerate().map(move |(g, &size)| {
        let group = Group { size, equal: g < last, ..next };
        next.first += size;
        next.bit += group_bits(size, group.equal);
        next.product += group_products(size, group.equal);
        group
    })
}

impl Group {
    /// Place of e_j among the group's opened bits: e_0, g_1, e_1, g_2, ….
    pub(super) fn equal_bit(j: usize) -> usize {
        2 * j
    }

    /// Place of g_j, for j ≥ 1.
    pub(super) fn greater_bit(j: usize) -> usize {
        2 * j - 1
    }

    fn equals(&self) -> usize {
        self.size - 1 + usize::from(self.equal)
    }

    /// The products that the dealer shares, of one word of masks `rho` in the order of the opened bits.
    pub(super) fn products(&self, rho: &[u64], out: &mut [u64]) {
        let mut out = out.iter_mut();
        let mut put = |value: u64| {
            if let Some(out) = out.next() {
                *out = value;
            }
        };
        let mut subsets = [!0u64; SUBSETS];
        for set in 1..1usize << self.equals() {
            let low = set.trailing_zeros() as usize;
            subsets[set] = subsets[set & (set - 1)] & rho[Self::equal_bit(low)];
            if !set.is_power_of_two() {
                put(subsets[set]);
            }
        }
        for j in 1..self.size {
            for subset in &subsets[1..1 << j] {
                put(subset & rho[Self::greater_bit(j)]);
            }
        }
    }

    /// Shares of the group's *greater* and *equal*, for one word: from the share of g_0, the opened
    /// bits c, the shares of their masks and of the products. `one` is the share of the constant.
    pub(super) fn combine(&self, g0: u64, c: &[u64], rho: &[u64], products: &[u64], one: u64) -> (u64, u64) {
        let mut products = products.iter();
        let mut next = || products.next().copied().unwrap_or(0);
        let mut subsets = [0u64; SUBSETS];
        subsets[0] = one;
        for set in 1..1usize << self.equals() {
            subsets[set] = if set.is_power_of_two() {
                rho[Self::equal_bit(set.trailing_zeros() as usize)]
            } else {
                next()
            };
        }
        let mut greater = g0;
        for j in 1..self.size {
            // (c_g ⊕ ρ_g) times every subset of the j equal masks before it.
            let cg = c[Self::greater_bit(j)];
            let mut terms = [0u64; SUBSETS];
            terms[0] = subsets[0] & cg ^ rho[Self::greater_bit(j)];
            for set in 1..1 << j {
                terms[set] = subsets[set] & cg ^ next();
            }
            greater ^= fold(&mut terms, j, c);
        }
        let equal = if self.equal { fold(&mut subsets, self.size, c) } else { 0 };
        (greater, equal)
    }
}

/// Σ over the subsets S of `count` equal masks of terms\[S\] · Π_{i ∉ S} c_i, one bit at a time.
fn fold(terms: &mut [u64; SUBSETS], count: usize, c: &[u64]) -> u64 {
    for i in (0..count).rev() {
        let half = 1 << i;
        for set in 0..half {
            terms[set] = terms[set] & c[Group::equal_bit(i)] ^ terms[set + half];
        }
    }
    terms[0]
}

/// The most products that a group takes.
pub(super) const MAX_PRODUCTS: usize = 22;

/// Bits that the group opens.
pub(super) fn group_bits_of(group: &Group) -> usize {
    group_bits(group.size, group.equal)
}

/// Products that the group takes.
pub(super) fn products_of(group: &Group) -> usize {
    group_products(group.size, group.equal)
}
