//! Products modulo 2^24, of pairs of 16 bits and of fours of bytes.
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use super::super::short::Lines;
use super::super::word::Line;
use super::Vnni;

/// Where a cell's words lie in the pairs of sixteen inputs, and behind those in their bytes of a₁ and of a₀.
const CELLS: [i32; 16] = [0, 1, 16, 20, 2, 3, 17, 21, 4, 5, 18, 22, 6, 7, 19, 23];

impl Vnni {
    /// A row of a as cells, the last one filled up with zeros.
    pub(in super::super) fn pack_cells(self, row: &[u32], out: &mut [[u32; 4]]) {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn inner(row: &[u32], out: &mut [[u32; 4]]) {
            // SAFETY: there are 64 bytes.
            let order = unsafe { _mm512_loadu_si512(CELLS.as_ptr().cast()) };
            for (inputs, out) in row.chunks(16).zip(out.chunks_mut(4)) {
                // SAFETY: the mask has a bit for each input.
                let x = unsafe {
                    _mm512_maskz_loadu_epi32(u16::MAX >> (16 - inputs.len()), inputs.as_ptr().cast())
                };
                let zeroth = _mm512_cvtepi32_epi16(x);
                let first = _mm512_srli_epi32::<16>(_mm512_sub_epi32(x, _mm512_cvtepi16_epi32(zeroth)));
                let bytes = _mm256_set_m128i(_mm512_cvtepi32_epi8(x), _mm512_cvtepi32_epi8(first));
                let (pairs, bytes) = (_mm512_castsi256_si512(zeroth), _mm512_castsi256_si512(bytes));
                let cells = _mm512_permutex2var_epi32(pairs, order, bytes);
                let mask = u16::MAX >> (16 - 4 * out.len());
                // SAFETY: the mask has a bit for each word of the cells, and no others are touched.
                unsafe { _mm512_mask_storeu_epi32(out.as_mut_ptr().cast(), mask, cells) };
            }
        }
        // SAFETY: `self` is the proof that the CPU has the features.
        unsafe { inner(row, out) }
    }

    /// Adds `a · b` to columns `at..` of `c`, as many as there are: `a: [R, steps]`, `b: [steps, P]`, `c: [R, any]`.
    pub(in super::super) fn tile_of_cells<const R: usize, const P: usize>(
        self,
        a: [&[[u32; 4]]; R],
        b: &[Lines],
        c: &mut [&mut [u32]],
        at: usize,
    ) {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
        #[allow(clippy::needless_range_loop)]
        fn inner<const R: usize, const P: usize>(
            a: [&[[u32; 4]]; R],
            b: &[Lines],
            c: &mut [&mut [u32]],
            at: usize,
        ) {
            // SAFETY: a line is 64 bytes at a multiple of 64.
            let load = |line: &Line<u32>| unsafe { _mm512_load_si512(core::ptr::from_ref(line).cast()) };
            let b = b.as_chunks::<P>().0;
            let mut rows = a;
            for row in &mut rows {
                *row = &row[..b.len()];
            }
            // By word, where there are registers for it: then no sum waits for the one before.
            let mut sums = [[[_mm512_setzero_si512(); 4]; P]; R];
            for (step, b) in b.iter().enumerate() {
                for word in 0..4 {
                    for p in 0..P {
                        let b = load(&b[p][word]);
                        for r in 0..R {
                            let a = _mm512_set1_epi32(rows[r][step][word] as i32);
                            let sum = &mut sums[r][p][if R > 2 { word & 2 } else { word }];
                            *sum = match word {
                                0 | 1 => _mm512_dpwssd_epi32(*sum, a, b),
                                _ => _mm512_dpbusd_epi32(*sum, a, b),
                            };
                        }
                    }
                }
            }
            for r in 0..R {
                for (p, c) in c[r][at..].chunks_mut(16).enumerate().take(P) {
                    let [low, other, high, higher] = sums[r][p];
                    let (low, high) = (_mm512_add_epi32(low, other), _mm512_add_epi32(high, higher));
                    let sum = _mm512_add_epi32(low, _mm512_slli_epi32::<16>(high));
                    let mask = u16::MAX >> (16 - c.len());
                    // SAFETY: the mask has a bit for each word of `c`, and no others are touched.
                    unsafe {
                        let c = c.as_mut_ptr().cast();
                        let sum = _mm512_add_epi32(_mm512_maskz_loadu_epi32(mask, c), sum);
                        _mm512_mask_storeu_epi32(c, mask, sum);
                    }
                }
            }
        }
        // SAFETY: `self` is the proof that the CPU has the features.
        unsafe { inner::<R, P>(a, b, c, at) }
    }
}
