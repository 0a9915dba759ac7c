//! Sums of two values, as of residual connections. The gradient goes to both.

use super::contract::{Backward, Forward, Step};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::protocol::Error;

#[derive(Debug)]
pub(in crate::nn::train) struct Add {
    /// The number of the other value.
    pub(in crate::nn::train) value: usize,
}

impl Step for Add {
    fn forward<A: Arithmetic>(
        &self,
        _: &mut A,
        mut x: Numbers,
        at: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error> {
        if let Some(other) = &at.kept[self.value] {
            x.add_assign(other);
        }
        Ok(x)
    }

    fn backward<A: Arithmetic>(
        &self,
        _: &mut A,
        g: Numbers,
        at: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error> {
        if g.is_empty() {
            return Ok(g);
        }
        match &mut at.pending[self.value] {
            Some((pending, is_wide)) => {
                pending.add_assign(&g);
                *is_wide &= *at.is_wide;
            }
            none => *none = Some((g.clone(), *at.is_wide)),
        }
        Ok(g)
    }
}
