//! Parties and dealer as threads of one process.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use classify::dataset::Dataset;
use ringshare::net::{Memory, Network};
use ringshare::nn::Model;
use ringshare::nn::train::Trainer;
use ringshare::prg::{RootSeed, Seed};
use ringshare::protocol::{self, Dealer, Party};

use crate::checkpoint::Checkpoints;
use crate::client::{self, ClientShares};
use crate::error::Error;
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
    let recipes = job.setting.recipes()?;
    let [holders, clients] = job.holders;
    let mut own = crate::holder::shares(job.setting.images, holders + clients);
    let clients = Clients::new(job, own.split_off(holders))?;
    let end = own.last().map_or(0, |own| own.end);
    own.resize(parties, end..end);
    let ends = Memory::mesh(parties + 1, PATIENCE);
    let (masks, session) = (random()?, u64::from_le_bytes(random()?));
    let mut tell = Some(tell);
    let (mut outputs, mut dealt) = (Vec::new(), Ok((0., 0)));
    thread::scope(|scope| {
        let (mut threads, mut dealer) = (Vec::new(), None);
        for (id, end) in ends.into_iter().enumerate() {
            let (recipes, own, clients) = (&recipes, own.get(id).cloned(), &clients);
            let mut told = tell.take();
            if let Some(own) = own {
                threads.push(scope.spawn(move || {
                    let network = Network::new(end, id, parties, session).map_err(protocol::Error::from)?;
                    let mut party = Party::join(network)?;
                    let run = part(job, recipes, id, own, clients).and_then(|part| {
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
                    role::deal(&mut dealer, recipes)
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
    let told = |error: &Error| error.to_string().contains(" failed: ");
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
    recipes: &'a Recipes,
    id: usize,
    own: Range<usize>,
    clients: &Clients,
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
    let holder = Holder { data: Some(job.train), own, first: 0, tests, clients: clients.shares(job, id)? };
    Ok(Part { setting: job.setting, recipes, holder, initial, kept })
}

/// The files of clients, while they are opened.
struct Clients {
    folder: PathBuf,
    /// The numbers of each one's images.
    own: Vec<Range<usize>>,
}

impl Clients {
    fn new(job: &Job<'_>, own: Vec<Range<usize>>) -> Result<Self, Error> {
        let name = format!("ringshare-clients-{:032x}", u128::from_le_bytes(random()?));
        let clients = Self { folder: std::env::temp_dir().join(name), own };
        if !clients.own.is_empty() {
            std::fs::create_dir(&clients.folder).map_err(|error| Error::file(&clients.folder, error))?;
        }
        let program = job.setting.program()?;
        for (number, own) in clients.own.iter().enumerate() {
            let prefix = clients.folder.join(number.to_string());
            client::split(
                (job.train, own.clone()),
                job.setting.input,
                &program,
                job.setting.parties,
                &prefix,
            )?;
        }
        Ok(clients)
    }

    /// The shares of a party.
    fn shares(&self, job: &Job<'_>, id: usize) -> Result<Vec<ClientShares>, Error> {
        let (program, parties) = (job.setting.program()?, job.setting.parties);
        let open = |(number, own): (usize, &Range<usize>)| {
            ClientShares::open(
                &self.folder.join(format!("{number}.{id}")),
                [id, parties],
                &program,
                own.clone(),
            )
        };
        self.own.iter().enumerate().map(open).collect()
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // Where there are none there is no folder.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
