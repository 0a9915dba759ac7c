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

    /// The corrections of the tables of t, of t times each vector of the lift, and of these vectors.
    pub(super) fn deal<W: Word, O: Word>(&self, r: &[W], out: &mut [u8]) {
        let lifts = self.lifts::<W, O>(r);
        let lifts: [&[O]; 2] = [&lifts[0], &lifts[1]];
        let bits = self.plan.output().map_or(O::BITS, |elements| elements.bits);
        let vector = ring::packed_len(self.len, bits);
        let mut outs = out.chunks_exact_mut(vector.max(1));
        let mut t = Scratch::<u64>::zeros(words(self.len));
        for c in 0..self.plan.entries() {
            self.entry(c, &mut t);
            for table in 0..self.plan.last_tables() {
                let place = table * self.plan.entries() + c;
                let Some(out) = outs.next() else { return };
                self.correct::<O>(ENTRIES, place, bits, out, |at, values: &mut [O]| {
                    loops::spread(&t[at / 64..], values);
                    if let Some(lift) = table.checked_sub(1) {
                        zeroize::optimization_barrier(values);
                        kernel::times(&lifts[lift][at..], values);
                    }
                });
            }
        }
        for (place, lift) in lifts.iter().enumerate().take(self.plan.lifts()) {
            let Some(out) = outs.next() else { return };
            let copy = |at: usize, values: &mut [O]| values.copy_from_slice(&lift[at..][..values.len()]);
            self.correct::<O>(LIFTS, place, bits, out, copy);
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

    /// What is added to ⌊y / 2^shift⌋: for y_{k−1} = 1 first, and where there are two, for 0 next.
    fn lifts<W: Word, O: Word>(&self, r: &[W]) -> [Scratch<O>; 2] {
        let (plan, shift) = (self.plan, self.plan.task().shift());
        let count = plan.lifts();
        let size = |wanted: bool| if wanted { self.len } else { 0 };
        let mut one = Scratch::<O>::zeros(size(count > 0));
        let mut zero = Scratch::<O>::zeros(size(count > 1));
        kernel::high(r, plan.bits(), shift, &mut one);
        if count > 1 {
            kernel::lifts(&mut one, &mut zero, plan.bits() - shift);
        } else {
            one.iter_mut().for_each(|one| *one = one.wrapping_neg());
        }
        [one, zero]
    }
}
