//! Piecewise linear functions of a masked number: one opening serves the lookup of the segment and the product with the
//! distance from its node.
//!
//! Let x have m + l bits, let y = x + r be opened modulo 2^(m+l), and call the high m bits of y and r H(y) and H(r), their
//! low l bits Y and R. With j = H(y) − H(r) modulo 2^m, t = Y − R and β = \[Y < R\]
//!
//! x = 2^l·j + t, −2^l < t < 2^l, and t < 0 exactly if β = 1:
//!
//! no wrap is left in t. Node j is at one end of x's segment, on the right if β = 1. So with values N_j at the nodes and
//! D_j = N_{j+1} − N_j the [function](crate::function::Piecewise) is
//!
//! v = 2^l·N_j + t·D_{j−1} + t⁺·B_j, B_j = D_j − D_{j−1}, t⁺ = (1 − β)·t.
//!
//! **Lookup.** The dealer XOR-shares e, the 2^m bits of which bit H(r) alone is set. Bit b of a word W_j is
//! ⊕_i e_i·b(W_{H(y)−i}): the parties turn e by the public H(y) and take the parity of what it has in common with a public
//! vector. So 2^m bits serve any number of words, where a table of elements takes 2^m elements for each. β comes likewise
//! from 2^l bits, of which bit i is \[i < R\].
//!
//! **Product.** The bits of N_j, D_{j−1} and B_j, less public offsets that make them non-negative, and β are opened under masks:
//! δ = bit ⊕ ρ and γ = β ⊕ σ. Then bit·M = \[δ = 0\]·ρM + \[δ = 1\]·(M − ρM) for M = 1, t and t⁺, and ρM is linear in what the
//! dealer shares, with the public Y and γ:
//!
//! | M | M itself | ρM |
//! | --- | --- | --- |
//! | 1 | 1 | ρ |
//! | t | Y − R | Y·ρ − ρR |
//! | t⁺, γ = 1 | Y·σ − σR | Y·ρσ − ρσR |
//! | t⁺, γ = 0 | Y − R, less that | Y·ρ − ρR, less that |
//!
//! The result is in Z_2^k, where bit i of D and B has the weight 2^i and that of N 2^(l+i): of what is multiplied by 2^w only
//! k − w bits count, and only these are dealt.
//!
//! Two rounds. With n, d and b bits of N, D and B: m + l opened bits, then n + d + b + 1; and from the dealer
//!
//! 2^m + 2^l + Σ_{i<n} (k − l − i) + 2·Σ_{i<d} (k − i) + 4·Σ_{i<b} (k − i) + 3k bits.
//!
//! The vectors of 2^m and 2^l bits take words of 8, 16, 32 bits or of several times 64. Without low bits (l = 0) this is a
//! lookup in a table of numbers: m opened bits, then n; and 2^m + Σ_{i<n} (k − i) bits from the dealer.
//!
//! One-time truth tables: Ishai et al., TCC 2013, section 3. A unit vector in place of a table, for any number of outputs:
//! Keller, Orsini, Rotaru, Scholl, Soria-Vazquez, Vivek, *Faster secure multi-party computation of AES and DES using lookup
//! tables*, ACNS 2017. Products of masked bits with dealt ones: as in [`Select`](crate::correlation::bits::Select).

mod deal;
mod finish;
mod kernel;
mod shape;

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use self::deal::deal;
pub use self::shape::Shape;
use self::shape::{BLOCK, LOW, MASK, UNIT};
use crate::function::Piecewise;
use crate::offline::planes::{bytes, words};
use crate::offline::{
    Dealing, Dealt, DecodeError, Elements, Error, Kind, Masked, Reader, Request, Store, Work, Writer,
};
use crate::ring::{Ring, Word};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};
use crate::with_word;

// Nanoseconds, measured with tanh in the build of the tests, which checks for overflow: more than a release takes.

/// An element that is used.
const ELEMENT: f64 = 2.5;
/// An element that is dealt to two parties, their randomness included.
const DEALT: f64 = 6.0;
/// A word of a unit vector that is dealt, and one that is looked up for each bit of the words.
const VECTOR: f64 = 5.0;
const LOOK_UP: f64 = 0.7;

/// Asks for what the interpolation of a vector takes. The function itself is not in it.
#[derive(Clone, PartialEq, Eq)]
pub struct InterpolationRequest {
    /// Number of values.
    pub len: usize,
    /// Bits of index, distance and words.
    pub shape: Shape,
    /// The ring of the result.
    pub output: Elements,
}

