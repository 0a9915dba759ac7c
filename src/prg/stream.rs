//! Key stream into words, run inside the cipher's own instruction set.

use aes::cipher::array::Array;
use aes::cipher::consts::U16;
use aes::cipher::typenum::Unsigned;
use aes::cipher::{BlockCipherEncBackend, BlockCipherEncClosure, BlockSizeUser, ParBlocks};
use zeroize::optimization_barrier;

use crate::ring::Word;

/// Bytes of a block.
const BLOCK: usize = 16;

/// Sets `out[j]` to `f(out[j], word index + j of the domain)`.
///
/// A closure for the cipher, which calls it compiled for the instruction set that the cipher has chosen. So counters and
/// words are made with wide instructions too.
pub(super) struct Stream<'a, W, F> {
    pub(super) domain: u64,
    pub(super) index: u64,
    pub(super) out: &'a mut [W],
    pub(super) f: F,
}

impl<W, F> BlockSizeUser for Stream<'_, W, F> {
    type BlockSize = U16;
}

impl<W: Word, F: Fn(W, W) -> W> BlockCipherEncClosure for Stream<'_, W, F> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let Self { domain, index, mut out, f } = self;
        let words_in_block = (BLOCK / W::BYTES) as u64;
        let mut block = index / words_in_block;
        let mut skip = (index % words_in_block) as usize * W::BYTES;

        // Blocks one by one are pipelined too; a parallel run that is mostly wasted is slower.
        let wide = B::ParBlocksSize::USIZE;
        let worthwhile = |words: usize| words > wide * 3 / 4 * (BLOCK / W::BYTES);
        if worthwhile(out.len()) {
            let mut counters = ParBlocks::<B>::default();
            for (i, b) in counters.iter_mut().enumerate() {
                *b = counter(domain, block.wrapping_add(i as u64));
            }
            let mut blocks = ParBlocks::<B>::default();
            while worthwhile(out.len()) {
                backend.encrypt_par_blocks((&counters, &mut blocks).into());
                out = merge(out, &Array::slice_as_flattened(&blocks)[skip..], &f);
                skip = 0;
                block = block.wrapping_add(wide as u64);
                advance(&mut counters, wide as u64);
            }
            wipe(&mut blocks);
        }
        while !out.is_empty() {
            let mut single = counter(domain, block);
            backend.encrypt_block((&mut single).into());
            out = merge(out, &single[skip..], &f);
            skip = 0;
            block = block.wrapping_add(1);
            wipe(&mut single);
        }
    }
}

/// Sets `out[j]` to word `indices[j]` of the domain.
pub(super) struct Lookup<'a, W> {
    pub(super) domain: u64,
    pub(super) indices: &'a [u64],
    pub(super) out: &'a mut [W],
}

impl<W> BlockSizeUser for Lookup<'_, W> {
    type BlockSize = U16;
}

impl<W: Word> BlockCipherEncClosure for Lookup<'_, W> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let words_in_block = (BLOCK / W::BYTES) as u64;
        let input = |index: u64| counter(self.domain, index / words_in_block);
        let word =
            |block: &[u8], index: u64| W::read_le(&block[(index % words_in_block) as usize * W::BYTES..]);

        let wide = B::ParBlocksSize::USIZE;
        let (mut indices, mut out) = (self.indices, self.out);
        if out.len() > wide * 3 / 4 {
            let mut blocks = ParBlocks::<B>::default();
            while out.len() > wide * 3 / 4 {
                let (now, rest) = out.split_at_mut(wide.min(out.len()));
                let (at, later) = indices.split_at(now.len());
                for (block, &index) in blocks.iter_mut().zip(at) {
                    *block = input(index);
                }
                backend.encrypt_par_blocks((&mut blocks).into());
                for ((out, block), &index) in now.iter_mut().zip(&blocks).zip(at) {
                    *out = word(block, index);
                }
                (indices, out) = (later, rest);
            }
            wipe(&mut blocks);
        }
        for (out, &index) in out.iter_mut().zip(indices) {
            let mut block = input(index);
            backend.encrypt_block((&mut block).into());
            *out = word(&block, index);
            wipe(&mut block);
        }
    }
}

/// Overwrites key stream, with wide stores; `zeroize` would write byte by byte.
#[inline(always)]
fn wipe<T: Default>(blocks: &mut T) {
    *blocks = T::default();
    optimization_barrier(blocks);
}

/// The input block d ‖ i.
#[inline(always)]
fn counter(domain: u64, index: u64) -> Array<u8, U16> {
    Array((domain as u128 | (index as u128) << 64).to_le_bytes())
}

/// Adds `n` to the counters of all blocks. A loop that compilers turn into wide additions.
#[inline(always)]
fn advance(blocks: &mut [Array<u8, U16>], n: u64) {
    let (halves, _) = Array::slice_as_flattened_mut(blocks).as_chunks_mut::<8>();
    for pair in halves.as_chunks_mut::<2>().0 {
        for (half, n) in pair.iter_mut().zip([0, n]) {
            *half = u64::from_le_bytes(*half).wrapping_add(n).to_le_bytes();
        }
    }
}

/// Merges the words of `stream` into the front of `out`; what is left of `out`.
#[inline(always)]
fn merge<'a, W: Word>(out: &'a mut [W], stream: &[u8], f: &impl Fn(W, W) -> W) -> &'a mut [W] {
    let (now, rest) = out.split_at_mut(out.len().min(stream.len() / W::BYTES));
    for (word, raw) in now.iter_mut().zip(stream.chunks_exact(W::BYTES)) {
        *word = f(*word, W::read_le(raw));
    }
    rest
}
