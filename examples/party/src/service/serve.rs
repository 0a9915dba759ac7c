//! Serving: batch after batch.

use std::sync::atomic::Ordering;
use std::time::Instant;

use ringshare::ring::Ring;
use ringshare::share::Share;

use super::{BEAT, DEAL_AGAIN, OVER, RESERVE, Service};
use crate::desk::Slot;
use crate::error::{Error, name};
use crate::plan::{self, Plan, SLOTS};
use crate::shares::words;

impl<R: Ring> Service<'_, R> {
    /// Has the ledger allow one more batch. Called between batches, where nobody waits for the disk.
    fn reserve(&mut self) -> Result<(), Error> {
        if self.place.store.is_none() && self.announced == self.reserved {
            self.reserved += RESERVE;
            self.advance(self.reserved)?;
        }
        Ok(())
    }

    /// Lets the dealer deal one more batch. The ledger knows of it before: what is dealt is on its way.
    fn announce(&mut self) -> Result<(), Error> {
        if self.place.store.is_none() {
            self.reserve()?;
            self.announced += 1;
            self.party.announce(&self.batch).map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    /// Takes in what was dealt for a batch.
    fn collect(&mut self) -> Result<(), Error> {
        let number = self.at.batches;
        match &mut self.place.store {
            Some(store) if store.left() == 0 => return Ok(()),
            Some(store) => store.fill(self.party.store_mut(), &self.batch).map_err(|e| Self::file(&e))?,
            None => self.party.collect(&self.batch).map_err(|e| self.failed(e))?,
        }
        self.trace("batch", self.batch.requests().len())?;
        self.at.batches += 1;
        self.dealt.push_back(number);
        Ok(())
    }

    /// Writes down the items that have come last, before any of them is used.
    pub(super) fn trace(&mut self, what: &str, items: usize) -> Result<(), Error> {
        let store = self.party.store();
        let end = store.position() + store.len() as u64;
        let items = [end - items as u64, end];
        self.place.trace.as_mut().map_or(Ok(()), |trace| trace.note(what, items))
    }

    /// Does what can be done of the next batch before its images are known.
    fn prepare(&mut self) -> Result<(), Error> {
        let (Some(model), Some(number)) = (&self.model, self.dealt.pop_front()) else { return Ok(()) };
        let prepared = model.prepare(&mut self.party, self.place.program.batch);
        self.ready = Some((number, prepared.map_err(|e| self.failed(e))?));
        Ok(())
    }

    pub(super) fn serve(&mut self) -> Result<(), Error> {
        for _ in 0..self.place.config.ahead {
            self.announce()?;
        }
        for _ in 0..self.place.config.ahead {
            self.collect()?;
        }
        self.prepare()?;
        self.lap(|phases| &mut phases.offline);
        eprintln!("party {} serves", self.place.id);
        let begun = Instant::now();
        loop {
            let picked = match self.place.id {
                0 => self.desk.pick(SLOTS, BEAT, self.place.config.fill),
                _ => Vec::new(),
            };
            self.lap(|phases| &mut phases.idle);
            match self.plan(&picked)? {
                None => break,
                Some(slots) if slots.is_empty() => self.beat()?,
                Some(slots) => self.batch(&slots)?,
            }
        }
        self.stats.serving_s = begun.elapsed().as_secs_f64();
        self.end()
    }

    /// What all parties do next; none if somebody stops the session.
    fn plan(&mut self, picked: &[Slot]) -> Result<Option<Vec<Slot>>, Error> {
        if let Ok(error) = self.broken.try_recv() {
            return Err(error);
        }
        let stopping = self.stop.load(Ordering::Relaxed);
        let plan = Plan::agree(&mut self.party, picked, stopping).map_err(|e| self.failed(e))?;
        self.lap(|phases| &mut phases.plan);
        let Some(first) = plan.stop.first() else { return Ok(Some(plan.slots)) };
        eprintln!("{} stops the session", name(*first, self.place.program.parties));
        Ok(None)
    }

    /// Whether somebody stops the session.
    pub(super) fn is_stopped(&mut self) -> Result<bool, Error> {
        Ok(self.plan(&[])?.is_none())
    }

    /// Lets the dealer say that it is there.
    pub(super) fn beat(&mut self) -> Result<(), Error> {
        if self.place.store.is_none() {
            self.party.receive(&self.place.program.beat).map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    /// Ends the session in order.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        self.party.finish().map_err(|e| self.failed(e))?;
        // For the dealer, who waits for the next recipe; the parties have come to their end.
        self.party.network_mut().abort(OVER);
        Ok(())
    }

    /// Answers the requests of a batch.
    fn batch(&mut self, slots: &[Slot]) -> Result<(), Error> {
        let here = self.desk.find(slots);
        let is_here: Vec<bool> = here.iter().map(Option::is_some).collect();
        let all = plan::confirm(&mut self.party, &is_here).map_err(|e| self.failed(e))?;
        self.lap(|phases| &mut phases.plan);
        let (mut taken, mut rows) = (Vec::new(), 0);
        let program = self.place.program;
        let width = program.inputs();
        let mut x = Share::<R>::zeros(program.batch * width);
        for ((slot, found), is_everywhere) in slots.iter().zip(here).zip(all) {
            // A share without the others is noise, and is used for nothing.
            let (true, Some(found)) = (is_everywhere, &found) else {
                self.desk.put_off(slot, found.as_ref());
                continue;
            };
            let count = slot.rows as usize;
            let room = x.expose_mut().get_mut(rows * width..(rows + count) * width);
            if room.and_then(|room| words(self.place.id, &found.share, room)).is_none() {
                return Err(Error::Other(format!("a share of request {} is malformed", slot.number)));
            }
            taken.push((slot, found.clone(), rows));
            rows += count;
        }
        if taken.is_empty() {
            // The dealer hears of the parties all the same, however often a client asks in vain.
            return self.beat();
        }
        let Some((number, prepared)) = self.ready.take() else {
            return Err(Error::File(format!("all batches of the store file are used: {DEAL_AGAIN}")));
        };
        self.announce()?;
        self.lap(|phases| &mut phases.dealt);
        let Some(model) = &self.model else { return Ok(()) };
        let start = Instant::now();
        let results = program.evaluate(&mut self.party, model, prepared, x).map_err(|e| self.failed(e))?;
        self.stats.online_s += start.elapsed().as_secs_f64();
        self.lap(|phases| &mut phases.online);
        self.stats.batches += 1;
        match self.stats.used.last_mut() {
            Some([_, end]) if *end == number => *end += 1,
            _ => self.stats.used.push([number, number + 1]),
        }
        let len = program.result_len();
        for (slot, found, row) in taken {
            let shares = results[row * len..(row + slot.rows as usize) * len].to_vec();
            self.desk.answer(slot, &found, shares.into());
        }
        self.prepare()?;
        self.collect()?;
        self.reserve()?;
        self.lap(|phases| &mut phases.dealt);
        Ok(())
    }
}
