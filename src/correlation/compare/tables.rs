//! Comparison with zero of k-bit values by tables of chunks, the heart of the library; and ReLU, equality and truncation by
//! the same means.
//!
//! Let y = x + r be opened for a random r, and let ' mean the low k − 1 bits. Then msb(x) = y_{k−1} ⊕ r_{k−1} ⊕ \[y' < r'\].
//! Cut r' and y' into chunks, the most significant first. For each chunk of r' the dealer XOR-shares a table, from which a
//! party takes its shares of two bits at the public chunk of y': *greater* (the chunk of r' is greater) and *equal*
//! (`kernel`). Each level combines groups of chunks, in one round (`combine`). One to three chunks are left in the end:
//!
//! - a boolean result is *greater* of the one chunk, ⊕ y_{k−1} ⊕ r_{k−1};
//! - for an arithmetic one the bits g_0, e_0, g_1, … are opened under masks ρ. With p = y_{k−1} ⊕ (g_0 ⊕ ρ_0) public and
//!   t = r_{k−1} ⊕ ρ_0 ⊕ e_0·g_1 ⊕ e_0·e_1·g_2, the result is t ⊕ p = p + (1 − 2p)·t. The dealer shares, in whatever ring the
//!   caller wants, a table of t over the opened e_0, g_1, …: 1, 4 or 16 entries.
//!
//! The same opened y serves other tasks ([`Task`]):
//!
//! - x = 0 if and only if y = r: the product of the *equal* bits of chunks of all k bits.
//! - A ReLU or a truncation lifts x into any ring: ⌊x / 2^f⌋ or one more is ⌊y / 2^f⌋ + v, where v is −⌊r / 2^f⌋ if y_{k−1} = 1,
//!   and 2^(k−f)·r_{k−1} more if not (the wrap, for x from 0 to 2^(k−1) − 1). The dealer shares −⌊r / 2^f⌋ and r_{k−1} and, for a
//!   ReLU, t times each (see below for one that drops nothing): (t ⊕ p)·(⌊y / 2^f⌋ + v) is linear in them. Of r_{k−1} as many bits
//!   are shared as the result has above k − f, none if it has no more.
//! - A ReLU that drops f bits compares only those above them: \[⌊y' / 2^f⌋ < ⌊r' / 2^f⌋\] differs from \[y' < r'\] where the two are
//!   equal and y' < r'. There x mod 2^(k−1) = y' − r' + 2^(k−1) is above 2^(k−1) − 2^f, so x is from −2^f + 1 to −1, or above
//!   2^(k−1) − 2^f, which is excluded. For such a negative x the sign is wrong, but y_{k−1} = r_{k−1}, since the borrow is what makes
//!   the top bit of x; so there is no wrap, and ⌊y / 2^f⌋ − ⌊r / 2^f⌋ = 0, the right result.
//! - A ReLU that drops nothing makes −r of the parties' shares r_i of r, which they draw in words of at least the result's bits: of
//!   Σ r_i the dealer shares what is above the k bits, modulo the result's ring, and Σ (2^k·above_i − r_i) = −r there. What
//!   was opened as y_i = x_i + r_i tells nothing with it: every share of the result but party 0's has its own share of t·v added or
//!   subtracted, a pseudorandom word that is used nowhere else, and party 0's is the result less the others.
//! - The exact floor subtracts \[the low f bits of y < those of r\], a comparison of these bits by their chunks.
//!
//! The one-time truth tables are those of Ishai et al., TCC 2013. [`Plan`] has the numbers.
//!
//! | step | local | opened bits for each value |
//! | --- | --- | --- |
//! | [`Comparison::mask`] | x + r | k |
//! | [`Masked::look_up`] | tables | |
//! | [`Chunks::masked`], [`Chunks::combine`] for each level | products | [`Plan::levels`] |
//! | [`Chunks::masked`], [`Chunks::finish`], [`Chunks::finish_shifted`] or [`Chunks::finish_bits`] | last table | 1, 3 or 5; none for bits |
//!
//! Every step consumes the one before: a mask can't be used twice.

mod chunks;
mod combine;
mod deal;
mod final_table;
mod finish;
mod kernel;
mod plan;
mod sections;

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

pub use self::chunks::Chunks;
use self::deal::deal;
pub use self::plan::{Estimate, Plan, Task, Wish};
use self::sections::{CHUNKS, R};
use crate::offline::loops::{self, BLOCK};
use crate::offline::planes::words;
use crate::offline::{
    Dealing, Dealt, DecodeError, Elements, Error, Kind, Masked, Reader, Request, Source, Store, Work, Writer,
    range,
};
use crate::ring::{Ring, Word};
use crate::secret::Scratch;
use crate::share::Share;
use crate::with_word;

