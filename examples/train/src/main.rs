//! Trains a network between parties that see neither each other's images nor the network.

use std::process::ExitCode;

fn main() -> ExitCode {
    train::main()
}
