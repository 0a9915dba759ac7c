//! Masked lookup of a public function on m bits, or on two numbers of m bits together: one-time truth tables.
//!
//! The dealer shares T'\[c\] = T(c − r) for all c ∈ Z_2^m. The parties open c = x + r and take their shares of entry c. The
//! index is public, so no access depends on a secret, and a party whose shares are pseudorandom computes a single block. Ishai et al., TCC 2013, section 3; Damgård,
//! Nielsen, Nielsen, Ranellucci, *The TinyTable protocol*, CRYPTO 2017.
//!
//! Two numbers have a mask each: T'\[c_a, c_b\] = T(c_a − r_a, c_b − r_b), where
//! c_a = a + r_a modulo 2^m_a and c_b = b + r_b modulo 2^m_b. They are opened side by side in one
//! word, and summed each modulo its own power of two, so that nothing carries from b into a. One
//! number is a pair without a second: m_b = 0.
//!
//! One round. For each lookup, m_a + m_b opened bits, and 2^(m_a + m_b) elements from the dealer.

mod deal;

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use self::deal::{MASK_A, MASK_B, TABLE, deal};
use crate::function::{MAX_INDEX_BITS, Table};
use crate::offline::rates::RANDOM;
use crate::offline::{
    Dealing, DecodeError, Elements, Error, Kind, Masked, Reader, Request, Source, Store, Work, Writer,
};
use crate::ring::{Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::Share;
use crate::with_word;

/// Nanoseconds for an entry that is dealt: rotated and summed.
const ENTRY: f64 = 1.0;
/// Nanoseconds for a lookup at a party: one block of the generator.
const LOOKUP: f64 = 12.0;

/// Asks for masked tables.
#[derive(Clone, PartialEq, Eq)]
pub struct LookupRequest {
    /// Number of lookups.
    pub len: usize,
    /// The entries' ring.
    pub output: Elements,
    /// The public function, by value.
    pub table: Table,
}

impl LookupRequest {
    fn entries(&self) -> usize {
        self.len.saturating_mul(self.table.entries().len())
    }
}

impl Kind for LookupRequest {
    const NAME: &'static str = "lookup";

    /// A table has as many entries as its index has values, by its type.
    fn check(&self, _: usize) -> Result<(), Error> {
        self.output.check()
    }

    fn correction(&self) -> Option<(usize, usize)> {
        Some((1, packed_len(self.entries(), self.output.bits)))
    }

    fn memory(&self) -> u128 {
        // A word of at most 16 bytes, and the index.
        self.entries() as u128 * 24
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let Elements { word, bits } = self.output;
        with_word!(word, W => deal::<W>(dealing, &self.table, self.len, bits, out));
        Ok(())
    }

    fn work(&self, parties: usize) -> Work {
        let entries = self.entries();
        let random = parties as f64 * RANDOM * self.output.bytes(entries) as f64;
        Work { online: LOOKUP * self.len as f64, dealer: ENTRY * entries as f64 + random, ..Work::default() }
    }

    fn encode(&self, out: &mut Writer) {
        out.vector(self.len, self.output);
        self.table.bits().iter().for_each(|&bits| out.number(bits.into()));
        self.table.entries().iter().for_each(|&entry| out.number(entry as u64));
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (len, output) = from.vector()?;
        let bits = [from.small()?, from.small()?];
        let malformed = DecodeError::Shape { what: "table of a lookup" };
        let all =
            bits[0].checked_add(bits[1]).filter(|&all| all <= MAX_INDEX_BITS).ok_or(malformed.clone())?;
        let entries: Result<Vec<i64>, _> = (0..1 << all).map(|_| Ok(from.number()? as i64)).collect();
        Ok(Self { len, output, table: Table::from_entries(bits, entries?).map_err(|_| malformed)? })
    }
}

impl fmt::Debug for LookupRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.table.bits();
        write!(f, "Lookup({}, index of {a} and {b} bits, entries of {})", self.len, self.output)
    }
}

/// Masked tables for a vector of lookups with entries in O.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::Lookup, ring::Z2, share::Share};
/// fn twice(lookup: Lookup<Z2<14>>, x: &Share<Z2<14>>) {
///     lookup.mask(x);
///     lookup.mask(x);
/// }
/// ```
pub struct Lookup<O> {
    tables: Tables,
    ring: PhantomData<O>,
}

impl<O: Ring> Lookup<O> {
    /// What to ask the dealer for.
    pub fn request(len: usize, table: &Table) -> Request {
        LookupRequest { len, output: Elements::of::<O>(), table: table.clone() }.into()
    }

    /// Takes the masked tables for `len` lookups in `table`.
    ///
    /// # Errors
    /// If they are not next in the store.
    pub fn take(store: &mut Store, len: usize, table: &Table) -> Result<Self, Error> {
        Ok(Self { tables: Tables::take(store, len, Elements::of::<O>(), table)?, ring: PhantomData })
    }

