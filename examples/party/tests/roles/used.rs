//! What was used of the session's correlated randomness, over all lives of the parties.

use std::fs;

use ringshare::offline::SessionTag;
use ringshare::offline::file::Ledger;

use crate::trial::Trial;

/// The items that a party has used, from its trace.
fn trace(trial: &Trial, party: usize) -> Vec<[u64; 2]> {
    let text = fs::read_to_string(trial.state(party, "trace")).unwrap_or_default();
    let line = |line: &str| {
        let numbers: Vec<u64> = line.split(' ').skip(1).map(|number| number.parse().unwrap()).collect();
        [numbers[0], numbers[1]]
    };
    text.lines().map(line).collect()
}

/// Checks that no item was used twice by any party, that each ledger is past all that was used, and that what one
/// party used for something is not what another used for something else. Returns how many times something was used.
pub(crate) fn check(trial: &Trial) -> usize {
    let mut all: Vec<[u64; 2]> = Vec::new();
    let mut times = 0;
    for party in 0..trial.parties {
        let used = trace(trial, party);
        let mut sorted = used.clone();
        sorted.sort_unstable();
        assert_eq!(used, sorted, "party {party} went back");
        assert!(used.iter().all(|[first, end]| first < end), "{used:?}");
        disjoint(&used, party);
        if let Some(&[_, end]) = used.last() {
            let tag = fs::read(trial.state(party, "session")).unwrap();
            let tag = SessionTag(tag.try_into().unwrap());
            let ledger = Ledger::open(&trial.state(party, "ledger"), tag, party).unwrap();
            assert!(ledger.position()[0] >= end, "party {party}: {:?} before {end}", ledger.position());
        }
        times = times.max(used.len());
        all.extend(used);
    }
    all.sort_unstable();
    all.dedup();
    disjoint(&all, trial.parties);
    times
}

fn disjoint(sorted: &[[u64; 2]], whose: usize) {
    for pair in sorted.windows(2) {
        assert!(pair[0][1] <= pair[1][0], "{whose}: items of both {:?} and {:?}", pair[0], pair[1]);
    }
}
