//! Shares of a model that outlive their processes.

use std::fs;
use std::time::Duration;

use crate::process::{LONG, all_end};
use crate::trial::Trial;
use crate::used;

#[test]
fn a_model_is_served_again_without_its_owner() {
    let trial = Trial::new(3, "");
    let all = trial.set_up();
    trial.classify(1, 12);
    // All of them, as a machine that is shut down does.
    all.iter().for_each(crate::process::Process::terminate);
    all.into_iter().for_each(|process| assert!(process.ends(LONG).code.is_some()));
    let mut all = trial.session();
    trial.serve(&mut all);
    trial.classify(1, 12);
    trial.stop(all);
    used::check(&trial);
}

#[test]
fn files_of_models_are_checked() {
    let trial = Trial::new(2, "start-s = 4");
    let all = trial.set_up();
    trial.stop(all);
    let path = trial.state(1, "model");
    let shown = path.display().to_string();
    let good = fs::read(&path).unwrap();

    // Bytes of the head, the contents and the tag.
    for place in [0, good.len() / 2, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        fs::write(&path, bytes).unwrap();
        trial.party(1).ends(LONG).badly(5, &[&shown]);
    }
    fs::copy(trial.state(0, "model"), &path).unwrap();
    trial.party(1).ends(LONG).badly(5, &[&shown]);

    // Of another session, under the same keys.
    let other = trial.configure("other", &[("session = 1", "session = 2"), ("\"state\"", "\"other\"")]);
    let mut all = vec![trial.party_with(&other, 0), trial.party_with(&other, 1), trial.dealer_with(&other)];
    let model = trial.model();
    let args = ["model-owner", "--model", &model.to_string_lossy(), "--config", &other.to_string_lossy()];
    crate::process::Process::start(&trial.folder, "owner", &args).ends(LONG).well();
    trial.serve(&mut all);
    trial.stop(all);
    fs::copy(trial.folder.join("other/party-1.model"), &path).unwrap();
    let mut ended = all_end(trial.session(), Duration::from_secs(20));
    ended.remove(1).badly(5, &[&shown, "session"]);
    for other in ended {
        other.badly(3, &["party 1"]);
    }

    fs::remove_file(&path).unwrap();
    let ended = all_end(trial.session(), Duration::from_secs(20));
    for other in ended {
        other.badly(4, &["party 0 has a share of setup 1", "party 1 no share of a model"]);
    }

    fs::write(&path, good).unwrap();
    let mut all = trial.session();
    trial.serve(&mut all);
    trial.classify(1, 8);
    trial.stop(all);
    used::check(&trial);
}

#[test]
fn a_lost_ledger_is_no_ledger_at_zero() {
    let trial = Trial::new(2, "start-s = 4");
    let all = trial.set_up();
    trial.classify(1, 4);
    trial.stop(all);
    let ledger = trial.state(0, "ledger");
    let good = fs::read(&ledger).unwrap();
    fs::remove_file(&ledger).unwrap();
    trial.party(0).ends(LONG).badly(5, &[&ledger.display().to_string(), "expected the ledger"]);
    let session = trial.state(0, "session");
    let tag = fs::read(&session).unwrap();
    fs::remove_file(&session).unwrap();
    trial.party(0).ends(LONG).badly(5, &[&ledger.display().to_string(), "expected the ledger"]);
    assert!(!ledger.exists(), "a new ledger was made");
    fs::write(&session, tag).unwrap();
    fs::write(&ledger, good).unwrap();
    let mut all = trial.session();
    trial.serve(&mut all);
    trial.classify(1, 4);
    trial.stop(all);
    used::check(&trial);
}

#[test]
fn a_model_is_handed_out_again_behind_batches_of_the_last_one() {
    let trial = Trial::new(2, "");
    for _ in 0..3 {
        (0..2).filter(|&id| trial.state(id, "model").exists()).for_each(|id| {
            fs::remove_file(trial.state(id, "model")).unwrap();
        });
        let all = trial.set_up();
        trial.classify(1, 8);
        trial.stop(all);
        // What the masks of its matrices are depends on what was dealt before them.
        let mut all = trial.session();
        trial.serve(&mut all);
        trial.classify(1, 8);
        trial.stop(all);
    }
    used::check(&trial);
}
