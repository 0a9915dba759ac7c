//! Processes that are set up differently refuse each other.

use crate::process::{LONG, all_well};
use crate::trial::{Trial, train};

#[test]
fn whoever_is_set_up_differently_is_refused_and_the_others_go_on() {
    let trial = Trial::new(2, 1);
    let mut zero = trial.role_with(0, &[]);
    let wrong: [(&[&str], &str); 6] = [
        (&["--batch", "8"], "digest of batch"),
        (&["--epochs", "2"], "digest of epochs"),
        (&["--rate", "0.05"], "digest of learning rates"),
        (&["--seed", "6"], "digest of order of images"),
        (&["--rounding", "stochastic"], "digest of network and its training"),
        (&["--average", "4"], "digest of averaged steps"),
    ];
    for (more, word) in wrong {
        let ended = trial.role_with(1, more).ends(LONG);
        assert!(zero.is_running(), "{more:?}: {}", zero.log());
        ended.badly(4, &["party-0", word]);
    }
    let mut one = trial.role_with(1, &[]);
    for (more, word) in &wrong {
        let ended = trial.role_with(2, more).ends(LONG);
        assert!(zero.is_running() && one.is_running(), "{more:?}: {} {}", zero.log(), one.log());
        ended.badly(4, &[word]);
    }
    let ended = all_well(vec![zero, one, trial.role_with(2, &[])]);
    let refused = ended[0].out.lines().filter(|line| line.starts_with("refused: ")).count();
    assert!(refused >= 10, "{}", ended[0].out);
    assert!(trial.trained() == trial.expected(), "another network than in memory");
}

#[test]
fn arguments_that_do_not_fit_are_refused_before_anybody_is_met() {
    let trial = Trial::new(2, 1);
    let config = trial.path("session.toml");
    let initial = trial.path("initial");
    let data = trial.path("data-1");
    let cases: [(&[&str], &[&str]); 13] = [
        (&[], &["--id I or --dealer"]),
        (&["--id", "2"], &["--id", "below 2", "found 2"]),
        (&["--dealer", "--to", "5"], &["--to", "below 2", "found 5"]),
        (&["--id", "0", "--to", "0"], &["--export", "party 0", "without it"]),
        (&["--id", "1", "--to", "0", "--export", "x"], &["--export", "party 0", "party 1 with it"]),
        (&["--id", "1", "--data", &data], &["--data", "--holds"]),
        (&["--id", "1", "--data", &data, "--holds", "1", "--tests", "1"], &["--holds", "2 parties", "[1]"]),
        (
            &["--id", "1", "--data", &data, "--holds", "1,2,3", "--tests", "1"],
            &["--shares", "1 clients", "found 0"],
        ),
        (
            &["--id", "1", "--data", &data, "--holds", "1,999", "--tests", "1"],
            &["party 1", "expected 999", "found 128"],
        ),
        (
            &["--id", "1", "--data", &data, "--holds", "18446744073709551615,2", "--tests", "1"],
            &["--holds", "together 1 to 4294967295"],
        ),
        (&["--id", "1", "--serve"], &["--serve", "cannot be used with"]),
        (&["--id", "1", "--sweep"], &["--sweep", "cannot be used with"]),
        (&["--id", "1", "--model", &initial], &["--owner", "--fresh"]),
    ];
    for (args, words) in cases {
        let ended = train(&trial.folder, "usage", &[&["--config", &config], args].concat());
        ended.badly(2, words);
    }
}
