//! A trial with a host for every role: is the program as fast as its rounds, its bytes and its computing let it be?
//!
//! Every link between two hosts has a one-way delay d and a rate w in each direction. Requests of one image each are evaluated one by one.
//! The bound is the greater of
//!
//! > (rounds + 2)·d + bytes/w + computing, and dealt/w
//!
//! - rounds: of the network while batches are evaluated, as party 0 counts them. In a round all parties send at once and then receive, so
//!   it takes one delay, not a trip there and back;
//! - 2: the way of the first request to the parties and that of the last reply. Those between overlap with what the parties do;
//! - bytes: what a party sends to one other while batches are evaluated, the greatest;
//! - computing: seconds of evaluating batches in which a party did not wait for a peer, of the party with most;
//! - dealt: bytes from the dealer to one party for these batches, the greatest. Its links are at work beside those of the parties.
//!
//! The rounds in which parties agree on what a batch takes are no part of it, nor is the time that the dealer takes to answer: that is
//! for the program to hide, or to pay for.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::demo::{self, Folder};
use crate::error::Error;
use crate::hosts::Hosts;
use crate::images;
use crate::keys::Keys;
use crate::memory;
use crate::owner;
use crate::program::Program;
use crate::running::Running;

/// Parties of a trial.
const PARTIES: usize = 2;
/// Where a party listens.
const PORT: usize = 7000;

/// What a trial is of.
#[derive(Clone, Debug)]
pub struct Trial {
    /// A shipped model's name, or a file.
    pub model: PathBuf,
    /// Images, one a batch.
    pub images: usize,
    /// One-way delay in milliseconds.
    pub delay_ms: u64,
    /// Megabits a second in each direction of a link.
    pub mbit: u64,
    /// Nothing takes longer.
    pub limit: Duration,
    /// Where everything lies; a folder that does not exist yet, and is removed.
    pub folder: PathBuf,
}

/// What came out. The terms are those of the module's text.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// The model.
    pub model: String,
    /// Images.
    pub images: usize,
    /// Of these, how many have the same class as in memory.
    pub agree: usize,
    /// One-way delay.
    pub delay_s: f64,
    /// Bytes a second.
    pub rate: f64,
    /// Rounds while batches were evaluated.
    pub rounds: u64,
    /// (rounds + 2)·d
    pub rounds_s: f64,
    /// Bytes from a party to one other.
    pub bytes: u64,
    /// bytes/w
    pub bytes_s: f64,
    /// Computing.
    pub computing_s: f64,
    /// Bytes from the dealer to one party.
    pub dealt_bytes: u64,
    /// dealt/w
    pub dealt_s: f64,
    /// The bound.
    pub bound_s: f64,
    /// Seconds from the client's first request to the last answer.
    pub wall_s: f64,
    /// wall / bound
    pub ratio: f64,
    /// Rounds in which parties agreed on batches.
    pub plan_rounds: u64,
    /// Seconds in which party 0 agreed on batches.
    pub plan_s: f64,
    /// Seconds in which party 0 evaluated batches.
    pub online_s: f64,
    /// Seconds in which party 0 waited for what is dealt, and prepared the next batch.
    pub dealt_wall_s: f64,
}

