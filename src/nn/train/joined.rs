//! Several vectors as one: the rounds of what is done with them are those of a single vector.

use alloc::vec::Vec;

use super::arithmetic::Numbers;

/// One vector behind the other.
pub(super) fn joined<'a>(parts: impl Iterator<Item = &'a Numbers> + Clone) -> Numbers {
    // Growing would leave the old place unwiped.
    let mut words = Vec::with_capacity(parts.clone().map(Numbers::len).sum());
    parts.for_each(|part| words.extend_from_slice(part.expose()));
    Numbers::from_words(words)
}

/// Parts of a vector, each as long as one of these.
pub(super) fn parted<'a>(all: &Numbers, like: impl Iterator<Item = &'a Numbers>) -> Vec<Numbers> {
    let mut from = 0;
    let part = |like: &Numbers| {
        from += like.len();
        all.slice(from - like.len()..from)
    };
    like.map(part).collect()
}
