//! The dealer's half of a lookup.
//!
//! T' is T rotated by r. The mask is a secret, so it is neither an index nor a count: for every bit b of −r, the table is
//! shifted by 2^b or not at all, by masks. What a rotation pushes out at one end comes in at the other. To make do with
//! plain shifts, the table is laid out twice, and the result is a window of that. A table of pairs is laid out twice along
//! both indices: 2·2^m_a rows of 2·2^m_b entries. Then
//!
//! T'\[c_a, c_b\] = T(c_a − r_a, c_b − r_b) is at place (c_a + o_a)·2^(m_b + 1) + (c_b + o_b),
//!
//! where o = −r mod 2^m: one shift, by o_a·2^(m_b + 1) + o_b, whose bits are those of o_a and o_b.
//!
//! Tables are public, and mostly of small numbers: they are shifted in the smallest word N that
//! holds them, and extended to the output's word W afterwards.

use core::array::from_fn;

use crate::function::{MAX_INDEX_BITS, Table};
use crate::offline::Dealing;
use crate::ring::{self, Word};
use crate::secret::Scratch;
use crate::simd::wide;

pub(super) const MASK_A: u64 = 0;
pub(super) const TABLE: u64 = 1;
pub(super) const MASK_B: u64 = 2;
const _: () = assert!(crate::offline::apart(&[MASK_A, TABLE, MASK_B]));

/// Entries that are made at a time: whole tables, a multiple of 8 entries unless they are the last.
const BLOCK: usize = 1 << MAX_INDEX_BITS;

/// Entries of a step of the loops below, a compile-time constant for short tables' sake.
const LANES: usize = 16;

/// The correction of `len` tables, lookup by lookup.
pub(super) fn deal<W: Word>(dealing: &Dealing<'_>, table: &Table, len: usize, bits: u32, out: &mut [u8]) {
    match table.word().min(W::BITS) {
        8 => deal_by::<u8, W>(dealing, table, len, bits, out),
        16 => deal_by::<u16, W>(dealing, table, len, bits, out),
        32 => deal_by::<u32, W>(dealing, table, len, bits, out),
        _ => deal_by::<u64, W>(dealing, table, len, bits, out),
    }
}

fn deal_by<N: Word, W: Word>(dealing: &Dealing<'_>, table: &Table, len: usize, bits: u32, out: &mut [u8]) {
    let window = Window::new(table.bits());
    let twice: Scratch<N> = window.lay_out(table);
    let step = (BLOCK >> table.index_bits()).min(len.max(1));
    let mut buffers = [(); 2].map(|()| Scratch::<N>::zeros(step * window.buffer()));
    let mut masks = [(); 2].map(|()| Scratch::<u16>::zeros(step));
    let mut narrow = Scratch::<N>::zeros(step << table.index_bits());
    let mut wide = Scratch::<W>::zeros(narrow.len());
    let bytes = ring::packed_len(narrow.len(), bits);
    for (first, out) in (0..len).step_by(step).zip(out.chunks_mut(bytes)) {
        let count = step.min(len - first);
        let [a, b] = &mut masks;
        let (a, b) = (&mut a[..count], &mut b[..count]);
        dealing.sum(MASK_A, first, a);
        if window.bits[1] > 0 {
            dealing.sum(MASK_B, first, b);
        }
        window.offsets(a, b);
        let narrow = &mut narrow[..count << table.index_bits()];
        let wide = &mut wide[..narrow.len()];
        shift(&twice, &window, a, &mut buffers, narrow);
        extend(narrow, wide);
        dealing.correct(TABLE, first << table.index_bits(), wide);
        ring::pack(wide, bits, out);
    }
}

/// How a table lies in the array that it is shifted in.
struct Window {
    bits: [u32; 2],
    /// Entries of a row of the table, and of the array.
    row: [usize; 2],
    /// Entries of the array that are left when all is shifted.
    entries: usize,
}

impl Window {
    fn new(bits: [u32; 2]) -> Self {
        let row = [1 << bits[1], if bits[1] == 0 { 1 } else { 2 << bits[1] }];
        Self { bits, row, entries: row[1] << bits[0] }
    }

