//! Parties and dealer as processes, over TLS, by the addresses and certificates of the `party` example.
//!
//! | role | knows |
//! | --- | --- |
//! | a party | its own images, its shares of everything, the classes that are given to test images |
//! | the party that has the test images | their labels, too |
//! | the owner of the initial weights | these |
//! | the party to whom the network is revealed | the trained network |
//! | the dealer | the seeds of all masks: with any party's traffic, everything |
//!
//! Every process has the setting from its own arguments. They compare it before anything else.

mod dealer;
mod party;
mod terms;

use std::ops::Range;
use std::path::PathBuf;

use ::party::config::{Config, Dealer};
use ::party::error::Error as PartyError;
use ringshare::net::NetError;
use ringshare::nn::train::Trainer;
use ringshare::protocol::{self, Party};

use crate::args::Args;
use crate::client::{self, ClientShares};
use crate::error::{Error, innermost};
use crate::preflight;
use crate::private;
use crate::random::random;
use crate::setting::{Recipes, Setting};

/// What parties that are processes take beyond the rest.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Between processes")]
pub struct Processes {
    /// Be one process of several, with the addresses, keys and time limits of FILE, as the `party` example has them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["parties", "holders", "clients", "clear", "dry", "report", "no_plain", "serve", "sweep"])]
    pub config: Option<PathBuf>,

    /// Be this party, from 0
    #[arg(long, value_name = "I", requires = "config", conflicts_with = "dealer")]
    pub id: Option<usize>,

    /// Be the dealer
    #[arg(long, requires = "config")]
    pub dealer: bool,

    /// Training images of each party, and behind them those of each client [default: those beside the example, in equal parts]
    #[arg(long, value_name = "N0,N1,..", value_delimiter = ',', requires_all = ["config", "tests"])]
    pub holds: Vec<usize>,

    /// A party's shares of each client's images, in the order of --holds
    #[arg(long, value_name = "FILE,..", value_delimiter = ',', requires_all = ["holds", "id"])]
    pub shares: Vec<PathBuf>,

    /// Be a client: write shares of the training images for --parties to PREFIX.0, PREFIX.1, …, and stop. Each goes to its party alone
    #[arg(long, value_name = "PREFIX", conflicts_with_all = ["config", "outline"])]
    pub split: Option<PathBuf>,

    /// The party that has the test images
    #[arg(long, value_name = "I", requires = "config", default_value_t = 0)]
    pub tester: usize,

    /// The party whose --model FILE has the initial weights; those of the others have the same layers [default: all draw them]
    #[arg(long, value_name = "I", requires_all = ["config", "model"])]
    pub owner: Option<usize>,

    /// Reveal the network to this party alone, which writes it by --export
    #[arg(long, value_name = "I", requires = "config")]
    pub to: Option<usize>,

    /// Write the layers of --model to FILE, with nothing in their weights, and stop: for those who are not the owner
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub outline: Option<PathBuf>,
}

/// What a process knows before it meets the others.
struct Plan<'a> {
    args: &'a Args,
    config: Config,
    setting: Setting,
    recipes: Recipes,
    /// Training images of each party, and of each client.
    holds: Vec<usize>,
}

/// Runs the role that the arguments name.
///
/// # Errors
/// Arguments that do not fit, files that can't be read or written, others who are set up otherwise or fail.
pub fn run(args: &Args, config: &std::path::Path) -> Result<(), Error> {
    let plan = Plan::new(args, Config::load(config)?)?;
    preflight::outputs(args)?;
    crate::session::header(&plan.setting)?;
    crate::session::forecast(&plan.setting, &plan.recipes, None);
    match (args.processes.id, args.processes.dealer) {
        (Some(id), _) => party::run(&plan, id),
        (None, true) => dealer::run(&plan),
        (None, false) => {
            Err(Error::Usage("--config: expected --id I or --dealer with it, found neither".into()))
        }
    }
}

