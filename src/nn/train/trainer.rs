//! Training steps.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

use super::arithmetic::{Arithmetic, MOST_BITS, Numbers};
use super::joined::{joined, parted};
use super::layer::{Backward, Forward, Parameters, Statistics, Step, Tape};
use super::optimiser::{State, Vector};
use super::program::Program;
use super::{TrainError, loss};
use crate::protocol::Error;
use crate::protocol::error::{range, shape};

/// A network in training: the program, which is public, and the weights with the state of the optimiser, which are shared.
#[derive(Clone)]
pub struct Trainer {
    pub(super) program: Arc<Program>,
    pub(super) parameters: Vec<Parameters>,
    /// The optimiser's, for weights and biases one behind the other.
    pub(super) states: Vec<State>,
    /// Running means and variances of normalisations.
    pub(super) statistics: Vec<Statistics>,
    pub(super) steps: u64,
    /// Sums of weights and biases, of how many steps.
    pub(super) sums: Vec<Numbers>,
    pub(super) summed: u64,
}

/// Of every layer with weights that is trained, their gradients and those of the bias.
type Gradients = Vec<Option<[Numbers; 2]>>;

/// Some examples: their pixels `[rows, inputs]`, and their targets `[rows, classes]`, 1 at the label and 0 elsewhere.
pub struct Batch {
    pub(super) x: Numbers,
    pub(super) y: Numbers,
}

impl Batch {
    /// A batch of what this party has of it: for each row the numbers of an example and its label, or `None` where another party has it. In
    /// the clear, all.
    ///
    /// The share of a row is its owner's alone, and the others' is nothing: it is never opened but masked.
    ///
    /// # Errors
    /// If an example has another length than the network takes, a number is not finite or beyond the range, or a label is no class.
    pub fn new<'a>(
        program: &Program,
        rows: impl IntoIterator<Item = Option<(&'a [f32], usize)>>,
    ) -> Result<Self, TrainError> {
        let [inputs, classes] = program.sizes;
        let formats = program.options.formats;
        let one = f64::from(1u32 << formats.activation);
        let most = libm::exp2(f64::from(formats.range - 1)) - 1. / one;
        // Growing would leave the old place unwiped.
        let rows: Vec<_> = rows.into_iter().collect();
        let [mut x, mut y] = [inputs, classes].map(|len| Numbers::zeros(rows.len() * len));
        let places = x
            .expose_mut()
            .chunks_exact_mut(inputs.max(1))
            .zip(y.expose_mut().chunks_exact_mut(classes.max(1)));
        for (row, (x, y)) in rows.into_iter().zip(places) {
            let Some((example, label)) = row else { continue };
            if example.len() != inputs {
                let (expected, found) = (inputs, example.len());
                return Err(TrainError::Shape { what: "numbers of an example", expected, found });
            }
            for (x, &number) in x.iter_mut().zip(example) {
                super::options::in_range("a number of an example", -most, most, number.into())?;
                *x = libm::round(f64::from(number) * one) as i64 as u64;
            }
            super::options::in_range("label of an example", 0., (classes - 1) as f64, label as f64)?;
            y.iter_mut().zip(0..).for_each(|(y, class)| *y = u64::from(class == label));
        }
        Ok(Self { x, y })
    }

    /// The share of its inputs.
    pub fn inputs(&self) -> &Numbers {
        &self.x
    }

    /// The share of its targets.
    pub fn targets(&self) -> &Numbers {
        &self.y
    }

    /// Puts this party's share of an example into a row, as of a client who is no party: its numbers at the format of values, and behind
    /// them its target, as [`inputs`](Self::inputs) and [`targets`](Self::targets) of a batch have them.
    ///
    /// # Errors
    /// If there is no such row, or the share has another length.
    pub fn put(&mut self, program: &Program, row: usize, share: &[u64]) -> Result<(), TrainError> {
        let [inputs, classes] = program.sizes;
        let rows = self.x.len() / inputs.max(1);
        if row >= rows {
            return Err(TrainError::Shape { what: "rows of a batch", expected: row + 1, found: rows });
        }
        if share.len() != inputs + classes {
            let (expected, found) = (inputs + classes, share.len());
            return Err(TrainError::Shape { what: "numbers of the share of an example", expected, found });
        }
        let (x, y) = share.split_at(inputs);
        self.x.expose_mut()[row * inputs..][..inputs].copy_from_slice(x);
        self.y.expose_mut()[row * classes..][..classes].copy_from_slice(y);
        Ok(())
    }

