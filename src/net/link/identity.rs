//! How an end shows who it is, and checks who others are: certificates of one authority.
//!
//! A certificate names a role as a DNS name among its alternative names, such as "party-0.ringshare". If it lists uses of
//! its key, they are those of TLS servers and of TLS clients: an end is now one, now the other.

use core::fmt;
use std::borrow::ToOwned;
use std::format;
use std::path::Path;
use std::string::{String, ToString};
use std::sync::Arc;
use std::vec::Vec;

use rustls::client::{Resumption, verify_server_name};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use super::error::LinkError;
use super::role::Role;
use super::words::in_words;

/// A certificate chain, its key, and the certificate of the authority that everyone's are to come from.
///
/// Without one, links are neither encrypted nor authenticated: for one machine, and for tests.
#[derive(Clone)]
pub struct Identity {
    role: Role,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Identity {
    /// From the authority's certificates, the own chain with the own certificate first, and its key, all in PEM.
    ///
    /// # Errors
    /// If one is missing or unusable, the key is of another certificate, or the certificate does not name the role.
    pub fn from_pem(role: Role, ca: &[u8], cert: &[u8], key: &[u8]) -> Result<Self, LinkError> {
        let off = |what: String| LinkError::Identity { what: format!("identity of {role}: {what}") };
        let refused = |error: rustls::Error| off(in_words(&error));
        let mut roots = RootCertStore::empty();
        for root in certificates(ca).map_err(|what| off(format!("the authority's certificate: {what}")))? {
            roots
                .add(root)
                .map_err(|error| off(format!("the authority's certificate: {}", in_words(&error))))?;
        }
        let roots = Arc::new(roots);
        let chain = certificates(cert).map_err(|what| off(format!("the certificate: {what}")))?;
        is_of(&chain[0], role).map_err(&off)?;
        // What is wrong with a key is not said in its own bytes.
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| off("expected a private key in PEM, found none".to_owned()))?;
        let provider = Arc::new(default_provider());

        let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
        let verifier = verifier.build().map_err(|error| off(error.to_string()))?;
        let server = ServerConfig::builder_with_provider(provider.clone());
        let server = server.with_protocol_versions(&[&TLS13]).map_err(refused)?;
        let server = server.with_client_cert_verifier(verifier);
        let mut server = server.with_single_cert(chain.clone(), key.clone_key()).map_err(refused)?;
        // A connection carries data one way. A ticket would stay unread, and closing then reset the connection.
        server.send_tls13_tickets = 0;

        let client = ClientConfig::builder_with_provider(provider);
        let client = client.with_protocol_versions(&[&TLS13]).map_err(refused)?;
        let client = client.with_root_certificates(roots);
        let mut client = client.with_client_auth_cert(chain, key).map_err(refused)?;
        client.resumption = Resumption::disabled();
        Ok(Self { role, client: Arc::new(client), server: Arc::new(server) })
    }

    /// From files in PEM, as [`from_pem`](Self::from_pem).
    ///
    /// # Errors
    /// If a file can't be read or used.
    pub fn from_files(role: Role, ca: &Path, cert: &Path, key: &Path) -> Result<Self, LinkError> {
        let read = |path: &Path| {
            std::fs::read(path)
                .map_err(|source| LinkError::System { what: format!("reading {}", path.display()), source })
        };
        Self::from_pem(role, &read(ca)?, &read(cert)?, &zeroize::Zeroizing::new(read(key)?))
    }

    /// Whose it is.
    pub fn role(&self) -> Role {
        self.role
    }

    pub(super) fn dial(&self, peer: Role) -> Result<ClientConnection, rustls::Error> {
        ClientConnection::new(self.client.clone(), name(peer)?)
    }

    pub(super) fn accept(&self) -> Result<ServerConnection, rustls::Error> {
        ServerConnection::new(self.server.clone())
    }
}

/// Prints no key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.role)
    }
}

/// Whether a certificate names a role, or what it names.
pub(super) fn is_of(certificate: &CertificateDer<'_>, role: Role) -> Result<(), String> {
    let parsed = ParsedCertificate::try_from(certificate).map_err(|error| in_words(&error))?;
    let name = name(role).map_err(|error| in_words(&error))?;
    verify_server_name(&parsed, &name).map_err(|error| in_words(&error))
}

fn name(role: Role) -> Result<ServerName<'static>, rustls::Error> {
    ServerName::try_from(role.dns_name()).map_err(|_| rustls::Error::General("no DNS name".to_owned()))
}

/// At least one certificate.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| error.to_string())?;
    if found.is_empty() { Err("expected PEM, found no certificate".to_owned()) } else { Ok(found) }
}
