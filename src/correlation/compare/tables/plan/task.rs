//! What a comparison is for.

use core::ops::Range;

use crate::offline::{DecodeError, Elements, Error, Reader, Writer, range};

/// What is computed from the masked values, and in which ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Task {
    /// One of two values by x < 0; without a ring, the bit x < 0.
    Negative(Option<Elements>),
    /// One of two values by x = 0; without a ring, the bit x = 0.
    Zero(Option<Elements>),
    /// ⌊x / 2^shift⌋ or one more where x ≥ 0, else 0; exact for shift 0. For x up to 2^(k−1) − 2^shift.
    Relu {
        /// The ring of the result.
        output: Elements,
        /// Low bits that are dropped.
        shift: u32,
        /// Low bits that are not compared, if more than those: where −2^skipped < x < 0, the result may be that of x instead
        /// of 0. For x up to 2^(k−1) − 2^skipped.
        skipped: u32,
    },
    /// ⌊x / 2^shift⌋ or one more, for x from 0 to 2^(k−1) − 1; exact for shift 0.
    Truncate {
        /// The ring of the result.
        output: Elements,
        /// Low bits that are dropped.
        shift: u32,
    },
    /// ⌊x / 2^shift⌋ for x from 0 to 2^(k−1) − 1.
    Floor {
        /// The ring of the result.
        output: Elements,
        /// Low bits that are dropped, at least one.
        shift: u32,
    },
}

impl Task {
    /// The ring of the result, `None` for bits.
    pub fn output(&self) -> Option<Elements> {
        match *self {
            Self::Negative(output) | Self::Zero(output) => output,
            Self::Relu { output, .. } | Self::Truncate { output, .. } | Self::Floor { output, .. } => {
                Some(output)
            }
        }
    }

    /// Low bits that are dropped from the result.
    pub(in super::super) fn shift(&self) -> u32 {
        match *self {
            Self::Negative(_) | Self::Zero(_) => 0,
            Self::Relu { shift, .. } | Self::Truncate { shift, .. } | Self::Floor { shift, .. } => shift,
        }
    }

    /// Which bits of y and r are compared, of k.
    pub(in super::super) fn compared(&self, bits: u32) -> Range<u32> {
        match *self {
            Self::Negative(_) => 0..bits - 1,
            // None of those that are dropped. One at least, so that there is a table.
            Self::Relu { shift, skipped, .. } => shift.max(skipped).min(bits - 2)..bits - 1,
            Self::Zero(_) => 0..bits,
            Self::Truncate { .. } => 0..0,
            Self::Floor { shift, .. } => 0..shift,
        }
    }

    /// Whether *greater* of the chunks is wanted, not *equal* alone.
    pub(in super::super) fn orders(&self) -> bool {
        !matches!(self, Self::Zero(_))
    }

    /// Whether the top bits of y and r enter t.
    pub(in super::super) fn has_top(&self) -> bool {
        matches!(self, Self::Negative(_) | Self::Relu { .. })
    }
}

impl Task {
    /// Whether it can be done on values of `bits` bits.
    pub(super) fn check(&self, bits: u32) -> Result<(), Error> {
        let least = if self.has_top() { 2 } else { 1 };
        range("bits of a comparison", least, 64, bits.into())?;
        range("shift of a comparison", 0, u64::from(bits) - 1, self.shift().into())?;
        if let Self::Relu { skipped, .. } = *self {
            range("bits that are not compared", 0, u64::from(bits) - 1, skipped.into())?;
        }
        self.output().map_or(Ok(()), Elements::check)
    }

    pub(super) fn encode(&self, out: &mut Writer) {
        let (number, output, shift) = match *self {
            Self::Negative(output) => (0, output, 0),
            Self::Zero(output) => (1, output, 0),
            Self::Relu { output, shift, skipped: 0 } => (2, Some(output), shift),
            Self::Relu { output, shift, .. } => (5, Some(output), shift),
            Self::Truncate { output, shift } => (3, Some(output), shift),
            Self::Floor { output, shift } => (4, Some(output), shift),
        };
        out.number(number);
        out.number(output.is_some().into());
        if let Some(output) = output {
            out.elements(output);
        }
        out.number(shift.into());
        if let Self::Relu { skipped: skipped @ 1.., .. } = *self {
            out.number(skipped.into());
        }
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = from.number()?;
        let output = match from.number()? {
            0 => None,
            1 => Some(from.elements()?),
            _ => return Err(DecodeError::Shape { what: "task of a comparison" }),
        };
        let task = match (number, output, from.small()?) {
            (0, output, 0) => Self::Negative(output),
            (1, output, 0) => Self::Zero(output),
            (2, Some(output), shift) => Self::Relu { output, shift, skipped: 0 },
            (5, Some(output), shift) => match from.small()? {
                0 => return Err(DecodeError::Shape { what: "task of a comparison" }),
                skipped => Self::Relu { output, shift, skipped },
            },
            (3, Some(output), shift) => Self::Truncate { output, shift },
            (4, Some(output), shift) => Self::Floor { output, shift },
            _ => return Err(DecodeError::Shape { what: "task of a comparison" }),
        };
        Ok(task)
    }
}
