//! The mean of every window of m values, channel by channel: the sum times c ≈ 2^q / m, truncated by q bits.
//!
//! dx is g·c, truncated by q bits, at each value below the window.

use super::contract::{Backward, Forward, Step};
use crate::linalg::Window;
use crate::nn::train::arithmetic::{Arithmetic, Numbers, TrainingRing};
use crate::protocol::Error;
use crate::ring::Ring;

#[derive(Debug)]
pub(in crate::nn::train) struct AveragePool {
    pub(in crate::nn::train) window: Window,
    /// Bits of the numbers, and how many of them are dropped beside q.
    pub(in crate::nn::train) bits: u32,
    pub(in crate::nn::train) shift: u32,
    /// Modulo which power of two they count.
    pub(in crate::nn::train) held: u32,
}

impl AveragePool {
    /// c and q: c = 1 for powers of two, else c has 8 bits, so that it is right to 2^−8 of itself.
    pub(in crate::nn::train) fn factor(window: &Window) -> (u64, u32) {
        let values = window.size[0] * window.size[1];
        let log = values.next_power_of_two().ilog2();
        if values.is_power_of_two() {
            return (1, log);
        }
        let q = log + 7;
        (((1u64 << (q + 1)) / values as u64).div_ceil(2), q)
    }
}

impl Step for AveragePool {
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        _: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        let (c, q) = Self::factor(&self.window);
        let mut sums = x.sum_pool(&self.window);
        sums.scale(c);
        a.cut(sums, self.held, self.bits + q, self.shift + q)
    }

    fn backward<A: Arithmetic>(
        &self,
        a: &mut A,
        mut g: Numbers,
        at: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error> {
        if g.is_empty() {
            return Ok(g);
        }
        let (c, q) = Self::factor(&self.window);
        g = at.lift(a, g)?;
        g.scale(c);
        let g = a.cut(g, TrainingRing::BITS, at.formats.gradients() + q, q)?;
        *at.is_wide = q == 0;
        Ok(Numbers::of(self.window.scatter(|_| g.expose(), &self.window.taps()?)))
    }
}
