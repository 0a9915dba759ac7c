//! Models over the real numbers: their shapes, their values against plain loops and against reference results, and what
//! simplifying leaves of them.
//!
//! The reference networks are looked for in `../shared/models` and beside the directory that `RINGSHARE_DATA` names; a
//! test that does not find them says that it is skipped.
#![cfg(feature = "std")]

mod common;

#[path = "float_models/evaluation.rs"]
mod evaluation;
#[path = "float_models/naive.rs"]
mod naive;
#[path = "common/networks.rs"]
mod networks;
#[path = "float_models/random.rs"]
mod random;
#[path = "float_models/redrawn.rs"]
mod redrawn;
#[path = "float_models/references.rs"]
mod references;
#[path = "float_models/secrets.rs"]
mod secrets;
#[path = "float_models/shapes.rs"]
mod shapes;
#[path = "float_models/signs.rs"]
mod signs;
#[path = "float_models/simplified.rs"]
mod simplified;
