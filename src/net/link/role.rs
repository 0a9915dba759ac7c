//! Who is at an end of a link.

use core::fmt;
use core::str::FromStr;
use std::string::String;

use super::text::TextError;

/// Who an end is. Written "party-0", "dealer", "owner", "client-7".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The party of that number.
    Party(usize),
    /// The dealer, who is the peer after the last party.
    Dealer,
    /// Who owns the model.
    Owner,
    /// Who asks for inferences.
    Client(u32),
}

impl Role {
    /// The number of this peer among `parties` parties and a dealer, if it is one of them.
    pub fn peer(self, parties: usize) -> Option<usize> {
        match self {
            Self::Party(id) => (id < parties).then_some(id),
            Self::Dealer => Some(parties),
            Self::Owner | Self::Client(_) => None,
        }
    }

    /// The role of peer `peer` among `parties` parties and a dealer.
    pub fn of_peer(peer: usize, parties: usize) -> Self {
        if peer < parties { Self::Party(peer) } else { Self::Dealer }
    }

    /// The DNS name that a certificate of this role holds, such as "party-0.ringshare".
    #[cfg(feature = "tls")]
    pub fn dns_name(self) -> String {
        std::format!("{self}.ringshare")
    }

    /// Bytes of an encoded role.
    pub(super) const LEN: usize = 5;

    /// A byte for the kind, and the number (32 bits, little-endian).
    pub(super) fn encode(self) -> [u8; Self::LEN] {
        let (kind, number) = match self {
            // Terms hold a number of parties that fits 16 bits.
            Self::Party(id) => (0, u32::try_from(id).unwrap_or(u32::MAX)),
            Self::Dealer => (1, 0),
            Self::Owner => (2, 0),
            Self::Client(id) => (3, id),
        };
        let [a, b, c, d] = number.to_le_bytes();
        [kind, a, b, c, d]
    }

    /// The inverse of [`encode`](Self::encode): one encoding a role.
    pub(super) fn decode([kind, number @ ..]: [u8; Self::LEN]) -> Option<Self> {
        match (kind, u32::from_le_bytes(number)) {
            (0, id) => usize::try_from(id).ok().map(Self::Party),
            (1, 0) => Some(Self::Dealer),
            (2, 0) => Some(Self::Owner),
            (3, id) => Some(Self::Client(id)),
            _ => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Party(id) => write!(f, "party-{id}"),
            Self::Dealer => f.write_str("dealer"),
            Self::Owner => f.write_str("owner"),
            Self::Client(id) => write!(f, "client-{id}"),
        }
    }
}

impl FromStr for Role {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let role = match text.split_once('-') {
            None if text == "dealer" => Some(Self::Dealer),
            None if text == "owner" => Some(Self::Owner),
            Some(("party", id)) => number(id).and_then(|id| usize::try_from(id).ok()).map(Self::Party),
            Some(("client", id)) => number(id).map(Self::Client),
            _ => None,
        };
        role.ok_or_else(|| TextError {
            expected: "a role: party-N, dealer, owner or client-N",
            found: String::from(text),
        })
    }
}

/// A number as it is printed: without a sign or leading zeros.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
