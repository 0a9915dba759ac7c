//! Comparison with zero by Legendre symbols in a 64-bit prime field.
//!
//! There are primes p such that the Legendre symbol (2x + 1 | p) is the sign of x (sgn(0) = +1) for all x in an interval
//! around zero. With more symbols the interval gets longer: bsgn_κ is the majority of the 2κ + 1 symbols
//! (2x + 1 + 2i | p), i = −κ..κ. Abspoel, Bouman, Schoenmakers, de Vreede,
//! *Fast secure comparison for medium-sized integers and its application in binarized neural
//! networks*, CT-RSA 2019 (eprint 2018/1236), have the primes of the three [`Variant`]s. All of them
//! are 3 mod 4, so that (−1|p) = −1 and the intervals are symmetric about −1/2.
//!
//! There, x is shared modulo p. Here it is shared over Z_2^k, with x of b bits as a signed number and b < k, and with a
//! dealer it takes two rounds:
//!
//! 1. *Into the field.* With u = x + 2^(b−1), which fits b bits, and a random r of b + 1 bits, open
//!    y = u + r mod 2^(b+1). The sum wraps if and only if r has its top bit set and y has not: if r has
//!    not, u + r < 2^(b+1); if r has, 2^b ≤ u + r < 2^b + 2^(b+1), so y has its top bit set if and only
//!    if there is no wrap. Hence, in the integers and so modulo p,
//!    2x + 1 + 2i = A_i + ρ with A_i = 2y − 2^b + 1 + 2i public, and ρ = −2r if y has its top bit,
//!    −2r + 2^(b+2)·r_top if not.
//! 2. *Masked symbols.* For every i the dealer shares a random t_i and both candidates of t_i·ρ,
//!    modulo p. So everybody has a share of b_i = A_i·t_i + t_i·ρ = (2x + 1 + 2i)·t_i, which is
//!    opened. It is a random unit whatever x is: 2x + 1 + 2i is odd and smaller than p in magnitude
//!    ([`MAX_BITS`]), so it is a unit, and so is t_i except with probability 1/p < 2^-61.
//! 3. *Majority.* (2x + 1 + 2i | p) = (b_i|p)·(t_i|p). Let c_i and σ_i be the bits that say that (b_i|p)
//!    and (t_i|p) are −1. \[x < 0\] is the majority of all σ_i ⊕ c_i. The majority of complements is
//!    the complement of the majority, so that is c_{−κ} ⊕ the majority of all σ_i ⊕ (c_i ⊕ c_{−κ}). The
//!    dealer shares a table of the latter over the 2κ bits c_i ⊕ c_{−κ}, i > −κ: 1, 4 or 16 entries in
//!    whatever ring the caller wants. The last step is that of [`tables`](super::tables).
//!
//! | step | local | opened bits for each value | dealer's bytes for each value |
//! | --- | --- | --- | --- |
//! | [`Legendre::mask`] | x + r | b + 1 | |
//! | [`Masked::products`] | A_i·t_i + t_i·ρ | 64·(2κ + 1) | 16·(2κ + 1) |
//! | [`Products::finish`] | symbols of b_i, table | | 4^κ elements of the result |
//!
//! Every step consumes the one before. The dealer computes the symbols of its t_i in constant time, which at 7 ns a symbol
//! (AVX-512) is cheaper than corrections that would fix the symbols in advance, such as for t_i = ±s_i².

