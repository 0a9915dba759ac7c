//! What an optimiser keeps.

use alloc::vec::Vec;

use crate::nn::train::arithmetic::Numbers;

/// What an optimiser keeps of one vector of weights.
pub(in crate::nn::train) type State = Vec<Numbers>;
