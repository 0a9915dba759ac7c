//! Command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum, error::ErrorKind};
use ringshare::nn::{Input, Rounding};
use ringshare::protocol::Family;

use crate::dataset::CLASSES;
use crate::error::Error;

/// Classifies images between parties that see neither each other's images nor each other's model.
///
/// Without arguments, two parties classify the digits that come with the repository by its binarized network.
/// Binarized networks are evaluated exactly, all others in fixed point. The formats are in the model's file or else are
/// found on images of the data set.
#[derive(Clone, Debug, Parser, PartialEq)]
#[command(name = "classify", version)]
pub struct Args {
    /// Data set; 1,000 images of each come with the repository
    #[arg(long, value_enum, default_value_t = Kind::Mnist)]
    pub dataset: Kind,

    /// Model: bmlp (binarized), mlp or cnn (ReLU) for the data set, or a safetensors file
    #[arg(long, value_name = "NAME|FILE", default_value = "bmlp")]
    pub model: Model,

    /// How a pixel becomes a number, if the model's file does not say: threshold=T gives 1 if the pixel is at least T, else
    /// 0; drop-bits=D drops its lowest D bits; scale=S,shift=T multiplies it by S and adds T
    #[arg(long, value_name = "MAP", value_parser = input)]
    pub input: Option<Input>,

    /// Parties, 2 to 16; the dealer is one more
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=16))]
    pub parties: u8,

    /// Images that are evaluated together, at least 1
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub batch: u32,

    /// Classify only the first N images
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub images: Option<u32>,

    /// Directory of the original IDX files, gzipped or not [default: the data beside the example]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Bit length of all comparisons; several lengths, as in 10,12,14, make a sweep. For a binarized network: the bits of
    /// every sign, 2 to 64. In fixed point: the bits of every layer's sums, 8 to 40 [default: what each layer needs].
    /// With a given length, results that differ from those in the clear are counted but are not an error
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(2..=64))]
    pub bits: Vec<u32>,

    /// How fixed point is rounded: stochastic has an error below one unit and is cheap, floor is exact
    #[arg(long, value_enum, default_value_t = Rounds::Stochastic)]
    pub rounding: Rounds,

    /// How signs are computed. With legendre-0, -1 and -2 they are exact on −135..134, −384..383 and −595..594 only, and
    /// the evaluation in the clear uses the same signs
    #[arg(long, value_name = "NAME", default_value_t)]
    pub comparison: Family,

    /// How the signs after the first layer of signs are computed, if otherwise than the first. With legendre-0, -1 and -2
    /// beside an exact comparison, binarized networks are evaluated as in the paper of Abspoel et al. and in MPyC
    #[arg(long, value_name = "NAME")]
    pub hidden: Option<Family>,

    /// How a vector is opened: directly to all, or scattered and gathered
    #[arg(long, value_enum, default_value_t = Topology::Auto)]
    pub topology: Topology,

    /// Seed of all randomness; the same seed gives the same run
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Print image N (from 0) as characters, with its logits
    #[arg(long, value_name = "N")]
    pub show: Option<usize>,

    /// Write the results to FILE as one JSON object
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Reveal the logits as well and compare them with those computed in the clear
    #[arg(long)]
    pub logits: bool,

    /// Print the model, what was folded and pooled in it, and the formats of its layers
    #[arg(long)]
    pub verbose: bool,

    /// Print what the run would cost and stop
    #[arg(long)]
    pub dry: bool,

    /// Write the model to FILE, with its formats and with weights in half precision, and stop
    #[arg(long, value_name = "FILE", conflicts_with_all = ["report", "json"])]
    pub save: Option<PathBuf>,

    /// Load a model for images of any size from FILE, print its layers and stop
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub check: Option<PathBuf>,

    /// Evaluate a model for images of any size on the tensors in FILE, a safetensors file: `inputs`, numbers [N, C, H, W] or
    /// [N, C], or `pixels`, bytes, and `outputs`, what the network gives for them, in the order of PyTorch. Formats are found on
    /// the numbers `calibration` if there are any; without --bits calibration chooses few bits. Prints the
    /// largest difference of the parties' outputs from those, as a part of the largest output, and what the run costs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dataset", "data", "input", "hidden", "show", "logits", "save", "report", "dry"])]
    pub(crate) outputs: Option<PathBuf>,

    /// Write report.html to DIR: charts of classes, times and memory, including runs of 2 to 7 parties
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
}

/// What `--model` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// A model for the data set, by the beginning of its file's name.
    Named(&'static str),
    /// A file.
    File(PathBuf),
}

impl From<OsString> for Model {
    fn from(text: OsString) -> Self {
        match text.to_str() {
            Some("bmlp") => Self::Named("bmlp_sign_4096"),
            Some("mlp") => Self::Named("mlp_relu"),
            Some("cnn") => Self::Named("cnn"),
            _ => Self::File(text.into()),
        }
    }
}

/// Ways of rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rounds {
    /// Down or up at random, up with a probability equal to the dropped fraction
    Stochastic,
    /// Down
    Floor,
}

