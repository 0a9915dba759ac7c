//! Sums over groups of elements.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use num_traits::WrappingAdd;

use super::contract::{Errors, Line, Step};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// From x: `[blocks, rows, groups, channels]` to `[blocks, groups]`, the sums over rows and channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSum {
    /// Blocks of x.
    pub blocks: usize,
    /// Rows that are summed.
    pub rows: usize,
    /// Groups of a block.
    pub groups: usize,
    /// Channels of a group, which are summed.
    pub channels: usize,
}

impl GroupSum {
    /// The sums for any number of images, from zero by an addition.
    fn sums<T: Copy, S: Copy>(&self, x: &[T], zero: S, add: impl Fn(S, T) -> S) -> Vec<S> {
        let block = self.rows * self.groups * self.channels;
        let mut out = Vec::with_capacity(x.len() / block * self.groups);
        for block in x.chunks_exact(block) {
            for group in 0..self.groups {
                let rows = block.chunks_exact(self.groups * self.channels);
                let group = group * self.channels..(group + 1) * self.channels;
                out.push(rows.flat_map(|row| &row[group.clone()]).fold(zero, |sum, &x| add(sum, x)));
            }
        }
        out
    }
}

impl Step for GroupSum {
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let Self { blocks, rows, groups, channels } = *self;
        check.some(blocks.min(rows).min(groups).min(channels))?;
        check.inputs(check.count(&[blocks, rows, groups, channels])?)?;
        Ok(Value { elements: blocks * groups, ..check.x })
    }

    fn need(&self, result: u32) -> u32 {
        result
    }

    fn products(&self, elements: usize) -> usize {
        elements.saturating_mul(self.rows).saturating_mul(self.channels)
    }

    fn exact(&self, x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        let sums = self.sums(&x, 0i128, |sum, x| sum + i128::from(x));
        sums.into_iter().map(|sum| at.fit(sum, at.bits)).collect()
    }

    /// The sum of a group's. Errors of blocks are those of the one that has the greatest.
    fn error(&self, e: &[f64], _at: &Errors<'_>) -> Vec<f64> {
        let mut out = vec![0f64; self.groups];
        for block in 0..self.blocks.min(e.len()) {
            for (group, out) in out.iter_mut().enumerate() {
                let at = |row: usize, channel: usize| {
                    ((block * self.rows + row) * self.groups + group) * self.channels + channel
                };
                let row = |row: usize| (0..self.channels).map(move |channel| e[at(row, channel) % e.len()]);
                *out = out.max((0..self.rows).flat_map(row).sum());
            }
        }
        out
    }

    fn line(&self) -> Line {
        Line::new(format!("sums of {}", self.rows * self.channels), None)
    }

    fn write(&self, to: &mut Writer) {
        to.sizes(&[self.blocks, self.rows, self.groups, self.channels]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        let [blocks, rows, groups, channels] = [from.size()?, from.size()?, from.size()?, from.size()?];
        Ok(Self { blocks, rows, groups, channels })
    }

    fn forward<R: Ring>(&self, x: Share<R>, _at: Online<'_, R>) -> Result<Share<R>, Error> {
        Ok(Share::from_words(self.sums(x.expose(), R::Word::default(), |sum, x| sum.wrapping_add(&x))))
    }
}
