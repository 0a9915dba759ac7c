//! From pixels to the input of a network.

use alloc::vec::Vec;

/// How a pixel p, a byte, becomes the real number that enters a network.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// p·scale + shift
    Scaled {
        /// What a pixel is multiplied by.
        scale: f32,
        /// What is added then.
        shift: f32,
    },
    /// 1 if p ≥ `at`, else 0.
    Threshold {
        /// The least pixel that becomes 1.
        at: u8,
    },
    /// ⌊p / 2^drop⌋
    HighBits {
        /// Low bits that are dropped, at most 7.
        drop: u32,
    },
}

impl Input {
    /// The number of one pixel.
    pub fn number(self, pixel: u8) -> f32 {
        match self {
            Self::Scaled { scale, shift } => f32::from(pixel) * scale + shift,
            Self::Threshold { at } => f32::from(u8::from(pixel >= at)),
            Self::HighBits { drop } => f32::from(pixel.checked_shr(drop).unwrap_or(0)),
        }
    }

    /// The numbers of all pixels in the same order. Models take images as `[height, width, channels]`.
    pub fn encode(self, pixels: &[u8]) -> Vec<f32> {
        pixels.iter().map(|&p| self.number(p)).collect()
    }

    /// The least and the greatest number that a pixel can become.
    pub fn range(self) -> [f32; 2] {
        let [first, last] = [self.number(0), self.number(u8::MAX)];
        [first.min(last), first.max(last)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_become_the_numbers_that_are_said() {
        let scaled = Input::Scaled { scale: -0.5, shift: 2.0 };
        assert_eq!(scaled.encode(&[0, 1, 255]), [2.0, 1.5, -125.5]);
        assert_eq!(scaled.range(), [-125.5, 2.0]);
        assert_eq!(Input::Threshold { at: 128 }.encode(&[0, 127, 128, 255]), [0.0, 0.0, 1.0, 1.0]);
        assert_eq!(Input::Threshold { at: 0 }.range(), [1.0, 1.0]);
        assert_eq!(Input::HighBits { drop: 4 }.encode(&[0, 15, 16, 255]), [0.0, 0.0, 1.0, 15.0]);
        assert_eq!(Input::HighBits { drop: 4 }.range(), [0.0, 15.0]);
        assert_eq!(Input::HighBits { drop: 9 }.number(255), 0.0);
    }
}
