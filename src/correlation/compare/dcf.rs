//! Comparison with zero by distributed comparison functions: two parties, one round.
//!
//! Let y = x + r be opened for a random r, and ' mean the low n = k − 1 bits. Then
//! msb(x) = y_{k−1} ⊕ t with t = r_{k−1} ⊕ \[y' < r'\]. The dealer gives the parties a *distributed
//! comparison function*: keys from which each computes its additive share of t at any y' by itself,
//! in whatever ring the caller wants. The flip by the public y_{k−1} is linear. After Boyle, Chandran,
//! Gilboa, Gupta, Ishai, Kumar, Rathee, *Function secret sharing for mixed-mode and fixed-point secure
//! computation*, EUROCRYPT 2021: section 3 and figure 1 for the function. The reduction of
//! signed comparison to it is theirs too.
//!
//! **The tree.** A binary tree of depth n has a leaf for each y'. At party b ∈ {0, 1} every node has a seed s_b and a
//! control bit c_b. Off the path to the leaf r', both parties have the same seed and bit; on it, the seeds are independent
//! and c_0 ≠ c_1. At the root, the seeds are the parties' own randomness, and c_b = b. For the child j of a node, the
//! generator (`prg`) gives a block S_j(s), which is a seed and a control bit, and a ring element V_j(s). For each level, the
//! dealer sends corrections S, C_0, C_1 and V to both parties. At the child j
//!
//! - (s_b, c_b) becomes S_j(s_b) ⊕ c_b·(S ‖ C_j);
//! - the party adds V_j(s_b) + c_b·V to its sum. What counts is the first party's sum minus the second's.
//!
//! Where nodes are equal, so are their children and what is added: below the place at which y' leaves the path, nothing
//! changes. So S makes the seeds of the *lost* child (the one off the path) equal, and C_0 and C_1 make the control bits
//! equal at the lost child and different at the *kept* one. V makes the sums differ by t where the path is left here. With U
//! for the difference of the sums so far,
//!
//! V = ±(t − U − V_lost(s_0) + V_lost(s_1)), minus where c_1 = 1; t = r_{k−1} ⊕ \[the lost child is left\].
//!
//! The flip by r_{k−1} costs nothing, since t may be anything that is constant on each lost subtree.
//!
//! **The leaves.** Where the elements of a whole subtree fit a block of 128 bits, it is one leaf: the
//! party adds element y' mod 2^m of V_0(s_b) + c_b·L, where L corrects all elements. With elements of 16 bits
//! that replaces 3 levels, with bits 7. (The early termination of Boyle, Gilboa, Ishai, *Function secret
//! sharing: improvements and extensions*, CCS 2016.)
//!
//! Both parties need the same corrections, so the dealer sends them twice. A party's key says nothing of r: the corrections
//! are masked by what the other party's seeds give. With m = ⌊log2(128 / w)⌋ for a result in a ring of w bits, and
//! K = max(0, n − m) levels:
//!
//! | rounds | opened bits for each value | dealer's bits for each value, to each party |
//! | --- | --- | --- |
//! | 1 | k | K·(129 + w) + 128: from 16 bytes (K = 0) to 2,040 (k = 64, w = 128) |
//!
//! | step | local | AES calls for each value |
//! | --- | --- | --- |
//! | the dealer | both trees along r' | 8·K + 2 |
//! | [`Dcf::mask`] | x + r | |
//! | [`Masked::finish`] or [`Masked::finish_bits`] | one tree along y' | 2·K + 1 |

mod deal;
mod eval;
mod prg;
mod shape;

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use self::deal::deal;
use self::eval::Walk;
use self::prg::{blocks_mut, root};
use self::shape::{BLOCK, R, ROOTS, Shape};
use crate::correlation::bits::lowest;
use crate::offline::loops::{bit, flip};
use crate::offline::{
    Dealing, Dealt, DecodeError, Elements, Error, Kind, Masked, Reader, Request, Store, Work, Writer, range,
};
use crate::ring::{Ring, Word, Z2};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};
use crate::with_word;

