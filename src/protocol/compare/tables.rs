//! Comparison by tables of chunks.
//!
//! [`Plan`] has the rounds, opened bits and dealer bytes; the mathematics is in
//! [`correlation::compare::tables`](crate::correlation::compare::tables).

use alloc::vec::Vec;

use super::{Error, Party};
use crate::correlation::compare::{Chunks, CompareRequest, Plan};
use crate::ring::Word;
use crate::secret::Scratch;
use crate::share::BitShare;

impl Party {
    /// One of two values, by a plan for that.
    pub(in crate::protocol) fn compare_by_plan<W: Word, V: Word>(
        &mut self,
        x: &[W],
        plan: Plan,
        values: [V; 2],
    ) -> Result<Scratch<V>, Error> {
        let (_, chunks) = self.chunks(x, plan)?;
        let bits = self.open_masked(&chunks)?;
        Ok(chunks.finish_words(&bits, values)?)
    }

    /// Bits, by a plan for them.
    pub(in crate::protocol) fn bits_by_plan<W: Word>(
        &mut self,
        x: &[W],
        plan: Plan,
    ) -> Result<BitShare, Error> {
        Ok(self.chunks(x, plan)?.1.finish_bits()?)
    }

    /// A ReLU or a truncation, by a plan for it.
    pub(in crate::protocol) fn shift_by_plan<W: Word, V: Word>(
        &mut self,
        x: &[W],
        plan: Plan,
    ) -> Result<Scratch<V>, Error> {
        let (y, chunks) = self.chunks(x, plan)?;
        let mut bits = chunks.masked();
        if !bits.is_empty() {
            self.network.open_bits(&mut bits)?;
        }
        Ok(chunks.finish_shifted_words(&y, &bits)?)
    }

    /// A ReLU by a plan for it, and the bits by which it takes x.
    pub(in crate::protocol) fn relu_by_plan<W: Word, V: Word>(
        &mut self,
        x: &[W],
        plan: Plan,
    ) -> Result<(Scratch<V>, BitShare), Error> {
        let (y, chunks) = self.chunks(x, plan)?;
        let bits = self.open_masked(&chunks)?;
        Ok(chunks.finish_relu(&y, &bits)?)
    }

    /// Masks and opens x, looks its chunks up and combines all levels.
    fn chunks<W: Word>(&mut self, x: &[W], plan: Plan) -> Result<(Vec<W>, Chunks), Error> {
        let bits = plan.bits();
        let asked = CompareRequest::of::<W>(x.len(), plan);
        let (mut y, masked) = self.store.dealt(asked)?.mask(x);
        self.network.open(&mut y, bits)?;
        let chunks = masked.look_up(&y)?;
        Ok((y, self.combined(chunks)?))
    }

    fn combined(&mut self, mut chunks: Chunks) -> Result<Chunks, Error> {
        while chunks.has_level() {
            let bits = self.open_masked(&chunks)?;
            chunks = chunks.combine(&bits)?;
        }
        Ok(chunks)
    }

    /// Opens what the next step opens.
    fn open_masked(&mut self, chunks: &Chunks) -> Result<Vec<u8>, Error> {
        let mut bits = chunks.masked();
        self.network.open_bits(&mut bits)?;
        Ok(bits)
    }
}
