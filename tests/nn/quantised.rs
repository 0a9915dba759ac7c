//! Models in fixed point: the integer program against plain loops over big integers, against real numbers and among
//! parties, the choice of formats, and what is refused.
//!
//! The reference networks are looked for in `../shared/models` and beside the directory that `RINGSHARE_DATA` names; a
//! test that does not find them says that it is skipped.
#![cfg(feature = "safetensors")]

mod attention;
mod comparisons;
mod differences;
mod exact;
mod exported;
mod extremes;
mod formats;
mod fractions;
mod layer_bytes;
mod naive;
mod norms;
mod public;
mod reals;
mod references;
mod secrets;
mod secure;
mod values;
