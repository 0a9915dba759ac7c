//! Numbers between two public ends.
//!
//! Both differences x − low and x − high are compared at once, one vector behind the other.

use super::arithmetic::Numbers;
use crate::share::{BitShare, add_public};

/// x − low, and behind it x − high.
pub(super) fn above(party: usize, x: &Numbers, ends: [u64; 2]) -> Numbers {
    let mut both = x.clone();
    both.append(x);
    for (part, end) in both.expose_mut().chunks_exact_mut(x.len().max(1)).zip(ends) {
        add_public(party, end.wrapping_neg(), part);
    }
    both
}

/// low + ReLU(x − low) − ReLU(x − high), of these ReLUs.
pub(super) fn clipped(party: usize, relus: &Numbers, low: u64) -> Numbers {
    let len = relus.len() / 2;
    let mut out = relus.slice(0..len);
    out.sub_assign(&relus.slice(len..2 * len));
    add_public(party, low, out.expose_mut());
    out
}

/// Whether one of both is above its end and the other is not, of bits that tell which are: x is between the ends.
pub(super) fn between(bits: &BitShare) -> BitShare {
    let len = bits.len() / 2;
    let mut out = bits.slice(0..len);
    out.xor_assign(&bits.slice(len..2 * len));
    out
}