impl From<Rounds> for Rounding {
    fn from(rounds: Rounds) -> Self {
        match rounds {
            Rounds::Stochastic => Self::Stochastic,
            Rounds::Floor => Self::Floor,
        }
    }
}

/// Data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Handwritten digits
    Mnist,
    /// Articles of clothing
    Fashion,
}

/// Ways of opening a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Topology {
    /// Whichever costs less for each vector
    Auto,
    /// Each party sends its shares to all others
    Direct,
    /// Each party sums a slice and sends the sum to all others
    Scatter,
}

impl Kind {
    /// The name in paths.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::Fashion => "fashion",
        }
    }

    /// The name for the reader.
    pub fn title(self) -> &'static str {
        match self {
            Self::Mnist => "MNIST",
            Self::Fashion => "Fashion-MNIST",
        }
    }

    /// What the classes are called.
    pub fn classes(self) -> &'static [&'static str; CLASSES] {
        match self {
            Self::Mnist => &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            Self::Fashion => &[
                "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
                "boot",
            ],
        }
    }

    /// How the names of the files may start, the first choice first.
    pub fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Mnist => &["t10k", "digits"],
            Self::Fashion => &["t10k"],
        }
    }
}

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Command {
    /// To run.
    Run(Box<Args>),
    /// To print this text and exit successfully.
    Print(String),
}

impl Args {
    /// Reads the arguments, the first of which is the program's name.
    ///
    /// # Errors
    /// Unknown arguments, values out of range and those that do not fit each other, on one line.
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Command, Error> {
        match Self::try_parse_from(args) {
            Ok(args) => args.check().map(|()| Command::Run(Box::new(args))),
            Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                Ok(Command::Print(e.render().to_string()))
            }
            Err(e) => Err(Error::Usage(one_line(&e.render().to_string()))),
        }
    }

    /// Whether the arguments fit each other.
    fn check(&self) -> Result<(), Error> {
        let (parties, lengths) = (self.parties, self.bits.len());
        let dcf = [("comparison", Some(self.comparison)), ("hidden", self.hidden)];
        let dcf = dcf.into_iter().find(|&(_, family)| family == Some(Family::Dcf));
        let wrong = if let (Some((option, _)), 3..) = (dcf, parties) {
            format!("--{option} dcf: expected --parties 2, found {parties}")
        } else if self.save.is_some() && lengths > 1 {
            format!("--save: expected one bit length at most, found {lengths}")
        } else if let (Some(_), Family::Legendre(_)) = (&self.outputs, self.comparison) {
            // They are no signs beyond their exact ranges, and the given outputs are by signs.
            format!("--outputs: expected a comparison that is exact, found --comparison {}", self.comparison)
        } else {
            return Ok(());
        };
        Err(Error::Usage(wrong))
    }

    /// How signs are computed: those of the first layer of signs, and all others.
    pub fn signs(&self) -> [Family; 2] {
        [self.comparison, self.hidden.unwrap_or(self.comparison)]
    }

    /// How signs are computed, for the reader.
    pub fn compared(&self) -> String {
        let hidden = self.hidden.map(|hidden| format!(", hidden signs by {hidden}"));
        format!("{}{}", self.comparison, hidden.unwrap_or_default())
    }

    /// Directory of the images.
    pub fn data_dir(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| shipped().join(self.dataset.name()))
    }

    /// File of the model, or the first place where it is looked for.
    pub fn model_file(&self) -> PathBuf {
        match &self.model {
            Model::Named(name) => named(name, self.dataset),
            Model::File(path) => path.clone(),
        }
    }
}

/// The path of the model of this name: among the data of the example, or in `models` beside the directory that the
/// environment variable RINGSHARE_DATA names.
pub fn named(name: &str, dataset: Kind) -> PathBuf {
    let file = format!("{name}_{}.safetensors", dataset.name());
    let first = shipped().join(&file);
    let beside =
        std::env::var_os("RINGSHARE_DATA").map(|data| Path::new(&data).join("../models").join(&file));
    if first.exists() { first } else { beside.filter(|path| path.exists()).unwrap_or(first) }
}

/// The directory of the data that come with the repository: where the example was built, or else below the current
/// directory.
pub fn shipped() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("data");
    if built.is_dir() { built } else { "examples/data".into() }
}

/// Parses a map from pixels to numbers.
fn input(text: &str) -> Result<Input, String> {
    let number = |text: &str| text.parse::<f32>().ok().filter(|number| number.is_finite());
    let map = match text.split_once('=') {
        Some(("threshold", at)) => at.parse().ok().map(|at| Input::Threshold { at }),
        Some(("drop-bits", drop)) => {
            drop.parse().ok().filter(|&drop| drop < 8).map(|drop| Input::HighBits { drop })
        }
        Some(("scale", numbers)) => numbers
            .split_once(",shift=")
            .and_then(|(scale, shift)| Some(Input::Scaled { scale: number(scale)?, shift: number(shift)? })),
        _ => None,
    };
    map.ok_or_else(|| {
        "expected threshold=0 to threshold=255, drop-bits=0 to drop-bits=7, or scale=S,shift=T".into()
    })
}

/// The message of an error without the usage text after it.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let wrong = lines.take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more information"));
    let line = wrong.collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}
