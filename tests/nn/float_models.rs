//! Models over the real numbers: their shapes, their values against plain loops and against reference results, and what
//! simplifying leaves of them.
//!
//! The reference networks are looked for in `../shared/models` and beside the directory that `RINGSHARE_DATA` names; a
//! test that does not find them says that it is skipped.
#![cfg(feature = "std")]

pub(crate) mod evaluation;
pub(crate) mod naive;
mod references;
mod secrets;
mod shapes;
mod signs;
mod simplified;
