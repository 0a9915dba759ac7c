//! Parties, a dealer, a model's owner and clients as processes, over TLS. A thin program on the library's `net::link`, `offline::file` and
//! `protocol`: take it as a start for your own.
//!
//! | role | what it does | what it knows |
//! | --- | --- | --- |
//! | `dealer` | deals correlated randomness, along with the parties or ahead of time into files | the seeds of all |
//! | `party` | computes on shares | its shares |
//! | `model-owner` | hands out shares of a model, and may go | the model |
//! | `client` | hands out shares of images and puts the answers together | its images and their answers |

#![allow(clippy::print_stderr)]

pub mod apart;
pub mod client;
pub mod config;
pub mod course;
pub mod dealer;
pub mod demo;
pub mod desk;
pub mod error;
pub mod hosts;
pub mod images;
pub mod keys;
pub mod memory;
pub mod meter;
pub mod notice;
pub mod owner;
pub mod plan;
pub mod program;
pub mod relay;
pub mod running;
pub mod service;
pub mod shares;
pub mod state;
pub mod stats;
pub mod wire;
