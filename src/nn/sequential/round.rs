//! Activations that truncate.
//!
//! Under floor rounding, ReLU(⌊x / 2^f⌋) = ⌊ReLU(x) / 2^f⌋. The ReLU comes first: it needs no bits beyond those that are
//! compared, and its result is not negative. For 0 ≤ v < 2^n let v' = v − 2^(n−1), which fits n bits as a
//! signed number; ⌊v / 2^f⌋ = ⌊v' / 2^f⌋ + 2^(n−1−f), as f < n.

use alloc::vec;

use num_traits::{WrappingNeg, WrappingSub};

use crate::net::Transport;
use crate::nn::Rounding;
use crate::protocol::{Error, Family, Party};
use crate::ring::{Ring, Word};
use crate::share::Share;

/// max(x, 0) / 2^shift of values that fit `bits` bits.
pub(super) fn relu<T: Transport, R: Ring>(
    party: &mut Party<T>,
    x: &Share<R>,
    bits: u32,
    shift: u32,
    rounding: Rounding,
) -> Result<Share<R>, Error> {
    let exact = shift == 0 || party.comparison() == Family::Bitwise;
    if rounding == Rounding::Stochastic || exact {
        return party.relu_truncate(x, bits, shift);
    }
    if shift == bits - 1 {
        // Nothing is left of values below 2^shift.
        return Ok(Share::zeros(x.len()));
    }
    let positive = party.relu::<R, R>(x, bits)?;
    shift_down(party, positive, bits - 1, shift, rounding)
}

/// x / 2^shift of values that fit `bits` bits.
pub(super) fn truncate<T: Transport, R: Ring>(
    party: &mut Party<T>,
    x: &Share<R>,
    bits: u32,
    shift: u32,
    rounding: Rounding,
) -> Result<Share<R>, Error> {
    match rounding {
        Rounding::Stochastic => party.truncate(x, bits, shift),
        Rounding::Floor => party.truncate_floor(x, bits, shift),
    }
}

/// v / 2^shift in O, of 0 ≤ v < 2^bits with bits > shift, right modulo 2^(bits + 1).
pub(super) fn shift_down<T: Transport, R: Ring, O: Ring>(
    party: &mut Party<T>,
    mut v: Share<R>,
    bits: u32,
    shift: u32,
    rounding: Rounding,
) -> Result<Share<O>, Error> {
    let half = 1u64 << (bits - 1);
    v.add_public(party.id(), &vec![R::Word::truncate64(half).wrapping_neg(); v.len()]);
    let mut out = match rounding {
        Rounding::Stochastic => party.truncate::<R, O>(&v, bits, shift)?,
        Rounding::Floor => party.truncate_floor::<R, O>(&v, bits, shift)?,
    };
    out.add_public(party.id(), &vec![O::Word::truncate64(half >> shift); v.len()]);
    Ok(out)
}

/// min(max(x, low), high) = relu(x − low) − relu(x − high) + low.
pub(super) fn clip<T: Transport, R: Ring>(
    party: &mut Party<T>,
    x: &Share<R>,
    bits: u32,
    ends: [i64; 2],
) -> Result<Share<R>, Error> {
    let [low, high] = ends.map(|end| R::Word::from_signed(end.into()));
    let mut both = x.clone();
    both.append(x);
    let mut shift = vec![low.wrapping_neg(); x.len()];
    shift.resize(both.len(), high.wrapping_neg());
    both.add_public(party.id(), &shift);
    let both = party.relu::<R, R>(&both, bits)?;
    let mut out = both.slice(0..x.len());
    out.sub_assign(&both.slice(x.len()..both.len()));
    out.add_public(party.id(), &vec![low; x.len()]);
    Ok(out)
}

/// min(v, ceiling) = v − relu(v − ceiling), of v for which v − ceiling fits `bits` bits.
pub(super) fn at_most<T: Transport, R: Ring>(
    party: &mut Party<T>,
    mut v: Share<R>,
    bits: u32,
    ceiling: u64,
) -> Result<Share<R>, Error> {
    let mut above = v.clone();
    let minus = R::Word::default().wrapping_sub(&R::Word::truncate64(ceiling));
    above.add_public(party.id(), &vec![minus; v.len()]);
    v.sub_assign(&party.relu::<R, R>(&above, bits)?);
    Ok(v)
}
