//! The seeds of the fuzz target of IDX files: files named `good-*` are read, files named `bad-*` are refused on one line.

use std::fs;

use crate::{in_repository, skipped};
use classify::idx::{images, labels};

/// Calls `parse` with each seed and compares what it says with the seed's name.
fn each(target: &str, parse: impl Fn(&[u8]) -> Result<(), String>) {
    let Some(dir) = in_repository(&format!("fuzz/corpus/{target}")) else {
        skipped("the fuzz corpus");
        return;
    };
    let mut seeds = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let parsed = parse(&fs::read(&path).unwrap());
        if let Err(reason) = &parsed {
            assert!(!reason.is_empty() && !reason.contains('\n'), "{name}: {reason}");
        }
        assert!(!name.starts_with("good-") || parsed.is_ok(), "{name}: {parsed:?}");
        assert!(!name.starts_with("bad-") || parsed.is_err(), "{name} was read");
        seeds += 1;
    }
    assert!(seeds > 0);
}

#[test]
fn idx_seeds() {
    each("idx", |file| {
        let (images, labels) = (images(file), labels(file));
        labels.map(drop).or_else(|_| images.map(drop)).map_err(|e| e.to_string())
    });
}