/// Nanoseconds for a level of a party's tree.
const LEVEL: f64 = 6.0;

/// Asks for distributed comparison functions, for two parties.
#[derive(Clone, PartialEq, Eq)]
pub struct DcfRequest {
    /// Number of values.
    pub len: usize,
    /// How the values are held, and the bits that are compared.
    pub input: Elements,
    /// The result's ring.
    pub output: Elements,
}

impl Kind for DcfRequest {
    const NAME: &'static str = "dcf";

    fn check(&self, parties: usize) -> Result<(), Error> {
        range("parties of a comparison by DCF", 2, 2, parties as u64)?;
        self.input.check()?;
        range("bits of a comparison", 2, 64, self.input.bits.into())?;
        self.output.check()
    }

    /// Both parties get the same keys.
    fn correction(&self) -> Option<(usize, usize)> {
        Some((2, key_bytes(self.len, self.input.bits, self.output.bits)))
    }

    fn memory(&self) -> u128 {
        // 63 levels of two blocks and a bit.
        self.len as u128 * 4096
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let Self { len, input, output } = *self;
        with_word!(output.word, O => deal::<O>(dealing, len, [input.word, input.bits], output.bits, out));
        Ok(())
    }

    fn work(&self, _: usize) -> Work {
        let levels = f64::from(self.input.bits) * self.len as f64;
        Work { online: LEVEL * levels, dealer: 4.0 * LEVEL * levels, ..Work::default() }
    }

    fn encode(&self, out: &mut Writer) {
        out.vector(self.len, self.input);
        out.elements(self.output);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (len, input) = from.vector()?;
        Ok(Self { len, input, output: from.elements()? })
    }
}

impl fmt::Debug for DcfRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dcf({}, {}, result {})", self.len, self.input, self.output)
    }
}

/// Distributed comparison functions for a vector of values in R, with results in O.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::compare::dcf::Dcf, ring::Z2, share::Share};
/// fn twice(dcf: Dcf<Z2<14>, Z2<14>>, x: &Share<Z2<14>>) {
///     dcf.mask(x);
///     dcf.mask(x);
/// }
/// ```
pub struct Dcf<R, O> {
    dealt: Dealt<DcfRequest>,
    rings: PhantomData<(R, O)>,
}

/// Bytes of the keys that each party gets for `len` comparisons of `bits` bits (2 to 64) with results of `output` bits
/// (1 to 128). `usize::MAX` stands for more than can be addressed.
///
/// ```
/// use ringshare::correlation::compare::dcf::key_bytes;
/// let bytes = |bits, output| key_bytes(256, bits, output) / 256; // for each value
/// assert_eq!([bytes(2, 8), bytes(14, 16), bytes(64, 64), bytes(64, 128)], [16, 197, 1511, 2039]);
/// ```
pub fn key_bytes(len: usize, bits: u32, output: u32) -> usize {
    Shape::new(bits, output).bytes(len)
}

impl<R2: Ring, O: Ring> Dcf<R2, O> {
    /// What to ask the dealer for: comparisons of `len` values on their low `bits` bits.
    pub fn request(len: usize, bits: u32) -> Request {
        Self::kind(len, bits).into()
    }

    fn kind(len: usize, bits: u32) -> DcfRequest {
        DcfRequest { len, input: Elements::low::<R2>(bits), output: Elements::of::<O>() }
    }

    /// Takes the functions for `len` values of `bits` bits.
    ///
    /// # Errors
    /// If they are not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 2..=64 or above k.
    pub fn take(store: &mut Store, len: usize, bits: u32) -> Result<Self, Error> {
        let most = R2::BITS;
        assert!((2..=most.min(64)).contains(&bits), "{bits} bits compared in a ring of {most} bits");
        Ok(Self { dealt: store.dealt(Self::kind(len, bits))?, rings: PhantomData })
    }

