//! Command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use classify::dataset::CLASSES;
use ringshare::nn::Rounding;
use ringshare::nn::train::{Batch, Loss, Optimiser, Program, TrainFormats, TrainOptions};

use crate::error::Error;
use crate::network::Network;
use crate::processes::Processes;
use crate::setting::Setting;

/// Trains a network between parties that see neither each other's images nor the network.
///
/// Without arguments, two parties train the convolutional network on the digits that come with the repository, in about a minute, each on its own half of the images.
#[derive(Clone, Debug, Parser)]
#[command(name = "train", version)]
pub struct Args {
    /// Network: mlp (784-784-784-784-784-10 with ReLUs), cnn (32 and 64 filters, 128, 10), bmlp (784-1024-1024-1024-10, all signs),
    /// numbers as in 784-128-10, or a safetensors file, whose weights are the initial ones
    #[arg(long, value_name = "NAME|FILE")]
    pub model: Option<String>,

    /// Data set; 1,000 images of each come with the repository
    #[arg(long, value_enum, default_value_t = Kind::Mnist)]
    pub dataset: Kind,

    /// Directory of the original IDX files, gzipped or not [default: the images beside the example, the last 200 for tests]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Train on the first N images only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub subset: Option<u32>,

    /// Train on images of these digits only, as in 0-7
    #[arg(long, value_name = "A-B", value_parser = digits)]
    pub digits: Option<(u8, u8)>,

    /// Score on the first N test images only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub tests: Option<u32>,

    /// Parties, 2 to 16; the dealer is one more
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=16))]
    pub parties: u8,

    /// Parties that have images, each a part of its own [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=16))]
    pub holders: Option<u8>,

    /// Clients who are no parties and have images, each a part of its own: every party gets shares of them
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub clients: u8,

    /// Epochs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub epochs: Option<u32>,

    /// Images of a batch
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: Option<u32>,

    /// Learning rates for the mean gradient: of each epoch, the last one goes on [default: what suits the network]
    #[arg(long, value_name = "RATE,..", value_delimiter = ',')]
    pub rate: Vec<f64>,

    /// Steps in which the learning rate rises to the first [default: what suits the network]
    #[arg(long, value_name = "N")]
    pub warmup: Option<u32>,

    /// Score and keep the mean of the weights after the last N steps of an epoch, N rounded down to a power of two; 0 for those after the
    /// last step [default: what suits the network]
    #[arg(long, value_name = "N")]
    pub average: Option<u32>,

    /// What is minimised
    #[arg(long, value_enum, default_value_t = Losses::CrossEntropy)]
    pub loss: Losses,

    /// How weights follow their gradients
    #[arg(long, value_enum, default_value_t = Optimisers::Sgd)]
    pub optimiser: Optimisers,

    /// Momentum, with --optimiser momentum
    #[arg(long, value_name = "M", default_value_t = 0.9)]
    pub momentum: f64,

    /// Weight decay
    #[arg(long, value_name = "D", default_value_t = 0.)]
    pub decay: f64,

    /// Clip the elements of the mean gradient beyond this magnitude
    #[arg(long, value_name = "C")]
    pub clip: Option<f64>,

    /// How truncations round: stochastic is unbiased and cheap, floor is exact, the same in the clear
    #[arg(long, value_enum, default_value_t = classify::args::Rounds::Stochastic)]
    pub rounding: classify::args::Rounds,

    /// Fractional bits of values, of gradients and of weights
    #[arg(long, value_name = "X,G,W", value_delimiter = ',')]
    pub bits: Vec<u32>,

    /// Train these layers only
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub tune: Vec<String>,

    /// Begin with fresh weights, also where the network is a file
    #[arg(long)]
    pub fresh: bool,

    /// Seed of the initial weights and of the order of the images; with --rounding floor the same seed gives the same run. Masks are
    /// fresh in every run. Between processes, of the order alone
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Open the mean loss of every N-th batch: everybody learns it
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub loss_every: u32,

    /// Keep each party's encrypted share of the network in DIR
    #[arg(long, value_name = "DIR")]
    pub checkpoint: Option<PathBuf>,

    /// Write a checkpoint every N steps, and at the end
    #[arg(long, value_name = "N", requires = "checkpoint", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub every: u32,

    /// Go on from the last checkpoint in DIR, with the same images, order and batches; epochs and rates may be others
    #[arg(long, requires = "checkpoint")]
    pub resume: bool,

    /// Reveal the network to party 0, between processes to that of --to, which writes it to FILE, a safetensors file
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,

    /// Classify the test images by the trained network as it serves: shared still, with the bits of inference
    #[arg(long, conflicts_with = "clear")]
    pub serve: bool,

    /// Train in the clear alone, by the same numbers in fixed point
    #[arg(long, conflicts_with_all = ["checkpoint", "resume", "dry", "holders", "clients", "loss_every"])]
    pub clear: bool,

    /// Do not train in float32 beside it
    #[arg(long)]
    pub no_plain: bool,

    /// Print what the run would cost and stop
    #[arg(long)]
    pub dry: bool,

    /// Also train in the clear with 2 to 12 fractional bits of gradients and both roundings, which shows where training breaks
    #[arg(long)]
    pub sweep: bool,

    /// Write the results to FILE as one JSON object
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write report.html to DIR: charts of loss, accuracy, times and memory, and of 2 to 7 parties
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Between processes.
    #[command(flatten)]
    pub processes: Processes,
}

