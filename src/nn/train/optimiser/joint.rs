//! All vectors of weights as one: the rounds of an update are those of a single vector. An update that sends nothing is done by each.

use alloc::vec::Vec;
use core::mem;

use super::{State, Update};
use crate::nn::train::arithmetic::{Arithmetic, Numbers};
use crate::nn::train::joined::joined;
use crate::protocol::Error;

/// A vector of weights with its gradient.
pub(in crate::nn::train) struct Vector<'a> {
    pub(in crate::nn::train) x: &'a mut Numbers,
    pub(in crate::nn::train) dx: Numbers,
    pub(in crate::nn::train) state: &'a mut State,
}

impl Update {
    /// Updates all weights by their gradients.
    pub(in crate::nn::train) fn apply_all<A: Arithmetic>(
        &self,
        a: &mut A,
        mut vectors: Vec<Vector<'_>>,
    ) -> Result<(), Error> {
        if self.is_local() {
            return vectors.into_iter().try_for_each(|Vector { x, dx, state }| self.apply(a, x, dx, state));
        }
        let kept = vectors.first().map_or(0, |vector| vector.state.len());
        let mut x = joined(vectors.iter().map(|vector| &*vector.x));
        let mut state: State =
            (0..kept).map(|which| joined(vectors.iter().map(|vector| &vector.state[which]))).collect();
        let dx = joined(vectors.iter().map(|vector| &vector.dx));
        vectors.iter_mut().for_each(|vector| drop(mem::replace(&mut vector.dx, Numbers::zeros(0))));
        self.apply(a, &mut x, dx, &mut state).map_err(|error| error.within("the weights"))?;
        let mut from = 0;
        for vector in vectors {
            let part = from..from + vector.x.len();
            from = part.end;
            vector.x.expose_mut().copy_from_slice(&x.expose()[part.clone()]);
            for (own, all) in vector.state.iter_mut().zip(&state) {
                own.expose_mut().copy_from_slice(&all.expose()[part.clone()]);
            }
        }
        Ok(())
    }
}
