//! Shares as bytes, for the state of a party between two runs.
//!
//! The number of elements as 8 bytes, little-endian, and the elements packed as on the wire ([`pack`]): k bits each, the
//! dirty ones above them left out. A bit takes a bit. Whose share it is, and of what ring, is not among
//! them: that is for whoever stores it to say.

use super::{BitShare, Share};
use crate::ring::{PackError, Ring, pack, packed_len, unpack};
use crate::secret::{Scratch, SecretBytes};

/// Bytes of the number of elements.
const COUNT: usize = 8;

impl<R: Ring> Share<R> {
    /// Appends this share.
    pub(crate) fn write(&self, out: &mut SecretBytes) {
        pack(self.expose(), R::BITS, append(self.len(), R::BITS, out));
    }

    /// Takes a share off the front of `bytes`, with zeros above the k bits of every element.
    ///
    /// # Errors
    /// If `bytes` ends before the share does, or a padding bit is set; `bytes` is then unchanged. Nothing is allocated
    /// for elements that are not there.
    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, PackError> {
        let (len, packed, rest) = split(bytes, R::BITS)?;
        let mut share = Self::zeros(len);
        unpack(packed, R::BITS, share.expose_mut())?;
        *bytes = rest;
        Ok(share)
    }
}

impl BitShare {
    /// Appends this share.
    pub(crate) fn write(&self, out: &mut SecretBytes) {
        let out = append(self.len(), 1, out).chunks_mut(8);
        for (word, out) in self.expose().iter().zip(out) {
            out.copy_from_slice(&word.to_le_bytes()[..out.len()]);
        }
    }

    /// Takes a share off the front of `bytes`.
    ///
    /// # Errors
    /// As [`Share::read`].
    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, PackError> {
        let (len, packed, rest) = split(bytes, 1)?;
        if !len.is_multiple_of(8) && packed.last().is_some_and(|last| last >> (len % 8) != 0) {
            return Err(PackError::Padding);
        }
        let mut words = Scratch::<u64>::zeros(len.div_ceil(64));
        for (word, bytes) in words.iter_mut().zip(packed.chunks(8)) {
            *word = bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        }
        *bytes = rest;
        Ok(Self::from_words(words.take(), len))
    }
}

/// Appends the number of elements, and room for so many of `bits` bits, which it gives back.
fn append(len: usize, bits: u32, out: &mut SecretBytes) -> &mut [u8] {
    let (count, packed) = out.append(COUNT + packed_len(len, bits)).split_at_mut(COUNT);
    count.copy_from_slice(&(len as u64).to_le_bytes());
    packed
}

/// The number of elements, their bytes, and the bytes behind them.
fn split(bytes: &[u8], bits: u32) -> Result<(usize, &[u8], &[u8]), PackError> {
    let short = |expected, bytes: &[u8]| PackError::Length { expected, found: bytes.len() };
    let (count, rest) = bytes.split_first_chunk::<COUNT>().ok_or(short(COUNT, bytes))?;
    let len = usize::try_from(u64::from_le_bytes(*count)).unwrap_or(usize::MAX);
    let expected = packed_len(len, bits);
    let (packed, rest) = rest.split_at_checked(expected).ok_or(short(expected, rest))?;
    Ok((len, packed, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::{Word, Z2};

    /// Numbers with all bits in play.
    fn numbers(len: usize) -> impl Iterator<Item = u128> {
        (1..=len as u128).map(|i| {
            let x = i.wrapping_mul(0xda94_2042_e4dd_58b5_9e37_79b9_7f4a_7c15);
            x ^ x >> 61
        })
    }

    /// Whatever is cut off, or set behind the end, is an error that leaves the bytes alone.
    fn refuses_everything_else<T>(
        written: &SecretBytes,
        padding: u32,
        read: impl Fn(&mut &[u8]) -> Result<T, PackError>,
    ) {
        for end in 0..written.len() {
            let mut bytes = &written[..end];
            assert!(matches!(read(&mut bytes), Err(PackError::Length { found, .. }) if found <= end));
            assert_eq!(bytes.len(), end);
        }
        for bit in 8 - padding..8 {
            let mut changed = written.to_vec();
            *changed.last_mut().unwrap() |= 1 << bit;
            assert!(matches!(read(&mut &changed[..]), Err(PackError::Padding)));
        }
        let mut count = written.to_vec();
        for huge in [u64::MAX, 1 << 63, 1 << 32, written.len() as u64 * 8] {
            count[..8].copy_from_slice(&huge.to_le_bytes());
            assert!(matches!(read(&mut &count[..]), Err(PackError::Length { .. })));
        }
    }

    fn comes_back<R: Ring>() {
        for len in [0usize, 1, 2, 7, 8, 9, 100] {
            let share = Share::<R>::from_words(numbers(len).map(R::Word::truncate).collect());
            let mut bytes = SecretBytes::zeros(1);
            share.write(&mut bytes);
            assert_eq!(bytes.len(), 1 + 8 + packed_len(len, R::BITS));
            let written = SecretBytes::from(bytes[1..].to_vec());
            bytes.append(1)[0] = 5;
            let mut rest = &bytes[1..];
            let read = Share::<R>::read(&mut rest).unwrap();
            assert_eq!(rest, [5]);
            let mask = R::Word::mask(R::BITS);
            assert!(share.expose().iter().map(|&word| word & mask).eq(read.expose().iter().copied()));
            let padding = packed_len(len, R::BITS) * 8 - len * R::BITS as usize;
            refuses_everything_else(&written, padding as u32, Share::<R>::read);
        }
    }

    #[test]
    fn shares_come_back_from_their_bytes() {
        comes_back::<Z2<1>>();
        comes_back::<Z2<7>>();
        comes_back::<Z2<8>>();
        comes_back::<Z2<14>>();
        comes_back::<Z2<16>>();
        comes_back::<Z2<20>>();
        comes_back::<Z2<33>>();
        comes_back::<Z2<64>>();
        comes_back::<Z2<101>>();
        comes_back::<Z2<128>>();
    }

    #[test]
    fn shares_of_bits_come_back_from_their_bytes() {
        for len in [0usize, 1, 7, 8, 9, 63, 64, 65, 128, 200] {
            let words = numbers(len.div_ceil(64)).map(|word| word as u64).collect();
            let share = BitShare::from_words(words, len);
            let mut bytes = SecretBytes::zeros(0);
            share.write(&mut bytes);
            assert_eq!(bytes.len(), 8 + len.div_ceil(8));
            let mut rest = &bytes[..];
            let read = BitShare::read(&mut rest).unwrap();
            assert!(rest.is_empty());
            assert_eq!((read.len(), read.expose()), (len, share.expose()));
            refuses_everything_else(&bytes, (len.next_multiple_of(8) - len) as u32, BitShare::read);
        }
    }
}
