//! The command line.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget};
use party::config::Config;
use party::demo::Trial;
use party::error::Error;
use party::hosts::Hosts;
use party::keys::Keys;
use party::program::{Answer, Program};
use party::relay::{self, Shape, Way};
use party::{apart, client, dealer, demo, images, owner, service, stats};
use ringshare::nn::Rounding;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

const CODES: &str = "Exit codes:
  0  all went well
  1  anything that is not below
  2  usage or settings
  3  a peer failed or went away
  4  somebody was refused, here or there
  5  a file can't be read or written, is damaged or of something else";

/// Classifies images between processes that see neither each other's images nor each other's model.
///
/// All roles share one file of settings.
#[derive(Parser)]
#[command(version, after_help = CODES)]
struct Args {
    #[command(subcommand)]
    role: Role,
    /// Prints phases and layers with their times to standard error; with `trace`, every opening too. No values.
    #[arg(long, global = true, value_name = "LEVEL", num_args = 0..=1, require_equals = true, default_missing_value = "debug")]
    trace: Option<Level>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    Info,
    Debug,
    Trace,
}

/// Prints spans when they end, and events.
fn trace(level: Level) {
    let level = match level {
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(level)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .init();
}

#[derive(Subcommand)]
enum Role {
    /// Makes certificates and keys for a trial.
    Keygen {
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Clients that get a certificate.
        #[arg(long, default_value_t = 3)]
        clients: u32,
    },
    /// Writes the public side of a model, which all roles need.
    Publish {
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// A safetensors file, or the name of a shipped model.
        #[arg(long, value_name = "NAME|FILE")]
        model: PathBuf,
        /// Rounds fixed point down, exactly, and not at random.
        #[arg(long)]
        exact: bool,
    },
    /// Computes on shares, until a signal.
    Party {
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Which party, from 0.
        #[arg(long)]
        id: usize,
        /// Writes bytes, rounds and times of all phases, as JSON, at the end ["-": to standard output]
        #[arg(long, value_name = "FILE")]
        stats: Option<PathBuf>,
    },
    /// Deals correlated randomness, along with the parties or into files.
    Dealer {
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Deals that many batches into files, and ends.
        #[arg(long, value_name = "BATCHES")]
        ahead: Option<u64>,
        /// As that of a party; not with `--ahead`.
        #[arg(long, value_name = "FILE", conflicts_with = "ahead")]
        stats: Option<PathBuf>,
    },
    /// Hands out shares of a model, and ends.
    ModelOwner {
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// A safetensors file, or the name of a shipped model.
        #[arg(long, value_name = "NAME|FILE")]
        model: PathBuf,
    },
    /// Has images classified.
    Client {
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Which client, from 1.
        #[arg(long)]
        id: u32,
        /// Writes the classes and what they took, as JSON, instead of printing answers ["-": to standard output]
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Writes what they took, as JSON ["-": to standard output]
        #[arg(long, value_name = "FILE")]
        stats: Option<PathBuf>,
        /// IDX, PNG or PGM.
        #[arg(required = true, value_name = "IMAGES")]
        images: Vec<PathBuf>,
    },
    /// Starts everything on this machine, compares with a run in memory, and prints one line of JSON.
    Demo {
        #[arg(long, default_value_t = 2)]
        parties: usize,
        #[arg(long, default_value_t = 256)]
        images: usize,
        /// A safetensors file, or the name of a shipped model.
        #[arg(long, default_value = "bmlp_sign_4096_mnist")]
        model: PathBuf,
        #[arg(long, default_value_t = 64)]
        batch: usize,
        #[arg(long, default_value_t = 3)]
        clients: u32,
        /// The dealer deals into files and is gone before the parties start.
        #[arg(long)]
        ahead: bool,
        /// Where everything lies [default: a folder of its own below that of temporary files, which is removed]
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Starts every role on a host (a network namespace) of its own, behind links of a given delay and rate, and prints one line of JSON:
    /// how long the answers took, and how long their rounds, bytes and computing take at least. Takes root, Linux and `ip`.
    Apart {
        #[arg(long, default_value_t = 20)]
        images: usize,
        /// A safetensors file, or the name of a shipped model.
        #[arg(long, default_value = "bmlp_sign_4096_mnist")]
        model: PathBuf,
        /// One-way delay of a link.
        #[arg(long, default_value_t = 20)]
        delay_ms: u64,
        /// Megabits a second in each direction of a link.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
        mbit: u64,
        /// What the time may be of the bound, at most.
        #[arg(long, default_value_t = 1.3)]
        most: f64,
        /// Gives up after so many seconds.
        #[arg(long, default_value_t = 300)]
        limit_s: u64,
    },
    /// Stands for the links of a network.
    #[command(hide = true)]
    Relay {
        #[arg(long)]
        delay_ms: u64,
        #[arg(long)]
        mbit: u64,
        #[arg(long)]
        limit_s: u64,
        #[arg(required = true, value_name = "ADDRESS=ADDRESS")]
        ways: Vec<Way>,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(level) = args.trace {
        trace(level);
    }
    match run(args.role) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.code())
        }
    }
}

