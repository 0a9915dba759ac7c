//! Checkpoints that do not fit each other or the run that is to go on from them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use clap::Parser;
use train::args::Args;
use train::memory::{self, Job};

use crate::memory::Run;
use crate::process::LONG;

impl Run {
    /// Names of a party's checkpoints, in order.
    fn checkpoints(&self, folder: &str, party: usize) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let prefix = format!("party-{party}.run-");
        let mut all: Vec<String> = names.filter(|name| name.starts_with(&prefix)).collect();
        all.sort_unstable();
        all
    }

    /// A folder with what each party has in one of these.
    fn mix(&self, name: &str, of: [&str; 2]) -> String {
        let mixed = self.path(name);
        fs::create_dir_all(&mixed).unwrap();
        for (party, folder) in of.into_iter().enumerate() {
            for entry in fs::read_dir(self.path(folder)).unwrap() {
                let entry = entry.unwrap();
                if entry.file_name().to_string_lossy().starts_with(&format!("party-{party}.")) {
                    fs::copy(entry.path(), PathBuf::from(&mixed).join(entry.file_name())).unwrap();
                }
            }
        }
        mixed
    }
}

#[test]
fn nobody_loses_checkpoints_by_those_of_others() {
    let run = Run::new(&[]);
    let kept = run.path("kept");
    let kept = ["--checkpoint", &kept, "--every", "2"];
    run.start(&[&kept[..], &["--epochs", "1"]].concat()).ends(LONG).well();
    run.mix("old", ["kept", "kept"]);
    run.start(&[&kept[..], &["--epochs", "2", "--resume"]].concat()).ends(LONG).well();
    let resumes = |folder: &str| {
        run.start(&["--checkpoint", folder, "--every", "2", "--epochs", "2", "--resume"]).ends(LONG)
    };
    // An old backup of a party.
    let mixed = run.mix("mixed", ["kept", "old"]);
    let own = run.checkpoints("mixed", 0);
    assert!(own.len() == 2 && own[1].ends_with(".step-26"), "{own:?}");
    resumes(&mixed).badly(1, &["party 0: expected a checkpoint of step 13", "found those of 26 and 24"]);
    assert_eq!(run.checkpoints("mixed", 0), own);
    // Other names than what is in the files.
    for step in ["1", "18446744073709551615"] {
        let renamed = run.mix(&format!("renamed-{step}"), ["kept", "kept"]);
        let [first, last] = &run.checkpoints(&format!("renamed-{step}"), 1)[..] else { panic!("two") };
        fs::remove_file(PathBuf::from(&renamed).join(first)).unwrap();
        let name = last.replace(".step-26", &format!(".step-{step}"));
        fs::rename(PathBuf::from(&renamed).join(last), PathBuf::from(&renamed).join(&name)).unwrap();
        resumes(&renamed).badly(1, &[&name]);
        assert_eq!(run.checkpoints(&format!("renamed-{step}"), 0), own);
    }
}

