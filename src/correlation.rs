//! The kinds of correlated randomness that this crate deals, a folder or a file each.
//!
//! This is the mathematics of all protocols, without a network. Everything about a kind is in one place: what is asked of
//! the dealer and whether it can be dealt, the dealer's half, a party's masking step and last step, the cost, and the
//! encoding. The machinery that deals and hands out is [`offline`](crate::offline), which knows no kind by name. The lines
//! that send are in [`protocol`](crate::protocol).
//!
//! | correlation | shared | correction |
//! | --- | --- | --- |
//! | [`InputMask`] | r_j, known to party j and to the owner | none |
//! | [`Triple`], [`MatrixTriple`] | a, b, c = a·b | k bits an element of c |
//! | [`MatrixMask`] | A | none |
//! | [`MatrixProduct`] | b, c = A·b | k bits an element of c |
//! | [`Lookup`] | r, the table T(· − r) | the table |
//! | [`Interpolation`] | r, a unit vector, bits ρ and their products with r | see [`interpolation`] |
//! | [`EdaBits`](bits::EdaBits) | r, its bits, products of neighbours | a bit each |
//! | [`BitProducts`](bits::BitProducts) | bits ρ, products ρ_i·ρ_j | a bit a product |
//! | [`DaBits`](bits::DaBits) | a bit ρ, also as a number | k bits |
//! | [`Select`](bits::Select) | s, a bit ρ, also as a number, ρ·s | 2k bits |
//! | [`Comparison`](compare::Comparison) | r, tables of its chunks, products of bits | see [`compare::tables`] |
//! | [`Dcf`](compare::dcf::Dcf) | r, two trees, the same for both parties | see [`compare::dcf`] |
//! | [`Legendre`](compare::legendre::Legendre) | r, t, t·r, a table | see [`compare::legendre`] |
//!
//! A correlation is used once, since each of its steps consumes it:
//!
//! ```
//! # use ringshare::{correlation::Triple, offline::Masked, ring::Z2, share::Share};
//! fn multiply(triple: Triple<Z2<14>>, x: &Share<Z2<14>>, open: impl Fn(Vec<u16>) -> Vec<u16>) -> Share<Z2<14>> {
//!     let (opening, masked) = triple.mask(x, x);
//!     masked.finish(&open(opening))
//! }
//! ```
//!
//! A kind has a request, such as [`TripleRequest`](triple::TripleRequest), which implements [`Kind`], and a type that a
//! party takes from its [`Store`](crate::offline::Store), such as [`Triple`]: its `mask` gives what is to be opened, and
//! its `finish` takes what was opened. To add a kind, write its file and name it in the list in this module; a package
//! outside adds its own with [`registry().with::<…>()`](crate::offline::Registry::with).
//!
//! [`Kind`]: crate::offline::Kind

use crate::offline::Registry;

/// The modules of the kinds, and what each adds to the registry.
macro_rules! kinds {
    ($($module:ident: $($kind:path),+;)+) => {
        $(pub mod $module;)+

        /// All kinds of this crate, for reading [recipes](crate::offline::Recipe::from_bytes).
        pub fn registry() -> Registry {
            Registry::default()$($(.with::<$kind>())+)+
        }
    };
}

kinds! {
    input: input::InputRequest;
    triple: triple::TripleRequest, triple::MatrixTripleRequest;
    matrix: matrix::MatrixMaskRequest, matrix::MatrixProductRequest;
    gradient: gradient::GradientRequest, gradient::DitheredRequest;
    lookup: lookup::LookupRequest;
    interpolation: interpolation::InterpolationRequest;
    bits: bits::EdaBitsRequest, bits::BitProductsRequest, bits::DaBitsRequest, bits::SelectRequest;
    compare: compare::CompareRequest, compare::dcf::DcfRequest, compare::legendre::LegendreRequest;
}

pub use gradient::Gradient;
pub use input::InputMask;
pub use interpolation::Interpolation;
pub use lookup::Lookup;
pub use matrix::{MaskedMatrix, MatrixMask, MatrixProduct};
pub use triple::{MatrixTriple, Triple};
