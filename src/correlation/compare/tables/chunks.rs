//! From the shared bits of the chunks to the result.

use alloc::vec;
use alloc::vec::Vec;

use super::combine;
use super::plan::Plan;
use super::sections::{BITS, PRODUCTS, TOP};
use crate::offline::planes;
use crate::offline::planes::words;
use crate::offline::{Error, Source};
use crate::secret::Scratch;
use crate::share::BitShare;

/// The shared bits of the chunks that are left.
///
/// Combined twice, they do not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::correlation::compare::Chunks;
/// fn twice(chunks: Chunks) {
///     let _ = chunks.combine(&[]);
///     let _ = chunks.combine(&[]);
/// }
/// ```
pub struct Chunks {
    pub(super) source: Source,
    pub(super) plan: Plan,
    pub(super) len: usize,
    /// Bits of the word that the masks were drawn in.
    pub(super) word: u32,
    level: usize,
    /// Opened bits so far, for the place of the masks.
    bit: usize,
    /// Products so far.
    product: usize,
    /// *Greater* and *equal* of the chunks: `[2·chunks, words]`.
    pairs: Scratch<u64>,
    /// y_{k−1}.
    pub(super) top: Vec<u64>,
}

impl Chunks {
    /// Of `len` values, whose masks were drawn in words of `word` bits.
    pub(super) fn new(
        source: Source,
        plan: Plan,
        len: usize,
        word: u32,
        pairs: Scratch<u64>,
        top: Vec<u64>,
    ) -> Self {
        Self { source, plan, len, word, level: 0, bit: 0, product: 0, pairs, top }
    }

    /// The bits that the next step opens: vectors with a bit for each value, each in whole bytes, one behind the other.
    /// Empty if the next step opens nothing.
    pub fn masked(&self) -> Vec<u8> {
        let words = words(self.len);
        let mut rho = vec![0; self.opened_bits() * words];
        self.source.random(BITS, self.bit * words, &mut rho);
        for (place, pair) in self.opened_pairs().into_iter().enumerate() {
            let vector = &mut rho[place * words..][..words];
            vector.iter_mut().zip(&self.pairs[pair * words..][..words]).for_each(|(rho, v)| *rho ^= v);
        }
        let bytes = planes::bytes(self.len);
        let mut out = Vec::with_capacity(self.opened_bits() * bytes);
        for vector in rho.chunks_exact(words.max(1)) {
            let start = out.len();
            vector.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
            out.truncate(start + bytes);
            planes::clear_padding(self.len, &mut out);
        }
        out
    }

    /// How the values are compared.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether another level must be combined before the last step.
    pub fn has_level(&self) -> bool {
        self.level < self.plan.levels().len()
    }

    fn opened_bits(&self) -> usize {
        if self.has_level() { self.plan.level_bits(self.level) } else { self.plan.last_bits() }
    }

    /// Which of `pairs` the opened vectors are, in their order.
    fn opened_pairs(&self) -> Vec<usize> {
        if self.has_level() {
            return self.plan.groups(self.level).flat_map(|group| group.opened()).collect();
        }
        // g_0, e_0, g_1, e_1, g_2, or e_0 alone.
        let first = usize::from(!self.plan.task().orders());
        (first..first + self.plan.last_bits()).collect()
    }

    /// The byte of the correction at which the last step's part begins.
    pub(super) fn last_region(&self) -> usize {
        self.plan.tables_bytes(self.len) + self.product * words(self.len) * 8
    }

    /// Bit vectors of an opening, word by word.
    pub(super) fn unpack(&self, opened: &[u8]) -> Vec<u64> {
        let (bytes, words) = (planes::bytes(self.len), words(self.len));
        assert_eq!(opened.len(), self.opened_bits() * bytes, "bytes of opened bits");
        let mut out = vec![0; self.opened_bits() * words];
        let vectors = opened.chunks_exact(bytes.max(1)).zip(out.chunks_exact_mut(words.max(1)));
        vectors.for_each(|(vector, out)| planes::read(vector, out));
        out
    }

    /// Combines the groups of a level, given its opened bits.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `opened` has another length than [`masked`](Self::masked) gave.
    pub fn combine(mut self, opened: &[u8]) -> Result<Self, Error> {
        let c = self.unpack(opened);
        let words = words(self.len);
        let (bits, products) = (self.opened_bits(), self.plan.level_products(self.level));
        let mut rho = Scratch::<u64>::zeros(bits * words);
        let mut shared = Scratch::<u64>::zeros(products * words);
        self.source.random(BITS, self.bit * words, &mut rho);
        let region = self.last_region();
        self.source.words(PRODUCTS, region, self.product * words, &mut shared)?;
        let one = if self.source.party() == 0 { !0 } else { 0 };
        let groups: Vec<_> = self.plan.groups(self.level).collect();
        let mut pairs = Scratch::zeros(2 * groups.len() * words);
        for (group, out) in groups.iter().zip(pairs.chunks_exact_mut(2 * words.max(1))) {
            let first = 2 * group.first * words;
            if group.size == 1 {
                out.copy_from_slice(&self.pairs[first..][..2 * words]);
                continue;
            }
            let mut c_of = [0u64; 8];
            let mut rho_of = Scratch::<u64>::zeros(8);
            let mut terms = Scratch::<u64>::zeros(combine::MAX_PRODUCTS);
            for w in 0..words {
                for (place, (c_of, rho_of)) in
                    c_of.iter_mut().zip(rho_of.iter_mut()).enumerate().take(group.bits())
                {
                    let at = (group.bit + place) * words + w;
                    (*c_of, *rho_of) = (c[at], rho[at]);
                }
                for (p, term) in terms.iter_mut().enumerate().take(group.product_count()) {
                    *term = shared[(group.product + p) * words + w];
                }
                let g0 = self.pairs[first + w];
                (out[w], out[words + w]) = group.combine(g0, &c_of, &rho_of, &terms, one);
            }
        }
        self.pairs = pairs;
        self.bit += bits;
        self.product += products;
        self.level += 1;
        Ok(self)
    }

    /// The boolean result: bits of x < 0, or of x = 0.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If the plan's result is arithmetic, or levels are left.
    pub fn finish_bits(self) -> Result<BitShare, Error> {
        assert!(self.plan.output().is_none() && !self.has_level(), "a boolean plan with its levels combined");
        let words = words(self.len);
        let mut bits = vec![0; words];
        if !self.plan.task().has_top() {
            bits.copy_from_slice(&self.pairs[words..2 * words]);
            return Ok(BitShare::from_words(bits, self.len));
        }
        self.source.words(TOP, self.last_region(), 0, &mut bits)?;
        let public = if self.source.party() == 0 { !0 } else { 0 };
        for (i, word) in bits.iter_mut().enumerate() {
            *word ^= self.pairs[i] ^ self.top[i] & public;
        }
        Ok(BitShare::from_words(bits, self.len))
    }
}
