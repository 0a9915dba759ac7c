//! The seeds of the fuzz target: files named `good-*` are read, files named `bad-*` are refused.

use std::fs;

use super::any_file::any_file;
use super::files::{in_repository, skipped};

#[test]
fn the_seeds_are_what_their_names_say() {
    let Some(dir) = in_repository("fuzz/corpus/model") else {
        skipped("the fuzz corpus");
        return;
    };
    let mut seeds = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let loaded = any_file(&fs::read(&path).unwrap());
        assert!(!name.starts_with("good-") || loaded.is_ok(), "{name}: {loaded:?}");
        assert!(!name.starts_with("bad-") || loaded.is_err(), "{name} was read");
        seeds += 1;
    }
    assert!(seeds > 0);
}
