//! The roles as processes: what they answer, and what happens when one of them dies, lies, or has the wrong files.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod ahead;
mod answers;
mod busy;
mod cut;
mod kept;
mod killed;
mod model;
mod process;
mod proxy;
mod refused;
mod settings;
mod trial;
mod used;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_party");
