//! What a party has before it meets the others, and how it meets them.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Instant;

use ringshare::net::link::{Address, End, Limits, Link, Listener, Mesh, Role, mesh};
use ringshare::offline::Store;
use ringshare::offline::file::{FileError, FileKey, Ledger, StoreFile};
use ringshare::ring::{Ring, Word};
use ringshare::{Network, Party};

use super::{BEAT, Service, Stats};
use crate::config::{Config, Dealer};
use crate::course::Course;
use crate::desk::{Desk, Rules};
use crate::error::Error;
use crate::keys::Keys;
use crate::meter::Meter;
use crate::notice;
use crate::program::Program;
use crate::state::{Files, Kept, Note, Trace};
use crate::stats::Clock;

/// What a party has before it meets the others.
pub(super) struct Place<'a> {
    pub(super) config: &'a Config,
    pub(super) program: &'a Program,
    pub(super) id: usize,
    pub(super) files: Files,
    pub(super) key: FileKey,
    model: Option<Kept>,
    pub(super) store: Option<StoreFile>,
    pub(super) ledger: Option<Ledger>,
    pub(super) trace: Option<Trace>,
}

/// How a party comes to its share of the model.
pub(super) enum Setup {
    /// From its file.
    Restored(Kept),
    /// From the owner.
    Owner(Receiver<Link>),
}

impl<'a> Place<'a> {
    pub(super) fn new(config: &'a Config, program: &'a Program, id: usize) -> Result<Self, Error> {
        let files = Files::new(&config.state, id, program.parties)?;
        let key = Keys(config.keys.clone()).secret(id)?;
        let model = files.model(&key)?;
        let known = files.session()?;
        let (mut store, mut ledger) = (None, None);
        if let Dealer::Files(folder) = &config.dealer {
            let path = store_path(folder, id);
            let bad = |e: FileError| Error::bad(&path, e);
            let head = StoreFile::inspect(&path, &key).map_err(bad)?;
            store = Some(StoreFile::open(&path, &key, files.ledger(head.session)?).map_err(bad)?);
        } else if let Some(tag) = known {
            ledger = Some(files.ledger(tag)?);
        }
        let trace = if config.trace { Some(files.trace()?) } else { None };
        Ok(Self { config, program, id, files, key, model, store, ledger, trace })
    }

    fn note(&self) -> Note {
        let [model, before] = self.model.as_ref().map_or([0; 2], |kept| [kept.setup, kept.before]);
        let position = match (&self.store, &self.ledger) {
            (Some(store), _) => [store.position(), 0],
            (None, Some(ledger)) => ledger.position(),
            (None, None) => [0; 2],
        };
        Note { position, model, before }
    }

    /// Meets the others.
    pub(super) fn join<R: Ring>(
        mut self,
        stop: &Arc<AtomicBool>,
        begun: Instant,
    ) -> Result<(Service<'a, R>, Setup), Error> {
        let (config, program, parties) = (self.config, self.program, self.program.parties);
        let identity = Keys(config.keys.clone()).identity(Role::Party(self.id))?;
        let terms = program.terms(config.session, self.note().write());
        let limits = Limits { connect: config.start, idle: config.patience, ..Limits::default() };
        let end = End::new(Role::Party(self.id), terms).identity(identity).limits(limits);
        let listener = end.listen(&config.parties[self.id]).map_err(|e| Error::link(&e))?;
        let mut addresses = config.parties.clone();
        if self.store.is_none() {
            // The dealer dials; its own address is nobody's business.
            addresses.push(Address::Tcp("dealer:0".into()));
        }
        let Mesh { stream, notes, extra } = mesh(&end, Some(&listener), &addresses).map_err(|e| {
            listener.refused().iter().for_each(|refused| eprintln!("{refused}"));
            Error::link(&e)
        })?;
        let mut all = Note::agree(&notes, parties)?;
        let failed = |e| Error::protocol(&e, parties);
        let (meter, meters) = Meter::new(stream, parties + 1);
        let network = Network::new(meter, self.id, parties, config.session).map_err(|e| failed(e.into()))?;
        let mut party = match &mut self.store {
            Some(store) => {
                store.skip_to(all.position[0]).map_err(|e| Error::File(e.to_string()))?;
                Party::from_parts(network, Store::new(store.seeds())).map_err(failed)?
            }
            None => Party::join(network).map_err(failed)?,
        };
        program.tune(&mut party);
        let tag = party.store().session();
        if self.store.is_none() && self.ledger.is_none() {
            self.ledger = Some(self.files.ledger(tag)?);
        }
        if let Some(ledger) = &self.ledger
            && ledger.session() != tag
        {
            let text = "the dealer's seeds are of another run than the files of this party: its root or the session's number changed";
            party.network_mut().abort(text);
            return Err(Error::Refused(text.into()));
        }
        let desk = Desk::new(Rules {
            party: self.id,
            batch: program.batch,
            image: program.inputs() * R::Word::BYTES,
            queue: config.queue,
        });
        let (owners, broken) = take_in(listener, extra, desk.clone(), stop.clone(), self.model.is_none())?;
        if self.store.is_some() {
            // A store file has one setup at most, and counts its items alone.
            let items = program.recipes()[0].requests().len() as u64;
            all.position[1] = u64::from(all.position[0] >= items);
        }
        let at = Course::new(program, &all)?;
        let setup = match self.model.take() {
            Some(kept) => Setup::Restored(kept),
            None => Setup::Owner(owners),
        };
        let mut service = Service {
            place: self,
            party,
            tag,
            all,
            at,
            announced: at.batches,
            reserved: at.batches,
            batch: program.recipes()[1].clone(),
            desk,
            stop: stop.clone(),
            broken,
            model: None,
            dealt: VecDeque::new(),
            ready: None,
            clock: Clock::new(meters, begun),
            stats: Stats::default(),
        };
        service.lap(|phases| &mut phases.join);
        Ok((service, setup))
    }
}

/// The file of a party in the folder of a dealer who deals ahead.
pub(crate) fn store_path(folder: &Path, party: usize) -> PathBuf {
    folder.join(format!("party-{party}.store"))
}

/// Takes in clients and owners in a thread of its own, until the program ends. Gives the owners, and why it ended earlier.
fn take_in(
    listener: Listener,
    extra: Vec<Link>,
    desk: Arc<Desk>,
    stop: Arc<AtomicBool>,
    wants_owner: bool,
) -> Result<(Receiver<Link>, Receiver<Error>), Error> {
    let (owners, receiver) = sync_channel(1);
    let (failed, broken) = sync_channel(1);
    let greet = move |link: Link| match link.role {
        Role::Client(client) => desk.serve(client, link),
        Role::Owner if wants_owner => {
            owners.try_send(link).unwrap_or_else(|_| notice::say("owner: is not wanted now"));
        }
        role => notice::say(format_args!("{role} at {}: is not wanted now", link.at)),
    };
    let run = move || {
        extra.into_iter().for_each(&greet);
        while !stop.load(Ordering::Relaxed) {
            match listener.accept(BEAT) {
                Ok(Some(link)) => greet(link),
                Ok(None) => {}
                // Nobody listens to this where the session is over.
                Err(error) => return drop(failed.send(Error::link(&error))),
            }
            listener.refused().iter().for_each(|refused| notice::say(format_args!("refused: {refused}")));
            notice::flush();
        }
    };
    let spawned = thread::Builder::new().name("taking in".into()).spawn(run);
    spawned.map_err(|e| Error::Other(format!("a thread: {e}")))?;
    Ok((receiver, broken))
}
