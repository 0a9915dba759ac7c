//! Comparison by a tree of borrows, and what else is built on it.
//!
//! y = x + r is opened, the borrow into bit k − 1 of y − r is found by a tree of products ([`Circuit::Sign`]), and for an
//! arithmetic result a daBit makes the bit a number, which opens one more bit. That takes ⌈log2(k − 1)⌉ rounds, at least
//! one, for a bit, and one more for a number. Equality is the product of the bits that propagate ([`Circuit::Zero`]), in
//! ⌈log2 k⌉ rounds.
//!
//! A ReLU into a ring that is no wider than the k bits of x selects x by the bit \[x ≥ 0\]: one more round and 1 + k more
//! opened bits. Into a wider ring, or with truncation by f bits, x is decomposed into bits ([`Circuit::Bits`]), each bit
//! from f on is multiplied by \[x ≥ 0\], and the products are composed in the result's ring: two more rounds, and exactly
//! ⌊x / 2^f⌋ where x ≥ 0.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Error, Party};
use crate::correlation::bits::Circuit;
use crate::offline::{Cost, Elements};
use crate::protocol::bits::{compose, one, products_cost, select};
use crate::ring::Word;
use crate::secret::Scratch;
use crate::share::{BitShare, resized};

impl Party {
    pub(super) fn compare_by_bitwise<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        output: Elements,
        values: [V; 2],
    ) -> Result<Scratch<V>, Error> {
        let negative = self.negative_by_bitwise(x, bits)?;
        self.numbers(&[&negative], output, values)
    }

    pub(super) fn negative_by_bitwise<W: Word>(&mut self, x: &[W], bits: u32) -> Result<BitShare, Error> {
        Ok(one(self.subtract(x, bits, Circuit::Sign)?))
    }

    pub(in crate::protocol) fn zero_by_bitwise<W: Word>(
        &mut self,
        x: &[W],
        bits: u32,
    ) -> Result<BitShare, Error> {
        Ok(one(self.subtract(x, bits, Circuit::Zero)?))
    }

    pub(in crate::protocol) fn relu_by_bitwise<W: Word, V: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        shift: u32,
        output: Elements,
    ) -> Result<Scratch<V>, Error> {
        match Relu::of(bits, shift, output.bits) {
            Relu::Zero => Ok(Scratch::zeros(x.len())),
            Relu::Select => {
                let positive = self.negative_by_bitwise(x, bits)?.not(self.id());
                self.select_words(&positive, &resized(x), output.bits)
            }
            Relu::Planes(planes) => {
                let all = self.subtract(x, bits, Circuit::Bits)?;
                let kept = self.positive_planes(all, shift, planes)?;
                self.numbers(&kept.iter().collect::<Vec<_>>(), output, [V::zero(), V::one()])
            }
        }
    }

    /// Of all planes so many from `shift` on, times the complement of the highest plane.
    fn positive_planes(
        &mut self,
        mut all: Vec<BitShare>,
        shift: u32,
        planes: usize,
    ) -> Result<Vec<BitShare>, Error> {
        let positive = one(all.split_off(all.len() - 1)).not(self.id());
        let kept = all.iter().skip(shift as usize).take(planes);
        let vectors: Vec<&BitShare> = core::iter::once(&positive).chain(kept).collect();
        let pairs: Arc<[_]> = (1..=planes as u16).map(|plane| [0, plane]).collect();
        self.bit_products(positive.len(), &vectors, &pairs)
    }
}

/// How a ReLU comes from the bits.
enum Relu {
    /// It is zero: all its bits are dropped.
    Zero,
    Select,
    /// By so many of its bits.
    Planes(usize),
}

impl Relu {
    fn of(bits: u32, shift: u32, output: u32) -> Self {
        match (bits - 1).saturating_sub(shift).min(output) {
            0 => Self::Zero,
            _ if shift == 0 && output <= bits => Self::Select,
            planes => Self::Planes(planes as usize),
        }
    }
}

fn arithmetic(len: usize, tree: Cost, output: Option<Elements>) -> Cost {
    output.map_or(tree, |elements| tree.then(compose(len, 1, elements.bits)))
}

/// The cost of `len` comparisons of `bits` bits.
pub(in crate::protocol) fn sign_cost(len: usize, bits: u32, output: Option<Elements>) -> Cost {
    arithmetic(len, Circuit::Sign.cost(len, bits), output)
}

/// The cost of `len` tests for zero of `bits` bits.
pub(in crate::protocol) fn zero_cost(len: usize, bits: u32, output: Option<Elements>) -> Cost {
    arithmetic(len, Circuit::Zero.cost(len, bits), output)
}

/// The cost of `len` ReLUs of `bits` bits.
pub(in crate::protocol) fn relu_cost(len: usize, bits: u32, shift: u32, output: Elements) -> Cost {
    let width = output.bits;
    match Relu::of(bits, shift, width) {
        Relu::Zero => Cost::default(),
        Relu::Select => Circuit::Sign.cost(len, bits).then(select(len, width)),
        Relu::Planes(planes) => Circuit::Bits
            .cost(len, bits)
            .then(products_cost(len, 1 + planes, planes))
            .then(compose(len, planes as u32, width)),
    }
}
