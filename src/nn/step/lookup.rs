//! Tables.

use alloc::vec::Vec;

use super::contract::{Errors, Line, Step};
use crate::function::Table;
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// T(x mod 2^m) for a table of m index bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The public function.
    pub table: Table,
}

impl Step for Lookup {
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let [found, second] = self.table.bits();
        let (layer, most) = (check.layer, check.x.right);
        match (found, second) {
            (_, 1..) => Err(ArchitectureError::Pairs { layer }),
            _ if found > most => Err(ArchitectureError::Bits { layer, most, found }),
            _ => Ok(check.lifted()),
        }
    }

    fn ring(&self) -> u32 {
        self.table.index_bits()
    }

    fn exact(&self, mut x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        let entries = self.table.entries();
        at.fits(&x, self.table.index_bits())?;
        x.iter_mut().for_each(|x| *x = entries[*x as usize & (entries.len() - 1)]);
        Ok(x)
    }

    /// The most that the table changes over e steps of its index.
    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        let entries = self.table.entries();
        // From the least index, which is the middle entry, to the greatest.
        let (positive, negative) = entries.split_at(entries.len() / 2);
        let ordered = || negative.iter().chain(positive);
        let steps = ordered().zip(ordered().skip(1)).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
        let range = ordered().max().zip(ordered().min()).map_or(0, |(high, low)| high.abs_diff(*low));
        e.iter().map(|e| (steps as f64 * e).min(range as f64)).collect()
    }

    fn line(&self) -> Line {
        Line::new("table", self.table.index_bits())
    }

    fn write(&self, to: &mut Writer) {
        to.bits(&[self.table.index_bits()]);
        to.numbers(self.table.entries());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { table: from.table()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        at.party.lookup(&x, &self.table)
    }
}
