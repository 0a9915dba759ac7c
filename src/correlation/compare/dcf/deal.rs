//! The dealer's half: both parties' trees, grown along the secret threshold.

use core::hint::black_box;

use aes::cipher::array::Array;

use super::prg::{
    Block, Expander, Halves, and, bit_masks, block, blocks_mut, controls, element, halves, number, root,
    towards, widened, xor,
};
use super::shape::{BLOCK, R, ROOTS, Shape};
use crate::offline::Dealing;
use crate::offline::loops::bit;
use crate::ring::{self, Word};
use crate::secret::Scratch;
use crate::simd::wide;

/// The correction of `len` comparisons of words of `word` bits with results in words `O`.
pub(super) fn deal<O: Word>(
    dealing: &Dealing<'_>,
    len: usize,
    [word, bits]: [u32; 2],
    element: u32,
    out: &mut [u8],
) {
    let shape = Shape::new(bits, element);
    let mut grower = Grower::<O>::new(shape);
    for (b, key) in out.chunks_mut(shape.block_bytes(BLOCK)).enumerate() {
        let at = b * BLOCK;
        let count = BLOCK.min(len - at);
        dealing.sum_low(word, R, at, &mut grower.alpha[..count]);
        for (party, nodes) in grower.nodes[..2 * 16 * count].chunks_exact_mut(16 * count).enumerate() {
            dealing.own(party, ROOTS, 16 * at, nodes);
            root(party, blocks_mut(nodes));
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
    nodes: Scratch<u8>,
    /// s ‖ j of the nodes, `[party, j, count]` blocks, and what they are encrypted to.
    inputs: Scratch<u8>,
    children: Scratch<u8>,
    values: Scratch<u8>,
    /// What the parties' sums differ by on the path.
    sums: Scratch<O>,
    corrections: Scratch<O>,
    controls: Scratch<u64>,
    /// All ones where the path turns right, and where the nodes' control bits are set, `[party, count]`.
    turns: Scratch<u64>,
    /// All ones where the comparison is flipped.
    flips: Scratch<u64>,
    taken: Scratch<u64>,
}

impl<O: Word> Grower<O> {
    fn new(shape: Shape) -> Self {
        Self {
            shape,
            expander: Expander::new(),
            alpha: Scratch::zeros(BLOCK),
            nodes: Scratch::zeros(2 * 16 * BLOCK),
            inputs: Scratch::zeros(4 * 16 * BLOCK),
            children: Scratch::zeros(4 * 16 * BLOCK),
            values: Scratch::zeros(4 * 16 * BLOCK),
            sums: Scratch::zeros(BLOCK),
            corrections: Scratch::zeros(BLOCK),
            controls: Scratch::zeros(BLOCK),
            turns: Scratch::zeros(BLOCK),
            flips: Scratch::zeros(BLOCK),
            taken: Scratch::zeros(2 * BLOCK),
        }
    }

    /// The key of a block of `count` trees.
    fn grow(&mut self, count: usize, key: &mut [u8]) {
        let shape = self.shape;
        let alpha = &self.alpha[..count];
        let nodes = blocks_mut(&mut self.nodes[..2 * 16 * count]);
        let [inputs, children, values] = [&mut self.inputs, &mut self.children, &mut self.values]
            .map(|buffer| blocks_mut(&mut buffer[..4 * 16 * count]));
        let (sums, corrections) = (&mut self.sums[..count], &mut self.corrections[..count]);
        let bits = &mut self.controls[..count];
        let (turns, taken) = (&mut self.turns[..count], &mut self.taken[..2 * count]);
        let flips = &mut self.flips[..count];
        bit_masks(alpha, shape.low(), flips);
        sums.fill(O::zero());
        let mut key = key;
        for level in 0..shape.levels() {
            let [to_seeds, to_controls, to_elements] = shape.level_bytes(count).map(|bytes| {
                let (now, rest) = core::mem::take(&mut key).split_at_mut(bytes);
                key = rest;
                now
            });
            for (inputs, nodes) in inputs.chunks_exact_mut(2 * count).zip(nodes.chunks_exact(count)) {
                let (left, right) = inputs.split_at_mut(count);
                branch(nodes, left, right);
            }
            self.expander.seeds(inputs, children);
            self.expander.values(inputs, values);
            controls(nodes, taken);
            bit_masks(alpha, shape.low() - 1 - level, turns);
            correct_values(turns, flips, nodes, &taken[count..], values, sums, corrections);
            ring::pack(corrections, shape.element(), to_elements);
            let to_seeds = blocks_mut(to_seeds);
            correct_seeds(turns, nodes, children, to_seeds, bits);
            let sides = children.chunks_exact(2 * count).zip(nodes.chunks_exact_mut(count));
            for ((children, nodes), taken) in sides.zip(taken.chunks_exact(count)) {
                advance(turns, children, to_seeds, bits, taken, nodes);
            }
            let mut words = [0u64; BLOCK / 64];
            let words = &mut words[..count.div_ceil(64)];
            bit(bits, 0, words);
            ring::pack(words, 64, to_controls);
        }
        let ones = shape.ones();
        let (inputs, leaves) = (&mut inputs[..2 * count], &mut values[..2 * count]);
        for (input, node) in inputs.iter_mut().zip(&*nodes) {
            *input = block(towards(halves(node), 0));
        }
        self.expander.values(inputs, leaves);
        for (i, out) in blocks_mut(key).iter_mut().enumerate() {
            let value = |at: usize| number(&leaves[at]) ^ number(&inputs[at]);
            let leaf = Leaf {
                shape,
                ones,
                alpha: alpha[i],
                sum: sums[i].widen(),
                second: halves(&nodes[count + i]),
            };
            *out = Array(leaf.correct([value(i), value(count + i)]).to_le_bytes());
        }
    }
}

wide! {
    /// s ‖ 0 and s ‖ 1 of every node.
    fn branch(nodes: &[Block], left: &mut [Block], right: &mut [Block]) {
        for (node, (left, right)) in nodes.iter().zip(left.iter_mut().zip(right)) {
            let node = halves(node);
            (*left, *right) = (block(towards(node, 0)), block(towards(node, 1)));
        }
    }
}

wide! {
    /// The corrections of the values: on leaving the path here the parties' sums are to differ by what the
    /// comparison gives there. `taken` are the second party's.
    fn correct_values<O: Word>(
        turns: &[u64],
        flips: &[u64],
        nodes: &[Block],
        taken: &[u64],
        values: &[Block],
        sums: &mut [O],
        out: &mut [O],
    ) {
        let count = turns.len();
        let [first, second] = [0, 1].map(|party| &nodes[party * count..][..count]);
        let [left0, right0, left1, right1] = [0, 1, 2, 3].map(|place| &values[place * count..][..count]);
        let (sums, out) = (&mut sums[..count], &mut out[..count]);
        let (turns, flips, taken) = (&turns[..count], &flips[..count], &taken[..count]);
        for i in 0..count {
            let value = O::truncate64((turns[i] ^ flips[i]) & 1);
            let [first, second] = [halves(&first[i]), halves(&second[i])];
            let value_of = |encrypted: &Block, node: Halves, j: u64| -> O {
                element(xor(halves(encrypted), towards(node, j)))
            };
            let left = value_of(&left0[i], first, 0).wrapping_sub(&value_of(&left1[i], second, 0));
            let right = value_of(&right0[i], first, 1).wrapping_sub(&value_of(&right1[i], second, 1));
            let lost = right ^ ((left ^ right) & widened(turns[i]));
            let kept = left ^ right ^ lost;
            let negate: O = widened(taken[i]);
            let correction = value.wrapping_sub(&sums[i]).wrapping_sub(&lost);
            out[i] = (correction ^ negate).wrapping_sub(&negate);
            sums[i] = value.wrapping_add(&kept).wrapping_sub(&lost);
        }
    }
}

wide! {
    /// The corrections of the seeds and of the control bits, which make the parties' nodes equal where
    /// the path is left.
    fn correct_seeds(
        turns: &[u64],
        nodes: &[Block],
        children: &[Block],
        seeds: &mut [Block],
        controls: &mut [u64],
    ) {
        let count = turns.len();
        let [first, second] = [0, 1].map(|party| &nodes[party * count..][..count]);
        let [left0, right0, left1, right1] = [0, 1, 2, 3].map(|place| &children[place * count..][..count]);
        let (seeds, controls) = (&mut seeds[..count], &mut controls[..count]);
        for i in 0..count {
            // s_0 ‖ j and s_1 ‖ j: the same j falls out.
            let inputs = towards(xor(halves(&first[i]), halves(&second[i])), 0);
            let left = xor(xor(halves(&left0[i]), halves(&left1[i])), inputs);
            let right = xor(xor(halves(&right0[i]), halves(&right1[i])), inputs);
            let lost = select(turns[i], right, left);
            // Off the path the control bits are to be equal, on it to differ.
            let [to_left, to_right] = [(left[0] ^ turns[i] ^ 1) & 1, (right[0] ^ turns[i]) & 1];
            seeds[i] = block(towards(lost, to_left));
            controls[i] = to_left ^ to_right;
        }
    }
}

wide! {
    /// One party's nodes go on along the path: `children` are its left ones, then its right ones.
    fn advance(
        turns: &[u64],
        children: &[Block],
        seeds: &[Block],
        controls: &[u64],
        taken: &[u64],
        nodes: &mut [Block],
    ) {
        let count = turns.len();
        let taken = &taken[..count];
        let [left, right] = [0, 1].map(|side| &children[side * count..][..count]);
        let (seeds, controls, nodes) = (&seeds[..count], &controls[..count], &mut nodes[..count]);
        for i in 0..count {
            let child = select(turns[i], halves(&left[i]), halves(&right[i]));
            let child = xor(child, towards(halves(&nodes[i]), turns[i] & 1));
            let correction = xor(halves(&seeds[i]), [controls[i] & turns[i], 0]);
            nodes[i] = block(xor(child, and(correction, taken[i])));
        }
    }
}

/// The first, or the second where the mask is set.
#[inline(always)]
fn select(mask: u64, first: Halves, second: Halves) -> Halves {
    xor(first, and(xor(first, second), mask))
}

/// One tree's leaf on the path.
struct Leaf {
    shape: Shape,
    /// Bit 0 of every element.
    ones: u128,
    alpha: u64,
    sum: u128,
    /// The second party's node.
    second: Halves,
}

impl Leaf {
    /// The correction of all elements, each modulo 2^lane by itself, given both parties' values. Masks are
    /// hidden from the compiler, which may else make branches of them.
    fn correct(&self, [first, second]: [u128; 2]) -> u128 {
        let (shape, lane, ones) = (self.shape, self.shape.lane(), self.ones);
        let tops = ones << (lane - 1);
        let sub = |a: u128, b: u128| ((a | tops) - (b & !tops)) ^ ((a ^ !b) & tops);
        // Ones before the threshold's element. Shifts of 64-bit words take the same time for any distance.
        let end = shape.place(self.alpha) as u64;
        let code = (1u64 << (end & 63)) - 1;
        let upper = black_box(0u64.wrapping_sub(end >> 6));
        let less = number(&block([code | upper, code & upper])) & ones;
        let flip = black_box(0u128.wrapping_sub((self.alpha >> shape.low() & 1) as u128)) & ones;
        let sum = (self.sum & u128::MAX >> (128 - lane)).wrapping_mul(ones);
        let correction = sub(sub(less ^ flip, sum), sub(first, second));
        let negate = black_box(0u128.wrapping_sub((self.second[0] & 1) as u128));
        sub(correction ^ negate, negate)
    }
}
