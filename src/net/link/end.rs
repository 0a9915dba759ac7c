//! An end, before it has any links.

#[cfg(feature = "tls")]
use super::identity::Identity;
use super::role::Role;
use super::terms::{Limits, Terms};

/// One end of links that are to be: who it is, and what it holds the others to.
#[derive(Clone, Debug)]
pub struct End {
    pub(super) role: Role,
    pub(super) terms: Terms,
    pub(super) limits: Limits,
    #[cfg(feature = "tls")]
    pub(super) identity: Option<Identity>,
}

impl End {
    /// An end of that role, without an identity, with the usual limits.
    pub fn new(role: Role, terms: Terms) -> Self {
        Self {
            role,
            terms,
            limits: Limits::default(),
            #[cfg(feature = "tls")]
            identity: None,
        }
    }

    /// Shows who it is by certificates, takes nobody else's word, and encrypts.
    #[cfg(feature = "tls")]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Waits no longer than that.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Who it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What it holds the others to.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }
}