#[test]
fn shares_of_several_runs_or_settings_do_not_mix() {
    let run = Run::new(&[]);
    let [kept, fashion] = [run.path("kept"), run.path("fashion")];
    run.start(&["--checkpoint", &kept, "--epochs", "2"]).ends(LONG).well();
    let others = ["--dataset", "fashion", "--rate", "0.05", "--epochs", "2"];
    run.start(&[&["--checkpoint", &fashion], &others[..]].concat()).ends(LONG).well();
    // The same seed, other images.
    let mixed = run.mix("runs", ["kept", "fashion"]);
    run.start(&["--checkpoint", &mixed, "--resume", "--epochs", "2"]).ends(LONG).badly(1, &["party"]);
    let tag = |folder| run.checkpoints(folder, 0)[0].split(".step-").next().unwrap().to_string();
    assert_ne!(tag("kept"), tag("fashion"), "seeds of masks that are those of another run");
    // Two that both go on from there.
    for name in ["one", "two"] {
        let folder = run.mix(name, ["kept", "kept"]);
        run.start(&["--checkpoint", &folder, "--resume", "--epochs", "3"]).ends(LONG).well();
    }
    let mixed = run.mix("continued", ["one", "two"]);
    run.start(&["--checkpoint", &mixed, "--resume", "--epochs", "4"])
        .ends(LONG)
        .badly(1, &["party 1: expected a checkpoint of step 39 as party 0's", "found one of another"]);
    // Other arguments.
    let before = run.checkpoints("kept", 0);
    for other in [
        ["--seed", "2"],
        ["--batch", "8"],
        ["--batch", "200"],
        ["--digits", "0-7"],
        ["--dataset", "fashion"],
        ["--average", "4"],
    ] {
        let all = [&["--checkpoint", &kept, "--resume", "--epochs", "3"], &other[..]].concat();
        run.start(&all).ends(LONG).badly(1, &["of the same images", "order, batches and averaged steps"]);
    }
    // Only the client's images are others.
    let client = run.path("client");
    let of_client = ["--holders", "0", "--clients", "1", "--checkpoint", &client];
    run.start(&[&of_client[..], &["--epochs", "1"]].concat()).ends(LONG).well();
    let further = [&of_client[..], &["--epochs", "2", "--resume"]].concat();
    run.start(&[&further[..], &["--dataset", "fashion"]].concat()).ends(LONG).badly(1, &["of clients"]);
    run.start(&further).ends(LONG).well();
    run.start(&["--checkpoint", &kept, "--resume", "--epochs", "1"])
        .ends(LONG)
        .badly(2, &["--resume", "within the 13 steps", "step 26"]);
    assert_eq!(run.checkpoints("kept", 0), before);
    // Epochs and rates may be others; the report knows which epoch is the first.
    let [json, report] = [run.path("json"), run.path("report")];
    let further = ["--checkpoint", &kept, "--resume", "--epochs", "3", "--rate", "0.05"];
    let files = ["--json", &json, "--report", &report];
    run.start(&[&further[..], &files].concat()).ends(LONG).well();
    let found: serde_json::Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(found["first_epoch"], 2);
    assert_eq!(found["steps"], serde_json::json!([0, 13]));
    assert_eq!(found["plain_accuracy"].as_array().unwrap().len(), 3);
    let page = fs::read_to_string(run.folder.join("report/report.html")).unwrap();
    assert!(page.contains("of epoch 2 it took 0 steps of 13"));
}

#[test]
fn masks_are_others_in_every_session() {
    let run = Run::new(&["--epochs", "2", "--no-plain"]);
    let args: Vec<&str> = ["train"].into_iter().chain(run.setting.iter().map(String::as_str)).collect();
    let args = Args::parse_from(args);
    let (train, tests) = args.images().unwrap();
    let (setting, _) = args.setting(train.len(), tests.len(), 1).unwrap();
    // Shares of party 0, and the weights.
    let trains = |epochs: usize, kept: &str, resumes: bool| {
        let setting = train::setting::Setting { epochs, ..setting.clone() };
        let kept = run.folder.join(kept);
        let checkpoints = Some((kept.as_path(), 100, resumes));
        let job = Job {
            setting: &setting,
            recipes: &setting.recipes().unwrap(),
            train: &train,
            tests: &tests,
            holders: [2, 0],
            initial: None,
            root: [1; 32],
            checkpoints,
        };
        let trainers = memory::run(&job, &mut |_| Ok(())).unwrap().trainers;
        let [zero, one] = [0, 1].map(|party: usize| -> Vec<u64> {
            trainers[party].shares().flat_map(|share| share.expose().to_vec()).collect()
        });
        let sum: Vec<u64> = zero.iter().zip(&one).map(|(a, b)| a.wrapping_add(*b) % (1 << 52)).collect();
        (zero, sum)
    };
    let (first, second) = (trains(1, "first", false), trains(1, "second", false));
    assert!(first.0 != second.0 && first.1 == second.1, "where runs begin");
    run.mix("again", ["first", "first"]);
    let (first, second) = (trains(2, "first", true), trains(2, "again", true));
    assert!(first.0 != second.0 && first.1 == second.1, "where a run goes on");
}

/// A process that dies where it writes its first byte leaves nothing that keeps the next from its folder.
#[cfg(unix)]
#[test]
fn a_key_is_written_as_a_whole_or_not_at_all() {
    let run = Run::new(&["--epochs", "1", "--no-plain"]);
    let kept = run.path("kept");
    let limited = Command::new("sh")
        .args(["-c", "ulimit -f 0; exec \"$0\" \"$@\"", crate::PROGRAM, "--checkpoint", &kept])
        .args(&run.setting)
        .output()
        .unwrap();
    assert!(!limited.status.success());
    assert!(run.folder.join("kept").exists());
    run.start(&["--checkpoint", &kept]).ends(LONG).well();
}