mod deal;
mod elements;
mod shape;
mod variant;

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use self::deal::deal;
use self::shape::{BLOCK, ENTRIES, PRODUCTS, R, Shape, T};
pub use self::variant::Variant;
use super::small_table::{self, Vectors};
use crate::field::Field;
use crate::offline::{
    Cost, Dealing, Dealt, DecodeError, Elements, Error, Kind, Masked, Reader, Request, Source, Store, Writer,
    range,
};
use crate::ring::{Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::{Share, add_public};
use crate::with_word;

/// The longest values: 2x + 1 + 2i, at most 2^61 + 5, is below all three primes.
pub const MAX_BITS: u32 = 61;

/// Bytes that the dealer sends for `len` values. `usize::MAX` stands for more than can be addressed.
fn dealer_bytes(len: usize, variant: Variant, output: Elements) -> usize {
    let entries = variant.entries().saturating_mul(packed_len(len, output.bits));
    len.saturating_mul(16 * variant.symbols()).saturating_add(entries)
}

/// The cost of `len` comparisons of `bits` bits among parties that open directly.
pub fn cost(len: usize, bits: u32, variant: Variant, output: Elements) -> Cost {
    Cost {
        rounds: 2,
        opened_bits: len as u64 * (bits as u64 + 1 + 64 * variant.symbols() as u64),
        dealer_bytes: dealer_bytes(len, variant, output) as u64,
    }
}

/// Asks for comparisons with zero by Legendre symbols.
#[derive(Clone, PartialEq, Eq)]
pub struct LegendreRequest {
    /// Number of values.
    pub len: usize,
    /// Bits of the word that holds the values.
    pub word: u32,
    /// Bits of the values.
    pub bits: u32,
    /// Which symbols.
    pub variant: Variant,
    /// The results' ring.
    pub output: Elements,
}

impl Kind for LegendreRequest {
    const NAME: &'static str = "legendre";

    fn check(&self, _: usize) -> Result<(), Error> {
        let bits = self.bits;
        range("bits of a comparison by Legendre symbols", 2, MAX_BITS.into(), bits.into())?;
        Elements { word: self.word, bits: bits + 1 }.check()?;
        self.output.check()
    }

    fn correction(&self) -> Option<(usize, usize)> {
        Some((1, dealer_bytes(self.len, self.variant, self.output)))
    }

    fn memory(&self) -> u128 {
        self.len as u128 * 1024
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let Self { len, word, bits, variant, output } = *self;
        with_word!(output.word, O => deal::<O>(dealing, len, [word, bits], variant, output, out));
        Ok(())
    }

    fn encode(&self, out: &mut Writer) {
        let variant = self.variant.kappa() as u64;
        for number in [self.len as u64, self.word.into(), self.bits.into(), variant] {
            out.number(number);
        }
        out.elements(self.output);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (len, word, bits) = (from.size()?, from.small()?, from.small()?);
        let malformed = DecodeError::Shape { what: "variant of a comparison by Legendre symbols" };
        let variant = *Variant::ALL.get(from.size()?).ok_or(malformed)?;
        Ok(Self { len, word, bits, variant, output: from.elements()? })
    }
}

impl fmt::Debug for LegendreRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { len, word, bits, variant, output } = self;
        write!(f, "Legendre({len} by {variant:?}, {bits} bits in words of {word}, result {output})")
    }
}

/// What the comparison of a vector takes: values in R, results in O.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::compare::legendre::Legendre, ring::Z2, share::Share};
/// fn twice(legendre: Legendre<Z2<14>, Z2<14>>, x: &Share<Z2<14>>) {
///     legendre.mask(x);
///     legendre.mask(x);
/// }
/// ```
pub struct Legendre<R, O> {
    dealt: Dealt<LegendreRequest>,
    rings: PhantomData<(R, O)>,
}

impl<R2: Ring, O: Ring> Legendre<R2, O> {
    /// What to ask the dealer for.
    pub fn request(len: usize, bits: u32, variant: Variant) -> Request {
        Self::kind(len, bits, variant).into()
    }

    fn kind(len: usize, bits: u32, variant: Variant) -> LegendreRequest {
        LegendreRequest { len, word: R2::Word::BITS, bits, variant, output: Elements::of::<O>() }
    }

    /// Takes the comparison of `len` values of `bits` bits, with results in O.
    ///
    /// # Errors
    /// If it is not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 2..=61, or not below k.
    pub fn take(store: &mut Store, len: usize, bits: u32, variant: Variant) -> Result<Self, Error> {
        let most = MAX_BITS.min(R2::BITS - 1);
        assert!((2..=most).contains(&bits), "{bits} bits compared, at most {most} are taken");
        Ok(Self { dealt: store.dealt(Self::kind(len, bits, variant))?, rings: PhantomData })
    }

    /// What is to be opened modulo 2^(b+1): x + 2^(b−1) + r.
    ///
    /// # Panics
    /// If x has another length than the comparison is for.
    pub fn mask(self, x: &Share<R2>) -> (Vec<R2::Word>, Masked<Self>) {
        let (y, dealt) = self.dealt.mask(x.expose());
        (y, dealt.map(|dealt| Self { dealt, rings: PhantomData }))
    }
}

impl<R2: Ring, O: Ring> Masked<Legendre<R2, O>> {
    /// What is to be opened modulo p, given y: all b_i, `[symbols, values]`.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If y has another length than [`Legendre::mask`] gave.
    pub fn products(self, y: &[R2::Word]) -> Result<(Vec<u64>, Products<O>), Error> {
        let (b, symbols) = self.map(|legendre| legendre.dealt).products(y)?;
        Ok((b, Products { symbols, ring: PhantomData }))
    }
}

impl LegendreRequest {
    fn shape(&self) -> Shape {
        Shape { len: self.len, bits: self.bits, variant: self.variant }
    }
}

impl Dealt<LegendreRequest> {
    /// [`Legendre::mask`], word by word.
    pub(crate) fn mask<W: Word>(self, x: &[W]) -> (Vec<W>, Masked<Self>) {
        assert_eq!(x.len(), self.asked.len, "values and comparisons dealt");
        let mut y = self.source.masked(R, x);
        add_public(self.source.party(), W::one() << (self.asked.bits - 1) as usize, &mut y);
        (y, Masked::new(self))
    }
}

