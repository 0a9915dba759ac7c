//! Trains networks that parties hold in shares, in one process or between several.

pub mod args;
pub mod beside;
pub mod checkpoint;
pub mod client;
pub mod error;
pub mod float;
pub mod holder;
pub mod images;
pub mod memory;
pub mod nets;
pub mod network;
pub mod outcome;
pub mod part;
pub mod preflight;
pub mod private;
pub mod processes;
pub mod random;
pub mod report;
pub mod resume;
pub mod role;
pub mod serve;
pub mod session;
pub mod setting;
pub mod sweep;
pub mod task;

use std::process::ExitCode;

/// The program.
pub fn main() -> ExitCode {
    args::run()
}
