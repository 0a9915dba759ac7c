//! The dealer as a process.

use ::party::error::Error as PartyError;
use ::party::keys::Keys;
use ::party::meter::Meter;
use classify::memory::peak_rss;
use ringshare::net::Network;
use ringshare::net::link::{Address, End, Limits, Mesh, Role, mesh};
use ringshare::prg::RootSeed;
use ringshare::protocol::Dealer;

use super::{Plan, failed};
use crate::error::Error;
use crate::outcome::Outcome;
use crate::random::random;
use crate::role;
use crate::session::print;

/// How much longer the dealer waits than the parties do: between two recipes they exchange all messages of a step.
const PATIENCE: u32 = 4;

/// Deals until the parties end the run.
///
/// # Errors
/// What ended it.
pub(super) fn run(plan: &Plan<'_>) -> Result<(), Error> {
    let (config, parties) = (&plan.config, plan.setting.parties);
    // A new session and new seeds at each start: no mask is ever made twice, and there is no ledger to lose.
    let number = u64::from_le_bytes(random()?);
    let root = RootSeed::from_bytes(random()?);
    let limits = Limits { connect: config.start, idle: config.patience * PATIENCE, ..Limits::default() };
    let end = End::new(Role::Dealer, plan.terms(number.to_le_bytes().to_vec())?);
    let end = end.identity(Keys(config.keys.clone()).identity(Role::Dealer)?).limits(limits);
    let mut addresses = config.parties.clone();
    addresses.push(Address::Tcp("dealer:0".into()));
    let Mesh { stream, .. } = mesh(&end, None, &addresses).map_err(|e| PartyError::link(&e))?;
    let (meter, notes) = Meter::new(stream, parties);
    let network = Network::new(meter, parties, parties, number).map_err(|e| failed(&e.into(), parties))?;
    let mut dealer = Dealer::open(network, &root).map_err(|e| failed(&e, parties))?;
    print(&"the dealer deals");
    let (dealer_s, dealer_bytes) = role::deal(&mut dealer, &plan.recipes).map_err(|e| failed(&e, parties))?;
    print(&format_args!(
        "dealt: {dealer_s:.1} s CPU of the dealer, {:.2} GB to party 0",
        dealer_bytes as f64 / 1e9
    ));
    let peers = notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    let outcome =
        Outcome { dealer_s, dealer_bytes, peers, peak_rss_bytes: peak_rss(), ..Outcome::of(&plan.setting) };
    plan.args.json.as_ref().map_or(Ok(()), |path| outcome.write(path))
}
