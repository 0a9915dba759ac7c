//! Comparison by tables of chunks.
//!
//! Rounds, opened bits and dealer bytes by [`Plan`]; the mathematics in
//! [`correlation::compare`](crate::correlation::compare).

use super::{Error, Party};
use crate::correlation::Elements;
use crate::correlation::compare::{Chunks, Plan, Wish};
use crate::net::Transport;
use crate::ring::Ring;
use crate::share::{BitShare, Share};

impl<T: Transport> Party<T> {
    pub(super) fn compare_by_lookup<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        wish: Wish,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        let chunks = self.chunks(x, Plan::choose(bits, Some(Elements::of::<O>()), wish))?;
        let mut bits = chunks.masked();
        self.network.open_bits(&mut bits)?;
        Ok(chunks.finish(&bits, values)?)
    }

    pub(super) fn negative_by_lookup<R: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        wish: Wish,
    ) -> Result<BitShare, Error> {
        Ok(self.chunks(x, Plan::choose(bits, None, wish))?.finish_bits()?)
    }

    /// Masks and opens x, looks its chunks up and combines all levels.
    fn chunks<R: Ring>(&mut self, x: &Share<R>, plan: Plan) -> Result<Chunks, Error> {
        let bits = plan.bits();
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
}
