//! Links between processes: connections whose ends know who is at the other, and that both are set up alike.
//!
//! An [`End`] has a [`Role`] and [`Terms`]. One end listens, the other dials. Both show who they are (feature `tls`),
//! then each sends a hello with its role, whom it expects, and its terms, and compares what comes. If anything differs,
//! the link is refused and both ends know what it was. [`mesh`] does that for all peers of a
//! [`Network`](crate::net::Network), in whatever order they start, and gives a [`Stream`](crate::net::Stream).
//!
//! # Two connections
//!
//! A link is two connections, one for each direction, since a TLS connection can't be shared by a thread that reads and
//! one that writes. The end that dials opens both. A random token says that they belong together. What an end wrote
//! before it went away still comes, as nothing that the other end wrote can be in its way.
//!
//! # Who is let in
//!
//! With an `Identity`, connections are TLS 1.3. Every end has a certificate of one authority that names its role as a DNS
//! name, such as "party-0.ringshare". The end that dials checks that the certificate is of the role that it dials; the
//! end that listens, that it is of the role that the hello claims. Certificates are not looked up in lists of revoked
//! ones: to shut somebody out, change the authority.
//!
//! Without one, anybody who reaches the socket can claim any role and read everything. That is for tests, for one
//! machine's loopback, and for sockets in a directory that only the right users can open.
//!
//! # Limits
//!
//! Every wait has a limit ([`Limits`]), but for two: the system's own for looking up a host's name, and a
//! [`Writer`] whose peer lives and takes nothing, unless [`Writer::set_until`] sets one. What strangers can make an end hold is bounded: 64 connections in
//! set-up, each with a thread and buffers of bounded length.
//!
//! ```
//! use std::time::Duration;
//! use ringshare::net::link::{End, Role, Terms};
//!
//! let terms = Terms { session: 1, parties: 2, note: b"batch 7".to_vec(), ..Terms::default() };
//! let listener = End::new(Role::Party(0), terms.clone()).listen(&"127.0.0.1:0".parse()?)?;
//! let link = End::new(Role::Dealer, terms).dial(&listener.address(), Role::Party(0))?;
//! assert_eq!(link.role, Role::Party(0));
//! let other = listener.accept(Duration::from_secs(5))?.expect("the dealer has come");
//! assert_eq!((other.role, &other.note[..]), (Role::Dealer, &b"batch 7"[..]));
//!
//! // Another session.
//! let error = End::new(Role::Party(1), Terms { session: 2, parties: 2, ..Terms::default() })
//!     .dial(&listener.address(), Role::Party(0))
//!     .unwrap_err();
//! assert!(error.to_string().ends_with("refused this end: expected session 1, found 2"));
//! # Ok::<(), ringshare::net::link::LinkError>(())
//! ```

mod accept;
mod address;
mod channel;
mod compare;
mod dial;
mod end;
mod error;
mod hello;
#[cfg(feature = "tls")]
mod identity;
mod listen;
mod mesh;
mod parts;
mod role;
mod setup;
mod socket;
mod table;
mod terms;
mod text;
#[cfg(feature = "tls")]
mod words;

pub use address::Address;
pub use end::End;
pub use error::{LinkError, Peer};
pub use hello::{Hello, HelloError};
#[cfg(feature = "tls")]
pub use identity::Identity;
pub use listen::Listener;
pub use mesh::{Mesh, mesh};
pub use parts::{Link, Reader, Writer};
pub use role::Role;
pub use terms::{Limits, Terms};
pub use text::TextError;
