//! The dealer's half: both parties' trees, grown along the secret threshold.

use super::bit;
use super::eval::{join, pairs};
use super::prg::{Block, Expander};
use super::shape::{BLOCK, Shape};
use super::{R, ROOTS, root};
use crate::correlation::Dealing;
use crate::ring::{self, Word};
use crate::share::Scratch;
use crate::simd::wide;

/// The correction of `len` comparisons of words `W` with results in words `O`.
pub(in crate::correlation) fn deal<W: Word, O: Word>(
    dealing: &Dealing<'_>,
    len: usize,
    bits: u32,
    element: u32,
    out: &mut [u8],
) {
    let shape = Shape::new(bits, element);
    let mut r = Scratch::<W>::zeros(BLOCK);
    let mut grower = Grower::<O>::new(shape);
    for (b, key) in out.chunks_mut(shape.block_bytes(BLOCK)).enumerate() {
        let at = b * BLOCK;
        let count = BLOCK.min(len - at);
        let r = &mut r[..count];
        dealing.sum(R, at, r);
        grower.alpha.iter_mut().zip(&*r).for_each(|(alpha, r)| *alpha = r.low64());
        for (party, nodes) in grower.nodes[..4 * count].chunks_exact_mut(2 * count).enumerate() {
            dealing.own(party, ROOTS, 2 * at, nodes);
            root(party, pairs(nodes));
        }
        grower.grow(count, key);
    }
}

/// Grows the trees of one block after the other, level by level.
struct Grower<O: Word> {
    shape: Shape,
    expander: Expander,
    /// The thresholds, and in the bit above a threshold's bits what the comparison is flipped by.
    alpha: Scratch<u64>,
    /// The nodes on the path: `[party, count]` blocks.
    nodes: Scratch<u64>,
    /// Their children, `[party, left or right, count]` blocks, and the blocks of the values there.
    children: Scratch<u64>,
    values: Scratch<u64>,
    /// The difference of the parties' sums on the path.
    sums: Scratch<O>,
    corrections: Scratch<O>,
    controls: Scratch<u64>,
}

impl<O: Word> Grower<O> {
    fn new(shape: Shape) -> Self {
        Self {
            shape,
            expander: Expander::new(),
            alpha: Scratch::zeros(BLOCK),
            nodes: Scratch::zeros(4 * BLOCK),
            children: Scratch::zeros(8 * BLOCK),
            values: Scratch::zeros(8 * BLOCK),
            sums: Scratch::zeros(BLOCK),
            corrections: Scratch::zeros(BLOCK),
            controls: Scratch::zeros(BLOCK),
        }
    }

    /// The key of a block of `count` trees.
    fn grow(&mut self, count: usize, key: &mut [u8]) {
        let shape = self.shape;
        let alpha = &self.alpha[..count];
        let nodes = pairs(&mut self.nodes[..4 * count]);
        let (children, values) =
            (pairs(&mut self.children[..8 * count]), pairs(&mut self.values[..8 * count]));
        let (sums, corrections) = (&mut self.sums[..count], &mut self.corrections[..count]);
        let controls = &mut self.controls[..count];
        sums.fill(O::zero());
        let mut key = key;
        for level in 0..shape.levels() {
            let [to_seeds, to_controls, to_elements] = shape.level_bytes(count).map(|bytes| {
                let (now, rest) = core::mem::take(&mut key).split_at_mut(bytes);
                key = rest;
                now
            });
            for (children, nodes) in children.chunks_exact_mut(2 * count).zip(nodes.chunks_exact(count)) {
                let (left, right) = children.split_at_mut(count);
                towards(nodes, left, right);
            }
            values.copy_from_slice(children);
            self.expander.seeds(children);
            self.expander.values(values);
            let at = [shape.low() - 1 - level, shape.low()];
            correct_values(alpha, at, values, &nodes[count..], sums, corrections);
            ring::pack(corrections, shape.element(), to_elements);
            correct_seeds(alpha, at[0], children, nodes, to_seeds, controls);
            let mut words = [0; BLOCK / 64];
            let words = &mut words[..count.div_ceil(64)];
            bit(controls, 0, words);
            ring::pack(words, 64, to_controls);
        }
        let leaves = &mut values[..2 * count];
        for (leaf, node) in leaves.iter_mut().zip(&*nodes) {
            *leaf = [node[0] & !1, node[1]];
        }
        self.expander.values(leaves);
        for (i, out) in key.chunks_exact_mut(16).enumerate() {
            let leaf = Leaf { alpha: alpha[i], sum: sums[i].widen(), negate: nodes[count + i][0] & 1 };
            let correction = leaf.correct(shape, [join(&leaves[i]), join(&leaves[count + i])]);
            out.copy_from_slice(&correction.to_le_bytes());
        }
    }
}

wide! {
    /// s ‖ 0 and s ‖ 1 of every node.
    fn towards(nodes: &[Block], left: &mut [Block], right: &mut [Block]) {
        for (node, (left, right)) in nodes.iter().zip(left.iter_mut().zip(right)) {
            *left = [node[0] & !1, node[1]];
            *right = [node[0] | 1, node[1]];
        }
    }
}

