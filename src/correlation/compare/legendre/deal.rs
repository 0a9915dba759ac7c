//! The dealer's half of a comparison by Legendre symbols.

use super::shape::{BLOCK, ENTRIES, PRODUCTS, R, Shape, T};
use super::variant::Variant;
use crate::correlation::compare::small_table;
use crate::offline::{Dealing, Elements};
use crate::ring::{self, Word};
use crate::secret::Scratch;

/// The correction of `len` comparisons of words of `word` bits with results in words `O`: both candidates of t_i·ρ
/// side by side, first the one for a y without its top bit, symbol by symbol; then the last table.
pub(super) fn deal<O: Word>(
    dealing: &Dealing<'_>,
    len: usize,
    [word, bits]: [u32; 2],
    variant: Variant,
    output: Elements,
    out: &mut [u8],
) {
    let shape = Shape { len, bits, variant };
    let words = len.div_ceil(64);
    // Signs of all t_i: [symbols, words].
    let mut signs = Scratch::<u64>::zeros(words * variant.symbols());
    let (products, entries) = out.split_at_mut(shape.products_bytes());
    let mut r = Scratch::<u64>::zeros(BLOCK.min(len));
    let mut block = Block::new(BLOCK.min(len));
    for at in (0..len).step_by(BLOCK) {
        let size = BLOCK.min(len - at);
        dealing.sum_low(word, R, at, &mut r[..size]);
        block.start(shape, &r[..size]);
        for i in 0..variant.symbols() {
            let signs = &mut signs[i * words + at / 64..][..size.div_ceil(64)];
            let place = i * len + at;
            block.deal(dealing, shape, place, signs, &mut products[16 * place..][..16 * size]);
        }
    }
    let majority = Majority { signs: &signs, words, kappa: variant.kappa() };
    small_table::deal_bits::<O>(dealing, ENTRIES, len, output.bits, entries, |c, t| majority.entry(c, t));
}

/// The masks of some values.
struct Block {
    /// Both candidates of ρ, in Montgomery form: with r's top bit counted as a wrap, and without.
    rho: Scratch<u64>,
    t: Scratch<u64>,
    products: Scratch<u64>,
    random: Scratch<u128>,
}

impl Block {
    fn new(size: usize) -> Self {
        let [rho, t, products] = [2 * size, size, 2 * size].map(Scratch::zeros);
        Self { rho, t, products, random: Scratch::zeros(2 * size) }
    }

    fn start(&mut self, shape: Shape, r: &[u64]) {
        let (field, wrap) = (shape.field(), shape.wrap());
        for (rho, r) in self.rho.chunks_exact_mut(2).zip(r) {
            let r = r & u64::mask(shape.bits + 1);
            let top = 0u64.wrapping_sub(r >> shape.bits);
            rho[1] = field.sub(0, field.to_montgomery(2 * r));
            rho[0] = field.add(rho[1], wrap & top);
        }
    }

    /// The part of the correction, and the signs, of the t_i from place `at` on.
    fn deal(&mut self, dealing: &Dealing<'_>, shape: Shape, at: usize, signs: &mut [u64], out: &mut [u8]) {
        let (field, size) = (shape.field(), out.len() / 16);
        let (t, random) = (&mut self.t[..size], &mut self.random[..2 * size]);
        dealing.sum_elements(T, at, field, &mut random[..size], t);
        field.symbols(t, signs);
        let products = &mut self.products[..2 * size];
        let pairs = products.chunks_exact_mut(2).zip(self.rho.chunks_exact(2));
        for ((products, rho), t) in pairs.zip(t) {
            products[0] = field.montgomery_mul(rho[0], *t);
            products[1] = field.montgomery_mul(rho[1], *t);
        }
        dealing.correct_elements(PRODUCTS, 2 * at, field, random, products);
        ring::pack(products, 64, out);
    }
}

/// What the last table is made of.
struct Majority<'a> {
    /// The bits σ_i: `[symbols, words]`.
    signs: &'a [u64],
    words: usize,
    kappa: usize,
}

impl Majority<'_> {
    /// The majority of σ_{−κ} and the σ_i ⊕ c_i at address c.
    fn entry(&self, c: usize, out: &mut [u64]) {
        for (w, out) in out.iter_mut().enumerate() {
            // Whether at least j of the bits so far are set.
            let mut least = [!0u64, 0, 0, 0];
            for i in 0..2 * self.kappa + 1 {
                let public = if (c << 1) >> i & 1 == 1 { !0 } else { 0 };
                let bit = self.signs[i * self.words + w] ^ public;
                for j in (1..least.len()).rev() {
                    least[j] |= least[j - 1] & bit;
                }
            }
            *out = least[self.kappa + 1];
        }
    }
}
