//! Convolutions.

use crate::linalg::Window;

/// The same at every place of a window: x: `[height, width, channels]`, W: `[outputs, size[0], size[1],
/// channels / groups]`, b: `[outputs]`, z: `[places[0], places[1], outputs]`. Channels and outputs are divided into
/// `groups` groups of equal size, and an output of a group depends on the channels of that group only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Image and window.
    pub window: Window,
    /// Channels of z.
    pub outputs: usize,
    /// Groups of channels.
    pub groups: usize,
    /// Bits of z that count; z must fit as a signed number.
    pub bits: u32,
}
