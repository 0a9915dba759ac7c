//! Training as processes: between parties, and of one that is killed again and again.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod alike;
mod differs;
mod killed;
mod memory;
mod mixed;
#[path = "../../../party/tests/roles/process.rs"]
mod process;
mod resumed;
mod trial;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_train");
