//! Sums over windows.

use crate::linalg::Window;

/// The sum over every window, channel by channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumPool {
    /// Image and window.
    pub window: Window,
}
