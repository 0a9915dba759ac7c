//! What a normalisation leaves: the statistics of a batch, and what its gradients need.

use alloc::sync::Arc;

use crate::nn::train::arithmetic::{Arithmetic, Numbers};

/// μ and σ² of every channel: of a batch, or running, with 8 fractional bits more.
#[derive(Clone)]
pub(in crate::nn::train) struct Statistics(pub(in crate::nn::train) [Numbers; 2]);

/// What the step backward needs.
pub(in crate::nn::train) struct Normalised<A: Arithmetic> {
    pub(super) statistics: Statistics,
    /// x̂, r and their product's gradients, if anything below is trained.
    pub(super) rest: Option<(Numbers, Arc<Numbers>, A::Products)>,
}
