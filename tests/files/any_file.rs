//! Files, whatever their bytes: what they hold, or an error, never a panic.

use std::cell::LazyCell;
use std::path::PathBuf;

use ringshare::offline::SessionTag;
use ringshare::offline::file::{FileKey, Ledger, StoreFile, sealed};

/// The key and the session of the corpus.
pub(crate) const KEY: [u8; 32] = [9; 32];
pub(crate) const SESSION: SessionTag = SessionTag([4; 16]);

thread_local! {
    static PATH: LazyCell<PathBuf> = LazyCell::new(|| {
        let name = format!("ringshare-any-{}-{:?}", std::process::id(), std::thread::current().id());
        std::env::temp_dir().join(name)
    });
}

/// The first byte says what the rest is read as. Returns whether it was read.
pub(crate) fn any_file(data: &[u8]) -> bool {
    let Some((&choice, bytes)) = data.split_first() else { return false };
    PATH.with(|path| {
        std::fs::write(&**path, bytes).unwrap();
        let key = FileKey::from_bytes(KEY);
        let read = match choice % 3 {
            0 => sealed::read(path, &key, "any").map(|contents| assert!(contents.len() < bytes.len())),
            1 => Ledger::open(path, SESSION, 1).and_then(|mut ledger| {
                let position = ledger.position();
                ledger.advance([u64::MAX; 2])?;
                assert!(ledger.position() >= position);
                Ok(())
            }),
            _ => StoreFile::inspect(path, &key).map(|head| assert!(head.party < head.parties)),
        };
        std::fs::remove_file(&**path).unwrap();
        read.is_ok_and(|()| true)
    })
}
