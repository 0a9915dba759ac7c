//! The products of a layer in a training step.
//!
//! Forward one round, k bits opened for each element of x and W, and k bits from the dealer for each of the result; backward one round,
//! k bits opened for each element of the result, and k bits from the dealer for each of the gradients. See
//! [`correlation::gradient`](crate::correlation::gradient).

use alloc::sync::Arc;

use super::error::shape;
use super::{Error, Party};
use crate::correlation::Gradient;
use crate::correlation::gradient::{Backward, Dithered, DitheredBackward};
use crate::linalg::LayerShape;
use crate::offline::Cost;
use crate::ring::{Ring, packed_len};
use crate::share::Share;

/// # Products with gradients
impl Party {
    /// x·Wᵀ, or the convolution of x, and what is left for the gradients, of which those of x and of W may be `wanted`.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2, linalg::LayerShape};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let w = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// # let g = party.input::<Z2<8>>(1, 1, (party.id() == 1).then_some(&[2]))?;
    /// let layer = LayerShape { window: None, rows: 1, outputs: 1, inputs: 2, groups: 1 };
    /// let (z, backward) = party.layer(&layer, [true, true], x, w.into())?; // x = (5, −4), W = (3, 2)
    /// let [dx, dw] = party.gradients(backward, &g)?; // g = 2
    /// Ok([party.open(&z)?, party.open(&dx.unwrap())?, party.open(&dw.unwrap())?]) // 7, (6, 4), (10, −8)
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [vec![7], vec![6, 4], vec![10, 248]]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the lengths do not fit the layer, the network fails, the store has no such item next or the dealer's data is malformed.
    pub fn layer<R: Ring>(
        &mut self,
        layer: &LayerShape,
        wanted: [bool; 2],
        x: Share<R>,
        w: Arc<Share<R>>,
    ) -> Result<(Share<R>, Backward<R>), Error> {
        self.store.check(&Gradient::<R>::request(layer, wanted))?;
        let [inputs, weights, _] = layer.sizes().unwrap_or_default();
        shape("elements of a layer's input", inputs, x.len())?;
        shape("elements of a layer's weights", weights, w.len())?;
        let (mut opened, masked) = Gradient::take(&mut self.store, layer, wanted)?.mask(&x, &w);
        self.network.open(&mut opened, R::BITS)?;
        Ok(masked.forward(x, w, opened)?)
    }

    /// As [`layer`](Self::layer) with weights and a bias that are rounded on the way: divided by 2^dropped, up or down at random without bias, and
    /// less than (n + 1) / 2 units off for n parties. The result, with the bias times 2^scale, counts modulo 2^(k − dropped) alone, which is 32 bits or
    /// fewer, as does the gradient of x; that of W counts modulo 2^k. It opens what a layer opens and the bias, k bits each, in one round; the
    /// dealer sends k − dropped bits for each element of the result ([`cost::dithered_layer`](super::cost::dithered_layer)).
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2, linalg::LayerShape};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<52>>(0, 1, (party.id() == 0).then_some(&[5]))?;
    /// # let w = party.input::<Z2<52>>(1, 1, (party.id() == 1).then_some(&[3 << 20]))?;
    /// # let bias = party.input::<Z2<52>>(1, 1, (party.id() == 1).then_some(&[0]))?;
    /// let layer = LayerShape { window: None, rows: 1, outputs: 1, inputs: 1, groups: 1 };
    /// let (z, _) = party.dithered_layer(&layer, [false; 2], 20, x, &w, (&bias, 0))?; // x = 5, W = 3·2^20
    /// party.open_modulo(&z, 32) // 15, but for rounding
    /// # });
    /// # assert!(run.unwrap().outputs[1][0].abs_diff(15) <= 6);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`layer`](Self::layer), and if not 32 bits or fewer are left.
    pub fn dithered_layer<R: Ring<Word = u64>>(
        &mut self,
        layer: &LayerShape,
        wanted: [bool; 2],
        dropped: u32,
        x: Share<R>,
        w: &Share<R>,
        (bias, scale): (&Share<R>, u32),
    ) -> Result<(Share<R>, DitheredBackward<R>), Error> {
        self.store.check(&Dithered::kind::<R>(layer, wanted, dropped).into())?;
        let [inputs, weights, _] = layer.sizes().unwrap_or_default();
        shape("elements of a layer's input", inputs, x.len())?;
        shape("elements of a layer's weights", weights, w.len())?;
        shape("elements of a layer's bias", layer.outputs, bias.len())?;
        let (mut opened, masked) =
            Dithered::take::<R>(&mut self.store, layer, wanted, dropped)?.mask(&x, w, bias);
        self.network.open(&mut opened, R::BITS)?;
        Ok(masked.forward(x, opened, scale)?)
    }

    /// The gradients of a [dithered layer](Self::dithered_layer), as [`gradients`](Self::gradients).
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients).
    pub fn dithered_gradients<R: Ring<Word = u64>>(
        &mut self,
        backward: DitheredBackward<R>,
        g: &Share<R>,
    ) -> Result<[Option<Share<R>>; 2], Error> {
        shape("elements of the gradient of a result", backward.outputs(), g.len())?;
        let (mut opened, masked) = backward.mask(g);
        self.network.open(&mut opened, R::BITS)?;
        Ok(masked.backward(&opened)?)
    }

    /// The gradients of a [layer](Self::layer)'s x and W, of those that are wanted, given that of its result.
    ///
    /// # Errors
    /// If g has another length than the result or none was wanted, the network fails or the dealer's data is malformed.
    pub fn gradients<R: Ring>(
        &mut self,
        backward: Backward<R>,
        g: &Share<R>,
    ) -> Result<[Option<Share<R>>; 2], Error> {
        shape("elements of the gradient of a result", backward.outputs(), g.len())?;
        let (mut opened, masked) = backward.mask(g);
        self.network.open(&mut opened, R::BITS)?;
        Ok(masked.backward(&opened)?)
    }
}