    /// Entries that a table takes on the way: half as many again as are left, and what rounding up to
    /// whole steps reads.
    fn buffer(&self) -> usize {
        self.entries / 2 * 3 + LANES
    }

    /// The table twice along both indices.
    fn lay_out<N: Word>(&self, table: &Table) -> Scratch<N> {
        let mut out = Scratch::zeros(2 * self.entries + LANES);
        let [narrow, wide] = self.row;
        let (once, again) = out[..2 * self.entries].split_at_mut(self.entries);
        let rows = table.entries().chunks_exact(narrow);
        for (out, row) in once.chunks_exact_mut(wide).zip(rows) {
            for out in out.chunks_exact_mut(narrow) {
                out.iter_mut().zip(row).for_each(|(out, &value)| *out = N::truncate64(value as u64));
            }
        }
        again.copy_from_slice(once);
        out
    }

    /// From masks to the places of the window, in `a`.
    fn offsets(&self, a: &mut [u16], b: &[u16]) {
        let [mask_a, mask_b] = self.bits.map(|bits| (1u16 << bits) - 1);
        let shift = self.row[1].trailing_zeros();
        for (a, b) in a.iter_mut().zip(b) {
            *a = (a.wrapping_neg() & mask_a) << shift | b.wrapping_neg() & mask_b;
        }
    }

    /// The bits of an offset, the highest first.
    fn steps(&self) -> impl Iterator<Item = u32> + Clone {
        let shift = self.row[1].trailing_zeros();
        (0..self.bits[0]).rev().map(move |b| b + shift).chain((0..self.bits[1]).rev())
    }
}

wide! {
    /// The windows of `twice` at all offsets, one behind the other.
    ///
    /// A shift of all tables is done before the next: what one stores the next loads at other places,
    /// which a CPU would wait for.
    fn shift<N: Word>(
        twice: &[N],
        window: &Window,
        offsets: &[u16],
        buffers: &mut [Scratch<N>; 2],
        out: &mut [N],
    ) {
        let ([narrow, row], buffer) = (window.row, window.buffer());
        let entries = narrow << window.bits[0];
        let [now, next] = buffers;
        let (mut now, mut next) = (&mut **now, &mut **next);
        for (step, b) in window.steps().enumerate() {
            // All that the smaller shifts may still reach.
            let left = (window.entries + (1 << b) - 1).next_multiple_of(LANES);
            for (t, &offset) in offsets.iter().enumerate() {
                let mask = N::zero().wrapping_sub(&N::truncate64(u64::from(offset >> b & 1)));
                let from = if step == 0 { twice } else { &now[t * buffer..] };
                let to = if left == entries { &mut out[t * entries..] } else { &mut next[t * buffer..] };
                let near = from.as_chunks::<LANES>().0;
                let far = from[1 << b..].as_chunks::<LANES>().0;
                let to = to[..left].as_chunks_mut::<LANES>().0;
                for (to, (near, far)) in to.iter_mut().zip(near.iter().zip(far)) {
                    *to = from_fn(|i| near[i] ^ ((near[i] ^ far[i]) & mask));
                }
            }
            core::mem::swap(&mut now, &mut next);
        }
        // Else the last shift has written there.
        if !window.entries.is_multiple_of(LANES) || narrow < row {
            for (out, now) in out.chunks_exact_mut(entries).zip(now.chunks_exact(buffer)) {
                for (out, row) in out.chunks_exact_mut(narrow).zip(now.chunks_exact(row)) {
                    out.iter_mut().zip(row).for_each(|(out, entry)| *out = *entry);
                }
            }
        }
    }
}

wide! {
    /// Two's complement numbers in another word.
    fn extend<N: Word, W: Word>(narrow: &[N], wide: &mut [W]) {
        let up = 64 - N::BITS;
        for (wide, narrow) in wide.iter_mut().zip(narrow) {
            *wide = W::from_signed(((narrow.low64() << up) as i64 >> up).into());
        }
    }
}
