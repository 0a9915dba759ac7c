//! Training in the clear: the same fixed point, number by number.
//!
//! With [`Rounding::Floor`], which rounds to the nearest here, a step gives exactly the numbers that parties open. With
//! [`Rounding::Stochastic`] it draws the rounding from a generator of its own; its results are distributed as theirs, within the error of
//! local rounding for more than two parties.
//!
//! Numbers that do not fit the bits that their layer declares are an error here, where the parties, who see no numbers, would
//! go on with wrong ones: so the twin also tells whether formats hold.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::arithmetic::{Arithmetic, Numbers, TrainingRing};
use crate::function::{Piecewise, Table};
use crate::linalg::LayerShape;
use crate::nn::{Rounding, softmax_reference};
use crate::prg::{Prg, Seed};
use crate::protocol::Error;
use crate::protocol::error::range;
use crate::ring::{Ring, Word};
use crate::share::{BitShare, add_row};

/// Trains in the clear: every number is its own share.
pub struct Clear {
    rounding: Rounding,
    prg: Prg,
    /// Numbers drawn so far.
    drawn: u64,
}

/// What is left of a layer's product for its gradients.
pub struct Factors {
    layer: LayerShape,
    wanted: [bool; 2],
    x: Numbers,
    w: Arc<Numbers>,
}

impl Clear {
    /// Rounds like this, where stochastic by numbers drawn from the seed.
    pub fn new(rounding: Rounding, seed: &Seed) -> Self {
        Self { rounding, prg: Prg::new(seed), drawn: 0 }
    }

    fn divided(&mut self, x: &[i64], shift: u32) -> Vec<i64> {
        if self.rounding == Rounding::Floor || shift == 0 {
            let half = (1 << shift) >> 1;
            return x.iter().map(|x| (x + half) >> shift).collect();
        }
        let mut thresholds = vec![0u64; x.len()];
        self.prg.words(0, self.drawn, &mut thresholds);
        self.drawn += x.len() as u64;
        let low = (1i64 << shift) - 1;
        x.iter().zip(thresholds).map(|(x, c)| (x + (c as i64 & low)) >> shift).collect()
    }
}

const RING: u32 = TrainingRing::BITS;

fn signed(x: &Numbers) -> impl Iterator<Item = i64> {
    x.expose().iter().map(|word| ((word << (64 - RING)) as i64) >> (64 - RING))
}

/// The numbers, if all of them fit so many bits.
fn fitting(x: &Numbers, bits: u32) -> Result<Vec<i64>, Error> {
    let x: Vec<i64> = signed(x).collect();
    let magnitude = |x: &i64| if *x < 0 { !*x as u64 } else { *x as u64 };
    let most = x.iter().map(magnitude).max().unwrap_or(0);
    range("magnitude of a number in fixed point", 0, (1 << (bits - 1)) - 1, most)?;
    Ok(x)
}

fn numbers(x: impl IntoIterator<Item = i64>) -> Numbers {
    Numbers::from_words(x.into_iter().map(|x| x as u64).collect())
}

fn bits(x: &[i64], f: impl Fn(i64) -> bool) -> BitShare {
    let words = x.chunks(64).map(|x| x.iter().rev().fold(0, |bits, x| bits << 1 | u64::from(f(*x))));
    BitShare::from_words(words.collect(), x.len())
}

impl Arithmetic for Clear {
    type Products = Factors;

    fn id(&self) -> usize {
        0
    }

    fn is_dry(&self) -> bool {
        false
    }

    fn layer(
        &mut self,
        layer: &LayerShape,
        wanted: [bool; 2],
        x: Numbers,
        w: Arc<Numbers>,
    ) -> Result<(Numbers, Factors), Error> {
        let [_, _, outputs] = layer.sizes().unwrap_or_default();
        let mut z = Numbers::zeros(outputs);
        layer.forward_add(RING, x.expose(), w.expose(), z.expose_mut());
        Ok((z, Factors { layer: *layer, wanted, x, w }))
    }

