//! The greatest value of every window, channel by channel.
//!
//! Value k of all windows is a plane, and the maximum a tree over planes: max(a, b) = b + ReLU(a − b). dx follows the bits d = \[a ≥ b\] of the
//! comparisons back down the tree: of the gradient g of a maximum, a gets d·g and b gets g − d·g. Then the planes' gradients are added to
//! the values that they were gathered from, of which overlapping windows share some.
//!
//! Of a batch, m − 1 ReLUs forward and as many selections backward for windows of m values, in ⌈log2 m⌉ times the rounds of one.

use alloc::vec::Vec;

use super::contract::{Backward, Forward, Memory, Step};
use crate::linalg::Window;
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::protocol::Error;

#[derive(Debug)]
pub(in crate::nn::train) struct MaxPool {
    pub(in crate::nn::train) window: Window,
    /// Bits of differences.
    pub(in crate::nn::train) bits: u32,
}

impl MaxPool {
    fn values(&self) -> usize {
        self.window.size[0] * self.window.size[1]
    }
}

impl Step for MaxPool {
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        at: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        let mut size = self.values();
        let mut planes = Numbers::from_words(self.window.gather(x.expose(), &self.window.taps()?));
        let windows = planes.len() / size;
        drop(x);
        while size > 1 {
            let half = size / 2 * windows;
            let right = planes.slice(half..2 * half);
            let mut excess = planes.slice(0..half);
            excess.sub_assign(&right);
            let (mut greater, bits) = a.narrow_relu(&excess, self.bits, 0)?;
            greater.add_assign(&right);
            if size % 2 == 1 {
                greater.append(&planes.slice(2 * half..planes.len()));
            }
            at.keep(Memory::Bits(bits));
            planes = greater;
            size = size.div_ceil(2);
        }
        Ok(planes)
    }

    fn backward<A: Arithmetic>(
        &self,
        a: &mut A,
        mut g: Numbers,
        at: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error> {
        let mut sizes = Vec::new();
        let mut size = self.values();
        while size > 1 {
            sizes.push(size);
            size = size.div_ceil(2);
        }
        let windows = g.len();
        for size in sizes.into_iter().rev() {
            let half = size / 2 * windows;
            let both = g.slice(0..half);
            let rest = g.slice(half..g.len());
            let mut left = at.pass(a, &both)?;
            let mut right = both;
            right.sub_assign(&left);
            left.append(&right);
            left.append(&rest);
            g = left;
        }
        if g.is_empty() {
            return Ok(g);
        }
        let plane = |k: usize| &g.expose()[k * windows..][..windows];
        Ok(Numbers::of(self.window.scatter(plane, &self.window.taps()?)))
    }
}
