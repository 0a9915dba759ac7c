//! Files that are there as a whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::FileError;
use crate::offline::{DecodeError, Reader};

/// A file that has its name as a whole or not at all: it is `.NAME.….new` in the same folder until it is [kept](Self::keep), and
/// removed if it is not. A process that is killed may leave that one behind; it is of no use. On Unix, only its owner may
/// read it. What is written is not encrypted.
///
/// ```
/// use ringshare::offline::file::{FileKey, Fresh};
/// use std::io::Write;
/// # let path = std::env::temp_dir().join(format!("ringshare-fresh-{}", std::process::id()));
/// let mut file = Fresh::create(&path)?;
/// file.write_all(&FileKey::generate()?.to_hex())?;
/// file.keep()?;
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Fresh {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Fresh {
    /// Opens a new file, which `path` is to name.
    ///
    /// # Errors
    /// If the system refuses it, or has no randomness for the temporary name.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| FileError::Random)?;
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(alloc::format!(".{:016x}.new", u64::from_le_bytes(random)));
        let temporary = path.with_file_name(name);
        let file = private().create_new(true).open(&temporary).map_err(FileError::io("create", path))?;
        Ok(Self { file, temporary, path: path.into(), kept: false })
    }

    /// Writes everything to the disk and gives the file its name, in place of one that has it.
    ///
    /// # Errors
    /// If the system refuses it. Where it refuses to sync the folder, the file has its name all the same.
    pub fn keep(mut self) -> Result<(), FileError> {
        let kept = self.file.sync_all().and_then(|()| fs::rename(&self.temporary, &self.path));
        kept.map_err(FileError::io("write", &self.path))?;
        self.kept = true;
        sync_folder(&self.path)
    }
}

impl Write for Fresh {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if !self.kept {
            // There is nobody to tell, and only the owner may read what is left.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Options to read and write a file that, on Unix, only its owner may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes the name of a file to the disk. Only Unix can open a folder for that.
pub(super) fn sync_folder(path: &Path) -> Result<(), FileError> {
    if cfg!(unix) {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(FileError::io("write", folder))?;
    }
    Ok(())
}

/// The first bytes of a file.
pub(super) fn read_head<const HEAD: usize>(file: &mut File, path: &Path) -> Result<[u8; HEAD], FileError> {
    let mut head = [0; HEAD];
    let found = file.metadata().map_err(FileError::io("read", path))?.len();
    if found < HEAD as u64 {
        return Err(FileError::Length { expected: HEAD as u64, found });
    }
    file.read_exact(&mut head).map_err(FileError::io("read", path))?;
    Ok(head)
}

/// Takes the magic and the version off the front.
pub(super) fn check_magic(from: &mut Reader<'_>, magic: &[u8; 8], version: u64) -> Result<(), DecodeError> {
    if from.raw(8)? != magic {
        return Err(DecodeError::Magic);
    }
    let found = from.number()?;
    if found == version { Ok(()) } else { Err(DecodeError::Version { expected: version, found }) }
}