wide! {
    /// The corrections of the values: where the path is left, the parties' sums are to differ by what
    /// the comparison gives there. `at` are the places in alpha of the level's bit and of the flip.
    fn correct_values<O: Word>(
        alpha: &[u64],
        at: [u32; 2],
        values: &[Block],
        second: &[Block],
        sums: &mut [O],
        out: &mut [O],
    ) {
        let (left, right) = (Difference::new(values, 0), Difference::new(values, 1));
        let nodes = alpha.iter().zip(second);
        for (i, ((alpha, node), (sum, out))) in nodes.zip(sums.iter_mut().zip(out)).enumerate() {
            let turn = alpha >> at[0] & 1;
            let value = O::truncate64(turn ^ alpha >> at[1] & 1);
            let (left, right) = (left.at::<O>(i), right.at::<O>(i));
            let lost = right ^ ((left ^ right) & O::zero().wrapping_sub(&O::truncate64(turn)));
            let kept = left ^ right ^ lost;
            let negate = O::zero().wrapping_sub(&O::truncate64(node[0] & 1));
            let correction = value.wrapping_sub(sum).wrapping_sub(&lost);
            *out = (correction ^ negate).wrapping_sub(&negate);
            *sum = value.wrapping_add(&kept).wrapping_sub(&lost);
        }
    }
}

/// What the parties' values differ by at the left (0) or right (1) children.
struct Difference<'a>([&'a [Block]; 2]);

impl<'a> Difference<'a> {
    #[inline(always)]
    fn new(values: &'a [Block], side: usize) -> Self {
        let count = values.len() / 4;
        Self([side, side + 2].map(|place| &values[place * count..][..count]))
    }

    #[inline(always)]
    fn at<O: Word>(&self, i: usize) -> O {
        O::truncate(join(&self.0[0][i])).wrapping_sub(&O::truncate(join(&self.0[1][i])))
    }
}

wide! {
    /// The corrections of the seeds and of the control bits, which make the parties' nodes equal where
    /// the path is left; the nodes go on along it.
    fn correct_seeds(
        alpha: &[u64],
        at: u32,
        children: &[Block],
        nodes: &mut [Block],
        key: &mut [u8],
        controls: &mut [u64],
    ) {
        let count = alpha.len();
        let [left0, right0, left1, right1] = [0, 1, 2, 3].map(|place| &children[place * count..][..count]);
        let (first, second) = nodes.split_at_mut(count);
        let second = &mut second[..count];
        for (i, (key, control)) in key.chunks_exact_mut(16).zip(controls).enumerate() {
            let turn = alpha[i] >> at & 1;
            let right = 0u64.wrapping_sub(turn);
            let lefts = xor(left0[i], left1[i]);
            let rights = xor(right0[i], right1[i]);
            // Off the path control bits are equal, on it they differ.
            let [to_left, to_right] = [lefts[0] & 1 ^ turn ^ 1, rights[0] & 1 ^ turn];
            let lost = xor(rights, and(xor(lefts, rights), right));
            let correction = [lost[0] & !1 | to_left, lost[1]];
            key[..8].copy_from_slice(&correction[0].to_le_bytes());
            key[8..].copy_from_slice(&correction[1].to_le_bytes());
            let difference = to_left ^ to_right;
            *control = difference;
            let kept = [correction[0] ^ (difference & turn), correction[1]];
            for (node, left, right_child) in
                [(&mut first[i], left0[i], right0[i]), (&mut second[i], left1[i], right1[i])]
            {
                let child = xor(left, and(xor(left, right_child), right));
                *node = xor(child, and(kept, 0u64.wrapping_sub(node[0] & 1)));
            }
        }
    }
}

#[inline(always)]
fn xor(a: Block, b: Block) -> Block {
    [a[0] ^ b[0], a[1] ^ b[1]]
}

#[inline(always)]
fn and(a: Block, mask: u64) -> Block {
    [a[0] & mask, a[1] & mask]
}

/// One tree's leaf on the path.
struct Leaf {
    alpha: u64,
    sum: u128,
    /// The second party's control bit.
    negate: u64,
}

impl Leaf {
    /// The correction of all elements, each modulo 2^lane by itself.
    fn correct(&self, shape: Shape, [first, second]: [u128; 2]) -> u128 {
        let (lane, ones) = (shape.lane(), shape.ones());
        let tops = ones << (lane - 1);
        let sub = |a: u128, b: u128| ((a | tops) - (b & !tops)) ^ ((a ^ !b) & tops);
        // Bit 0 of every element before the threshold's.
        let end = shape.place(self.alpha) as u64;
        let code = (1u64 << (end & 63)) - 1;
        let upper = 0u64.wrapping_sub(end >> 6);
        let less = join(&[code | upper, code & upper]) & ones;
        let flip = 0u128.wrapping_sub((self.alpha >> shape.low() & 1) as u128) & ones;
        let sum = (self.sum & u128::MAX >> (128 - lane)).wrapping_mul(ones);
        let negate = 0u128.wrapping_sub(self.negate as u128);
        sub(sub(sub(less ^ flip, sum), sub(first, second)) ^ negate, negate)
    }
}
