//! Roles as processes of this program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

struct Role {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Role {
    /// What it said last, on one line.
    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(3)..].join("; ")
    }
}

/// Processes, which are ended with this.
pub struct Running {
    all: Vec<Role>,
    limit: Instant,
    stop: Arc<AtomicBool>,
}

impl Drop for Running {
    fn drop(&mut self) {
        for Role { child, .. } in &mut self.all {
            // It may have ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Running {
    /// None yet. They are waited for no longer than `limit` from now on, or until `stop` says so.
    pub fn new(limit: Duration, stop: Arc<AtomicBool>) -> Self {
        Self { all: Vec::new(), limit: Instant::now() + limit, stop }
    }

    /// Starts this program by way of another, if `by` names one. What it says goes to a file beside the configuration.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn start(&mut self, by: &[String], config: &Path, name: &str, args: &[&str]) -> Result<(), Error> {
        let own = std::env::current_exe().map_err(|e| Error::Other(e.to_string()))?;
        let log = config.with_file_name(format!("{name}.log"));
        let to = fs::File::create(&log).map_err(|e| Error::io(&log, &e))?;
        let mut command = match by {
            [] => Command::new(own),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(own);
                command
            }
        };
        let child = command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(to).spawn();
        let child = child.map_err(|e| Error::Other(format!("{name}: {e}")))?;
        self.all.push(Role { name: name.into(), child, log });
        Ok(())
    }

    /// Waits for the processes of these names, which must end well.
    ///
    /// # Errors
    /// One that does not, or is late.
    pub fn join(&mut self, of: impl Fn(&str) -> bool) -> Result<(), Error> {
        for role in self.all.iter_mut().filter(|role| of(&role.name)) {
            let name = &role.name;
            let status = loop {
                let ended = role.child.try_wait().map_err(|e| Error::Other(format!("{name}: {e}")))?;
                if let Some(status) = ended {
                    break status;
                }
                if Instant::now() > self.limit || self.stop.load(Ordering::Relaxed) {
                    return Err(Error::Other(format!(
                        "{name} was stopped, or has not ended in time: {}",
                        role.last_words()
                    )));
                }
                thread::sleep(Duration::from_millis(2));
            };
            if !status.success() {
                return Err(Error::Other(format!("{name} ended with {status}: {}", role.last_words())));
            }
        }
        self.all.retain(|role| !of(&role.name));
        Ok(())
    }

    /// Waits until the process of this name has said this.
    ///
    /// # Errors
    /// If it has ended, or is late.
    pub fn wait_for(&mut self, name: &str, text: &str) -> Result<(), Error> {
        for role in self.all.iter_mut().filter(|role| role.name == name) {
            while !fs::read_to_string(&role.log).unwrap_or_default().contains(text) {
                let is_gone = matches!(role.child.try_wait(), Ok(Some(_)));
                if is_gone || Instant::now() > self.limit || self.stop.load(Ordering::Relaxed) {
                    return Err(Error::Other(format!("{name} has not come so far: {}", role.last_words())));
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(())
    }

    /// Asks the process of this name to end.
    ///
    /// # Errors
    /// If it can't be asked.
    pub fn terminate(&self, name: &str) -> Result<(), Error> {
        for Role { child, .. } in self.all.iter().filter(|role| role.name == name) {
            let ended = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
            ended.map_err(|e| Error::Other(format!("kill: {e}")))?;
        }
        Ok(())
    }
}
