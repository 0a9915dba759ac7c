//! A shared model.

use alloc::vec::Vec;

use super::{Architecture, Layer};
use crate::correlation::{Fixed, FixedProduct};
use crate::net::Transport;
use crate::protocol::{Error, Party, WriteRow};
use crate::ring::Ring;
use crate::share::{Scratch, Share};

/// A model's weights, as its owner has them. Layers are counted over the linear ones, from 0.
pub trait Weights<W> {
    /// Writes a row of a layer's W, `[inputs]`.
    fn row(&self, layer: usize, row: usize, out: &mut [W]);
    /// Writes a layer's bias, `[outputs]`.
    fn bias(&self, layer: usize, out: &mut [W]);
}

/// One party's share of a model: layer after layer.
pub struct Sequential<R: Ring> {
    architecture: Architecture,
    linear: Vec<Linear<R>>,
}

struct Linear<R: Ring> {
    weights: Fixed<R>,
    bias: Share<R>,
}

/// What one batch takes that does not depend on its input.
pub struct Prepared<R: Ring> {
    rows: usize,
    products: Vec<FixedProduct<R>>,
}

impl<R: Ring> Sequential<R> {
    /// Shares the weights of the party `owner`, who gives them; the others give `None`. The setup:
    /// done once, for any number of batches.
    ///
    /// # Errors
    /// If the owner gives no weights, the network fails or the store has something else next.
    pub fn share<T: Transport>(
        party: &mut Party<T>,
        owner: usize,
        architecture: &Architecture,
        weights: Option<&dyn Weights<R::Word>>,
    ) -> Result<Self, Error> {
        let mut linear = Vec::new();
        for layer in architecture.layers() {
            let &Layer::Linear { inputs, outputs, bits } = layer else { continue };
            let number = linear.len();
            let bias = weights.map(|weights| {
                let mut bias = Scratch::<R::Word>::zeros(outputs);
                weights.bias(number, &mut bias);
                bias
            });
            let bias = party.input(owner, outputs, bias.as_deref())?;
            let row =
                weights.map(|weights| move |row: usize, out: &mut [R::Word]| weights.row(number, row, out));
            let row = row.as_ref().map(|row| row as WriteRow<'_, R::Word>);
            let weights = party.input_fixed(owner, [outputs, inputs], bits, row)?;
            linear.push(Linear { weights, bias });
        }
        Ok(Self { architecture: architecture.clone(), linear })
    }

    /// The model's public side.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The offline half of a batch of `rows` inputs: everything that does not depend on them.
    ///
    /// # Errors
    /// If the store has something else next.
    pub fn prepare<T: Transport>(&self, party: &mut Party<T>, rows: usize) -> Result<Prepared<R>, Error> {
        let mut products = Vec::with_capacity(self.linear.len());
        for layer in &self.linear {
            let mut product = party.prepare_product(&layer.weights, rows)?;
            product.add_row(&layer.bias);
            products.push(product);
        }
        Ok(Prepared { rows, products })
    }

    /// The online half: from x: `[rows, inputs]` to the last layer's result `[rows, outputs]`.
    ///
    /// # Errors
    /// If x is not what was prepared for, the network fails or the store has something else next.
    pub fn forward<T: Transport>(
        &self,
        party: &mut Party<T>,
        prepared: Prepared<R>,
        x: Share<R>,
    ) -> Result<Share<R>, Error> {
        self.forward_with(party, prepared, x, |party, x, bits| party.sign(x, bits))
    }

    /// As [`forward`](Self::forward), with a function of the caller's for the signs of values of a bit
    /// length.
    ///
    /// # Errors
    /// As [`forward`](Self::forward), or as the function.
    pub fn forward_with<T: Transport>(
        &self,
        party: &mut Party<T>,
        prepared: Prepared<R>,
        x: Share<R>,
        mut sign: impl FnMut(&mut Party<T>, &Share<R>, u32) -> Result<Share<R>, Error>,
    ) -> Result<Share<R>, Error> {
        let expected = prepared.rows * self.architecture.inputs();
        if x.len() != expected {
            return Err(Error::Shape { what: "elements of a model's input", expected, found: x.len() });
        }
        let (expected, found) = (self.linear.len(), prepared.products.len());
        if expected != found {
            return Err(Error::Shape { what: "products of a prepared batch", expected, found });
        }
        let mut products = self.linear.iter().zip(prepared.products);
        let mut x = x;
        for layer in self.architecture.layers() {
            x = match *layer {
                Layer::Linear { .. } => {
                    let Some((linear, product)) = products.next() else { continue };
                    party.product(&linear.weights, product, &x)?
                }
                Layer::Sign { bits } => sign(party, &x, bits)?,
                _ => x,
            };
        }
        Ok(x)
    }
}
