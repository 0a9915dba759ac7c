//! Trained models: their shapes, their values against plain loops and against reference results, and what simplifying
//! leaves of them.
//!
//! The reference networks are looked for in `../shared/models` and beside the directory that `RINGSHARE_DATA` names; a
//! test that does not find them says that it is skipped.

mod common;

#[path = "trained/evaluation.rs"]
mod evaluation;
#[path = "trained/naive.rs"]
mod naive;
#[path = "trained/random.rs"]
mod random;
#[path = "trained/references.rs"]
#[cfg(feature = "std")]
mod references;
#[path = "trained/shapes.rs"]
mod shapes;
#[path = "trained/signs.rs"]
mod signs;
#[path = "trained/simplified.rs"]
mod simplified;
