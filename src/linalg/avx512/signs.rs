//! Tables of sums of signs, each a register, and what is looked up in them.
#![allow(unsafe_code)]

use core::arch::x86_64::*;
use core::mem::transmute;

use super::super::signs::{LANES, TABLE, TABLES};
use super::super::word::Line;
use super::Avx512;

/// The entries of a table whose pattern has the sign of an input: bit i of the j-th is bit j of i.
const PATTERNS: [u32; TABLE] = [0xaaaa_aaaa, 0xcccc_cccc, 0xf0f0_f0f0, 0xff00_ff00, 0xffff_0000];

impl Avx512 {
    /// The tables of a row, whose number is r: Σ ±x of five inputs after the other, with + where a pattern has a one, for all
    /// 32 patterns.
    pub(in super::super) fn tabulate<const R: usize>(
        self,
        row: &[u16],
        r: usize,
        tables: &mut [[Line<u16>; R]],
    ) {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn inner<const R: usize>(row: &[u16], r: usize, tables: &mut [[Line<u16>; R]]) {
            let mut inputs = row.chunks(TABLE);
            for tables in tables {
                let found = inputs.next().unwrap_or_default();
                let mut x = [0; TABLE];
                x[..found.len()].copy_from_slice(found);
                let all = x.iter().fold(0u16, |sum, &x| sum.wrapping_sub(x));
                let mut sums = _mm512_set1_epi16(all as i16);
                for (x, pattern) in x.into_iter().zip(PATTERNS) {
                    let twice = _mm512_set1_epi16(x.wrapping_add(x) as i16);
                    sums = _mm512_mask_add_epi16(sums, pattern, sums, twice);
                }
                // SAFETY: both are 64 bytes, and every pattern of bits is a line.
                tables[r] = unsafe { transmute::<__m512i, Line<u16>>(sums) };
            }
        }
        // SAFETY: `self` is the proof that the CPU has the features.
        unsafe { inner::<R>(row, r, tables) }
    }

    /// Adds to columns `at..` of `c`, as many as there are, what P lines of outputs look up in the tables of R rows:
    /// `tables: [TABLES · steps, R]`, `lines: [P, steps]`, `c: [R, any]`.
    pub(in super::super) fn look_up<const R: usize, const P: usize>(
        self,
        tables: &[[Line<u16>; R]],
        lines: [&[Line<u16>]; P],
        c: &mut [&mut [u16]],
        at: usize,
    ) {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        #[allow(clippy::needless_range_loop)]
        fn inner<const R: usize, const P: usize>(
            tables: &[[Line<u16>; R]],
            lines: [&[Line<u16>]; P],
            c: &mut [&mut [u16]],
            at: usize,
        ) {
            // SAFETY: a line is 64 bytes at a multiple of 64.
            let load = |line: &Line<u16>| unsafe { _mm512_load_si512(core::ptr::from_ref(line).cast()) };
            let mut sums = [[_mm512_setzero_si512(); P]; R];
            for (step, tables) in tables.as_chunks::<TABLES>().0.iter().enumerate() {
                let mut patterns = lines.map(|lines| load(&lines[step]));
                for tables in tables {
                    for r in 0..R {
                        let table = load(&tables[r]);
                        for p in 0..P {
                            let found = _mm512_permutexvar_epi16(patterns[p], table);
                            sums[r][p] = _mm512_add_epi16(sums[r][p], found);
                        }
                    }
                    patterns = patterns.map(|patterns| _mm512_srli_epi16::<{ TABLE as u32 }>(patterns));
                }
            }
            for (sums, c) in sums.into_iter().zip(c) {
                for (sums, c) in sums.into_iter().zip(c[at..].chunks_mut(LANES)) {
                    let mask = u32::MAX >> (LANES - c.len());
                    // SAFETY: the mask has a bit for each word of `c`, and no others are touched.
                    unsafe {
                        let c = c.as_mut_ptr().cast();
                        let sum = _mm512_add_epi16(_mm512_maskz_loadu_epi16(mask, c), sums);
                        _mm512_mask_storeu_epi16(c, mask, sum);
                    }
                }
            }
        }
        // SAFETY: `self` is the proof that the CPU has the features.
        unsafe { inner::<R, P>(tables, lines, c, at) }
    }
}
