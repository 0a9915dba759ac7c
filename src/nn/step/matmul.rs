//! Products of two values as matrices.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::slice;

use super::contract::{Errors, Line, Step};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// x, `[rows, heads, inner]`, times an earlier value y, head by head: `[rows, heads, columns]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatMul {
    /// The number of the value.
    pub value: usize,
    /// Matrices of each value.
    pub heads: usize,
    /// Rows of x.
    pub rows: usize,
    /// Elements of a row of a matrix of x.
    pub inner: usize,
    /// Columns of the result's matrices.
    pub columns: usize,
    /// Whether y is `[columns, heads, inner]`, and otherwise `[inner, heads, columns]`.
    pub transposed: bool,
}

impl MatMul {
    /// Every product of an element of x and one of y, by their numbers after that of the element of the result.
    pub(in crate::nn) fn each(&self, mut f: impl FnMut(usize, usize, usize)) {
        for row in 0..self.rows {
            for head in 0..self.heads {
                let place = row * self.heads + head;
                for column in 0..self.columns {
                    for i in 0..self.inner {
                        f(place * self.columns + column, place * self.inner + i, self.right(head, i, column));
                    }
                }
            }
        }
    }

    /// The number of an element of y.
    fn right(&self, head: usize, i: usize, column: usize) -> usize {
        match self.transposed {
            true => (column * self.heads + head) * self.inner + i,
            false => (i * self.heads + head) * self.columns + column,
        }
    }

    fn lens(&self) -> [usize; 3] {
        [[self.rows, self.inner], [self.columns, self.inner], [self.rows, self.columns]]
            .map(|[a, b]| a * b * self.heads)
    }

    /// The matrices of x and y, one after the other.
    fn matrices<T: Copy>(&self, x: &[T], y: &[T]) -> [Vec<T>; 2] {
        let Self { heads, rows, inner, columns, .. } = *self;
        let [left, right, _] = self.lens();
        // Growing would leave the old place unwiped.
        let (mut all_x, mut all_y) = (Vec::with_capacity(x.len()), Vec::with_capacity(y.len()));
        for (x, y) in x.chunks_exact(left).zip(y.chunks_exact(right)) {
            for head in 0..heads {
                (0..rows)
                    .for_each(|row| all_x.extend_from_slice(&x[(row * heads + head) * inner..][..inner]));
                let element = |i: usize, column: usize| y[self.right(head, i, column)];
                (0..inner).for_each(|i| all_y.extend((0..columns).map(|column| element(i, column))));
            }
        }
        [all_x, all_y]
    }

    /// The result of its matrices one after the other.
    fn joined<T: Copy>(&self, z: &[T]) -> Vec<T> {
        let Self { heads, rows, columns, .. } = *self;
        let mut out = Vec::with_capacity(z.len());
        for z in z.chunks_exact(heads * rows * columns) {
            for row in 0..rows {
                (0..heads)
                    .for_each(|head| out.extend_from_slice(&z[(head * rows + row) * columns..][..columns]));
            }
        }
        out
    }
}

impl Step for MatMul {
    fn earlier(&self) -> &[usize] {
        slice::from_ref(&self.value)
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let Self { heads, rows, inner, columns, .. } = *self;
        let other = check.value(self.value)?;
        check.some(heads.min(rows).min(inner).min(columns))?;
        check.inputs(check.count(&[heads, rows, inner])?)?;
        let (expected, found) = (check.count(&[heads, inner, columns])?, other.elements);
        if expected != found {
            return Err(ArchitectureError::Inputs { layer: check.layer, expected, found });
        }
        let elements = check.count(&[heads, rows, columns])?;
        Ok(Value { elements, right: check.x.right.min(other.right) })
    }

    fn need(&self, result: u32) -> u32 {
        result
    }

    fn products(&self, elements: usize) -> usize {
        elements.saturating_mul(self.inner)
    }

    fn items(&self) -> usize {
        self.heads
    }

    fn exact(&self, x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        let [left, right, product] = self.lens();
        let mut out = Vec::with_capacity(x.len() / left * product);
        for (x, y) in x.chunks_exact(left).zip(at.others[0].chunks_exact(right)) {
            let mut sums = vec![0i128; product];
            self.each(|place, i, j| sums[place] += i128::from(x[i]) * i128::from(y[j]));
            for sum in sums {
                out.push(at.fit(sum, at.bits)?);
            }
        }
        Ok(out)
    }

    /// |x·y − (x + d)·(y + e)| ≤ |y|·|d| + |x|·|e| + |d|·|e|, `inner` times, for the greatest of each.
    fn error(&self, e: &[f64], at: &Errors<'_>) -> Vec<f64> {
        let greatest = |e: &[f64]| e.iter().copied().fold(0., f64::max);
        let (d, e, [most, most_other]) = (greatest(e), greatest(at.others[0]), [at.most[0], at.most[1]]);
        vec![self.inner as f64 * (most_other * d + most * e + d * e)]
    }

    fn line(&self) -> Line {
        let transposed = if self.transposed { " transposed" } else { "" };
        Line::new(format!("{} matrices times value {}{transposed}", self.heads, self.value), None)
    }

    fn write(&self, to: &mut Writer) {
        to.sizes(&[self.value, self.heads, self.rows, self.inner, self.columns]);
        to.0.push(self.transposed.into());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        let [value, heads, rows] = [from.size()?, from.size()?, from.size()?];
        let [inner, columns] = [from.size()?, from.size()?];
        let transposed = from.number("whether a matrix is transposed", 0, 1)? == 1;
        Ok(Self { value, heads, rows, inner, columns, transposed })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        let count = x.len() / self.lens()[0] * self.heads;
        let [x, y] = self.matrices(x.expose(), at.others[0].expose()).map(Share::<R>::from_words);
        let product = at.party.matmuls(&x, &y, count, [self.rows, self.inner, self.columns])?;
        Ok(Share::from_words(self.joined(product.expose())))
    }
}
