#![cfg_attr(feature = "safetensors", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "safetensors"),
    doc = "Secret-sharing kernels for machine learning over the rings Z_2^k."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod correlation;
pub mod field;
pub mod function;
pub mod linalg;
pub mod net;
pub mod nn;
pub mod prg;
pub mod protocol;
pub mod ring;
pub mod share;
#[cfg(feature = "std")]
pub mod sim;
mod simd;
