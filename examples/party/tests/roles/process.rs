//! A process of the program under test, which ends with the test.
#![allow(dead_code, reason = "other programs are tested with it, too, each with a part of it")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a test looks whether something has happened.
const PAUSE: Duration = Duration::from_millis(10);
/// What all processes of a healthy session may take for anything, on a machine that is busy.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A process, killed when dropped.
pub(crate) struct Process {
    pub(crate) name: String,
    child: Child,
    log: PathBuf,
    out: PathBuf,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) name: String,
    /// None where a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote to its standard error.
    pub(crate) log: String,
    /// What it wrote to its standard output.
    pub(crate) out: String,
}

impl Process {
    /// Starts the program. What it writes goes to files in this folder.
    pub(crate) fn start(folder: &Path, name: &str, args: &[&str]) -> Self {
        let file = |end: &str| {
            let path = (0..).map(|life| folder.join(format!("{name}-{life}.{end}")));
            let path = path.into_iter().find(|path| !path.exists()).unwrap();
            (File::create(&path).unwrap(), path)
        };
        let ((log, at), (out, out_at)) = (file("log"), file("out"));
        let mut command = Command::new(crate::PROGRAM);
        let child = command.args(args).stdin(Stdio::null()).stdout(out).stderr(log).spawn().unwrap();
        Self { name: name.into(), child, log: at, out: out_at }
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    fn out(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap()).into_owned()
    }

    /// Waits until it has written something, to its standard error.
    pub(crate) fn says(&mut self, text: &str) {
        self.waits(text, Self::log);
    }

    /// Waits until it has printed something, to its standard output.
    pub(crate) fn prints(&mut self, text: &str) {
        self.waits(text, Self::out);
    }

    fn waits(&mut self, text: &str, of: impl Fn(&Self) -> String) {
        let until = Instant::now() + LONG;
        while !of(self).contains(text) {
            assert!(self.is_running(), "{} ended before it said {text:?}: {}", self.name, self.log());
            assert!(Instant::now() < until, "{} never said {text:?}: {}", self.name, self.log());
            sleep(PAUSE);
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends it SIGTERM.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Lets it open no more files; what is open stays. Whether the system has a command for that.
    pub(crate) fn limit_files(&self) -> bool {
        let (pid, limit) = (self.child.id().to_string(), "--nofile=4:4");
        Command::new("prlimit").args(["--pid", &pid, limit]).status().is_ok_and(|status| status.success())
    }

    /// Kills it.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ends(mut self, within: Duration) -> Ended {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let (name, log) = (self.name.clone(), self.log());
                assert!(!log.contains("panicked"), "{name}: {log}");
                let out = self.out();
                return Ended { name, code: status.code(), log, out };
            }
            assert!(Instant::now() < until, "{} did not end within {within:?}: {}", self.name, self.log());
            sleep(PAUSE);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// It ended well.
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}: {}", self.name, self.log);
        self
    }

    /// It ended with this exit code, and its last line holds all of these.
    pub(crate) fn badly(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{}: {}", self.name, self.log);
        let line = self.error();
        for word in words {
            assert!(line.contains(word), "{}: expected {word:?} in {line:?}", self.name);
        }
        self
    }

    /// Its last line, which says why it ended.
    pub(crate) fn error(&self) -> &str {
        self.log.lines().find(|line| line.starts_with("error: ")).unwrap_or_default()
    }
}

/// All of these end, within a limit for all together.
pub(crate) fn all_end(processes: Vec<Process>, within: Duration) -> Vec<Ended> {
    let until = Instant::now() + within;
    let left = || until.saturating_duration_since(Instant::now());
    processes.into_iter().map(|process| process.ends(left())).collect()
}

/// All of these end well.
pub(crate) fn all_well(processes: Vec<Process>) -> Vec<Ended> {
    processes.into_iter().map(|process| process.ends(LONG).well()).collect()
}
