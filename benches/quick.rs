//! Sizes for a run that measures nothing.

use std::sync::LazyLock;

static TEST: LazyLock<bool> = LazyLock::new(|| std::env::args().any(|argument| argument == "--test"));

/// So many, or a 64th of them with `--test`, which goes through every benchmark once.
pub(crate) fn of(full: usize) -> usize {
    if *TEST { full / 64 } else { full }
}
