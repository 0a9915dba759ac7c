//! k-bit elements to bytes and back.
//!
//! Element i occupies bits i·k to i·k + k − 1 of the little-endian bit string; bit b of the string
//! is bit b mod 8 of byte ⌊b / 8⌋. The last byte is padded with zeros. A k-bit element takes k bits
//! on the wire, not a word.
//!
//! No branch or address depends on the elements.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod lanes;

use core::fmt;

use self::lanes::{Lanes, REACH};
use super::Word;

/// What is wrong with packed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackError {
    /// The byte string has another length than its elements need.
    Length {
        /// Bytes that the elements need.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// A padding bit behind the last element is set.
    Padding,
    /// An element of a prime field is not below the prime.
    Element {
        /// The prime.
        prime: u64,
        /// What came.
        found: u64,
    },
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { expected, found } => {
                write!(f, "expected {expected} bytes of packed elements, found {found}")
            }
            Self::Padding => f.write_str("expected zero padding bits behind the last element"),
            Self::Element { prime, found } => write!(f, "expected elements below {prime}, found {found}"),
        }
    }
}

impl core::error::Error for PackError {}

/// Bytes of `len` elements of `bits` bits.
///
/// `usize::MAX`, which no slice is as long as, if so many bytes cannot be addressed.
pub fn packed_len(len: usize, bits: u32) -> usize {
    usize::try_from((len as u128 * bits as u128).div_ceil(8)).unwrap_or(usize::MAX)
}

/// Packs the low `bits` bits of every word.
///
/// ```
/// use ringshare::ring::{pack, packed_len};
/// let mut bytes = [0; 4];
/// assert_eq!(bytes.len(), packed_len(2, 14));
/// pack(&[0x3fffu16, 0x0001], 14, &mut bytes);
/// assert_eq!(bytes, [0xff, 0x7f, 0x00, 0x00]);
/// ```
///
/// # Panics
/// If `out` has another length than [`packed_len`], or `bits` is not in 1..=`W::BITS`.
pub fn pack<W: Word>(words: &[W], bits: u32, out: &mut [u8]) {
    assert_width::<W>(bits);
    assert_eq!(out.len(), packed_len(words.len(), bits), "bytes of packed elements");
    if bits == W::BITS {
        for (word, raw) in words.iter().zip(out.chunks_exact_mut(W::BYTES)) {
            word.write_le(raw);
        }
        return;
    }
    if W::BITS == 128 {
        let mut sink = Sink::new(out);
        for word in words {
            let word = *word & W::mask(bits);
            sink.push(word.low64(), bits.min(64));
            if bits > 64 {
                sink.push((word >> 64).low64(), bits - 64);
            }
        }
        return sink.finish();
    }
    let lanes = Lanes::new::<W>(bits);
    #[cfg(target_arch = "x86_64")]
    let (words, out) = {
        let front = avx512::pack(&lanes, words, out);
        (&words[front..], &mut out[packed_len(front, bits)..])
    };
    let mut sink = Sink::new(out);
    let groups = words.chunks_exact(lanes.count::<W>());
    let last = groups.remainder();
    for group in groups {
        sink.push(lanes.squeeze::<W>(lanes.load(group)), lanes.group);
    }
    sink.push(lanes.squeeze::<W>(lanes.load(last)), last.len() as u32 * bits);
    sink.finish();
}

/// Unpacks `out.len()` elements of `bits` bits; the words are canonical.
///
/// # Errors
/// If `bytes` has another length than [`packed_len`], or a padding bit is set; `out` is then
/// unchanged.
///
/// # Panics
/// If `bits` is not in 1..=`W::BITS`.
pub fn unpack<W: Word>(bytes: &[u8], bits: u32, out: &mut [W]) -> Result<(), PackError> {
    merge(bytes, bits, out, |_, element| element)
}

/// Adds `sum.len()` elements of `bits` bits to `sum`, wrapping.
///
/// # Errors
/// As [`unpack`]; `sum` is then unchanged.
///
/// # Panics
/// As [`unpack`].
pub fn unpack_add<W: Word>(bytes: &[u8], bits: u32, sum: &mut [W]) -> Result<(), PackError> {
    merge(bytes, bits, sum, |word, element| word.wrapping_add(&element))
}

/// Unpacks the elements at `places` of `len` elements of `bits` bits; the words are canonical.
///
/// Places are public.
///
/// ```
/// use ringshare::ring::unpack_at;
/// let mut out = [0u8; 2];
/// unpack_at(&[0b_11_001_010, 0b_0_101_100_0], 5, 3, &[4, 0], &mut out).unwrap();
/// assert_eq!(out, [0b101, 0b010]);
/// ```
///
/// # Errors
/// If `bytes` has another length than [`packed_len`] of `len` elements, or a padding bit is set;
/// `out` is then unchanged.
///
/// # Panics
/// If there are not as many places as words, a place is not below `len`, or `bits` is not in
/// 1..=`W::BITS`.
pub fn unpack_at<W: Word>(
    bytes: &[u8],
    len: usize,
    bits: u32,
    places: &[u64],
    out: &mut [W],
) -> Result<(), PackError> {
    check_form::<W>(bytes, bits, len)?;
    assert_eq!(places.len(), out.len(), "a word for every place");
    for (out, &place) in out.iter_mut().zip(places) {
        assert!(place < len as u64, "place {place} of {len} elements");
        let at = place as u128 * bits as u128;
        *out = element::<W>(&bytes[(at / 8) as usize..], at as u32 % 8) & W::mask(bits);
    }
    Ok(())
}