/// Asks for comparisons with zero.
#[derive(Clone, PartialEq, Eq)]
pub struct CompareRequest {
    /// Number of values.
    pub len: usize,
    /// Bits of the word that holds the masks: the values' or, for ReLUs that drop nothing into rings of up to 64 bits, the
    /// result's if that is wider.
    pub word: u32,
    /// How they are compared.
    pub plan: Plan,
}

impl Kind for CompareRequest {
    const NAME: &'static str = "compare";

    fn check(&self, _: usize) -> Result<(), Error> {
        // What v would lack, no correction could give.
        range("bits of a mask's word", self.plan.mask_word(8).into(), 128, self.word.into())?;
        Elements { word: self.word, bits: self.plan.bits() }.check()?;
        self.plan.output().map_or(Ok(()), Elements::check)
    }

    fn correction(&self) -> Option<(usize, usize)> {
        Some((1, self.plan.dealer_bytes(self.len)))
    }

    fn memory(&self) -> u128 {
        // Tables of all chunks, and last ones of 50 elements.
        self.len as u128 * 1024
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        match self.word {
            8 => self.deal_masks(dealing, &self.masks::<u8>(dealing), out),
            16 => self.deal_masks(dealing, &self.masks::<u16>(dealing), out),
            32 => self.deal_masks(dealing, &self.masks::<u32>(dealing), out),
            64 => self.deal_masks(dealing, &self.masks::<u64>(dealing), out),
            // No more than 64 bits are compared.
            word => {
                let mut r = Scratch::<u64>::zeros(self.len);
                for (b, r) in r.chunks_mut(BLOCK).enumerate() {
                    dealing.sum_low(word, R, b * BLOCK, r);
                }
                self.deal_masks(dealing, &r, out);
            }
        }
        Ok(())
    }

    fn work(&self, parties: usize) -> Work {
        let estimate = self.plan.estimate();
        Work {
            online: estimate.party_ns * self.len as f64,
            // Of two parties: half of it is one's randomness, or nearly.
            dealer: estimate.dealer_ns * self.len as f64 * parties as f64 / 2.0,
            ..Work::default()
        }
    }

    fn encode(&self, out: &mut Writer) {
        out.number(self.len as u64);
        out.number(self.word.into());
        self.plan.encode(out);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { len: from.size()?, word: from.small()?, plan: Plan::decode(from)? })
    }
}

impl fmt::Debug for CompareRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compare({}, {} bits in words of {}, ", self.len, self.plan.bits(), self.word)?;
        match self.plan.output() {
            Some(output) => write!(f, "result {output})"),
            None => f.write_str("result bits)"),
        }
    }
}

impl CompareRequest {
    /// Asks for comparisons of `len` values in words W.
    pub(crate) fn of<W: Word>(len: usize, plan: Plan) -> Self {
        Self { len, word: plan.mask_word(W::BITS), plan }
    }

    /// All masks r.
    fn masks<W: Word>(&self, dealing: &Dealing<'_>) -> Scratch<W> {
        let mut r = Scratch::zeros(self.len);
        for (b, r) in r.chunks_mut(BLOCK).enumerate() {
            dealing.sum(R, b * BLOCK, r);
        }
        r
    }

    /// The correction, given the masks.
    fn deal_masks<W: Word>(&self, dealing: &Dealing<'_>, r: &[W], out: &mut [u8]) {
        let output = self.plan.output().map_or(8, |elements| elements.word);
        with_word!(output, O => deal::<W, O>(dealing, &self.plan, r, out));
    }
}

/// What the comparison of a vector takes.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::compare::Comparison, ring::Z2, share::Share};
/// fn twice(comparison: Comparison<Z2<14>>, x: &Share<Z2<14>>) {
///     comparison.mask(x);
///     comparison.mask(x);
/// }
/// ```
pub struct Comparison<R> {
    dealt: Dealt<CompareRequest>,
    ring: PhantomData<R>,
}

impl<R2: Ring> Comparison<R2> {
    /// What to ask the dealer for.
    pub fn request(len: usize, plan: &Plan) -> Request {
        Self::kind(len, plan.clone()).into()
    }

    fn kind(len: usize, plan: Plan) -> CompareRequest {
        CompareRequest::of::<R2::Word>(len, plan)
    }

    /// Takes the comparison of `len` values.
    ///
    /// # Errors
    /// If it is not next in the store.
    ///
    /// # Panics
    /// If the plan's bit length is above k.
    pub fn take(store: &mut Store, len: usize, plan: Plan) -> Result<Self, Error> {
        assert!(plan.bits() <= R2::BITS, "{} bits compared in a ring of {} bits", plan.bits(), R2::BITS);
        Ok(Self { dealt: store.dealt(Self::kind(len, plan))?, ring: PhantomData })
    }

    /// What is to be opened modulo 2^k: x + r.
    ///
    /// # Panics
    /// If x has another length than the comparison is for.
    pub fn mask(self, x: &Share<R2>) -> (Vec<R2::Word>, Masked<Self>) {
        let (y, dealt) = self.dealt.mask(x.expose());
        (y, dealt.map(|dealt| Self { dealt, ring: PhantomData }))
    }
}

