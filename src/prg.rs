//! The pseudorandom generator: addressed, never streamed.
//!
//! AES-128 in counter mode (NIST SP 800-38A, section 6.5): block i of domain d under the seed s is
//! AES_s(d ‖ i), with d and i as 64-bit little-endian numbers. The words of w bytes of a domain are
//! its bytes read 16 / w to a block, little-endian. Any word of any domain can be asked for by itself, in any order and in
//! chunks of any size, and is always the same: a lookup computes one block.
//!
//! Under one seed, AES is a permutation of the pairs (d, i), so two blocks of the generator always differ, while two blocks
//! of a random function coincide with probability 2^-128. This distinguishes q blocks from random ones with an advantage
//! below q² / 2^129, in addition to any advantage against AES.
//!
//! A [`Seed`] is the key for bulk randomness; [`RootSeed`] derives seeds.
//!
//! The key stream is a secret mask. The blocks that a call buffers are wiped before it returns; what the cipher itself leaves
//! in registers and on the stack is not.

mod root;
mod stream;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

pub use self::root::RootSeed;
use self::stream::{Lookup, Stream};
use crate::ring::Word;

/// A 128-bit key. Prints nothing, is compared in constant time and wiped when dropped.
#[derive(Clone)]
pub struct Seed([u8; 16]);

impl Drop for Seed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Seed {
    /// The seed with these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be sent to the party that the seed is for.
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

/// The generator under one seed. Its round keys are wiped when it is dropped.
///
/// A domain has 2^64 blocks. Words are addressed by their index in the domain, for any index of 64
/// bits; a call that runs past the last block goes on at the first.
///
/// ```
/// use ringshare::prg::{Prg, Seed};
/// let prg = Prg::new(&Seed::from_bytes([7; 16]));
/// let mut all = [0u16; 1000];
/// prg.words(3, 0, &mut all);
/// let mut some = [0u16; 10];
/// prg.words(3, 500, &mut some);
/// assert_eq!(some, all[500..510]);
/// prg.sub_words(3, 500, &mut some);
/// assert_eq!(some, [0; 10]);
/// ```
pub struct Prg(Aes128);

impl core::fmt::Debug for Prg {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Prg(..)")
    }
}

impl Prg {
    /// Expands the key.
    pub fn new(seed: &Seed) -> Self {
        let mut key = Array::from(*seed.expose());
        let prg = Self(Aes128::new(&key));
        key.as_mut_slice().zeroize();
        prg
    }

    /// Bytes `offset..offset + out.len()` of the domain: [`words`](Self::words) of one byte.
    pub fn fill(&self, domain: u64, offset: u64, out: &mut [u8]) {
        self.words(domain, offset, out);
    }

    /// Words `index..index + out.len()` of the domain.
    ///
    /// Word i is bytes i·w to i·w + w − 1 of [`fill`](Self::fill), little-endian, where w is
    /// [`Word::BYTES`].
    pub fn words<W: Word>(&self, domain: u64, index: u64, out: &mut [W]) {
        self.merge(domain, index, out, |_, word| word);
    }

    /// Adds words `index..index + out.len()` of the domain to `out`, wrapping.
    pub fn add_words<W: Word>(&self, domain: u64, index: u64, out: &mut [W]) {
        self.merge(domain, index, out, |x, word| x.wrapping_add(&word));
    }

    /// Subtracts words `index..index + out.len()` of the domain from `out`, wrapping.
    pub fn sub_words<W: Word>(&self, domain: u64, index: u64, out: &mut [W]) {
        self.merge(domain, index, out, |x, word| x.wrapping_sub(&word));
    }

    /// Adds words `index..index + out.len()` of the domain to `out` bit by bit, without carry.
    pub fn xor_words<W: Word>(&self, domain: u64, index: u64, out: &mut [W]) {
        self.merge(domain, index, out, |x, word| x ^ word);
    }

    /// Word `indices[j]` of the domain as `out[j]`: a batch of table lookups, one block each.
    ///
    /// The indices are public. A batch costs a small fraction of as many calls of [`words`](Self::words) for one word.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn words_at<W: Word>(&self, domain: u64, indices: &[u64], out: &mut [W]) {
        assert_eq!(indices.len(), out.len(), "a word for every index");
        self.0.encrypt_with_backend(Lookup { domain, indices, out });
    }

    /// Sets every word of `out` to `f(word, word of the domain)`.
    fn merge<W: Word>(&self, domain: u64, index: u64, out: &mut [W], f: impl Fn(W, W) -> W) {
        self.0.encrypt_with_backend(Stream { domain, index, out, f });
    }
}
