//! What everything stands on: words and rings, fixed-point numbers, packing, fields, the generator.

mod field;
mod fixed_point;
mod packing;
mod prg;
mod ring_laws;
mod splitting;
mod windows;
