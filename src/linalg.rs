//! Wrapping matrix products.
//!
//! A product of matrices over Z_2^k is a sum of products of words, all of which may wrap:
//! reduction modulo 2^w of a w-bit word, w ≥ k, is a homomorphism, so nothing has to be carried
//! into wider words. So these products are exact, and as cheap as those of floating point numbers
//! of the same size.
//!
//! All matrices are row-major. The right side of a product is *packed* once and used often: it is
//! what the weights of a layer are. [`Packed`] holds it in the order in which the kernels read it;
//! [`multiply_add`] multiplies by it. Two matrices that are both met once, as in training, are multiplied by [`product_add`], which
//! takes either side transposed; [`multiply()`] is its plain form. [`Filters`] are
//! weights in groups, and multiply rows or, through a [`Window`], images.
//!
//! The instruction set is chosen at run time: AVX-512 with or without VNNI, AVX2, or what the
//! compiler makes of portable code. All of them run the same blocked algorithm, with different
//! innermost steps. With the feature `parallel`, large products are split among the threads
//! of the current rayon pool; the results are the same, bit for bit.
//!
//! Matrices of −1 and +1 alone ([`Filters::signs`]) are kept as bits and multiplied by tables in registers, where the CPU has
//! AVX-512 and the words 16 bits.
//!
//! Where sums are needed modulo fewer bits than a word has, there are shorter ways: products of pairs of 16 bits and fours of bytes
//! ([`Filters::modulo`]), of words of 64 bits in one instruction modulo 2^52 (there and in [`product_add`]), and convolutions of 3×3 in a quarter of the multiplications ([`Filters::convolve_add_modulo`]).
//!
//! Words are plain machine words here: this module knows sums and products that wrap, and no ring. A ring's word is one
//! that has kernels ([`Product`]), so that whoever works with rings need not ask for it.
//!
//! Running times depend on shapes alone, never on values.

mod blocked;
mod depthwise;
mod dispatch;
mod filters;
mod fold;
mod gather;
mod layer;
mod multiply;
mod packed;
mod portable;
mod product;
mod product_add;
mod selection;
mod sides;
mod unfold;
mod unfolded;
mod window;
mod winograd;
mod word;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(any(test, feature = "parallel"))]
mod parallel;
#[cfg(target_arch = "x86_64")]
mod short;
#[cfg(target_arch = "x86_64")]
mod signs;
#[cfg(test)]
mod tests;

pub use filters::Filters;
pub use layer::LayerShape;
pub use multiply::{multiply, multiply_add};
pub use packed::Packed;
pub use product::Product;
pub use product_add::{product_add, product_add_strided};
pub use selection::{Outside, Selection, SelectionError};
pub use window::{Window, WindowError};

/// Asks the CPU to bring `bytes` near, if it is one that can be asked.
#[inline(always)]
pub(crate) fn fetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    bytes.chunks(64).for_each(|line| avx2::fetch(&line[0]));
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}