/// The word whose bits start at bit `shift` < 8 of `bytes`.
#[inline(always)]
fn element<W: Word>(bytes: &[u8], shift: u32) -> W {
    let mut raw = [0; REACH];
    match bytes.first_chunk() {
        Some(front) => raw = *front,
        None => raw[..bytes.len()].copy_from_slice(bytes),
    }
    let (low, high) = raw.split_at(16);
    let low = u128::read_le(low) >> shift;
    W::truncate(low | (high[0] as u128) << 1 << (127 - shift))
}

fn assert_width<W: Word>(bits: u32) {
    assert!((1..=W::BITS).contains(&bits), "{bits} bits in a word of {} bits", W::BITS);
}

/// Whether `bytes` are `len` elements and nothing else.
fn check_form<W: Word>(bytes: &[u8], bits: u32, len: usize) -> Result<(), PackError> {
    assert_width::<W>(bits);
    let expected = packed_len(len, bits);
    if bytes.len() != expected {
        return Err(PackError::Length { expected, found: bytes.len() });
    }
    let used = len as u64 * bits as u64 % 8;
    if used != 0 && bytes[expected - 1] >> used != 0 {
        return Err(PackError::Padding);
    }
    Ok(())
}

/// Checks the form of `bytes`, then sets every word to `f(word, element)`.
///
/// # Errors
/// As [`unpack`]; `words` are then unchanged.
///
/// # Panics
/// As [`unpack`].
pub(crate) fn merge<W: Word>(
    bytes: &[u8],
    bits: u32,
    words: &mut [W],
    f: impl Fn(W, W) -> W,
) -> Result<(), PackError> {
    check_form::<W>(bytes, bits, words.len())?;
    if bits == W::BITS {
        for (word, raw) in words.iter_mut().zip(bytes.chunks_exact(W::BYTES)) {
            *word = f(*word, W::read_le(raw));
        }
        return Ok(());
    }
    let lanes = Lanes::new::<W>(bits);
    #[cfg(target_arch = "x86_64")]
    let (bytes, words) = {
        let front = avx512::merge(&lanes, bytes, words, &f);
        (&bytes[packed_len(front, bits)..], &mut words[front..])
    };
    // A group that starts anywhere within a byte lies in 8 bytes if it has at most 57 bits, and so
    // do some larger ones, which only start at multiples of 2, 4 or 8 bits.
    let group = lanes.group;
    let offsets = group & group.wrapping_neg() & 7;
    let slack = if offsets == 0 { 0 } else { 8 - offsets };
    if group + slack <= 64 {
        merge_groups::<W, false>(&lanes, bytes, words, f);
    } else {
        merge_groups::<W, true>(&lanes, bytes, words, f);
    }
    Ok(())
}

/// The loop of [`merge`]; `LONG` if a group may lie in 9 bytes.
fn merge_groups<W: Word, const LONG: bool>(
    lanes: &Lanes,
    bytes: &[u8],
    words: &mut [W],
    f: impl Fn(W, W) -> W,
) {
    let count = lanes.count::<W>();
    // Loads that would reach past the end read from a padded copy of the last bytes instead, fewer
    // than REACH and a group of them.
    let whole = (bytes.len().saturating_sub(REACH) as u64 * 8 / lanes.group as u64) as usize;
    let (front, back) = words.split_at_mut(words.len().min(whole.saturating_mul(count)) / count * count);
    let mut at = 0u64;
    for group in front.chunks_exact_mut(count) {
        let from = (at / 8) as usize;
        lanes.merge::<W, LONG>(&bytes[from..from + REACH], at as u32 % 8, group, &f);
        at += lanes.group as u64;
    }
    let from = (at / 8) as usize;
    let mut padded = [0; 4 * REACH];
    padded[..bytes.len() - from].copy_from_slice(&bytes[from..]);
    at %= 8;
    for group in back.chunks_mut(count) {
        let from = (at / 8) as usize;
        lanes.merge::<W, LONG>(&padded[from..from + REACH], at as u32 % 8, group, &f);
        at += lanes.group as u64;
    }
}

/// A bit string that is written from its front.
struct Sink<'a> {
    rest: &'a mut [u8],
    /// Bits not yet written, less than 64 of them.
    pending: u64,
    count: u32,
}

impl<'a> Sink<'a> {
    fn new(out: &'a mut [u8]) -> Self {
        Self { rest: out, pending: 0, count: 0 }
    }

    /// Appends the low `count` ≤ 64 bits of `x`; those above are zero.
    #[inline(always)]
    fn push(&mut self, x: u64, count: u32) {
        self.pending |= x << self.count;
        let total = self.count + count;
        if total >= 64 {
            let (now, rest) = core::mem::take(&mut self.rest).split_at_mut(8);
            now.copy_from_slice(&self.pending.to_le_bytes());
            self.rest = rest;
            self.pending = (x >> 1) >> (63 - self.count);
        }
        self.count = total % 64;
    }

    /// Writes the last bits.
    fn finish(self) {
        let bytes = self.pending.to_le_bytes();
        self.rest.copy_from_slice(&bytes[..self.rest.len()]);
    }
}
