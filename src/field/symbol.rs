//! Quadratic characters by the binary Jacobi algorithm, with a fixed number of steps.
//!
//! For odd f and g the Jacobi symbol (g|f) obeys
//!
//! - (g|f) = (f|g), with the other sign if f ≡ g ≡ 3 mod 4;
//! - (g|f) = (g − f|f);
//! - (2h|f) = (h|f), with the other sign if f ≡ ±3 mod 8.
//!
//! So a step swaps f and g such that f ≤ g, subtracts, and halves the difference, which is even,
//! until it is odd: (f, g) becomes (f, (g − f)/2^k), k ≥ 1. As f + (g − f)/2 = (f + g)/2, every step
//! halves f + g at least. It is below 2^65 at first and stays an integer, so that 64 steps bring it
//! below 2, that is to f = 1 and g = 0, where (0|1) = 1. One step more makes it (0, 1), which all
//! further ones leave as it is, and neither changes the sign. (Binary Jacobi symbols: Shallit and
//! Sorenson, *A binary algorithm for the Jacobi symbol*, ACM SIGSAM Bulletin 27 (1993).)
//!
//! The number of steps is always that of the worst case, so values may be secret; random ones would need some 50 steps.
//! Values are handled side by side, in words of 64 bits for the 33 steps after which f + g is below 2^32, then in words of
//! 32. A sign is bit 1 of a word, where bit 1 of f & g
//! is f ≡ g ≡ 3 mod 4, and bit 1 of f ⊕ f/2 is f ≡ ±3 mod 8.

use super::Field;
use crate::ring::Word;
use crate::simd::wide;

/// Values side by side, as many as a word has bits.
const LANES: usize = 64;
/// Steps that bring a sum below 2^65 below 2^32.
const LONG: u32 = 33;
/// Steps that bring a sum below 2^32 below 2.
const SHORT: u32 = 31;

impl Field {
    /// Sets bit i of `negative`, 64 to a word, where value i is not a square modulo p. The time depends only on the number
    /// of values. The bit for a multiple of p is arbitrary.
    ///
    /// ```
    /// let mut negative = [0];
    /// ringshare::field::Field::new(7).symbols(&[1, 2, 3, 4, 5, 6], &mut negative);
    /// assert_eq!(negative, [0b110100]);
    /// ```
    ///
    /// # Panics
    /// If `negative` does not have one word for every 64 values, rounded up.
    pub fn symbols(&self, values: &[u64], negative: &mut [u64]) {
        assert_eq!(negative.len(), values.len().div_ceil(LANES), "words of signs");
        let mut state = State::new();
        for (values, negative) in values.chunks(LANES).zip(negative) {
            state.g[..values.len()].copy_from_slice(values);
            start(self.prime, &mut state.f, &mut state.g, &mut state.signs);
            steps(LONG, &mut state.f, &mut state.g, &mut state.signs);
            state.narrow();
            steps(SHORT, &mut state.short_f, &mut state.short_g, &mut state.short_signs);
            let bits = state.short_signs.iter().enumerate();
            *negative = bits.fold(0, |word, (i, sign)| word | ((sign >> 1 & 1) as u64) << i);
            *negative &= u64::MAX >> (LANES - values.len());
        }
        state.wipe();
    }
}

/// f, g and the sign of every value.
struct State {
    f: [u64; LANES],
    g: [u64; LANES],
    signs: [u64; LANES],
    short_f: [u32; LANES],
    short_g: [u32; LANES],
    short_signs: [u32; LANES],
}

impl State {
    fn new() -> Self {
        let (long, short) = ([0; LANES], [0; LANES]);
        Self { f: long, g: long, signs: long, short_f: short, short_g: short, short_signs: short }
    }

    fn narrow(&mut self) {
        let narrow = |short: &mut [u32; LANES], long: &[u64; LANES]| {
            short.iter_mut().zip(long).for_each(|(short, &long)| *short = long as u32);
        };
        narrow(&mut self.short_f, &self.f);
        narrow(&mut self.short_g, &self.g);
        narrow(&mut self.short_signs, &self.signs);
    }

    fn wipe(&mut self) {
        *self = Self::new();
        zeroize::optimization_barrier(self);
    }
}

wide! {
    /// Sets f to the prime, and takes the twos out of g.
    fn start<W: Word>(prime: W, f: &mut [W; LANES], g: &mut [W; LANES], signs: &mut [W; LANES]) {
        // A zero has more twos than can be shifted out.
        let top = W::one() << (W::BITS - 1) as usize;
        let flips = prime ^ (prime >> 1);
        for ((f, g), sign) in f.iter_mut().zip(g.iter_mut()).zip(signs.iter_mut()) {
            let zeros = (*g | top).trailing_zeros();
            *f = prime;
            *g = *g >> zeros as usize;
            *sign = flips & W::truncate64((zeros as u64) << 1);
        }
    }
}

wide! {
    /// Steps from (g|f) towards (0|1).
    fn steps<W: Word>(
        count: u32,
        f: &mut [W; LANES],
        g: &mut [W; LANES],
        signs: &mut [W; LANES],
    ) {
        let top = W::one() << (W::BITS - 1) as usize;
        for _ in 0..count {
            for ((f, g), sign) in f.iter_mut().zip(g.iter_mut()).zip(signs.iter_mut()) {
                let swap = W::zero().wrapping_sub(&W::truncate64((*g < *f) as u64));
                let both = *f & *g & swap;
                let (least, most) = ((*f).min(*g), (*f).max(*g));
                let difference = most.wrapping_sub(&least);
                let zeros = (difference | top).trailing_zeros();
                *f = least;
                *g = difference >> zeros as usize;
                let odd = W::truncate64((zeros as u64) << 1);
                *sign = *sign ^ both ^ ((least ^ (least >> 1)) & odd);
            }
        }
    }
}