impl Masked<Dealt<LegendreRequest>> {
    /// [`Masked::products`], word by word.
    pub(crate) fn products<W: Word>(self, y: &[W]) -> Result<(Vec<u64>, Symbols), Error> {
        let dealt = self.into_inner();
        let (source, shape) = (&dealt.source, dealt.asked.shape());
        assert_eq!(y.len(), shape.len, "opened values and comparisons dealt");
        let mut b = Scratch::zeros(y.len() * shape.variant.symbols());
        let mut block = Block::new(BLOCK.min(y.len()));
        for (n, y) in y.chunks(BLOCK).enumerate() {
            block.start(shape, y);
            for (i, shift) in shape.variant.shifts().enumerate() {
                let at = i * shape.len + n * BLOCK;
                block.products(source, shape.field(), shift, at, &mut b[at..][..y.len()])?;
            }
        }
        Ok((b.take(), Symbols(dealt)))
    }
}

/// Some values on their way to their b_i.
struct Block {
    /// 2y − 2^b, in Montgomery form.
    public: Vec<u64>,
    /// y's top bit.
    top: Vec<u64>,
    places: Vec<u64>,
    t: Scratch<u64>,
    random: Scratch<u128>,
}

impl Block {
    fn new(size: usize) -> Self {
        let [public, top, places] = [(); 3].map(|()| vec![0; size]);
        Self { public, top, places, t: Scratch::zeros(size), random: Scratch::zeros(size) }
    }

    fn start<W: Word>(&mut self, shape: Shape, y: &[W]) {
        let field = shape.field();
        let offset = field.to_montgomery(1 << shape.bits);
        for ((public, top), y) in self.public.iter_mut().zip(&mut self.top).zip(y) {
            let y = y.low64() & u64::mask(shape.bits + 1);
            *public = field.sub(field.to_montgomery(2 * y), offset);
            *top = y >> shape.bits;
        }
    }

    /// The b_i of one symbol, where `shift` is 1 + 2i in Montgomery form and `at` the place of the
    /// first among all t_i.
    fn products(
        &mut self,
        source: &Source,
        field: Field,
        shift: u64,
        at: usize,
        out: &mut [u64],
    ) -> Result<(), Error> {
        let (t, random) = (&mut self.t[..out.len()], &mut self.random[..out.len()]);
        source.elements(T, at, field, random, t);
        let places = &mut self.places[..out.len()];
        for (i, (place, top)) in places.iter_mut().zip(&self.top).enumerate() {
            *place = 2 * (at + i) as u64 + top;
        }
        source.chosen_elements(PRODUCTS, places, field, random, out)?;
        for ((b, t), public) in out.iter_mut().zip(t).zip(&self.public) {
            *b = field.add(*b, field.montgomery_mul(field.add(*public, shift), *t));
        }
        Ok(())
    }
}

/// What is left when the b_i have been masked.
///
/// Finished twice, they do not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::compare::legendre::Products, ring::Z2};
/// fn twice(products: Products<Z2<14>>) {
///     let _ = products.finish(&[], [0, 1]);
///     let _ = products.finish(&[], [0, 1]);
/// }
/// ```
pub struct Products<O> {
    symbols: Symbols,
    ring: PhantomData<O>,
}

impl<O: Ring> Products<O> {
    /// `values[0]` where x ≥ 0 and `values[1]` where x < 0, given all b_i.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `opened` has another length than [`Masked::products`] gave.
    pub fn finish(self, opened: &[u64], values: [O::Word; 2]) -> Result<Share<O>, Error> {
        self.symbols.finish(opened, values).map(Share::of)
    }
}

/// [`Products`] without the ring.
pub(crate) struct Symbols(Dealt<LegendreRequest>);

impl Symbols {
    /// [`Products::finish`], word by word.
    pub(crate) fn finish<O: Word>(self, opened: &[u64], values: [O; 2]) -> Result<Scratch<O>, Error> {
        let Dealt { source, asked } = self.0;
        let shape = asked.shape();
        assert_eq!(opened.len(), shape.len * shape.variant.symbols(), "opened products");
        let words = shape.len.div_ceil(64);
        let mut c = vec![0; words * shape.variant.symbols()];
        let symbols = c.chunks_exact_mut(words.max(1)).zip(opened.chunks_exact(shape.len.max(1)));
        symbols.for_each(|(c, b)| shape.field().symbols(b, c));
        let (flips, address) = c.split_at_mut(words);
        for address in address.chunks_exact_mut(words.max(1)) {
            address.iter_mut().zip(&*flips).for_each(|(c, flip)| *c ^= flip);
        }
        let (region, bits) = (shape.products_bytes(), asked.output.bits);
        let vectors = Vectors { source: &source, region, bits, len: shape.len };
        let mut out = Scratch::zeros(shape.len);
        let block = small_table::block(shape.variant.entries(), shape.len);
        let mut scratch = Scratch::zeros(block * shape.variant.entries());
        for (n, out) in out.chunks_mut(block.max(1)).enumerate() {
            let at = n * block;
            let load = |e: usize, out: &mut [O]| vectors.load(ENTRIES, e, e, at, out);
            vectors.look_up(address, at, &mut scratch, out, load)?;
            vectors.flip(&flips[at / 64..], out, values);
        }
        Ok(out)
    }
}
