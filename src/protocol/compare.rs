//! Comparison with zero, sign, greater-than.
//!
//! Values are compared on their low `bits` bits, read as two's complement: a value that is known
//! to be small is compared at its own length inside a larger ring. Rounds, opened bits and dealer
//! bytes by [`Plan`]; the mathematics in [`compare`].

use super::error::{range, shape};
use super::{Error, Party};
use crate::correlation::compare::{self, Chunks, Plan};
use crate::correlation::{Cost, Elements};
use crate::net::Transport;
use crate::ring::Ring;
use crate::share::{BitShare, Share};

impl<T: Transport> Party<T> {
    /// `[if x ≥ 0, if x < 0]` of `values`, in O.
    ///
    /// # Errors
    /// If `bits` is not in 2..=64 or above k, the network fails, the store has no such comparison
    /// next or the dealer's data is malformed.
    pub fn compare<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        let chunks = self.chunks(x, bits, Some(Elements::of::<O>()))?;
        let mut bits = chunks.masked();
        self.network.open_bits(&mut bits)?;
        Ok(chunks.finish(&bits, values)?)
    }

    /// Masks and opens x, looks its chunks up and combines all levels.
    fn chunks<R: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        output: Option<Elements>,
    ) -> Result<Chunks, Error> {
        range("bits of a comparison", 2, R::BITS.min(64) as u64, bits as u64)?;
        let plan = Plan::new(bits, output);
        let (mut y, masked) = self.store.comparison::<R>(x.len(), plan)?.mask(x);
        self.network.open(&mut y, bits)?;
        let mut chunks = masked.look_up(&y)?;
        while chunks.has_level() {
            let mut bits = chunks.masked();
            self.network.open_bits(&mut bits)?;
            chunks = chunks.combine(&bits)?;
        }
        Ok(chunks)
    }

    /// The sign of every value, +1 or −1 in O; sgn(0) = +1.
    ///
    /// # Errors
    /// If `bits` is not in 2..=64 or above k, the network fails or the store has no such comparison next.
    pub fn sign<R: Ring, O: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<O>, Error> {
        self.compare(x, bits, compare::sign_values::<O>())
    }

    /// 1 where x < 0, else 0, in O.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn negative<R: Ring, O: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<O>, Error> {
        self.compare(x, bits, compare::bit_values::<O>())
    }

    /// The bits x < 0, shared as bits.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn negative_bits<R: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<BitShare, Error> {
        Ok(self.chunks(x, bits, None)?.finish_bits()?)
    }

    /// 1 where a > b, else 0, in O: b − a is compared with zero, so it must fit `bits` bits.
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and if the lengths differ.
    pub fn greater<R: Ring, O: Ring>(
        &mut self,
        a: &Share<R>,
        b: &Share<R>,
        bits: u32,
    ) -> Result<Share<O>, Error> {
        shape("elements of the right side of a comparison", a.len(), b.len())?;
        let mut difference = b.clone();
        difference.sub_assign(a);
        self.negative(&difference, bits)
    }
}

/// The cost of `len` comparisons of `bits` bits, arithmetic in a ring of `output` or boolean.
///
/// # Panics
/// If `bits` is not in 2..=64.
pub fn cost(len: usize, bits: u32, output: Option<Elements>) -> Cost {
    Plan::new(bits, output).cost(len)
}