fn run(role: Role) -> Result<(), Error> {
    match role {
        Role::Keygen { config, clients } => {
            let config = Config::load(&config)?;
            Keys(config.keys.clone()).generate(config.parties.len(), clients)
        }
        Role::Publish { config, model, exact } => {
            let rounding = if exact { Rounding::Floor } else { Rounding::Stochastic };
            owner::publish(&Config::load(&config)?, &model, rounding)
        }
        Role::Party { config, id, stats } => {
            let stop = service::stop_on_signals()?;
            service::run(&Config::load(&config)?, id, stats.as_deref(), &stop).map(drop)
        }
        Role::Dealer { config, ahead: Some(batches), .. } => dealer::ahead(&Config::load(&config)?, batches),
        Role::Dealer { config, ahead: None, stats } => {
            let stop = service::stop_on_signals()?;
            let found = dealer::run(&Config::load(&config)?, &stop)?;
            eprintln!("{} batches dealt", found.batches);
            stats.map_or(Ok(()), |path| stats::write(&found, &path))
        }
        Role::ModelOwner { config, model } => owner::run(&Config::load(&config)?, &model),
        Role::Client { config, id, json, stats, images } => {
            classify(&Config::load(&config)?, id, json, stats, &images)
        }
        Role::Demo { parties, images, model, batch, clients, ahead, folder } => {
            let stays = folder.is_some();
            let folder = folder.unwrap_or_else(|| own_folder("demo"));
            let trial = Trial { parties, images, model, batch, clients, ahead, folder, stays };
            let outcome = demo::run(&trial, &service::stop_on_signals()?)?;
            stats::write(&outcome, Path::new("-"))?;
            if outcome.agree == outcome.images {
                return Ok(());
            }
            Err(Error::Other(format!("expected {} images to agree, found {}", outcome.images, outcome.agree)))
        }
        Role::Apart { images, model, delay_ms, mbit, most, limit_s } => {
            if let Err(reason) = Hosts::possible() {
                eprintln!("skipped: no network namespaces here: {reason}");
                return Ok(());
            }
            let (limit, folder) = (Duration::from_secs(limit_s), own_folder("apart"));
            let trial = apart::Trial { model, images, delay_ms, mbit, limit, folder };
            let outcome = apart::run(&trial, &service::stop_on_signals()?)?;
            stats::write(&outcome, Path::new("-"))?;
            let (agree, ratio) = (outcome.agree, outcome.ratio);
            if agree != outcome.images {
                return Err(Error::Other(format!(
                    "expected {} images to agree, found {agree}",
                    outcome.images
                )));
            }
            if ratio <= most {
                return Ok(());
            }
            Err(Error::Other(format!("expected at most {most} times the bound, found {ratio:.3}")))
        }
        Role::Relay { delay_ms, mbit, limit_s, ways } => {
            let shape = Shape { delay: Duration::from_millis(delay_ms), rate: mbit as f64 * 1e6 / 8.0 };
            relay::run(&ways, shape, Duration::from_secs(limit_s), &service::stop_on_signals()?)
        }
    }
}

/// Below the folder of temporary files.
fn own_folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("ringshare-{name}-{}", std::process::id()))
}

fn classify(
    config: &Config,
    id: u32,
    json: Option<PathBuf>,
    stats: Option<PathBuf>,
    files: &[PathBuf],
) -> Result<(), Error> {
    let program = Program::load(config)?;
    let shape = program.public.shape();
    let width: usize = shape.iter().product();
    let (mut pixels, mut names) = (Vec::new(), Vec::new());
    for file in files {
        let found = images::load(file, shape)?;
        names.extend((0..found.len() / width).map(|image| format!("{}:{image}", file.display())));
        pixels.extend(found);
    }
    let bar = ProgressBar::with_draw_target(Some(names.len() as u64), ProgressDrawTarget::stderr());
    let (answers, found) = client::run(config, id, &pixels, &bar)?;
    bar.finish_and_clear();
    if let Some(path) = json {
        let classes: Vec<usize> = answers.iter().map(Answer::class).collect();
        stats::write(&serde_json::json!({ "classes": classes, "stats": found }), &path)?;
    } else {
        let mut out = std::io::stdout().lock();
        for (name, answer) in names.iter().zip(&answers) {
            let written = match answer {
                Answer::Class(class) => writeln!(out, "{name}\t{class}"),
                Answer::Logits(logits) => writeln!(out, "{name}\t{}\t{logits:?}", answer.class()),
            };
            match written {
                // Whoever reads has seen enough.
                Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => break,
                written => written.map_err(|e| Error::Other(format!("standard output: {e}")))?,
            }
        }
    }
    stats.map_or(Ok(()), |path| stats::write(&found, &path))
}
