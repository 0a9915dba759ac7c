//! Errors of TLS in words.

use std::format;
use std::string::String;

use rustls::{AlertDescription, CertificateError, Error};

/// What was expected and what came.
pub(super) fn in_words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::NoCertificatesPresented => "expected a certificate, found none".into(),
        Error::AlertReceived(alert) => match alert {
            AlertDescription::UnknownCA => {
                refused("of its authority, found this end's certificate of another")
            }
            AlertDescription::CertificateExpired => {
                refused("that is valid now, found this end's to be expired")
            }
            AlertDescription::CertificateRequired => refused("of this end, found none"),
            AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError => {
                refused("of its authority for this end's role, found another")
            }
            alert => format!("the other end refused TLS: {alert:?}"),
        },
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => {
            "expected TLS, found other bytes".into()
        }
        Error::PeerIncompatible(_) => format!("expected TLS 1.3 as this end speaks it: {error}"),
        error => format!("TLS failed: {error}"),
    }
}

fn refused(expected: &str) -> String {
    format!("the other end refused the certificate: it expected one {expected}")
}

fn certificate(error: &CertificateError) -> String {
    let found = match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            return "expected a certificate of this end's authority, found one of another".into();
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let expected = expected.to_str();
            return format!("expected a certificate for {expected}, found one for {}", presented.join(", "));
        }
        CertificateError::NotValidForName => {
            return "expected a certificate for the role, found one for another".into();
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "one that has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "one that is not valid yet"
        }
        CertificateError::BadEncoding => "one that can't be read",
        CertificateError::Revoked => "one that was revoked",
        error => return format!("expected a valid certificate, found another: {error}"),
    };
    format!("expected a valid certificate, found {found}")
}
