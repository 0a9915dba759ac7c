//! Piecewise linear functions: sigmoid, tanh, GELU and whatever else a [`Piecewise`] is made of.
//!
//! 1. If some x lie beyond the nodes, between a first node a and a last node b, the ReLUs of a − x and x − b bring x to the
//!    nodes, and the lines beyond them are these ReLUs times public slopes.
//! 2. y = x + r is opened; the words of a node are looked up by its high bits; their bits are opened under masks. The
//!    result v is linear in what the dealer shares: see [`Interpolation`](crate::correlation::interpolation).
//! 3. v is truncated to the fractional bits of the result.
//!
//! - [`Party::piecewise`] rounds at random: ⌊v / 2^s⌋, or one more with a probability equal to the fraction that is dropped.
//!   The result is at most one unit off [`Piecewise::evaluate`]. What results tell of v over repetitions, see
//!   [`truncate`](Party::truncate).
//! - [`Party::piecewise_floor`] computes ⌊v / 2^s + 1/2⌋, which is [`Piecewise::evaluate`], bit by bit.
//!
//! | | rounds | opened bits | dealer |
//! | --- | --- | --- | --- |
//! | clip, where x may lie beyond the nodes | those of a ReLU | twice a ReLU's | twice a ReLU's |
//! | interpolation | 2 | m + l, and those of the words and one more | 2^m + 2^l bits, and products of the words' bits |
//! | truncation, not of a table of single values | as [`truncate`](Party::truncate) | | |
//!
//! tanh of 15 bits, 8 of them fractional, to 11 fractional bits in Z_2^16, with an error of at most a unit of the last place:
//! 148 bytes from the dealer and 6 rounds, where a table of 2^12 elements takes 8,192 bytes and a round, after what clips and
//! truncates its index.

use alloc::vec::Vec;

use super::error::range;
use super::{Error, Family, Party, relu, truncate};
use crate::correlation::interpolation::{InterpolationRequest, Shape};
use crate::function::Piecewise;
use crate::offline::{Cost, Elements};
use crate::ring::{Ring, Word};
use crate::secret::Scratch;
use crate::share::{Share, add_public};

/// Words of v.
type Narrow = u32;
type Wide = u64;

/// # Piecewise linear functions
impl Party {
    /// f(x) in O with stochastic rounding, for x in the format of f's input: at most one unit off
    /// [`Piecewise::evaluate`].
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # use ringshare::function::{Piecewise, TableFormat};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<16>>(0, 2, (party.id() == 0).then_some(&[0, 65_408]))?;
    /// let [input, output] = [(12, 8), (12, 10)].map(|(bits, fraction)| TableFormat { bits, fraction });
    /// let sigmoid = Piecewise::sigmoid(input, output);
    /// let y = party.piecewise::<_, Z2<16>>(&x, &sigmoid)?; // x = (0, −0.5)
    /// party.open(&y) // 0.5 and 0.378 times 2^10, or a unit beside
    /// # });
    /// # let y = &run.unwrap().outputs[1];
    /// # assert!(y[0].abs_diff(512) <= 1 && y[1].abs_diff(387) <= 1, "{y:?}");
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the ring of x has not as many bits as the places between the nodes, or where x is clipped not one more than f's
    /// input, the network fails, the store has nothing of this next or the dealer's data is malformed; where x is clipped,
    /// also as [`relu`](Self::relu).
    pub fn piecewise<R: Ring, O: Ring>(&mut self, x: &Share<R>, f: &Piecewise) -> Result<Share<O>, Error> {
        self.interpolate(x, f, false)
    }

