//! A party as a process.

use std::time::Instant;

use ::party::error::{Error as PartyError, name};
use ::party::keys::Keys;
use ::party::meter::Meter;
use classify::dataset::Dataset;
use classify::memory::peak_rss;
use ringshare::net::Network;
use ringshare::net::link::{Address, End, Limits, Mesh, Role, mesh};
use ringshare::nn::Model;
use ringshare::prg::Seed;
use ringshare::protocol::{self, Party};

use super::{Plan, fail, failed};
use crate::checkpoint::Checkpoints;
use crate::error::Error;
use crate::holder::Holder;
use crate::outcome::Outcome;
use crate::part::{Initial, Kept, Part};
use crate::random::random;
use crate::session::{export, print, told};

/// The images of a party.
struct Images {
    train: Option<Dataset>,
    /// The number of the first of `train` among those of all.
    first: usize,
    tests: Option<Dataset>,
}

/// Trains, to the end.
///
/// # Errors
/// What ended it.
pub(super) fn run(plan: &Plan<'_>, id: usize) -> Result<(), Error> {
    let (config, parties) = (&plan.config, plan.setting.parties);
    // All that can go wrong here alone does so before anybody is met.
    let images = Images::load(plan, id)?;
    let keys = Keys(config.keys.clone());
    let part = part(plan, id, &images, &keys)?;
    let terms = plan.terms(Vec::new())?;
    let limits = Limits { connect: config.start, idle: config.patience, ..Limits::default() };
    let end = End::new(Role::Party(id), terms).identity(keys.identity(Role::Party(id))?).limits(limits);
    let listener = end.listen(&config.parties[id]).map_err(|e| PartyError::link(&e))?;
    print(&format_args!("party {id} is at {}", listener.address()));
    let mut addresses = config.parties.clone();
    // The dealer dials; its own address is nobody's business.
    addresses.push(Address::Tcp("dealer:0".into()));
    let met = mesh(&end, Some(&listener), &addresses);
    listener.refused().iter().for_each(|refused| print(&format_args!("refused: {refused}")));
    let Mesh { stream, notes, .. } = met.map_err(|e| PartyError::link(&e))?;
    let number = notes.last().and_then(|note| <[u8; 8]>::try_from(&note[..]).ok());
    let Some(number) = number.map(u64::from_le_bytes) else {
        let found = notes.last().map_or(0, Vec::len);
        let reason = format!("the dealer: expected 8 bytes, a session's number, in its note, found {found}");
        return Err(PartyError::Refused(reason).into());
    };
    let (meter, notes) = Meter::new(stream, parties + 1);
    let network = Network::new(meter, id, parties, number).map_err(|e| failed(&e.into(), parties))?;
    let mut party = Party::join(network).map_err(|e| failed(&e, parties))?;
    let mut outcome = Outcome { party: Some(id), ..Outcome::of(&plan.setting) };
    let labels = images.tests.as_ref().map(Dataset::labels);
    print(&format_args!("party {id} trains"));
    let model = train(plan, &part, &mut party, &mut outcome, labels);
    let model = model.inspect_err(|error| party.network_mut().abort(&error.to_string()))?;
    outcome.peers = notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    outcome.dealer_bytes = outcome.peers.last().map_or(0, |dealer| dealer.received_bytes);
    outcome.peak_rss_bytes = peak_rss();
    if let (Some(model), Some(path)) = (model, &plan.args.export) {
        export(&model, plan.setting.input, path)?;
        print(&format_args!("the network, revealed to {}, is in {}", name(id, parties), path.display()));
    }
    plan.args.json.as_ref().map_or(Ok(()), |path| outcome.write(path))
}

/// Trains, and reveals the network to whom it is for.
fn train(
    plan: &Plan<'_>,
    part: &Part<'_>,
    party: &mut Party,
    outcome: &mut Outcome,
    labels: Option<&[u8]>,
) -> Result<Option<Model>, Error> {
    let (id, started) = (party.id(), Instant::now());
    let trained = part.run(party, &mut |event| {
        told(outcome, event, labels, id, started);
        Ok::<(), protocol::Error>(())
    });
    let trained = trained.map_err(|error| match error {
        Error::Protocol(error) => fail(party, &error),
        error => error,
    })?;
    let Some(to) = plan.args.processes.to else { return Ok(None) };
    let revealed = trained.reveal(party, &plan.setting.model, to);
    // Whoever goes before the others have all would take what is on its way along.
    let model = revealed.and_then(|model| party.finish().map(|()| model));
    model.map_err(|error| fail(party, &error))
}

/// The part of a party.
fn part<'a>(plan: &'a Plan<'_>, id: usize, images: &'a Images, keys: &Keys) -> Result<Part<'a>, Error> {
    let kept = match &plan.args.checkpoint {
        None => None,
        Some(folder) => {
            let files = Checkpoints::sealed(folder, id, plan.setting.parties, keys.secret(id)?)?;
            Some(Kept { files, every: plan.args.every.into(), resumes: plan.args.resume })
        }
    };
    kept.as_ref().map_or(Ok(()), Kept::check)?;
    let initial = match plan.args.processes.owner {
        Some(owner) => Initial::Given((owner == id).then_some(&plan.setting.model)),
        None => Initial::Drawn(Seed::from_bytes(random()?)),
    };
    let Images { train, first, tests } = images;
    let clients = plan.shares(id)?;
    let holder =
        Holder { data: train.as_ref(), own: plan.own(id), first: *first, tests: tests.as_ref(), clients };
    Ok(Part { setting: &plan.setting, recipes: &plan.recipes, holder, initial, kept })
}

impl Images {
    /// What this party has, and no more than it says that it has.
    fn load(plan: &Plan<'_>, id: usize) -> Result<Self, Error> {
        let (args, own) = (plan.args, plan.own(id));
        // Beside the example are the images of all; in a folder of its own a party has its own.
        let first = if args.data.is_some() { own.start } else { 0 };
        let enough = |what: &str, expected: usize, found: usize| {
            let reason = format!("{what} of party {id}: expected {expected} or more, found {found}");
            if found < expected { Err(Error::Usage(reason)) } else { Ok(()) }
        };
        let mut train = if own.is_empty() { None } else { Some(args.training()?) };
        if let Some(train) = &mut train {
            enough("training images", own.end - first, train.len())?;
            train.truncate(own.end - first);
        }
        let tests = if id == plan.args.processes.tester { Some(args.testing()?) } else { None };
        if let Some(tests) = &tests {
            enough("test images", plan.setting.tests, tests.len())?;
        }
        Ok(Self { train, first, tests })
    }
}
