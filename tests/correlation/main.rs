//! Correlated randomness without a network: what the dealer hands out, and what the parties make of it.
#![cfg(feature = "std")]

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod comparison;
mod dcf;
mod dealing;
mod embedding;
mod legendre;
mod plans;
mod recipes;
mod secrets;
mod state;
