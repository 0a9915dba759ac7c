//! A party's walk down the trees, along the public path.

use super::prg::{
    Block, Expander, and, block, blocks, blocks_mut, controls, element, halves, number, towards, widened, xor,
};
use super::shape::{BLOCK, Shape};
use crate::linalg::fetch;
use crate::offline::Error;
use crate::ring::{self, Word};
use crate::secret::Scratch;
use crate::simd::wide;

/// Walks down the trees of one block after the other.
pub(super) struct Walk<O: Word> {
    shape: Shape,
    expander: Expander,
    /// The way at the level: left (0) or right (1).
    path: [u64; BLOCK],
    /// All ones where the node's correction is taken.
    taken: Scratch<u64>,
    inputs: Scratch<u8>,
    children: Scratch<u8>,
    values: Scratch<u8>,
    corrections: Scratch<O>,
}

impl<O: Word> Walk<O> {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            expander: Expander::new(),
            path: [0; BLOCK],
            taken: Scratch::zeros(BLOCK),
            inputs: Scratch::zeros(16 * BLOCK),
            children: Scratch::zeros(16 * BLOCK),
            values: Scratch::zeros(16 * BLOCK),
            corrections: Scratch::zeros(BLOCK),
        }
    }

    /// Adds to `sums` what this party's trees hold at the places that the low bits of the public y
    /// name, but for the second party's sign. `nodes` are the roots, and the leaves afterwards; `key`
    /// begins with the block's correction.
    pub(super) fn down<W: Word>(
        &mut self,
        key: &[u8],
        y: &[W],
        nodes: &mut [Block],
        sums: &mut [O],
    ) -> Result<(), Error> {
        let (shape, count) = (self.shape, y.len());
        let (path, taken) = (&mut self.path[..count], &mut self.taken[..count]);
        let inputs = blocks_mut(&mut self.inputs[..16 * count]);
        let children = blocks_mut(&mut self.children[..16 * count]);
        let values = blocks_mut(&mut self.values[..16 * count]);
        let corrections = &mut self.corrections[..count];
        let mut key = key;
        let level_bytes: usize = shape.level_bytes(count).iter().sum();
        for level in 0..shape.levels() {
            let [seeds, bits, elements] = shape.level_bytes(count).map(|bytes| {
                let (now, rest) = key.split_at(bytes);
                key = rest;
                now
            });
            // The next level's, or the next block's: the CPU does not look that far ahead.
            fetch(&key[..level_bytes.min(key.len())]);
            controls(nodes, taken);
            turn(y, shape.low() - 1 - level, nodes, path, inputs);
            self.expander.seeds(inputs, children);
            self.expander.values(inputs, values);
            ring::unpack(elements, shape.element(), corrections).map_err(|_| Error::Padding)?;
            add(nodes, taken, path, values, corrections, sums);
            descend(blocks(seeds), bits, taken, path, children, nodes);
        }
        controls(nodes, taken);
        turn(&[0u8; BLOCK], 0, nodes, path, inputs);
        self.expander.values(inputs, values);
        let leaves = nodes.iter().zip(&*taken).zip(values.iter().zip(blocks(key)));
        for (((node, &taken), (value, correction)), (y, sum)) in leaves.zip(y.iter().zip(sums)) {
            let value = xor(halves(value), towards(halves(node), 0));
            let correction = and(halves(correction), taken);
            for leaf in [value, correction] {
                let element = number(&block(leaf)) >> shape.place(y.low64());
                *sum = sum.wrapping_add(&O::truncate(element));
            }
        }
        Ok(())
    }
}

wide! {
    /// s ‖ j of every node, where j is bit `bit` of y, put down in `path` too.
    fn turn<W: Word>(y: &[W], bit: u32, nodes: &[Block], path: &mut [u64], inputs: &mut [Block]) {
        for ((y, node), (path, input)) in y.iter().zip(nodes).zip(path.iter_mut().zip(inputs)) {
            *path = (*y >> bit as usize).low64() & 1;
            *input = block(towards(halves(node), *path));
        }
    }
}

wide! {
    /// Adds the values on the path, corrected where the node's control bit is set.
    fn add<O: Word>(
        nodes: &[Block],
        taken: &[u64],
        path: &[u64],
        values: &[Block],
        corrections: &[O],
        sums: &mut [O],
    ) {
        let nodes = nodes.iter().zip(path).zip(values);
        let corrections = corrections.iter().zip(taken);
        for (((node, path), value), ((correction, taken), sum)) in nodes.zip(corrections.zip(sums)) {
            let value: O = element(xor(halves(value), towards(halves(node), *path)));
            *sum = sum.wrapping_add(&value).wrapping_add(&(*correction & widened(*taken)));
        }
    }
}

wide! {
    /// From the nodes to their children on the path, corrected where the node's control bit is set.
    fn descend(
        seeds: &[Block],
        bits: &[u8],
        taken: &[u64],
        path: &[u64],
        children: &[Block],
        nodes: &mut [Block],
    ) {
        let corrections = seeds.chunks(64).zip(bits.chunks_exact(8)).zip(taken.chunks(64));
        let nodes = nodes.chunks_mut(64).zip(children.chunks(64)).zip(path.chunks(64));
        for (((seeds, bits), taken), ((nodes, children), path)) in corrections.zip(nodes) {
            let bits = u64::read_le(bits);
            let nodes = nodes.iter_mut().zip(children);
            let corrections = seeds.iter().zip(taken);
            for (i, (((seed, taken), path), (node, child))) in corrections.zip(path).zip(nodes).enumerate() {
                let child = xor(halves(child), towards(halves(node), *path));
                let correction = xor(halves(seed), [bits >> i & *path, 0]);
                *node = block(xor(child, and(correction, *taken)));
            }
        }
    }
}
