//! A party's walk down the trees, along the public path.

use super::StoreError;
use super::prg::{Block, Expander};
use super::shape::{BLOCK, Shape};
use crate::ring::{self, Word};
use crate::share::Scratch;
use crate::simd::wide;

/// Walks down the trees of one block after the other.
pub(super) struct Walk<O: Word> {
    shape: Shape,
    expander: Expander,
    path: [u64; BLOCK],
    seeds: Scratch<u64>,
    values: Scratch<u64>,
    corrections: Scratch<O>,
}

impl<O: Word> Walk<O> {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            expander: Expander::new(),
            path: [0; BLOCK],
            seeds: Scratch::zeros(2 * BLOCK),
            values: Scratch::zeros(2 * BLOCK),
            corrections: Scratch::zeros(BLOCK),
        }
    }

    /// Adds to `sums` what this party's trees hold at the places that the low bits of the public y
    /// name, but for the second party's sign. `nodes` are the roots, and the leaves afterwards; `key`
    /// is the block's correction.
    pub(super) fn down<W: Word>(
        &mut self,
        key: &[u8],
        y: &[W],
        nodes: &mut [Block],
        sums: &mut [O],
    ) -> Result<(), StoreError> {
        let (shape, count) = (self.shape, y.len());
        let path = &mut self.path[..count];
        let (seeds, values) = (pairs(&mut self.seeds[..2 * count]), pairs(&mut self.values[..2 * count]));
        let corrections = &mut self.corrections[..count];
        let mut key = key;
        for level in 0..shape.levels() {
            let [now, controls, elements] = shape.level_bytes(count).map(|bytes| {
                let (now, rest) = key.split_at(bytes);
                key = rest;
                now
            });
            turn(y, shape.low() - 1 - level, nodes, path, seeds);
            values.copy_from_slice(seeds);
            self.expander.seeds(seeds);
            self.expander.values(values);
            ring::unpack(elements, shape.element(), corrections).map_err(|_| StoreError::Padding)?;
            add(nodes, values, corrections, sums);
            descend(now, controls, path, seeds, nodes);
        }
        turn(&[0u8; BLOCK], 0, nodes, path, values);
        self.expander.values(values);
        let leaves = nodes.iter().zip(&*values).zip(key.chunks_exact(16));
        for (((node, value), key), (y, sum)) in leaves.zip(y.iter().zip(sums)) {
            let place = shape.place(y.low64());
            let taken = 0u128.wrapping_sub((node[0] & 1) as u128);
            let corrected = |leaf: u128| O::truncate(leaf >> place);
            *sum = sum.wrapping_add(&corrected(join(value)));
            *sum = sum.wrapping_add(&corrected(u128::read_le(key) & taken));
        }
        Ok(())
    }
}

/// Words two by two.
pub(super) fn pairs(words: &mut [u64]) -> &mut [Block] {
    words.as_chunks_mut().0
}

/// The block as a number.
#[inline(always)]
pub(super) fn join([low, high]: &Block) -> u128 {
    *low as u128 | (*high as u128) << 64
}

wide! {
    /// s ‖ j of every node, where j is bit `bit` of y, put down in `path` too.
    fn turn<W: Word>(y: &[W], bit: u32, nodes: &[Block], path: &mut [u64], inputs: &mut [Block]) {
        for ((y, node), (path, input)) in y.iter().zip(nodes).zip(path.iter_mut().zip(inputs)) {
            *path = (*y >> bit as usize).low64() & 1;
            *input = [node[0] & !1 | *path, node[1]];
        }
    }
}

wide! {
    /// Adds the values, corrected where the node's control bit is set.
    fn add<O: Word>(nodes: &[Block], values: &[Block], corrections: &[O], sums: &mut [O]) {
        for ((node, value), (correction, sum)) in nodes.iter().zip(values).zip(corrections.iter().zip(sums)) {
            let taken = O::zero().wrapping_sub(&O::truncate64(node[0] & 1));
            *sum = sum.wrapping_add(&O::truncate(join(value))).wrapping_add(&(*correction & taken));
        }
    }
}

wide! {
    /// From the nodes to their children on the path, corrected where the node's control bit is set.
    fn descend(key: &[u8], controls: &[u8], path: &[u64], children: &[Block], nodes: &mut [Block]) {
        let groups = key.chunks(64 * 16).zip(controls.chunks_exact(8));
        let nodes = nodes.chunks_mut(64).zip(children.chunks(64)).zip(path.chunks(64));
        for ((keys, controls), ((nodes, children), path)) in groups.zip(nodes) {
            let controls = u64::read_le(controls);
            let nodes = nodes.iter_mut().zip(children);
            for (i, ((key, path), (node, child))) in keys.chunks_exact(16).zip(path).zip(nodes).enumerate() {
                let taken = 0u64.wrapping_sub(node[0] & 1);
                let low = u64::read_le(key) ^ (controls >> i & path);
                let high = u64::read_le(&key[8..]);
                *node = [child[0] ^ (low & taken), child[1] ^ (high & taken)];
            }
        }
    }
}
