//! The JSON object for programs.

use serde::Serialize;

use crate::args::{Args, Output};
use crate::error::Error;
use crate::measure::{Row, Skipped};

/// All that was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Report {
    /// Values that were compared at once.
    pub(crate) count: u32,
    pub(crate) output: &'static str,
    pub(crate) delay_ms: f64,
    pub(crate) mbit: Option<f64>,
    pub(crate) rows: Vec<Row>,
    pub(crate) skipped: Vec<Skipped>,
}

impl Report {
    /// A report with no rows yet.
    pub(crate) fn new(args: &Args) -> Self {
        let output = match args.output {
            Output::Arithmetic => "arithmetic",
            Output::Boolean => "boolean",
        };
        let Args { count, delay_ms, mbit, .. } = *args;
        Self { count, output, delay_ms, mbit, rows: Vec::new(), skipped: Vec::new() }
    }

    /// The object as text.
    ///
    /// # Errors
    /// If a number has no place in JSON.
    pub(crate) fn json(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map_err(|e| Error::Wrong(e.to_string()))
    }
}
