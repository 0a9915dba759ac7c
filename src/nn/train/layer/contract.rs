//! What a layer does, and what it is given for it.
//!
//! It stands apart from the list of layers, so that a layer's file uses this one and the list uses both.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::statistics::{Normalised, Statistics};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::nn::train::options::TrainFormats;
use crate::protocol::Error;
use crate::share::BitShare;

/// A layer's step forward and backward.
pub(in crate::nn::train) trait Step {
    /// The result for a batch.
    fn forward<A: Arithmetic>(
        &self,
        a: &mut A,
        x: Numbers,
        at: &mut Forward<'_, A>,
    ) -> Result<Numbers, Error>;

    /// The gradient of the input, given that of the result. Where nothing below is trained it may be of no elements.
    fn backward<A: Arithmetic>(
        &self,
        a: &mut A,
        g: Numbers,
        at: &mut Backward<'_, A>,
    ) -> Result<Numbers, Error>;
}

/// What the step forward has beside its input.
pub(in crate::nn::train) struct Forward<'a, A: Arithmetic> {
    /// Examples of the batch.
    pub(in crate::nn::train) rows: usize,
    pub(in crate::nn::train) formats: TrainFormats,
    pub(in crate::nn::train) parameters: &'a [Parameters],
    /// Values that later layers add.
    pub(in crate::nn::train) kept: &'a [Option<Numbers>],
    /// Running statistics of normalisations.
    pub(in crate::nn::train) statistics: &'a [Statistics],
    /// None where no gradients are wanted.
    pub(in crate::nn::train) tape: Option<&'a mut Tape<A>>,
}

impl<A: Arithmetic> Forward<'_, A> {
    /// Puts something on the tape.
    pub(in crate::nn::train) fn keep(&mut self, memory: Memory<A>) {
        if let Some(tape) = &mut self.tape {
            tape.push(memory);
        }
    }
}

/// What the step backward has beside its gradient.
pub(in crate::nn::train) struct Backward<'a, A: Arithmetic> {
    pub(in crate::nn::train) formats: TrainFormats,
    pub(in crate::nn::train) tape: &'a mut Tape<A>,
    /// Of each layer with weights, their gradients and those of the bias.
    pub(in crate::nn::train) gradients: &'a mut [Option<[Numbers; 2]>],
    /// Gradients of values that are added later on, and whether they are in the ring.
    pub(in crate::nn::train) pending: &'a mut [Option<(Numbers, bool)>],
    /// Whether the gradient is in the ring, and not narrow.
    pub(in crate::nn::train) is_wide: &'a mut bool,
    /// Those of the batch, which running ones follow.
    pub(in crate::nn::train) statistics: &'a mut [Option<Statistics>],
}

impl<A: Arithmetic> Backward<'_, A> {
    /// The shared bits that the step forward kept last.
    ///
    /// # Panics
    /// If it kept something else.
    fn bits(&mut self) -> BitShare {
        match self.tape.pop() {
            Some(Memory::Bits(bits)) => bits,
            _ => panic!("a tape with bits"),
        }
    }

    /// g where the bit is set that the step forward kept; where no gradient is wanted, none.
    ///
    /// # Panics
    /// If it kept something else.
    pub(in crate::nn::train) fn pass(&mut self, a: &mut A, g: &Numbers) -> Result<Numbers, Error> {
        let chosen = self.bits();
        if g.is_empty() { Ok(Numbers::zeros(0)) } else { self.select(a, &chosen, g) }
    }

    /// g where the bit is set.
    fn select(&self, a: &mut A, chosen: &BitShare, g: &Numbers) -> Result<Numbers, Error> {
        if *self.is_wide { a.select(chosen, g) } else { a.narrow_select(chosen, g, self.formats.gradients()) }
    }

    /// The gradient in the ring.
    pub(in crate::nn::train) fn lift(&self, a: &mut A, g: Numbers) -> Result<Numbers, Error> {
        if *self.is_wide { Ok(g) } else { a.lift(&g, self.formats.gradients()) }
    }

    /// The products that the step forward kept last.
    ///
    /// # Panics
    /// If it kept something else.
    pub(in crate::nn::train) fn products(&mut self) -> A::Products {
        match self.tape.pop() {
            Some(Memory::Products(products)) => products,
            _ => panic!("a tape with products"),
        }
    }

    /// What a normalisation kept last.
    ///
    /// # Panics
    /// If it kept something else.
    pub(in crate::nn::train) fn normalised(&mut self) -> Normalised<A> {
        match self.tape.pop() {
            Some(Memory::Normalised(normalised)) => normalised,
            _ => panic!("a tape with what was normalised"),
        }
    }
}

/// What the backward step needs, in the order of the forward steps.
pub(in crate::nn::train) type Tape<A> = Vec<Memory<A>>;

pub(in crate::nn::train) enum Memory<A: Arithmetic> {
    Bits(BitShare),
    Products(A::Products),
    Normalised(Normalised<A>),
}

/// Weights `[outputs, inputs]` and biases `[outputs]`, at the weights' format.
#[derive(Clone)]
pub(in crate::nn::train) struct Parameters {
    /// Shared with the products of a step until their gradients are there.
    pub(in crate::nn::train) weights: Arc<Numbers>,
    pub(in crate::nn::train) bias: Numbers,
}
