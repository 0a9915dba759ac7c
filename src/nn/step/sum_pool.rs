//! Sums over windows.

use alloc::format;
use alloc::vec::Vec;

use super::contract::{Errors, Line, Step, elements};
use crate::linalg::Window;
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer, for_windows};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// The sum over every window, channel by channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumPool {
    /// Image and window.
    pub window: Window,
}

impl Step for SumPool {
    fn width(&self) -> Option<usize> {
        elements(&self.window)
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let [rows, columns] = check.window(&self.window)?;
        Ok(Value { elements: check.count(&[rows, columns, self.window.image[2]])?, ..check.x })
    }

    fn need(&self, result: u32) -> u32 {
        result
    }

    fn products(&self, elements: usize) -> usize {
        elements.saturating_mul(self.window.size[0]).saturating_mul(self.window.size[1])
    }

    fn exact(&self, x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        let mut out = Vec::new();
        for image in x.chunks_exact(self.window.image.iter().product()) {
            for_windows(&self.window, |channel, places| {
                let sum = places.iter().map(|place| i128::from(image[place + channel])).sum();
                out.push(at.fit(sum, at.bits));
            });
        }
        out.into_iter().collect()
    }

    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        let values = (self.window.size[0] * self.window.size[1]) as f64;
        e.iter().map(|e| e * values).collect()
    }

    fn line(&self) -> Line {
        Line::new(format!("sum {}", self.window), None)
    }

    fn write(&self, to: &mut Writer) {
        to.window(&self.window);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { window: from.window()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, _at: Online<'_, R>) -> Result<Share<R>, Error> {
        Ok(x.sum_pool(&self.window))
    }
}
