//! The kernels of AVX2: a line is two registers.
//!
//! Short words go as they do with AVX-512 without VNNI. There is no product of 64-bit words: with
//! a = a₀ + 2^32·a₁ and b alike, a·b = a₀b₀ + 2^32·(a₀b₁ + a₁b₀) modulo 2^64, three products of 32-bit words.
#![allow(unsafe_code)]

use core::arch::x86_64::*;
use core::mem::{transmute, transmute_copy};

use super::blocked::{self, Kernel};
use super::unfolded;
use super::word::{Cells, Line};

cpufeatures::new!(vectors, "avx2");

/// The CPU has AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        vectors::get().then_some(Self(()))
    }
}

/// Asks for `line` to be brought into the second level cache; AVX-512 has no instruction of its own.
#[inline(always)]
pub(super) fn fetch<T>(line: &T) {
    // SAFETY: every x86-64 CPU has the instruction, and it has no effect but on the caches.
    #[allow(unused_unsafe)]
    unsafe {
        _mm_prefetch::<_MM_HINT_T1>(core::ptr::from_ref(line).cast());
    }
}

/// The kernel of `$word`. The step is an unsafe expression of half a register of sums and, as
/// registers too, the cell `$a` (as the integer `$cell`, broadcast by `$splat`) and half a line `$b`.
macro_rules! kernel {
    ($word:ty, $cell:ty, $splat:ident, |$sums:ident, $a:ident, $b:ident| $step:expr) => {
        impl Kernel<$word> for Avx2 {
            const ROWS: usize = 2;
            type Sums = [__m256i; 2];

            #[inline(always)]
            fn zero(self) -> [__m256i; 2] {
                // SAFETY: `self` is the proof that the CPU has the instruction.
                unsafe { [_mm256_setzero_si256(); 2] }
            }

            #[inline(always)]
            fn step(self, sums: [__m256i; 2], a: <$word as Cells>::Cell, b: &Line<$word>) -> [__m256i; 2] {
                // SAFETY: `self` is the proof that the CPU has the instructions; a line is two times 32 bytes
                // at a multiple of 64; a cell is an integer of its size.
                unsafe {
                    let $a = $splat(transmute_copy::<_, $cell>(&a));
                    let halves = core::ptr::from_ref(b).cast::<__m256i>();
                    let step = |$sums, $b| $step;
                    [
                        step(sums[0], _mm256_load_si256(halves)),
                        step(sums[1], _mm256_load_si256(halves.add(1))),
                    ]
                }
            }

            #[inline(always)]
            fn cells(self, sums: [__m256i; 2]) -> Line<$word> {
                // SAFETY: both are 64 bytes, and every pattern of bits is a line.
                unsafe { transmute::<[__m256i; 2], Line<$word>>(sums) }
            }

            #[inline(always)]
            fn fetch(self, line: &Line<$word>) {
                fetch(line);
            }

            fn tile<const R: usize, const P: usize>(
                self,
                a: &[<$word as Cells>::Cell],
                b: &[Line<$word>],
                next: &[Line<$word>],
                c: &mut [&mut [$word]],
                at: usize,
            ) {
                #[target_feature(enable = "avx2")]
                fn inner<const R: usize, const P: usize>(
                    kernel: Avx2,
                    a: &[<$word as Cells>::Cell],
                    b: &[Line<$word>],
                    next: &[Line<$word>],
                    c: &mut [&mut [$word]],
                    at: usize,
                ) {
                    blocked::tile::<$word, Avx2, R, P>(kernel, a, b, next, c, at);
                }
                // SAFETY: `self` is the proof that the CPU has AVX2.
                unsafe { inner::<R, P>(self, a, b, next, c, at) }
            }

            fn tile_of_rows<const R: usize, const P: usize>(
                self,
                a: [&[<$word as Cells>::Cell]; R],
                b: &[Line<$word>],
                c: &mut [&mut [$word]],
                at: usize,
            ) {
                #[target_feature(enable = "avx2")]
                fn inner<const R: usize, const P: usize>(
                    kernel: Avx2,
                    a: [&[<$word as Cells>::Cell]; R],
                    b: &[Line<$word>],
                    c: &mut [&mut [$word]],
                    at: usize,
                ) {
                    unfolded::tile_of_rows::<$word, Avx2, R, P>(kernel, a, b, c, at);
                }
                // SAFETY: `self` is the proof that the CPU has AVX2.
                unsafe { inner::<R, P>(self, a, b, c, at) }
            }
        }
    };
}

kernel!(u8, i32, _mm256_set1_epi32, |sums, a, b| {
    let even = _mm256_set1_epi16(0xff);
    let evens = _mm256_madd_epi16(_mm256_and_si256(a, even), _mm256_and_si256(b, even));
    let odds = _mm256_madd_epi16(_mm256_srli_epi16::<8>(a), _mm256_srli_epi16::<8>(b));
    _mm256_add_epi32(sums, _mm256_add_epi32(evens, odds))
});
kernel!(u16, i32, _mm256_set1_epi32, |sums, a, b| _mm256_add_epi32(sums, _mm256_madd_epi16(a, b)));
kernel!(u32, i32, _mm256_set1_epi32, |sums, a, b| _mm256_add_epi32(sums, _mm256_mullo_epi32(a, b)));
kernel!(u64, i64, _mm256_set1_epi64x, |sums, a, b| {
    let low = _mm256_mul_epu32(a, b);
    let cross = _mm256_add_epi64(
        _mm256_mul_epu32(_mm256_srli_epi64::<32>(a), b),
        _mm256_mul_epu32(a, _mm256_srli_epi64::<32>(b)),
    );
    _mm256_add_epi64(sums, _mm256_add_epi64(low, _mm256_slli_epi64::<32>(cross)))
});
