//! The corpus of the fuzz target: files named `good-*` are read, files named `bad-*` are refused.

use std::path::PathBuf;

use super::any_bytes::{KINDS, any_bytes};

/// Names and bytes, in the order of the names.
pub(crate) fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/party");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_fuzz_corpus_is_read_or_refused() {
    let files = corpus();
    for (name, bytes) in &files {
        assert!(bytes.len() < 1 << 15, "{name}");
        assert_eq!(any_bytes(bytes), name.starts_with("good-"), "{name}");
    }
    for kind in 0..KINDS {
        let of_kind = |good: &str| {
            files
                .iter()
                .any(|(name, bytes)| name.starts_with(good) && bytes.first().is_some_and(|b| b & 7 == kind))
        };
        assert!(of_kind("good-") && of_kind("bad-"), "kind {kind}");
    }
}
