//! The example `classify`: the files that it reads, its evaluation in the clear, its evaluation between parties, and the
//! program as it is built.
//!
//! The complete data sets are looked for in `../shared/data` and in the directory that `RINGSHARE_DATA` names, with the
//! models in `models` beside it; a test that does not find them says that it is skipped.

mod between_parties;
mod command_line;
mod corpus;
mod evaluation;
mod idx_files;
mod memory;
mod models;
mod networks;
mod outputs;
mod reports;

use std::io::Write;
use std::path::{Path, PathBuf};

/// Says so past the test runner's capture.
#[expect(clippy::explicit_write, reason = "eprintln is captured")]
fn skipped(what: &str) {
    writeln!(std::io::stderr(), "skipped: {what} is not here").unwrap();
}

/// A path in the repository; none if it is not there.
fn in_repository(path: &str) -> Option<PathBuf> {
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).filter(|p| p.exists())
}

/// A path among the complete data, for example `mnist` or `../models/x.safetensors`.
fn in_data(path: &str) -> Option<PathBuf> {
    let named = std::env::var_os("RINGSHARE_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    named.into_iter().chain([beside]).map(|d| d.join(path)).find(|p| p.exists())
}
