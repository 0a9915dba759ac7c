//! Masked lookup of public functions of one number and of two, and the functions that come with the
//! library, against plain integers and `f64`.
#![cfg(feature = "std")]

mod common;

#[path = "functions/lookups.rs"]
mod lookups;
#[path = "functions/reals.rs"]
mod reals;
#[path = "functions/tables.rs"]
mod tables;
