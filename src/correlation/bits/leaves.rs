//! The first level of a subtraction, which opens nothing: g and p of single bits and of pairs.

use alloc::vec::Vec;

use super::edabits::{PAIRS, PLANES};
use super::planes::{LONG_BLOCK, bytes, words};
use super::{Circuit, Subtraction, kernel};
use crate::correlation::{Source, StoreError};
use crate::share::{BitShare, Scratch};

/// What the leaves are made of.
struct Leaves<'a> {
    source: &'a Source,
    len: usize,
    bits: u32,
    /// Planes of y.
    y: &'a [u64],
    /// The share of the constant: all ones at party 0.
    one: u64,
}

/// g and p of all positions after the first level, and y ⊕ r at the bits that come out.
pub(super) fn start(
    source: &Source,
    len: usize,
    bits: u32,
    circuit: Circuit,
    y: &[u64],
) -> Result<Subtraction, StoreError> {
    let one = if source.party() == 0 { !0 } else { 0 };
    let leaves = Leaves { source, len, bits, y, one };
    let positions = circuit.positions(bits) as usize;
    let [mut generate, mut propagate] = [(); 2].map(|()| Vec::with_capacity(positions));
    for low in (0..positions).step_by(2) {
        let paired = low + 1 < positions;
        if !paired || circuit == Circuit::Bits {
            let [g, p] = leaves.single(low)?;
            generate.push(g);
            propagate.push(p);
        } else {
            generate.push(BitShare::zeros(0));
            propagate.push(BitShare::zeros(0));
        }
        if paired {
            let [g, p] = leaves.pair(low)?;
            generate.push(g);
            propagate.push(p);
        }
    }
    let differences = circuit.outputs(bits).map(|j| leaves.difference(j)).collect::<Result<_, _>>()?;
    Ok(Subtraction::new(circuit, generate, propagate, differences))
}

impl Leaves<'_> {
    fn plane(&self, j: usize) -> &[u64] {
        &self.y[j * words(self.len)..][..words(self.len)]
    }

    /// Words `at..` of this party's shares of r_j.
    fn r(&self, j: usize, at: usize, out: &mut [u64]) -> Result<(), StoreError> {
        self.source.vector(PLANES, 0, self.len, j, at, out)
    }

    fn single(&self, j: usize) -> Result<[BitShare; 2], StoreError> {
        let [mut generate, mut propagate] = [(); 2].map(|()| Scratch::zeros(words(self.len)));
        let mut r = Scratch::zeros(LONG_BLOCK);
        let out = generate.chunks_mut(LONG_BLOCK).zip(propagate.chunks_mut(LONG_BLOCK));
        for (b, (y, (generate, propagate))) in self.plane(j).chunks(LONG_BLOCK).zip(out).enumerate() {
            let r = &mut r[..y.len()];
            self.r(j, b * LONG_BLOCK, r)?;
            kernel::leaf(y, r, self.one, generate, propagate);
        }
        Ok([generate, propagate].map(|words| BitShare::from_words(words.take(), self.len)))
    }

    /// g and p of the bits `low` and `low` + 1 together.
    fn pair(&self, low: usize) -> Result<[BitShare; 2], StoreError> {
        let [mut generate, mut propagate] = [(); 2].map(|()| Scratch::zeros(words(self.len)));
        let mut shares = Scratch::zeros(3 * LONG_BLOCK);
        let (r_high, rest) = shares.split_at_mut(LONG_BLOCK);
        let (r_low, product) = rest.split_at_mut(LONG_BLOCK);
        let region = self.bits as usize * bytes(self.len);
        let y = self.plane(low + 1).chunks(LONG_BLOCK).zip(self.plane(low).chunks(LONG_BLOCK));
        let out = generate.chunks_mut(LONG_BLOCK).zip(propagate.chunks_mut(LONG_BLOCK));
        for (b, ((y_high, y_low), (generate, propagate))) in y.zip(out).enumerate() {
            let (size, at) = (y_high.len(), b * LONG_BLOCK);
            let (r_high, r_low, product) = (&mut r_high[..size], &mut r_low[..size], &mut product[..size]);
            self.r(low + 1, at, r_high)?;
            self.r(low, at, r_low)?;
            self.source.vector(PAIRS, region, self.len, low / 2, at, product)?;
            kernel::pair([y_high, y_low], [r_high, r_low], product, self.one, generate, propagate);
        }
        Ok([generate, propagate].map(|words| BitShare::from_words(words.take(), self.len)))
    }

    /// Shares of y_j ⊕ r_j.
    fn difference(&self, j: usize) -> Result<BitShare, StoreError> {
        let mut out = Scratch::zeros(words(self.len));
        for (b, (y, out)) in self.plane(j).chunks(LONG_BLOCK).zip(out.chunks_mut(LONG_BLOCK)).enumerate() {
            self.r(j, b * LONG_BLOCK, out)?;
            if self.one != 0 {
                kernel::xor(out, y);
            }
        }
        Ok(BitShare::from_words(out.take(), self.len))
    }
}
