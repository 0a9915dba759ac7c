//! The in-memory party simulator: n parties and a dealer as threads.
//!
//! A [`Simulation`] runs one function at every party: a dry run of it gives the recipe, the dealer deals that, and the
//! parties run. Results depend only on the seed, not on how the threads are scheduled.
//!
//! ```
//! use ringshare::ring::Z2;
//! use ringshare::sim::Simulation;
//!
//! let run = Simulation::new(3).seed(7).run(|party| {
//!     let values = (party.id() == 1).then_some([5u16, 16_380].as_slice()); // 5 and −4
//!     let x = party.input::<Z2<14>>(1, 2, values)?;
//!     let s = party.sign::<Z2<14>, Z2<8>>(&x, 14)?;
//!     party.open(&s)
//! })?;
//! assert_eq!(run.outputs[0], [1, 255]); // +1 and −1
//! assert_eq!(run.dry.rounds, 3);
//! # Ok::<(), ringshare::sim::SimError>(())
//! ```
//!
//! A [`Session`] keeps the parties and the dealer between phases. Each phase is planned, dealt for, run and counted by
//! itself.

mod session;
mod simulation;

pub use session::{Phase, Session, SimError, Step};
pub use simulation::{Run, Simulation};
