//! Signs.

use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
use super::role::Role;
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};
use crate::nn::step;

/// +1 where x ≥ 0, else −1.
#[derive(Clone, PartialEq, Eq)]
pub struct Sign;

/// That of −1 and +1.
const SIGNS: Format = Format { fraction: 0, bits: 2 };

impl Operation for Sign {
    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| if x >= 0. { 1. } else { -1. })
    }

    fn summary(&self) -> String {
        "sign".into()
    }

    fn role(&self) -> Role {
        Role::Sign
    }

    fn rises(&self) -> bool {
        true
    }

    fn format(&self, _: &dyn Choosing, _: usize, _: Chosen, _: &[Chosen]) -> Result<Chosen, QuantiseError> {
        Ok((SIGNS, Some(1)))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        builder.fraction(want, 0, 0)?;
        let sign = builder.emit(x, step::Sign { bits: x.format.bits.max(2) }, x.shape, SIGNS);
        Ok(Held { most: 1, gain: 1., ..sign })
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Sign {
    const TYPE: &'static str = "sign";
    const OP: Self = Self;
}