/// The cost of a layer's product of k-bit elements.
///
/// # Panics
/// If the window does not fit its image, or there is more than can be counted.
pub fn layer(layer: &LayerShape, bits: u32) -> Cost {
    let [inputs, weights, outputs] = sizes(layer);
    Cost {
        rounds: 1,
        opened_bits: (inputs + weights) as u64 * u64::from(bits),
        dealer_bytes: packed_len(outputs, bits) as u64,
    }
}

/// The cost of the gradients of a layer, of those of its input and of its weights that are wanted. The dealer sends what they take together with
/// what the product takes.
///
/// # Panics
/// As [`layer`].
pub fn gradients(layer: &LayerShape, [dx, dw]: [bool; 2], bits: u32) -> Cost {
    let [inputs, weights, outputs] = sizes(layer);
    let dealt = |wanted, len| if wanted { packed_len(len, bits) as u64 } else { 0 };
    Cost {
        rounds: 1,
        opened_bits: outputs as u64 * u64::from(bits),
        dealer_bytes: dealt(dx, inputs) + dealt(dw, weights),
    }
}

/// The cost of a layer's product of k-bit elements whose weights and bias are rounded by `dropped` bits on the way.
///
/// # Panics
/// As [`layer`], and if more than k bits are dropped.
pub fn dithered_layer(layer: &LayerShape, dropped: u32, bits: u32) -> Cost {
    let [inputs, weights, outputs] = sizes(layer);
    Cost {
        rounds: 1,
        opened_bits: (inputs + weights + layer.outputs) as u64 * u64::from(bits),
        dealer_bytes: packed_len(outputs, bits - dropped) as u64,
    }
}

/// The cost of the gradients of a dithered layer, of those that are wanted: that of its input, too, has `dropped` bits fewer.
///
/// # Panics
/// As [`dithered_layer`].
pub fn dithered_gradients(layer: &LayerShape, wanted: [bool; 2], dropped: u32, bits: u32) -> Cost {
    let [dx, dw] = wanted;
    let cost = gradients(layer, [false, dw], bits);
    let narrow = if dx { packed_len(sizes(layer)[0], bits - dropped) as u64 } else { 0 };
    Cost { dealer_bytes: cost.dealer_bytes + narrow, ..cost }
}

fn sizes(layer: &LayerShape) -> [usize; 3] {
    let Some(sizes) = layer.sizes() else { panic!("a layer that can't be counted: {layer:?}") };
    sizes
}
