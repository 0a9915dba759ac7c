//! A trial on one machine: starts every role as a process on loopback, compares the answers with a run in memory, and
//! prints one line.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use ringshare::nn::Rounding;
use serde::Serialize;

use crate::config::Config;
use crate::error::Error;
use crate::images;
use crate::keys::Keys;
use crate::program::Program;
use crate::running::Running;
use crate::{dealer, memory, owner};

/// Exact: at random, two runs may differ in an image between two classes.
pub(crate) const ROUNDING: Rounding = Rounding::Floor;
/// No trial takes longer.
const LIMIT: Duration = Duration::from_secs(600);

/// What a trial is of.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Parties.
    pub parties: usize,
    /// Images in all.
    pub images: usize,
    /// A shipped model's name, or a file.
    pub model: PathBuf,
    /// Images that are evaluated together.
    pub batch: usize,
    /// Clients that share the images.
    pub clients: u32,
    /// Whether the dealer deals ahead of time and goes.
    pub ahead: bool,
    /// Where everything lies; a folder that does not exist yet.
    pub folder: PathBuf,
    /// Whether the folder stays.
    pub stays: bool,
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Parties.
    pub parties: usize,
    /// Images.
    pub images: usize,
    /// Of these, how many have the same class as in memory.
    pub agree: usize,
    /// Seconds from the start of the first client to the last answer.
    pub wall_s: f64,
    /// Seconds of the same in memory.
    pub memory_wall_s: f64,
    /// The most memory of a party.
    pub peak_rss_bytes: u64,
}

/// A folder of a trial. It is removed with this, unless the trial is to leave it.
pub(crate) struct Folder(pub(crate) PathBuf, bool);

impl Folder {
    pub(crate) fn new(path: &Path) -> Result<Self, Error> {
        Self::make(path, false)
    }

    fn make(path: &Path, stays: bool) -> Result<Self, Error> {
        fs::create_dir(path).map_err(|e| Error::io(path, &e))?;
        Ok(Self(path.into(), stays))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.1
            && let Err(error) = fs::remove_dir_all(&self.0)
        {
            eprintln!("{}: {error}", self.0.display());
        }
    }
}

