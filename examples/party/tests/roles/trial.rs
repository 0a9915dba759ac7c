//! A session in a folder of its own.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use party::config::Config;
use party::images::idx_file;
use party::keys::Keys;
use party::program::{Answer, Program};
use party::{memory, owner};
use serde_json::Value;

use crate::model;
use crate::process::{Ended, LONG, Process, all_well};

pub(crate) struct Trial {
    pub(crate) folder: PathBuf,
    pub(crate) parties: usize,
    pub(crate) addresses: Vec<String>,
    settings: String,
}

/// The parties, and the dealer behind them if there is one.
pub(crate) type Session = Vec<Process>;

impl Trial {
    /// Keys, a model and settings, to which these lines are added.
    pub(crate) fn new(parties: usize, settings: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("ringshare-roles-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let free: Vec<_> = (0..parties).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let addresses = free.iter().map(|port| port.local_addr().unwrap().to_string()).collect();
        let trial = Self { folder, parties, addresses, settings: settings.into() };
        model::write(&trial.model(), 0);
        let config = trial.configure("session", &[]);
        let config = Config::load(&config).unwrap();
        Keys(config.keys.clone()).generate(parties, 3).unwrap();
        owner::publish(&config, &trial.model(), ringshare::nn::Rounding::Stochastic).unwrap();
        trial
    }

    pub(crate) fn model(&self) -> PathBuf {
        self.folder.join("model.safetensors")
    }

    /// Writes a file of settings in which some lines, or parts of them, are others.
    pub(crate) fn configure(&self, name: &str, others: &[(&str, &str)]) -> PathBuf {
        let mut text =
            String::from("session = 1\nmodel = \"model.public\"\nkeys = \"keys\"\nstate = \"state\"\n");
        text += "trace = true\n";
        let (before, behind) = self.settings.split_once("[dealer]").unwrap_or((&self.settings, ""));
        // Of these, the first that a test names holds.
        for line in ["batch = 4", "start-s = 20", "patience-s = 5"] {
            let key = line.split_once(" =").unwrap().0;
            if !before.contains(&format!("{key} =")) {
                text += &format!("{line}\n");
            }
        }
        text += &format!("{before}\n");
        for address in &self.addresses {
            text += &format!("[[party]]\naddress = \"{address}\"\n");
        }
        if !behind.is_empty() {
            text += &format!("[dealer]{behind}\n");
        }
        for (from, to) in others {
            assert!(text.contains(from), "no {from:?} in {text}");
            text = text.replacen(from, to, 1);
        }
        let path = self.folder.join(format!("{name}.toml"));
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("session.toml")
    }

    fn start_with(&self, config: &Path, name: &str, args: &[&str]) -> Process {
        let config = config.to_string_lossy();
        Process::start(&self.folder, name, &[args, &["--config", &config]].concat())
    }

    pub(crate) fn party_with(&self, config: &Path, id: usize) -> Process {
        let stats = self.folder.join(format!("party-{id}.json"));
        let id = id.to_string();
        let args = ["party", "--id", &id, "--stats", &stats.to_string_lossy()];
        self.start_with(config, &format!("party-{id}"), &args)
    }

    pub(crate) fn party(&self, id: usize) -> Process {
        self.party_with(&self.config(), id)
    }

    pub(crate) fn dealer_with(&self, config: &Path) -> Process {
        self.start_with(config, "dealer", &["dealer"])
    }

    pub(crate) fn dealer(&self) -> Process {
        self.dealer_with(&self.config())
    }

    pub(crate) fn owner(&self) -> Process {
        let model = self.model();
        self.start_with(&self.config(), "owner", &["model-owner", "--model", &model.to_string_lossy()])
    }

    /// Any other call of the program.
    pub(crate) fn call(&self, name: &str, args: &[&str]) -> Process {
        self.start_with(&self.config(), name, args)
    }

    /// A client with images of its own, whose answers go to a file.
    pub(crate) fn client_with(&self, config: &Path, id: u32, images: usize) -> Process {
        let file = self.folder.join(format!("images-{id}.idx"));
        fs::write(&file, idx_file(&model::images(images, id.into()), [1, 1, model::WIDTH])).unwrap();
        let answers = self.answers(id);
        if answers.exists() {
            fs::remove_file(&answers).unwrap();
        }
        let args = [
            "client",
            "--id",
            &id.to_string(),
            "--json",
            &answers.to_string_lossy(),
            &file.to_string_lossy(),
        ];
        self.start_with(config, &format!("client-{id}"), &args)
    }

    pub(crate) fn client(&self, id: u32, images: usize) -> Process {
        self.client_with(&self.config(), id, images)
    }

    pub(crate) fn answers(&self, id: u32) -> PathBuf {
        self.folder.join(format!("answers-{id}.json"))
    }

    /// The answers of a run in memory to that client.
    pub(crate) fn expected(&self, id: u32, images: usize) -> Vec<Answer> {
        let config = Config::load(&self.config()).unwrap();
        let (quantised, _) = owner::load(&self.model(), ringshare::nn::Rounding::Stochastic).unwrap();
        let program = Program::load(&config).unwrap();
        let pixels = model::images(images, id.into());
        memory::run(&program, &quantised, &pixels, config.ahead).unwrap().0
    }

    /// Checks the answers that a client has written.
    pub(crate) fn check(&self, id: u32, images: usize) {
        let expected: Vec<usize> = self.expected(id, images).iter().map(Answer::class).collect();
        let mut classes = expected.clone();
        classes.sort_unstable();
        classes.dedup();
        assert!(images < 8 || classes.len() > 2, "images of so few classes tell nothing: {classes:?}");
        let found: Vec<usize> = serde_json::from_value(read(&self.answers(id))["classes"].take()).unwrap();
        assert_eq!(found, expected, "client {id}");
    }

    /// Has images classified, and checks the answers.
    pub(crate) fn classify(&self, id: u32, images: usize) {
        self.client(id, images).ends(LONG).well();
        self.check(id, images);
    }

    /// Starts the parties and, unless it has dealt ahead of time, the dealer.
    pub(crate) fn session(&self) -> Session {
        let mut all: Session = (0..self.parties).map(|id| self.party(id)).collect();
        if !self.settings.contains("[dealer]") {
            all.push(self.dealer());
        }
        all
    }

    /// The same, with the model's owner, until all serve.
    pub(crate) fn set_up(&self) -> Session {
        let mut all = self.session();
        self.owner().ends(LONG).well();
        self.serve(&mut all);
        all
    }

    pub(crate) fn serve(&self, all: &mut Session) {
        all[..self.parties].iter_mut().for_each(|party| party.says("serves"));
    }

    /// Ends a session in order. All roles end well.
    pub(crate) fn stop(&self, all: Session) -> Vec<Ended> {
        all[0].terminate();
        all_well(all)
    }

    /// The file of a party that ends so.
    pub(crate) fn state(&self, party: usize, end: &str) -> PathBuf {
        self.folder.join(format!("state/party-{party}.{end}"))
    }

    pub(crate) fn stats(&self, party: usize) -> Value {
        read(&self.folder.join(format!("party-{party}.json")))
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

pub(crate) fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}
