//! The fields of a public model from bytes.

use alloc::vec::Vec;

use super::error::PublicModelError as Error;
use crate::function::{MAX_INDEX_BITS, Table};
use crate::linalg::{Outside, Selection, Window};
use crate::nn::quantised::format::Format;
use crate::nn::{Input, limits};

/// Bytes, and how many of them were read.
pub(in crate::nn) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) place: usize,
}

impl Reader<'_> {
    /// Checks that so many bytes are left.
    pub(super) fn needs(&self, count: usize) -> Result<(), Error> {
        let (expected, found) = (self.place.saturating_add(count), self.bytes.len());
        if expected > found { Err(Error::Truncated { expected, found }) } else { Ok(()) }
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.needs(N)?;
        let mut out = [0; N];
        out.copy_from_slice(&self.bytes[self.place..][..N]);
        self.place += N;
        Ok(out)
    }

    pub(in crate::nn) fn size(&mut self) -> Result<usize, Error> {
        let found = u64::from_le_bytes(self.take()?);
        let too_large =
            |_| Error::Value { what: "size", least: 0, most: usize::MAX as i64, found: found.into() };
        usize::try_from(found).map_err(too_large)
    }

    pub(in crate::nn) fn integer(&mut self) -> Result<i64, Error> {
        Ok(i64::from_le_bytes(self.take()?))
    }

    /// A number of one byte.
    pub(in crate::nn) fn number(&mut self, what: &'static str, least: u8, most: u8) -> Result<u8, Error> {
        let [found] = self.take()?;
        if (least..=most).contains(&found) {
            return Ok(found);
        }
        Err(Error::Value { what, least: least.into(), most: most.into(), found: found.into() })
    }

    pub(in crate::nn) fn bits(&mut self, what: &'static str, least: u8, most: u8) -> Result<u32, Error> {
        self.number(what, least, most).map(u32::from)
    }

    fn finite(&mut self, what: &'static str) -> Result<f32, Error> {
        let x = f32::from_le_bytes(self.take()?);
        let zero = x == 0. && x.is_sign_negative();
        if x.is_finite() && !zero { Ok(x) } else { Err(Error::Real(what)) }
    }

    pub(super) fn pixels(&mut self) -> Result<Option<Input>, Error> {
        Ok(match self.number("map of pixels", 0, 3)? {
            0 => None,
            1 => {
                let (scale, shift) = (self.finite("scale of pixels")?, self.finite("shift of pixels")?);
                Some(Input::Scaled { scale, shift })
            }
            2 => Some(Input::Threshold { at: self.number("threshold", 0, u8::MAX)? }),
            _ => Some(Input::HighBits { drop: self.bits("dropped bits of pixels", 0, 7)? }),
        })
    }

    pub(super) fn format(&mut self, what: &'static str) -> Result<Format, Error> {
        Ok(Format { fraction: self.bits(what, 0, 62)?, bits: self.bits(what, 2, 63)? })
    }

    /// The least and the greatest integer of a format.
    pub(super) fn range(&mut self, format: Format) -> Result<[i64; 2], Error> {
        let end = 1i64 << (format.bits - 1);
        let (low, high) = (self.integer()?, self.integer()?);
        for (what, least, found) in [("least input", -end, low), ("greatest input", low, high)] {
            if !(least..end).contains(&found) {
                return Err(Error::Value { what, least, most: end - 1, found: found.into() });
            }
        }
        Ok([low, high])
    }

    fn pair(&mut self) -> Result<[usize; 2], Error> {
        Ok([self.size()?, self.size()?])
    }

    fn sides(&mut self) -> Result<[usize; 3], Error> {
        Ok([self.size()?, self.size()?, self.size()?])
    }

    pub(in crate::nn) fn window(&mut self) -> Result<Window, Error> {
        let image = self.sides()?;
        let window = Window {
            image,
            size: self.pair()?,
            stride: self.pair()?,
            padding: self.pair()?,
            dilation: self.pair()?,
        };
        limits::window(&window)?;
        Ok(window)
    }

    pub(in crate::nn) fn selection(&mut self) -> Result<Selection, Error> {
        let (image, size) = (self.sides()?, self.sides()?);
        let start = [self.integer()?, self.integer()?, self.integer()?];
        let step = [self.integer()?, self.integer()?, self.integer()?];
        let (repeat, groups) = (self.sides()?, self.size()?);
        let outside = match self.number("what lies around an image", 0, 2)? {
            0 => Outside::Zero,
            1 => Outside::Nearest,
            _ => Outside::ZeroBetween,
        };
        Ok(Selection { image, size, start, step, repeat, groups, outside })
    }

    /// So many sizes.
    pub(in crate::nn) fn sizes(&mut self, count: usize) -> Result<Vec<usize>, Error> {
        self.needs(count.saturating_mul(8))?;
        (0..count).map(|_| self.size()).collect()
    }

    /// So many integers.
    pub(in crate::nn) fn integers(&mut self, count: usize) -> Result<Vec<i64>, Error> {
        self.needs(count.saturating_mul(8))?;
        (0..count).map(|_| self.integer()).collect()
    }

    pub(in crate::nn) fn table(&mut self) -> Result<Table, Error> {
        let bits = self.bits("index bits of a table", 1, MAX_INDEX_BITS as u8)?;
        Table::from_entries([bits, 0], self.integers(1 << bits)?).map_err(Error::Table)
    }

    /// The bits that a layer works on.
    pub(in crate::nn) fn layer_bits(&mut self) -> Result<u32, Error> {
        self.bits("bits of a layer", 2, 64)
    }

    /// The bits that a layer drops.
    pub(in crate::nn) fn layer_shift(&mut self) -> Result<u32, Error> {
        self.bits("shift of a layer", 0, 63)
    }
}
