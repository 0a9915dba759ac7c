//! The result, from the opened bits of words and of β.

use super::shape::{BLOCK, ELEMENTS, Element};
use super::{InterpolationRequest, LookedUp, kernel};
use crate::offline::planes::{opened, words};
use crate::offline::{Dealt, Error, Source};
use crate::ring::{Word, packed_len};
use crate::secret::Scratch;

impl LookedUp {
    /// [`Segments::finish`](super::Segments::finish), word by word.
    pub(crate) fn finish<O: Word>(self, all: &[u8]) -> Result<Scratch<O>, Error> {
        assert_eq!(all.len(), self.opened_bytes(), "bytes of opened bits");
        let Dealt { source, asked: InterpolationRequest { len, shape, output } } = &self.dealt;
        let low = shape.low;
        let [nodes, slopes, bends] = shape.widths;
        let offsets = self.offsets.map(|offset| O::from_signed(offset.into()));
        let public = if source.party() == 0 { O::one() } else { O::zero() };
        let mut out = Scratch::zeros(*len);
        let mut room = Room::<O>::new(BLOCK.min(*len));
        let mut delta = [0u64; BLOCK / 64];
        let mut gamma = [0u64; BLOCK / 64];
        for (b, sum) in out.chunks_mut(BLOCK).enumerate() {
            let (at, size) = (b * BLOCK, sum.len());
            let (delta, gamma) = (&mut delta[..words(size)], &mut gamma[..words(size)]);
            let Room { y, one, t, plus, parts } = &mut room;
            let (y, one, t, plus) = (&mut y[..size], &mut one[..size], &mut t[..size], &mut plus[..size]);
            let mut elements =
                Elements { source, len: *len, at, number: 0, region: shape.vector_bytes(*len) };
            let mut every = shape.elements(output.bits);
            let mut load = |out: &mut [O]| match every.next() {
                Some(element) => elements.load(element, out),
                None => Ok(()),
            };
            let [a, c, d, e] = parts.each_mut().map(|part| &mut part[..size]);
            one.fill(public);
            y.iter_mut().zip(&self.y[at..]).for_each(|(y, &low)| *y = O::truncate64(low.into()));
            sum.fill((offsets[0] << low as usize).wrapping_mul(&public));
            if low > 0 {
                opened(all, *len, shape.planes() as usize - 1, at / 64, gamma);
                load(a)?; // R
                kernel::distance(y, one, a, t);
                load(c)?; // σR
                load(d)?; // σ
                // σt is t⁺ where γ = 1.
                kernel::distance(y, d, c, plus);
                kernel::where_set(gamma, t, plus);
                for (sum, (t, plus)) in sum.iter_mut().zip(t.iter().zip(&*plus)) {
                    let lines = t.wrapping_mul(&offsets[1]).wrapping_add(&plus.wrapping_mul(&offsets[2]));
                    *sum = sum.wrapping_add(&lines);
                }
            }
            for i in 0..nodes {
                load(a)?;
                opened(all, *len, i as usize, at / 64, delta);
                kernel::add_bit(delta, a, one, low + i, sum);
            }
            for i in 0..slopes {
                load(a)?;
                load(c)?;
                kernel::distance(y, a, c, d);
                opened(all, *len, (nodes + i) as usize, at / 64, delta);
                kernel::add_bit(delta, d, t, i, sum);
            }
            for i in 0..bends {
                load(a)?;
                load(c)?;
                kernel::distance(y, a, c, d); // ρt
                load(a)?;
                load(c)?;
                kernel::distance(y, a, c, e); // ρσt
                kernel::where_set(gamma, d, e); // ρt⁺
                opened(all, *len, (nodes + slopes + i) as usize, at / 64, delta);
                kernel::add_bit(delta, e, plus, i, sum);
            }
        }
        Ok(out)
    }
}

/// Vectors of a block.
struct Room<W: Word> {
    y: Scratch<W>,
    one: Scratch<W>,
    t: Scratch<W>,
    plus: Scratch<W>,
    parts: [Scratch<W>; 4],
}

impl<W: Word> Room<W> {
    fn new(len: usize) -> Self {
        let zeros = || Scratch::zeros(len);
        Self { y: zeros(), one: zeros(), t: zeros(), plus: zeros(), parts: [(); 4].map(|()| zeros()) }
    }
}

/// The elements of a block, in their order.
struct Elements<'a> {
    source: &'a Source,
    len: usize,
    at: usize,
    number: usize,
    region: usize,
}

impl Elements<'_> {
    fn load<W: Word>(&mut self, element: Element, out: &mut [W]) -> Result<(), Error> {
        let place = self.number * self.len.next_multiple_of(64) + self.at;
        match self.source.correction() {
            None => self.source.random(ELEMENTS, place, out),
            Some(_) => self.source.chosen(ELEMENTS, self.region, element.bits, self.at, out)?,
        }
        self.number += 1;
        self.region += packed_len(self.len, element.bits);
        Ok(())
    }
}
