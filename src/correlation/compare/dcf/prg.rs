//! The generator of the tree: fixed-key AES in Matyas–Meyer–Oseas mode.
//!
//! A node's seed s has 127 bits, which are bits 1..=127 of its block; bit 0 of the block is its
//! control bit. Towards child j ∈ {0, 1} a node expands to
//!
//! - the child's block S_j(s) = AES_S(s ‖ j) ⊕ (s ‖ j), and
//! - the value's block V_j(s) = AES_V(s ‖ j) ⊕ (s ‖ j),
//!
//! where j takes the place of the control bit and S and V are two public keys. No input is used
//! twice. What is assumed: with both permutations public, the four outputs of a seed that is uniform
//! and otherwise unknown look like four uniform blocks, for as many independent seeds as there are
//! nodes on the paths. In the ideal cipher model that holds up to an advantage of about q·N / 2^125 for q
//! evaluations of the cipher and N seeds. The seeds are never related by a secret that their inputs
//! share: no correlation robustness, circular or not, is asked for.

use aes::Aes128Enc;
use aes::cipher::array::Array;
use aes::cipher::consts::U16;
use aes::cipher::{
    BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit, ParBlocks,
};

use zeroize::optimization_barrier;

use crate::ring::Word;
use crate::simd::wide;

/// 128 bits, little-endian.
pub(super) type Block = Array<u8, U16>;

/// Both permutations.
pub(super) struct Expander {
    seeds: Aes128Enc,
    values: Aes128Enc,
}

impl Expander {
    pub(super) fn new() -> Self {
        let fixed = |key: &[u8; 16]| Aes128Enc::new(&Array(*key));
        Self { seeds: fixed(b"DCF child seeds."), values: fixed(b"DCF path values.") }
    }

    /// AES_S of every block.
    pub(super) fn seeds(&self, inputs: &[Block], outputs: &mut [Block]) {
        self.seeds.encrypt_with_backend(Encrypt { inputs, outputs });
    }

    /// AES_V of every block.
    pub(super) fn values(&self, inputs: &[Block], outputs: &mut [Block]) {
        self.values.encrypt_with_backend(Encrypt { inputs, outputs });
    }
}

struct Encrypt<'a> {
    inputs: &'a [Block],
    outputs: &'a mut [Block],
}

impl BlockSizeUser for Encrypt<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Encrypt<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let (inputs, last_inputs) = ParBlocks::<B>::slice_as_chunks(self.inputs);
        let (outputs, last_outputs) = ParBlocks::<B>::slice_as_chunks_mut(self.outputs);
        for (input, output) in inputs.iter().zip(outputs) {
            backend.encrypt_par_blocks((input, output).into());
        }
        for (input, output) in last_inputs.iter().zip(last_outputs) {
            backend.encrypt_block((input, output).into());
        }
    }
}

/// The blocks that bytes are.
pub(super) fn blocks(bytes: &[u8]) -> &[Block] {
    Block::slice_as_chunks(bytes).0
}

/// The blocks that bytes are, to change.
pub(super) fn blocks_mut(bytes: &mut [u8]) -> &mut [Block] {
    Block::slice_as_chunks_mut(bytes).0
}

/// The low and the high half of a block: what loops that are to become wide compute with.
pub(super) type Halves = [u64; 2];

#[inline(always)]
pub(super) fn halves(block: &Block) -> Halves {
    [u64::read_le(&block[..8]), u64::read_le(&block[8..])]
}

#[inline(always)]
pub(super) fn block([low, high]: Halves) -> Block {
    let mut block = Array([0; 16]);
    low.write_le(&mut block[..8]);
    high.write_le(&mut block[8..]);
    block
}

#[inline(always)]
pub(super) fn number(block: &Block) -> u128 {
    u128::from_le_bytes(block.0)
}

#[inline(always)]
pub(super) fn xor(a: Halves, b: Halves) -> Halves {
    [a[0] ^ b[0], a[1] ^ b[1]]
}

/// All of a block, or nothing of it.
#[inline(always)]
pub(super) fn and(a: Halves, mask: u64) -> Halves {
    [a[0] & mask, a[1] & mask]
}

/// s ‖ j of a node.
#[inline(always)]
pub(super) fn towards(node: Halves, j: u64) -> Halves {
    [node[0] & !1 | j, node[1]]
}

wide! {
    /// All ones where the node's control bit is set, else zero; −1 or 0 as a signed number.
    fn spread_controls(nodes: &[Block], masks: &mut [u64]) {
        for (node, mask) in nodes.iter().zip(masks) {
            *mask = 0u64.wrapping_sub(halves(node)[0] & 1);
        }
    }
}

wide! {
    /// All ones where bit `at` of the word is set, else zero.
    fn spread_bits(words: &[u64], at: u32, masks: &mut [u64]) {
        for (word, mask) in words.iter().zip(masks) {
            *mask = 0u64.wrapping_sub(word >> at & 1);
        }
    }
}

/// The masks that the nodes' control bits make. They go through memory, where the compiler does not know
/// them for masks: else it makes a branch of `x & mask`, on a secret.
pub(super) fn controls(nodes: &[Block], masks: &mut [u64]) {
    spread_controls(nodes, masks);
    optimization_barrier(masks);
}

/// The masks that a bit of secret words makes, as [`controls`].
pub(super) fn bit_masks(words: &[u64], at: u32, masks: &mut [u64]) {
    spread_bits(words, at, masks);
    optimization_barrier(masks);
}

/// The element of a ring that the low bits of 128 bits are.
#[inline(always)]
pub(super) fn element<O: Word>([low, high]: Halves) -> O {
    if O::BITS <= 64 { O::truncate64(low) } else { O::truncate(low as u128 | (high as u128) << 64) }
}

/// A mask of 64 bits as one of elements.
#[inline(always)]
pub(super) fn widened<O: Word>(mask: u64) -> O {
    O::from_signed((mask as i64).into())
}

/// Sets the control bits of a party's roots.
pub(super) fn root(party: usize, nodes: &mut [Block]) {
    nodes.iter_mut().for_each(|node| node[0] = node[0] & !1 | party as u8);
}
