//! Model files, whatever their bytes: a model that can be written and read again, or a reason on one line.

use ringshare::nn::{LoadError, Loaded, Precision, load, save};

/// Reads a file and checks what comes of it.
pub(crate) fn any_file(file: &[u8]) -> Result<Loaded, LoadError> {
    let loaded = load(file);
    match &loaded {
        Ok(loaded) => {
            let again = load(&save(loaded, Precision::Single).unwrap()).unwrap();
            // A chain of linear layers has a vector as its input, and so has what is written of it.
            assert_eq!(&again, loaded);
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
        }
    }
    loaded
}
