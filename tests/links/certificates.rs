//! Who shows no certificate, or another, is refused with the reason, and keeps nobody else out.

use std::sync::Arc;
use std::time::Duration;

use ringshare::net::link::{End, Identity, LinkError, Listener, Role};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{Authority, accept, after, any, end, limits, refused, terms};

fn listen(authority: &Authority) -> Listener {
    end(Role::Party(0), 2, Some(authority)).listen(&any()).unwrap()
}

/// The end of a party with an identity, whosesoever.
fn with(identity: Identity) -> End {
    End::new(Role::Party(1), terms(2)).limits(limits()).identity(identity)
}

/// What both sides say of a party 1 that dials with this identity; an honest one gets in afterwards.
fn refuses(authority: &Authority, identity: Identity) -> [String; 2] {
    let listener = listen(authority);
    let error = with(identity).dial(&listener.address(), Role::Party(0)).unwrap_err();
    assert!(matches!(error, LinkError::Tls { .. } | LinkError::Refused { .. }), "{error:?}");
    let here = refused(&listener);
    end(Role::Party(1), 2, Some(authority)).dial(&listener.address(), Role::Party(0)).unwrap();
    assert_eq!(accept(&listener).role, Role::Party(1));
    [after(&error.to_string()), after(&here)]
}

#[test]
fn a_certificate_of_another_role_is_refused() {
    let authority = Authority::new();
    let text = "expected a certificate for party-1.ringshare, found one for ";
    for other in [Role::Client(7), Role::Dealer, Role::Party(0)] {
        let [there, here] = refuses(&authority, authority.identity(other));
        assert!(here.starts_with(text) && here.contains(&other.dns_name()), "{here}");
        assert_eq!(there, format!("refused this end: {here}"));
    }
}

#[test]
fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    let [there, here] = refuses(&authority, authority.identity_until(Role::Party(1), 2020));
    assert_eq!(here, "expected a valid certificate, found one that has expired");
    assert!(there.ends_with("it expected one that is valid now, found this end's to be expired"), "{there}");
}

/// An end of an authority that trusts another.
fn stranger(own: &Authority, trusted: &Authority, role: Role) -> Identity {
    let [certificate, key] = own.certify(&role.dns_name(), 4000);
    Identity::from_pem(role, trusted.pem.as_bytes(), certificate.as_bytes(), key.as_bytes()).unwrap()
}

#[test]
fn a_certificate_of_another_authority_is_refused_on_either_side() {
    let authority = Authority::new();
    // Also where the other has the same name.
    for other in ["another authority", "an authority"].map(Authority::named) {
        let [there, here] = refuses(&authority, stranger(&other, &authority, Role::Party(1)));
        assert_eq!(here, "expected a certificate of this end's authority, found one of another");
        assert!(there.contains("refused the certificate: it expected one of its authority"), "{there}");
        // Who dials refuses, too.
        let [there, here] = refuses(&authority, other.identity(Role::Party(1)));
        assert_eq!(there, "expected a certificate of this end's authority, found one of another");
        assert!(here.contains("refused the certificate: it expected one of its authority"), "{here}");
    }
}

#[test]
fn who_listens_with_a_certificate_of_another_role_is_refused() {
    let authority = Authority::new();
    let impostor = with(authority.identity(Role::Party(1)));
    let listener = impostor.listen(&any()).unwrap();
    let error = end(Role::Dealer, 2, Some(&authority)).dial(&listener.address(), Role::Party(0)).unwrap_err();
    let text = after(&error.to_string());
    assert!(text.starts_with("expected a certificate for party-0.ringshare, found one for"), "{text}");
    assert!(text.contains("party-1.ringshare"), "{text}");
    let here = refused(&listener);
    assert!(here.contains("the other end refused the certificate"), "{here}");
}

#[test]
fn who_shows_no_certificate_is_refused() {
    let authority = Authority::new();
    let listener = listen(&authority);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tls =
        rustls::ClientConnection::new(Arc::new(config), "party-0.ringshare".try_into().unwrap()).unwrap();
    let mut stream = std::net::TcpStream::connect(listener.address().to_string()).unwrap();
    let error =
        std::io::copy(&mut rustls::Stream::new(&mut tls, &mut stream), &mut std::io::sink()).unwrap_err();
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
    assert_eq!(after(&refused(&listener)), "expected a certificate, found none");
    drop(stream);
    end(Role::Party(1), 2, Some(&authority)).dial(&listener.address(), Role::Party(0)).unwrap();
    assert!(listener.accept(Duration::from_secs(20)).unwrap().is_some());
}

#[test]
fn an_identity_that_can_not_be_one_is_refused() {
    let [authority, other] = [Authority::new(), Authority::new()];
    let role = Role::Party(1);
    let [certificate, key] = authority.certify(&role.dns_name(), 4000);
    let [_, wrong_key] = other.certify(&role.dns_name(), 4000);
    let error = |role, ca: &str, certificate: &str, key: &str| {
        let made = Identity::from_pem(role, ca.as_bytes(), certificate.as_bytes(), key.as_bytes());
        let text = made.unwrap_err().to_string();
        assert!(!text.contains(key.lines().nth(1).unwrap_or("PRIVATE")), "{text}");
        text
    };
    let ca = &authority.pem;
    let text = error(Role::Dealer, ca, &certificate, &key);
    assert!(text.contains("expected a certificate for dealer.ringshare, found one for"), "{text}");
    assert!(error(role, ca, &certificate, &wrong_key).starts_with("identity of party-1: "));
    assert!(error(role, ca, &certificate, "").ends_with("expected a private key in PEM, found none"));
    assert!(
        error(role, "", &certificate, &key).contains("the authority's certificate: expected PEM, found no")
    );
    assert!(error(role, ca, "nothing", &key).contains("the certificate: expected PEM, found no certificate"));
    let identity = Identity::from_pem(role, ca.as_bytes(), certificate.as_bytes(), key.as_bytes()).unwrap();
    assert_eq!(format!("{identity:?}"), "Identity(party-1)");
}
