//! The dealer's half of the last step: the final table.

use super::super::small_table;
use super::kernel;
use super::plan::Plan;
use super::sections::{ENTRIES, LIFTS};
use crate::offline::planes::words;
use crate::offline::{Dealing, loops};
use crate::ring::{self, Word};
use crate::secret::Scratch;

/// What the last step's tables are made of.
pub(super) struct FinalTable<'a> {
    pub(super) dealing: &'a Dealing<'a>,
    pub(super) plan: &'a Plan,
    pub(super) len: usize,
    /// r_{k−1}, where it counts.
    pub(super) top: &'a [u64],
    /// Masks of g_0, e_0, g_1, e_1, g_2, as far as there are, or of e_0 alone.
    pub(super) rho: &'a [u64],
}

impl FinalTable<'_> {
    /// Bit t of every value at address c: t = r_{k−1} ⊕ ρ_0 ⊕ e_0·g_1 ⊕ e_0·e_1·g_2, where the
    /// address holds e_0, g_1, e_1, g_2 under their masks.
    fn entry(&self, c: usize, out: &mut [u64]) {
        let words = words(self.len);
        let bits = self.plan.last_bits() - 1;
        for (w, out) in out.iter_mut().enumerate() {
            let mut v = [0u64; 4];
            for (i, v) in v.iter_mut().enumerate().take(bits) {
                let public = if c >> i & 1 == 1 { !0 } else { 0 };
                *v = public ^ self.rho[(i + 1) * words + w];
            }
            let [e0, g1, e1, g2] = v;
            *out = self.top[w] ^ self.rho[w] ^ e0 & (g1 ^ e1 & g2);
        }
    }

    /// The corrections of the tables of t and of t·v and of v, then of t times the wraps and of these. Of v that is made of
    /// the masks, the part above them, behind all.
    pub(super) fn deal<W: Word, O: Word>(&self, r: &[W], out: &mut [u8]) {
        let (plan, entries) = (self.plan, self.plan.entries());
        let [v, wraps] = self.lifts::<W, O>(r);
        let bits = plan.output().map_or(O::BITS, |elements| elements.bits);
        let [vector, narrow] = [bits, plan.wrap()].map(|bits| ring::packed_len(self.len, bits));
        let (out, of_wraps) = out.split_at_mut(plan.vectors()[0] * vector);
        let mut outs = out.chunks_exact_mut(vector.max(1));
        let mut of_wraps = of_wraps.chunks_exact_mut(narrow.max(1));
        let mut t = Scratch::<u64>::zeros(words(self.len));
        let spread = |t: &[u64], at: usize, values: &mut [O], times: Option<&[O]>| {
            loops::spread(&t[at / 64..], values);
            if let Some(factors) = times {
                zeroize::optimization_barrier(values);
                kernel::times(&factors[at..], values);
            }
        };
        for c in 0..entries {
            self.entry(c, &mut t);
            for (table, out) in (0..plan.last_tables()).zip(&mut outs) {
                let times = (table > 0).then_some(&v[..]);
                let fill = |at, values: &mut [O]| spread(&t, at, values, times);
                self.correct(ENTRIES, table * entries + c, bits, out, fill);
            }
            if plan.last_tables() > 1
                && let Some(out) = of_wraps.next()
            {
                let fill = |at, values: &mut [O]| spread(&t, at, values, Some(&wraps));
                self.correct(ENTRIES, 2 * entries + c, plan.wrap(), out, fill);
            }
        }
        let copy =
            |lift: &[O], at: usize, values: &mut [O]| values.copy_from_slice(&lift[at..][..values.len()]);
        if let Some(out) = outs.next() {
            self.correct(LIFTS, 0, bits, out, |at, values| copy(&v, at, values));
        }
        if let Some(out) = of_wraps.next() {
            self.correct(LIFTS, 1, plan.wrap(), out, |at, values| copy(&wraps, at, values));
        }
        if let Some(out) = of_wraps.next() {
            self.correct(LIFTS, 0, plan.wrap(), out, |at, values: &mut [O]| {
                kernel::above(&r[at..][..values.len()], plan.bits(), values);
            });
        }
    }

    /// The correction of one vector of a section, whose values come block by block.
    fn correct<O: Word>(
        &self,
        section: u64,
        place: usize,
        bits: u32,
        out: &mut [u8],
        fill: impl Fn(usize, &mut [O]),
    ) {
        small_table::correct(self.dealing, [section, place as u64], self.len, bits, out, fill);
    }

    /// What is added to ⌊y / 2^shift⌋, and where the sum may wrap, how often 2^(k − shift) is if y_{k−1} = 0.
    fn lifts<W: Word, O: Word>(&self, r: &[W]) -> [Scratch<O>; 2] {
        let (plan, shift) = (self.plan, self.plan.task().shift());
        let size = |wanted: bool| if wanted { self.len } else { 0 };
        let mut v = Scratch::<O>::zeros(size(plan.has_lift()));
        let mut wraps = Scratch::<O>::zeros(size(plan.wrap() > 0));
        kernel::high(r, plan.bits(), shift, &mut v);
        if wraps.is_empty() {
            v.iter_mut().for_each(|v| *v = v.wrapping_neg());
        } else {
            kernel::lifts(&mut v, &mut wraps, plan.bits() - shift);
        }
        [v, wraps]
    }
}
