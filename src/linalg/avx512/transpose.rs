//! Transpositions of 8×8 cells of 32 or 64 bits in registers.
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use super::super::avx2::fetch;
use super::super::sides::RUN;
use super::super::word::Cells;
use super::Avx512;

impl Avx512 {
    /// Writes cell i of the rows side by side to what `place` finds in step i, for whole runs of steps. Says how many that were: none
    /// where there are no instructions for such cells. Meanwhile fetches the `next` rows.
    pub(in super::super) fn transpose<W: Cells, T>(
        self,
        rows: [&[W]; RUN],
        next: [&[W]; RUN],
        steps: &mut [T],
        place: impl Fn(&mut T) -> &mut [W],
    ) -> usize {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn inner<W: Cells, T>(
            rows: [&[W]; RUN],
            next: [&[W]; RUN],
            steps: &mut [T],
            place: impl Fn(&mut T) -> &mut [W],
        ) -> usize {
            let len = RUN * W::GROUP;
            let mut done = 0;
            for steps in steps.as_chunks_mut::<RUN>().0 {
                let from = done * W::GROUP;
                if from + len > rows[0].len() {
                    break;
                }
                next.iter().filter_map(|row| row.get(from)).for_each(fetch);
                if size_of::<W::Cell>() == 8 {
                    // SAFETY: eight cells are 64 bytes of a row.
                    let load =
                        |i: usize| unsafe { _mm512_loadu_si512(rows[i][from..from + len].as_ptr().cast()) };
                    let columns = wide(&core::array::from_fn(load));
                    for (step, column) in steps.iter_mut().zip(columns) {
                        // SAFETY: the slice is 64 bytes.
                        unsafe { _mm512_storeu_si512(place(step)[..len].as_mut_ptr().cast(), column) };
                    }
                } else {
                    // SAFETY: eight cells are 32 bytes of a row.
                    let load =
                        |i: usize| unsafe { _mm256_loadu_si256(rows[i][from..from + len].as_ptr().cast()) };
                    let columns = narrow(&core::array::from_fn(load));
                    for (step, column) in steps.iter_mut().zip(columns) {
                        // SAFETY: the slice is 32 bytes.
                        unsafe { _mm256_storeu_si256(place(step)[..len].as_mut_ptr().cast(), column) };
                    }
                }
                done += RUN;
            }
            done
        }
        if const { !matches!(size_of::<W::Cell>(), 4 | 8) } {
            return 0;
        }
        // SAFETY: `self` is the proof that the CPU has the features.
        unsafe { inner(rows, next, steps, place) }
    }
}

/// The transpose of 8×8 cells of 64 bits: the columns of two rows each, of four, of eight.
#[target_feature(enable = "avx512f")]
fn wide(r: &[__m512i; 8]) -> [__m512i; 8] {
    let pair = |i: usize| (_mm512_unpacklo_epi64(r[i], r[i + 1]), _mm512_unpackhi_epi64(r[i], r[i + 1]));
    let [(a0, a1), (b0, b1), (c0, c1), (d0, d1)] = [pair(0), pair(2), pair(4), pair(6)];
    // Of four rows, columns j, j + 4 and j + 2, j + 6.
    let four = |a, b| (_mm512_shuffle_i64x2::<0x88>(a, b), _mm512_shuffle_i64x2::<0xdd>(a, b));
    let [(ab0, ab2), (ab1, ab3)] = [four(a0, b0), four(a1, b1)];
    let [(cd0, cd2), (cd1, cd3)] = [four(c0, d0), four(c1, d1)];
    // The same again, of eight rows.
    let [(r0, r4), (r1, r5), (r2, r6), (r3, r7)] =
        [four(ab0, cd0), four(ab1, cd1), four(ab2, cd2), four(ab3, cd3)];
    [r0, r1, r2, r3, r4, r5, r6, r7]
}

/// The transpose of 8×8 cells of 32 bits.
#[target_feature(enable = "avx2")]
fn narrow(r: &[__m256i; 8]) -> [__m256i; 8] {
    let pair = |i: usize| (_mm256_unpacklo_epi32(r[i], r[i + 1]), _mm256_unpackhi_epi32(r[i], r[i + 1]));
    let [(a0, a1), (b0, b1), (c0, c1), (d0, d1)] = [pair(0), pair(2), pair(4), pair(6)];
    let four = |a, b| (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
    let [(ab0, ab1), (ab2, ab3)] = [four(a0, b0), four(a1, b1)];
    let [(cd0, cd1), (cd2, cd3)] = [four(c0, d0), four(c1, d1)];
    let eight = |a, b| (_mm256_permute2x128_si256::<0x20>(a, b), _mm256_permute2x128_si256::<0x31>(a, b));
    let [(r0, r4), (r1, r5), (r2, r6), (r3, r7)] =
        [eight(ab0, cd0), eight(ab1, cd1), eight(ab2, cd2), eight(ab3, cd3)];
    [r0, r1, r2, r3, r4, r5, r6, r7]
}