    /// f(x) in O, for x in the format of f's input: exactly [`Piecewise::evaluate`].
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # use ringshare::function::{Piecewise, TableFormat};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<16>>(0, 2, (party.id() == 0).then_some(&[0, 65_408]))?;
    /// let [input, output] = [(12, 8), (12, 10)].map(|(bits, fraction)| TableFormat { bits, fraction });
    /// let sigmoid = Piecewise::sigmoid(input, output);
    /// assert_eq!([0, -128].map(|x| sigmoid.evaluate(x)), [512, 387]);
    /// let y = party.piecewise_floor::<_, Z2<16>>(&x, &sigmoid)?; // x = (0, −0.5)
    /// party.open(&y) // 0.5 and 0.378 times 2^10
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [512, 387]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`piecewise`](Self::piecewise).
    pub fn piecewise_floor<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        f: &Piecewise,
    ) -> Result<Share<O>, Error> {
        self.interpolate(x, f, true)
    }

    fn interpolate<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        f: &Piecewise,
        floor: bool,
    ) -> Result<Share<O>, Error> {
        range("bits of a piecewise function's input", 1, R::BITS.into(), f.needed_bits().into())?;
        if f.is_clipped() {
            relu::check(self.family, R::BITS, f.needed_bits(), 0)?;
        }
        self.interpolate_words(x.expose(), f, floor, Elements::of::<O>()).map(Share::of)
    }

    fn interpolate_words<W: Word, V: Word>(
        &mut self,
        x: &[W],
        f: &Piecewise,
        floor: bool,
        output: Elements,
    ) -> Result<Scratch<V>, Error> {
        match modulus(f) {
            None => self.sum(x, f, output.bits),
            Some(..=32) => self.rounded::<W, Narrow, V>(x, f, floor, output),
            Some(_) => self.rounded::<W, Wide, V>(x, f, floor, output),
        }
    }

    fn rounded<W: Word, C: Word, V: Word>(
        &mut self,
        x: &[W],
        f: &Piecewise,
        floor: bool,
        output: Elements,
    ) -> Result<Scratch<V>, Error> {
        let mut v: Scratch<C> = self.sum(x, f, f.sum_bits() + 1)?;
        if !floor {
            return self.truncate_words(&v, f.sum_bits(), f.shift(), output);
        }
        add_public(self.id(), C::from_signed(f.half().into()), &mut v);
        self.floor_words(&v, f.sum_bits(), f.shift(), output)
    }

    /// v modulo 2^bits.
    fn sum<W: Word, V: Word>(&mut self, x: &[W], f: &Piecewise, bits: u32) -> Result<Scratch<V>, Error> {
        if !f.is_clipped() {
            return self.between(x, f, bits);
        }
        let ring = clip_ring(f, bits, Elements::held::<V>(bits));
        match ring.bits {
            16 => self.clipped::<W, u16, V>(x, f, bits, ring),
            32 => self.clipped::<W, Narrow, V>(x, f, bits, ring),
            64 => self.clipped::<W, Wide, V>(x, f, bits, ring),
            _ => self.clipped::<W, V, V>(x, f, bits, ring),
        }
    }

    /// As [`sum`](Self::sum), with differences from the ends in a ring of enough bits.
    fn clipped<W: Word, C: Word, V: Word>(
        &mut self,
        x: &[W],
        f: &Piecewise,
        bits: u32,
        ring: Elements,
    ) -> Result<Scratch<V>, Error> {
        let both: Scratch<C> = self.relu_words(&beyond(x, f, self.id()), f.needed_bits(), [0, 0], ring)?;
        let (below, above) = both.split_at(x.len());
        let mut v: Scratch<V> = self.between(&inside(x, below, above), f, bits)?;
        for ((tail, slope), sign) in [below, above].into_iter().zip(f.slopes()).zip([-1i128, 1]) {
            if slope != 0 {
                let slope = V::from_signed(sign * i128::from(slope));
                // Shares modulo a power of two are shares modulo any smaller one.
                let tail = tail.iter().map(|word| V::truncate(word.widen()));
                v.iter_mut().zip(tail).for_each(|(v, tail)| *v = v.wrapping_add(&tail.wrapping_mul(&slope)));
            }
        }
        Ok(v)
    }

    /// v modulo 2^bits, for x between the nodes.
    fn between<W: Word, V: Word>(&mut self, x: &[W], f: &Piecewise, bits: u32) -> Result<Scratch<V>, Error> {
        let (shape, output) = (Shape::of(f, bits), Elements::held::<V>(bits));
        let opens = shape.planes() > 0;
        let asked = InterpolationRequest { len: x.len(), shape, output };
        let (mut y, masked) = self.store.dealt(asked)?.mask(x);
        self.network.open(&mut y, f.node_bits() + f.low_bits())?;
        let looked_up = masked.look_up(&y, f)?;
        let mut words = looked_up.masked();
        if opens {
            self.network.open_bits(&mut words)?;
        }
        Ok(looked_up.finish(&words)?)
    }
}

