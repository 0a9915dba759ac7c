//! Parties and dealers that are killed while they train, and all that go on.

use std::thread::sleep;
use std::time::Duration;

use crate::process::{all_end, all_well};
use crate::trial::{Trial, random};

/// Within which all others have ended.
const LIMIT: Duration = Duration::from_secs(10);

/// Kills these, one after the other, at some moment after the first checkpoints. All go on each time, and to the end.
fn killed(parties: usize, epochs: usize, victims: &[usize]) {
    let trial = Trial::new(parties, epochs);
    let mut resumes: &[&str] = &[];
    let mut killed = 0;
    for &victim in victims {
        let mut all = trial.all_kept("kept", resumes);
        all[..parties].iter_mut().for_each(|party| party.prints("trains"));
        trial.has_checkpoints("kept");
        resumes = &["--resume"];
        let pause = random(400);
        sleep(Duration::from_millis(pause));
        if !all.iter_mut().all(|process| process.is_running()) {
            // It has come to its end.
            break;
        }
        killed += 1;
        all.remove(victim).kill();
        let name = if victim == parties { "the dealer".into() } else { format!("party {victim}") };
        let ended = all_end(all, LIMIT);
        let text =
            ended.iter().map(|ended| format!("{}: {}\n", ended.name, ended.error())).collect::<String>();
        for ended in &ended {
            assert_eq!(ended.code, Some(3), "{name} killed after {pause} ms\n{text}");
            assert!(["party ", "the dealer"].iter().any(|name| ended.error().contains(name)), "{text}");
        }
        assert!(text.contains(&name), "nobody names {name}, killed after {pause} ms\n{text}");
    }
    assert!(killed > 0, "a run that is too short to kill anybody");
    all_well(trial.all_kept("kept", resumes));
    assert!(trial.trained() == trial.expected(), "another network than without a break");
}

#[test]
fn all_others_end_when_one_of_two_parties_dies_and_go_on_with_it() {
    killed(2, 12, &[0, 1]);
}

#[test]
fn all_others_end_when_the_last_of_three_dies_and_go_on_with_it() {
    killed(3, 8, &[2]);
}

#[test]
fn all_others_end_when_the_dealer_dies_and_go_on_with_it() {
    killed(2, 8, &[2]);
}

#[test]
#[ignore = "takes a minute"]
fn all_die_again_and_again() {
    killed(3, 60, &[0, 1, 2, 3].repeat(5));
}
