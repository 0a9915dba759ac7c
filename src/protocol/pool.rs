//! Pooling: the greatest value of every window, channel by channel.
//!
//! Which values lie below a window is public, so each party gathers them by itself. Value k of all windows is one vector,
//! and the maximum over k is a tree of maxima of whole vectors, as in [`Party::maximum_of`]: m − 1 ReLUs for a window of m
//! values, in ⌈log2 m⌉ times the rounds of a ReLU. Padding never counts: another value of the same window takes its place,
//! which does not change the maximum. The maxima stay shared.
//!
//! Sums over windows, and so means, are local: [`Share::sum_pool`].

use num_traits::One;

use super::compare::check_bits;
use super::error::{range, shape};
use super::relu::{compared, rounded_locally};
use super::{Error, Family, Party, maximum};
use crate::linalg::Window;
use crate::offline::{Cost, Elements};
use crate::ring::{Ring, Z2};
use crate::secret::Scratch;
use crate::share::{Share, resized, rounded};

/// Values below all windows that are gathered: more would need more memory than there is.
const MOST_VALUES: u64 = 1 << 32;

/// # Pooling
impl Party {
    /// The greatest value of every window of x: `[images, height, width, channels]`, channel by channel; the result
    /// is `[images, places[0], places[1], channels]`. All differences within a window must fit `bits` bits as signed
    /// numbers. A window of the image's size is global pooling.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::linalg::Window;
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// // An image of one row, two columns and a channel, x = (5, −4), under a window of its size.
    /// let window = Window { image: [1, 2, 1], size: [1, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
    /// let pooled = party.max_pool(&x, &window, 8)?;
    /// party.open(&pooled) // 5
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [5]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If x is not whole images, the window does not fit the image or lies in the padding at some place, or as
    /// [`relu`](Self::relu).
    pub fn max_pool<R: Ring>(&mut self, x: &Share<R>, window: &Window, bits: u32) -> Result<Share<R>, Error> {
        self.max_pool_above(x, window, [bits, 0, R::BITS])
    }

    /// [`max_pool`](Self::max_pool) correct modulo 2^low, or less than 2^off off; for differences up to 2^(bits − 1) − 2^(off + 1).
    ///
    /// The parties round their shares to multiples of a power of two, so that all errors together are less than 2^off, and find the
    /// exact maxima of what is left, in words of 16 bits if that is enough. Where a family rounds nothing, low bits are not compared,
    /// which adds less than 2^skipped for each level of the tree.
    pub(crate) fn max_pool_above<R: Ring>(
        &mut self,
        x: &Share<R>,
        window: &Window,
        [bits, off, low]: [u32; 3],
    ) -> Result<Share<R>, Error> {
        check_bits(R::BITS, bits)?;
        let [down, across] = window.places()?;
        let image: usize = window.image.iter().product();
        shape("elements of whole images", x.len() / image * image, x.len())?;
        if x.is_empty() {
            return Ok(Share::zeros(0));
        }
        let values = [x.len() / image, down, across, window.image[2], window.size[0], window.size[1]];
        let values = values.iter().fold(1, |all: u64, &size| all.saturating_mul(size as u64));
        range("values below all windows", 0, MOST_VALUES, values)?;
        let size = window.size[0] * window.size[1];
        let held = low.max(compared(self.family, bits)).min(R::BITS);
        let local = rounded_locally(self.family, self.parties(), bits, off);
        // Without the bit that Legendre symbols take more, there is an error to come.
        let is_right = compared(self.family, bits) <= R::BITS;
        if local == 0 || held > 64 || size == 1 || !is_right {
            return self.pooled(x.expose(), window, [bits, skipped(size, off), low]);
        }
        let bits = [bits - local, 0, low.saturating_sub(local).max(1)];
        let mut out = if held - local <= u16::BITS {
            let x: Scratch<u16> = rounded(self.id(), x.expose(), held, local);
            Share::of(resized(self.pooled::<Z2<16>>(&x, window, bits)?.expose()))
        } else {
            self.pooled(&rounded(self.id(), x.expose(), held, local), window, bits)?
        };
        out.scale(R::Word::one() << local as usize);
        Ok(out)
    }

    fn pooled<R: Ring>(&mut self, x: &[R::Word], window: &Window, bits: [u32; 3]) -> Result<Share<R>, Error> {
        let planes = window.gather(x, &window.taps()?);
        self.tournament(Share::from_words(planes), window.size[0] * window.size[1], bits)
    }
}

/// The cost of the greatest values of the windows of `images` images, by `family` at `bits` bits in a ring of
/// `elements`.
///
/// # Panics
/// If the window does not fit its image, or as [`maximum`](super::cost::maximum).
pub fn max_pool(family: Family, images: usize, window: &Window, bits: u32, elements: Elements) -> Cost {
    max_pool_above(family, [2, images], window, [bits, 0], elements)
}

/// The low bits of differences of `size` values that need not be compared, if the maximum may be less than 2^off off.
fn skipped(size: usize, off: u32) -> u32 {
    let depth = size.next_power_of_two().ilog2();
    off.saturating_sub(depth.next_power_of_two().ilog2())
}

/// As [`max_pool`] of `parties` parties, where the result may be less than 2^off off: what a model's maxima take where a truncation
/// follows.
///
/// # Panics
/// As [`max_pool`].
pub fn max_pool_above(
    family: Family,
    [parties, images]: [usize; 2],
    window: &Window,
    [bits, off]: [u32; 2],
    elements: Elements,
) -> Cost {
    assert!((2..=64).contains(&bits), "comparisons take 2 to 64 bits, not {bits}");
    let [down, across] = window.grid();
    let windows = images * down * across * window.image[2];
    let size = window.size[0] * window.size[1];
    let local = rounded_locally(family, parties, bits, off);
    let held = elements.bits.max(compared(family, bits));
    if local == 0 || held > 64 || size == 1 {
        return maximum::maximum_above(family, [windows, size], [bits, skipped(size, off)], elements);
    }
    let word = if held - local <= u16::BITS { 16 } else { elements.word };
    let elements = Elements { word, bits: elements.bits.saturating_sub(local).max(1) };
    maximum::maximum_above(family, [windows, size], [bits - local, 0], elements)
}
