//! Where an end listens.

use core::fmt;
use core::str::FromStr;
use std::path::PathBuf;
use std::string::String;

use super::text::TextError;

/// Where an end listens: "host:port", or "unix:/path/to/socket".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A host's name or number, a colon, and a port.
    Tcp(String),
    /// The path of a socket in the file system, where the system has them.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for Address {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let address = match text.strip_prefix("unix:") {
            Some(path) => (!path.is_empty()).then(|| Self::Unix(path.into())),
            None => {
                let split = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
                split.filter(|(_, port)| port.parse::<u16>().is_ok()).map(|_| Self::Tcp(text.into()))
            }
        };
        address
            .ok_or_else(|| TextError { expected: "an address: host:port or unix:/path", found: text.into() })
    }
}
