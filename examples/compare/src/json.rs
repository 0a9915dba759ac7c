//! The JSON object for programs.

use serde::Serialize;

use crate::args::{Args, Output};
use crate::error::Error;
use crate::measure::{Row, Skipped};

/// All that was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Values that were compared at once.
    pub count: u32,
    /// What the comparisons gave: `arithmetic` or `boolean`.
    pub output: &'static str,
    /// One-way delay between two parties in milliseconds.
    pub delay_ms: f64,
    /// Rate from one party to another in 10^6 bits a second, if it was limited.
    pub mbit: Option<f64>,
    /// What was measured.
    pub rows: Vec<Row>,
    /// What was not.
    pub skipped: Vec<Skipped>,
}

impl Report {
    /// A report with no rows yet.
    pub fn new(args: &Args) -> Self {
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
    pub fn json(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map_err(|e| Error::Wrong(e.to_string()))
    }
}
