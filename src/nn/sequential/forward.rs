//! The online half.

use alloc::vec::Vec;

use super::softmax::Softmax;
use super::{Prepared, Sequential, round};
use crate::net::Transport;
use crate::nn::{Layer, step};
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Word};
use crate::share::Share;

impl<R: Ring> Sequential<R> {
    /// The online half: from x: `[rows, inputs]`, correct in the whole ring, to the last layer's result
    /// `[rows, outputs]`, correct modulo 2^[`bits_out`](Self::bits_out). Higher bits are cleared in every share.
    ///
    /// # Errors
    /// If x is not what was prepared for, the network fails or the store has something else next.
    pub fn forward<T: Transport>(
        &self,
        party: &mut Party<T>,
        prepared: Prepared<R>,
        x: Share<R>,
    ) -> Result<Share<R>, Error> {
        self.forward_with(party, prepared, x, |party, x, bits| party.sign(x, bits))
    }

    /// As [`forward`](Self::forward), with a given function for the signs of values of a bit length.
    ///
    /// # Errors
    /// As [`forward`](Self::forward), or as the function.
    pub fn forward_with<T: Transport>(
        &self,
        party: &mut Party<T>,
        prepared: Prepared<R>,
        x: Share<R>,
        sign: impl FnMut(&mut Party<T>, &Share<R>, u32) -> Result<Share<R>, Error>,
    ) -> Result<Share<R>, Error> {
        self.forward_watched(party, prepared, x, sign, |_, _| ())
    }

    /// As [`forward_with`](Self::forward_with). After every layer `watch` is called with the layer's number: to measure
    /// its time, or in a dry run to find its cost.
    ///
    /// # Errors
    /// As [`forward_with`](Self::forward_with).
    pub fn forward_watched<T: Transport>(
        &self,
        party: &mut Party<T>,
        prepared: Prepared<R>,
        x: Share<R>,
        mut sign: impl FnMut(&mut Party<T>, &Share<R>, u32) -> Result<Share<R>, Error>,
        mut watch: impl FnMut(usize, &mut Party<T>),
    ) -> Result<Share<R>, Error> {
        let Prepared { rows, products } = prepared;
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
        for (number, layer) in self.architecture.layers().iter().enumerate() {
            kept.keep(number, &x);
            x = match *layer {
                Layer::Linear(_) | Layer::Convolution(_) => {
                    let Some((layer, product)) = weighted.next() else { continue };
                    layer.apply(party, product, &x, rows * self.architecture.elements(number + 1))?
                }
                Layer::Sign(step::Sign { bits }) => sign(party, &x, bits)?,
                Layer::Add(step::Add { value }) => kept.with(number, value, |other| {
                    x.add_assign(other);
                    x
                }),
                Layer::From(step::From { value }) => kept.with(number, value, Share::clone),
                _ => self.step(party, layer, x)?,
            };
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

    /// A layer without weights, of the current value alone.
    fn step<T: Transport>(
        &self,
        party: &mut Party<T>,
        layer: &Layer,
        mut x: Share<R>,
    ) -> Result<Share<R>, Error> {
        let rounding = self.architecture.rounding();
        match *layer {
            Layer::Relu(step::Relu { bits, shift }) => round::relu(party, &x, bits, shift, rounding),
            Layer::Clip(step::Clip { bits, low, high }) => round::clip(party, &x, bits, [low, high]),
            Layer::Truncate(step::Truncate { bits, shift }) => {
                round::truncate(party, &x, bits, shift, rounding)
            }
            Layer::MaxPool(step::MaxPool { ref window, bits }) => party.max_pool(&x, window, bits),
            Layer::SumPool(step::SumPool { ref window }) => Ok(x.sum_pool(window)),
            Layer::Scale(step::Scale { factor }) => {
                x.scale(R::Word::from_signed(factor.into()));
                Ok(x)
            }
            Layer::Lookup(step::Lookup { ref table }) => party.lookup(&x, table),
            Layer::Softmax(step::Softmax { classes, bits, fraction }) => {
                Softmax::new(classes, bits, fraction).apply(party, &x, rounding)
            }
            _ => Ok(x),
        }
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

    /// Hands layer `number` a value, and drops the value if no later layer refers to it.
    fn with(&mut self, number: usize, value: usize, f: impl FnOnce(&Share<R>) -> Share<R>) -> Share<R> {
        let out = self.values[value].as_ref().map(f);
        if self.last_uses[value] == Some(number) {
            self.values[value] = None;
        }
        // The layers of an architecture only refer to values that exist.
        out.unwrap_or_else(|| Share::zeros(0))
    }
}
