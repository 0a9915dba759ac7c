//! The files that the example `classify` reads, its evaluation in the clear, and its evaluation between parties.
//!
//! The complete data sets are looked for in `../shared/data` and in the directory that `RINGSHARE_DATA` names, with the
//! models in `models` beside it; a test that does not find them says that it is skipped.
#![cfg(feature = "safetensors")]

#[path = "../examples/classify/args.rs"]
#[allow(dead_code)]
mod args;
#[path = "../examples/classify/charts.rs"]
#[allow(dead_code)]
mod charts;
#[path = "../examples/classify/confusion.rs"]
#[allow(dead_code)]
mod confusion;
#[path = "../examples/classify/dataset.rs"]
#[allow(dead_code)]
mod dataset;
#[path = "../examples/classify/error.rs"]
#[allow(dead_code)]
mod error;
#[path = "../examples/classify/float.rs"]
#[allow(dead_code)]
mod float;
#[path = "../examples/classify/forecast.rs"]
#[allow(dead_code)]
mod forecast;
#[path = "../examples/classify/idx.rs"]
#[allow(dead_code)]
mod idx;
#[path = "../examples/classify/matrix.rs"]
#[allow(dead_code)]
mod matrix;
#[path = "../examples/classify/memory.rs"]
#[allow(dead_code)]
mod memory;
#[path = "../examples/classify/network.rs"]
#[allow(dead_code)]
mod network;
#[path = "../examples/classify/page.rs"]
#[allow(dead_code)]
mod page;
#[path = "../examples/classify/parties.rs"]
#[allow(dead_code)]
mod parties;
#[path = "../examples/classify/planner.rs"]
#[allow(dead_code)]
mod planner;
#[path = "../examples/classify/progress.rs"]
#[allow(dead_code)]
mod progress;
#[path = "../examples/classify/report.rs"]
#[allow(dead_code)]
mod report;
#[path = "../examples/classify/secure.rs"]
#[allow(dead_code)]
mod secure;
#[path = "../examples/classify/session.rs"]
#[allow(dead_code)]
mod session;
#[path = "../examples/classify/show.rs"]
#[allow(dead_code)]
mod show;
#[path = "../examples/classify/steps.rs"]
#[allow(dead_code)]
mod steps;
#[path = "../examples/classify/study.rs"]
#[allow(dead_code)]
mod study;
#[path = "../examples/classify/sweep.rs"]
#[allow(dead_code)]
mod sweep;
#[path = "../examples/classify/trial.rs"]
#[allow(dead_code)]
mod trial;

#[path = "example_files/between_parties.rs"]
mod between_parties;
#[path = "example_files/command_line.rs"]
mod command_line;
#[path = "example_files/corpus.rs"]
mod corpus;
#[path = "example_files/evaluation.rs"]
mod evaluation;
#[path = "example_files/idx_files.rs"]
mod idx_files;
#[path = "example_files/networks.rs"]
mod networks;
#[path = "example_files/reports.rs"]
mod reports;

use std::io::Write;
use std::path::{Path, PathBuf};

/// Says so past the test runner's capture.
#[expect(clippy::explicit_write, reason = "eprintln is captured")]
fn skipped(what: &str) {
    writeln!(std::io::stderr(), "skipped: {what} is not here").unwrap();
}

/// A path in the repository; none if it is not there, as in the published package.
fn in_repository(path: &str) -> Option<PathBuf> {
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).filter(|p| p.exists())
}

/// A path among the complete data, for example `mnist` or `../models/x.safetensors`.
fn in_data(path: &str) -> Option<PathBuf> {
    let named = std::env::var_os("RINGSHARE_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    named.into_iter().chain([beside]).map(|d| d.join(path)).find(|p| p.exists())
}
