//! The online half.

use alloc::vec::Vec;

use super::{Online, Prepared, Sequential};
use crate::correlation::compare::sign_values;
use crate::protocol::{Error, Family, Party};
use crate::ring::{Ring, Word};
use crate::share::Share;

impl<R: Ring> Sequential<R> {
    /// The online half: from x: `[rows, inputs]`, correct in the whole ring, to the last layer's result
    /// `[rows, outputs]`, correct modulo 2^[`bits_out`](Self::bits_out). Higher bits are cleared in every share.
    ///
    /// # Errors
    /// If x is not what was prepared for, the network fails or the store has something else next.
    pub fn forward(&self, party: &mut Party, prepared: Prepared<R>, x: Share<R>) -> Result<Share<R>, Error> {
        self.forward_with(party, prepared, x, |party, x, bits| party.sign(x, bits))
    }

    /// As [`forward`](Self::forward), with a given function for the signs of values of a bit length, where layers have no
    /// family of their own ([`Architecture::with_comparisons`](crate::nn::Architecture::with_comparisons)).
    ///
    /// # Errors
    /// As [`forward`](Self::forward), or as the function.
    pub fn forward_with(
        &self,
        party: &mut Party,
        prepared: Prepared<R>,
        x: Share<R>,
        sign: impl FnMut(&mut Party, &Share<R>, u32) -> Result<Share<R>, Error>,
    ) -> Result<Share<R>, Error> {
        self.forward_watched(party, prepared, x, sign, |_, _| ())
    }

    /// As [`forward_with`](Self::forward_with). After every layer `watch` is called with the layer's number: to measure
    /// its time, or in a dry run to find its cost.
    ///
    /// # Errors
    /// As [`forward_with`](Self::forward_with).
    pub fn forward_watched(
        &self,
        party: &mut Party,
        prepared: Prepared<R>,
        x: Share<R>,
        mut sign: impl FnMut(&mut Party, &Share<R>, u32) -> Result<Share<R>, Error>,
        mut watch: impl FnMut(usize, &mut Party),
    ) -> Result<Share<R>, Error> {
        let Prepared { rows, products } = prepared;
        span!(INFO, "forward", party = party.id(), dry = party.is_dry(), rows = rows);
        let expected = rows * self.architecture.inputs();
        if x.len() != expected {
            return Err(Error::Shape { what: "elements of a model's input", expected, found: x.len() });
        }
        let (expected, found) = (self.weighted.len(), products.len());
        if expected != found {
            return Err(Error::Shape { what: "products of a prepared batch", expected, found });
        }
        let mut weighted = self.weighted.iter().zip(products);
        let mut kept = Kept::new(self.architecture.last_uses());
        let mut x = x;
        let mut sign_by_own = |party: &mut Party, x: &Share<R>, bits| match party.comparison() {
            // Whatever the variant's range: the layer was to be compared so.
            Family::Legendre(variant) => party.legendre(x, bits, variant, sign_values::<R>()),
            _ => party.sign(x, bits),
        };
        let families =
            (0..self.architecture.layers().len()).filter_map(|layer| self.architecture.comparison(layer));
        let symbols = |family| matches!(family, Family::Legendre(_));
        let spare = u32::from(families.chain([party.comparison()]).any(symbols));
        for (number, layer) in self.architecture.layers().iter().enumerate() {
            span!(DEBUG, "layer", number = number, kind = layer.kind(), rows = rows);
            kept.keep(number, &x);
            let step = layer.step();
            let product = step.weighted().and_then(|_| weighted.next());
            let others = kept.values(step.earlier());
            let (own, common) = (self.architecture.comparison(number), party.comparison());
            party.set_comparison(own.unwrap_or(common));
            let at = Online {
                party,
                rounding: self.architecture.rounding(),
                sign: if own.is_some() { &mut sign_by_own } else { &mut sign },
                others: &others,
                product,
                outputs: rows * self.architecture.elements(number + 1),
                slack: self.architecture.slack(number + 1),
                needed: (self.architecture.needed_bits(number + 1) + spare).min(R::BITS),
            };
            let result = layer.forward(x, at);
            party.set_comparison(common);
            x = result?;
            step.earlier().iter().for_each(|&value| kept.release(number, value));
            watch(number, party);
        }
        let bits = self.bits_out();
        if bits < R::BITS {
            // Higher bits may reveal more than the result.
            let mask = R::Word::mask(bits);
            x.expose_mut().iter_mut().for_each(|word| *word = *word & mask);
        }
        Ok(x)
    }
}

/// Values that later layers refer to.
struct Kept<R: Ring> {
    last_uses: Vec<Option<usize>>,
    values: Vec<Option<Share<R>>>,
}

impl<R: Ring> Kept<R> {
    fn new(last_uses: Vec<Option<usize>>) -> Self {
        let values = last_uses.iter().map(|_| None).collect();
        Self { last_uses, values }
    }

    /// Keeps value `number` if a later layer refers to it.
    fn keep(&mut self, number: usize, x: &Share<R>) {
        if self.last_uses[number].is_some() {
            self.values[number] = Some(x.clone());
        }
    }

    /// Values that are kept.
    fn values(&self, values: &[usize]) -> Vec<&Share<R>> {
        values.iter().filter_map(|&value| self.values[value].as_ref()).collect()
    }

    /// Drops a value that layer `number` was the last to refer to.
    fn release(&mut self, number: usize, value: usize) {
        if self.last_uses[value] == Some(number) {
            self.values[value] = None;
        }
    }
}
