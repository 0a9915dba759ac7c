//! Masked lookup of public functions of one number and of two, and the functions that come with the
//! library, against plain integers and `f64`.
#![cfg(feature = "std")]

mod lines;
mod lookups;
mod piecewise;
mod reals;
mod tables;
