//! Words as the kernels see them: cells and lines.

use super::blocked::{self, Panels};
use super::dispatch::{Backend, with_kernel};
use super::portable::Portable;
use super::unfolded::{self, Unfold};
use zeroize::{DefaultIsZeroes, Zeroize};

/// The words that have matrix kernels. Sealed.
///
/// Arithmetic units multiply in lanes of at least 32 bits. A *cell* is what fills a lane: one word,
/// or as many short ones as go into 32 bits, of consecutive inputs. For each lane one instruction
/// (or a few) then takes a cell of A and a cell of B to their dot product, that is, up to
/// four inputs further.
pub trait Product: Sized {
    /// The words of consecutive inputs that one step of a kernel takes in.
    #[doc(hidden)]
    type Cell: Copy + AsRef<[Self]> + AsMut<[Self]> + Zeroize + Send;
    /// 64 bytes of words.
    #[doc(hidden)]
    type Words: Copy + AsRef<[Self]> + AsMut<[Self]> + Send + Sync;
    /// Words of a cell.
    #[doc(hidden)]
    const GROUP: usize;
    /// Cells of a line, which is outputs of a line.
    #[doc(hidden)]
    const CELLS: usize;
    /// A cell of zeros.
    #[doc(hidden)]
    const EMPTY: Self::Cell;
    /// 64 bytes of zeros.
    #[doc(hidden)]
    const BLANK: Self::Words;

    /// [`blocked::multiply_add`] by the kernel of `backend`.
    #[doc(hidden)]
    fn multiply_add(backend: Backend, a: &[Self], b: Panels<'_, Self>, c: &mut [&mut [Self]]);
    /// [`unfolded::multiply_add`] by the kernel of `backend`.
    #[doc(hidden)]
    fn multiply_add_unfolded(
        backend: Backend,
        unfold: Unfold<'_, Self>,
        b: Panels<'_, Self>,
        c: &mut [&mut [Self]],
    );
    /// The words of cells.
    #[doc(hidden)]
    fn words_of(cells: &mut [Self::Cell]) -> &mut [Self];
}

/// One cache line: the cells of consecutive outputs, for the same inputs.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line<W: Product>(pub(super) W::Words);

impl<W: Product> Default for Line<W> {
    fn default() -> Self {
        Self(W::BLANK)
    }
}

impl<W: Product + Copy> DefaultIsZeroes for Line<W> {}

macro_rules! product {
    ($word:ty, group $group:literal, $($backend:ident)*) => {
        impl Product for $word {
            type Cell = [$word; $group];
            type Words = [$word; 64 / size_of::<$word>()];
            const GROUP: usize = $group;
            const CELLS: usize = 64 / size_of::<$word>() / $group;
            const EMPTY: Self::Cell = [0; $group];
            const BLANK: Self::Words = [0; 64 / size_of::<$word>()];

            fn multiply_add(backend: Backend, a: &[Self], b: Panels<'_, Self>, c: &mut [&mut [Self]]) {
                with_kernel!(backend, [$($backend)*], kernel => blocked::multiply_add(kernel, a, b, c))
            }

            fn multiply_add_unfolded(
                backend: Backend,
                unfold: Unfold<'_, Self>,
                b: Panels<'_, Self>,
                c: &mut [&mut [Self]],
            ) {
                with_kernel!(backend, [$($backend)*], kernel => unfolded::multiply_add(kernel, unfold, b, c))
            }

            fn words_of(cells: &mut [Self::Cell]) -> &mut [Self] {
                cells.as_flattened_mut()
            }
        }
    };
}

product!(u8, group 4, Vnni Avx512 Avx2);
product!(u16, group 2, Vnni Avx512 Avx2);
product!(u32, group 1, Vnni Avx512 Avx2);
product!(u64, group 1, Vnni Avx512 Avx2);
product!(u128, group 1,);
