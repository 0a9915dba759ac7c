//! Functions by lines.

use alloc::vec::Vec;

use super::contract::{Errors, Line, Step};
use crate::function::{self, TableFormat};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError, Rounding};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// f(x) for a function that is linear between nodes, of values in the format of its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piecewise {
    /// The public function.
    pub function: function::Piecewise,
}

impl Step for Piecewise {
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        check.bits(self.ring().max(2), check.comparable())?;
        Ok(check.lifted())
    }

    fn ring(&self) -> u32 {
        self.function.needed_bits()
    }

    fn exact(&self, mut x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        let f = &self.function;
        at.fits(&x, f.input().bits)?;
        x.iter_mut().for_each(|x| *x = f.sum(*x));
        if at.rounds_down() {
            // With half a unit, as `piecewise_floor` does.
            x.iter_mut().for_each(|x| *x += f.half());
        }
        at.truncate(&mut x, f.shift());
        Ok(x)
    }

    /// By the steepest line, and by a unit where the sum is rounded.
    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        let own = if self.function.shift() > 0 { 1. } else { 0. };
        let slope = self.function.steepest();
        e.iter().map(|e| libm::ceil(e * slope) + own).collect()
    }

    fn line(&self) -> Line {
        Line::new("function by lines", self.function.input().bits)
    }

    fn write(&self, to: &mut Writer) {
        let f = &self.function;
        for TableFormat { bits, fraction } in [f.input(), f.output()] {
            to.bits(&[bits, fraction]);
        }
        to.bits(&[f.low_bits(), f.guard_bits(), f.node_bits()]);
        to.numbers(&f.slopes());
        to.numbers(f.nodes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        let (input, output) = (format(from)?, format(from)?);
        let [low, guard] = [from.bits("low bits of a function", 0, 32)?, from.bits("guard bits", 0, 32)?];
        let index = from.bits("index bits of a function", 1, function::MAX_NODE_BITS as u8)?;
        let slopes = [from.integer()?, from.integer()?];
        let nodes = from.integers(1 << index)?;
        let function = function::Piecewise::from_nodes(input, output, [low, guard], slopes, nodes);
        function.map(|function| Self { function }).map_err(PublicModelError::Piecewise)
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        match at.rounding {
            Rounding::Stochastic => at.party.piecewise(&x, &self.function),
            Rounding::Floor => at.party.piecewise_floor(&x, &self.function),
        }
    }
}

fn format(from: &mut Reader<'_>) -> Result<TableFormat, PublicModelError> {
    let bits = from.bits("bits of a function", 1, 32)?;
    Ok(TableFormat { bits, fraction: from.bits("fractional bits of a function", 0, 32)? })
}
