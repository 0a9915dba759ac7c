//! Comparison by a tree of borrows.
//!
//! 1 + ⌈log2(k − 1)⌉ rounds for k ≥ 3 and 2 for k = 2 if the result is arithmetic, one less if it is
//! bits: y = x + r is opened, the borrow into bit k − 1 of y − r found by a tree of products
//! ([`Circuit::Sign`]), and the bit made a number by a daBit, which opens one more bit.

use super::{Error, Party};
use crate::correlation::bits::Circuit;
use crate::correlation::{Cost, Elements};
use crate::net::Transport;
use crate::protocol::bits::{arithmetic_cost, one};
use crate::ring::Ring;
use crate::share::{BitShare, Share};

impl<T: Transport> Party<T> {
    pub(super) fn compare_by_bitwise<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        let negative = self.negative_by_bitwise(x, bits)?;
        self.arithmetic_values(&negative, values)
    }

    pub(super) fn negative_by_bitwise<R: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
    ) -> Result<BitShare, Error> {
        Ok(one(self.subtract(x, bits, Circuit::Sign)?))
    }

    /// The bits x = 0, where x is read modulo 2^bits, shared as bits: ⌈log2 bits⌉ rounds.
    ///
    /// # Errors
    /// If `bits` is not in 1..=64 or above k, the network fails, the store has no such items next or
    /// the dealer's data is malformed.
    pub fn zero_by_bitwise<R: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<BitShare, Error> {
        Ok(one(self.subtract(x, bits, Circuit::Zero)?))
    }
}

/// The cost of `len` comparisons of `bits` bits.
pub(super) fn cost(len: usize, bits: u32, output: Option<Elements>) -> Cost {
    let tree = Circuit::Sign.cost(len, bits);
    let last = output.map_or(Cost::default(), |elements| arithmetic_cost(len, 1, elements.bits));
    Cost {
        rounds: tree.rounds + last.rounds,
        opened_bits: tree.opened_bits + last.opened_bits,
        dealer_bytes: tree.dealer_bytes + last.dealer_bytes,
    }
}
