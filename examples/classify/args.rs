//! Command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum, error::ErrorKind};
use ringshare::protocol::Family;

use crate::error::Error;
use crate::input::Input;

/// Classifies images between parties of which none sees the images and the model.
///
/// With no arguments: the digits and the network that come with the repository, between two parties.
#[derive(Clone, Debug, Parser, PartialEq, Eq)]
#[command(name = "classify", version)]
pub(crate) struct Args {
    /// Data set. The digits of MNIST come with the repository, Fashion-MNIST needs --data and --model
    #[arg(long, value_enum, default_value_t = Kind::Mnist)]
    pub(crate) dataset: Kind,

    /// Parties, 2 to 16; the dealer is one more
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=16))]
    pub(crate) parties: u8,

    /// Images that go through the network together, at least 1
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub(crate) batch: u32,

    /// Classify only the first N images
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) images: Option<u32>,

    /// Directory of the original IDX files, gzipped or not [default: the data beside the example]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Model, a safetensors file [default: bmlp_sign_4096_<DATASET> beside the example]
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,

    /// Bit length of all comparisons, 2 to 16 [default: for each layer what it can need]. With too few bits,
    /// results that differ from those in the clear are counted, and are no error
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=i64::from(MAX_BITS)))]
    pub(crate) bits: Option<u32>,

    /// How signs are computed. By legendre-0, -1, -2 they are exact on −135..134, −384..383, −595..594 only, and the
    /// evaluation in the clear takes the same signs
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) comparison: Family,

    /// How a vector is opened: all to all, or scattered and gathered
    #[arg(long, value_enum, default_value_t = Topology::Auto)]
    pub(crate) topology: Topology,

    /// Seed of all randomness; the same seed gives the same run
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Print image N (from 0) as characters, with its logits
    #[arg(long, value_name = "N")]
    pub(crate) show: Option<usize>,

    /// Write the results to FILE as one JSON object
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Reveal the logits as well and compare them with those computed in the clear
    #[arg(long)]
    pub(crate) logits: bool,
}

/// The longest comparison that the example offers.
pub(crate) const MAX_BITS: u32 = 16;

/// Data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Mnist,
    Fashion,
}

/// Ways of opening a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Topology {
    /// Whichever costs less for the vector at hand
    Auto,
    /// Each party sends its shares to all others
    Direct,
    /// Each party sums a slice and sends the sum to all others
    Scatter,
}

impl Kind {
    /// The name in paths.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::Fashion => "fashion",
        }
    }

    /// How the names of the files may start, the first choice first.
    pub(crate) fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Mnist => &["t10k", "digits"],
            Self::Fashion => &["t10k"],
        }
    }

    /// The input that networks for this data set take, unless they say otherwise.
    pub(crate) fn input(self) -> Input {
        match self {
            Self::Mnist => Input::Threshold,
            Self::Fashion => Input::HighBits,
        }
    }
}

/// What the command line asks for.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// To run.
    Run(Box<Args>),
    /// To print this text and end well.
    Print(String),
}

impl Args {
    /// Reads the arguments, the first of which is the program's name.
    ///
    /// # Errors
    /// Unknown arguments and values out of range, on one line.
    pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Command, Error> {
        match Self::try_parse_from(args) {
            Ok(args) => Ok(Command::Run(Box::new(args))),
            Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                Ok(Command::Print(e.render().to_string()))
            }
            Err(e) => Err(Error::Usage(one_line(&e.render().to_string()))),
        }
    }

    /// Directory of the images.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| shipped().join(self.dataset.name()))
    }

    /// File of the model.
    pub(crate) fn model_file(&self) -> PathBuf {
        let name = format!("bmlp_sign_4096_{}.safetensors", self.dataset.name());
        self.model.clone().unwrap_or_else(|| shipped().join(name))
    }
}

/// The data that come with the repository: where it was built, or else below the current directory.
fn shipped() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    if built.is_dir() { built } else { "examples/data".into() }
}

/// What is wrong, without the usage that follows it.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let wrong = lines.take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more information"));
    let line = wrong.collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}