/// A data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Handwritten digits
    Mnist,
    /// Articles of clothing
    Fashion,
}

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Losses {
    /// Softmax cross-entropy
    CrossEntropy,
    /// Half the squared differences from the targets
    SquaredError,
    /// One against all others, with a margin of 1
    Hinge,
}

/// How weights follow their gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Optimisers {
    /// Stochastic gradient descent
    Sgd,
    /// The same with momentum
    Momentum,
    /// Adam
    Adam,
}

fn digits(text: &str) -> Result<(u8, u8), String> {
    let wrong = || format!("expected two digits as in 0-7, found {text}");
    let (low, high) = text.split_once('-').ok_or_else(wrong)?;
    let digit = |text: &str| text.parse::<u8>().ok().filter(|digit| usize::from(*digit) < CLASSES);
    match (digit(low), digit(high)) {
        (Some(low), Some(high)) if low <= high => Ok((low, high)),
        _ => Err(wrong()),
    }
}

impl Args {
    /// What everybody knows of the run.
    ///
    /// # Errors
    /// If arguments do not fit each other.
    pub fn setting(&self, images: usize, tests: usize, order: u64) -> Result<(Setting, bool), Error> {
        let network = Network::load(self)?;
        let mut formats = TrainFormats::default();
        if !self.bits.is_empty() && self.bits.len() != 3 {
            let found = self.bits.len();
            return Err(Error::Usage(format!("--bits: expected three numbers, found {found}")));
        }
        if let [activation, gradient, weight] = self.bits[..] {
            formats = TrainFormats { activation, gradient, weight, ..formats };
        }
        let options = TrainOptions {
            loss: match self.loss {
                Losses::CrossEntropy => Loss::CrossEntropy,
                Losses::SquaredError => Loss::SquaredError,
                Losses::Hinge => Loss::Hinge,
            },
            optimiser: match self.optimiser {
                Optimisers::Sgd => Optimiser::Sgd,
                Optimisers::Momentum => Optimiser::Momentum(self.momentum),
                Optimisers::Adam => Optimiser::Adam { decay: [0.9, 0.999] },
            },
            decay: self.decay,
            clip: self.clip,
            rounding: match self.rounding {
                classify::args::Rounds::Stochastic => Rounding::Stochastic,
                classify::args::Rounds::Floor => Rounding::Floor,
            },
            formats,
        };
        let rates = if self.rate.is_empty() { network.rates } else { self.rate.clone() };
        let epochs = self.epochs.map_or(if self.is_small() { 7 } else { 5 }, |n| n as usize);
        let setting = Setting {
            model: network.model,
            options,
            tuned: self.tune.clone(),
            input: network.input,
            parties: self.parties.into(),
            images,
            tests,
            batch: self.batch.map_or(network.batch, |n| n as usize).min(images),
            epochs,
            rates,
            warmup: self.warmup.map_or(network.warmup, |n| n as usize),
            average: self.average.map_or(network.average, |n| n as usize),
            loss_every: self.loss_every as usize,
            order,
        };
        let all = Program::new(&setting.model, setting.options)?;
        for name in &self.tune {
            if !all.parameters().iter().any(|layer| layer.name == *name) {
                let names: Vec<&str> = all.parameters().iter().map(|layer| &layer.name[..]).collect();
                let names = names.join(", ");
                return Err(Error::Usage(format!(
                    "--tune: expected layers with weights ({names}), found {name}"
                )));
            }
        }
        let program = setting.program()?;
        setting.check_rates(&program)?;
        // Here it is known whose arguments are wrong: later on, a party would end in the midst of all.
        let ends = setting.input.range().map(|end| vec![end; program.inputs()]);
        Batch::new(&program, ends.iter().map(|all| Some((&all[..], 0))))
            .map_err(|error| Error::Usage(format!("--model, black and white pixels: {error}")))?;
        Ok((setting, network.is_trained))
    }
}

/// Parses the arguments and runs.
pub fn run() -> ExitCode {
    let args = Args::parse();
    match crate::session::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
