//! The loops on planes: pure, slices in, slices out.

use crate::ring::Word;
use crate::secret::wipe;
use crate::simd::wide;

/// Words of a plane that are transposed at a time, a lane each.
const LANES: usize = 8;

wide! {
    /// The planes of the low `bits` bits of every y, 64 values to a word: plane j starts at word
    /// j·`stride` of `out`.
    ///
    /// A square of w rows of w bits is transposed by halves, quarters, and so on. A row of 64 bits
    /// holds as many squares of words of w bits as fit, a lane is 64 values, and the lanes are
    /// transposed at once.
    pub(super) fn transpose<W: Word>(y: &[W], bits: u32, stride: usize, out: &mut [u64]) {
        let size = W::BITS.min(64) as usize;
        let mut rows = [[0u64; LANES]; 64];
        let mut column = [0u64; 64];
        for (b, y) in y.chunks(64 * LANES).enumerate() {
            for (lane, y) in y.chunks(64).enumerate() {
                column[..size].fill(0);
                for (square, y) in y.chunks(size).enumerate() {
                    for (word, y) in column.iter_mut().zip(y) {
                        *word |= y.low64() << (square * size);
                    }
                }
                for (row, word) in rows.iter_mut().zip(&column[..size]) {
                    row[lane] = *word;
                }
            }
            let mut half = size / 2;
            while half > 0 {
                let low = !0u64 / ((1u64 << half) + 1);
                for rows in rows[..size].chunks_exact_mut(2 * half) {
                    let (upper, lower) = rows.split_at_mut(half);
                    for (upper, lower) in upper.iter_mut().zip(lower) {
                        for (a, b) in upper.iter_mut().zip(lower) {
                            let change = ((*a >> half) ^ *b) & low;
                            *b ^= change;
                            *a ^= change << half;
                        }
                    }
                }
                half /= 2;
            }
            let words = y.len().div_ceil(64);
            for (j, row) in rows.iter().enumerate().take(bits as usize) {
                let out = &mut out[j * stride + b * LANES..][..words];
                // A copy of known length is a store.
                match out.as_chunks_mut::<LANES>() {
                    ([out], []) => *out = *row,
                    _ => out.copy_from_slice(&row[..words]),
                }
            }
        }
        wipe(&mut column);
        wipe(rows.as_flattened_mut());
    }
}

wide! {
    /// Shares of g and p of one bit: `one` is the share of the constant.
    pub(super) fn leaf<W: Word>(y: &[W], r: &[W], one: W, generate: &mut [W], propagate: &mut [W]) {
        let out = generate.iter_mut().zip(propagate);
        for ((y, r), (generate, propagate)) in y.iter().zip(r).zip(out) {
            *generate = !*y & *r;
            *propagate = (!*y & one) ^ *r;
        }
    }
}

wide! {
    /// Shares of g and p of two neighbouring bits, the higher first, given shares of the product of
    /// their r.
    pub(super) fn pair<W: Word>(
        y: [&[W]; 2],
        r: [&[W]; 2],
        product: &[W],
        one: W,
        generate: &mut [W],
        propagate: &mut [W],
    ) {
        let [y_high, y_low] = y;
        let [r_high, r_low] = r;
        let public = y_high.iter().zip(y_low);
        let shared = r_high.iter().zip(r_low).zip(product);
        let out = generate.iter_mut().zip(propagate);
        for (((y_high, y_low), ((r_high, r_low), product)), (generate, propagate)) in public.zip(shared).zip(out) {
            let (n_high, n_low) = (!*y_high, !*y_low);
            // p_high·r_low, and 1 ⊕ y_low times p_high with its constant.
            let carried = (n_high & *r_low) ^ *product;
            *generate = (n_high & *r_high) ^ (n_low & carried);
            *propagate = (n_low & ((n_high & one) ^ *r_high)) ^ carried;
        }
    }
}

wide! {
    /// From shares of ρ_0·ρ_1 to shares of v_0·v_1, given both c and the shares of both ρ.
    pub(super) fn product<W: Word>(c: [&[W]; 2], rho: [&[W]; 2], one: W, out: &mut [W]) {
        let public = c[0].iter().zip(c[1]);
        let shared = rho[0].iter().zip(rho[1]);
        for (((c0, c1), (rho0, rho1)), out) in public.zip(shared).zip(out) {
            *out = *out ^ (*c0 & (*rho1 ^ (*c1 & one))) ^ (*c1 & *rho0);
        }
    }
}

wide! {
    /// a ⊕= b.
    pub(super) fn xor<W: Word>(a: &mut [W], b: &[W]) {
        for (a, b) in a.iter_mut().zip(b) {
            *a = *a ^ *b;
        }
    }
}

wide! {
    /// a ∧= b.
    pub(super) fn and<W: Word>(a: &mut [W], b: &[W]) {
        for (a, b) in a.iter_mut().zip(b) {
            *a = *a & *b;
        }
    }
}

wide! {
    /// From shares s of the mask of x to shares of c·x: γ are the opened bits, y what this party
    /// adds of x less its mask, ρ and ρs the shares of the mask of c, alone and times that of x.
    pub(super) fn select<W: Word>(gamma: &[u64], y: &[W], own: W, rho: &[W], product: &[W], s: &mut [W]) {
        let shared = rho.chunks(64).zip(product.chunks(64));
        let blocks = y.chunks(64).zip(shared).zip(s.chunks_mut(64));
        for (gamma, ((y, (rho, product)), s)) in gamma.iter().zip(blocks) {
            let shared = rho.iter().zip(product);
            for (i, ((y, (rho, product)), s)) in y.iter().zip(shared).zip(s).enumerate() {
                let flip = W::zero().wrapping_sub(&W::truncate64(*gamma >> i & 1));
                let masked = rho.wrapping_mul(y).wrapping_add(product);
                // Two's complement: negation is complement and add one.
                let signed = (masked ^ flip).wrapping_sub(&flip);
                *s = (s.wrapping_add(&(*y & own)) & flip).wrapping_add(&signed);
            }
        }
    }
}
