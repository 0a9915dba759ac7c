//! What an optimiser keeps.

use alloc::vec::Vec;

use crate::nn::train::arithmetic::Numbers;

/// Bits of the ring that numbers may take.
pub(super) const MOST_BITS: u32 = 51;

/// What an optimiser keeps of one vector of weights.
pub(in crate::nn::train) type State = Vec<Numbers>;
