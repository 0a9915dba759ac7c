//! Parties and dealer in a folder of their own, each with its own images.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use classify::dataset::{Dataset, EDGE};
use party::keys::Keys;

use crate::process::{Ended, LONG, Process};

/// Training images of all, and test images.
const IMAGES: usize = 256;
const TESTS: usize = 40;

pub(crate) struct Trial {
    pub(crate) folder: PathBuf,
    pub(crate) parties: usize,
    /// What all runs of it have alike.
    pub(crate) setting: Vec<String>,
}

/// A folder that no other test has.
pub(crate) fn folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("ringshare-train-{}-{number}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    folder
}

/// A number below that one, another in every run.
pub(crate) fn random(below: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    (now / 1000).wrapping_mul(0x9e37_79b9_7f4a_7c15) % below
}

/// Runs the program to its end.
pub(crate) fn train(folder: &Path, name: &str, args: &[&str]) -> Ended {
    Process::start(folder, name, args).ends(LONG)
}

impl Trial {
    /// Keys, settings, images and initial weights for that many parties. Truncations are exact, so that results are, too.
    pub(crate) fn new(parties: usize, epochs: usize) -> Self {
        let folder = folder();
        let free: Vec<_> = (0..parties).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let mut config = String::from("session = 1\nstart-s = 20\npatience-s = 8\n");
        for port in &free {
            config += &format!("[[party]]\naddress = \"{}\"\n", port.local_addr().unwrap());
        }
        fs::write(folder.join("session.toml"), config).unwrap();
        Keys(folder.join("keys")).generate(parties, 0).unwrap();
        let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/mnist");
        let all = Dataset::load(&all, &["digits"]).unwrap();
        let part = |i: usize| IMAGES * i / parties;
        for id in 0..parties {
            write(&folder.join(format!("data-{id}")), "train", &all, part(id)..part(id + 1));
        }
        write(&folder.join("data-0"), "t10k", &all, 800..800 + TESTS);
        let epochs = epochs.to_string();
        let setting =
            ["--batch", "16", "--rate", "0.1", "--rounding", "floor", "--seed", "5", "--epochs", &epochs];
        let trial = Self { folder, parties, setting: setting.map(String::from).into() };
        let weights = ["--model", "784-32-10", "--subset", "16", "--epochs", "1", "--seed", "3", "--export"];
        let [initial, outline] = [trial.path("initial"), trial.path("outline")];
        train(&trial.folder, "initial", &[&weights[..], &[&initial]].concat()).well();
        train(&trial.folder, "outline", &["--model", &initial, "--outline", &outline]).well();
        trial
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into()
    }

    fn setting(&self) -> Vec<&str> {
        self.setting.iter().map(String::as_str).collect()
    }

    /// The network that parties in memory train.
    pub(crate) fn expected(&self) -> Vec<u8> {
        let [initial, trained] = [self.path("initial"), self.path("expected")];
        let [parties, images, tests] = [self.parties, IMAGES, TESTS].map(|n| n.to_string());
        let own = ["--model", &initial, "--parties", &parties, "--subset", &images, "--tests", &tests];
        train(&self.folder, "memory", &[&own[..], &["--export", &trained], &self.setting()].concat()).well();
        fs::read(trained).unwrap()
    }

    /// Starts a role: a party, or the dealer as the one behind the last. The last party has the initial weights, and the first learns
    /// the trained ones.
    pub(crate) fn role_with(&self, id: usize, more: &[&str]) -> Process {
        let part = |id: usize| (IMAGES * (id + 1) / self.parties - IMAGES * id / self.parties).to_string();
        let [config, initial, outline] = ["session.toml", "initial", "outline"].map(|name| self.path(name));
        let [data, tests, owner] =
            [self.path(&format!("data-{id}")), TESTS.to_string(), (self.parties - 1).to_string()];
        let holds = (0..self.parties).map(part).collect::<Vec<_>>().join(",");
        let json = self.path(&format!("{id}.json"));
        let mut args =
            vec!["--config", &config, "--holds", &holds, "--tests", &tests, "--owner", &owner, "--to", "0"];
        args.extend(["--json", &json, "--model", if id + 1 == self.parties { &initial } else { &outline }]);
        // An option that is given twice is refused.
        let setting = self.setting();
        args.extend(setting.chunks(2).filter(|pair| !more.contains(&pair[0])).flatten());
        let (number, trained) = (id.to_string(), self.path("trained"));
        match id {
            id if id == self.parties => args.push("--dealer"),
            0 => args.extend(["--id", "0", "--data", &data, "--export", &trained]),
            _ => args.extend(["--id", &number, "--data", &data]),
        }
        args.extend(more);
        Process::start(&self.folder, &format!("role-{id}"), &args)
    }

    /// As [`role_with`](Self::role_with), with checkpoints in these folders' names and the party's number.
    pub(crate) fn role_kept(&self, id: usize, folder: &str, more: &[&str]) -> Process {
        let folder = self.path(&format!("{folder}-{id}"));
        self.role_with(id, &[&["--checkpoint", &folder, "--every", "2"], more].concat())
    }

    /// Starts all roles.
    pub(crate) fn all_kept(&self, folder: &str, more: &[&str]) -> Vec<Process> {
        (0..=self.parties).map(|id| self.role_kept(id, folder, more)).collect()
    }

    /// Waits until all parties have a checkpoint.
    pub(crate) fn has_checkpoints(&self, folder: &str) {
        let until = Instant::now() + LONG;
        // A file that is being written has a name with a dot in front.
        let is_whole = |name: &str| name.starts_with("party-") && name.contains(".step-");
        let has = |id: usize| {
            let entries = fs::read_dir(self.folder.join(format!("{folder}-{id}")));
            entries.is_ok_and(|mut all| all.any(|e| is_whole(&e.unwrap().file_name().to_string_lossy())))
        };
        while !(0..self.parties).all(has) {
            assert!(Instant::now() < until, "no checkpoint came");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The network that party 0 has learnt.
    pub(crate) fn trained(&self) -> Vec<u8> {
        fs::read(self.folder.join("trained")).unwrap()
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        // What a failure has left is for people to look at.
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.folder).unwrap();
        }
    }
}

/// Writes some images and their labels as IDX files.
fn write(folder: &Path, name: &str, all: &Dataset, rows: std::ops::Range<usize>) {
    fs::create_dir_all(folder).unwrap();
    let mut pixels = vec![0, 0, 8, 3];
    [rows.len(), EDGE, EDGE].iter().for_each(|&size| pixels.extend((size as u32).to_be_bytes()));
    rows.clone().for_each(|row| pixels.extend(all.image(row)));
    fs::write(folder.join(format!("{name}-images-idx3-ubyte")), pixels).unwrap();
    let mut labels = vec![0, 0, 8, 1];
    labels.extend((rows.len() as u32).to_be_bytes());
    labels.extend(&all.labels()[rows]);
    fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
}
