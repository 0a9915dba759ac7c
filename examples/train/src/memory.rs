//! Parties and dealer as threads of one process.

use std::ops::Range;
use std::path::Path;
use std::thread;
use std::time::Duration;

use classify::dataset::Dataset;
use ringshare::net::{Memory, NetError, Network};
use ringshare::nn::Model;
use ringshare::nn::train::Trainer;
use ringshare::prg::{RootSeed, Seed};
use ringshare::protocol::{self, Dealer, Party};
use sha2::{Digest, Sha256};

use crate::checkpoint::Checkpoints;
use crate::client::{self, ClientShares, Name};
use crate::error::{Error, innermost};
use crate::holder::Holder;
use crate::part::{Initial, Kept, Part};
use crate::random::random;
use crate::role::{self, Event};
use crate::setting::{Recipes, Setting};

/// Nobody waits longer for another.
const PATIENCE: Duration = Duration::from_secs(600);
/// Purposes of what is drawn from the root.
const WEIGHTS: u64 = 1 << 32;

/// A run in memory.
pub struct Job<'a> {
    /// What everybody knows.
    pub setting: &'a Setting,
    /// What is dealt.
    pub recipes: &'a Recipes,
    /// Training images, of which each holder has a part.
    pub train: &'a Dataset,
    /// Test images, of party 0.
    pub tests: &'a Dataset,
    /// Parties that have images, from the first on, and clients, who are no parties.
    pub holders: [usize; 2],
    /// Initial weights, of party 0; drawn by all together if there are none.
    pub initial: Option<&'a Model>,
    /// What the initial weights are drawn from. Masks never are: a seed that is given twice would make the same of other values.
    pub root: [u8; 32],
    /// Where checkpoints are kept, every how many steps they are written, and whether the run goes on from them.
    pub checkpoints: Option<(&'a Path, usize, bool)>,
}

/// What came of it.
pub struct Done {
    /// The network of every party.
    pub trainers: Vec<Trainer>,
    /// CPU seconds of the dealer, and bytes that it sent to party 0.
    pub dealer: (f64, u64),
}

/// The seed of a party's part of the initial weights.
pub fn weights_seed(root: &[u8; 32], party: usize) -> Seed {
    RootSeed::from_bytes(*root).seed(0, party as u64, WEIGHTS)
}

/// Runs it; `tell` learns what party 0 tells.
///
/// # Errors
/// If a party or the dealer fails.
pub fn run(
    job: &Job<'_>,
    tell: &mut (dyn FnMut(Event<'_>) -> Result<(), protocol::Error> + Send),
) -> Result<Done, Error> {
    let parties = job.setting.parties;
    let [holders, clients] = job.holders;
    let mut own = crate::holder::shares(job.setting.images, holders + clients);
    let mut clients = self::clients(job, own.split_off(holders))?.into_iter();
    let end = own.last().map_or(0, |own| own.end);
    own.resize(parties, end..end);
    let ends = Memory::mesh(parties + 1, PATIENCE);
    let (masks, session) = (random()?, u64::from_le_bytes(random()?));
    let mut tell = Some(tell);
    let (mut outputs, mut dealt) = (Vec::new(), Ok((0., 0)));
    thread::scope(|scope| {
        let (mut threads, mut dealer) = (Vec::new(), None);
        for (id, end) in ends.into_iter().enumerate() {
            let mut told = tell.take();
            if let (Some(own), Some(clients)) = (own.get(id).cloned(), clients.next()) {
                threads.push(scope.spawn(move || {
                    let network = Network::new(end, id, parties, session).map_err(protocol::Error::from)?;
                    let mut party = Party::join(network)?;
                    let run = part(job, id, own, clients).and_then(|part| {
                        part.run(&mut party, &mut |event| told.as_mut().map_or(Ok(()), |tell| tell(event)))
                    });
                    run.inspect_err(|error| match error {
                        Error::Protocol(error) => party.abort(error),
                        error => party.network_mut().abort(&error.to_string()),
                    })
                }));
            } else {
                dealer = Some(scope.spawn(move || {
                    let network = Network::new(end, id, parties, session).map_err(protocol::Error::from)?;
                    let mut dealer = Dealer::open(network, &RootSeed::from_bytes(masks))?;
                    role::deal(&mut dealer, job.recipes)
                }));
            }
        }
        for thread in threads {
            outputs.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        if let Some(dealer) = dealer {
            dealt = dealer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    // What failed by itself, before those who were told of it.
    let told = |error: &Error| match error {
        Error::Protocol(error) => matches!(innermost(error), protocol::Error::Net(NetError::Aborted { .. })),
        _ => false,
    };
    let mut trainers = Vec::new();
    let mut failed: Vec<Error> = Vec::new();
    for output in outputs {
        match output {
            Ok(trainer) => trainers.push(trainer),
            Err(error) => failed.push(error),
        }
    }
    let dealer = match dealt {
        Ok(dealer) => dealer,
        Err(error) => {
            failed.push(error.into());
            (0., 0)
        }
    };
    failed.sort_by_key(told);
    match failed.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(Done { trainers, dealer }),
    }
}

/// The part of a party.
fn part<'a>(
    job: &'a Job<'_>,
    id: usize,
    own: Range<usize>,
    clients: Vec<ClientShares>,
) -> Result<Part<'a>, Error> {
    let kept = match job.checkpoints {
        None => None,
        Some((folder, every, resumes)) => {
            let files = Checkpoints::open(folder, id, job.setting.parties)?;
            Some(Kept { files, every: every as u64, resumes })
        }
    };
    kept.as_ref().map_or(Ok(()), Kept::check)?;
    let initial = match job.initial {
        Some(model) => Initial::Given((id == 0).then_some(model)),
        None => Initial::Drawn(weights_seed(&job.root, id)),
    };
    let tests = (id == 0).then_some(job.tests);
    let holder = Holder { data: Some(job.train), own, first: 0, tests, clients };
    Ok(Part { setting: job.setting, recipes: job.recipes, holder, initial, kept })
}

/// What each party has of the images of clients, of which each has those of these numbers.
fn clients(job: &Job<'_>, own: Vec<Range<usize>>) -> Result<Vec<Vec<ClientShares>>, Error> {
    let (setting, program) = (job.setting, job.setting.program()?);
    let mut all: Vec<Vec<ClientShares>> = (0..setting.parties).map(|_| Vec::new()).collect();
    for own in own {
        let name = name(job.train, own.clone());
        let shares = client::split((job.train, own.clone()), setting.input, &program, setting.parties, name)?;
        for (id, (all, share)) in all.iter_mut().zip(shares).enumerate() {
            all.push(ClientShares::of_bytes(share, [id, setting.parties], &program, own.clone())?);
        }
    }
    Ok(all)
}

/// A digest of a client's images, so that a run that goes on finds the same name.
fn name(data: &Dataset, own: Range<usize>) -> Name {
    let mut all = Sha256::new();
    for image in own {
        all.update(data.image(image));
        all.update([data.labels()[image]]);
    }
    let digest: [u8; 32] = all.finalize().into();
    digest.as_chunks().0[0]
}
