//! Small states, such as a party's share of a model, each in a file of its own under the party's key.
//!
//! | bytes | |
//! | --- | --- |
//! | 8 | `RSSEALED` |
//! | 8 | the version, 1 |
//! | 32 | SHA-256 of the text that says what it is |
//! | 8 | bytes of the contents |
//! | 19 | a random id |
//! | | the contents, in [chunks](super#chunks) |
//!
//! A file is written under a temporary name, and takes the place of an older one when it is on disk as a whole.

use std::fs::File;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::chunks::{ID, Opener, Sealer, fresh_id};
use super::disk::{check_magic, read_head};
use super::{FileError, FileKey};
use crate::offline::Reader;
use crate::secret::SecretBytes;

const MAGIC: &[u8; 8] = b"RSSEALED";
const VERSION: u64 = 1;
const HEAD: usize = 8 + 8 + 32 + 8 + ID;

/// Writes `contents` to a file that only `key` opens, and only as what it is: a short text of the caller's, such as
/// `model 3 of party 1`. On Unix, only the file's owner may read it.
///
/// ```
/// use ringshare::offline::file::{FileKey, sealed};
/// let path = std::env::temp_dir().join(format!("ringshare-sealed-{}", std::process::id()));
/// let key = FileKey::generate()?;
/// sealed::write(&path, &key, "model", &[1, 2, 3])?;
/// assert_eq!(sealed::read(&path, &key, "model")?[..], [1, 2, 3]);
/// assert!(sealed::read(&path, &key, "seeds").is_err());
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), ringshare::offline::file::FileError>(())
/// ```
///
/// # Errors
/// If the system refuses it. The file is then as it was before, or, where the system refuses to sync the folder, a whole new
/// one.
pub fn write(path: &Path, key: &FileKey, what: &str, contents: &[u8]) -> Result<(), FileError> {
    let id = fresh_id()?;
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(MAGIC);
    head[8..16].copy_from_slice(&VERSION.to_le_bytes());
    head[16..48].copy_from_slice(&Sha256::digest(what));
    head[48..56].copy_from_slice(&(contents.len() as u64).to_le_bytes());
    head[56..].copy_from_slice(&id);
    let mut sealer = Sealer::create(path, key, id, head)?;
    sealer.write(contents)?;
    sealer.keep()
}

/// The contents that [`write()`] wrote under the same key as the same thing.
///
/// # Errors
/// If the file can't be read, has been changed, or is anything else.
pub fn read(path: &Path, key: &FileKey, what: &str) -> Result<SecretBytes, FileError> {
    let mut file = File::open(path).map_err(FileError::io("open", path))?;
    let head: [u8; HEAD] = read_head(&mut file, path)?;
    let mut from = Reader::new(&head);
    check_magic(&mut from, MAGIC, VERSION)?;
    if from.raw(32)? != &Sha256::digest(what)[..] {
        return Err(FileError::Belongs { what: "purpose" });
    }
    let len = from.number()?;
    let mut id = [0; ID];
    id.copy_from_slice(from.raw(ID)?);
    // The file has as many bytes as its head says, so this allocates no more than it holds.
    let mut opener = Opener::new(file, path.into(), key, id, head, len)?;
    opener.check_end()?;
    let mut contents = SecretBytes::zeros(len.try_into().map_err(|_| FileError::TooLong)?);
    opener.read(0, &mut contents)?;
    Ok(contents)
}
