//! Models in fixed point: the integer program against plain loops over big integers, against real numbers and among
//! parties, the choice of formats, and what is refused.
//!
//! The reference networks are looked for in `../shared/models` and beside the directory that `RINGSHARE_DATA` names; a
//! test that does not find them says that it is skipped.
#![cfg(feature = "safetensors")]

mod common;

#[path = "quantised/exact.rs"]
mod exact;
#[path = "quantised/extremes.rs"]
mod extremes;
#[path = "quantised/formats.rs"]
mod formats;
#[path = "quantised/naive.rs"]
mod naive;
#[path = "common/networks.rs"]
mod networks;
#[path = "quantised/public.rs"]
mod public;
#[path = "float_models/random.rs"]
mod random;
#[path = "quantised/reals.rs"]
mod reals;
#[path = "float_models/redrawn.rs"]
mod redrawn;
#[path = "quantised/references.rs"]
mod references;
#[path = "quantised/secrets.rs"]
mod secrets;
#[path = "quantised/secure.rs"]
mod secure;
