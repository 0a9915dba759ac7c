//! Transports and the frames on them: faults, delays, streams, and bytes that are not as agreed.
#![cfg(feature = "std")]

#[path = "../common/mod.rs"]
mod common;
mod dealer_process;
mod delayed;
mod faults;
mod streams;
mod wire;