/// a − x and behind it x − b.
fn beyond<W: Word>(x: &[W], f: &Piecewise, party: usize) -> Scratch<W> {
    let [first, last] = f.ends().map(|end| W::from_signed(end.into()));
    let mut both: Scratch<W> = [x, x].concat().into();
    let (below, above) = both.split_at_mut(x.len());
    below.iter_mut().for_each(|word| *word = word.wrapping_neg());
    add_public(party, first, below);
    add_public(party, last.wrapping_neg(), above);
    both
}

/// x, brought to the nodes by the ReLUs of what is beyond.
fn inside<W: Word, C: Word>(x: &[W], below: &[C], above: &[C]) -> Scratch<u32> {
    let all = x.iter().zip(below.iter().zip(above));
    let inside = all.map(|(x, (below, above))| {
        (x.low64() as u32).wrapping_add(below.low64() as u32).wrapping_sub(above.low64() as u32)
    });
    inside.collect::<Vec<u32>>().into()
}

/// Bits that count of the differences from the ends: those of places between the nodes, and with tails that go on those of v.
fn clip_ring(f: &Piecewise, bits: u32, output: Elements) -> Elements {
    let places = f.node_bits() + f.low_bits();
    match if f.slopes() == [0; 2] { places } else { places.max(bits) } {
        ..=16 => Elements::held::<u16>(16),
        17..=32 => Elements::held::<Narrow>(32),
        33..=64 => Elements::held::<Wide>(64),
        _ => output,
    }
}

/// Bits of v that count, unless v is the result.
fn modulus(f: &Piecewise) -> Option<u32> {
    (f.shift() > 0).then(|| f.sum_bits() + 1)
}

/// The cost of `len` values of f, of `parties` parties, into a ring of `output`.
///
/// # Panics
/// If the family does not compare numbers as long as f's input and one bit more, where x is clipped.
pub fn piecewise(family: Family, [parties, len]: [usize; 2], f: &Piecewise, output: Elements) -> Cost {
    let sum = sum(family, len, f, output);
    match modulus(f) {
        None => sum,
        Some(_) => sum.then(truncate::truncate([parties, len], f.sum_bits(), f.shift(), output)),
    }
}

/// As [`piecewise`], for the exact result and any number of parties.
///
/// # Panics
/// As [`piecewise`].
pub fn piecewise_floor(family: Family, len: usize, f: &Piecewise, output: Elements) -> Cost {
    let sum = sum(family, len, f, output);
    match modulus(f) {
        None => sum,
        Some(_) => sum.then(truncate::truncate_floor(family.wish(), len, f.sum_bits(), f.shift(), output)),
    }
}

fn sum(family: Family, len: usize, f: &Piecewise, output: Elements) -> Cost {
    let count = modulus(f).unwrap_or(output.bits);
    let shape = Shape::of(f, count);
    let interpolation = Cost {
        rounds: 1 + u32::from(shape.planes() > 0),
        opened_bits: len as u64 * u64::from(shape.opened() + shape.planes()),
        dealer_bytes: shape.dealer_bytes(len, count) as u64,
    };
    if !f.is_clipped() {
        return interpolation;
    }
    relu::relu_above(family, 2 * len, f.needed_bits(), [0, 0], clip_ring(f, count, output))
        .then(interpolation)
}
