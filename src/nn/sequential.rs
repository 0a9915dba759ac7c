//! A shared model.
//!
//! Setup, once a model: its weights are shared, masked and opened masked, strip by strip. A batch then takes an offline
//! half, [`Sequential::prepare`], and an online one, [`Sequential::forward`], which walks the layers:
//!
//! | layer | by |
//! | --- | --- |
//! | linear, convolution | [`Party::product`]; with public weights, by each party alone |
//! | sign | [`Party::sign`] |
//! | ReLU | [`Party::relu_truncate`]; for exact floors a ReLU and the floor of what is not negative |
//! | clip | relu(x − low) − relu(x − high) + low, both at once |
//! | truncation | [`Party::truncate`] or [`Party::truncate_floor`] |
//! | pooling | [`Party::max_pool`], sums by each party alone |
//! | lookup | [`Party::lookup`] |
//! | softmax | see [`softmax_reference`] |
//!
//! A value that a later layer goes back to is kept until the last one has.

mod forward;
mod round;
mod softmax;
mod weighted;

use alloc::vec::Vec;

pub use self::softmax::softmax_reference;
use self::weighted::Weighted;
pub use self::weighted::Weights;
use super::Architecture;
use crate::correlation::FixedProduct;
use crate::net::Transport;
use crate::protocol::error::range;
use crate::protocol::{Error, Party};
use crate::ring::Ring;

/// One party's share of a model: layer after layer.
pub struct Sequential<R: Ring> {
    architecture: Architecture,
    /// Of the layers that have weights.
    weighted: Vec<Weighted<R>>,
}

/// What one batch takes that does not depend on its input.
pub struct Prepared<R: Ring> {
    rows: usize,
    /// Of the layers that have weights; `None` where these are public.
    products: Vec<Option<FixedProduct<R>>>,
}

impl<R: Ring> Prepared<R> {
    /// Rows of the batch.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

impl<R: Ring> Sequential<R> {
    /// Shares the weights of the party `owner`, who gives them; the others give `None`. The setup:
    /// done once, for any number of batches.
    ///
    /// # Errors
    /// If the architecture is for another ring, the owner gives no weights, the network fails or the store has
    /// something else next.
    pub fn share<T: Transport>(
        party: &mut Party<T>,
        owner: usize,
        architecture: &Architecture,
        weights: Option<&dyn Weights<R::Word>>,
    ) -> Result<Self, Error> {
        Self::gather(architecture, |number, layer| Weighted::share(party, owner, number, layer, weights))
    }

    /// The model with weights that every party knows: products take no masks, no rounds and nothing from the dealer.
    ///
    /// # Errors
    /// If the architecture is for another ring.
    pub fn public(architecture: &Architecture, weights: &dyn Weights<R::Word>) -> Result<Self, Error> {
        Self::gather(architecture, |number, layer| Ok(Weighted::public(number, layer, weights)))
    }

    fn gather(
        architecture: &Architecture,
        mut weighted: impl FnMut(usize, weighted::Shape) -> Result<Weighted<R>, Error>,
    ) -> Result<Self, Error> {
        let ring = u64::from(R::BITS);
        range("ring width of the architecture", ring, ring, architecture.ring().into())?;
        let shapes = architecture.layers().iter().filter_map(weighted::Shape::of).enumerate();
        let weighted = shapes.map(|(number, shape)| weighted(number, shape)).collect::<Result<_, _>>()?;
        Ok(Self { architecture: architecture.clone(), weighted })
    }

    /// The model's public side.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Bits of the result that are right, and to open it with ([`Architecture::bits_out`]).
    pub fn bits_out(&self) -> u32 {
        self.architecture.bits_out()
    }

    /// The offline half of a batch of `rows` inputs: everything that does not depend on them.
    ///
    /// # Errors
    /// If there are more elements than can be counted, or the store has something else next.
    pub fn prepare<T: Transport>(&self, party: &mut Party<T>, rows: usize) -> Result<Prepared<R>, Error> {
        let layers = self.architecture.layers().len();
        let widest = (0..=layers).map(|value| self.architecture.elements(value)).max().unwrap_or(0).max(1);
        range("rows of a batch", 0, (isize::MAX as usize / widest / 16) as u64, rows as u64)?;
        let products = self.weighted.iter().map(|layer| layer.prepare(party, rows));
        Ok(Prepared { rows, products: products.collect::<Result<_, _>>()? })
    }
}