    /// What is to be opened modulo 2^bits: x + r.
    ///
    /// # Panics
    /// If x has another length than the functions are for.
    pub fn mask(self, x: &Share<R2>) -> (Vec<R2::Word>, Masked<Self>) {
        let (y, dealt) = self.dealt.mask(x.expose());
        (y, dealt.map(|dealt| Self { dealt, rings: PhantomData }))
    }
}

impl<R2: Ring, O: Ring> Masked<Dcf<R2, O>> {
    /// The share of `values[0]` where x ≥ 0 and of `values[1]` where x < 0, given y.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If y has another length than [`Dcf::mask`] gave.
    pub fn finish(self, y: &[R2::Word], values: [O::Word; 2]) -> Result<Share<O>, Error> {
        self.map(|dcf| dcf.dealt).finish(y, values).map(Share::of)
    }
}

impl<R2: Ring> Masked<Dcf<R2, Z2<1>>> {
    /// The share of the bits \[x < 0\], given y.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If y has another length than [`Dcf::mask`] gave.
    pub fn finish_bits(self, y: &[R2::Word]) -> Result<BitShare, Error> {
        self.map(|dcf| dcf.dealt).finish_bits(y)
    }
}

impl Dealt<DcfRequest> {
    /// [`Dcf::mask`], word by word.
    pub(crate) fn mask<W: Word>(self, x: &[W]) -> (Vec<W>, Masked<Self>) {
        assert_eq!(x.len(), self.asked.len, "values and comparisons dealt");
        (self.source.masked(R, x), Masked::new(self))
    }

    /// The sums of this party's trees at y', and y_{k−1}.
    fn sums<W: Word, O: Word>(&self, y: &[W]) -> Result<(Scratch<O>, Vec<u64>), Error> {
        let DcfRequest { len, input, output } = self.asked;
        assert_eq!(y.len(), len, "opened values and comparisons dealt");
        let (mut sums, mut top) = (Scratch::zeros(len), vec![0; len.div_ceil(64)]);
        if self.source.is_dry() {
            return Ok((sums, top));
        }
        let shape = Shape::new(input.bits, output.bits);
        let mut key = self.source.correction().unwrap_or_default();
        let expected = shape.bytes(len);
        if key.len() != expected {
            return Err(Error::Correction { expected, found: key.len() });
        }
        let mut roots = Scratch::<u8>::zeros(16 * BLOCK.min(len));
        let mut walk = Walk::new(shape);
        for (b, (y, sums)) in y.chunks(BLOCK).zip(sums.chunks_mut(BLOCK)).enumerate() {
            let roots = &mut roots[..16 * y.len()];
            self.source.random(ROOTS, 16 * b * BLOCK, roots);
            let nodes = blocks_mut(roots);
            root(self.source.party(), nodes);
            walk.down(key, y, nodes, sums)?;
            key = &key[shape.block_bytes(y.len())..];
        }
        bit(y, input.bits - 1, &mut top);
        Ok((sums, top))
    }
}

impl Masked<Dealt<DcfRequest>> {
    /// [`Masked::finish`], word by word.
    pub(crate) fn finish<W: Word, O: Word>(self, y: &[W], values: [O; 2]) -> Result<Scratch<O>, Error> {
        let dealt = self.into_inner();
        let (mut t, top) = dealt.sums(y)?;
        let factor = values[1].wrapping_sub(&values[0]);
        if dealt.source.party() == 0 {
            flip(&top, &mut t, factor, values[0], values[1]);
        } else {
            flip(&top, &mut t, factor.wrapping_neg(), O::zero(), O::zero());
        }
        Ok(t)
    }

    /// [`Masked::finish_bits`], word by word.
    pub(crate) fn finish_bits<W: Word>(self, y: &[W]) -> Result<BitShare, Error> {
        let dealt = self.into_inner();
        let (t, top) = dealt.sums::<W, u8>(y)?;
        let mut negative = lowest(&t);
        if dealt.source.party() == 0 {
            negative.xor_assign(&BitShare::from_words(top, t.len()));
        }
        Ok(negative)
    }
}
