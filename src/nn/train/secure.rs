//! Training on shares.

use alloc::sync::Arc;

use super::arithmetic::{Arithmetic, Numbers, TrainingRing};
use crate::correlation::gradient::{Backward, DitheredBackward};
use crate::function::{Piecewise, Table};
use crate::linalg::LayerShape;
use crate::nn::Rounding;
use crate::nn::sequential::Softmax;
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Z2};
use crate::share::{BitShare, Share, add_public, resized, rounded};

/// One of the parties that train.
pub struct Secure<'a> {
    party: &'a mut Party,
    rounding: Rounding,
}

/// The ring whose words narrow numbers take.
type Narrow = Z2<32>;
const NARROW: u32 = Narrow::BITS;

fn narrowed(x: &Numbers) -> Share<Narrow> {
    Share::of(resized(x.expose()))
}

fn widened(x: &Share<Narrow>) -> Numbers {
    Numbers::of(resized(x.expose()))
}

/// What is left of a layer's product for its gradients.
pub enum Products {
    /// In the ring of the weights.
    Wide(Backward<TrainingRing>),
    /// Of weights that are rounded.
    Dithered(DitheredBackward<TrainingRing>),
}

impl<'a> Secure<'a> {
    /// Trains with this party, whose truncations round like this.
    pub fn new(party: &'a mut Party, rounding: Rounding) -> Self {
        Self { party, rounding }
    }

    /// x and half a unit of what is left of it, so that the floor is the nearest.
    fn raised(&self, x: &Numbers, shift: u32) -> Numbers {
        let mut x = x.clone();
        add_public(self.party.id(), 1 << (shift - 1), x.expose_mut());
        x
    }

    /// The low bits that this party rounds by itself, with what is left of `bits`, and the share that it makes of x.
    ///
    /// The sign of the rounded number is that of x but for x within a unit of 0. Of more than two parties the errors add up to more.
    fn coarse(&self, x: &Numbers, bits: u32, spare: u32) -> Option<(Numbers, u32)> {
        let local = if self.party.parties() == 2 { spare.min(bits.saturating_sub(2)) } else { 0 };
        if self.rounding == Rounding::Floor || local == 0 {
            return None;
        }
        Some((Numbers::of(rounded(self.party.id(), x.expose(), bits, local)), bits - local))
    }
}

