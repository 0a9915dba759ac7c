//! The dealer: along with the parties, or ahead of time into files.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use ringshare::net::NetError;
use ringshare::net::link::{Address, End, Limits, Mesh, Role, mesh};
use ringshare::offline::file::{FileKey, Lot, deal_to_files};
use ringshare::offline::{Deck, Seeds};
use ringshare::{Dealer, Network, protocol};
use serde::Serialize;

use crate::config::{self, Config};
use crate::course::Course;
use crate::error::Error;
use crate::keys::Keys;
use crate::meter::{Meter, Peer};
use crate::program::Program;
use crate::service::{OVER, store_path};
use crate::state::{Files, Note};
use crate::stats::{self, Clock, Phase};

/// How much longer the dealer waits than the parties do. Between two recipes they exchange all messages of a batch.
const PATIENCE: u32 = 4;

/// What a dealer has done, at its end.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Stats {
    /// Batches dealt.
    pub batches: u64,
    /// The parties.
    pub peers: Vec<Peer>,
    /// Finding the parties, and handing out seeds.
    pub join: Phase,
    /// Dealing for the setup, from the first announcement on.
    pub setup: Phase,
    /// Dealing batches, and waiting until they are wanted.
    pub offline: Phase,
    /// The most memory that the process had.
    pub peak_rss_bytes: u64,
}

/// Deals until the parties stop.
///
/// # Errors
/// What ended it.
pub fn run(config: &Config, stop: &Arc<AtomicBool>) -> Result<Stats, Error> {
    let begun = Instant::now();
    if let config::Dealer::Files(_) = config.dealer {
        return Err(Error::Usage(
            "the configuration says that the dealer deals into files: use `dealer --ahead BATCHES`".into(),
        ));
    }
    let program = Program::load(config)?;
    let (parties, keys) = (program.parties, Keys(config.keys.clone()));
    let root = keys.root()?;
    let tag = Seeds::derive(&root, config.session, parties).tag();
    let mut ledger = Files::new(&config.state, parties, parties)?.ledger(tag)?;
    let note = Note { position: ledger.position(), ..Note::default() };
    let limits = Limits { connect: config.start, idle: config.patience * PATIENCE, ..Limits::default() };
    let end = End::new(Role::Dealer, program.terms(config.session, note.write()));
    let end = end.identity(keys.identity(Role::Dealer)?).limits(limits);
    let mut addresses = config.parties.clone();
    addresses.push(Address::Tcp("dealer:0".into()));
    let Mesh { stream, notes, .. } = mesh(&end, None, &addresses).map_err(|e| Error::link(&e))?;
    let all = Note::agree(&notes, parties)?;
    let failed = |e: protocol::Error| Error::protocol(&e, parties);
    let (meter, notes) = Meter::new(stream, parties);
    let mut clock = Clock::new(notes, begun);
    let network = Network::new(meter, parties, parties, config.session).map_err(|e| failed(e.into()))?;
    let mut dealer = Dealer::open(network, &root).map_err(failed)?;
    let file = |e: ringshare::offline::file::FileError| Error::File(e.to_string());
    let setup = program.recipes()[0];
    let mut at = Course::new(&program, &all)?;
    for recipe in at.dealt(&program, &all) {
        dealer.deck_mut().skip(recipe).map_err(|e| failed(e.into()))?;
    }
    let mut stats = Stats { join: clock.lap(dealer.network_mut().rounds()), ..Stats::default() };
    let mut wants_setup = all.model == 0;
    let batch = program.batch_on(if wants_setup { at.setups + 1 } else { all.model })?;
    let first = at.batches;
    eprintln!("the dealer deals");
    while !stop.load(Ordering::Relaxed) {
        let mut next = at;
        if wants_setup {
            next.setups += 1;
        } else {
            next.batches += 1;
        }
        // Before it is dealt: a dealer that is started again must be behind it.
        ledger.advance(next.after(next.batches)).map_err(file)?;
        match dealer.deal_one_of(&[if wants_setup { setup } else { &batch }, &program.beat]) {
            Ok(0) => {
                if wants_setup {
                    stats.setup = clock.lap(dealer.network_mut().rounds());
                }
                (at, wants_setup) = (next, false);
            }
            Ok(_) => {}
            Err(protocol::Error::Net(NetError::Aborted { reason, .. })) if reason == OVER => break,
            Err(error) => return Err(failed(error)),
        }
    }
    // Nobody listens where the session is over.
    dealer.network_mut().abort("the dealer was told to stop");
    stats.batches = at.batches - first;
    stats.offline = clock.lap(dealer.network_mut().rounds());
    stats.peers = clock.peers();
    stats.peak_rss_bytes = stats::peak_rss();
    Ok(stats)
}

/// Deals a setup and that many batches into a file for each party, for parties whose dealer is switched off.
///
/// # Errors
/// Files that are there already, or can't be written.
pub fn ahead(config: &Config, batches: u64) -> Result<(), Error> {
    let config::Dealer::Files(folder) = &config.dealer else {
        return Err(Error::Usage(
            "the configuration names no folder for the dealer's files: `[dealer]`, `files = \"store\"`"
                .into(),
        ));
    };
    let program = Program::load(config)?;
    let (parties, keys) = (program.parties, Keys(config.keys.clone()));
    let seeds = Seeds::derive(&keys.root()?, config.session, parties);
    fs::create_dir_all(folder).map_err(|e| Error::io(folder, &e))?;
    let paths: Vec<_> = (0..parties).map(|party| store_path(folder, party)).collect();
    // Dealt again, every mask would be made again.
    let mut ledger = Files::new(&config.state, parties, parties)?.ledger(seeds.tag())?;
    if ledger.position() != [0; 2] {
        return Err(Error::File(
            "this session has been dealt: expected a new number of the session in the configuration, and another folder of state".into(),
        ));
    }
    if let Some(path) = paths.iter().find(|path| path.exists()) {
        return Err(Error::bad(path, "expected no such file, found one of an earlier session"));
    }
    let secrets: Vec<FileKey> = (0..parties).map(|party| keys.secret(party)).collect::<Result<_, _>>()?;
    let files: Vec<_> = paths.iter().zip(&secrets).collect();
    let [setup, batch] = program.recipes();
    let items = setup.requests().len() as u64 + batches * batch.requests().len() as u64;
    let failed = |e: ringshare::offline::file::FileError| Error::File(e.to_string());
    ledger.advance([items, 1]).map_err(failed)?;
    let mut deck = Deck::new(&seeds).map_err(|e| Error::Other(e.to_string()))?;
    let lot = Lot { setup: Some(setup), batch, count: batches };
    deal_to_files(&mut deck, &seeds, &lot, &files).map_err(failed)
}
