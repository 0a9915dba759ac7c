//! Clips whose ends may lie outside the range of their input.
//!
//! A clip compares x − low and x − high. If an end lies outside the range of all x of b bits, it has no effect and is
//! replaced by the end of that range; then the differences fit b + 1 bits. But if all x are below low, or all are above
//! high, the result is that end for every x, and its bits and those of the differences are whatever they need.

use super::error::QuantiseError;
use super::format::{Format, width};
use super::lowering::{Held, Lowering};
use crate::nn::step;
use crate::ring::nearest;

/// The ends of a clip as integers of a format.
pub(in crate::nn) fn ends(format: Format, low: f32, high: f32) -> [i128; 2] {
    [low, high].map(|end| nearest(end.into(), format.fraction, 64).0)
}

/// The constant result of a clip, if every value of the format lies on one side of it.
pub(in crate::nn) fn outside(format: Format, [low, high]: [i128; 2]) -> Option<i128> {
    let end = 1i128 << (format.bits - 1);
    if low >= end { Some(low) } else { Some(high).filter(|&high| high < -end) }
}

impl dyn Lowering + '_ {
    /// min(max(x, low), high) of integers. Equal ends are moved one apart.
    pub(in crate::nn) fn clip(&mut self, x: Held, ends: [i128; 2]) -> Result<Held, QuantiseError> {
        let end = 1i128 << (x.format.bits - 1);
        let [low, high] = match ends {
            [low, high] if low == high && high <= -end => [high - 1, high],
            [low, high] => [low, high.max(low + 1)],
        };
        // An end outside the range of x has no effect, unless it clips all of x.
        let low = low.max(-end).min(high - 1);
        let high = high.min(end).max(low + 1);
        let bits = width(end - 1 - low).max(width(-end - high)).max(x.format.bits + 1);
        let (..=64, [Ok(low), Ok(high)]) = (bits, [low, high].map(i64::try_from)) else {
            return Err(QuantiseError::Bits { layer: self.name().into(), least: 2, most: 64, found: bits });
        };
        let results = outside(x.format, ends).map_or(0, width).max(x.format.bits);
        Ok(self.emit(x, step::Clip { bits, low, high }, x.shape, Format { bits: results, ..x.format }))
    }

    /// Checks that the result's bits hold a clip's constant result without its last `shift` bits.
    pub(in crate::nn) fn holds(
        &self,
        want: Format,
        number: Option<i128>,
        shift: u32,
    ) -> Result<(), QuantiseError> {
        // Rounded up it is one more.
        let least = number.map_or(2, |x| width(x >> shift).max(width((x >> shift) + i128::from(shift > 0))));
        match want.bits < least {
            true => Err(QuantiseError::Bits { layer: self.name().into(), least, most: 63, found: want.bits }),
            false => Ok(()),
        }
    }
}
