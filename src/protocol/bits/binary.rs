//! Products of bits, and from numbers to bits.
//!
//! | | rounds | opened bits | dealer's bits |
//! | --- | --- | --- | --- |
//! | and | 1 | 2 | 1 |
//! | bits of k-bit numbers | ⌈log2(k − 1)⌉, at least 1 | see [`correlation::bits`](crate::correlation::bits) | k, a half more, and a bit a product |
//!
//! The lowest bit of a number alone is free: no carry enters it, so the lowest bits of the shares of x share it.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::correlation::bits::{BitProducts, Circuit, EdaBitsRequest, Subtraction, lowest_bits};
use crate::offline::{Cost, Elements};
use crate::protocol::error::{range, shape};
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Word, packed_len};
use crate::share::{BitShare, Share};

/// # Products of bits, and from numbers to bits
impl Party {
    /// The bits x ∧ y, element by element.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[251, 252]))?;
    /// let (a, b) = (party.negative_bits(&x, 8)?, party.negative_bits(&y, 8)?); // 0, 1 and 1, 1
    /// let both = party.and(&a, &b)?;
    /// party.open_bits(&both) // bit 0 is 0, bit 1 is 1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0b10]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the lengths differ, the network fails or the store has no such products next.
    pub fn and(&mut self, x: &BitShare, y: &BitShare) -> Result<BitShare, Error> {
        shape("bits of the right side of an and", x.len(), y.len())?;
        let pairs: Arc<[_]> = Arc::new([[0, 1]]);
        Ok(one(self.bit_products(x.len(), &[x, y], &pairs)?))
    }

    /// Products of pairs of vectors of `len` bits, all in one round.
    pub(in crate::protocol) fn bit_products(
        &mut self,
        len: usize,
        vectors: &[&BitShare],
        pairs: &Arc<[[u16; 2]]>,
    ) -> Result<Vec<BitShare>, Error> {
        let (mut opened, products) =
            BitProducts::take(&mut self.store, len, vectors.len(), pairs)?.mask(vectors);
        self.network.open_bits(&mut opened)?;
        Ok(products.finish(&opened)?)
    }

    /// The low `bits` bits of every value, shared as bits: plane j holds bit j of all values. The highest plane holds the
    /// signs of two's complement numbers of `bits` bits.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let planes = party.bits(&x, 8)?; // of 0b0000_0101 and 0b1111_1100
    /// party.open_bits(&planes[0]) // the lowest bits, 1 and 0
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [0b01]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `bits` is not in 1..=64 or above k, the network fails, the store has no such items next or
    /// the dealer's data is malformed.
    pub fn bits<R: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Vec<BitShare>, Error> {
        range("bits of a number", 1, R::BITS.min(64) as u64, bits as u64)?;
        if bits == 1 {
            return Ok(vec![lowest_bits(x)]);
        }
        self.subtract(x.expose(), bits, Circuit::Bits)
    }

    /// Opens x masked, and takes the mask away bit by bit; 2 bits and more.
    pub(in crate::protocol) fn subtract<W: Word>(
        &mut self,
        x: &[W],
        bits: u32,
        circuit: Circuit,
    ) -> Result<Vec<BitShare>, Error> {
        let (elements, pairs) = (Elements::held::<W>(bits), circuit.pairs(bits));
        let (mut y, edabits) = self.store.dealt(EdaBitsRequest { len: x.len(), elements, pairs })?.mask(x);
        self.network.open(&mut y, bits)?;
        let subtraction = edabits.subtract(&y, circuit)?;
        drop(y);
        self.subtracted(x.len(), subtraction)
    }

    fn subtracted(&mut self, len: usize, mut subtraction: Subtraction) -> Result<Vec<BitShare>, Error> {
        while let Some(level) = subtraction.next_level() {
            let products = self.bit_products(len, &subtraction.operands(&level), level.pairs())?;
            subtraction = subtraction.combine(products);
        }
        Ok(subtraction.finish())
    }
}

/// The one vector of those.
pub(in crate::protocol) fn one(mut vectors: Vec<BitShare>) -> BitShare {
    vectors.pop().unwrap_or_else(|| BitShare::zeros(0))
}

/// The cost of `len` ands of bits.
pub fn and(len: usize) -> Cost {
    products_cost(len, 2, 1)
}

/// The cost of `products` products among `masks` vectors of `len` bits.
pub(in crate::protocol) fn products_cost(len: usize, masks: usize, products: usize) -> Cost {
    Cost {
        rounds: 1,
        opened_bits: (masks * len) as u64,
        dealer_bytes: (products * packed_len(len, 1)) as u64,
    }
}

/// The cost of the bits of `len` numbers of `bits` bits.
///
/// # Panics
/// If `bits` is 0.
pub fn bits(len: usize, bits: u32) -> Cost {
    if bits == 1 { Cost::default() } else { Circuit::Bits.cost(len, bits) }
}
