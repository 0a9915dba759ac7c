//! Whether a hello is what this end expects.

use std::format;
use std::string::{String, ToString};

use super::end::End;
use super::error::{LinkError, Peer};
use super::hello::{Hello, HelloError};
use super::role::Role;

impl End {
    /// The hello to a peer. How far an end has come is nothing for owners and clients.
    pub(super) fn hello(&self, peer: Role, token: [u8; 16], back: bool) -> Hello {
        let mut terms = self.terms.clone();
        if peer.peer(terms.parties).is_none() {
            terms.note.clear();
        }
        Hello { terms, role: self.role, peer, token, back }
    }

    /// Compares what a connection that came in says with what this end expects.
    pub(super) fn check_caller(&self, found: &Hello, peer: &Peer) -> Result<(), LinkError> {
        self.check_terms(found, peer)?;
        if found.peer != self.role {
            return Err(differs(peer, "dialled role", self.role, found.peer));
        }
        let parties = self.terms.parties;
        if let Role::Party(id) = found.role
            && id >= parties
        {
            return Err(differs(peer, "party below", parties, found.role));
        }
        if found.role == self.role && self.role.peer(parties).is_some() {
            return Err(differs(peer, "role other than", self.role, found.role));
        }
        Ok(())
    }

    /// Compares what a dialled end answers with what this end expects, and with what it has sent.
    pub(super) fn check_answer(&self, sent: &Hello, found: &Hello, peer: &Peer) -> Result<(), LinkError> {
        self.check_terms(found, peer)?;
        if found.role != sent.peer {
            return Err(differs(peer, "role", sent.peer, found.role));
        }
        if found.peer != self.role {
            return Err(differs(peer, "dialling role", self.role, found.peer));
        }
        if (found.token, found.back) != (sent.token, sent.back) {
            let reason = HelloError::Field { field: "token" }.to_string();
            return Err(LinkError::Bytes { peer: peer.clone(), reason });
        }
        Ok(())
    }

    fn check_terms(&self, found: &Hello, peer: &Peer) -> Result<(), LinkError> {
        let (own, found) = (&self.terms, &found.terms);
        if own.session != found.session {
            return Err(differs(peer, "session", own.session, found.session));
        }
        if own.parties != found.parties {
            return Err(differs(peer, "number of parties", own.parties, found.parties));
        }
        let names = own.digests.iter().chain(&found.digests).map(|(name, _)| name);
        for name in names {
            let of = |terms: &super::terms::Terms| {
                terms.digests.iter().find(|(other, _)| other == name).map(|(_, digest)| *digest)
            };
            let (own, found) = (of(own), of(found));
            if own != found {
                return Err(differs(peer, &format!("digest of {name}"), short(own), short(found)));
            }
        }
        Ok(())
    }
}

fn differs(peer: &Peer, field: &str, expected: impl ToString, found: impl ToString) -> LinkError {
    LinkError::Differs {
        peer: peer.clone(),
        field: field.into(),
        expected: expected.to_string(),
        found: found.to_string(),
    }
}

/// The first eight bytes: enough to tell two apart by eye.
fn short(digest: Option<[u8; 32]>) -> String {
    digest.map_or_else(
        || "none".into(),
        |digest| digest[..8].iter().map(|byte| format!("{byte:02x}")).chain(["…".into()]).collect(),
    )
}