impl<'a> Plan<'a> {
    fn new(args: &'a Args, config: Config) -> Result<Self, Error> {
        let (asked, parties) = (&args.processes, config.parties.len());
        if let Dealer::Files(_) = config.dealer {
            let reason = "[dealer] files: expected a dealer who runs along, found one who deals ahead";
            return Err(Error::Usage(reason.into()));
        }
        let within = [
            ("--id", asked.id),
            ("--owner", asked.owner),
            ("--to", asked.to),
            ("--tester", Some(asked.tester)),
        ];
        for (name, found) in within {
            if let Some(found) = found.filter(|found| *found >= parties) {
                return Err(Error::Usage(format!("{name}: expected a party below {parties}, found {found}")));
            }
        }
        if asked.id.is_some() && args.export.is_some() != (asked.to.is_some() && asked.to == asked.id) {
            let to = asked.to.map_or("nobody: there is no --to".into(), |to| format!("party {to}"));
            let has = if args.export.is_some() { "with it" } else { "without it" };
            let (id, to) = (asked.id.unwrap_or_default(), to);
            return Err(Error::Usage(format!("--export: expected it at {to}, found party {id} {has}")));
        }
        let (holds, tests) = match &asked.holds[..] {
            [] if args.data.is_some() => {
                let reason =
                    "--data: expected --holds and --tests with it, the numbers of all parties' images";
                return Err(Error::Usage(reason.into()));
            }
            [] => {
                let (train, tests) = args.images()?;
                let parts = crate::holder::shares(train.len(), parties);
                (parts.iter().map(Range::len).collect(), tests.len())
            }
            holds => (holds.to_vec(), args.tests.map_or(0, |n| n as usize)),
        };
        // The number of an image has 32 bits.
        let images = holds.iter().try_fold(0, |sum: usize, n| sum.checked_add(*n));
        let images = images.filter(|images| *images > 0 && u32::try_from(*images).is_ok());
        let Some(images) = images.filter(|_| holds.len() >= parties) else {
            let most = u32::MAX;
            return Err(Error::Usage(format!(
                "--holds: expected the numbers of images of {parties} parties and of clients, together 1 to {most}, found {holds:?}"
            )));
        };
        let (clients, found) = (holds.len() - parties, asked.shares.len());
        if asked.id.is_some() && clients != found {
            let reason =
                format!("--shares: expected files of {clients} clients, those of --holds, found {found}");
            return Err(Error::Usage(reason));
        }
        let args_of_all = Args { parties: parties as u8, ..args.clone() };
        let (setting, is_given) = args_of_all.setting(images, tests, args.seed.unwrap_or(0))?;
        if is_given && asked.owner.is_none() {
            let reason = "--model FILE: expected --owner, whose weights are the initial ones, or --fresh, found neither";
            return Err(Error::Usage(reason.into()));
        }
        if !is_given && asked.owner.is_some_and(|owner| asked.id == Some(owner)) {
            let reason = "--owner: expected --model FILE of the owner without --fresh, found no weights";
            return Err(Error::Usage(reason.into()));
        }
        // Before anybody waits.
        let recipes = setting.recipes()?;
        Ok(Self { args, config, setting, recipes, holds })
    }

    /// The numbers of the images of a party, or of a client behind the parties, among those of all.
    fn own(&self, holder: usize) -> Range<usize> {
        let first = self.holds[..holder].iter().sum();
        first..first + self.holds[holder]
    }

    /// A party's shares of the images of all clients.
    fn shares(&self, id: usize) -> Result<Vec<ClientShares>, Error> {
        let (program, parties) = (self.setting.program()?, self.setting.parties);
        let files = self.args.processes.shares.iter().enumerate();
        files
            .map(|(client, path)| {
                ClientShares::open(path, [id, parties], &program, self.own(parties + client))
            })
            .collect()
    }
}

/// Writes a client's shares of its images, a file for each party that only its owner may read: `PREFIX.0` for party 0, and so on.
///
/// # Errors
/// If there are none, or a file can't be written.
pub fn split(args: &Args, prefix: &std::path::Path) -> Result<(), Error> {
    let train = args.training()?;
    let (setting, _) = args.setting(train.len(), 1, 0)?;
    let all = (&train, 0..train.len());
    let shares = client::split(all, setting.input, &setting.program()?, setting.parties, random()?)?;
    let mut files = Vec::new();
    for (party, bytes) in shares.iter().enumerate() {
        let mut path = prefix.as_os_str().to_owned();
        path.push(format!(".{party}"));
        private::write(path.as_ref(), bytes)?;
        files.push(path.display().to_string());
    }
    crate::session::print(&format_args!("shares of {} images: {}", train.len(), files.join(", ")));
    Ok(())
}

/// Writes the layers of a model, with nothing in their weights.
///
/// # Errors
/// If they can't be trained, or the file can't be written.
pub fn outline(args: &Args, path: &std::path::Path) -> Result<(), Error> {
    let (setting, _) = args.setting(1, 1, 0)?;
    let model = Trainer::given(setting.program()?, None)?.model(&setting.model)?;
    crate::session::export(&model, setting.input, path)
}

/// An error of the protocols, which names the peer even where a layer has failed.
fn failed(error: &protocol::Error, parties: usize) -> Error {
    PartyError::protocol(innermost(error), parties).into()
}

/// The same, of which the others are told.
fn fail(party: &mut Party, error: &protocol::Error) -> Error {
    let named = failed(error, party.parties());
    match innermost(error) {
        protocol::Error::Net(NetError::Transport { .. }) => party.network_mut().abort(&named.to_string()),
        // Without what came: that may be bytes of a share.
        _ => party.abort(error),
    }
    named
}
