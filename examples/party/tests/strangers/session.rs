//! A session of processes on loopback with a network so small that what is measured is the program.

use ringshare::nn::Rounding;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use party::config::Config;
use party::keys::Keys;
use party::program::{Answer, Program};
use party::{client, memory, owner};
use ringshare::net::link::{End, Limits, Link, LinkError, Role};

use super::random::Random;

/// Values of an image.
pub(crate) const WIDTH: usize = 64;
/// Images of a batch.
pub(crate) const BATCH: usize = 32;
/// Seconds; the dealer waits four times as long.
pub(crate) const PATIENCE: u64 = 2;
/// Nothing takes longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Bytes of a process's memory, as the system names them.
pub(crate) fn status(process: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// A dealer, two parties, and a model that they share.
pub(crate) struct Session {
    folder: PathBuf,
    pub(crate) config: Config,
    pub(crate) program: Program,
    processes: Vec<(String, Child)>,
}

impl Session {
    pub(crate) fn start(name: &str, clients: u32) -> Self {
        let ports = [0; 2].map(|_: u8| TcpListener::bind("127.0.0.1:0").unwrap());
        Self::start_at(name, clients, ports.map(|port| port.local_addr().unwrap().to_string()))
    }

    /// Over sockets of files, which hold little that is not taken.
    pub(crate) fn start_unix(name: &str, clients: u32) -> Self {
        let path =
            |party| std::env::temp_dir().join(format!("ringshare-{}-{name}-{party}", std::process::id()));
        Self::start_at(name, clients, [0, 1].map(|party| format!("unix:{}", path(party).display())))
    }

    fn start_at(name: &str, clients: u32, addresses: [String; 2]) -> Self {
        let folder = std::env::temp_dir().join(format!("ringshare-strangers-{}-{name}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let mut text = format!(
            "session = 1\nmodel = \"public\"\nbatch = {BATCH}\nqueue = 512\npatience-s = {PATIENCE}\n"
        );
        for address in addresses {
            text += &format!("[[party]]\naddress = \"{address}\"\n");
        }
        let path = folder.join("session.toml");
        fs::write(&path, text).unwrap();
        let config = Config::load(&path).unwrap();
        Keys(config.keys.clone()).generate(2, clients).unwrap();
        let model = folder.join("tiny.safetensors");
        fs::write(&model, tiny()).unwrap();
        owner::publish(&config, &model, Rounding::Stochastic).unwrap();
        let program = Program::load(&config).unwrap();
        let mut session = Self { folder, config, program, processes: Vec::new() };
        session.spawn("dealer", &["dealer"]);
        session.spawn("party-0", &["party", "--id", "0"]);
        session.spawn("party-1", &["party", "--id", "1"]);
        let mut shares = session.command("owner", &["model-owner", "--model", model.to_str().unwrap()]);
        let until = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = shares.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > until {
                shares.kill().unwrap();
            }
            thread::sleep(Duration::from_millis(10));
        };
        assert!(status.success(), "{}", session.log("party-0"));
        session
    }

    fn command(&self, name: &str, args: &[&str]) -> Child {
        let log = File::create(self.folder.join(format!("{name}.log"))).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_party"));
        command.args(args).arg("--config").arg(self.folder.join("session.toml"));
        command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    fn spawn(&mut self, name: &str, args: &[&str]) {
        let child = self.command(name, args);
        self.processes.push((name.into(), child));
    }

    /// What a process has said.
    pub(crate) fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(format!("{name}.log"))).unwrap()
    }

    /// Waits until a party has said that.
    pub(crate) fn said(&self, party: usize, text: &str) {
        let until = Instant::now() + LIMIT;
        while !self.log(&format!("party-{party}")).contains(text) {
            let log = self.log(&format!("party-{party}"));
            assert!(Instant::now() < until, "party {party} did not say {text:?} but\n{log}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn parties(&self) -> Vec<String> {
        let of_party =
            |(name, child): &(String, Child)| name.starts_with("party").then(|| child.id().to_string());
        self.processes.iter().filter_map(of_party).collect()
    }

    /// Watches the memory of the parties.
    pub(crate) fn watch(&self, every: Duration) -> Watch {
        let (stop, parties) = (Arc::new(AtomicBool::new(false)), self.parties());
        let stopped = stop.clone();
        let run = move || {
            let mut samples = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                samples.push(parties.iter().map(|id| status(id, "VmRSS")).collect());
                thread::sleep(every);
            }
            samples
        };
        Watch { stop, thread: thread::spawn(run) }
    }

    /// Threads of a party.
    pub(crate) fn threads(&self, party: usize) -> usize {
        fs::read_dir(format!("/proc/{}/task", self.parties()[party])).unwrap().count()
    }

    /// A link to a party by the keys of one folder, from whoever says that it is of this role.
    pub(crate) fn link(&self, party: usize, says: Role, keys: &Path, of: Role) -> Result<Link, LinkError> {
        let terms = self.program.terms(self.config.session, Vec::new());
        let limits = Limits { connect: LIMIT, idle: LIMIT, ..Limits::default() };
        let identity = Keys(keys.into()).identity(of).unwrap();
        let end = End::new(says, terms).identity(identity).limits(limits);
        end.dial(&self.config.parties[party], Role::Party(party))
    }

    /// A link of a client, whatever it will send.
    pub(crate) fn client(&self, id: u32, party: usize) -> Link {
        let role = Role::Client(id);
        self.link(party, role, &self.config.keys, role).unwrap()
    }

    /// Has images classified as an honest client does, and compares with the same in memory.
    pub(crate) fn classify(&self, id: u32, images: &Images) -> Duration {
        let begun = Instant::now();
        let (answers, _) = client::run(&self.config, id, &images.pixels, &ProgressBar::hidden()).unwrap();
        assert_eq!(answers, images.answers);
        begun.elapsed()
    }

    /// Images and what they are.
    pub(crate) fn images(&self, count: usize, seed: u64) -> Images {
        let pixels = Random(seed).bytes(count * WIDTH);
        let path = self.folder.join("tiny.safetensors");
        let (quantised, _) = owner::load(&path, Rounding::Stochastic).unwrap();
        let (answers, _) = memory::run(&self.program, &quantised, &pixels, 2).unwrap();
        // Otherwise answers of other images would pass.
        assert!(answers.iter().any(|answer| *answer != answers[0]));
        Images { pixels, answers }
    }

    /// Ends the session in order: the parties have failed in nothing.
    pub(crate) fn stop(mut self) {
        let id = self.parties()[0].clone();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let until = Instant::now() + LIMIT;
        for (name, mut child) in std::mem::take(&mut self.processes) {
            let status = loop {
                match child.try_wait().unwrap() {
                    Some(status) => break status,
                    None if Instant::now() > until => child.kill().unwrap(),
                    None => thread::sleep(Duration::from_millis(10)),
                }
            };
            assert!(status.success(), "{name}: {status}\n{}", self.log(&name));
        }
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for (_, child) in &mut self.processes {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Images with their answers.
pub(crate) struct Images {
    pub(crate) pixels: Vec<u8>,
    answers: Vec<Answer>,
}

/// Samples of the memory of every party.
pub(crate) struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Vec<u64>>>,
}

impl Watch {
    pub(crate) fn end(self) -> Vec<Vec<u64>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }

    /// The most that a party had.
    pub(crate) fn most(self) -> u64 {
        self.end().into_iter().flatten().max().unwrap()
    }
}

/// A network of 64 bits, 32 signs and 10 classes.
fn tiny() -> Vec<u8> {
    let mut random = Random(1);
    let biases = |random: &mut Random, count| -> Vec<u8> {
        (0..count).flat_map(|_| (random.below(9) as i32 - 4).to_le_bytes()).collect()
    };
    let tensors = [
        ("fc1.weight_bits", "U8", vec![32, WIDTH / 8], random.bytes(32 * WIDTH / 8)),
        ("fc1.bias", "I32", vec![32], biases(&mut random, 32)),
        ("fc2.weight_bits", "U8", vec![10, 4], random.bytes(40)),
        ("fc2.bias", "I32", vec![10], biases(&mut random, 10)),
    ];
    let mut head = serde_json::json!({ "__metadata__": { "input": "1 if pixel >= 128 else 0" } });
    let mut data = Vec::new();
    for (name, dtype, shape, bytes) in tensors {
        let place = [data.len(), data.len() + bytes.len()];
        head[name] = serde_json::json!({ "dtype": dtype, "shape": shape, "data_offsets": place });
        data.extend(bytes);
    }
    let head = head.to_string();
    let mut out = (head.len() as u64).to_le_bytes().to_vec();
    out.extend(head.as_bytes());
    out.extend(data);
    out
}
