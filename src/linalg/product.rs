//! Words that have matrix kernels.

use super::blocked;
use super::dispatch::{Backend, with_kernel};
use super::portable::Portable;
use super::sides::{self, Side};
use super::unfolded::{self, Unfold};
use super::word::{Cells, Panels};

/// The words that have matrix kernels: unsigned machine words of 8, 16, 32, 64 and 128 bits. Sealed.
pub trait Product: Cells {
    /// `c += a · bᵀ` by the kernel of `backend`: `a: [rows, inputs]`, `c: [rows, outputs]` as rows.
    #[doc(hidden)]
    fn multiply_add(backend: Backend, a: &[Self], b: Panels<'_, Self>, c: &mut [&mut [Self]]);
    /// `c += a · bᵀ` by the kernel of `backend`: `a: [rows, inputs]` as `unfold` writes it.
    #[doc(hidden)]
    fn multiply_add_unfolded(
        backend: Backend,
        unfold: Unfold<'_, Self>,
        b: Panels<'_, Self>,
        c: &mut [&mut [Self]],
    );
    /// `c += a · b` by the kernel of `backend`: a of `[c.len(), inner]`, b of `[inner, c[0].len()]`.
    #[doc(hidden)]
    fn product_add(
        backend: Backend,
        inner: usize,
        a: Side<'_, Self>,
        b: Side<'_, Self>,
        c: &mut [&mut [Self]],
    );
}

macro_rules! product {
    ($word:ty, $($backend:ident)*) => {
        impl Product for $word {
            fn multiply_add(backend: Backend, a: &[Self], b: Panels<'_, Self>, c: &mut [&mut [Self]]) {
                with_kernel!(backend.for_words::<Self>(), [$($backend)*], kernel => blocked::multiply_add(kernel, a, b, c))
            }

            fn multiply_add_unfolded(
                backend: Backend,
                unfold: Unfold<'_, Self>,
                b: Panels<'_, Self>,
                c: &mut [&mut [Self]],
            ) {
                with_kernel!(backend.for_words::<Self>(), [$($backend)*], kernel => unfolded::multiply_add(kernel, unfold, b, c))
            }

            fn product_add(
                backend: Backend,
                inner: usize,
                a: Side<'_, Self>,
                b: Side<'_, Self>,
                c: &mut [&mut [Self]],
            ) {
                with_kernel!(backend.for_words::<Self>(), [$($backend)*], kernel => sides::product_add(kernel, inner, a, b, c))
            }
        }
    };
}

product!(u8, Vnni Avx512 Avx2);
product!(u16, Vnni Avx512 Avx2);
product!(u32, Avx512 Avx2);
product!(u64, Ifma Avx512 Avx2);
product!(u128,);
