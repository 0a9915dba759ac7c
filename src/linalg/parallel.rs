//! Products shared out among the threads of a rayon pool.
//!
//! No sum is cut: each thread has columns of C, or rows of it, for itself. So the results are those of
//! one thread, and nothing has to be waited for but the end.

use alloc::vec::Vec;

use rayon::prelude::*;

use super::Product;
use super::blocked::PANEL;
use super::dispatch::Backend;
use super::word::Panels;

/// Multiplications below which one thread is faster than the handing out of work.
pub(super) const SMALL: usize = 1 << 18;

/// `c += a · bᵀ`: `a: [rows, inputs]`, `c: [rows, outputs]` as rows. No shape is empty. Does nothing, and says so, if one thread
/// is best.
pub(super) fn multiply_add<W: Product>(
    backend: Backend,
    a: &[W],
    b: Panels<'_, W>,
    c: &mut [&mut [W]],
) -> bool {
    let threads = rayon::current_num_threads();
    let steps = b.inputs.div_ceil(W::GROUP);
    let panels = (b.lines.len() / steps).div_ceil(PANEL);
    if threads == 1 || (c[0].len() * a.len()) < SMALL {
        return false;
    }
    if panels >= threads {
        let share = panels.div_ceil(threads) * PANEL;
        let lines = b.lines.par_chunks(share * steps);
        lines.zip(columns(c, share * W::CELLS)).for_each(|(lines, mut c)| {
            W::multiply_add(backend, a, Panels { inputs: b.inputs, lines }, &mut c);
        });
    } else {
        let share = c.len().div_ceil(threads);
        a.par_chunks(share * b.inputs)
            .zip(c.par_chunks_mut(share))
            .for_each(|(a, c)| W::multiply_add(backend, a, b, c));
    }
    true
}

/// `c` cut into strips of so many columns, the last of them with fewer.
pub(super) fn columns<'a, W>(c: &'a mut [&mut [W]], width: usize) -> Vec<Vec<&'a mut [W]>> {
    let mut strips: Vec<Vec<_>> =
        (0..c[0].len().div_ceil(width)).map(|_| Vec::with_capacity(c.len())).collect();
    for row in c {
        for (strip, part) in strips.iter_mut().zip(row.chunks_mut(width)) {
            strip.push(part);
        }
    }
    strips
}
