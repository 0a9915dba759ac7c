//! The shared evaluation.

use indicatif::ProgressBar;

use crate::args::Topology;
use crate::error::Error;
use crate::model::Model;
use crate::report::Phases;

/// What the parties and the dealer are to do.
#[derive(Debug)]
#[expect(dead_code, reason = "read by the parties")]
pub(crate) struct Job<'a> {
    pub(crate) model: &'a Model,
    /// `[n, in]`
    pub(crate) inputs: &'a [u8],
    /// The smallest and the largest input.
    pub(crate) range: (i64, i64),
    /// Bit length of the comparisons after each layer.
    pub(crate) bits: &'a [u32],
    pub(crate) parties: usize,
    pub(crate) batch: usize,
    pub(crate) topology: Topology,
    pub(crate) seed: Option<u64>,
    /// Whether to reveal the logits beside the classes.
    pub(crate) logits: bool,
}

/// What comes of it.
#[derive(Debug)]
pub(crate) struct Secure {
    /// `[n]`
    pub(crate) classes: Vec<u8>,
    /// `[n, classes]`, if they were to be revealed.
    pub(crate) logits: Option<Vec<i32>>,
    pub(crate) phases: Phases,
}

/// Runs the parties and the dealer; `None` as long as there are none.
///
/// # Errors
/// A protocol that fails at some party.
pub(crate) fn run(_job: &Job<'_>, _progress: &ProgressBar) -> Result<Option<Secure>, Error> {
    // PLUG IN HERE: share the model, deal, evaluate batch by batch.
    Ok(None)
}
