//! Products of shared bits.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::kernel;
use super::planes::{BLOCK, bytes, masked, opened, words};
use crate::correlation::{Dealing, Masked, Request, Source, StoreError};
use crate::secret::Scratch;
use crate::share::BitShare;

const MASKS: u64 = 0;
const PRODUCTS: u64 = 1;
const _: () = assert!(crate::correlation::source::apart(&[MASKS, PRODUCTS]));

/// Products of pairs of so many vectors of bits. The dealer sends a bit for every product.
pub struct BitProducts {
    source: Source,
    len: usize,
    masks: usize,
    pairs: Arc<[[u16; 2]]>,
}

impl BitProducts {
    /// What to ask the dealer for: `masks` vectors of `len` bits are opened, and of these the `pairs`
    /// are multiplied.
    pub fn request(len: usize, masks: usize, pairs: Arc<[[u16; 2]]>) -> Request {
        Request::BitProducts { len, masks, pairs }
    }

    pub(crate) fn new(source: Source, len: usize, masks: usize, pairs: Arc<[[u16; 2]]>) -> Self {
        Self { source, len, masks, pairs }
    }

    /// What is to be opened: the vectors masked, each in whole bytes, one behind the other.
    ///
    /// # Panics
    /// If there are other vectors than was dealt for, or of other lengths.
    pub fn mask(self, vectors: &[&BitShare]) -> (Vec<u8>, Masked<Self>) {
        assert_eq!(vectors.len(), self.masks, "vectors of bits and those dealt for");
        (masked(&self.source, MASKS, self.len, vectors), Masked(self))
    }
}

impl Masked<BitProducts> {
    /// The products in the order of the pairs, given what was opened.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `all` has another length than [`BitProducts::mask`] gave.
    pub fn finish(self, all: &[u8]) -> Result<Vec<BitShare>, StoreError> {
        let BitProducts { source, len, masks, pairs } = self.0;
        assert_eq!(all.len(), masks * bytes(len), "bytes of opened bits");
        let one = if source.party() == 0 { !0 } else { 0 };
        let mut out: Vec<_> = pairs.iter().map(|_| Scratch::<u64>::zeros(words(len))).collect();
        let block = BLOCK.min(words(len));
        let mut rho = Scratch::<u64>::zeros(masks * block);
        let mut c = alloc::vec![0u64; masks * block];
        for at in (0..words(len)).step_by(BLOCK) {
            let now = (words(len) - at).min(BLOCK);
            for v in 0..masks {
                source.random(MASKS, v * words(len) + at, &mut rho[v * block..][..now]);
                opened(all, len, v, at, &mut c[v * block..][..now]);
            }
            for (t, (out, pair)) in out.iter_mut().zip(pairs.iter()).enumerate() {
                let out = &mut out[at..at + now];
                source.vector(PRODUCTS, 0, len, t, at, out)?;
                let [c, rho] = [&c, &rho[..]].map(|all| pair.map(|v| &all[v as usize * block..][..now]));
                kernel::product(c, rho, one, out);
            }
        }
        Ok(out.into_iter().map(|words| BitShare::from_words(words.take(), len)).collect())
    }
}

/// The correction of the products, pair by pair.
pub(in crate::correlation) fn deal(
    dealing: &Dealing<'_>,
    len: usize,
    masks: usize,
    pairs: &[[u16; 2]],
    out: &mut [u8],
) {
    let block = BLOCK.min(words(len));
    let mut rho = Scratch::<u64>::zeros(masks * block);
    let mut product = Scratch::<u64>::zeros(block);
    for at in (0..words(len)).step_by(BLOCK) {
        let now = (words(len) - at).min(BLOCK);
        for v in 0..masks {
            dealing.xor(MASKS, v * words(len) + at, &mut rho[v * block..][..now]);
        }
        for (t, &[a, b]) in pairs.iter().enumerate() {
            let product = &mut product[..now];
            product.copy_from_slice(&rho[a as usize * block..][..now]);
            kernel::and(product, &rho[b as usize * block..][..now]);
            dealing.write_vector(PRODUCTS, len, t, at, product, out);
        }
    }
}