impl Arithmetic for Secure<'_> {
    type Products = Products;

    fn id(&self) -> usize {
        self.party.id()
    }

    fn is_dry(&self) -> bool {
        self.party.is_dry()
    }

    fn layer(
        &mut self,
        layer: &LayerShape,
        wanted: [bool; 2],
        x: Numbers,
        w: Arc<Numbers>,
    ) -> Result<(Numbers, Self::Products), Error> {
        let (z, products) = self.party.layer(layer, wanted, x, w)?;
        Ok((z, Products::Wide(products)))
    }

    fn dithered_layer(
        &mut self,
        layer: &LayerShape,
        wanted: [bool; 2],
        dropped: u32,
        x: Numbers,
        w: &Numbers,
        bias: (&Numbers, u32),
    ) -> Result<(Numbers, Self::Products), Error> {
        let (z, products) = self.party.dithered_layer(layer, wanted, dropped, x, w, bias)?;
        Ok((z, Products::Dithered(products)))
    }

    fn gradients(&mut self, products: Self::Products, g: &Numbers) -> Result<[Option<Numbers>; 2], Error> {
        match products {
            Products::Wide(products) => self.party.gradients(products, g),
            Products::Dithered(products) => self.party.dithered_gradients(products, g),
        }
    }

    fn truncate(&mut self, x: &Numbers, bits: u32, shift: u32) -> Result<Numbers, Error> {
        match self.rounding {
            _ if shift == 0 => Ok(x.clone()),
            Rounding::Stochastic => self.party.truncate(x, bits, shift),
            Rounding::Floor => self.party.truncate_floor(&self.raised(x, shift), bits, shift),
        }
    }

    fn relu(&mut self, x: &Numbers, bits: u32, shift: u32) -> Result<(Numbers, BitShare), Error> {
        if self.rounding == Rounding::Floor && shift > 0 {
            let x = self.truncate(x, bits, shift)?;
            return self.party.relu_with_derivative(&x, bits - shift, 0);
        }
        self.party.relu_with_derivative(x, bits, shift)
    }

    fn cut(&mut self, x: Numbers, held: u32, bits: u32, shift: u32) -> Result<Numbers, Error> {
        if shift == 0 {
            return Ok(x);
        }
        let left = bits - shift + 1;
        // Two parties round by themselves: what is left of the ring is enough.
        if self.rounding == Rounding::Stochastic && self.party.parties() == 2 && held - shift >= left {
            return Ok(Numbers::of(rounded(self.party.id(), x.expose(), held, shift)));
        }
        if left > NARROW {
            return self.truncate(&x, bits, shift);
        }
        Ok(match self.rounding {
            Rounding::Stochastic => widened(&self.party.truncate::<TrainingRing, Narrow>(&x, bits, shift)?),
            Rounding::Floor => {
                let x = self.raised(&x, shift);
                widened(&self.party.truncate_floor::<TrainingRing, Narrow>(&x, bits, shift)?)
            }
        })
    }

    fn lift(&mut self, x: &Numbers, bits: u32) -> Result<Numbers, Error> {
        if bits < NARROW {
            return self.party.truncate(&narrowed(x), bits, 0);
        }
        self.party.truncate(x, bits, 0)
    }

    fn narrow_relu(&mut self, x: &Numbers, bits: u32, shift: u32) -> Result<(Numbers, BitShare), Error> {
        if self.rounding == Rounding::Floor && shift > 0 {
            let x = self.cut(x.clone(), TrainingRing::BITS, bits, shift)?;
            return self.narrow_relu(&x, bits - shift, 0);
        }
        let low = bits - shift + 1;
        if low > NARROW {
            return self.relu(x, bits, shift);
        }
        let (relu, derivative) = if bits <= NARROW {
            self.party.relu_low_with_derivative::<Narrow, Narrow>(&narrowed(x), bits, shift, low)?
        } else {
            self.party.relu_low_with_derivative::<TrainingRing, Narrow>(x, bits, shift, low)?
        };
        Ok((widened(&relu), derivative))
    }

    fn narrow_select(&mut self, chosen: &BitShare, x: &Numbers, bits: u32) -> Result<Numbers, Error> {
        if bits < NARROW {
            return Ok(widened(&self.party.select_low(chosen, &narrowed(x), bits + 1)?));
        }
        self.select(chosen, x)
    }

    fn negative(&mut self, x: &Numbers, bits: u32, spare: u32) -> Result<BitShare, Error> {
        match self.coarse(x, bits, spare) {
            Some((x, bits)) => self.party.negative_bits(&x, bits),
            None => self.party.negative_bits(x, bits),
        }
    }

    fn signs(&mut self, x: &Numbers, bits: u32, spare: u32) -> Result<Numbers, Error> {
        match self.coarse(x, bits, spare) {
            Some((x, bits)) => self.party.sign(&x, bits),
            None => self.party.sign(x, bits),
        }
    }

    fn select(&mut self, bits: &BitShare, x: &Numbers) -> Result<Numbers, Error> {
        self.party.select_bits(bits, x)
    }

    fn multiply(&mut self, x: &Numbers, y: &Numbers) -> Result<Numbers, Error> {
        self.party.multiply(x, y)
    }

    fn softmax(&mut self, x: &Numbers, classes: usize, bits: u32, fraction: u32) -> Result<Numbers, Error> {
        Softmax::new(classes, bits, fraction).apply(self.party, x, self.rounding)
    }

    fn look_up(&mut self, x: &Numbers, table: &Table) -> Result<Numbers, Error> {
        self.party.lookup(x, table)
    }

    fn piecewise(&mut self, x: &Numbers, f: &Piecewise) -> Result<Numbers, Error> {
        match self.rounding {
            Rounding::Stochastic => self.party.piecewise(x, f),
            Rounding::Floor => self.party.piecewise_floor(x, f),
        }
    }
}
