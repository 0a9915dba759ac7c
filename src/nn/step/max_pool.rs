//! Maxima over windows.

use crate::linalg::Window;

/// The greatest value of every window, channel by channel; padding is ignored. All differences within
/// a window fit `bits` bits as signed numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// Image and window.
    pub window: Window,
    /// The bit length.
    pub bits: u32,
}
