//! Command line.

use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum, error::ErrorKind};
use ringshare::net::Link;
use ringshare::protocol::Family;

use crate::error::Error;

/// Compares values with zero in every way that the library knows, and prints what each way costs.
#[derive(Clone, Debug, Parser, PartialEq)]
#[command(name = "compare", version)]
pub struct Args {
    /// Bit lengths, 2 to 64
    #[arg(long, value_name = "K,..", value_delimiter = ',', default_values_t = [8, 14, 32, 64],
        value_parser = clap::value_parser!(u32).range(2..=64))]
    pub bits: Vec<u32>,

    /// Numbers of parties, 2 to 16; the dealer is one more
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_values_t = [2, 3],
        value_parser = clap::value_parser!(u32).range(2..=16))]
    pub parties: Vec<u32>,

    /// Values that are compared at once, 1 to 16777216
    #[arg(long, value_name = "N", default_value_t = 65536, value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    pub count: u32,

    /// Ways to compare [default: all]
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub families: Vec<Family>,

    /// What comes out: the sign in the ring of the values, or the bit x < 0
    #[arg(long, value_enum, default_value_t = Output::Arithmetic)]
    pub output: Output,

    /// One-way delay between two parties in milliseconds, 0 to 60000
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = delay, allow_negative_numbers = true)]
    pub delay_ms: f64,

    /// Rate from one party to another in 10^6 bits a second, 0.001 to 1000000 [default: any]
    #[arg(long, value_name = "F", value_parser = rate, allow_negative_numbers = true)]
    pub mbit: Option<f64>,

    /// Measured runs of a row, after one to warm up; the table has the least time
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,

    /// Write the rows to FILE as one JSON object
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Draw the rows over the bit length to FILE
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// What a comparison gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// The sign, shared in the ring of the values
    Arithmetic,
    /// The bit x < 0, shared by exclusive or
    Boolean,
}

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Command {
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
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Command, Error> {
        let mut args = match Self::try_parse_from(args) {
            Ok(args) => args,
            Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                return Ok(Command::Print(e.render().to_string()));
            }
            Err(e) => return Err(Error::Usage(one_line(&e.render().to_string()))),
        };
        if args.json.is_some() && args.json == args.svg {
            return Err(Error::Usage("--svg: expected another file than that of --json".into()));
        }
        if args.families.is_empty() {
            args.families = Family::ALL.to_vec();
        }
        once(&mut args.bits);
        once(&mut args.parties);
        once(&mut args.families);
        Ok(Command::Run(Box::new(args)))
    }

    /// A link between two parties.
    pub fn link(&self) -> Link {
        let rate = self.mbit.and_then(|mbit| NonZeroU64::new((mbit * 1e6) as u64));
        Link { delay: Duration::from_secs_f64(self.delay_ms / 1e3), rate }
    }

    /// What all rows have in common.
    pub fn setting(&self) -> String {
        let output = match self.output {
            Output::Arithmetic => "arithmetic",
            Output::Boolean => "boolean",
        };
        let rate = self.mbit.map_or("any rate".into(), |mbit| format!("{mbit} Mbit/s"));
        format!("{} comparisons at once, {output} results, {} ms, {rate}", self.count, self.delay_ms)
    }
}

/// Leaves the first of equal elements.
fn once<T: PartialEq + Clone>(list: &mut Vec<T>) {
    let all = std::mem::take(list);
    for element in all {
        if !list.contains(&element) {
            list.push(element);
        }
    }
}

fn delay(text: &str) -> Result<f64, String> {
    number(text, 0.0, 60_000.0)
}

fn rate(text: &str) -> Result<f64, String> {
    number(text, 0.001, 1e6)
}

fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("expected a number from {least} to {most}"))
}

/// What is wrong, without the usage that follows it.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let wrong = lines.take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more information"));
    let line = wrong.collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}
