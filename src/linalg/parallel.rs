//! Products shared out among the threads of a rayon pool.
//!
//! No sum is cut: each thread has columns of C, or rows of it, for itself. So the results are those of
//! one thread, and nothing has to be waited for but the end.

use alloc::vec::Vec;

use rayon::prelude::*;

use super::blocked::PANEL;
use super::sides::Side;

/// Multiplications below which one thread is faster than the handing out of work.
const SMALL: usize = 1 << 18;
/// The shares of threads are a multiple of so many rows or columns: whole tiles and lines.
const EDGE: usize = 16;

/// `c += a · bᵀ` by `add`, which takes some rows of A, some panels of `b: [panels, steps, PANEL]` lines of `width` outputs, and their
/// part of C: `a: [rows, inputs]`, `c: [rows, outputs]` as rows. No shape is empty. Where one thread is
/// faster, it does nothing and returns false.
pub(super) fn share_out<W: Send + Sync, L: Sync>(
    a: &[W],
    (b, steps, width): (&[L], usize, usize),
    c: &mut [&mut [W]],
    add: impl Fn(&[W], &[L], &mut [&mut [W]]) + Sync,
) -> bool {
    let threads = rayon::current_num_threads();
    let panels = (b.len() / steps).div_ceil(PANEL);
    if threads == 1 || c[0].len() * a.len() < SMALL {
        return false;
    }
    if panels >= threads {
        let share = panels.div_ceil(threads) * PANEL;
        let parts = b.par_chunks(share * steps).zip(columns(c, share * width));
        parts.for_each(|(b, mut c)| add(a, b, &mut c));
    } else {
        let inputs = a.len() / c.len();
        let share = c.len().div_ceil(threads);
        let parts = a.par_chunks(share * inputs).zip(c.par_chunks_mut(share));
        parts.for_each(|(a, c)| add(a, b, c));
    }
    true
}

/// `c += a · b` by `add`, which takes some rows of A or some columns of B, and their part of C: `c: [rows, columns]` as rows, A of
/// `[rows, inner]`. No shape is empty. Where one thread is faster, it does nothing and returns false.
pub(super) fn share_out_sides<W: Copy + Send + Sync>(
    inner: usize,
    a: Side<'_, W>,
    b: Side<'_, W>,
    c: &mut [&mut [W]],
    add: impl Fn(Side<'_, W>, Side<'_, W>, &mut [&mut [W]]) + Sync,
) -> bool {
    let threads = rayon::current_num_threads();
    let (rows, columns) = (c.len(), c[0].len());
    if threads == 1 || rows * columns * inner < SMALL {
        return false;
    }
    // Each thread packs all of the side that is not cut: the shorter one.
    if rows < columns {
        let share = columns.div_ceil(threads).next_multiple_of(EDGE);
        let parts = self::columns(c, share).into_par_iter().enumerate();
        parts.for_each(|(part, mut c)| add(a, b.skip(part * share), &mut c));
    } else {
        let share = rows.div_ceil(threads).next_multiple_of(EDGE);
        let parts = c.par_chunks_mut(share).enumerate();
        parts.for_each(|(part, c)| add(a.skip(part * share), b, c));
    }
    true
}

/// `c` cut into strips of so many columns, the last of them with fewer.
fn columns<'a, W>(c: &'a mut [&mut [W]], width: usize) -> Vec<Vec<&'a mut [W]>> {
    let mut strips: Vec<Vec<_>> =
        (0..c[0].len().div_ceil(width)).map(|_| Vec::with_capacity(c.len())).collect();
    for row in c {
        for (strip, part) in strips.iter_mut().zip(row.chunks_mut(width)) {
            strip.push(part);
        }
    }
    strips
}
