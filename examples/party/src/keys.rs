//! Certificates and keys: made for a trial by `keygen`, read by every role.
//!
//! | file | who needs it |
//! | --- | --- |
//! | `ca.pem` | everyone |
//! | `ca-key.pem` | whoever signs certificates, and nobody else |
//! | `ROLE.pem`, `ROLE-key.pem` | that role: `party-0`, `dealer`, `owner`, `client-1` |
//! | `party-0.secret` | that party, for its files, and a dealer who deals ahead of time |
//! | `dealer.root` | the dealer |

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use ringshare::net::link::{Identity, Role};
use ringshare::offline::file::FileKey;
use ringshare::prg::RootSeed;
use ringshare::secret::SecretBytes;

use crate::error::Error;

/// Days that certificates are good for.
const DAYS: u32 = 365;

/// A folder of keys.
#[derive(Clone, Debug)]
pub struct Keys(pub PathBuf);

impl Keys {
    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// How a role shows who it is.
    ///
    /// # Errors
    /// A file that can't be read, or is not what it should be.
    pub fn identity(&self, role: Role) -> Result<Identity, Error> {
        let [cert, key] = [format!("{role}.pem"), format!("{role}-key.pem")].map(|name| self.file(&name));
        Identity::from_files(role, &self.file("ca.pem"), &cert, &key).map_err(|e| Error::File(e.to_string()))
    }

    /// The key of a party's files.
    ///
    /// # Errors
    /// As [`identity`](Self::identity).
    pub fn secret(&self, party: usize) -> Result<FileKey, Error> {
        let path = self.file(&format!("party-{party}.secret"));
        hex(&path)
    }

    /// What the dealer draws all randomness from.
    ///
    /// # Errors
    /// As [`identity`](Self::identity).
    pub fn root(&self) -> Result<RootSeed, Error> {
        let path = self.file("dealer.root");
        Ok(RootSeed::from_bytes(*hex(&path)?.expose()))
    }

    /// Makes all keys of a trial: for that many parties and clients. Nothing is overwritten.
    ///
    /// # Errors
    /// A file that is there already, or can't be written.
    pub fn generate(&self, parties: usize, clients: u32) -> Result<(), Error> {
        fs::create_dir_all(&self.0).map_err(|e| Error::io(&self.0, &e))?;
        let mut params = certificate("authority", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, key()?).map_err(failed)?;
        write(&self.file("ca.pem"), authority.pem().as_bytes(), false)?;
        write(&self.file("ca-key.pem"), authority.key().serialize_pem().as_bytes(), true)?;
        let roles = (0..parties).map(Role::Party).chain([Role::Dealer, Role::Owner]);
        for role in roles.chain((1..=clients).map(Role::Client)) {
            let own = key()?;
            let params = certificate(&role.to_string(), &[format!("{role}.ringshare")])?;
            let signed = params.signed_by(&own, &authority).map_err(failed)?;
            write(&self.file(&format!("{role}.pem")), signed.pem().as_bytes(), false)?;
            write(&self.file(&format!("{role}-key.pem")), own.serialize_pem().as_bytes(), true)?;
        }
        for name in (0..parties).map(|party| format!("party-{party}.secret")).chain(["dealer.root".into()]) {
            let key = FileKey::generate().map_err(|e| Error::Other(e.to_string()))?;
            write(&self.file(&name), &key.to_hex(), true)?;
        }
        Ok(())
    }
}

/// A key from a file of hexadecimal digits, which are wiped.
///
/// # Errors
/// A file that can't be read, or is not what it should be.
pub fn hex(path: &Path) -> Result<FileKey, Error> {
    let text = SecretBytes::from(fs::read(path).map_err(|e| Error::io(path, &e))?);
    let text = std::str::from_utf8(&text).map_err(|e| Error::bad(path, e))?;
    FileKey::from_hex(text.trim()).map_err(|e| Error::bad(path, e))
}

fn failed(error: rcgen::Error) -> Error {
    Error::Other(format!("making certificates: {error}"))
}

fn key() -> Result<KeyPair, Error> {
    KeyPair::generate().map_err(failed)
}

fn certificate(name: &str, names: &[String]) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, format!("ringshare {name}"));
    let now = std::time::SystemTime::now();
    let day = std::time::Duration::from_secs(86_400);
    // Clocks may be off by some hours.
    params.not_before = (now - day).into();
    params.not_after = (now + day * DAYS).into();
    Ok(params)
}

fn write(path: &Path, contents: &[u8], is_secret: bool) -> Result<(), Error> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if is_secret { 0o600 } else { 0o644 });
    }
    let _ = is_secret;
    let mut file = options.open(path).map_err(|e| Error::io(path, &e))?;
    file.write_all(contents).and_then(|()| file.write_all(b"\n")).map_err(|e| Error::io(path, &e))
}
