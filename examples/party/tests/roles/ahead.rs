//! A dealer that deals ahead of time and is gone.

use std::fs;
use std::time::Duration;

use crate::process::{LONG, all_end};
use crate::trial::Trial;
use crate::used;

const FILES: &str = "[dealer]\nfiles = \"store\"";

fn deal(trial: &Trial, batches: usize) {
    trial.call("dealer", &["dealer", "--ahead", &batches.to_string()]).ends(LONG).well();
}

#[test]
fn files_serve_in_place_of_the_dealer_until_they_are_used_up() {
    let trial = Trial::new(2, FILES);
    deal(&trial, 12);
    let all = trial.set_up();
    trial.classify(1, 9);
    trial.stop(all);
    // Restarted in the middle, with a client for what is left and more.
    let mut all = trial.session();
    trial.serve(&mut all);
    trial.classify(2, 8);
    let greedy = trial.client(3, 400);
    for party in all_end(all, LONG) {
        party.badly(5, &["all batches of the store file are used"]);
    }
    let greedy = greedy.ends(LONG).badly(3, &["party "]);
    assert!(!trial.answers(3).exists() && greedy.out.is_empty(), "a part of the answers");
    // The setup and every batch that was taken, once each.
    assert!((5..=13).contains(&used::check(&trial)));
    trial.call("dealer", &["dealer", "--ahead", "3"]).ends(LONG).badly(5, &["has been dealt"]);
}

#[test]
fn an_old_copy_of_a_store_file_gives_nothing_twice() {
    let trial = Trial::new(2, FILES);
    deal(&trial, 40);
    let store = trial.folder.join("store/party-1.store");
    let old = fs::read(&store).unwrap();
    let all = trial.set_up();
    trial.classify(1, 8);
    all.into_iter().for_each(crate::process::Process::kill);
    fs::write(&store, &old).unwrap();
    let mut all = trial.session();
    trial.serve(&mut all);
    trial.classify(1, 8);
    trial.stop(all);
    assert!(used::check(&trial) > 4);

    // One party has lost its ledger: it stands behind what others have used, and nothing says so but its share.
    for end in ["ledger", "session"] {
        fs::rename(trial.state(1, end), trial.state(1, &format!("{end}.lost"))).unwrap();
    }
    trial.party(1).ends(LONG).badly(5, &["expected the ledger"]);
    assert!(!trial.state(1, "ledger").exists(), "a new ledger was made");
}

#[test]
fn damaged_and_foreign_store_files_are_refused() {
    let trial = Trial::new(2, FILES);
    let path = trial.folder.join("store/party-1.store");
    let shown = path.display().to_string();
    trial.party(1).ends(LONG).badly(5, &[&shown]);
    deal(&trial, 2);
    let good = fs::read(&path).unwrap();
    for place in [0, 40, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        fs::write(&path, bytes).unwrap();
        trial.party(1).ends(Duration::from_secs(10)).badly(5, &[&shown]);
    }
    fs::copy(trial.folder.join("store/party-0.store"), &path).unwrap();
    trial.party(1).ends(Duration::from_secs(10)).badly(5, &[&shown]);
}
