//! Tables of integers.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// The widest index, or pair of indices: tables of 2^12 entries.
pub const MAX_INDEX_BITS: u32 = 12;

/// A public function T on m bits, or on two numbers of m_a and m_b bits, as the list of its values. These are 64-bit
/// integers, which stand for elements of whatever ring they are looked up into (two's complement, sign-extended above 64
/// bits). Cheap to clone.
///
/// T(x) is entry x mod 2^m; T(a, b) is entry (a mod 2^m_a)·2^m_b + (b mod 2^m_b).
///
/// ```
/// # #[cfg(feature = "std")]
/// # fn main() -> Result<(), ringshare::sim::SimError> {
/// use ringshare::function::Table;
/// use ringshare::ring::Z2;
/// use ringshare::sim::Simulation;
///
/// let square = Table::new(4, |x| x * x - 10);
/// let smaller = Table::pairs([4, 3], |a, b| a.min(b));
/// let run = Simulation::new(3).run(|party| {
///     let own = party.id() == 1;
///     let a = party.input::<Z2<14>>(1, 2, own.then_some(&[3, 16_379]))?; // 3 and −5
///     let b = party.input::<Z2<8>>(1, 2, own.then_some(&[2, 1]))?;
///     let y = party.lookup::<_, Z2<65>>(&a, &square)?;
///     let z = party.lookup_pair::<_, _, Z2<16>>(&a, &b, &smaller)?;
///     Ok((party.open(&y)?, party.open(&z)?))
/// })?;
/// let minus_one = (1 << 65) - 1;
/// assert_eq!(run.outputs[0], (vec![minus_one, 15], vec![2, 65_531])); // −1 and 15; 2 and −5
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "std"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Table {
    bits: [u32; 2],
    entries: Entries,
}

#[derive(Clone)]
enum Entries {
    Static(&'static [i64]),
    Shared(Arc<[i64]>),
}

/// What is wrong with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// The first index has no bits, or both together have more than 12.
    Bits {
        /// Bits of the indices.
        found: [u32; 2],
    },
    /// There are not as many entries as the indices have values.
    Entries {
        /// 2 to the number of index bits.
        expected: usize,
        /// The entries that there are.
        found: usize,
    },
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits { found: [a, b] } => {
                write!(f, "bits of a table's index: expected 1 to {MAX_INDEX_BITS}, found {a} and {b}")
            }
            Self::Entries { expected, found } => {
                write!(f, "entries of a table: expected {expected}, found {found}")
            }
        }
    }
}

impl core::error::Error for TableError {}

impl Table {
    /// The function of x in −2^(m−1)..2^(m−1), for m index bits.
    ///
    /// # Panics
    /// If `bits` is not in 1..=12.
    pub fn new(bits: u32, f: impl Fn(i64) -> i64) -> Self {
        Self::tabulate([bits, 0], |x, _| f(signed(x, bits)))
    }

    /// The function of x in 0..2^m, for m index bits.
    ///
    /// # Panics
    /// If `bits` is not in 1..=12.
    pub fn unsigned(bits: u32, f: impl Fn(i64) -> i64) -> Self {
        Self::tabulate([bits, 0], |x, _| f(x))
    }

    /// The function of a in −2^(m_a−1)..2^(m_a−1) and b in −2^(m_b−1)..2^(m_b−1), for `bits` of m_a
    /// and m_b. (The bits of a as a number in 0..2^m_a are `a & (2^m_a − 1)`.)
    ///
    /// # Panics
    /// If either has no bits, or both together have more than 12.
    pub fn pairs(bits: [u32; 2], f: impl Fn(i64, i64) -> i64) -> Self {
        assert!(bits[1] > 0, "a table of pairs without bits of the second index");
        Self::tabulate(bits, |a, b| f(signed(a, bits[0]), signed(b, bits[1])))
    }

    /// The function with these 2^m values, from T(0) on: a table that is part of the program.
    ///
    /// ```
    /// use ringshare::function::Table;
    /// const RELU: Table = Table::from_static(&[0, 1, 2, 3, 0, 0, 0, 0]);
    /// assert_eq!(RELU, Table::new(3, |x| x.max(0)));
    /// ```
    ///
    /// # Panics
    /// If there are not 2, 4, 8, … or 4096 entries.
    pub const fn from_static(entries: &'static [i64]) -> Self {
        let fits = entries.len() >= 2 && entries.len() <= 1 << MAX_INDEX_BITS;
        assert!(fits && entries.len().is_power_of_two(), "entries of a table that are no power of two");
        Self { bits: [entries.len().trailing_zeros(), 0], entries: Entries::Static(entries) }
    }

    /// The function with these values, for indices of m_a and m_b bits; if m_b is 0, of one index.
    ///
    /// # Errors
    /// If m_a is 0, m_a + m_b is above 12, or there are not 2^(m_a + m_b) entries.
    pub fn from_entries(bits: [u32; 2], entries: impl Into<Arc<[i64]>>) -> Result<Self, TableError> {
        check(bits)?;
        let entries = entries.into();
        let expected = 1 << (bits[0] + bits[1]);
        if entries.len() != expected {
            return Err(TableError::Entries { expected, found: entries.len() });
        }
        Ok(Self { bits, entries: Entries::Shared(entries) })
    }

    /// m_a and m_b. The second is 0 if the function takes one number.
    pub fn bits(&self) -> [u32; 2] {
        self.bits
    }

    /// m_a + m_b.
    pub fn index_bits(&self) -> u32 {
        self.bits[0] + self.bits[1]
    }

    /// The values, 2^(m_a + m_b) of them.
    pub fn entries(&self) -> &[i64] {
        match &self.entries {
            Entries::Static(entries) => entries,
            Entries::Shared(entries) => entries,
        }
    }

    /// Bits of the smallest word that holds every value, two's complement.
    pub(crate) fn word(&self) -> u32 {
        let magnitude = self.entries().iter().fold(0, |all, &value| all | (value ^ value >> 63) as u64);
        (65 - magnitude.leading_zeros()).next_power_of_two().max(8)
    }

    fn tabulate(bits: [u32; 2], f: impl Fn(i64, i64) -> i64) -> Self {
        if let Err(error) = check(bits) {
            panic!("{error}");
        }
        let rows = 0..1i64 << bits[0];
        let entries: Vec<i64> =
            rows.flat_map(|a| (0..1i64 << bits[1]).map(move |b| (a, b))).map(|(a, b)| f(a, b)).collect();
        Self { bits, entries: Entries::Shared(entries.into()) }
    }
}

/// The low `bits` bits of an index, two's complement.
fn signed(x: i64, bits: u32) -> i64 {
    x << (64 - bits) >> (64 - bits)
}

fn check(bits: [u32; 2]) -> Result<(), TableError> {
    let fits = bits[0] >= 1 && bits[0].saturating_add(bits[1]) <= MAX_INDEX_BITS;
    if fits { Ok(()) } else { Err(TableError::Bits { found: bits }) }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits && self.entries() == other.entries()
    }
}

impl Eq for Table {}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("bits", &self.bits).field("entries", &self.entries()).finish()
    }
}
