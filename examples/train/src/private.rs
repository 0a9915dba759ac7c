//! Files that their owner alone may read.

use std::io::Write;
use std::path::Path;

use ringshare::offline::file::Fresh;

use crate::error::Error;

/// Writes a file in place of one of that name. A kill leaves a whole file or none of that name, and maybe a part as
/// `.NAME.….new`, which may be removed.
///
/// # Errors
/// If the system refuses it.
pub fn write(path: &Path, contents: &[u8]) -> Result<(), Error> {
    let mut file = Fresh::create(path).map_err(|e| Error::file(path, e))?;
    file.write_all(contents).map_err(|e| Error::file(path, e))?;
    file.keep().map_err(|e| Error::file(path, e))
}
