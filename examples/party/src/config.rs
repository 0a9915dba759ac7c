//! The file that all roles share: who they are, where they listen, and what they compute.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ringshare::net::link::Address;
use ringshare::protocol::Family;
use serde::Deserialize;

use crate::error::Error;

/// The parties that a session may have.
const PARTIES: [usize; 2] = [2, 16];

/// What the file says, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The session's number: a new one for every new start from nothing.
    pub session: u64,
    /// The public side of the model.
    pub model: PathBuf,
    /// Where certificates and keys lie; a role reads its own.
    pub keys: PathBuf,
    /// Where a role keeps what outlives its process.
    pub state: PathBuf,
    /// Where each party listens.
    pub parties: Vec<Address>,
    /// How correlated randomness comes.
    pub dealer: Dealer,
    /// Images that are evaluated together.
    pub batch: usize,
    /// What clients learn.
    pub output: Output,
    /// How values are compared.
    pub comparison: Family,
    /// Batches that the dealer is ahead.
    pub ahead: usize,
    /// Images that wait at most, of all clients.
    pub queue: usize,
    /// How long a batch waits to be filled.
    pub fill: Duration,
    /// No party waits longer for another's next message, and the dealer no longer than four times that.
    pub patience: Duration,
    /// How long the roles may take to find each other.
    pub start: Duration,
    /// Whether parties write down which items of correlated randomness they use, in a file among their state.
    pub trace: bool,
}

/// How correlated randomness comes to the parties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dealer {
    /// From a process that runs along and dials the parties.
    Streams,
    /// From files that were dealt ahead of time: one for each party in this folder.
    Files(PathBuf),
}

/// What clients learn of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Its class alone.
    #[default]
    Class,
    /// All outputs of the model.
    Logits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    session: u64,
    #[serde(default = "model")]
    model: PathBuf,
    #[serde(default = "keys")]
    keys: PathBuf,
    #[serde(default = "state")]
    state: PathBuf,
    party: Vec<Place>,
    #[serde(default)]
    dealer: Of,
    #[serde(default = "batch")]
    batch: usize,
    #[serde(default)]
    output: Output,
    comparison: Option<String>,
    #[serde(default = "ahead")]
    ahead: usize,
    #[serde(default = "queue")]
    queue: usize,
    #[serde(default = "fill_ms")]
    fill_ms: u64,
    #[serde(default = "patience_s")]
    patience_s: u64,
    #[serde(default = "start_s")]
    start_s: u64,
    #[serde(default)]
    trace: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    address: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Of {
    files: Option<PathBuf>,
}

fn model() -> PathBuf {
    "model.public".into()
}
fn keys() -> PathBuf {
    "keys".into()
}
fn state() -> PathBuf {
    "state".into()
}
fn batch() -> usize {
    64
}
fn ahead() -> usize {
    2
}
fn queue() -> usize {
    4096
}
fn fill_ms() -> u64 {
    5
}
fn patience_s() -> u64 {
    10
}
fn start_s() -> u64 {
    60
}

impl Config {
    /// Reads a file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// A file that can't be read, or what is wrong in it.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, &e))?;
        let mut config = Self::parse(&text).map_err(|reason| Error::config(path, reason))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for place in [&mut config.model, &mut config.keys, &mut config.state] {
            *place = folder.join(&*place);
        }
        if let Dealer::Files(files) = &mut config.dealer {
            *files = folder.join(&*files);
        }
        Ok(config)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong in it: expected and found.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let within = |what: &str, [least, most]: [u64; 2], found: u64| {
            let fits = (least..=most).contains(&found);
            if fits { Ok(()) } else { Err(format!("{what}: expected {least} to {most}, found {found}")) }
        };
        within("number of parties", PARTIES.map(|n| n as u64), file.party.len() as u64)?;
        within("batch", [1, 1 << 16], file.batch as u64)?;
        within("ahead", [1, 64], file.ahead as u64)?;
        within("queue", [file.batch as u64, 1 << 24], file.queue as u64)?;
        within("fill-ms", [0, 1000], file.fill_ms)?;
        within("patience-s", [2, 3600], file.patience_s)?;
        within("start-s", [1, 86_400], file.start_s)?;
        let address = |text: &str| text.parse::<Address>().map_err(|e| format!("address {text:?}: {e}"));
        let parties = file.party.iter().map(|party| address(&party.address)).collect::<Result<_, _>>()?;
        let dealer = file.dealer.files.map_or(Dealer::Streams, Dealer::Files);
        let comparison = match file.comparison {
            None => Family::default(),
            Some(name) => name.parse::<Family>().map_err(|e| format!("comparison: {e}"))?,
        };
        if matches!(comparison, Family::Legendre(_)) {
            return Err("comparison: expected an exact family, found Legendre symbols".into());
        }
        Ok(Self {
            session: file.session,
            model: file.model,
            keys: file.keys,
            state: file.state,
            parties,
            dealer,
            batch: file.batch,
            output: file.output,
            comparison,
            ahead: file.ahead,
            queue: file.queue,
            fill: Duration::from_millis(file.fill_ms),
            patience: Duration::from_secs(file.patience_s),
            start: Duration::from_secs(file.start_s),
            trace: file.trace,
        })
    }
}
