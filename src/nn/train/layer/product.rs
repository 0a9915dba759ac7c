//! Linear layers and convolutions, z = x·Wᵀ + b.
//!
//! db = Σ g over rows and places, dW = gᵀ·x and dx = g·W ([`correlation::gradient`](crate::correlation::gradient)). With F_x, F_w and
//! F_g fractional bits of x, W and g, z has F_x + F_w, dW has F_g + F_x, and dx, of F_g + F_w, is truncated to F_g. db is brought to those of dW.
//!
//! Where rounding is exact, W is as it is held, with all its fractional bits. Where it is stochastic, the opening of W truncates it, so that z and dx
//! are products of words of 32 bits ([`Dithered`](crate::correlation::gradient::Dithered)): F_w is smaller then for them, but not for the update.
//!
//! **Signs.** Of a layer whose weights are signs, W is the sign of what is held (the latent weights), and ±1 stands for ±2^−t: t is its number
//! of fractional bits, and z is t bits smaller than the sum, for free. The gradient of the sign is passed on as it is (straight through: Hubara
//! et al., *Binarized neural networks*, NeurIPS 2016, section 1.3), so that a latent weight follows that of the weight.

use super::contract::{Backward, Forward, Memory, Step};
use crate::linalg::{LayerShape, Window};
use crate::nn::train::arithmetic::{Arithmetic, MOST_BITS, Numbers, TrainingRing};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::add_row;

/// Fractional bits that the sign of a latent weight is taken of, where rounding is stochastic.
const LATENT: u32 = 14;

#[derive(Debug)]
pub(in crate::nn::train) struct Product {
    /// Its number among the layers with weights.
    pub(in crate::nn::train) number: usize,
    pub(in crate::nn::train) window: Option<Window>,
    pub(in crate::nn::train) outputs: usize,
    pub(in crate::nn::train) inputs: usize,
    pub(in crate::nn::train) groups: usize,
    /// t, of a layer of signs.
    pub(in crate::nn::train) signs: Option<u32>,
    /// Fractional bits that weights lose on their way to a product; 0 where they keep all.
    pub(in crate::nn::train) dropped: u32,
    /// Whether something below is trained, and the layer itself.
    pub(in crate::nn::train) wanted: [bool; 2],
}

impl Product {
    fn shape(&self, rows: usize) -> LayerShape {
        let Self { window, outputs, inputs, groups, .. } = *self;
        LayerShape { window, rows, outputs, inputs, groups }
    }
}

impl Step for Product {
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        at: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        let (held, formats) = (&at.parameters[self.number], at.formats);
        let wanted = if at.tape.is_some() { self.wanted } else { [false; 2] };
        let shape = self.shape(at.rows);
        let (z, products) = match (self.signs, self.dropped) {
            (None, 0) => {
                let (mut z, products) = a.layer(&shape, wanted, x, held.weights.clone())?;
                let mut bias = held.bias.clone();
                bias.scale(1 << formats.activation);
                add_row(z.expose_mut(), bias.expose());
                (z, products)
            }
            (None, dropped) => {
                let bias = (&held.bias, formats.activation);
                a.dithered_layer(&shape, wanted, dropped, x, &held.weights, bias)?
            }
            (Some(t), _) => {
                let spare = formats.weight.saturating_sub(LATENT);
                let weights = a.signs(&held.weights, formats.latent(), spare)?;
                let dropped = formats.weight - formats.activation - t;
                let bias = a.truncate(&held.bias, MOST_BITS, dropped)?;
                let (mut z, products) = a.layer(&shape, wanted, x, weights.into())?;
                add_row(z.expose_mut(), bias.expose());
                (z, products)
            }
        };
        if wanted != [false; 2] {
            at.keep(Memory::Products(products));
        }
        Ok(z)
    }

    fn backward<A: Arithmetic>(
        &self,
        a: &mut A,
        g: Numbers,
        at: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error> {
        if self.wanted == [false; 2] {
            return Ok(Numbers::zeros(0));
        }
        let g = at.lift(a, g)?;
        let (products, formats) = (at.products(), at.formats);
        let [dx, dw] = a.gradients(products, &g)?;
        if let Some(dw) = dw {
            let mut db = g.column_sums(self.outputs);
            db.scale(1 << formats.activation);
            at.gradients[self.number] = Some([dw, db]);
        }
        let Some(dx) = dx else { return Ok(Numbers::zeros(0)) };
        let shift = self.signs.unwrap_or(formats.weight - self.dropped);
        let held = TrainingRing::BITS - self.dropped;
        *at.is_wide = false;
        a.cut(dx, held, formats.gradients() + shift, shift)
    }
}
