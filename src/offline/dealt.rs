//! An item as its kind handles it.

use super::Source;

/// An item and what was asked for, the rings as numbers of bits and not as types: what is done with it is compiled for
/// every word, not for every ring. The types with rings that a [`Store`](super::Store) hands out are made of it.
pub(crate) struct Dealt<K> {
    pub(crate) source: Source,
    pub(crate) asked: K,
}
