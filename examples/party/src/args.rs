//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use party::relay::Way;

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
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) role: Role,
    /// Prints phases and layers with their times to standard error; with `trace`, every opening too. No values.
    #[arg(long, global = true, value_name = "LEVEL", num_args = 0..=1, require_equals = true, default_missing_value = "debug")]
    pub(crate) trace: Option<Level>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Level {
    Info,
    Debug,
    Trace,
}

#[derive(Subcommand)]
pub(crate) enum Role {
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
