//! Windows that slide over images.
//!
//! Images are `[height, width, channels]`, channels last, so that the values below a window's row are neighbours. A
//! window of `size` with *dilation* d reads every d-th row and column; it moves by the *stride*; around the image
//! lie *padding* rows and columns of zeros on each side.
//!
//! Along one axis, let h be the image's size, p the padding, s the stride, d the dilation and m the size of the window.
//! It spans d·(m − 1) + 1 of h + 2p rows, and takes ⌊(h + 2p − d·(m − 1) − 1) / s⌋ + 1 places. At place a its value k is
//! row a·s + k·d − p of the image, or zero where there is no such row. With h ≤ [`Window::MOST_SIDE`] and all others at most
//! [`Window::MOST_STEP`], no number on the way is above 2^32 − 1.

use core::fmt;

/// The geometry of a convolution or of a pooling.
///
/// Any numbers make one; whether they fit, and are within the limits, is what [`places`](Self::places) says. Whatever takes
/// a window asks that first.
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
    /// Something is beyond its limit, [`Window::MOST_SIDE`] or [`Window::MOST_STEP`].
    Limit {
        /// What.
        what: &'static str,
        /// The limit.
        most: usize,
        /// What was found.
        found: usize,
    },
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
            Self::Limit { what, most, found } => write!(f, "{what}: expected at most {most}, found {found}"),
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
    /// The most rows and columns of an image.
    pub const MOST_SIDE: usize = 1 << 20;
    /// The most rows and columns of a window, of padding on a side, and from one place or one value to the next.
    pub const MOST_STEP: usize = 1 << 16;

    /// A window of `size` with stride 1, no padding, no dilation.
    pub fn new(image: [usize; 3], size: [usize; 2]) -> Self {
        Self { image, size, stride: [1; 2], padding: [0; 2], dilation: [1; 2] }
    }

    /// Rows and columns of places that the window takes: height and width of the result.
    ///
    /// # Errors
    /// If a number is 0 that may not be, or beyond its limit, the window does not fit the image, or sizes overflow.
    pub fn places(&self) -> Result<[usize; 2], WindowError> {
        let [height, width, channels] = self.image;
        if channels == 0 {
            return Err(WindowError::Zero("size of an image"));
        }
        for (what, pair, least, most) in [
            ("size of an image", [height, width], 1, Self::MOST_SIDE),
            ("size of a window", self.size, 1, Self::MOST_STEP),
            ("stride", self.stride, 1, Self::MOST_STEP),
            ("dilation", self.dilation, 1, Self::MOST_STEP),
            ("padding", self.padding, 0, Self::MOST_STEP),
        ] {
            for found in pair {
                if found < least {
                    return Err(WindowError::Zero(what));
                }
                if found > most {
                    return Err(WindowError::Limit { what, most, found });
                }
            }
        }
        let mut places = [0; 2];
        for (i, places) in places.iter_mut().enumerate() {
            // At most 2^32 - 2^16 + 1, and 2^20 + 2^17.
            let span = (self.size[i] - 1) * self.dilation[i] + 1;
            let padded = self.image[i] + 2 * self.padding[i];
            if span > padded {
                return Err(WindowError::Size { most: padded, found: span });
            }
            *places = (padded - span) / self.stride[i] + 1;
        }
        let sizes = [height, width, channels, self.size[0], self.size[1]];
        let all = sizes.iter().chain(&places).try_fold(1usize, |all, &n| all.checked_mul(n));
        all.map(|_| places).ok_or(WindowError::Overflow)
    }

    /// [`places`](Self::places), of a window that fits.
    ///
    /// # Panics
    /// If it does not.
    pub(crate) fn grid(&self) -> [usize; 2] {
        match self.places() {
            Ok(places) => places,
            Err(error) => panic!("{error}"),
        }
    }

    /// Whether every one of the window's `places` along axis 0 or 1 sees a row or column of the image.
    pub(crate) fn sees_image(&self, axis: usize, places: usize) -> bool {
        let (size, padding, dilation) = (self.size[axis], self.padding[axis], self.dilation[axis]);
        (0..places).all(|place| {
            let start = place * self.stride[axis];
            let first = padding.saturating_sub(start).div_ceil(dilation);
            first < size && start + first * dilation < padding + self.image[axis]
        })
    }

    /// Places in all of `images`, a number of images.
    ///
    /// # Panics
    /// If the window does not fit, or there are more than can be counted.
    pub(crate) fn places_in(&self, images: usize) -> usize {
        let [down, across] = self.grid();
        images.checked_mul(down * across).unwrap_or_else(|| panic!("{}", WindowError::Overflow))
    }

    /// The row (axis 0) or column (axis 1) of the image below value `k` of the window at place `at`; `None` in the
    /// padding. For windows, places and values that there are.
    pub(crate) fn source(&self, axis: usize, at: usize, k: usize) -> Option<usize> {
        let padded = at * self.stride[axis] + k * self.dilation[axis];
        padded.checked_sub(self.padding[axis]).filter(|&i| i < self.image[axis])
    }
}
