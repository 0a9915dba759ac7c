//! How a party comes to its share of the model.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use ringshare::net::link::{Link, Writer};
use ringshare::ring::{Ring, Word};
use ringshare::secret::SecretBytes;

use super::place::Setup;
use super::{BEAT, DEAL_AGAIN, Service};
use crate::error::Error;
use crate::plan;
use crate::shares::{Held, weights_len};
use crate::wire::{self, Header, Kind, SEED, Status};

impl<R: Ring> Service<'_, R> {
    /// Comes to the share of the model. Returns false if somebody stopped the session first.
    pub(super) fn set_up(&mut self, setup: Setup) -> Result<bool, Error> {
        let program = self.place.program;
        if self.place.store.is_none() {
            // What others, or this party before, have used.
            for recipe in self.at.dealt(program, &self.all) {
                self.party.store_mut().skip(recipe).map_err(|e| self.failed(e.into()))?;
            }
        }
        match setup {
            Setup::Restored(kept) => {
                self.model = Some(self.place.files.restore(program, self.tag, &kept)?);
                self.batch = program.batch_on(kept.setup)?;
            }
            Setup::Owner(owners) => match self.wait_for_owner(&owners)? {
                Some(link) => self.take_from(link)?,
                None => return Ok(false),
            },
        }
        self.lap(|phases| &mut phases.setup);
        Ok(true)
    }

    /// Waits until all parties have their whole shares of one hand-out of the owner. They tell each other meanwhile that they are there.
    fn wait_for_owner(&mut self, owners: &Receiver<Link>) -> Result<Option<Share>, Error> {
        eprintln!("waiting for the model's owner");
        let limit = self.place.config.start;
        let until = Instant::now() + limit;
        let mut coming = None;
        let mut share: Option<Share> = None;
        loop {
            let pause = if share.is_some() { BEAT / 20 } else { BEAT };
            match (owners.try_iter().last(), &coming) {
                // One that comes again has given up what it handed out first.
                (Some(link), _) => (coming, share) = (Some(self.receive(link)?), None),
                (None, None) => std::thread::sleep(pause / 4),
                (None, Some(from)) => match from.recv_timeout(pause) {
                    Ok(Ok(found)) => share = Some(found),
                    Ok(Err(error)) => {
                        eprintln!("{error}");
                        coming = None;
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    // It has given its share, or it ended.
                    Err(RecvTimeoutError::Disconnected) if share.is_some() => std::thread::sleep(pause),
                    Err(RecvTimeoutError::Disconnected) => coming = None,
                },
            }
            if self.is_stopped()? {
                return Ok(None);
            }
            let number = share.as_ref().map_or(0, |share| share.number);
            if plan::is_same(&mut self.party, number).map_err(|e| self.failed(e))? {
                return Ok(share);
            }
            if Instant::now() >= until {
                return Err(Error::Peer(format!(
                    "the model's owner did not come to all parties within {limit:?}"
                )));
            }
            self.beat()?;
        }
    }

    /// Receives a share in a thread of its own: it may take longer than the others wait for this party's next message.
    fn receive(&self, link: Link) -> Result<Receiver<Result<Share, Error>>, Error> {
        let architecture = self.place.program.public.architecture();
        let len = match self.place.id {
            0 => weights_len(architecture) * R::Word::BYTES,
            _ => SEED,
        };
        let (sender, receiver) = channel();
        let receive = move || {
            // Nobody waits for it any more, if another owner has come.
            let _ = sender.send(Share::receive(link, len));
        };
        let spawned = std::thread::Builder::new().name("from owner".into()).spawn(receive);
        spawned.map(|_| receiver).map_err(|e| Error::Other(format!("a thread: {e}")))
    }

    fn take_from(&mut self, share: Share) -> Result<(), Error> {
        let program = self.place.program;
        let Share { bytes, mut to, .. } = share;
        let held = Held::new(self.place.id, bytes, program.public.architecture(), R::Word::BYTES);
        let held =
            held.ok_or_else(|| Error::Refused("the model's owner: expected a share of a model".into()))?;
        let recipe = program.recipes()[0];
        let before = self.at.after(self.at.batches)[0];
        self.at.setups += 1;
        match &mut self.place.store {
            Some(store) => {
                if !store.is_setup_next() {
                    return Err(Error::File(format!(
                        "the setup of the store file has been used: {DEAL_AGAIN}"
                    )));
                }
                store.fill(self.party.store_mut(), recipe).map_err(|e| Self::file(&e))?;
            }
            None => {
                self.advance(self.at.batches)?;
                self.party.receive(recipe).map_err(|e| self.failed(e))?;
            }
        }
        self.trace("setup", recipe.requests().len())?;
        let model = program.share(&mut self.party, Some(&held)).map_err(|e| self.failed(e))?;
        self.place.files.keep(program, &self.place.key, self.tag, [self.at.setups, before], &model)?;
        self.model = Some(model);
        self.batch = program.batch_on(self.at.setups)?;
        let done = Header { kind: Kind::Reply, small: Status::Done.number(), large: 0 };
        // The owner may be gone by now; the model is here.
        if let Err(error) = wire::send(&mut to, done, &[]) {
            eprintln!("the model's owner: {error}");
        }
        Ok(())
    }
}

/// What an owner has handed out to this party.
struct Share {
    /// Of which hand-out it is, not 0: shares of two have nothing to do with each other.
    number: u32,
    bytes: SecretBytes,
    to: Writer,
}

impl Share {
    /// Receives a share of so many bytes.
    fn receive(link: Link, len: usize) -> Result<Self, Error> {
        let (mut from, to) = link.into_parts();
        let gone = |e: std::io::Error| Error::Peer(format!("the model's owner: {e}"));
        let header = wire::next(&mut from, Kind::Model, || false).map_err(gone)?;
        let Header { small: number, large, .. } =
            header.ok_or_else(|| gone(std::io::ErrorKind::UnexpectedEof.into()))?;
        if large != len as u64 || number == 0 {
            return Err(Error::Refused(format!(
                "the model's owner: expected a share of {len} bytes, found {large}"
            )));
        }
        Ok(Self { number, bytes: wire::body(&mut from, len).map_err(gone)?, to })
    }
}
