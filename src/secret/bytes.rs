//! Bytes that are secret.

use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut};

use zeroize::Zeroize;

/// Bytes with secrets in them, such as the state of a party between two runs.
///
/// They are wiped when dropped, the room behind the last one too. There is no [`Clone`], and
/// [`Debug`](fmt::Debug) prints their number alone. A copy, in a file for example, is for whoever makes
/// it to guard.
///
/// ```
/// use ringshare::secret::SecretBytes;
/// let bytes = SecretBytes::from(vec![1, 2, 3]);
/// assert_eq!(bytes[1..], [2, 3]);
/// assert_eq!(format!("{bytes:?}"), "SecretBytes(3 bytes)");
/// ```
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// So many zeros, to be written over.
    pub fn zeros(len: usize) -> Self {
        Self(alloc::vec![0; len])
    }

    /// So many zeros more, behind the others. Where there is no room, all move to a place of twice the size, and
    /// the old one is wiped.
    pub(crate) fn append(&mut self, len: usize) -> &mut [u8] {
        let (old, new) = (self.0.len(), self.0.len() + len);
        if new > self.0.capacity() {
            let mut larger = Vec::with_capacity(new.max(2 * self.0.capacity()));
            larger.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = larger;
        }
        self.0.resize(new, 0);
        &mut self.0[old..]
    }
}

impl From<Vec<u8>> for SecretBytes {
    /// The bytes where they are, without a copy.
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Deref for SecretBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_grow_at_their_end() {
        let mut bytes = SecretBytes::zeros(0);
        let mut expected = Vec::new();
        for len in [0, 1, 2, 0, 7, 100] {
            let new = bytes.append(len);
            assert!(new.iter().all(|&byte| byte == 0) && new.len() == len);
            new.fill(len as u8);
            expected.extend(core::iter::repeat_n(len as u8, len));
            assert_eq!(bytes[..], expected);
        }
    }
}
