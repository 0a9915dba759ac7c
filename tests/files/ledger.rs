//! How far a party has come, whatever happens.

use ringshare::offline::SessionTag;
use ringshare::offline::file::{FileError, Ledger};

use super::{Folder, changed, write};

const TAG: SessionTag = SessionTag([5; 16]);
/// Where the copies of the position are, and their bytes.
const COPIES: [usize; 2] = [4096, 8192];
const COPY: usize = 48;

#[test]
fn a_position_is_there_after_a_restart_and_never_goes_back() {
    let folder = Folder::new();
    let path = folder.path("ledger");
    assert!(Ledger::open(&path, TAG, 2).is_err(), "a ledger that is missing is no new one");
    assert_eq!(Ledger::create(&path, TAG, 2).unwrap().position(), [0, 0]);
    assert!(Ledger::create(&path, TAG, 2).is_err(), "a ledger takes another's place");
    let mut last = [0, 0];
    for to in [[0, 1], [0, 2], [1, 0], [1, 7], [1, 7], [4, 2], [u64::MAX, 0], [u64::MAX; 2]] {
        let mut ledger = Ledger::open(&path, TAG, 2).unwrap();
        assert_eq!((ledger.position(), ledger.session(), ledger.party()), (last, TAG, 2));
        ledger.advance(to).unwrap();
        last = to;
        for back in [[0, 0], [to[0], to[1].wrapping_sub(1)], [to[0].wrapping_sub(1), u64::MAX]] {
            if back < to {
                assert!(matches!(ledger.advance(back), Err(FileError::Back { .. })));
            }
        }
        assert_eq!(ledger.position(), to);
    }
}

#[test]
fn a_ledger_serves_one_party_of_one_session_and_one_program() {
    let folder = Folder::new();
    let path = folder.path("ledger");
    let held = Ledger::create(&path, TAG, 2).unwrap();
    assert!(matches!(Ledger::open(&path, TAG, 2), Err(FileError::Locked)));
    drop(held);
    let held = Ledger::open(&path, TAG, 2).unwrap();
    assert!(matches!(Ledger::open(&path, TAG, 2), Err(FileError::Locked)));
    drop(held);
    let error = Ledger::open(&path, TAG, 1).err().unwrap();
    assert!(matches!(error, FileError::Belongs { what: "party" }), "{error}");
    let error = Ledger::open(&path, SessionTag([6; 16]), 2).err().unwrap();
    assert!(matches!(error, FileError::Belongs { what: "session" }), "{error}");
}

/// The file at two positions, one after the other.
fn before_and_after(folder: &Folder) -> [Vec<u8>; 2] {
    let path = folder.path("ledger");
    let mut ledger = Ledger::create(&path, TAG, 0).unwrap();
    [[3, 700], [3, 701]].map(|to| {
        ledger.advance(to).unwrap();
        std::fs::read(&path).unwrap()
    })
}

#[test]
fn a_write_that_is_torn_takes_nothing_back() {
    let folder = Folder::new();
    let [before, after] = before_and_after(&folder);
    let path = folder.path("ledger");
    // The first copy is written in part, or it is on disk and the second one is written in part.
    for written in 0..=2 * COPY {
        for garbage in [false, true] {
            let mut torn = before.clone();
            for byte in 0..written {
                let place = COPIES[byte / COPY] + byte % COPY;
                torn[place] = after[place];
            }
            if garbage && written % COPY > 0 {
                torn[COPIES[written / COPY]..][written % COPY..COPY].fill(0xee);
            }
            write(&path, &torn);
            let mut ledger = Ledger::open(&path, TAG, 0).unwrap();
            let expected = if written < COPY { [3, 700] } else { [3, 701] };
            // The digests of both differ early, so only a whole copy says the new position.
            assert_eq!(ledger.position(), expected, "{written} bytes");
            ledger.advance([9, 9]).unwrap();
            drop(ledger);
            assert_eq!(Ledger::open(&path, TAG, 0).unwrap().position(), [9, 9]);
        }
    }
}

#[test]
fn damage_to_one_copy_takes_nothing_back_and_is_repaired() {
    let folder = Folder::new();
    let [_, good] = before_and_after(&folder);
    let path = folder.path("ledger");
    for damaged in 0..2 {
        for place in 0..COPY {
            let mut bytes = good.clone();
            bytes[COPIES[damaged] + place] ^= 0x20;
            write(&path, &bytes);
            assert_eq!(Ledger::open(&path, TAG, 0).unwrap().position(), [3, 701]);
            assert_eq!(std::fs::read(&path).unwrap(), good);
        }
    }
    let mut bytes = good.clone();
    COPIES.iter().for_each(|&copy| bytes[copy] ^= 1);
    write(&path, &bytes);
    assert!(matches!(Ledger::open(&path, TAG, 0), Err(FileError::Damaged)));
}

#[test]
fn a_damaged_file_says_the_position_or_an_error() {
    let folder = Folder::new();
    let [_, good] = before_and_after(&folder);
    let path = folder.path("ledger");
    for bytes in changed(&good, 13).chain([Vec::new(), vec![0; good.len()]]) {
        write(&path, &bytes);
        if let Ok(ledger) = Ledger::open(&path, TAG, 0) {
            assert_eq!(ledger.position(), [3, 701]);
        }
    }
    // A copy of another ledger is not one of this.
    Ledger::create(&folder.path("other"), TAG, 1).unwrap().advance([8, 8]).unwrap();
    let mut bytes = good.clone();
    let other = std::fs::read(folder.path("other")).unwrap();
    bytes[COPIES[0]..][..COPY].copy_from_slice(&other[COPIES[0]..][..COPY]);
    write(&path, &bytes);
    assert_eq!(Ledger::open(&path, TAG, 0).unwrap().position(), [3, 701]);
}
