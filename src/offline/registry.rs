//! Which kinds a recipe may have.

use alloc::collections::BTreeMap;
use core::fmt;

use super::{DecodeError, Kind, Reader, Request};

/// The kinds that a reader of recipes knows, by name. [`correlation::registry`](crate::correlation::registry) has those of
/// this crate; a caller adds its own.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Decode>);

type Decode = fn(&mut Reader<'_>) -> Result<Request, DecodeError>;

impl Registry {
    /// Adds the kind K. It replaces a kind of the same name.
    pub fn with<K: Kind>(mut self) -> Self {
        self.0.insert(K::NAME, |from| Ok(K::decode(from)?.into()));
        self
    }

    /// The names of all kinds.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// Reads the shape of the kind called `name`.
    pub(super) fn decode(&self, name: &str, shape: &[u8]) -> Result<Request, DecodeError> {
        let decode = self.0.get(name).ok_or_else(|| DecodeError::Kind { name: name.into() })?;
        let mut from = Reader::new(shape);
        let request = decode(&mut from)?;
        from.finish()?;
        Ok(request)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