    fn dithered_layer(
        &mut self,
        layer: &LayerShape,
        wanted: [bool; 2],
        dropped: u32,
        x: Numbers,
        w: &Numbers,
        (bias, scale): (&Numbers, u32),
    ) -> Result<(Numbers, Factors), Error> {
        let [w, bias] = [w, bias].map(|x| signed(x).collect::<Vec<i64>>());
        let (w, bias) = (self.divided(&w, dropped), self.divided(&bias, dropped));
        let (mut z, factors) = self.layer(layer, wanted, x, numbers(w).into())?;
        let bias: Vec<u64> = bias.into_iter().map(|b| (b << scale) as u64).collect();
        add_row(z.expose_mut(), &bias);
        Ok((z, factors))
    }

    fn gradients(&mut self, products: Factors, g: &Numbers) -> Result<[Option<Numbers>; 2], Error> {
        let Factors { layer, wanted, x, w } = products;
        let dx = wanted[0].then(|| {
            let mut dx = Numbers::zeros(x.len());
            layer.input_add(RING, g.expose(), w.expose(), dx.expose_mut());
            dx
        });
        let dw = wanted[1].then(|| {
            let mut dw = Numbers::zeros(w.len());
            layer.weight_add(RING, g.expose(), x.expose(), dw.expose_mut());
            dw
        });
        Ok([dx, dw])
    }

    fn truncate(&mut self, x: &Numbers, bits: u32, shift: u32) -> Result<Numbers, Error> {
        let x = fitting(x, bits)?;
        Ok(numbers(self.divided(&x, shift)))
    }

    fn relu(&mut self, x: &Numbers, bits_of: u32, shift: u32) -> Result<(Numbers, BitShare), Error> {
        let x = fitting(x, bits_of)?;
        let x = self.divided(&x, shift);
        let derivative = bits(&x, |x| x >= 0);
        Ok((numbers(x.into_iter().map(|x| x.max(0))), derivative))
    }

    fn cut(&mut self, x: Numbers, _: u32, bits: u32, shift: u32) -> Result<Numbers, Error> {
        self.truncate(&x, bits, shift)
    }

    fn lift(&mut self, x: &Numbers, bits: u32) -> Result<Numbers, Error> {
        fitting(x, bits).map(numbers)
    }

    fn narrow_relu(&mut self, x: &Numbers, bits: u32, shift: u32) -> Result<(Numbers, BitShare), Error> {
        self.relu(x, bits, shift)
    }

    fn narrow_select(&mut self, chosen: &BitShare, x: &Numbers, _: u32) -> Result<Numbers, Error> {
        self.select(chosen, x)
    }

    fn negative(&mut self, x: &Numbers, bits_of: u32, _: u32) -> Result<BitShare, Error> {
        Ok(bits(&fitting(x, bits_of)?, |x| x < 0))
    }

    fn signs(&mut self, x: &Numbers, bits: u32, _: u32) -> Result<Numbers, Error> {
        Ok(numbers(fitting(x, bits)?.into_iter().map(|x| if x < 0 { -1 } else { 1 })))
    }

    fn select(&mut self, bits: &BitShare, x: &Numbers) -> Result<Numbers, Error> {
        let bit = |i: usize| bits.expose()[i / 64] >> (i % 64) & 1;
        let words = x.expose().iter().enumerate().map(|(i, x)| x.wrapping_mul(bit(i)));
        Ok(Numbers::from_words(words.collect()))
    }

    fn multiply(&mut self, x: &Numbers, y: &Numbers) -> Result<Numbers, Error> {
        let mut product = x.clone();
        product.mul_public(y.expose());
        Ok(product)
    }

    fn softmax(&mut self, x: &Numbers, classes: usize, bits: u32, fraction: u32) -> Result<Numbers, Error> {
        Ok(numbers(softmax_reference(&fitting(x, bits)?, classes, bits, fraction)))
    }

    fn look_up(&mut self, x: &Numbers, table: &Table) -> Result<Numbers, Error> {
        let mask = u64::mask(table.index_bits());
        Ok(numbers(x.expose().iter().map(|x| table.entries()[(x & mask) as usize])))
    }

    fn piecewise(&mut self, x: &Numbers, f: &Piecewise) -> Result<Numbers, Error> {
        let x = fitting(x, f.needed_bits())?;
        if self.rounding == Rounding::Floor || f.shift() == 0 {
            return Ok(numbers(x.into_iter().map(|x| f.evaluate(x))));
        }
        let sums: Vec<i64> = x.into_iter().map(|x| f.sum(x)).collect();
        Ok(numbers(self.divided(&sums, f.shift())))
    }
}