impl Kind for InterpolationRequest {
    const NAME: &'static str = "interpolation";

    fn check(&self, _: usize) -> Result<(), Error> {
        self.output.check()?;
        self.shape.check(self.output.bits)
    }

    fn correction(&self) -> Option<(usize, usize)> {
        // What has not been checked may have any shape.
        let bytes = self.check(1).map(|()| self.shape.dealer_bytes(self.len, self.output.bits));
        Some((1, bytes.unwrap_or(usize::MAX)))
    }

    fn memory(&self) -> u128 {
        // The correction, or unit vectors of up to 2^12 bits.
        self.correction().map_or(0, |(_, bytes)| bytes as u128) + self.len as u128 * 512
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        with_word!(self.output.word, W => deal::<W>(dealing, &self.shape, self.len, self.output.bits, out));
        Ok(())
    }

    fn work(&self, parties: usize) -> Work {
        if self.check(parties).is_err() {
            return Work::default();
        }
        let len = self.len as f64;
        let elements = len * self.shape.elements(self.output.bits).count() as f64;
        let vectors = len * (1u64 << self.shape.index).div_ceil(64) as f64;
        let looked_up = vectors * f64::from(self.shape.planes());
        Work {
            online: elements * ELEMENT + looked_up * LOOK_UP,
            dealer: (elements * DEALT + vectors * VECTOR) * parties as f64 / 2.0,
            ..Work::default()
        }
    }

    fn encode(&self, out: &mut Writer) {
        out.vector(self.len, self.output);
        self.shape.encode(out);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (len, output) = from.vector()?;
        Ok(Self { len, shape: Shape::decode(from)?, output })
    }
}

impl fmt::Debug for InterpolationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shape { index, low, widths: [nodes, slopes, bends] } = self.shape;
        write!(
            f,
            "Interpolation({}, index of {index} bits and {low}, words of {nodes}, {slopes} and ",
            self.len
        )?;
        write!(f, "{bends} bits, result {})", self.output)
    }
}

/// What the interpolation of a vector takes, with a result modulo 2^bits in O.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::Interpolation, ring::Z2, share::Share};
/// fn twice(interpolation: Interpolation<Z2<32>>, x: &Share<Z2<14>>) {
///     interpolation.mask(x);
///     interpolation.mask(x);
/// }
/// ```
pub struct Interpolation<O> {
    dealt: Dealt<InterpolationRequest>,
    ring: PhantomData<O>,
}

impl<O: Ring> Interpolation<O> {
    /// What to ask the dealer for, for `len` values and a result modulo 2^bits.
    pub fn request(len: usize, function: &Piecewise, bits: u32) -> Request {
        Self::kind(len, function, bits).into()
    }

    fn kind(len: usize, function: &Piecewise, bits: u32) -> InterpolationRequest {
        InterpolationRequest { len, shape: Shape::of(function, bits), output: Elements::low::<O>(bits) }
    }

    /// Takes what the interpolation of `len` values takes.
    ///
    /// # Errors
    /// If it is not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 1..=k.
    pub fn take(store: &mut Store, len: usize, function: &Piecewise, bits: u32) -> Result<Self, Error> {
        assert!((1..=O::BITS).contains(&bits), "a result of {bits} bits in a ring of {}", O::BITS);
        Ok(Self { dealt: store.dealt(Self::kind(len, function, bits))?, ring: PhantomData })
    }

    /// What is to be opened modulo 2^(m+l): x + r.
    ///
    /// # Panics
    /// If x has another length, or its ring fewer bits.
    pub fn mask<R: Ring>(self, x: &Share<R>) -> (Vec<u32>, Masked<Self>) {
        let bits = self.dealt.asked.shape.opened();
        assert!(bits <= R::BITS, "an index of {bits} bits in a ring of {}", R::BITS);
        let (y, dealt) = self.dealt.mask(x.expose());
        (y, dealt.map(|dealt| Self { dealt, ring: PhantomData }))
    }
}

impl<O: Ring> Masked<Interpolation<O>> {
    /// Looks the words of `function` up, given y.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If y has another length than the mask step gave, or the function another shape than what was dealt.
    pub fn look_up(self, y: &[u32], function: &Piecewise) -> Result<Segments<O>, Error> {
        let looked_up = self.map(|interpolation| interpolation.dealt).look_up(y, function)?;
        Ok(Segments { looked_up, ring: PhantomData })
    }
}