    /// A batch of shares of all rows, as of clients who are no parties: fixed-point numbers at the format of values, and targets.
    pub fn of_shares(x: Numbers, y: Numbers) -> Self {
        Self { x, y }
    }
}

impl Trainer {
    /// The network.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The shares of all weights and biases, layer by layer, with the fractional bits of weights, and behind them running mean and variance of
    /// every normalisation.
    pub fn shares(&self) -> impl Iterator<Item = &Numbers> {
        self.weights().chain(self.statistics.iter().flat_map(|of| &of.0))
    }

    /// Weights and biases alone.
    pub(super) fn weights(&self) -> impl Iterator<Item = &Numbers> {
        self.parameters.iter().flat_map(|held| [&*held.weights, &held.bias])
    }

    fn zeros(&self) -> Vec<Numbers> {
        self.weights().map(|share| Numbers::zeros(share.len())).collect()
    }

    /// Adds the weights to a sum, whose mean is often better than the last weights (Polyak and Juditsky, 1992). Nothing is sent.
    pub fn accumulate(&mut self) {
        let mut sums = if self.summed == 0 { self.zeros() } else { mem::take(&mut self.sums) };
        sums.iter_mut().zip(self.weights()).for_each(|(sum, share)| sum.add_assign(share));
        self.sums = sums;
        self.summed += 1;
    }

    /// Forgets the sum.
    pub fn forget(&mut self) {
        (self.sums, self.summed) = (Vec::new(), 0);
    }

    /// The same network with the mean of the weights that were [accumulated](Self::accumulate), 2^log of them: a truncation a weight.
    ///
    /// # Errors
    /// If another number was accumulated, or as [`Party::truncate`](crate::protocol::Party::truncate).
    pub fn averaged<A: Arithmetic>(&self, a: &mut A, log: u32) -> Result<Self, Error> {
        let none: Vec<Numbers>;
        let sums = if a.is_dry() {
            none = self.zeros();
            &none
        } else {
            range("weights that were accumulated", 1 << log, 1 << log, self.summed)?;
            &self.sums
        };
        let mut means = parted(&a.truncate(&joined(sums.iter()), MOST_BITS, log)?, sums.iter()).into_iter();
        let mut parameters = Vec::with_capacity(self.parameters.len());
        while let (Some(weights), Some(bias)) = (means.next(), means.next()) {
            parameters.push(Parameters { weights: weights.into(), bias });
        }
        let mut mean = Self::of(self.program.clone(), parameters);
        mean.statistics.clone_from(&self.statistics);
        mean.steps = self.steps;
        Ok(mean)
    }

    /// The outputs of a batch, with as many fractional bits as gradients have. Nothing is opened.
    ///
    /// # Errors
    /// If the batch has another shape than the network takes, or as the protocols that it is made of.
    pub fn outputs<A: Arithmetic>(&self, a: &mut A, x: &Numbers) -> Result<Numbers, Error> {
        let rows = x.len() / self.program.inputs();
        self.forward(a, x.clone(), rows, None)
    }