    /// What is to be opened modulo 2^m: x + r.
    ///
    /// # Panics
    /// If x has another length than the tables are for or its ring fewer bits than their index, or
    /// the function takes two numbers.
    pub fn mask<R: Ring>(self, x: &Share<R>) -> (Vec<u16>, Masked<Self>) {
        check_index(R::BITS, self.tables.bits[0]);
        let (masked, tables) = self.tables.mask(x.expose());
        (masked, tables.map(|tables| Self { tables, ring: PhantomData }))
    }

    /// What is to be opened: b + r_b in the low m_b bits, a + r_a in the m_a bits above, each to be
    /// summed modulo its own power of two.
    ///
    /// # Panics
    /// If a or b has another length than the tables are for or its ring fewer bits than its index, or
    /// the function takes one number.
    pub fn mask_pair<R: Ring, S: Ring>(self, a: &Share<R>, b: &Share<S>) -> (Vec<u16>, Masked<Self>) {
        check_index(R::BITS, self.tables.bits[0]);
        check_index(S::BITS, self.tables.bits[1]);
        let (masked, tables) = self.tables.mask_pair(a.expose(), b.expose());
        (masked, tables.map(|tables| Self { tables, ring: PhantomData }))
    }
}

fn check_index(ring: u32, bits: u32) {
    assert!(bits <= ring, "an index of {bits} bits in a ring of {ring} bits");
}

impl<O: Ring> Masked<Lookup<O>> {
    /// The share of T(x), or T(a, b), given what was opened.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `opened` has another length than the mask step gave.
    pub fn finish(self, opened: &[u16]) -> Result<Share<O>, Error> {
        self.finish_next(opened, 1)
    }

    /// The shares of T(x), T(x + 1), …, T(x + count − 1) for every x, `[lookups, count]`, given what was opened: the next
    /// entries of the same masked table, each of which has a mask of its own.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `opened` has another length than the mask step gave, or the function takes two numbers and more than the
    /// first entry is asked for.
    pub fn finish_next(self, opened: &[u16], count: usize) -> Result<Share<O>, Error> {
        self.map(|lookup| lookup.tables).finish_next(opened, count).map(Share::of)
    }
}

/// [`Lookup`] without the ring.
pub(crate) struct Tables {
    source: Source,
    len: usize,
    bits: [u32; 2],
    output: u32,
}

impl Tables {
    pub(crate) fn take(
        store: &mut Store,
        len: usize,
        output: Elements,
        table: &Table,
    ) -> Result<Self, Error> {
        let source = store.take(LookupRequest { len, output, table: table.clone() })?;
        Ok(Self { source, len, bits: table.bits(), output: output.bits })
    }

    /// [`Lookup::mask`], word by word.
    pub(crate) fn mask<W: Word>(self, x: &[W]) -> (Vec<u16>, Masked<Self>) {
        assert_eq!(self.bits[1], 0, "bits of the second index of a lookup of one number");
        (self.masked(MASK_A, x, self.bits[0]), Masked::new(self))
    }

    /// [`Lookup::mask_pair`], word by word.
    pub(crate) fn mask_pair<W: Word, V: Word>(self, a: &[W], b: &[V]) -> (Vec<u16>, Masked<Self>) {
        assert_ne!(self.bits[1], 0, "bits of the second index of a lookup of two numbers");
        let mut masked = self.masked(MASK_A, a, self.bits[0]);
        let low = self.masked(MASK_B, b, self.bits[1]);
        masked.iter_mut().zip(low).for_each(|(a, b)| *a = *a << self.bits[1] | b);
        (masked, Masked::new(self))
    }

    fn masked<W: Word>(&self, section: u64, x: &[W], bits: u32) -> Vec<u16> {
        assert_eq!(x.len(), self.len, "elements of the index and lookups dealt");
        let mut masked = vec![0u16; self.len];
        self.source.random(section, 0, &mut masked);
        let mask = u16::mask(bits);
        masked.iter_mut().zip(x).for_each(|(r, x)| *r = r.wrapping_add(x.low64() as u16) & mask);
        masked
    }
}

impl Masked<Tables> {
    /// [`Masked::finish_next`], word by word.
    pub(crate) fn finish_next<O: Word>(self, opened: &[u16], count: usize) -> Result<Scratch<O>, Error> {
        let Tables { source, len, bits, output } = self.into_inner();
        let places = places(opened, len, bits, count);
        let mut out = Scratch::zeros(places.len());
        source.chosen_at(TABLE, output, len << (bits[0] + bits[1]), &places, &mut out)?;
        Ok(out)
    }
}

/// The places of the entries, `[lookups, count]`.
fn places(opened: &[u16], len: usize, bits: [u32; 2], count: usize) -> Vec<u64> {
    assert_eq!(opened.len(), len, "opened indices and lookups dealt");
    assert!(bits[1] == 0 || count <= 1, "entries that follow in a table of two numbers");
    let index_bits = bits[0] + bits[1];
    let mask = u64::from(u16::mask(index_bits));
    let place = |(&c, i): (&u16, u64)| {
        (0..count as u64).map(move |next| i << index_bits | (u64::from(c) + next) & mask)
    };
    opened.iter().zip(0u64..).flat_map(place).collect()
}
