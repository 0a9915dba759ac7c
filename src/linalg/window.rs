//! Windows that slide over images.
//!
//! Images are `[height, width, channels]`, channels last, so that the values below a window's row are neighbours. A
//! window of `size` with *dilation* d reads every d-th row and column; it moves by the *stride*; around the image
//! lie *padding* rows and columns of zeros on each side.

use core::fmt;

/// The geometry of a convolution or of a pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Height, width and channels of an image.
    pub image: [usize; 3],
    /// Height and width of the window.
    pub size: [usize; 2],
    /// Rows and columns from one place to the next.
    pub stride: [usize; 2],
    /// Rows and columns of zeros on each side.
    pub padding: [usize; 2],
    /// Rows and columns from one value of the window to the next.
    pub dilation: [usize; 2],
}

/// Why a window fits no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WindowError {
    /// Something that must be at least 1 is 0: what.
    Zero(&'static str),
    /// The window is larger than the image with its padding.
    Size {
        /// Rows or columns of the image with its padding.
        most: usize,
        /// What the window spans.
        found: usize,
    },
    /// At some place no value of the window is in the image.
    Padding {
        /// The row or column of the place.
        place: usize,
    },
    /// More elements than can be counted.
    Overflow,
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero(what) => write!(f, "{what}: expected at least 1, found 0"),
            Self::Size { most, found } => {
                write!(f, "expected a window of at most {most} rows or columns, found {found}")
            }
            Self::Padding { place } => {
                write!(f, "place {place} of a window: expected a value of the image, found padding alone")
            }
            Self::Overflow => f.write_str("expected a size that can be counted, found more"),
        }
    }
}

impl core::error::Error for WindowError {}

/// Size and image, and the rest where it is not the usual.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([height, width, channels], [rows, columns]) = (self.image, self.size);
        write!(f, "{rows}x{columns} of {height}x{width}x{channels}")?;
        let rest = [("stride", self.stride, 1), ("padding", self.padding, 0), ("dilation", self.dilation, 1)];
        rest.iter()
            .filter(|(_, pair, usual)| *pair != [*usual; 2])
            .try_for_each(|(name, [down, across], _)| write!(f, ", {name} {down}x{across}"))
    }
}

impl Window {
    /// A window of `size` with stride 1, no padding, no dilation.
    pub fn new(image: [usize; 3], size: [usize; 2]) -> Self {
        Self { image, size, stride: [1; 2], padding: [0; 2], dilation: [1; 2] }
    }

    /// Rows and columns of places that the window takes: height and width of the result.
    ///
    /// # Errors
    /// If the window does not fit the image, or sizes overflow.
    pub fn places(&self) -> Result<[usize; 2], WindowError> {
        let named = [
            ("size of an image", &self.image[..]),
            ("size of a window", &self.size),
            ("stride", &self.stride),
            ("dilation", &self.dilation),
        ];
        for (what, values) in named {
            if values.contains(&0) {
                return Err(WindowError::Zero(what));
            }
        }
        let mut places = [0; 2];
        for (i, places) in places.iter_mut().enumerate() {
            let span = (self.size[i] - 1).checked_mul(self.dilation[i]).and_then(|s| s.checked_add(1));
            let padded = self.padding[i].checked_mul(2).and_then(|p| p.checked_add(self.image[i]));
            let (Some(span), Some(padded)) = (span, padded) else { return Err(WindowError::Overflow) };
            if span > padded {
                return Err(WindowError::Size { most: padded, found: span });
            }
            *places = (padded - span) / self.stride[i] + 1;
        }
        let sizes = [self.image[0], self.image[1], self.image[2], self.size[0], self.size[1]];
        let all = sizes.iter().chain(&places).try_fold(1usize, |all, &n| all.checked_mul(n));
        all.map(|_| places).ok_or(WindowError::Overflow)
    }
}
