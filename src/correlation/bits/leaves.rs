//! The first level of a subtraction, which opens nothing: g and p of single bits and of pairs.

use alloc::vec::Vec;

use super::{Circuit, Subtraction, kernel};
use crate::offline::planes::{BLOCK, bytes, words};
use crate::offline::{Error, Source};
use crate::ring::Word;
use crate::secret::Scratch;
use crate::share::BitShare;

// Sections of the edaBits.
pub(super) const PLANES: u64 = 1;
pub(super) const PAIRS: u64 = 2;

/// g and p of all positions after the first level, and y ⊕ r at the bits that come out. Positions that
/// no later level looks at are empty.
pub(super) struct Leaves {
    len: usize,
    bits: u32,
    circuit: Circuit,
    /// The share of the constant: all ones at party 0.
    one: u64,
    generate: Vec<Scratch<u64>>,
    propagate: Vec<Scratch<u64>>,
    differences: Vec<Scratch<u64>>,
}

impl Leaves {
    pub(super) fn new(party: usize, len: usize, bits: u32, circuit: Circuit) -> Self {
        let positions = circuit.positions(bits) as usize;
        // The lower bit of a pair goes into the upper one.
        let kept = |i: &usize| circuit == Circuit::Bits || i % 2 == 1 || *i == positions - 1;
        let vector = |i: usize| Scratch::zeros(if kept(&i) { words(len) } else { 0 });
        let outputs = circuit.outputs(bits);
        Self {
            len,
            bits,
            circuit,
            one: if party == 0 { !0 } else { 0 },
            generate: (0..positions).map(vector).collect(),
            propagate: (0..positions).map(vector).collect(),
            differences: outputs.map(|_| Scratch::zeros(words(len))).collect(),
        }
    }

    /// All leaves, block by block: y, its planes and the shares of r's stay in the cache.
    pub(super) fn fill<W: Word>(&mut self, source: &Source, y: &[W]) -> Result<(), Error> {
        let (bits, region) = (self.bits as usize, self.bits as usize * bytes(self.len));
        let block = BLOCK.min(words(self.len));
        let mut planes = alloc::vec![0; bits * block];
        let mut shares = Scratch::zeros((bits + 1) * block);
        for (b, y) in y.chunks(64 * BLOCK).enumerate() {
            let (at, size) = (b * BLOCK, words(y.len()));
            kernel::transpose(y, self.bits, block, &mut planes);
            let (r, product) = shares.split_at_mut(bits * block);
            for (j, r) in r.chunks_exact_mut(block).enumerate() {
                source.vector(PLANES, 0, self.len, j, at, &mut r[..size])?;
            }
            let product = &mut product[..size];
            for position in 0..self.generate.len() {
                if position % 2 == 1 {
                    source.vector(PAIRS, region, self.len, position / 2, at, product)?;
                }
                let plane = |j: usize| [&planes[j * block..][..size], &r[j * block..][..size]];
                self.position(position, at, plane, product);
            }
            for (difference, j) in self.differences.iter_mut().zip(self.circuit.outputs(self.bits)) {
                let difference = &mut difference[at..at + size];
                difference.copy_from_slice(&r[j * block..][..size]);
                if self.one != 0 {
                    kernel::xor(difference, &planes[j * block..][..size]);
                }
            }
        }
        Ok(())
    }

    /// Words `at..` of one position: `plane` gives those of y and of the shares of r at a bit.
    fn position<'a>(
        &mut self,
        position: usize,
        at: usize,
        plane: impl Fn(usize) -> [&'a [u64]; 2],
        product: &[u64],
    ) {
        let [generate, propagate] = [&mut self.generate, &mut self.propagate].map(|all| &mut all[position]);
        if generate.is_empty() {
            return;
        }
        let now = at..at + product.len();
        let (generate, propagate) = (&mut generate[now.clone()], &mut propagate[now]);
        let [y, r] = plane(position);
        if position.is_multiple_of(2) {
            return kernel::leaf(y, r, self.one, generate, propagate);
        }
        let [y_low, r_low] = plane(position - 1);
        kernel::pair([y, y_low], [r, r_low], product, self.one, generate, propagate);
    }

    pub(super) fn finish(self) -> Subtraction {
        let share = |words: Scratch<u64>| {
            let len = if words.is_empty() { 0 } else { self.len };
            BitShare::from_words(words.take(), len)
        };
        let [generate, propagate, differences] = [self.generate, self.propagate, self.differences]
            .map(|vectors| vectors.into_iter().map(share).collect());
        Subtraction::new(self.circuit, generate, propagate, differences)
    }
}