/// Runs a trial.
///
/// # Errors
/// A role that fails, or the system.
pub fn run(trial: &Trial, stop: &Arc<AtomicBool>) -> Result<Outcome, Error> {
    let folder = Folder::new(&trial.folder)?;
    let path = |role: &str| folder.0.join(format!("{role}.toml"));
    let roles = (0..PARTIES).map(|party| format!("party-{party}"));
    let roles: Vec<String> = roles.chain(["dealer", "owner", "client-1"].map(String::from)).collect();
    for (host, role) in roles.iter().enumerate() {
        fs::write(path(role), text(host)).map_err(|e| Error::io(&path(role), &e))?;
    }
    let config = Config::load(&path("dealer"))?;
    Keys(config.keys.clone()).generate(PARTIES, 1)?;
    owner::publish(&config, &trial.model, demo::ROUNDING)?;
    let program = Program::load(&config)?;
    let pixels = demo::shipped(&trial.model, trial.images, program.public.shape())?;
    let (quantised, _) = owner::load(&trial.model, demo::ROUNDING)?;
    let (expected, _) = memory::run(&program, &quantised, &pixels, config.ahead)?;
    let file = folder.0.join("images.idx");
    fs::write(&file, images::idx_file(&pixels, program.public.shape())).map_err(|e| Error::io(&file, &e))?;

    let hosts = Hosts::new(&roles)?;
    // Declared later, so that the processes end before their hosts go.
    let mut all = Running::new(trial.limit, stop.clone());
    let ways = ways(&roles);
    let [delay, mbit, limit] = [trial.delay_ms, trial.mbit, trial.limit.as_secs()].map(|n| n.to_string());
    let mut relay = vec!["relay", "--delay-ms", &delay, "--mbit", &mbit, "--limit-s", &limit];
    relay.extend(ways.iter().map(String::as_str));
    all.start(&hosts.on("relay"), &path("relay"), "relay", &relay)?;
    let start = |all: &mut Running, role: &str, args: &[&str]| {
        let config = path(role);
        let stats = folder.0.join(format!("{role}.json"));
        let mut args = args.to_vec();
        let [config_text, stats_text] = [&config, &stats].map(|path| path.to_string_lossy());
        args.extend(["--config", &config_text]);
        if role != "owner" {
            args.extend(["--stats", &stats_text]);
        }
        all.start(&hosts.on(role), &config, role, &args)
    };
    start(&mut all, "dealer", &["dealer"])?;
    for party in 0..PARTIES {
        start(&mut all, &format!("party-{party}"), &["party", "--id", &party.to_string()])?;
    }
    start(&mut all, "owner", &["model-owner", "--model", &trial.model.to_string_lossy()])?;
    all.join(|role| role == "owner")?;
    // The setup is no part of what is measured.
    (0..PARTIES).try_for_each(|party| all.wait_for(&format!("party-{party}"), " serves"))?;
    let answers = folder.0.join("answers.json");
    let [answers_text, file] = [&answers, &file].map(|path| path.to_string_lossy());
    start(&mut all, "client-1", &["client", "--id", "1", "--json", &answers_text, &file])?;
    all.join(|role| role == "client-1")?;
    all.terminate("party-0")?;
    all.join(|role| role != "relay")?;

    let stats = |role: &str| demo::json(&folder.0.join(format!("{role}.json")));
    let parties = (0..PARTIES).map(|party| stats(&format!("party-{party}")));
    let parties = parties.collect::<Result<Vec<Value>, _>>()?;
    let mut found = weigh(trial, &parties, &stats("client-1")?);
    let classes = demo::json(&answers)?;
    let classes = classes["classes"].as_array().map_or(&[][..], Vec::as_slice);
    found.agree = classes.iter().zip(&expected).filter(|(a, b)| a.as_u64() == Some(b.class() as u64)).count();
    Ok(found)
}

/// The terms, from the statistics of parties and client.
fn weigh(trial: &Trial, parties: &[Value], client: &Value) -> Outcome {
    let phase = |party: &Value, phase: &str, what: &str| party["phases"][phase][what].as_f64().unwrap_or(0.0);
    let most = |of: &str, what: &str| parties.iter().map(|party| phase(party, of, what)).fold(0.0, f64::max);
    let (delay_s, rate) = (trial.delay_ms as f64 / 1e3, trial.mbit as f64 * 1e6 / 8.0);
    let rounds = phase(&parties[0], "online", "rounds");
    let bytes = most("online", "sent_bytes") / (PARTIES - 1) as f64;
    // What is dealt ahead of the first batch makes up for what the last ones no longer wait for.
    let dealt = most("dealt", "received_bytes");
    let (rounds_s, bytes_s, dealt_s) = ((rounds + 2.0) * delay_s, bytes / rate, dealt / rate);
    let computing_s = most("online", "computing_s");
    let bound_s = (rounds_s + bytes_s + computing_s).max(dealt_s);
    let wall_s = client["wall_s"].as_f64().unwrap_or(f64::NAN);
    Outcome {
        model: trial.model.display().to_string(),
        images: trial.images,
        delay_s,
        rate,
        rounds: rounds as u64,
        rounds_s,
        bytes: bytes as u64,
        bytes_s,
        computing_s,
        dealt_bytes: dealt as u64,
        dealt_s,
        bound_s,
        wall_s,
        ratio: wall_s / bound_s,
        plan_rounds: phase(&parties[0], "plan", "rounds") as u64,
        plan_s: phase(&parties[0], "plan", "wall_s"),
        online_s: phase(&parties[0], "online", "wall_s"),
        dealt_wall_s: phase(&parties[0], "dealt", "wall_s"),
        ..Outcome::default()
    }
}

/// The configuration as a host has it: other parties are behind the relay.
fn text(host: usize) -> String {
    let mut text = "session = 1\nmodel = \"model.public\"\nbatch = 1\n".to_string();
    for party in 0..PARTIES {
        let address = if party == host {
            format!("{}:{PORT}", Hosts::address(host))
        } else {
            format!("{}:{}", Hosts::relay_address(host), PORT + party)
        };
        text += &format!("\n[[party]]\naddress = \"{address}\"\n");
    }
    text
}

/// From each host to each party but itself.
fn ways(roles: &[String]) -> Vec<String> {
    let way = |host: usize, party: usize| {
        let (from, to) = (Hosts::relay_address(host), Hosts::address(party));
        format!("{from}:{}={to}:{PORT}", PORT + party)
    };
    let hosts = 0..roles.len();
    hosts
        .flat_map(|host| (0..PARTIES).filter(move |&party| party != host).map(move |party| way(host, party)))
        .collect()
}
