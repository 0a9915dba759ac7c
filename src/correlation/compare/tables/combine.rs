//! Combining groups of chunks: products of several shared bits in one round.
//!
//! A group of chunks with bits g_0, e_0, g_1, e_1, … (*greater* and *equal*, the most significant
//! first) yields greater = g_0 ⊕ e_0·g_1 ⊕ e_0·e_1·g_2 ⊕ … and equal = e_0·e_1·…. Every bit v but g_0
//! is opened as c = v ⊕ ρ. Then Π v_i = Π (c_i ⊕ ρ_i) is a sum over the subsets of the masks, with
//! public factors; the dealer shares the product of each subset. Ohata and Nuida, *Communication-
//! efficient (client-aided) secure two-party protocols and its application*, FC 2020 (arXiv
//! 1907.03415), section 3, have multi-fan-in products of this kind.
//!
//! Everything is bit-sliced: a word holds one bit of 64 values.

/// Subsets of the *equal* masks of a group of four.
const SUBSETS: usize = 16;

/// One group's place among the bits that its level opens and the products that it takes.
#[derive(Clone, Copy)]
pub(super) struct Group {
    /// Number of chunks.
    pub(super) size: usize,
    /// The first of its chunks.
    pub(super) first: usize,
    /// Whether *equal* is needed: not for the least significant group, if *greater* is wanted.
    pub(super) equal: bool,
    /// Whether *greater* is wanted, not *equal* alone.
    pub(super) orders: bool,
    /// The first of its opened bits in the level.
    pub(super) bit: usize,
    /// The first of its products in the level.
    pub(super) product: usize,
}

/// The groups of a level, for *greater* (`orders`) or for *equal* alone.
pub(super) fn groups(sizes: &[usize], orders: bool) -> impl Iterator<Item = Group> {
    let last = sizes.len() - 1;
    let mut next = Group { size: 0, first: 0, equal: true, orders, bit: 0, product: 0 };
    sizes.iter().enumerate().map(move |(g, &size)| {
        let group = Group { size, equal: g < last || !orders, ..next };
        next.first += size;
        next.bit += group.bits();
        next.product += group.product_count();
        group
    })
}

impl Group {
    /// Place of e_j among the group's opened bits: e_0, g_1, e_1, g_2, …, or e_0, e_1, ….
    pub(super) fn equal_bit(&self, j: usize) -> usize {
        if self.orders { 2 * j } else { j }
    }

    /// Place of g_j, for j ≥ 1.
    pub(super) fn greater_bit(j: usize) -> usize {
        2 * j - 1
    }

    /// *Equal* bits that take part.
    fn equals(&self) -> usize {
        self.size - usize::from(!self.equal)
    }

    /// *Greater* bits that take part in products: all but the first.
    fn greaters(&self) -> usize {
        if self.orders { self.size - 1 } else { 0 }
    }

    /// Bits that the group opens. A group of one is passed on as it is.
    pub(super) fn bits(&self) -> usize {
        if self.size == 1 { 0 } else { self.equals() + self.greaters() }
    }

    /// Products of masks that the group takes: of two or more *equal* masks, and of a *greater* mask
    /// with one or more *equal* masks before it.
    pub(super) fn product_count(&self) -> usize {
        if self.size == 1 {
            return 0;
        }
        let greater: usize = (1..=self.greaters()).map(|j| (1 << j) - 1).sum();
        (1 << self.equals()) - 1 - self.equals() + greater
    }

    /// The pairs' bits that the group opens, in their order: 2j is g_j, 2j + 1 is e_j.
    pub(super) fn opened(&self) -> impl Iterator<Item = usize> + use<> {
        let (first, step) = (2 * self.first + 1, if self.orders { 1 } else { 2 });
        (0..self.bits()).map(move |i| first + i * step)
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
            subsets[set] = subsets[set & (set - 1)] & rho[self.equal_bit(low)];
            if !set.is_power_of_two() {
                put(subsets[set]);
            }
        }
        for j in 1..=self.greaters() {
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
                rho[self.equal_bit(set.trailing_zeros() as usize)]
            } else {
                next()
            };
        }
        let mut greater = g0;
        for j in 1..=self.greaters() {
            // (c_g ⊕ ρ_g) times every subset of the j equal masks before it.
            let cg = c[Self::greater_bit(j)];
            let mut terms = [0u64; SUBSETS];
            terms[0] = subsets[0] & cg ^ rho[Self::greater_bit(j)];
            for set in 1..1 << j {
                terms[set] = subsets[set] & cg ^ next();
            }
            greater ^= self.fold(&mut terms, j, c);
        }
        let equal = if self.equal { self.fold(&mut subsets, self.size, c) } else { 0 };
        (greater, equal)
    }

    /// Σ over the subsets S of `count` equal masks of terms\[S\] · Π_{i ∉ S} c_i, one bit at a time.
    fn fold(&self, terms: &mut [u64; SUBSETS], count: usize, c: &[u64]) -> u64 {
        for i in (0..count).rev() {
            let half = 1 << i;
            for set in 0..half {
                terms[set] = terms[set] & c[self.equal_bit(i)] ^ terms[set + half];
            }
        }
        terms[0]
    }
}

/// The most products that a group takes.
pub(super) const MAX_PRODUCTS: usize = 22;
