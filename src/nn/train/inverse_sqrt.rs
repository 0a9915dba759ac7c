//! 1 / √(x + 1) of whole numbers 0 ≤ x < 2^38.
//!
//! u = x + 1 is brought below 2^10 by what is a binary search for its magnitude: for s = 16, 8, 4,
//!
//! c_s = \[u ≥ 2^t\], u ← u / 2^s where c_s, with t = 22, 14, 10.
//!
//! What is left, from 1 to 2^10, is looked up in a table of 1 / √u, and the result is divided by 2^(s/2) for every c_s. In the units of the
//! caller the 1 is the ε that keeps the result finite; at x = 0 it is the greatest, 1.
//!
//! **Error.** Numbers below 2^10 are not rounded. One that is divided is 2^6 or more after it, and off by 1/2 + 1/2^5 + 1/2^13 where
//! rounding is to the nearest, twice as much where it is stochastic. Half of that, relative to 2^6, is 0.42 % of the result, or 0.84 %. The
//! table is right to half a unit of 2^−14, which is 0.1 % of its least entry, 2^−5. So the result is right to [`INVERSE_SQRT_ERROR`]
//! of itself, 2^−7 (stochastic 2^−6).
//!
//! An element takes 3 comparisons, of 40, 24 and 16 bits, 3 truncations, 6 selections and a table of 2^10 numbers of 15 bits: of two parties
//! with stochastic rounding each sends 509 bits and receives up to 3042 from the dealer, in 18 rounds.

use alloc::vec::Vec;

use super::arithmetic::{Arithmetic, Numbers};
use crate::function::{Piecewise, TableFormat};
use crate::protocol::Error;
use crate::share::add_public;

/// Fractional bits of an [`inverse_sqrt`].
pub const INVERSE_SQRT_FRACTION: u32 = TABLE + (16 + 8 + 4) / 2;
/// By how much of itself an [`inverse_sqrt`] is off at most, rounded to the nearest. It is twice as much by stochastic rounding.
pub const INVERSE_SQRT_ERROR: f64 = 1. / 128.;
/// Bits of what is looked up.
const INDEX: u32 = 10;
/// Fractional bits of the table.
const TABLE: u32 = 14;
/// Of every step: bits of u, of which it fits so many as a signed number, t and s.
const STEPS: [[u32; 3]; 3] = [[40, 22, 16], [24, 14, 8], [16, 10, 4]];

/// 2^28 / √(x + 1), of 0 ≤ x < 2^38.
///
/// ```
/// use ringshare::nn::Rounding;
/// use ringshare::nn::train::{Clear, Numbers, inverse_sqrt};
/// use ringshare::prg::Seed;
/// let mut clear = Clear::new(Rounding::Floor, &Seed::from_bytes([1; 16]));
/// let r = inverse_sqrt(&mut clear, &Numbers::from_words(vec![0, 99, (1 << 38) - 1]))?;
/// assert_eq!(r.expose(), &[1 << 28, 26_836_992, 1 << 9]);
/// # Ok::<(), ringshare::protocol::Error>(())
/// ```
///
/// # Errors
/// As the protocols that it is made of.
pub fn inverse_sqrt<A: Arithmetic>(a: &mut A, x: &Numbers) -> Result<Numbers, Error> {
    let mut u = x.clone();
    add_public(a.id(), 1, u.expose_mut());
    let mut small = Vec::with_capacity(STEPS.len());
    for [bits, least, shift] in STEPS {
        let mut excess = u.clone();
        add_public(a.id(), (1u64 << least).wrapping_neg(), excess.expose_mut());
        let is_small = a.negative(&excess, bits, 0)?;
        let divided = a.truncate(&u, bits, shift)?;
        u.sub_assign(&divided);
        u = a.select(&is_small, &u)?;
        u.add_assign(&divided);
        small.push((is_small, shift / 2));
    }
    // From 1 to 2^10: index 0 stands in the middle of the nodes.
    add_public(a.id(), (1u64 + (1 << (INDEX - 1))).wrapping_neg(), u.expose_mut());
    let mut r = a.piecewise(&u, &table())?;
    for (is_small, shift) in small.into_iter().rev() {
        let mut more = r.clone();
        more.scale((1 << shift) - 1);
        r.add_assign(&a.select(&is_small, &more)?);
    }
    Ok(r)
}

fn table() -> Piecewise {
    let one = f64::from(1u32 << TABLE);
    let nodes = (1..=1u32 << INDEX).map(|u| libm::round(one / libm::sqrt(u.into())) as i64);
    let [input, output] = [INDEX, TABLE + 2].map(|bits| TableFormat { bits, fraction: 0 });
    Piecewise::of_nodes(input, output, [0, 0], nodes.collect())
}
