//! A party's walk down the trees, along the public path.

use super::StoreError;
use super::prg::{
    Block, Expander, and, block, blocks, blocks_mut, control, element, halves, mask, number, towards, xor,
};
use super::shape::{BLOCK, Shape};
use crate::linalg::fetch;
use crate::ring::{self, Word};
use crate::share::Scratch;
use crate::simd::wide;

/// Walks down the trees of one block after the other.
pub(super) struct Walk<O: Word> {
    shape: Shape,
    expander: Expander,
    /// The way at the level: left (0) or right (1).
    path: [u64; BLOCK],
    /// The nodes' control bits: all ones or zero.
    controls: Scratch<u64>,
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
            controls: Scratch::zeros(BLOCK),
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
    ) -> Result<(), StoreError> {
        let (shape, count) = (self.shape, y.len());
        let (path, own) = (&mut self.path[..count], &mut self.controls[..count]);
        let inputs = blocks_mut(&mut self.inputs[..16 * count]);
        let children = blocks_mut(&mut self.children[..16 * count]);
        let values = blocks_mut(&mut self.values[..16 * count]);
        let corrections = &mut self.corrections[..count];
        let mut key = key;
        let level_bytes: usize = shape.level_bytes(count).iter().sum();
        for level in 0..shape.levels() {
            let [seeds, controls, elements] = shape.level_bytes(count).map(|bytes| {
                let (now, rest) = key.split_at(bytes);
                key = rest;
                now
            });
            // The next level's, or the next block's: the CPU does not look that far ahead.
            fetch(&key[..level_bytes.min(key.len())]);
            turn(y, shape.low() - 1 - level, nodes, path, own, inputs);
            self.expander.seeds(inputs, children);
            self.expander.values(inputs, values);
            ring::unpack(elements, shape.element(), corrections).map_err(|_| StoreError::Padding)?;
            add(inputs, own, values, corrections, sums);
            descend(blocks(seeds), controls, path, children, nodes);
        }
        turn(&[0u8; BLOCK], 0, nodes, path, own, inputs);
        self.expander.values(inputs, values);
        let leaves = nodes.iter().zip(&*values).zip(blocks(key));
        for (((node, value), correction), (y, sum)) in leaves.zip(y.iter().zip(sums)) {
            let node = halves(node);
            let value = xor(halves(value), towards(node, 0));
            let correction = and(halves(correction), control(node));
            for leaf in [value, correction] {
                let element = number(&block(leaf)) >> shape.place(y.low64());
                *sum = sum.wrapping_add(&O::truncate(element));
            }
        }
        Ok(())
    }
}

wide! {
    /// s ‖ j of every node, where j is bit `bit` of y, put down in `path` too, and its control bit.
    fn turn<W: Word>(
        y: &[W],
        bit: u32,
        nodes: &[Block],
        path: &mut [u64],
        controls: &mut [u64],
        inputs: &mut [Block],
    ) {
        let nodes = nodes.iter().zip(controls);
        for ((y, (node, own)), (path, input)) in y.iter().zip(nodes).zip(path.iter_mut().zip(inputs)) {
            let node = halves(node);
            *path = (*y >> bit as usize).low64() & 1;
            *own = control(node);
            *input = block(towards(node, *path));
        }
    }
}

wide! {
    /// Adds the values on the path, corrected where the node's control bit is set. Those bits come from
    /// memory as masks: of a mask that is made here the compiler makes a branch.
    fn add<O: Word>(inputs: &[Block], controls: &[u64], values: &[Block], corrections: &[O], sums: &mut [O]) {
        let nodes = inputs.iter().zip(controls).zip(values);
        for (((input, own), value), (correction, sum)) in nodes.zip(corrections.iter().zip(sums)) {
            let value: O = element(xor(halves(value), halves(input)));
            *sum = sum.wrapping_add(&value).wrapping_add(&(*correction & mask(*own)));
        }
    }
}

wide! {
    /// From the nodes to their children on the path, corrected where the node's control bit is set.
    fn descend(seeds: &[Block], controls: &[u8], path: &[u64], children: &[Block], nodes: &mut [Block]) {
        let corrections = seeds.chunks(64).zip(controls.chunks_exact(8));
        let nodes = nodes.chunks_mut(64).zip(children.chunks(64)).zip(path.chunks(64));
        for ((seeds, controls), ((nodes, children), path)) in corrections.zip(nodes) {
            let controls = u64::read_le(controls);
            let nodes = nodes.iter_mut().zip(children);
            for (i, ((seed, path), (node, child))) in seeds.iter().zip(path).zip(nodes).enumerate() {
                let parent = halves(node);
                let child = xor(halves(child), towards(parent, *path));
                let correction = xor(halves(seed), [controls >> i & *path, 0]);
                *node = block(xor(child, and(correction, control(parent))));
            }
        }
    }
}
