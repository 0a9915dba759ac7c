//! Why a run has failed.

use alloc::string::String;

/// Who failed first, and why.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    pub(super) origin: u16,
    pub(super) reason: String,
}
