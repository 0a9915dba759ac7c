//! Whether a branch or an address depends on a secret, in protocols between parties and a dealer.
//!
//! Linux on x86-64 with valgrind, in this folder: `./run`. Memcheck is told that the session's root seed and the inputs of
//! parties were never initialised, follows what is computed of them, and reports jumps and addresses that depend on it; then
//! the exit code is 9. What is opened is public, and the library says so. With `leak-branch` or `leak-address` as an
//! argument, a party lets one depend on its share: that must be reported.

mod cases;
mod session;

use std::hint::black_box;
use std::process::ExitCode;

use ringshare::secret::memcheck;

fn main() -> ExitCode {
    if !memcheck::runs() {
        eprintln!("nothing is checked: this runs under valgrind");
        return ExitCode::FAILURE;
    }
    match std::env::args().nth(1).as_deref() {
        None => cases::all(),
        Some("leak-branch") => cases::leak(|share| {
            if share & 1 == 1 {
                std::thread::yield_now();
            }
        }),
        Some("leak-address") => cases::leak(|share| {
            black_box(black_box([7, 5, 3, 2])[usize::from(share & 3)]);
        }),
        Some(other) => {
            eprintln!("expected nothing, `leak-branch` or `leak-address`, found {other}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
