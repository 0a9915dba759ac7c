//! How large the numbers of a description may be that comes from outside.

use core::fmt;

use crate::linalg::Window;

/// The most rows or columns of a window's size, stride, padding and dilation.
const MOST_STEP: usize = 1 << 16;
/// The most rows, columns or channels of an image.
const MOST_SIDE: usize = 1 << 20;

/// A number that is too large: what it is, the most that it may be, and what was found.
pub(super) struct TooLarge {
    pub(super) what: &'static str,
    pub(super) most: usize,
    pub(super) found: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, most, found } = self;
        write!(f, "{what}: expected at most {most}, found {found}")
    }
}

/// Checks the numbers of a window. Whether they fit each other, [`Window::places`] says.
pub(super) fn window(window: &Window) -> Result<(), TooLarge> {
    at_most("side of an image", MOST_SIDE, &window.image)?;
    at_most("size of a window", MOST_STEP, &window.size)?;
    at_most("stride", MOST_STEP, &window.stride)?;
    at_most("padding", MOST_STEP, &window.padding)?;
    at_most("dilation", MOST_STEP, &window.dilation)
}

/// Checks the sides of an image.
pub(super) fn image(image: &[usize; 3]) -> Result<(), TooLarge> {
    at_most("side of an image", MOST_SIDE, image)
}

fn at_most(what: &'static str, most: usize, all: &[usize]) -> Result<(), TooLarge> {
    match all.iter().find(|&&found| found > most) {
        Some(&found) => Err(TooLarge { what, most, found }),
        None => Ok(()),
    }
}
