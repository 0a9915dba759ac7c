//! GELU, x·Φ(x).
//!
//! GELU is not bounded, but GELU(x) = ReLU(x) − |x|·Φ(−|x|), and the second term vanishes on both sides, so it is a ReLU
//! plus a table. Values that are known to lie within −4 to 4 need a single table.

use alloc::string::String;
use alloc::vec::Vec;
use core::f64::consts::FRAC_1_SQRT_2;

use super::contract::{Operation, each};
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;
use crate::nn::model::Batch;
use crate::nn::quantised::{Choosing, Chosen, Curve, Format, Held, Lowering, QuantiseError};

/// x·Φ(x) with the normal distribution's Φ.
#[derive(Clone, PartialEq, Eq)]
pub struct Gelu;

const WHOLE: Curve = Curve { reach: 2, flat: 0, f: |x| 0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2) };
/// GELU(x) − ReLU(x). Outside −4 to 4 it is 0 up to 1.3 · 10^−4. Its slope is at most 1/2.
const BEND: Curve =
    Curve { reach: 2, flat: 1, f: |x| -0.5 * libm::fabs(x) * libm::erfc(libm::fabs(x) * FRAC_1_SQRT_2) };

impl Operation for Gelu {
    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        each(x, |x| x * 0.5 * (1. + libm::erff(x * core::f32::consts::FRAC_1_SQRT_2)))
    }

    fn summary(&self) -> String {
        "GELU".into()
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        _: Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        Ok((choice.held(layer + 1, choice.tabled(layer + 1)), None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        if x.format.bits <= x.format.fraction + WHOLE.reach + 1 {
            return builder.table(x, WHOLE, want);
        }
        let x = builder.refine(x, want.fraction)?;
        let shift = builder.shift(x.format, want)?;
        let relu = builder.relu(x, shift, want);
        let bend = builder.table(x, BEND, want)?;
        Ok(builder.sum(bend, relu, want))
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Gelu {
    const TYPE: &'static str = "gelu";
    const OP: Self = Self;
}
