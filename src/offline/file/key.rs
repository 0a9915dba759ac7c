//! The key of a party's files.

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroize;

use super::FileError;
use crate::secret::SecretBytes;

/// A secret key of 256 bits under which one party's files are sealed. The party and the dealer know it.
///
/// Prints nothing and is wiped when dropped. Each party has a key of its own: who has another's reads its share.
///
/// ```
/// use ringshare::offline::file::FileKey;
/// let key = FileKey::from_hex(&"0f".repeat(32))?;
/// assert_eq!(key.expose(), &[15; 32]);
/// assert_eq!(format!("{key:?}"), "FileKey(..)");
/// # Ok::<(), ringshare::offline::file::FileError>(())
/// ```
pub struct FileKey([u8; 32]);

impl FileKey {
    /// The key with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key that this text is: 64 hexadecimal digits, with white space around them or not.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn from_hex(text: &str) -> Result<Self, FileError> {
        let (pairs, rest) = text.trim().as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(FileError::Key);
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(FileError::Key);
        let mut key = Self([0; 32]);
        for (byte, &[high, low]) in key.0.iter_mut().zip(pairs) {
            *byte = (digit(high)? << 4 | digit(low)?) as u8;
        }
        Ok(key)
    }

    /// A fresh key, from the operating system's generator.
    ///
    /// # Errors
    /// If the system has none.
    pub fn generate() -> Result<Self, FileError> {
        let mut key = Self([0; 32]);
        getrandom::fill(&mut key.0).map_err(|_| FileError::Random)?;
        Ok(key)
    }

    /// A fresh key, from a generator of cryptographic quality.
    pub fn generate_from(rng: &mut impl CryptoRng) -> Self {
        let mut key = Self([0; 32]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// The bytes, which whoever copies them wipes.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key as 64 hexadecimal digits, to be handed to its party.
    pub fn to_hex(&self) -> SecretBytes {
        let mut text = SecretBytes::zeros(64);
        for (out, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *out = [byte >> 4, byte & 15].map(|digit| digit + if digit < 10 { b'0' } else { b'a' - 10 });
        }
        text
    }
}

impl Drop for FileKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}
