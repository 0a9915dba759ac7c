//! From the shared bits of the chunks to the result.

use alloc::vec;
use alloc::vec::Vec;

use super::combine::{self, groups};
use super::last::Last;
use super::{BITS, ENTRIES, PRODUCTS, Plan, TOP, words};
use crate::correlation::{Elements, Source, StoreError};
use crate::ring::Ring;
use crate::share::{BitShare, Scratch, Share};

/// Shared bits of what is left of the chunks.
pub struct Chunks {
    source: Source,
    plan: Plan,
    len: usize,
    level: usize,
    /// Opened bits so far, for the place of the masks.
    bit: usize,
    /// Products so far.
    product: usize,
    /// *Greater* and *equal* of the chunks: `[2·chunks, words]`.
    pairs: Scratch<u64>,
    /// y_{k−1}.
    top: Vec<u64>,
}

impl Chunks {
    pub(super) fn new(source: Source, plan: Plan, len: usize, pairs: Scratch<u64>, top: Vec<u64>) -> Self {
        Self { source, plan, len, level: 0, bit: 0, product: 0, pairs, top }
    }

    /// The bits that the next step opens: bit vectors of this many values, each in whole bytes, one
    /// behind the other. Empty if the next step opens nothing.
    pub fn masked(&self) -> Vec<u8> {
        let words = words(self.len);
        let mut rho = vec![0; self.opened_bits() * words];
        self.source.random(BITS, self.bit * words, &mut rho);
        for (place, pair) in self.opened_pairs().into_iter().enumerate() {
            let vector = &mut rho[place * words..][..words];
            vector.iter_mut().zip(&self.pairs[pair * words..][..words]).for_each(|(rho, v)| *rho ^= v);
        }
        let bytes = self.len.div_ceil(8);
        let mut out = Vec::with_capacity(self.opened_bits() * bytes);
        for vector in rho.chunks_exact(words.max(1)) {
            let start = out.len();
            vector.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
            out.truncate(start + bytes);
            if !self.len.is_multiple_of(8)
                && let Some(last) = out.last_mut()
            {
                *last &= (1 << (self.len % 8)) - 1;
            }
        }
        out
    }

    /// Whether a level is to be combined before the last step.
    pub fn has_level(&self) -> bool {
        self.level < self.plan.levels().len()
    }

    fn opened_bits(&self) -> usize {
        if self.has_level() { self.plan.level_bits(self.level) } else { self.plan.last_bits() }
    }

    /// Which of `pairs` the opened vectors are, in their order.
    fn opened_pairs(&self) -> Vec<usize> {
        if !self.has_level() {
            // g_0, e_0, g_1, e_1, g_2: g_0 alone enters the public flip.
            return match self.plan.last_bits() {
                0 => Vec::new(),
                n => (0..n).collect(),
            };
        }
        let mut order = Vec::new();
        for group in groups(&self.plan.levels()[self.level]) {
            // All of the group's pairs but g_0, and the last *equal* only if it is needed.
            let end = 2 * (group.first + group.size) - usize::from(!group.equal);
            order.extend(2 * group.first + 1..end);
        }
        order
    }

    /// Bit vectors of an opening, word by word.
    fn unpack(&self, opened: &[u8]) -> Vec<u64> {
        let bytes = self.len.div_ceil(8);
        assert_eq!(opened.len(), self.opened_bits() * bytes, "bytes of opened bits");
        let mut out = Vec::with_capacity(self.opened_bits() * words(self.len));
        for vector in opened.chunks_exact(bytes.max(1)) {
            for chunk in vector.chunks(8) {
                let mut raw = [0; 8];
                raw[..chunk.len()].copy_from_slice(chunk);
                out.push(u64::from_le_bytes(raw));
            }
        }
        out
    }

    /// Combines the groups of a level, given its opened bits.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `opened` has another length than [`masked`](Self::masked) gave.
    pub fn combine(mut self, opened: &[u8]) -> Result<Self, StoreError> {
        let c = self.unpack(opened);
        let words = words(self.len);
        let (bits, products) = (self.opened_bits(), self.plan.level_products(self.level));
        let mut rho = Scratch::<u64>::zeros(bits * words);
        let mut shared = Scratch::<u64>::zeros(products * words);
        self.source.random(BITS, self.bit * words, &mut rho);
        let region = self.plan.tables_bytes(self.len) + self.product * words * 8;
        self.source.words(PRODUCTS, region, self.product * words, &mut shared)?;
        let sizes = self.plan.levels()[self.level].clone();
        let one = if self.source.party() == 0 { !0 } else { 0 };
        let mut pairs = Scratch::zeros(2 * sizes.len() * words);
        for (g, group) in groups(&sizes).enumerate() {
            let [first, out] = [2 * group.first * words, 2 * g * words];
            let bits = combine::group_bits_of(&group);
            let mut slices = [[0u64; 8], [0; 8]];
            let mut terms = [0u64; combine::MAX_PRODUCTS];
            for w in 0..words {
                for (place, (c_of, rho_of)) in (0..bits).map(|place| {
                    let at = (group.bit + place) * words + w;
                    (place, (c[at], rho[at]))
                }) {
                    slices[0][place] = c_of;
                    slices[1][place] = rho_of;
                }
                for (p, term) in terms.iter_mut().enumerate().take(combine::products_of(&group)) {
                    *term = shared[(group.product + p) * words + w];
                }
                let g0 = self.pairs[first + w];
                let (greater, equal) = group.combine(g0, &slices[0], &slices[1], &terms, one);
                pairs[out + w] = greater;
                pairs[out + words + w] = equal;
            }
        }
        self.pairs = pairs;
        self.bit += bits;
        self.product += products;
        self.level += 1;
        Ok(self)
    }

    /// The boolean result: bits of x < 0.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If the plan's result is arithmetic, or levels are left.
    pub fn finish_bits(self) -> Result<BitShare, StoreError> {
        assert!(self.plan.output().is_none() && !self.has_level(), "a boolean plan with its levels combined");
        let words = words(self.len);
        let mut negative = vec![0; words];
        let region = self.plan.tables_bytes(self.len) + self.product * words * 8;
        self.source.words(TOP, region, 0, &mut negative)?;
        let public = if self.source.party() == 0 { !0 } else { 0 };
        for (i, word) in negative.iter_mut().enumerate() {
            *word ^= self.pairs[i] ^ self.top[i] & public;
        }
        Ok(BitShare::from_words(negative, self.len))
    }

    /// The arithmetic result: `[if x ≥ 0, if x < 0]` of `values`, given the opened bits.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If the plan's result is boolean or of another ring, levels are left, or `opened` has
    /// another length than [`masked`](Self::masked) gave.
    pub fn finish<O: Ring>(self, opened: &[u8], values: [O::Word; 2]) -> Result<Share<O>, StoreError> {
        let elements = self.plan.output().filter(|elements| *elements == Elements::of::<O>());
        assert!(elements.is_some() && !self.has_level(), "an arithmetic plan with its levels combined");
        let mut c = self.unpack(opened);
        let words = words(self.len);
        let region = self.plan.tables_bytes(self.len) + self.product * words * 8;
        // p = y_{k−1} ⊕ c_0.
        let (p, address) = c.split_at_mut(words);
        p.iter_mut().zip(&self.top).for_each(|(p, top)| *p ^= top);
        Last { source: &self.source, section: ENTRIES, region, len: self.len }.look_up(address, p, values)
    }
}
