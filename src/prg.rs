//! The pseudorandom generator, addressed and never streamed.
//!
//! AES-128 in counter mode (NIST SP 800-38A): block i of domain d under the seed s is
//! AES_s(d ‖ i), with d and i as 64-bit little-endian numbers. Every byte of every domain can be
//! asked for by itself, in any order and any chunks, and comes out the same.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use crate::ring::Word;

/// A 128-bit key. Prints nothing, is compared in constant time and wiped when dropped.
#[derive(Clone)]
pub struct Seed([u8; 16]);

impl Drop for Seed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The generator under one seed.
pub struct Prg(Aes128);

/// AES blocks in a call: enough for the widest instruction sets to run full.
const WIDE: usize = 256;

impl Seed {
    /// The seed with these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for sending them to the party that the seed is for.
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl ConstantTimeEq for Seed {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl core::fmt::Debug for Seed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Prg {
    /// Expands the key.
    pub fn new(seed: &Seed) -> Self {
        Self(Aes128::new(&Array::from(*seed.expose())))
    }

    /// Bytes `offset..offset + out.len()` of the domain.
    pub fn fill(&self, domain: u64, offset: u64, out: &mut [u8]) {
        let mut blocks = [Array::from([0u8; 16]); WIDE];
        let mut at = offset;
        let mut out = out;
        while !out.is_empty() {
            let skip = (at % 16) as usize;
            let take = out.len().min(WIDE * 16 - skip);
            let count = (skip + take).div_ceil(16);
            for (i, block) in blocks[..count].iter_mut().enumerate() {
                block[..8].copy_from_slice(&domain.to_le_bytes());
                block[8..].copy_from_slice(&(at / 16 + i as u64).to_le_bytes());
            }
            self.0.encrypt_blocks(&mut blocks[..count]);
            let (now, rest) = out.split_at_mut(take);
            for (i, byte) in now.iter_mut().enumerate() {
                *byte = blocks[(skip + i) / 16][(skip + i) % 16];
            }
            out = rest;
            at += take as u64;
        }
    }

    /// Words `index..index + out.len()` of the domain: word i is bytes i·BYTES.. of [`fill`](Self::fill), little-endian.
    pub fn words<W: Word>(&self, domain: u64, index: u64, out: &mut [W]) {
        let mut bytes = [0u8; 4096];
        let mut at = index * W::BYTES as u64;
        for chunk in out.chunks_mut(4096 / W::BYTES) {
            let bytes = &mut bytes[..chunk.len() * W::BYTES];
            self.fill(domain, at, bytes);
            at += bytes.len() as u64;
            for (word, raw) in chunk.iter_mut().zip(bytes.chunks_exact(W::BYTES)) {
                *word = W::read_le(raw);
            }
        }
    }

    /// Adds words to `out`.
    pub fn add_words<W: Word>(&self, domain: u64, index: u64, out: &mut [W]) {
        let mut more = alloc::vec![W::zero(); out.len()];
        self.words(domain, index, &mut more);
        out.iter_mut().zip(more).for_each(|(a, b)| *a = a.wrapping_add(&b));
    }

    /// Subtracts words from `out`.
    pub fn sub_words<W: Word>(&self, domain: u64, index: u64, out: &mut [W]) {
        let mut more = alloc::vec![W::zero(); out.len()];
        self.words(domain, index, &mut more);
        out.iter_mut().zip(more).for_each(|(a, b)| *a = a.wrapping_sub(&b));
    }

    /// Xors words to `out`.
    pub fn xor_words<W: Word>(&self, domain: u64, index: u64, out: &mut [W]) {
        let mut more = alloc::vec![W::zero(); out.len()];
        self.words(domain, index, &mut more);
        out.iter_mut().zip(more).for_each(|(a, b)| *a = *a ^ b);
    }
}
