//! Comparison by tables of chunks.
//!
//! [`Plan`] has the rounds, opened bits and dealer bytes; the mathematics is in
//! [`correlation::compare::tables`](crate::correlation::compare::tables).

use alloc::vec::Vec;

use super::{Error, Party};
use crate::correlation::compare::{Chunks, Comparison, Plan};
use crate::net::Transport;
use crate::ring::Ring;
use crate::share::{BitShare, Share};

impl<T: Transport> Party<T> {
    /// One of two values, by a plan for that.
    pub(crate) fn compare_by_plan<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        plan: Plan,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        let (_, chunks) = self.chunks(x, plan)?;
        let mut bits = chunks.masked();
        self.network.open_bits(&mut bits)?;
        Ok(chunks.finish(&bits, values)?)
    }

    /// Bits, by a plan for them.
    pub(crate) fn bits_by_plan<R: Ring>(&mut self, x: &Share<R>, plan: Plan) -> Result<BitShare, Error> {
        Ok(self.chunks(x, plan)?.1.finish_bits()?)
    }

    /// A ReLU or a truncation, by a plan for it.
    pub(crate) fn shift_by_plan<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        plan: Plan,
    ) -> Result<Share<O>, Error> {
        let (y, chunks) = self.chunks(x, plan)?;
        let mut bits = chunks.masked();
        if !bits.is_empty() {
            self.network.open_bits(&mut bits)?;
        }
        Ok(chunks.finish_shifted::<R, O>(&y, &bits)?)
    }

    /// Masks and opens x, looks its chunks up and combines all levels.
    fn chunks<R: Ring>(&mut self, x: &Share<R>, plan: Plan) -> Result<(Vec<R::Word>, Chunks), Error> {
        let bits = plan.bits();
        let (mut y, masked) = Comparison::<R>::take(&mut self.store, x.len(), plan)?.mask(x);
        self.network.open(&mut y, bits)?;
        let mut chunks = masked.look_up(&y)?;
        while chunks.has_level() {
            let mut bits = chunks.masked();
            self.network.open_bits(&mut bits)?;
            chunks = chunks.combine(&bits)?;
        }
        Ok((y, chunks))
    }
}
