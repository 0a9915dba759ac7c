//! Contents in encrypted chunks: see the [module above](super).

use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};

use super::disk::Fresh;
use super::{FileError, FileKey};
use crate::secret::{Scratch, wipe};

/// Bytes of contents in a chunk.
pub(super) const CHUNK: usize = 64 << 10;
/// Bytes of a tag.
const TAG: usize = 16;
/// Bytes of a file's id.
pub(super) const ID: usize = 19;

/// A fresh id. 152 random bits repeat under one key with a chance that can be left out of account.
pub(super) fn fresh_id() -> Result<[u8; ID], FileError> {
    let mut id = [0; ID];
    getrandom::fill(&mut id).map_err(|_| FileError::Random)?;
    Ok(id)
}

/// Chunks that so many bytes take. Empty contents take one, whose tag says that they are empty.
fn chunks(len: u64) -> Result<u32, FileError> {
    len.div_ceil(CHUNK as u64).max(1).try_into().map_err(|_| FileError::TooLong)
}

/// Bytes of a file after its head.
pub(super) fn sealed_len(len: u64) -> Result<u64, FileError> {
    // At most 2^32 chunks of 2^16 bytes: no overflow.
    Ok(len + u64::from(chunks(len)?) * TAG as u64)
}

/// Seals and opens the chunks of one file.
struct Cipher<const HEAD: usize> {
    aead: XChaCha20Poly1305,
    id: [u8; ID],
    head: [u8; HEAD],
}

impl<const HEAD: usize> Cipher<HEAD> {
    fn new(key: &FileKey, id: [u8; ID], head: [u8; HEAD]) -> Self {
        Self { aead: XChaCha20Poly1305::new(key.expose().into()), id, head }
    }

    fn nonce(&self, number: u32, last: bool) -> XNonce {
        let mut nonce = [0; ID + 5];
        nonce[..ID].copy_from_slice(&self.id);
        nonce[ID..ID + 4].copy_from_slice(&number.to_be_bytes());
        nonce[ID + 4] = last.into();
        nonce.into()
    }

    fn seal(&self, number: u32, last: bool, chunk: &mut [u8]) -> Result<Tag, FileError> {
        let nonce = self.nonce(number, last);
        let sealed = self.aead.encrypt_inout_detached(&nonce, &self.head, chunk.into());
        sealed.map_err(|_| FileError::TooLong)
    }

    fn open(&self, number: u32, last: bool, chunk: &mut [u8], tag: [u8; TAG]) -> Result<(), FileError> {
        let nonce = self.nonce(number, last);
        let opened = self.aead.decrypt_inout_detached(&nonce, &self.head, chunk.into(), &tag.into());
        opened.map_err(|_| FileError::Sealed)
    }
}

/// Writes a head and contents of any length, of which it holds one chunk.
pub(super) struct Sealer<const HEAD: usize> {
    out: BufWriter<Fresh>,
    path: PathBuf,
    cipher: Cipher<HEAD>,
    chunk: Scratch<u8>,
    filled: usize,
    number: u32,
}

impl<const HEAD: usize> Sealer<HEAD> {
    /// Begins a file, which has its name when it is [kept](Self::keep).
    pub(super) fn create(
        path: &Path,
        key: &FileKey,
        id: [u8; ID],
        head: [u8; HEAD],
    ) -> Result<Self, FileError> {
        let mut out = BufWriter::new(Fresh::create(path)?);
        out.write_all(&head).map_err(FileError::io("write", path))?;
        let cipher = Cipher::new(key, id, head);
        Ok(Self { out, path: path.into(), cipher, chunk: Scratch::zeros(CHUNK), filled: 0, number: 0 })
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), FileError> {
        while !bytes.is_empty() {
            // Only now is a full chunk known not to be the last.
            if self.filled == CHUNK {
                self.flush(false)?;
                self.number = self.number.checked_add(1).ok_or(FileError::TooLong)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.filled));
            self.chunk[self.filled..][..now.len()].copy_from_slice(now);
            self.filled += now.len();
            bytes = later;
        }
        Ok(())
    }

    /// Ends the contents and gives the file its name.
    pub(super) fn keep(mut self) -> Result<(), FileError> {
        self.flush(true)?;
        let out = self.out.into_inner();
        out.map_err(|error| FileError::io("write", &self.path)(error.into_error()))?.keep()
    }

    fn flush(&mut self, last: bool) -> Result<(), FileError> {
        let chunk = &mut self.chunk[..self.filled];
        let tag = self.cipher.seal(self.number, last, chunk)?;
        let written = self.out.write_all(chunk).and_then(|()| self.out.write_all(&tag));
        self.filled = 0;
        written.map_err(FileError::io("write", &self.path))
    }
}

/// Reads contents from any place on, and holds one chunk of them.
pub(super) struct Opener<R, const HEAD: usize> {
    from: R,
    path: PathBuf,
    cipher: Cipher<HEAD>,
    /// Bytes of contents.
    len: u64,
    /// The chunk that is held, and its number.
    chunk: Scratch<u8>,
    number: Option<u32>,
}