impl Dealt<InterpolationRequest> {
    /// [`Interpolation::mask`], word by word.
    pub(crate) fn mask<W: Word>(self, x: &[W]) -> (Vec<u32>, Masked<Self>) {
        assert_eq!(x.len(), self.asked.len, "values and interpolations dealt");
        let mut masked = vec![0u32; x.len()];
        self.source.random(MASK, 0, &mut masked);
        let mask = u32::mask(self.asked.shape.opened());
        masked.iter_mut().zip(x).for_each(|(y, x)| *y = y.wrapping_add(x.low64() as u32) & mask);
        (masked, Masked::new(self))
    }
}

impl Masked<Dealt<InterpolationRequest>> {
    /// [`Masked::look_up`], whatever the ring.
    pub(crate) fn look_up(self, y: &[u32], function: &Piecewise) -> Result<LookedUp, Error> {
        let dealt = self.into_inner();
        let Dealt { source, asked: InterpolationRequest { len, shape, output } } = &dealt;
        assert_eq!(y.len(), *len, "opened values and interpolations dealt");
        assert_eq!(*shape, Shape::of(function, output.bits), "the shape of a function and of what was dealt");
        let coefficients = function.coefficients();
        let looked_up = kernel::Planes::new(&coefficients.words, shape);
        let mut planes: Vec<_> = (0..shape.planes()).map(|_| Scratch::<u64>::zeros(words(*len))).collect();
        let (unit, low) = (shape.unit(), shape.thermometer());
        let mut scratch = Scratch::<u64>::zeros(BLOCK.min(*len) * unit.words.max(low.words));
        let mut block = Scratch::<u64>::zeros(looked_up.block());
        let (low_region, index_mask) = (unit.bytes(*len), u32::mask(shape.index));
        let mut indices = [0u32; BLOCK];
        for (b, y) in y.chunks(BLOCK).enumerate() {
            let indices = &mut indices[..y.len()];
            let at = b * (BLOCK / 64);
            let rows = &mut scratch[..y.len() * unit.words];
            unit.read(source, UNIT, 0, b * BLOCK, rows)?;
            indices.iter_mut().zip(y).for_each(|(c, y)| *c = y >> shape.low & index_mask);
            looked_up.look_up(rows, indices, at, &mut block, &mut planes);
            if shape.low > 0 {
                let rows = &mut scratch[..y.len() * low.words];
                low.read(source, LOW, low_region, b * BLOCK, rows)?;
                indices.iter_mut().zip(y).for_each(|(c, y)| *c = y & u32::mask(shape.low));
                if let Some(below) = planes.last_mut() {
                    kernel::bit_at(rows, indices, low.words, &mut below[at..]);
                }
            }
        }
        let planes = planes.into_iter().map(|plane| BitShare::from_words(plane.take(), *len)).collect();
        let y = y.iter().map(|y| y & ((1u32 << shape.low) - 1)).collect();
        Ok(LookedUp { dealt, planes, y, offsets: coefficients.offsets })
    }
}

/// An interpolation with its words looked up.
pub struct Segments<O> {
    looked_up: LookedUp,
    ring: PhantomData<O>,
}

impl<O: Ring> Segments<O> {
    /// What is to be opened next: the planes masked, each in whole bytes, one behind the other.
    pub fn masked(&self) -> Vec<u8> {
        self.looked_up.masked()
    }

    /// v modulo 2^bits, given what was opened.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `all` has another length than [`masked`](Self::masked) gave.
    pub fn finish(self, all: &[u8]) -> Result<Share<O>, Error> {
        self.looked_up.finish(all).map(Share::of)
    }
}

/// [`Segments`] without the ring.
pub(crate) struct LookedUp {
    dealt: Dealt<InterpolationRequest>,
    /// Shares of the bits of N, D and B, the lowest first, and of β.
    planes: Vec<BitShare>,
    /// Y.
    y: Vec<u32>,
    offsets: [i64; 3],
}

impl LookedUp {
    /// [`Segments::masked`].
    pub(crate) fn masked(&self) -> Vec<u8> {
        let planes: Vec<&BitShare> = self.planes.iter().collect();
        crate::offline::planes::masked(&self.dealt.source, shape::BITS, self.dealt.asked.len, &planes)
    }

    /// Bytes that are opened.
    fn opened_bytes(&self) -> usize {
        self.planes.len() * bytes(self.dealt.asked.len)
    }
}
