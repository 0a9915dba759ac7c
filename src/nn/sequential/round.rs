//! Steps of activations that truncate and clip.
//!
//! For 0 ≤ v < 2^n let v' = v − 2^(n−1), which fits n bits as a signed number; ⌊v / 2^f⌋ = ⌊v' / 2^f⌋ + 2^(n−1−f), as
//! f < n.

use num_traits::{WrappingNeg, WrappingSub};

use crate::nn::Rounding;
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Word};
use crate::share::{Share, add_public};

/// v / 2^shift in O, of 0 ≤ v < 2^bits with bits > shift, right modulo 2^(bits + 1).
pub(in crate::nn) fn shift_down<R: Ring, O: Ring>(
    party: &mut Party,
    mut v: Share<R>,
    bits: u32,
    shift: u32,
    rounding: Rounding,
) -> Result<Share<O>, Error> {
    let half = 1u64 << (bits - 1);
    add_public(party.id(), R::Word::truncate64(half).wrapping_neg(), v.expose_mut());
    let mut out = match rounding {
        Rounding::Stochastic => party.truncate::<R, O>(&v, bits, shift)?,
        Rounding::Floor => party.truncate_floor::<R, O>(&v, bits, shift)?,
    };
    add_public(party.id(), O::Word::truncate64(half >> shift), out.expose_mut());
    Ok(out)
}

/// min(v, ceiling) = v − relu(v − ceiling), of v for which v − ceiling fits `bits` bits.
pub(super) fn at_most<R: Ring>(
    party: &mut Party,
    mut v: Share<R>,
    bits: u32,
    ceiling: u64,
) -> Result<Share<R>, Error> {
    let mut above = v.clone();
    let minus = R::Word::default().wrapping_sub(&R::Word::truncate64(ceiling));
    add_public(party.id(), minus, above.expose_mut());
    v.sub_assign(&party.relu::<R, R>(&above, bits)?);
    Ok(v)
}
