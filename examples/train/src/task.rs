//! What is done in a session, one thing after the other: a training step, or the classes of some test images.

use ringshare::nn::train::{Arithmetic, Batch, Numbers, Trainer};
use ringshare::protocol::{Error, Party};
use ringshare::ring::Z2;

/// A task, of which everybody knows the shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A training step.
    Step {
        /// Images of the batch.
        rows: usize,
        /// Whether its loss is opened.
        wants_loss: bool,
    },
    /// The mean of the weights after the last 2^log steps.
    Average {
        /// The logarithm.
        log: u32,
    },
    /// The classes of test images.
    Score {
        /// Images.
        rows: usize,
    },
}

/// Takes what a task takes, on numbers that are nothing.
///
/// # Errors
/// As the task.
pub fn dry<A: Arithmetic>(a: &mut A, trainer: &mut Trainer, task: Task, rate: f64) -> Result<(), Error> {
    match task {
        Task::Step { rows, wants_loss } => {
            let batch = Batch::new(trainer.program(), (0..rows).map(|_| None))?;
            trainer.step(a, batch, rate, wants_loss).map(drop)
        }
        Task::Average { log } => trainer.averaged(a, log).map(drop),
        Task::Score { rows } => {
            let x = Numbers::zeros(rows * trainer.program().inputs());
            trainer.outputs(a, &x).map(drop)
        }
    }
}

/// Opens the classes of outputs, and nothing else of them.
///
/// # Errors
/// As [`Party::argmax`].
pub fn classes(party: &mut Party, trainer: &Trainer, z: &Numbers) -> Result<Vec<u8>, Error> {
    let program = trainer.program();
    let classes = party.argmax::<_, Z2<8>>(z, program.outputs(), program.output_bits())?;
    party.open(&classes)
}
