//! Whose checkpoints a run goes on from.

use std::fs;

use crate::process::{LONG, all_well};
use crate::trial::Trial;

#[test]
fn checkpoints_of_another_run_or_party_are_refused() {
    let trial = Trial::new(2, 1);
    // There is none yet.
    trial
        .role_kept(0, "a", &["--resume"])
        .ends(LONG)
        .badly(1, &["expected a checkpoint of party 0, found none"]);
    all_well(trial.all_kept("a", &[]));
    all_well(trial.all_kept("b", &[]));
    let expected = trial.trained();
    // A run begins where there are none.
    trial.role_kept(1, "a", &[]).ends(LONG).badly(1, &["expected no checkpoint of party 1", "--resume"]);
    // Of two runs.
    let all = vec![
        trial.role_kept(0, "a", &["--resume"]),
        trial.role_kept(1, "b", &["--resume"]),
        trial.role_kept(2, "a", &["--resume"]),
    ];
    for ended in all.into_iter().map(|process| process.ends(LONG)) {
        let code = ended.code;
        assert!(code.is_some_and(|code| code != 0), "{ended:?}");
        ended.badly(code.unwrap(), &["expected a checkpoint of party 0's run, found one of another"]);
    }
    // Of party 1, under the names of party 0.
    let stolen = trial.folder.join("stolen-0");
    fs::create_dir(&stolen).unwrap();
    for entry in fs::read_dir(trial.folder.join("a-1")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().replace("party-1", "party-0");
        fs::copy(entry.path(), stolen.join(name)).unwrap();
    }
    let all = vec![
        trial.role_kept(0, "stolen", &["--resume"]),
        trial.role_kept(1, "a", &["--resume"]),
        trial.role_kept(2, "a", &["--resume"]),
    ];
    let mut ended: Vec<_> = all.into_iter().map(|process| process.ends(LONG)).collect();
    ended.remove(2).badly(3, &["party 0", "stolen-0"]);
    ended.remove(1).badly(3, &["party 0", "stolen-0"]);
    ended.remove(0).badly(1, &["stolen-0", "party-0.run-"]);
    // One that goes on, and one that begins.
    let zero = trial.role_kept(0, "a", &["--resume"]);
    trial.role_kept(1, "c", &[]).ends(LONG).badly(4, &["party-0", "digest of --resume"]);
    // One party is ahead of the other, as after a fault between them: what it has of later steps is of no use any more.
    let last = |id: usize| {
        let folder = trial.folder.join(format!("a-{id}"));
        let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.to_string_lossy().ends_with(".step-16")).unwrap()
    };
    let ahead = fs::read(last(0)).unwrap();
    fs::remove_file(last(1)).unwrap();
    // The right ones, of a run that has come to its end.
    fs::remove_file(trial.folder.join("trained")).unwrap();
    all_well(vec![zero, trial.role_kept(1, "a", &["--resume"]), trial.role_kept(2, "a", &["--resume"])]);
    assert!(trial.trained() == expected, "another network than at the end of the run");
    assert!(fs::read(last(0)).unwrap() != ahead && last(1).exists());
}
