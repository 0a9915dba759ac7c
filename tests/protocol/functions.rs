//! Masked lookup of public functions of one number and of two, and the functions that come with the
//! library, against plain integers and `f64`.
#![cfg(feature = "std")]

mod lookups;
mod reals;
mod tables;
