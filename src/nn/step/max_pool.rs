//! Maxima over windows.

use alloc::format;
use alloc::vec::Vec;

use super::contract::{Errors, Line, Step, elements};
use crate::linalg::Window;
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer, for_windows};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::{Ring, power_of_two};
use crate::share::Share;

/// The greatest value of every window, channel by channel; padding is ignored. All differences within
/// a window fit `bits` bits as signed numbers.
///
/// In front of a truncation that rounds at random, low bits are not compared: the result is off by less than half a unit of
/// what the truncation gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// Image and window.
    pub window: Window,
    /// The bit length.
    pub bits: u32,
}

impl MaxPool {
    /// The result may be off by less than 2^this, if any: half of 2^slack.
    fn off(&self, slack: u32) -> Option<u32> {
        let off = slack.saturating_sub(1).min(self.bits - 2);
        (self.window.size[0] * self.window.size[1] > 1 && off > 0).then_some(off)
    }
}

impl Step for MaxPool {
    fn width(&self) -> Option<usize> {
        elements(&self.window)
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let [rows, columns] = check.window(&self.window)?;
        for (axis, places) in [rows, columns].into_iter().enumerate() {
            if !self.window.sees_image(axis, places) {
                let Window { size, dilation, padding, image, .. } = self.window;
                // A wide dilation may step over a small image.
                let most = if dilation[axis] <= image[axis] { (size[axis] - 1) * dilation[axis] } else { 0 };
                let (layer, found) = (check.layer, padding[axis]);
                return Err(ArchitectureError::Padding { layer, most, found });
            }
        }
        check.bits(self.bits, check.comparable())?;
        Ok(Value { elements: check.count(&[rows, columns, self.window.image[2]])?, ..check.x })
    }

    fn ring(&self) -> u32 {
        self.bits
    }

    fn need(&self, result: u32) -> u32 {
        result.max(self.bits)
    }

    fn gathered(&self, elements: usize) -> usize {
        elements.saturating_mul(self.window.size[0]).saturating_mul(self.window.size[1])
    }

    fn exact(&self, x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        let (mut out, mut most) = (Vec::new(), 0);
        for image in x.chunks_exact(self.window.image.iter().product()) {
            for_windows(&self.window, |channel, places| {
                let (mut low, mut high) = (i64::MAX, i64::MIN);
                for &place in places {
                    let x = image[place + channel];
                    (low, high) = (low.min(x), high.max(x));
                }
                most = most.max(i128::from(high) - i128::from(low));
                out.push(high);
            });
        }
        at.fit(most, self.bits)?;
        if let Some(off) = self.off(at.dropped[1]) {
            // What wins is one of the values, or that rounded by less than 2^off.
            at.leave_room(&[i64::try_from(most).unwrap_or(i64::MAX)], self.bits, off + 1)?;
            at.leave_room_around(&out, off)?;
        }
        Ok(out)
    }

    fn error(&self, e: &[f64], at: &Errors<'_>) -> Vec<f64> {
        let off = self.off(at.slack).map_or(0., |off| power_of_two(off as i32));
        e.iter().map(|e| e + off).collect()
    }

    fn line(&self) -> Line {
        Line::new(format!("maximum {}", self.window), self.bits)
    }

    fn write(&self, to: &mut Writer) {
        to.window(&self.window);
        to.bits(&[self.bits]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { window: from.window()?, bits: from.layer_bits()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        let off = self.off(at.slack).unwrap_or(0);
        at.party.max_pool_above(&x, &self.window, [self.bits, off, at.needed])
    }
}
