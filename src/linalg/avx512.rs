//! The kernels of AVX-512: a line is one register.
//!
//! Words of 16 bits go in pairs: `vpmaddwd` multiplies two and two to 32 bits and adds them up,
//! `vpdpwssd` (VNNI) adds them to a third operand too. Both take the words for signed ones, and their sums wrap at
//! 32 bits; modulo 2^16 neither makes a difference. Words of 8 bits go four and four in
//! `vpdpbusd`, which takes those of one side for signed ones; without VNNI as pairs of the even ones and pairs of
//! the odd ones.
//!
//! For words of 64 bits, `vpmadd52luq` (IFMA) multiplies the low 52 bits of both sides and adds the low 52 bits of the product to a
//! third operand. Modulo 2^52 that is the sum, in one instruction in place of a slower multiplication and an addition.
#![allow(unsafe_code)]

mod short;
mod signs;
mod transpose;

use core::arch::x86_64::*;
use core::mem::{transmute, transmute_copy};
use core::sync::atomic::{AtomicU8, Ordering};

use super::blocked::{self, Kernel};
use super::unfolded;
use super::word::{Cells, Line};

cpufeatures::new!(foundation, "avx512f", "avx512bw", "avx512dq", "avx512vl");
cpufeatures::new!(fused, "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512ifma");

/// The CPU has AVX-512 F, BW, DQ and VL.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

/// The CPU has AVX-512 F, BW, DQ, VL and IFMA.
#[derive(Clone, Copy, Debug)]
pub struct Ifma(());

/// The CPU has AVX-512 F, BW, DQ, VL and VNNI.
#[derive(Clone, Copy, Debug)]
pub struct Vnni(());

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        foundation::get().then_some(Self(()))
    }
}

impl Ifma {
    /// Products are right modulo 2^BITS.
    pub(super) const BITS: u32 = 52;

    pub(super) fn detect() -> Option<Self> {
        fused::get().then_some(Self(()))
    }
}

impl Vnni {
    pub(super) fn detect() -> Option<Self> {
        const NO: u8 = 1;
        const YES: u8 = 2;
        static CACHE: AtomicU8 = AtomicU8::new(0);

        Avx512::detect()?;
        let mut cached = CACHE.load(Ordering::Relaxed);
        if cached == 0 {
            // SAFETY: a CPU with AVX-512 has `cpuid` and its leaf 7. (Newer compilers know it to be safe.)
            #[allow(unused_unsafe)]
            let leaf = unsafe { __cpuid_count(7, 0) };
            cached = if leaf.ecx & 1 << 11 != 0 { YES } else { NO };
            CACHE.store(cached, Ordering::Relaxed);
        }
        (cached == YES).then_some(Self(()))
    }

    /// AVX-512 without VNNI, which every such CPU has.
    pub(super) fn foundation(self) -> Avx512 {
        Avx512(())
    }
}

/// The kernel of `$word` on the CPUs with `$features`, of which a `$token` is the proof. The step
/// is an unsafe expression of `$sums` and, as registers, the cell `$a` (as the integer `$cell`, broadcast by `$splat`) and the line `$b`;
/// `$method` stands for one of the trait's own.
macro_rules! kernel {
    ($token:ty, $features:literal, $word:ty, $cell:ty, $splat:ident,
     |$sums:ident, $a:ident, $b:ident| $step:expr $(, $method:item)?) => {
        impl Kernel<$word> for $token {
            const ROWS: usize = 8;
            type Sums = __m512i;

            #[inline(always)]
            fn zero(self) -> __m512i {
                // SAFETY: `self` is the proof that the CPU has the instruction.
                unsafe { _mm512_setzero_si512() }
            }

            #[inline(always)]
            fn step(self, $sums: __m512i, a: <$word as Cells>::Cell, b: &Line<$word>) -> __m512i {
                // SAFETY: `self` is the proof that the CPU has the instructions; a line is 64 bytes at a
                // multiple of 64; a cell is an integer of its size.
                unsafe {
                    let $a = $splat(transmute_copy::<_, $cell>(&a));
                    let $b = _mm512_load_si512(core::ptr::from_ref(b).cast());
                    $step
                }
            }

            $($method)?

            #[inline(always)]
            fn cells(self, sums: __m512i) -> Line<$word> {
                // SAFETY: both are 64 bytes, and every pattern of bits is a line.
                unsafe { transmute::<__m512i, Line<$word>>(sums) }
            }

            #[inline(always)]
            fn fetch(self, line: &Line<$word>) {
                super::avx2::fetch(line);
            }

            fn tile<const R: usize, const P: usize>(
                self,
                a: &[<$word as Cells>::Cell],
                b: &[Line<$word>],
                next: &[Line<$word>],
                c: &mut [&mut [$word]],
                at: usize,
            ) {
                #[target_feature(enable = $features)]
                fn inner<const R: usize, const P: usize>(
                    kernel: $token,
                    a: &[<$word as Cells>::Cell],
                    b: &[Line<$word>],
                    next: &[Line<$word>],
                    c: &mut [&mut [$word]],
                    at: usize,
                ) {
                    blocked::tile::<$word, $token, R, P>(kernel, a, b, next, c, at);
                }
                // SAFETY: `self` is the proof that the CPU has the features.
                unsafe { inner::<R, P>(self, a, b, next, c, at) }
            }

            fn tile_of_rows<const R: usize, const P: usize>(
                self,
                a: [&[<$word as Cells>::Cell]; R],
                b: &[Line<$word>],
                c: &mut [&mut [$word]],
                at: usize,
            ) {
                #[target_feature(enable = $features)]
                fn inner<const R: usize, const P: usize>(
                    kernel: $token,
                    a: [&[<$word as Cells>::Cell]; R],
                    b: &[Line<$word>],
                    c: &mut [&mut [$word]],
                    at: usize,
                ) {
                    unfolded::tile_of_rows::<$word, $token, R, P>(kernel, a, b, c, at);
                }
                // SAFETY: `self` is the proof that the CPU has the features.
                unsafe { inner::<R, P>(self, a, b, c, at) }
            }
        }
    };
}

