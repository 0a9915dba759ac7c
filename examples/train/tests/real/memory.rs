//! Training in memory that is killed, and goes on.

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::{LONG, Process};
use crate::trial::{folder, random, train};

const SETTING: [&str; 14] = [
    "--model",
    "784-32-10",
    "--subset",
    "200",
    "--tests",
    "20",
    "--batch",
    "16",
    "--rounding",
    "floor",
    "--seed",
    "1",
    "--rate",
    "0.1",
];

pub(crate) struct Run {
    pub(crate) folder: PathBuf,
    pub(crate) setting: Vec<String>,
}

impl Run {
    pub(crate) fn new(more: &[&str]) -> Self {
        let setting = SETTING.iter().chain(more).map(|arg| (*arg).into()).collect();
        Self { folder: folder(), setting }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into()
    }

    pub(crate) fn start(&self, more: &[&str]) -> Process {
        // An option that is given twice is refused.
        let own = self.setting.chunks(2).filter(|pair| !more.contains(&&pair[0][..])).flatten();
        let args: Vec<&str> = own.map(String::as_str).chain(more.iter().copied()).collect();
        Process::start(&self.folder, "memory", &args)
    }

    /// The network that comes of it.
    fn trained(&self, name: &str, more: &[&str]) -> Vec<u8> {
        let path = self.path(name);
        self.start(&[more, &["--export", &path]].concat()).ends(LONG).well();
        fs::read(path).unwrap()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.folder).unwrap();
        }
    }
}

#[test]
fn a_run_that_is_killed_ten_times_comes_to_the_same_network() {
    let run = Run::new(&["--epochs", "12", "--average", "4"]);
    let expected = run.trained("expected", &[]);
    let kept = run.path("kept");
    let kept = ["--checkpoint", &kept, "--every", "2"];
    let (mut kills, mut resumes): (u32, &[&str]) = (0, &[]);
    while kills < 10 {
        let mut process = run.start(&[&kept, resumes].concat());
        if resumes.is_empty() {
            let until = Instant::now() + LONG;
            let has = |party: &str| {
                let entries = fs::read_dir(run.folder.join("kept"));
                let of = |name: String| name.starts_with(party) && name.contains(".step-");
                entries.is_ok_and(|mut all| all.any(|e| of(e.unwrap().file_name().to_string_lossy().into())))
            };
            while !(has("party-0") && has("party-1")) {
                assert!(Instant::now() < until, "no checkpoint came: {}", process.log());
                sleep(Duration::from_millis(2));
            }
            resumes = &["--resume"];
        }
        sleep(Duration::from_millis(20 + random(280)));
        // One that has come to its end is not killed, and begins again.
        if process.is_running() {
            process.kill();
            kills += 1;
        } else {
            process.ends(LONG).well();
            fs::remove_dir_all(run.folder.join("kept")).unwrap();
            resumes = &[];
        }
    }
    let trained = run.trained("trained", &[&kept[..], &["--resume"]].concat());
    assert!(trained == expected, "another network than without a break");
}

#[test]
fn a_run_goes_on_behind_the_last_step_of_an_epoch() {
    // The mean of the last weights of an epoch is taken behind it.
    let run = Run::new(&["--average", "4"]);
    let [kept, further] = [run.path("kept"), run.path("further")];
    let expected = run.trained("expected", &["--epochs", "3"]);
    let first = run.trained("first", &["--epochs", "1", "--checkpoint", &kept]);
    let again = run.trained("again", &["--epochs", "1", "--checkpoint", &kept, "--resume"]);
    assert!(first == again, "another network than at the end of the run");
    let trained =
        run.trained("trained", &["--epochs", "3", "--checkpoint", &kept, "--resume", "--json", &further]);
    assert!(trained == expected, "another network than without a break");
    let found: serde_json::Value = serde_json::from_slice(&fs::read(further).unwrap()).unwrap();
    for list in ["accuracy", "plain_accuracy"] {
        assert_eq!(found[list].as_array().unwrap().len(), 3);
    }
    assert_eq!((&found["first_epoch"], &found["steps"]), (&1.into(), &serde_json::json!([0, 13, 13])));
}

#[test]
fn a_run_does_not_begin_among_checkpoints() {
    let run = Run::new(&["--epochs", "1"]);
    let kept = run.path("kept");
    run.start(&["--checkpoint", &kept]).ends(LONG).well();
    run.start(&["--checkpoint", &kept]).ends(LONG).badly(1, &["expected no checkpoint of party", "--resume"]);
    let other = ["--checkpoint", &kept, "--resume", "--model", "784-16-10", "--epochs", "1"];
    train(&run.folder, "other", &other).badly(1, &["party-", "run-"]);
}
