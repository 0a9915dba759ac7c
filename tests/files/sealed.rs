//! Small states under a key.

use ringshare::offline::file::{FileError, FileKey, sealed};

use super::{Folder, changed, key, write};

/// Bytes of a chunk's contents, and of its tag.
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
const HEAD: usize = 75;

fn contents(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 37 + i / 251) as u8).collect()
}

#[test]
fn contents_of_any_length_come_back() {
    let folder = Folder::new();
    let path = folder.path("state");
    // Each takes the place of the one before.
    for len in [0, 1, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5, 0] {
        sealed::write(&path, &key(0), "state", &contents(len)).unwrap();
        assert_eq!(sealed::read(&path, &key(0), "state").unwrap()[..], contents(len));
        let chunks = len.div_ceil(CHUNK).max(1);
        assert_eq!(std::fs::metadata(&path).unwrap().len() as usize, HEAD + len + chunks * TAG);
    }
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "a temporary file is left");
}

#[test]
fn one_changed_byte_or_another_length_is_found() {
    let folder = Folder::new();
    let path = folder.path("state");
    for (len, step) in [(0, 1), (50, 1), (2 * CHUNK + 3, 4099)] {
        sealed::write(&path, &key(0), "state", &contents(len)).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for changed in changed(&bytes, step) {
            write(&path, &changed);
            assert!(sealed::read(&path, &key(0), "state").is_err());
        }
    }
}

#[test]
fn another_key_or_purpose_opens_nothing() {
    let folder = Folder::new();
    let path = folder.path("state");
    sealed::write(&path, &key(0), "model", &contents(9)).unwrap();
    assert!(matches!(sealed::read(&path, &key(1), "model"), Err(FileError::Sealed)));
    let error = sealed::read(&path, &key(0), "seeds").unwrap_err();
    assert!(matches!(error, FileError::Belongs { what: "purpose" }), "{error}");
    let error = sealed::read(&folder.path("none"), &key(0), "model").unwrap_err();
    assert!(error.to_string().contains("none"), "{error}");
}

#[test]
fn chunks_that_change_places_are_found() {
    let folder = Folder::new();
    let path = folder.path("state");
    let place = |chunk: usize| HEAD + chunk * (CHUNK + TAG);
    let mut files = Vec::new();
    for _ in 0..2 {
        sealed::write(&path, &key(0), "state", &contents(4 * CHUNK)).unwrap();
        files.push(std::fs::read(&path).unwrap());
    }
    assert_ne!(files[0], files[1], "the same contents are sealed twice alike");
    let mut swapped = files[0].clone();
    swapped[place(0)..place(1)].copy_from_slice(&files[0][place(1)..place(2)]);
    swapped[place(1)..place(2)].copy_from_slice(&files[0][place(0)..place(1)]);
    let mut foreign = files[0].clone();
    foreign[place(1)..place(2)].copy_from_slice(&files[1][place(1)..place(2)]);
    // An end that is cut off where a chunk ends, and a head that says so.
    let mut cut = files[0][..place(2)].to_vec();
    cut[48..56].copy_from_slice(&(2 * CHUNK as u64).to_le_bytes());
    for bytes in [swapped, foreign, cut] {
        write(&path, &bytes);
        assert!(matches!(sealed::read(&path, &key(0), "state"), Err(FileError::Sealed)));
    }
}

#[test]
fn a_head_that_claims_any_length_allocates_nothing() {
    let folder = Folder::new();
    let path = folder.path("state");
    sealed::write(&path, &key(0), "state", &contents(9)).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for len in [0, 10, 1 << 40, 1 << 48, 1 << 62, u64::MAX - 15, u64::MAX] {
        let mut bytes = bytes.clone();
        bytes[48..56].copy_from_slice(&len.to_le_bytes());
        write(&path, &bytes);
        let error = sealed::read(&path, &key(0), "state").unwrap_err();
        assert!(matches!(error, FileError::Length { .. } | FileError::TooLong), "{error}");
    }
}

#[test]
fn a_write_that_fails_leaves_the_old_file() {
    let folder = Folder::new();
    let path = folder.path("state");
    // A folder has the name, with something in it.
    std::fs::create_dir(&path).unwrap();
    write(&path.join("inside"), &[1]);
    assert!(sealed::write(&path, &key(0), "state", &[1]).is_err());
    assert!(path.join("inside").exists());
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "a temporary file is left");
    assert!(sealed::write(&folder.path("no/such/folder"), &key(0), "state", &[1]).is_err());
}

#[cfg(unix)]
#[test]
fn others_may_not_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.path("state");
    sealed::write(&path, &key(0), "state", &[1]).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_key_comes_back_from_its_text_alone() {
    let key = FileKey::generate().unwrap();
    let text = String::from_utf8(key.to_hex().to_vec()).unwrap();
    assert_eq!(FileKey::from_hex(&format!(" {text}\n")).unwrap().expose(), key.expose());
    assert_eq!(FileKey::from_hex(&text.to_uppercase()).unwrap().expose(), key.expose());
    assert_ne!(FileKey::generate().unwrap().expose(), key.expose());
    for bad in [
        "",
        &text[1..],
        &text[2..],
        &format!("{text}0"),
        &format!("{text}00"),
        &"é".repeat(32),
        &"+1".repeat(32),
    ] {
        assert!(FileKey::from_hex(bad).is_err(), "{bad}");
    }
}
