//! What can go wrong at the end of a run is looked at before it.

use std::fs;
use std::path::Path;

use crate::args::Args;
use crate::error::Error;

/// Checks that all files that the arguments name can be written.
///
/// # Errors
/// If the system refuses one.
pub fn outputs(args: &Args) -> Result<(), Error> {
    for path in [&args.export, &args.json].into_iter().flatten() {
        file(path)?;
    }
    if let Some(folder) = &args.report {
        fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))?;
        file(&folder.join("report.html"))?;
    }
    Ok(())
}

/// Opens a file to write, and leaves it as it was.
fn file(path: &Path) -> Result<(), Error> {
    let is_new = !path.exists();
    fs::OpenOptions::new().append(true).create(true).open(path).map_err(|e| Error::file(path, e))?;
    if is_new { fs::remove_file(path).map_err(|e| Error::file(path, e)) } else { Ok(()) }
}