impl<R: Read + Seek, const HEAD: usize> Opener<R, HEAD> {
    /// Of a file with this head and `len` bytes of contents.
    ///
    /// # Errors
    /// If the file has another length.
    pub(super) fn new(
        mut from: R,
        path: PathBuf,
        key: &FileKey,
        id: [u8; ID],
        head: [u8; HEAD],
        len: u64,
    ) -> Result<Self, FileError> {
        let expected = HEAD as u64 + sealed_len(len)?;
        let found = from.seek(SeekFrom::End(0)).map_err(FileError::io("read", &path))?;
        if expected != found {
            return Err(FileError::Length { expected, found });
        }
        let chunk = Scratch::zeros(len.min(CHUNK as u64) as usize);
        Ok(Self { from, path, cipher: Cipher::new(key, id, head), len, chunk, number: None })
    }

    /// Reads the contents from byte `start` on, and fills `out`.
    ///
    /// # Errors
    /// If the contents end before, or a chunk is not as it was sealed.
    pub(super) fn read(&mut self, start: u64, mut out: &mut [u8]) -> Result<(), FileError> {
        let end = start.checked_add(out.len() as u64).filter(|&end| end <= self.len);
        end.ok_or(FileError::Length { expected: start.saturating_add(out.len() as u64), found: self.len })?;
        let mut at = start;
        while !out.is_empty() {
            let (number, inside) = ((at / CHUNK as u64) as u32, (at % CHUNK as u64) as usize);
            self.load(number)?;
            let chunk = &self.chunk[inside..];
            let (now, later) = out.split_at_mut(chunk.len().min(out.len()));
            now.copy_from_slice(&chunk[..now.len()]);
            at += now.len() as u64;
            out = later;
        }
        Ok(())
    }

    /// Checks the last chunk, which says that nothing behind it is missing.
    pub(super) fn check_end(&mut self) -> Result<(), FileError> {
        self.load(chunks(self.len)? - 1)
    }

    /// Holds a chunk, of those that there are.
    fn load(&mut self, number: u32) -> Result<(), FileError> {
        if self.number == Some(number) {
            return Ok(());
        }
        let start = u64::from(number) * CHUNK as u64;
        let len = (self.len - start).min(CHUNK as u64) as usize;
        self.number = None;
        if self.chunk.len() != len {
            self.chunk = Scratch::zeros(len);
        }
        let mut tag = [0; TAG];
        let place = HEAD as u64 + u64::from(number) * (CHUNK + TAG) as u64;
        self.read_raw(place, &mut tag).map_err(FileError::io("read", &self.path))?;
        let last = start + len as u64 == self.len;
        let opened = self.cipher.open(number, last, &mut self.chunk, tag);
        // Nothing that is not authentic is kept.
        opened.inspect_err(|_| wipe(&mut self.chunk))?;
        self.number = Some(number);
        Ok(())
    }

    fn read_raw(&mut self, place: u64, tag: &mut [u8]) -> io::Result<()> {
        self.from.seek(SeekFrom::Start(place))?;
        self.from.read_exact(&mut self.chunk)?;
        self.from.read_exact(tag)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use std::io::Cursor;

    use super::*;

    /// Counts the bytes that are read.
    struct Counting(Cursor<Vec<u8>>, usize);

    impl Read for Counting {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(out)?;
            self.1 += read;
            Ok(read)
        }
    }

    impl Seek for Counting {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn a_part_is_read_without_the_rest() {
        const SEALED: usize = CHUNK + TAG;
        let path = std::env::temp_dir().join(alloc::format!("ringshare-chunks-{}", std::process::id()));
        let (key, id, head) = (FileKey::from_bytes([1; 32]), [2; ID], [3; 5]);
        let contents: Vec<u8> = (0..20 * CHUNK + 9).map(|i| (i / 100) as u8).collect();
        let mut sealer = Sealer::create(&path, &key, id, head).unwrap();
        contents.chunks(1000).for_each(|part| sealer.write(part).unwrap());
        sealer.keep().unwrap();
        let file = Counting(Cursor::new(std::fs::read(&path).unwrap()), 0);
        std::fs::remove_file(&path).unwrap();
        let mut opener = Opener::new(file, path, &key, id, head, contents.len() as u64).unwrap();
        // Where it begins, its bytes, and the chunks that are read for it and not held already.
        let end = contents.len();
        for (start, len, chunks) in [
            (0, 0, 0),
            (5, 10, 1),
            (20, CHUNK - 20, 0),
            (7 * CHUNK - 1, 2, 2),
            (7 * CHUNK + 1, CHUNK, 1),
            (3 * CHUNK, 2 * CHUNK, 2),
        ] {
            let before = opener.from.1;
            let mut out = alloc::vec![0; len];
            opener.read(start as u64, &mut out).unwrap();
            assert_eq!(out, contents[start..start + len]);
            assert_eq!(opener.from.1 - before, chunks * SEALED);
            assert!(opener.chunk.len() <= CHUNK);
        }
        let mut out = [0; 9];
        opener.read(end as u64 - 9, &mut out).unwrap();
        assert_eq!(out, contents[end - 9..]);
        assert!(opener.read(end as u64 - 8, &mut out).is_err());
        assert!(opener.read(u64::MAX, &mut out).is_err());
    }
}
