//! A network in training as bytes: this party's share of the weights and of what the optimiser keeps, and how many steps were taken.
//!
//! Training goes on from there, in another session and with another dealer. [`StateId`] says whose the bytes are: its `session` is that of the
//! run as a whole, of which all parties have the same, its `model` the program's [digest](Program::digest), its `number` the steps. So nobody reads
//! a share of another run, of another program or of another step.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::arithmetic::Numbers;
use super::layer::Parameters;
use super::program::Program;
use super::trainer::Trainer;
use crate::offline::state::{self, put_number};
use crate::offline::{DecodeError, Reader, StateId};
use crate::secret::SecretBytes;

const TRAINER: [u8; 8] = *b"trainer ";

impl Program {
    /// A digest of the layers with their shapes, and of the options.
    pub fn digest(&self) -> [u8; 32] {
        let mut all = Sha256::new();
        all.update(format!("{:?} {:?} {:?}", self.options, self.sizes, self.shapes));
        all.update(format!("{:?}", self.normalised));
        for stage in &self.stages {
            all.update(format!("\n{}: {:?}", stage.name, stage.layer));
        }
        all.finalize().into()
    }
}

impl Trainer {
    /// This party's share as bytes, which are neither encrypted nor protected from changes: `offline::file::sealed` does that.
    ///
    /// # Panics
    /// If the id is of another program, or its number is not that of the [steps](Self::steps).
    pub fn to_bytes(&self, id: &StateId) -> SecretBytes {
        assert_eq!(id.model, self.program.digest(), "program of a state and of its trainer");
        assert_eq!(id.number, self.steps, "steps of a state and of its trainer");
        state::write(TRAINER, id, |out| {
            put_number(out, self.parameters.len() as u64);
            for held in &self.parameters {
                held.weights.write(out);
                held.bias.write(out);
            }
            self.states.iter().flatten().for_each(|kept| kept.write(out));
            self.statistics.iter().flat_map(|of| &of.0).for_each(|share| share.write(out));
            put_number(out, self.summed);
            self.sums.iter().for_each(|sum| sum.write(out));
        })
    }

    /// The share that [`to_bytes`](Self::to_bytes) made these bytes of under the same id.
    ///
    /// # Errors
    /// If the bytes are damaged, of another run, program, party or step, or of anything else.
    pub fn from_bytes(
        program: impl Into<Arc<Program>>,
        bytes: &[u8],
        id: &StateId,
    ) -> Result<Self, DecodeError> {
        let program = program.into();
        if id.model != program.digest() {
            return Err(DecodeError::Belongs { what: "model" });
        }
        let mut from = state::read(TRAINER, id, bytes)?;
        if from.number()? != program.shapes.len() as u64 {
            return Err(DecodeError::Shape { what: "number of a model's layers" });
        }
        let mut parameters = Vec::with_capacity(program.shapes.len());
        for shape in &program.shapes {
            let weights = vector(&mut from, shape.outputs * shape.inputs)?.into();
            parameters.push(Parameters { weights, bias: vector(&mut from, shape.outputs)? });
        }
        let mut trainer = Self::of(program, parameters);
        for kept in trainer.states.iter_mut().flatten() {
            *kept = vector(&mut from, kept.len())?;
        }
        for share in trainer.statistics.iter_mut().flat_map(|of| &mut of.0) {
            *share = vector(&mut from, share.len())?;
        }
        trainer.summed = from.number()?;
        if trainer.summed > 0 {
            let sums = trainer.weights().map(|held| vector(&mut from, held.len()));
            trainer.sums = sums.collect::<Result<_, _>>()?;
        }
        from.finish()?;
        trainer.steps = id.number;
        Ok(trainer)
    }
}

fn vector(from: &mut Reader<'_>, len: usize) -> Result<Numbers, DecodeError> {
    let share = from.part(Numbers::read)?;
    if share.len() == len { Ok(share) } else { Err(DecodeError::Shape { what: "elements of a layer" }) }
}
