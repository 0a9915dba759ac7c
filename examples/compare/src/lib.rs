//! Compares values with zero in every way that the library knows, and prints what each way costs.
//!
//! ```text
//! cargo run --release -p compare -- --bits 8,14,20,32,64 --parties 2,3 --svg cost.svg
//! ```
//!
//! The parties and the dealer are threads of this process. Every combination of a family, a bit length
//! and a number of parties is a row: the dealer deals, the parties compare, and what comes out is
//! opened and held against plain integers. A result that differs ends the program with an error, and
//! so does a count of rounds, bits or bytes that is not what the family's cost function says.
//! A combination that a family does not take is listed below the table with the family's own reason.
//!
//! | flag | meaning | default |
//! | --- | --- | --- |
//! | `--bits 14,32` | bit lengths, 2 to 64 | 8,14,32,64 |
//! | `--parties 2,3` | numbers of parties, 2 to 16; the dealer is one more | 2,3 |
//! | `--count N` | values that are compared at once | 65536 |
//! | `--families a,b` | ways to compare | all |
//! | `--output arithmetic\|boolean` | the sign, shared in the ring of the values, or the bit x < 0, shared by exclusive or | arithmetic |
//! | `--delay-ms F` | one-way delay between two parties | 0 |
//! | `--mbit F` | rate from one party to another, in 10^6 bits a second | any |
//! | `--repeat N` | measured runs of a row, after one to warm up | 5 |
//! | `--json FILE` | writes the rows as one JSON object | |
//! | `--svg FILE` | draws the columns over the bit length | |
//!
//! | column, key in the JSON object | meaning |
//! | --- | --- |
//! | family, `family` | the way to compare |
//! | plan, `plan` | widths of the chunks and how they are combined, as [`Plan`](ringshare::correlation::compare::Plan) prints it; `4x8` are 8 chunks of 4 bits, or 8 groups of 4 chunks |
//! | bits, `bits` | bit length; the ring is that of the smallest word of 8 to 64 bits that holds it, and one bit more for Legendre symbols |
//! | parties, `parties` | without the dealer |
//! | rounds, `rounds` | of the online phase, where all parties open directly |
//! | opened, `opened_bits` | bits a value that a party sends each other party, headers of frames aside |
//! | dealt, `dealer_bytes` | bytes a value that the dealer sends, to all parties together |
//! | party, `party_ns` | CPU time a value of the costliest party online, in nanoseconds |
//! | dealer, `dealer_ns` | CPU time a value of the dealer |
//! | wall, `wall_ns` | time a value on the clock, from the first party's start to the last one's end, online |
//!
//! Rounds, bits and bytes are counted by the transports. Times are the least of all measured runs,
//! each phase by itself: dealing is no part of the online phase. Delay and rate hold between parties
//! alone ([`Delayed`](ringshare::net::Delayed)) and so show in the time on the clock.
//!
//! All of it is in this library, and the program only calls [`main`]: the tests, too, are of the library, which so is
//! compiled once.

#![cfg(feature = "std")]

pub mod args;
pub mod check;
pub mod error;
pub mod families;
pub mod json;
pub mod measure;
pub mod session;
pub mod svg;
pub mod table;

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use args::{Args, Command};
use error::Error;
use json::Report;
use measure::{Job, Outcome};

/// The program, from its arguments to its exit code.
pub fn main() -> ExitCode {
    let done = Args::read(std::env::args_os()).and_then(|command| match command {
        Command::Run(args) => run(&args),
        Command::Print(text) => print(&text),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::from(e.exit_code())
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    for path in [&args.json, &args.svg].into_iter().flatten() {
        // Found out now, not after the work.
        fs::File::create(path).map_err(|e| Error::io(path, e))?;
    }
    print(&format!("{}\n\n{}\n", args.setting(), table::header()))?;
    let mut report = Report::new(args);
    for job in Job::all(args) {
        match measure::measure(&job)? {
            Outcome::Row(row) => {
                print(&format!("{}\n", table::line(&row)))?;
                report.rows.push(row);
            }
            Outcome::Skipped(skipped) => report.skipped.push(skipped),
        }
    }
    print(&table::footer(&report.skipped))?;
    if let Some(path) = &args.json {
        fs::write(path, report.json()? + "\n").map_err(|e| Error::io(path, e))?;
    }
    if let Some(path) = &args.svg {
        fs::write(path, svg::draw(&report.rows, &args.setting())?).map_err(|e| Error::io(path, e))?;
    }
    Ok(())
}

/// Prints to standard output.
fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        // Whoever reads has read enough.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|e| Error::io(Path::new("standard output"), e)),
    }
}
