//! An authority and its certificates.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use ringshare::net::link::{Identity, Role};

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("an authority")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate and its key.
    pub(crate) fn certify(&self, name: &str, last_year: i32) -> [String; 2] {
        let mut params = CertificateParams::new(vec![name.into()]).unwrap();
        params.not_after = date_time_ymd(last_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        [params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem()]
    }

    pub(crate) fn identity(&self, role: Role) -> Identity {
        self.identity_until(role, 4000)
    }

    pub(crate) fn identity_until(&self, role: Role, last_year: i32) -> Identity {
        let [certificate, key] = self.certify(&role.dns_name(), last_year);
        Identity::from_pem(role, self.pem.as_bytes(), certificate.as_bytes(), key.as_bytes()).unwrap()
    }
}
