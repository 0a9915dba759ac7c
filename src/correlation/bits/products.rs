//! Products of shared bits.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::kernel;
use crate::offline::planes::{BLOCK, bytes, masked, opened, words};
use crate::offline::{
    Dealing, DecodeError, Error, Kind, Masked, Reader, Request, Source, Store, Writer, range,
};
use crate::ring::packed_len;
use crate::secret::Scratch;
use crate::share::BitShare;

const MASKS: u64 = 0;
const PRODUCTS: u64 = 1;
const _: () = assert!(crate::offline::apart(&[MASKS, PRODUCTS]));

/// Asks for products of shared bits.
#[derive(Clone, PartialEq, Eq)]
pub struct BitProductsRequest {
    /// Bits of every vector.
    pub len: usize,
    /// Vectors that are opened.
    pub masks: usize,
    /// Which of them are multiplied.
    pub pairs: Arc<[[u16; 2]]>,
}

impl Kind for BitProductsRequest {
    const NAME: &'static str = "bit-products";

    fn check(&self, _: usize) -> Result<(), Error> {
        let largest = self.pairs.iter().flatten().max().map_or(0, |&v| u64::from(v) + 1);
        range("vectors of bits that are multiplied", 0, self.masks as u64, largest)
    }

    fn correction(&self) -> Option<(usize, usize)> {
        Some((1, packed_len(self.len, 1).saturating_mul(self.pairs.len())))
    }

    fn memory(&self) -> u128 {
        // Vectors of no bits are steps of a loop, too.
        let vectors = self.masks.max(self.pairs.len()) as u128;
        let words = (self.len as u128).div_ceil(64).max(1);
        (self.len as u128 * 64).saturating_add(vectors.saturating_mul(words) * 8)
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        deal(dealing, self.len, self.masks, &self.pairs, out);
        Ok(())
    }

    fn encode(&self, out: &mut Writer) {
        [self.len, self.masks, self.pairs.len()].iter().for_each(|&size| out.number(size as u64));
        self.pairs.iter().for_each(|&[a, b]| out.number(u64::from(a) << 16 | u64::from(b)));
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let [len, masks, count] = [from.size()?, from.size()?, from.count(8)?];
        let mut pair = || from.small().map(|pair| [(pair >> 16) as u16, pair as u16]);
        Ok(Self { len, masks, pairs: (0..count).map(|_| pair()).collect::<Result<_, _>>()? })
    }
}

impl fmt::Debug for BitProductsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BitProducts({} of {} vectors of {})", self.pairs.len(), self.masks, self.len)
    }
}

/// Products of pairs of so many vectors of bits. The dealer sends a bit for every product.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::bits::BitProducts, share::BitShare};
/// fn twice(products: BitProducts, b: &BitShare) {
///     products.mask(&[b, b]);
///     products.mask(&[b, b]);
/// }
/// ```
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
        BitProductsRequest { len, masks, pairs }.into()
    }

    /// Takes the products of some `pairs` of `masks` vectors of `len` bits.
    ///
    /// # Errors
    /// If they are not next in the store.
    ///
    /// # Panics
    /// If a pair names a vector that is none of them.
    pub fn take(store: &mut Store, len: usize, masks: usize, pairs: &Arc<[[u16; 2]]>) -> Result<Self, Error> {
        assert!(pairs.iter().flatten().all(|&v| usize::from(v) < masks), "pairs of {masks} vectors of bits");
        let pairs = pairs.clone();
        let source = store.take(BitProductsRequest { len, masks, pairs: pairs.clone() })?;
        Ok(Self { source, len, masks, pairs })
    }

    /// What is to be opened: the vectors masked, each in whole bytes, one behind the other.
    ///
    /// # Panics
    /// If there are other vectors than was dealt for, or of other lengths.
    pub fn mask(self, vectors: &[&BitShare]) -> (Vec<u8>, Masked<Self>) {
        assert_eq!(vectors.len(), self.masks, "vectors of bits and those dealt for");
        (masked(&self.source, MASKS, self.len, vectors), Masked::new(self))
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
    pub fn finish(self, all: &[u8]) -> Result<Vec<BitShare>, Error> {
        let BitProducts { source, len, masks, pairs } = self.into_inner();
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
fn deal(dealing: &Dealing<'_>, len: usize, masks: usize, pairs: &[[u16; 2]], out: &mut [u8]) {
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
