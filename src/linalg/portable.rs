//! The kernels of any CPU: plain loops over a line, which compilers turn into vectors.
//!
//! A line of words is multiplied word by word, and the words of a cell are summed up at the end only.

use super::blocked::{self, Kernel};
use super::unfolded;
use super::word::{Cells, Line};

/// Any CPU.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl<W: Cells> Kernel<W> for Portable {
    const ROWS: usize = 2;
    type Sums = W::Words;

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        W::BLANK
    }

    #[inline(always)]
    fn step(self, mut sums: Self::Sums, a: W::Cell, b: &Line<W>) -> Self::Sums {
        let (sums_cells, b) = (sums.as_mut().chunks_exact_mut(W::GROUP), b.0.as_ref().chunks_exact(W::GROUP));
        for (sums, b) in sums_cells.zip(b) {
            for ((sum, a), b) in sums.iter_mut().zip(a.as_ref()).zip(b) {
                *sum = sum.wrapping_add(&a.wrapping_mul(b));
            }
        }
        sums
    }

    #[inline(always)]
    fn cells(self, mut sums: Self::Sums) -> Line<W> {
        for cell in sums.as_mut().chunks_exact_mut(W::GROUP) {
            cell[0] = cell.iter().fold(W::zero(), |sum, word| sum.wrapping_add(word));
        }
        Line(sums)
    }

    fn tile<const R: usize, const P: usize>(
        self,
        a: &[W::Cell],
        b: &[Line<W>],
        next: &[Line<W>],
        c: &mut [&mut [W]],
        at: usize,
    ) {
        blocked::tile::<W, Self, R, P>(self, a, b, next, c, at);
    }

    fn tile_of_rows<const R: usize, const P: usize>(
        self,
        a: [&[W::Cell]; R],
        b: &[Line<W>],
        c: &mut [&mut [W]],
        at: usize,
    ) {
        unfolded::tile_of_rows::<W, Self, R, P>(self, a, b, c, at);
    }
}
