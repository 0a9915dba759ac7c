//! The roles, by the command line.

mod args;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use indicatif::{ProgressBar, ProgressDrawTarget};
use party::config::Config;
use party::demo::Trial;
use party::error::Error;
use party::hosts::Hosts;
use party::keys::Keys;
use party::program::{Answer, Program};
use party::relay::{self, Shape};
use party::{apart, client, dealer, demo, images, owner, service, stats};
use ringshare::nn::Rounding;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use self::args::{Args, Level, Role};

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
