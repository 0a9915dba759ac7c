//! Gradients: those in float32 against differences of the loss, those in fixed point against those in float32, and what is refused.

mod differences;
mod draw;
mod errors;
mod fixed;
mod models;
mod reference;
mod updates;