/// Runs a trial on shipped images.
///
/// # Errors
/// A role that fails; its log lies in the folder.
pub fn run(trial: &Trial, stop: &Arc<AtomicBool>) -> Result<Outcome, Error> {
    let made = Folder::make(&trial.folder, trial.stays)?;
    let folder = &made.0;
    let path = folder.join("session.toml");
    fs::write(&path, text(trial)?).map_err(|e| Error::io(&path, &e))?;
    let config = Config::load(&path)?;
    Keys(config.keys.clone()).generate(trial.parties, trial.clients)?;
    owner::publish(&config, &trial.model, ROUNDING)?;
    let program = Program::load(&config)?;
    let pixels = shipped(&trial.model, trial.images, program.public.shape())?;
    let (quantised, _) = owner::load(&trial.model, ROUNDING)?;
    let (expected, memory_wall_s) = memory::run(&program, &quantised, &pixels, config.ahead)?;

    let mut all = Running::new(LIMIT, stop.clone());
    let config_text = path.to_string_lossy();
    if trial.ahead {
        let batches = trial.images.div_ceil(program.batch.div_ceil(4)) as u64 + config.ahead as u64;
        dealer::ahead(&config, batches)?;
    } else {
        all.start(&[], &path, "dealer", &["dealer", "--config", &config_text])?;
    }
    for party in 0..trial.parties {
        let stats = folder.join(format!("party-{party}.json"));
        all.start(
            &[],
            &path,
            &format!("party-{party}"),
            &[
                "party",
                "--config",
                &config_text,
                "--id",
                &party.to_string(),
                "--stats",
                &stats.to_string_lossy(),
            ],
        )?;
    }
    all.start(
        &[],
        &path,
        "owner",
        &["model-owner", "--config", &config_text, "--model", &trial.model.to_string_lossy()],
    )?;
    all.join(|name| name == "owner")?;
    let width: usize = program.public.shape().iter().product();
    let each = trial.images.div_ceil(trial.clients as usize).max(1);
    let begun = Instant::now();
    let parts: Vec<&[u8]> = pixels.chunks(each * width).collect();
    for (client, part) in (1..).zip(&parts) {
        let images = folder.join(format!("images-{client}.idx"));
        fs::write(&images, images::idx_file(part, program.public.shape()))
            .map_err(|e| Error::io(&images, &e))?;
        let answers = folder.join(format!("answers-{client}.json"));
        let id = format!("{client}");
        all.start(
            &[],
            &path,
            &format!("client-{client}"),
            &[
                "client",
                "--config",
                &config_text,
                "--id",
                &id,
                "--json",
                &answers.to_string_lossy(),
                &images.to_string_lossy(),
            ],
        )?;
    }
    all.join(|name| name.starts_with("client-"))?;
    let wall_s = begun.elapsed().as_secs_f64();
    all.terminate("party-0")?;
    all.join(|_| true)?;
    let (mut agree, mut place, mut peak) = (0, 0, 0);
    for client in 1..=parts.len() {
        let classes: Vec<usize> = read(&folder.join(format!("answers-{client}.json")), "classes")?;
        for class in classes {
            agree += usize::from(expected.get(place).is_some_and(|answer| answer.class() == class));
            place += 1;
        }
    }
    for party in 0..trial.parties {
        peak = peak.max(read::<u64>(&folder.join(format!("party-{party}.json")), "peak_rss_bytes")?);
    }
    Ok(Outcome {
        parties: trial.parties,
        images: trial.images,
        agree,
        wall_s,
        memory_wall_s,
        peak_rss_bytes: peak,
    })
}

fn read<T: serde::de::DeserializeOwned>(path: &Path, key: &str) -> Result<T, Error> {
    serde_json::from_value(json(path)?[key].take()).map_err(|e| Error::bad(path, e))
}

/// What a role wrote.
pub(crate) fn json(path: &Path) -> Result<serde_json::Value, Error> {
    let text = fs::read_to_string(path).map_err(|e| Error::io(path, &e))?;
    serde_json::from_str(&text).map_err(|e| Error::bad(path, e))
}

/// The first of the shipped images, over and over if there are too few.
pub(crate) fn shipped(model: &Path, images: usize, shape: [usize; 3]) -> Result<Vec<u8>, Error> {
    let name = model.file_stem().unwrap_or_default().to_string_lossy();
    let set = if name.contains("fashion") { "fashion" } else { "mnist" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(set);
    let entries = fs::read_dir(&folder).map_err(|e| Error::io(&folder, &e))?;
    let is_images =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().contains("images"));
    let file = entries.filter_map(|entry| Some(entry.ok()?.path())).find(is_images);
    let file = file.ok_or_else(|| Error::bad(&folder, "expected images, found none"))?;
    let pixels = images::load(&file, shape)?;
    let wanted = images * shape.iter().product::<usize>();
    Ok(pixels.into_iter().cycle().take(wanted).collect())
}

/// A configuration with ports that are free.
fn text(trial: &Trial) -> Result<String, Error> {
    let free =
        |_| TcpListener::bind("127.0.0.1:0").and_then(|listener| Ok((listener.local_addr()?, listener)));
    let ports: Vec<_> =
        (0..trial.parties).map(free).collect::<Result<_, _>>().map_err(|e| Error::Other(e.to_string()))?;
    let mut text = format!("session = 1\nmodel = \"model.public\"\nbatch = {}\n", trial.batch);
    if trial.ahead {
        text += "\n[dealer]\nfiles = \"store\"\n";
    }
    for (address, _) in &ports {
        text += &format!("\n[[party]]\naddress = \"{address}\"\n");
    }
    Ok(text)
}
