//! Parts of images, images with zeros around them, and larger images of repeated elements.
//!
//! Images are `[height, width, channels]`, channels last. Along each axis, element i of the result is element
//!
//! ⌊(start + step·i) / repeat⌋
//!
//! of the image, for i below the result's *size*. Where the image has no such element, the result is zero, or has the nearest
//! one. So a slice has a start and a step, zeros around an image are a negative start and a larger size, and an image that
//! is enlarged to its n-fold repeats every element n times. In place of the repetitions there may be zeros, as the transposed
//! convolution with a stride takes them.
//!
//! *Groups* shuffle the channels first: with C channels in g groups, channel c of what is selected from is channel
//! (c mod g)·(C/g) + ⌊c/g⌋ of the image, as in ShuffleNet (<https://arxiv.org/abs/1707.01083>, figure 1).

use alloc::vec::Vec;
use core::fmt;

/// Which elements of an image make up another. It says where they come from, and nothing of what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Height, width and channels of the image.
    pub image: [usize; 3],
    /// Height, width and channels of the result.
    pub size: [usize; 3],
    /// Where the result begins, along each axis.
    pub start: [i64; 3],
    /// From one element to the next.
    pub step: [i64; 3],
    /// How often an element is repeated.
    pub repeat: [usize; 3],
    /// Groups of channels that are shuffled; 1 leaves them as they are.
    pub groups: usize,
    /// What lies around the image.
    pub outside: Outside,
}

/// What lies around an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outside {
    /// Zeros.
    #[default]
    Zero,
    /// Along each axis, the nearest element of the image.
    Nearest,
    /// Zeros, and also in place of repetitions: where the division by `repeat` has a remainder.
    ZeroBetween,
}

/// What is wrong with a [`Selection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectionError {
    /// A number is out of range.
    Number {
        /// Which.
        what: &'static str,
        /// The least that it may be.
        least: i64,
        /// The most that it may be.
        most: i64,
        /// What it is.
        found: i128,
    },
    /// The groups do not divide the channels.
    Groups {
        /// Channels of the image.
        channels: usize,
        /// The groups.
        found: usize,
    },
    /// The number of elements overflows.
    Overflow,
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { what, least, most, found } => {
                write!(f, "{what}: expected {least} to {most}, found {found}")
            }
            Self::Groups { channels, found } => {
                write!(f, "expected groups that divide {channels} channels, found {found}")
            }
            Self::Overflow => f.write_str("expected a size that can be counted, found more"),
        }
    }
}

impl core::error::Error for SelectionError {}

impl Selection {
    /// The most of every number.
    pub const MOST: i64 = 1 << 24;

    /// All of an image as it is.
    pub fn new(image: [usize; 3]) -> Self {
        let outside = Outside::Zero;
        Self { image, size: image, start: [0; 3], step: [1; 3], repeat: [1; 3], groups: 1, outside }
    }

    /// Elements of the image and of the result.
    ///
    /// # Errors
    /// Numbers out of range, groups that do not divide the channels, or more elements than can be counted.
    pub fn elements(&self) -> Result<[usize; 2], SelectionError> {
        for axis in 0..3 {
            for (what, least, found) in [
                ("side of an image", 1, self.image[axis] as i128),
                ("side of a selection", 1, self.size[axis] as i128),
                ("start of a selection", -Self::MOST, self.start[axis].into()),
                ("step of a selection", -Self::MOST, self.step[axis].into()),
                ("repetitions", 1, self.repeat[axis] as i128),
            ] {
                if !(least.into()..=Self::MOST.into()).contains(&found) {
                    return Err(SelectionError::Number { what, least, most: Self::MOST, found });
                }
            }
        }
        let channels = self.image[2];
        if self.groups == 0 || !channels.is_multiple_of(self.groups) {
            return Err(SelectionError::Groups { channels, found: self.groups });
        }
        let count = |shape: [usize; 3]| shape.iter().try_fold(1usize, |all, &n| all.checked_mul(n));
        match (count(self.image), count(self.size)) {
            (Some(image), Some(result)) => Ok([image, result]),
            _ => Err(SelectionError::Overflow),
        }
    }

    /// Where the result's elements come from, along an axis; `None` where they are zero. The numbers are in range.
    pub(crate) fn sources(&self, axis: usize) -> Vec<Option<usize>> {
        // No more than 2^49 in magnitude.
        let (start, step, repeat) = (self.start[axis], self.step[axis], self.repeat[axis] as i64);
        let last = self.image[axis] as i64 - 1;
        let source = |i: usize| {
            let at = start + step * i as i64;
            if self.outside == Outside::ZeroBetween && at.rem_euclid(repeat) != 0 {
                return None;
            }
            let at = at.div_euclid(repeat);
            let at = if self.outside == Outside::Nearest { at.clamp(0, last) } else { at };
            let at = usize::try_from(at).ok().filter(|_| at <= last)?;
            Some(if axis == 2 { self.shuffled(at) } else { at })
        };
        (0..self.size[axis]).map(source).collect()
    }

    fn shuffled(&self, channel: usize) -> usize {
        channel % self.groups * (self.image[2] / self.groups) + channel / self.groups
    }

    /// The selection from any number of images, one after the other.
    pub(crate) fn apply<T: Copy + Default>(&self, images: &[T]) -> Vec<T> {
        let Ok([elements, selected]) = self.elements() else { return Vec::new() };
        let [rows, columns, channels] = [0, 1, 2].map(|axis| self.sources(axis));
        let [_, width, count] = self.image;
        let whole = channels.iter().enumerate().all(|(i, &source)| source == Some(i));
        // Growing would leave the old place unwiped.
        let mut out = Vec::with_capacity(images.len() / elements * selected);
        for image in images.chunks_exact(elements) {
            for (row, column) in rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column))) {
                match (row, column) {
                    (Some(row), Some(column)) => {
                        let pixel = &image[(row * width + column) * count..][..count];
                        match whole {
                            true => out.extend_from_slice(&pixel[..channels.len()]),
                            false => {
                                out.extend(channels.iter().map(|at| at.map_or(T::default(), |at| pixel[at])))
                            }
                        }
                    }
                    _ => out.resize(out.len() + channels.len(), T::default()),
                }
            }
        }
        out
    }
}

/// Size and image, and the rest where it is not the usual.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([height, width, channels], [rows, columns, depth]) = (self.image, self.size);
        write!(f, "{rows}x{columns}x{depth} of {height}x{width}x{channels}")?;
        let repeat = self.repeat.map(|n| n as i64);
        for (name, [down, across, deep], usual) in
            [("from", self.start, 0), ("step", self.step, 1), ("repeated", repeat, 1)]
        {
            if [down, across, deep] != [usual; 3] {
                write!(f, ", {name} {down}x{across}x{deep}")?;
            }
        }
        if self.groups > 1 {
            write!(f, ", {} groups shuffled", self.groups)?;
        }
        match self.outside {
            Outside::Zero => Ok(()),
            Outside::Nearest => f.write_str(", edges repeated"),
            Outside::ZeroBetween => f.write_str(", zeros between"),
        }
    }
}
