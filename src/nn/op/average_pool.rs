//! Means over windows.
//!
//! The sum over a window of n values is n times their mean. The factor 2^⌊log2 n⌋ becomes fractional bits. The rest of n
//! goes into the weights of the next product, or else the sum is multiplied by c ≈ 2^q/n.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::contract::{Operation, each};
use super::role::Role;
use crate::linalg::Window;
#[cfg(feature = "safetensors")]
use crate::nn::load::{Described, File, LoadError, Order, SaveError, Saved};
use crate::nn::model::{Batch, ModelError, Value, fold_windows, geometry};
use crate::nn::quantised::{Choosing, Chosen, Format, Held, Lowering, QuantiseError};
use crate::nn::step;
use crate::ring::{nearest, power_of_two};

/// Fractional bits of a mean that are not worth a truncation.
const MOST_SPARE: u32 = 2;

/// The mean over every window, channel by channel; padding counts as 0.
#[derive(Clone, PartialEq, Eq)]
pub struct AveragePool {
    /// Image and window.
    pub window: Window,
}

impl AveragePool {
    /// Elements of a window.
    fn values(&self) -> usize {
        self.window.size[0] * self.window.size[1]
    }

    /// q. It gives 2^11 ≤ c < 2^12, so the relative error of rounding c is at most 2^−12.
    fn shift(&self) -> u32 {
        11 + self.values().next_power_of_two().ilog2()
    }
}

impl Operation for AveragePool {
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        x.pool(&self.window)
    }

    fn evaluate(&self, x: Vec<f32>, _: Batch<'_>) -> Vec<f32> {
        let count = self.values() as f32;
        each(fold_windows(&x, &self.window, 0., |sum, x| sum + x), |sum| sum / count)
    }

    fn summary(&self) -> String {
        format!("average pool {}", geometry(&self.window))
    }

    fn role(&self) -> Role {
        Role::Mean { values: self.values(), padded: self.window.padding != [0; 2] }
    }

    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        (x, _): Chosen,
        _: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let (value, grown) = (layer + 1, choice.grown(layer, self.values()));
        let whole = match grown {
            // The sum is divided, which makes fractions.
            0 if self.values() > 1 => {
                let fraction = x.fraction.max(choice.fine(value).min(x.fraction + self.shift()));
                Format { fraction, bits: x.bits + fraction - x.fraction }
            }
            _ => Format { fraction: x.fraction + grown, bits: x.bits + grown },
        };
        let kept = choice.dropped(value, whole);
        // Where others take the values as well, these may have many more fractional bits than their mean needs.
        let fraction =
            if choice.rounds(layer) || whole.fraction > kept + MOST_SPARE { kept } else { whole.fraction };
        // The sum of n values stands for up to twice their mean times 2^⌊log2 n⌋.
        let more = u32::from(!self.values().is_power_of_two());
        let held = choice.held(value, fraction);
        Ok((Format { fraction, bits: held.bits + more }, None))
    }

    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        _: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let (values, window, shape) = (self.values(), self.window, builder.shape());
        let grown = builder.grown(values);
        let bits = (x.format.bits + values.next_power_of_two().ilog2()).min(63);
        if grown > 0 || values == 1 {
            let fraction = x.format.fraction + grown;
            builder.fraction(want, 0, fraction)?;
            let bits = bits.min(want.bits + fraction - want.fraction);
            let sum = builder.emit(x, step::SumPool { window }, shape, Format { fraction, bits });
            let gain = x.gain * (1u64 << grown) as f64 / values as f64;
            return builder.finish(Held { gain, ..sum }, want);
        }
        let sum = builder.emit(x, step::SumPool { window }, shape, Format { bits, ..x.format });
        let shift = self.shift();
        builder.fraction(want, 0, x.format.fraction + shift)?;
        let factor = nearest(power_of_two(shift as i32) / values as f64, 0, 63).0 as i64;
        let format = Format { fraction: x.format.fraction + shift, bits: bits + 12 };
        let mean = builder.emit(sum, step::Scale { factor }, shape, format);
        builder.finish(mean, want)
    }
}

#[cfg(feature = "safetensors")]
impl File for AveragePool {
    const TYPES: &'static [&'static str] = &["avg_pool2d", "global_avg_pool2d"];

    fn read(layer: &mut Described<'_, '_>) -> Result<Self, LoadError> {
        if layer.kind() == "global_avg_pool2d" {
            layer.no_options()?;
            let image = layer.image()?;
            return Ok(Self { window: Window::new(image, [image[0], image[1]]) });
        }
        layer.pool().map(|window| Self { window })
    }

    fn write(&self, layer: &mut Saved<'_>) -> Result<(), SaveError> {
        layer.kind("avg_pool2d");
        layer.window(&self.window);
        Ok(())
    }

    fn order(&self, _: [usize; 3], x: Order, _: &[Order]) -> Option<Order> {
        x.is_none().then_some(None)
    }
}
