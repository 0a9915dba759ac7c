//! Products of two values, as of squeeze-and-excitation blocks (<https://arxiv.org/abs/1709.01507>).
//!
//! A product of values with f_x and f_y fractional bits has f_x + f_y. Values that have more than counts in a result of f
//! fractional bits are truncated first: an error of 2^−f_x in x makes one of 2^−f_x·|y| in the product, so that
//! f_x = f + 1 + log2 |y| suffices.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::slice;

use super::contract::Operation;
use super::role::Role;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};
use crate::nn::step;

/// x times the result of the layer of this name, or the input for the name `input`, element by element. If one of the two is a
/// vector with an element for every channel of the other, these are the factors at every place.
#[derive(Clone, PartialEq, Eq)]
pub struct Multiply {
    /// The layer.
    pub layer: String,
}

impl Operation for Multiply {
    fn others(&self) -> &[String] {
        slice::from_ref(&self.layer)
    }

    fn others_mut(&mut self) -> &mut [String] {
        slice::from_mut(&mut self.layer)
    }

    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        let other = x.others[0];
        let is_vector = |shape: [usize; 3]| shape == [1, 1, x.shape[2]];
        if is_vector(x.shape) && other[2] == x.shape[2] {
            return Ok(other);
        }
        if is_vector(other) { Ok(x.shape) } else { x.expect("the value to multiply by", other) }
    }

    fn evaluate(&self, x: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        let other = batch.others[0];
        let (mut all, few) = if x.len() < other.len() { (other.to_vec(), &x[..]) } else { (x, other) };
        let channels = batch.shape[2];
        let [image, row] = [all.len(), few.len()].map(|all| (all / batch.count.max(1)).max(1));
        for (image, few) in all.chunks_exact_mut(image).zip(few.chunks_exact(row)) {
            let factors = if few.len() == image.len() { few } else { &few[..channels] };
            image.iter_mut().zip(factors.iter().cycle()).for_each(|(x, factor)| *x *= factor);
        }
        all
    }

    fn summary(&self) -> String {
        format!("multiply by {}", self.layer)
    }

    fn role(&self) -> Role {
        Role::Factors
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        (x, _): Chosen,
        others: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let (value, (other, _)) = (layer + 1, others[0]);
        // As many as the more precise factor has, or more where both are coarse.
        let most = x.fraction.max(other.fraction).max(choice.fine(value));
        let whole = choice.held(value, most.min(x.fraction + other.fraction));
        Ok((choice.held(value, choice.dropped(value, whole)), None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        others: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let other = others[0];
        // The fractional bits that count in a product with values of a format.
        let enough = |by: Format| want.fraction + 1 + by.bits.saturating_sub(by.fraction);
        let [short, factor] = builder.factors(x, other, enough);
        let elements = |held: Held| held.shape.iter().product::<usize>();
        let (x, factor) = if elements(short) < elements(factor) { (factor, short) } else { (short, factor) };
        let fraction = x.format.fraction + factor.format.fraction;
        builder.fraction(want, 0, fraction)?;
        let bits = (want.bits + fraction - want.fraction).min(x.format.bits + factor.format.bits);
        let [rows, columns, channels] = x.shape;
        let layer = step::Multiply { value: factor.value, places: rows * columns, channels };
        let product = builder.emit(x, layer, x.shape, Format { fraction, bits });
        builder.finish(Held { gain: x.gain * factor.gain, ..product }, want)
    }
}

#[cfg(feature = "safetensors")]
impl File for Multiply {
    const TYPES: &'static [&'static str] = &["multiply"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        layer.other().map(|layer| Self { layer })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("multiply");
        layer.option("layer", self.layer.as_str());
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, others: &[Order]) -> Option<Order> {
        (others[0] == x).then_some(x)
    }
}