impl<R2: Ring> Masked<Comparison<R2>> {
    /// Takes the shares of *greater* and *equal* of all chunks, given y.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If y has another length than [`Comparison::mask`] gave.
    pub fn look_up(self, y: &[R2::Word]) -> Result<Chunks, Error> {
        self.map(|comparison| comparison.dealt).look_up(y)
    }
}

impl Dealt<CompareRequest> {
    /// [`Comparison::mask`], word by word.
    pub(crate) fn mask<W: Word>(self, x: &[W]) -> (Vec<W>, Masked<Self>) {
        assert_eq!(x.len(), self.asked.len, "values and comparisons dealt");
        let masked = match self.asked.word {
            word if word == W::BITS => self.source.masked(R, x),
            word => with_word!(word, M => {
                let mut masks = Scratch::<M>::zeros(x.len());
                self.source.random(R, 0, &mut masks);
                x.iter().zip(masks.iter()).map(|(x, r)| x.wrapping_add(&W::truncate64(r.low64()))).collect()
            }),
        };
        (masked, Masked::new(self))
    }
}

impl Masked<Dealt<CompareRequest>> {
    /// [`Masked::look_up`], word by word.
    pub(crate) fn look_up<W: Word>(self, y: &[W]) -> Result<Chunks, Error> {
        let Dealt { source, asked: CompareRequest { len, word, plan } } = self.into_inner();
        assert_eq!(y.len(), len, "opened values and comparisons dealt");
        let words = words(len);
        let mut pairs = Scratch::zeros(2 * plan.chunks().len() * words);
        let mut top = vec![0; words];
        loops::bit(y, plan.bits() - 1, &mut top);
        let mut shift = plan.task().compared(plan.bits()).end;
        let mut region = 0;
        for (j, &width) in plan.chunks().iter().enumerate() {
            shift -= width;
            let (greater, equal) = pairs[2 * j * words..][..2 * words].split_at_mut(words);
            let table = Table { source: &source, section: CHUNKS + j as u64, region, len };
            match Plan::table_bytes(width) {
                1 => table.look_up::<u8, W>(y, shift, width, greater, equal)?,
                2 => table.look_up::<u16, W>(y, shift, width, greater, equal)?,
                4 => table.look_up::<u32, W>(y, shift, width, greater, equal)?,
                8 => table.look_up::<u64, W>(y, shift, width, greater, equal)?,
                _ => table.look_up_last(y, shift, width, greater)?,
            }
            region += len * Plan::table_bytes(width);
        }
        Ok(Chunks::new(source, plan, len, word, pairs, top))
    }
}

/// One chunk's tables.
struct Table<'a> {
    source: &'a Source,
    section: u64,
    region: usize,
    len: usize,
}

impl Table<'_> {
    fn look_up<T: Word, W: Word>(
        &self,
        y: &[W],
        shift: u32,
        width: u32,
        greater: &mut [u64],
        equal: &mut [u64],
    ) -> Result<(), Error> {
        let mut table = Scratch::<T>::zeros(BLOCK.min(self.len));
        let mut index = [0u8; BLOCK];
        let bits = greater.chunks_mut(BLOCK / 64).zip(equal.chunks_mut(BLOCK / 64));
        for (b, (y, (greater, equal))) in y.chunks(BLOCK).zip(bits).enumerate() {
            let (table, index) = (&mut table[..y.len()], &mut index[..y.len()]);
            self.source.chosen(self.section, self.region, T::BITS, b * BLOCK, table)?;
            kernel::chunk(y, shift, width, index);
            kernel::look_up(index, table, greater, equal);
        }
        Ok(())
    }

    fn look_up_last<W: Word>(
        &self,
        y: &[W],
        shift: u32,
        width: u32,
        greater: &mut [u64],
    ) -> Result<(), Error> {
        let [mut low, mut high] = [(); 2].map(|()| Scratch::<u64>::zeros(BLOCK.min(self.len)));
        let mut index = [0u8; BLOCK];
        let stride = self.len.next_multiple_of(64);
        for (b, (y, greater)) in y.chunks(BLOCK).zip(greater.chunks_mut(BLOCK / 64)).enumerate() {
            let (low, high) = (&mut low[..y.len()], &mut high[..y.len()]);
            let index = &mut index[..y.len()];
            let at = b * BLOCK;
            self.source.chosen(self.section, self.region, 64, at, low)?;
            // Behind the low words: at their stride as randomness, at their length as correction.
            match self.source.correction() {
                None => self.source.random(self.section, stride + at, high),
                Some(_) => self.source.chosen(self.section, self.region + 8 * self.len, 64, at, high)?,
            }
            kernel::chunk(y, shift, width, index);
            kernel::look_up_last(index, low, high, greater);
        }
        Ok(())
    }
}
