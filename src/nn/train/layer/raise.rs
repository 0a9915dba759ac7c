//! More fractional bits, for outputs that have fewer than gradients.
//!
//! The gradient has its own format, so it passes as it is.

use super::contract::{Backward, Forward, Step};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::protocol::Error;

#[derive(Debug)]
pub(in crate::nn::train) struct Raise {
    /// How many more.
    pub(in crate::nn::train) by: u32,
}

impl Step for Raise {
    fn forward<A: Arithmetic>(
        &self,
        _: &mut A,
        mut x: Numbers,
        _: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        x.scale(1 << self.by);
        Ok(x)
    }

    fn backward<A: Arithmetic>(
        &self,
        _: &mut A,
        g: Numbers,
        _: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error> {
        Ok(g)
    }
}