kernel!(Vnni, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni", u8, i32, _mm512_set1_epi32, |sums, a, b| {
    _mm512_dpbusd_epi32(sums, a, b)
});
kernel!(Vnni, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni", u16, i32, _mm512_set1_epi32, |sums, a, b| {
    _mm512_dpwssd_epi32(sums, a, b)
});

kernel!(Avx512, "avx512f,avx512bw,avx512dq,avx512vl", u8, i32, _mm512_set1_epi32, |sums, a, b| {
    let even = _mm512_set1_epi16(0xff);
    let evens = _mm512_madd_epi16(_mm512_and_si512(a, even), _mm512_and_si512(b, even));
    let odds = _mm512_madd_epi16(_mm512_srli_epi16::<8>(a), _mm512_srli_epi16::<8>(b));
    _mm512_add_epi32(sums, _mm512_add_epi32(evens, odds))
});
kernel!(Avx512, "avx512f,avx512bw,avx512dq,avx512vl", u16, i32, _mm512_set1_epi32, |sums, a, b| {
    _mm512_add_epi32(sums, _mm512_madd_epi16(a, b))
});
kernel!(
    Avx512,
    "avx512f,avx512bw,avx512dq,avx512vl",
    u32,
    i32,
    _mm512_set1_epi32,
    |sums, a, b| _mm512_add_epi32(sums, _mm512_mullo_epi32(a, b)),
    /// Four multiplications, and then their additions: where the two alternate, additions go to units that multiply, and a
    /// step takes a quarter longer (Zen 4).
    #[inline(always)]
    #[allow(clippy::needless_range_loop)]
    fn steps<const R: usize, const P: usize>(
        self,
        sums: &mut [[__m512i; P]; R],
        a: &[<u32 as Cells>::Cell; R],
        b: &[Line<u32>; P],
    ) {
        for from in (0..R).step_by(2) {
            let mut products = [[Kernel::<u32>::zero(self); 2]; 2];
            for r in 0..2.min(R) {
                for p in 0..P {
                    // SAFETY: as in `step`.
                    products[r][p] = unsafe {
                        let a = _mm512_set1_epi32(transmute_copy::<_, i32>(&a[from + r]));
                        _mm512_mullo_epi32(a, _mm512_load_si512(core::ptr::from_ref(&b[p]).cast()))
                    };
                }
            }
            if R > 1 && P == 2 {
                // SAFETY: as in `step`.
                products = unsafe { together(products) };
            }
            for r in 0..2.min(R) {
                for p in 0..P {
                    // SAFETY: as in `step`.
                    sums[from + r][p] = unsafe { _mm512_add_epi32(sums[from + r][p], products[r][p]) };
                }
            }
        }
    }
);

/// The same, which are all there before one of them is used.
#[inline]
#[target_feature(enable = "avx512f")]
fn together([[mut a, mut b], [mut c, mut d]]: [[__m512i; 2]; 2]) -> [[__m512i; 2]; 2] {
    // SAFETY: these are no instructions. The compiler takes them for some that change all four.
    unsafe {
        core::arch::asm!(
            "/* {0} {1} {2} {3} */",
            inout(zmm_reg) a,
            inout(zmm_reg) b,
            inout(zmm_reg) c,
            inout(zmm_reg) d,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    [[a, b], [c, d]]
}

kernel!(Avx512, "avx512f,avx512bw,avx512dq,avx512vl", u64, i64, _mm512_set1_epi64, |sums, a, b| {
    _mm512_add_epi64(sums, _mm512_mullo_epi64(a, b))
});

kernel!(
    Ifma,
    "avx512f,avx512bw,avx512dq,avx512vl,avx512ifma",
    u64,
    i64,
    _mm512_set1_epi64,
    |sums, a, b| _mm512_madd52lo_epu64(sums, a, b),
    /// Of the gradient of weights a tile is of few steps, and C is large.
    #[inline(always)]
    fn fetch_sums(self, words: &[u64]) {
        let words = words.as_ptr();
        for word in [0, 8, 15] {
            // SAFETY: as in `avx2::fetch`; no memory is touched.
            #[allow(unused_unsafe)]
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(words.wrapping_add(word).cast());
            }
        }
    }
);
