//! daBits: random bits shared as bits and as numbers.
//!
//! Bit j of a number is multiplied by 2^j, so only the low k − j bits of its mask ρ_j, shared as a number, count.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use num_traits::{One, Zero};

use crate::offline::loops::{BLOCK, flip, spread};
use crate::offline::planes::{bytes, masked, opened, words};
use crate::offline::rates::ELEMENT;
use crate::offline::{
    Dealing, Dealt, DecodeError, Elements, Error, Kind, Masked, Reader, Request, Store, Writer, range,
};
use crate::ring::{self, Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::add;
use crate::share::{BitShare, Share};
use crate::with_word;

const BITS: u64 = 0;
const NUMBERS: u64 = 1;
const _: () = assert!(crate::offline::apart(&[BITS, NUMBERS]));

/// Random bits for the planes of a vector of numbers in R: as bits, and plane j as numbers mod 2^(k − j).
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::bits::DaBits, ring::Z2, share::BitShare};
/// fn twice(dabits: DaBits<Z2<14>>, b: &BitShare) {
///     dabits.mask(&[b]);
///     dabits.mask(&[b]);
/// }
/// ```
pub struct DaBits<R> {
    dealt: Dealt<DaBitsRequest>,
    ring: PhantomData<R>,
}

/// Bytes of the corrections of the first `planes` planes.
fn correction_bytes(len: usize, planes: u32, bits: u32) -> usize {
    // No number has more than 128 bits.
    let planes = planes.min(bits).min(128);
    (0..planes).map(|j| packed_len(len, bits - j)).fold(0, usize::saturating_add)
}

/// Asks for random bits shared as bits and as numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct DaBitsRequest {
    /// Number of values.
    pub len: usize,
    /// Bits of every value.
    pub planes: u32,
    /// The numbers' ring.
    pub output: Elements,
}

impl Kind for DaBitsRequest {
    const NAME: &'static str = "dabits";

    fn check(&self, _: usize) -> Result<(), Error> {
        self.output.check()?;
        range("bits of a number", 1, self.output.bits.into(), self.planes.into())
    }

    fn correction(&self) -> Option<(usize, usize)> {
        Some((1, correction_bytes(self.len, self.planes, self.output.bits)))
    }

    fn memory(&self) -> u128 {
        self.len as u128 * (ELEMENT + u128::from(self.planes) * 16)
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let Elements { word, bits } = self.output;
        with_word!(word, W => deal::<W>(dealing, self.len, self.planes, bits, out));
        Ok(())
    }

    fn encode(&self, out: &mut Writer) {
        out.number(self.len as u64);
        out.number(self.planes.into());
        out.elements(self.output);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { len: from.size()?, planes: from.small()?, output: from.elements()? })
    }
}

impl fmt::Debug for DaBitsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DaBits({} of {} bits, result {})", self.len, self.planes, self.output)
    }
}

impl<R: Ring> DaBits<R> {
    /// What to ask the dealer for: `planes` planes, of which there are 1 to k.
    pub fn request(len: usize, planes: u32) -> Request {
        Self::kind(len, planes).into()
    }

    fn kind(len: usize, planes: u32) -> DaBitsRequest {
        DaBitsRequest { len, planes, output: Elements::of::<R>() }
    }

    /// Takes the daBits for `len` values of `planes` bits.
    ///
    /// # Errors
    /// If they are not next in the store.
    ///
    /// # Panics
    /// If `planes` is not in 1..=k.
    pub fn take(store: &mut Store, len: usize, planes: u32) -> Result<Self, Error> {
        assert!((1..=R::BITS).contains(&planes), "{planes} planes in a ring of {} bits", R::BITS);
        Ok(Self { dealt: store.dealt(Self::kind(len, planes))?, ring: PhantomData })
    }

    /// What is to be opened: the planes masked, each in whole bytes, one behind the other.
    ///
    /// # Panics
    /// If there are other planes than was dealt for, or of other lengths.
    pub fn mask(self, planes: &[&BitShare]) -> (Vec<u8>, Masked<Self>) {
        let (opened, dealt) = self.dealt.mask(planes);
        (opened, dealt.map(|dealt| Self { dealt, ring: PhantomData }))
    }
}

