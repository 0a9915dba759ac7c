//! Settings that make no sense, and files that are missing.

use std::fs;

use crate::process::LONG;
use crate::trial::Trial;

/// Runs a role with a part of its settings replaced.
fn fails(trial: &Trial, from: &str, to: &str, code: i32, words: &[&str]) {
    let config = trial.configure("wrong", &[(from, to)]);
    let shown = config.display().to_string();
    let ended = trial.party_with(&config, 0).ends(LONG);
    let text = ended.log.clone();
    let ended = ended.badly(code, &[]);
    assert!(text.starts_with("error: "), "{text}");
    for word in words {
        assert!(text.contains(word), "{to:?}: expected {word:?} in {text:?}");
    }
    // What is wrong in the settings is said with their file.
    assert!(code != 2 || text.contains(&shown), "{text}");
    assert!(ended.out.is_empty());
}

#[test]
fn settings_are_checked() {
    let trial = Trial::new(2, "");
    let fails = |from, to, words: &[&str]| fails(&trial, from, to, 2, words);
    fails("batch = 4", "batsh = 4", &["unknown field `batsh`"]);
    fails("batch = 4", "batch = 0", &["batch: expected 1 to 65536, found 0"]);
    fails("batch = 4", "batch = 70000", &["batch: expected 1 to 65536, found 70000"]);
    fails("batch = 4", "batch = -4", &["batch", "-4"]);
    fails("batch = 4", "batch = \"4\"", &["batch", "string"]);
    fails("batch = 4", "queue = 3", &["queue: expected 64 to 16777216, found 3"]);
    fails("batch = 4", "ahead = 0", &["ahead: expected 1 to 64, found 0"]);
    fails("batch = 4", "fill-ms = 1001", &["fill-ms: expected 0 to 1000, found 1001"]);
    fails("patience-s = 5", "patience-s = 1", &["patience-s: expected 2 to 3600, found 1"]);
    fails("start-s = 20", "start-s = 0", &["start-s: expected 1 to 86400, found 0"]);
    fails("session = 1\n", "", &["missing field `session`"]);
    fails("session = 1", "session = 1 2", &["TOML"]);
    fails("trace = true", "output = \"everything\"", &["everything", "class", "logits"]);
    fails("trace = true", "comparison = \"guess\"", &["comparison"]);
    let second = format!("[[party]]\naddress = \"{}\"\n", trial.addresses[1]);
    fails(&second, "", &["number of parties: expected 2 to 16, found 1"]);
    fails(&trial.addresses[1], "nowhere", &["address \"nowhere\""]);
    let port = format!("{second}port = 1\n");
    fails(&second, &port, &["unknown field `port`"]);
    let dealer = format!("{second}[dealer]\nfile = \"store\"\n");
    fails(&second, &dealer, &["unknown field `file`"]);
}

#[test]
fn missing_files_are_named() {
    let trial = Trial::new(2, "");
    let fails = |from, to, words: &[&str]| fails(&trial, from, to, 5, words);
    fails("model.public", "none.public", &["none.public", "No such file"]);
    fails("\"keys\"", "\"nokeys\"", &["nokeys", "No such file"]);
    fails("\"state\"", "\"session.toml/state\"", &["session.toml/state"]);
    fs::write(trial.folder.join("garbage"), "garbage").unwrap();
    fails("model.public", "garbage", &["garbage"]);
    let keys = |name: &str| trial.folder.join("keys").join(name);
    let secret = fs::read(keys("party-0.secret")).unwrap();
    fs::write(keys("party-0.secret"), "0123").unwrap();
    fails("trace = true", "trace = false", &["party-0.secret"]);
    fs::write(keys("party-0.secret"), secret).unwrap();
    fs::write(keys("party-0.pem"), "none").unwrap();
    fails("trace = true", "trace = false", &["identity of party-0: the certificate: expected PEM"]);
    let nothing = trial.folder.join("nothing.toml");
    trial.party_with(&nothing, 0).ends(LONG).badly(5, &["nothing.toml", "No such file"]);
}

#[test]
fn command_lines_are_checked() {
    let trial = Trial::new(2, "");
    trial.party(2).ends(LONG).badly(2, &["--id 2: expected a party below 2"]);
    trial.call("dealer", &["dealer", "--ahead", "3"]).ends(LONG).badly(2, &["names no folder"]);
    let images = trial.folder.join("none.idx").to_string_lossy().into_owned();
    trial.call("client", &["client", "--id", "1", &images]).ends(LONG).badly(5, &["none.idx"]);
    let model = trial.folder.join("none.safetensors").to_string_lossy().into_owned();
    trial.call("owner", &["model-owner", "--model", &model]).ends(LONG).badly(5, &["none.safetensors"]);
    // Another model than the one whose public side all have.
    let other = trial.folder.join("other.safetensors");
    crate::model::write(&other, 1);
    let other = other.to_string_lossy();
    let words = ["expected the public side of", "other.safetensors"];
    trial.call("owner", &["model-owner", "--model", &other]).ends(LONG).badly(5, &words);
    let garbage = trial.folder.join("images.idx");
    fs::write(&garbage, [0, 0, 8, 3, 0, 0]).unwrap();
    let garbage = garbage.to_string_lossy();
    trial.call("client", &["client", "--id", "1", &garbage]).ends(LONG).badly(5, &["images.idx", "header"]);
    assert_eq!(trial.call("nothing", &["parties"]).ends(LONG).code, Some(2));
    // Keys are never overwritten.
    trial.call("keygen", &["keygen"]).ends(LONG).badly(5, &["ca.pem", "exists"]);
}
