//! The corpus of the fuzz target: files named `good-*` are read, files named `bad-*` are refused.

use super::any_file::any_file;
use crate::common::{root, skipped};

#[test]
fn the_fuzz_corpus_is_read_or_refused() {
    let Ok(corpus) = std::fs::read_dir(root().join("fuzz/corpus/file")) else {
        return skipped("the fuzz corpus");
    };
    let mut count = 0;
    for entry in corpus {
        let path = entry.unwrap().path();
        let good = path.file_name().unwrap().to_str().unwrap().starts_with("good-");
        assert_eq!(any_file(&std::fs::read(&path).unwrap()), good, "{}", path.display());
        count += 1;
    }
    assert!(count > 5);
}