    /// One step on a batch by a learning rate for the mean of its gradients. Returns the share of the loss, summed over the batch, with 12
    /// fractional bits, if it is wanted: whoever opens it tells it.
    ///
    /// # Errors
    /// If the batch has another shape than the network takes, the rate does not fit, or as the protocols that it is made of. An error in
    /// a layer names it, and one of the update `the weights`.
    pub fn step<A: Arithmetic>(
        &mut self,
        a: &mut A,
        batch: Batch,
        rate: f64,
        wants_loss: bool,
    ) -> Result<Option<Numbers>, Error> {
        let [inputs, classes] = self.program.sizes;
        let rows = batch.x.len() / inputs.max(1);
        shape("numbers of a batch of whole examples", rows * inputs, batch.x.len())?;
        shape("targets of a batch", rows * classes, batch.y.len())?;
        let update = self.program.update(rows, rate, self.steps)?;
        let mut tape = Tape::<A>::new();
        let z = self.forward(a, batch.x, rows, Some(&mut tape))?;
        let options = &self.program.options;
        let within = |error: Error| error.within("the loss");
        let (g, of) = loss::gradient(a, options, &z, &batch.y, classes).map_err(within)?;
        drop(z);
        let value = match wants_loss {
            true => Some(loss::value(a, options, &of, &batch.y, classes).map_err(within)?),
            false => None,
        };
        drop(of);
        let (gradients, statistics) = self.backward(a, g, &mut tape)?;
        Statistics::follow(a, &mut self.statistics, statistics)?;
        let states = self.states.chunks_exact_mut(2);
        let mut vectors = Vec::with_capacity(2 * self.parameters.len());
        for ((held, states), gradient) in self.parameters.iter_mut().zip(states).zip(gradients) {
            let Some([dw, db]) = gradient else { continue };
            // The products are gone, and with them the other uses of the weights.
            let weights = Arc::make_mut(&mut held.weights);
            for ((x, dx), state) in [weights, &mut held.bias].into_iter().zip([dw, db]).zip(states) {
                vectors.push(Vector { x, dx, state });
            }
        }
        update.apply_all(a, vectors)?;
        self.steps += 1;
        Ok(value)
    }

    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        mut x: Numbers,
        rows: usize,
        mut tape: Option<&mut Tape<A>>,
    ) -> Result<Numbers, Error> {
        shape("numbers of a batch of whole examples", rows * self.program.inputs(), x.len())?;
        let mut kept: Vec<Option<Numbers>> = self.program.kept.iter().map(|_| None).collect();
        for (number, stage) in self.program.stages.iter().enumerate() {
            if self.program.kept[number] {
                kept[number] = Some(x.clone());
            }
            let (formats, parameters) = (self.program.options.formats, &self.parameters[..]);
            let statistics = &self.statistics[..];
            let tape = tape.as_deref_mut();
            let mut at = Forward { rows, formats, parameters, kept: &kept, statistics, tape };
            x = stage.layer.forward(a, x, &mut at).map_err(|error| error.within(&stage.name))?;
        }
        Ok(x)
    }

    fn backward<A: Arithmetic>(
        &self,
        a: &mut A,
        mut g: Numbers,
        tape: &mut Tape<A>,
    ) -> Result<(Gradients, Vec<Option<Statistics>>), Error> {
        let mut statistics: Vec<_> = self.statistics.iter().map(|_| None).collect();
        let mut gradients: Vec<_> = self.parameters.iter().map(|_| None).collect();
        let mut pending: Vec<Option<(Numbers, bool)>> = self.program.kept.iter().map(|_| None).collect();
        // The loss's is.
        let mut is_wide = true;
        for (number, stage) in self.program.stages.iter().enumerate().rev() {
            // Nothing below is trained.
            if let Some((more, more_is_wide)) = pending[number + 1].take()
                && !g.is_empty()
            {
                g.add_assign(&more);
                is_wide &= more_is_wide;
            }
            let formats = self.program.options.formats;
            let (gradients, pending, statistics) = (&mut gradients, &mut pending, &mut statistics);
            let is_wide = &mut is_wide;
            let mut at = Backward { formats, tape, gradients, pending, statistics, is_wide };
            g = stage.layer.backward(a, g, &mut at).map_err(|error| error.within(&stage.name))?;
        }
        Ok((gradients, statistics))
    }
}

impl From<TrainError> for Error {
    fn from(error: TrainError) -> Self {
        Self::Own { reason: error.to_string(), told: error.told() }
    }
}
