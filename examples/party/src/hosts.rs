//! Hosts on one machine: network namespaces that reach each other only by way of one more, in which a relay runs. Nothing is routed, and
//! nothing outside of them is touched.
//!
//! Host i has the address 10.203.i.2. The host of the relay has 10.203.i.1 on the same wire.

use std::process::{Command, Stdio};

use crate::error::Error;

/// The namespaces, which are removed with this.
pub struct Hosts {
    tag: String,
    made: Vec<String>,
}

impl Hosts {
    /// Whether this process may make namespaces: the reason if not.
    ///
    /// # Errors
    /// The reason.
    pub fn possible() -> Result<(), String> {
        let name = format!("ringshare-{}-try", std::process::id());
        let made = ip(&["netns", "add", &name]);
        if made.is_ok() {
            return ip(&["netns", "del", &name]);
        }
        made
    }

    /// A host for each of these roles, and one for the relay.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn new(roles: &[String]) -> Result<Self, Error> {
        let mut hosts = Self { tag: format!("ringshare-{}", std::process::id()), made: Vec::new() };
        let relay = hosts.add("relay")?;
        for (number, role) in roles.iter().enumerate() {
            let (host, wire) = (hosts.add(role)?, format!("wire{number}"));
            let run = |line: &str| {
                ip(&line.split(' ').collect::<Vec<_>>()).map_err(|e| Error::Other(format!("ip {line}: {e}")))
            };
            run(&format!("-n {relay} link add {wire} type veth peer name wire netns {host}"))?;
            run(&format!("-n {relay} addr add {}/24 dev {wire}", Self::relay_address(number)))?;
            run(&format!("-n {host} addr add {}/24 dev wire", Self::address(number)))?;
            run(&format!("-n {relay} link set {wire} up"))?;
            run(&format!("-n {host} link set wire up"))?;
        }
        Ok(hosts)
    }

    fn add(&mut self, role: &str) -> Result<String, Error> {
        let name = self.name(role);
        ip(&["netns", "add", &name]).map_err(|e| Error::Other(format!("a network namespace: {e}")))?;
        self.made.push(name.clone());
        Ok(name)
    }

    fn name(&self, role: &str) -> String {
        format!("{}-{role}", self.tag)
    }

    /// The address of the host of this number.
    pub fn address(number: usize) -> String {
        format!("10.203.{number}.2")
    }

    /// The relay's address, as this host reaches it.
    pub fn relay_address(number: usize) -> String {
        format!("10.203.{number}.1")
    }

    /// What runs a program on the host of a role.
    pub fn on(&self, role: &str) -> [String; 4] {
        ["ip".into(), "netns".into(), "exec".into(), self.name(role)]
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in &self.made {
            if let Err(error) = ip(&["netns", "del", name]) {
                eprintln!("{name}: {error}");
            }
        }
    }
}

fn ip(args: &[&str]) -> Result<(), String> {
    let out = Command::new("ip").args(args).stdin(Stdio::null()).output();
    let out = out.map_err(|e| format!("`ip` does not run: {e}"))?;
    if out.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&out.stderr).trim().into())
}
