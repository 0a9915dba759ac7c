//! The generator of the tree: fixed-key AES in Matyas–Meyer–Oseas mode.
//!
//! A node's seed s has 127 bits, which are bits 1..=127 of its block; bit 0 of the block is its
//! control bit. Towards child j ∈ {0, 1} a node expands to
//!
//! - the child's block AES_S(s ‖ j) ⊕ (s ‖ j), and
//! - the value's block AES_V(s ‖ j) ⊕ (s ‖ j),
//!
//! where j takes the place of the control bit and S and V are two public keys. No input is used
//! twice. What is assumed: with the two permutations public, the four outputs of a uniform s, unknown
//! otherwise, look like four uniform blocks, for as many independent s as there are nodes. In the
//! ideal cipher model that holds up to an advantage of some q·N / 2^126 for q guesses and N nodes
//! (plus what permutations differ from functions by, N² / 2^126). Seeds are never correlated by a
//! secret that inputs share, so that no circular or correlation robustness is asked for.

use aes::Aes128Enc;
use aes::cipher::array::Array;
use aes::cipher::consts::U16;
use aes::cipher::typenum::Unsigned;
use aes::cipher::{
    BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit, ParBlocks,
};
use zeroize::optimization_barrier;

/// The low and the high half of 128 bits.
pub(super) type Block = [u64; 2];

/// Both permutations.
pub(super) struct Expander {
    seeds: Aes128Enc,
    values: Aes128Enc,
}

impl Expander {
    pub(super) fn new() -> Self {
        let fixed = |key: &[u8; 16]| Aes128Enc::new(&Array::from(*key));
        Self { seeds: fixed(b"DCF child seeds."), values: fixed(b"DCF path values.") }
    }

    /// From s ‖ j to the blocks of the children.
    pub(super) fn seeds(&self, blocks: &mut [Block]) {
        self.seeds.encrypt_with_backend(Mmo(blocks));
    }

    /// From s ‖ j to the blocks that values are taken from.
    pub(super) fn values(&self, blocks: &mut [Block]) {
        self.values.encrypt_with_backend(Mmo(blocks));
    }
}

/// x becomes AES(x) ⊕ x, many at a time.
struct Mmo<'a>(&'a mut [Block]);

impl BlockSizeUser for Mmo<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Mmo<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let (mut input, mut output) = (ParBlocks::<B>::default(), ParBlocks::<B>::default());
        for blocks in self.0.chunks_mut(B::ParBlocksSize::USIZE) {
            for (input, block) in input.iter_mut().zip(&*blocks) {
                *input = bytes(block);
            }
            // What is left of the blocks before is encrypted along with a short last run.
            backend.encrypt_par_blocks((&input, &mut output).into());
            for (block, output) in blocks.iter_mut().zip(&output) {
                let [low, high] = halves(output);
                *block = [block[0] ^ low, block[1] ^ high];
            }
        }
        (input, output) = Default::default();
        optimization_barrier(&input);
        optimization_barrier(&output);
    }
}

#[inline(always)]
fn bytes([low, high]: &Block) -> Array<u8, U16> {
    Array((*low as u128 | (*high as u128) << 64).to_le_bytes())
}

#[inline(always)]
fn halves(block: &Array<u8, U16>) -> Block {
    let block = u128::from_le_bytes(block.0);
    [block as u64, (block >> 64) as u64]
}