impl<R: Ring> Masked<DaBits<R>> {
    /// Σ 2^j·b_j over the planes, given what was opened.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `all` has another length than [`DaBits::mask`] gave.
    pub fn finish(self, all: &[u8]) -> Result<Share<R>, Error> {
        self.finish_values(all, [R::Word::zero(), R::Word::one()])
    }

    /// For one plane: `values[0]` where the bit is 0, `values[1]` where it is 1. For more planes: the line through these
    /// two values, at Σ 2^j·b_j.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    ///
    /// # Panics
    /// As [`finish`](Self::finish).
    pub fn finish_values(self, all: &[u8], values: [R::Word; 2]) -> Result<Share<R>, Error> {
        self.map(|dabits| dabits.dealt).finish_values(all, values).map(Share::of)
    }
}

impl Dealt<DaBitsRequest> {
    /// [`DaBits::mask`].
    pub(crate) fn mask(self, planes: &[&BitShare]) -> (Vec<u8>, Masked<Self>) {
        assert_eq!(planes.len(), self.asked.planes as usize, "planes and those dealt for");
        (masked(&self.source, BITS, self.asked.len, planes), Masked::new(self))
    }
}

impl Masked<Dealt<DaBitsRequest>> {
    /// [`Masked::finish_values`], word by word.
    pub(crate) fn finish_values<W: Word>(self, all: &[u8], values: [W; 2]) -> Result<Scratch<W>, Error> {
        let Dealt { source, asked: DaBitsRequest { len, planes, output } } = self.into_inner();
        assert_eq!(all.len(), planes as usize * bytes(len), "bytes of opened bits");
        let stride = len.next_multiple_of(64);
        let own = source.party() == 0;
        let mut out = Scratch::zeros(len);
        let mut term = Scratch::<W>::zeros(BLOCK.min(len));
        let mut c = [0; BLOCK / 64];
        for (b, out) in out.chunks_mut(BLOCK).enumerate() {
            let (term, c) = (&mut term[..out.len()], &mut c[..words(out.len())]);
            for j in 0..planes {
                let now = if j == 0 { &mut *out } else { &mut *term };
                let base = if j == 0 { values[0] } else { W::zero() };
                let factor = values[1].wrapping_sub(&values[0]) << j as usize;
                let ends = if own { [base, base.wrapping_add(&factor)] } else { [W::zero(); 2] };
                match source.correction() {
                    None => source.random(NUMBERS, j as usize * stride + b * BLOCK, now),
                    Some(_) => {
                        let region = correction_bytes(len, j, output.bits);
                        source.chosen(NUMBERS, region, output.bits - j, b * BLOCK, now)?;
                    }
                }
                opened(all, len, j as usize, b * BLOCK / 64, c);
                flip(c, now, factor, ends[0], ends[1]);
                if j > 0 {
                    add(out, term);
                }
            }
        }
        Ok(out)
    }
}

/// The correction of all planes' numbers, plane by plane.
fn deal<W: Word>(dealing: &Dealing<'_>, len: usize, planes: u32, bits: u32, out: &mut [u8]) {
    let stride = len.next_multiple_of(64);
    let mut rest = out;
    let mut rho = Scratch::<u64>::zeros(BLOCK / 64);
    let mut numbers = Scratch::<W>::zeros(BLOCK);
    for j in 0..planes {
        for at in (0..len).step_by(BLOCK) {
            let numbers = &mut numbers[..(len - at).min(BLOCK)];
            let rho = &mut rho[..words(numbers.len())];
            dealing.xor(BITS, j as usize * words(len) + at / 64, rho);
            spread(rho, numbers);
            dealing.correct(NUMBERS, j as usize * stride + at, numbers);
            let (now, later) = core::mem::take(&mut rest).split_at_mut(packed_len(numbers.len(), bits - j));
            ring::pack(numbers, bits - j, now);
            rest = later;
        }
    }
}
