//! Words as the kernels see them: cells and lines.

use core::fmt::Debug;

use num_traits::{PrimInt, WrappingAdd, WrappingMul, WrappingSub};

/// The machine words, cut as the kernels read them. Sealed.
///
/// Arithmetic units multiply in lanes of at least 32 bits. A *cell* is what fills a lane: one word,
/// or as many short ones as go into 32 bits, of consecutive inputs. For each lane one instruction
/// (or a few) then takes a cell of A and a cell of B to their dot product, that is, up to
/// four inputs further.
pub trait Cells:
    PrimInt + Default + Debug + WrappingAdd + WrappingSub + WrappingMul + Send + Sync + 'static
{
    /// The words of consecutive inputs that one step of a kernel takes in.
    #[doc(hidden)]
    type Cell: Copy + Default + AsRef<[Self]> + AsMut<[Self]> + Send;
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

    /// The words of cells.
    #[doc(hidden)]
    fn words_of(cells: &mut [Self::Cell]) -> &mut [Self];
    /// The words, if they have 16 bits.
    #[doc(hidden)]
    fn short(_words: &[Self]) -> Option<&[u16]> {
        None
    }
    /// As [`short`](Self::short), to be written.
    #[doc(hidden)]
    fn short_mut(_words: &mut [Self]) -> Option<&mut [u16]> {
        None
    }
    /// The words, if they have 32 bits.
    #[doc(hidden)]
    fn wide(_words: &[Self]) -> Option<&[u32]> {
        None
    }
    /// As [`wide`](Self::wide), to be written.
    #[doc(hidden)]
    fn wide_mut(_words: &mut [Self]) -> Option<&mut [u32]> {
        None
    }
}

/// One cache line: the cells of consecutive outputs, for the same inputs.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line<W: Cells>(pub(super) W::Words);

impl<W: Cells> Default for Line<W> {
    fn default() -> Self {
        Self(W::BLANK)
    }
}

/// Whole panels of a packed matrix.
#[derive(Clone, Copy)]
pub struct Panels<'a, W: Cells> {
    pub(super) inputs: usize,
    pub(super) lines: &'a [Line<W>],
}

macro_rules! cells {
    ($($word:ty: $group:literal $({$($more:item)*})?),*) => {$(
        impl Cells for $word {
            type Cell = [$word; $group];
            type Words = [$word; 64 / size_of::<$word>()];
            const GROUP: usize = $group;
            const CELLS: usize = 64 / size_of::<$word>() / $group;
            const EMPTY: Self::Cell = [0; $group];
            const BLANK: Self::Words = [0; 64 / size_of::<$word>()];

            fn words_of(cells: &mut [Self::Cell]) -> &mut [Self] {
                cells.as_flattened_mut()
            }

            $($($more)*)?
        }
    )*};
}

cells!(
    u8: 4,
    u16: 2 {
        fn short(words: &[u16]) -> Option<&[u16]> {
            Some(words)
        }

        fn short_mut(words: &mut [u16]) -> Option<&mut [u16]> {
            Some(words)
        }
    },
    u32: 1 {
        fn wide(words: &[u32]) -> Option<&[u32]> {
            Some(words)
        }

        fn wide_mut(words: &mut [u32]) -> Option<&mut [u32]> {
            Some(words)
        }
    },
    u64: 1,
    u128: 1
);
