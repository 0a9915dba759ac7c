//! Roles that are set up otherwise, or are not who they say.

use std::fs;
use std::path::PathBuf;

use party::config::Config;
use party::keys::Keys;
use party::owner;

use crate::model;
use crate::process::LONG;
use crate::trial::Trial;
use crate::used;

/// A name, the settings, the exit code of the one that is refused, and what its line says.
type Wrong = (&'static str, PathBuf, i32, &'static str);

/// Settings that differ from the others', with what the line says.
fn wrong(trial: &Trial, role: &str) -> Vec<Wrong> {
    let other = trial.folder.join("other.safetensors");
    model::write(&other, 1);
    let of_model = trial.configure("of-model", &[("model.public", "other.public")]);
    owner::publish(&Config::load(&of_model).unwrap(), &other, ringshare::nn::Rounding::Stochastic).unwrap();
    let keys = |name: &str| trial.folder.join(name);
    // Another authority has signed what this one shows.
    if !keys("forged").exists() {
        Keys(keys("forged")).generate(trial.parties, 3).unwrap();
    }
    for end in ["secret"] {
        for party in 0..trial.parties {
            let name = format!("party-{party}.{end}");
            fs::copy(keys("keys").join(&name), keys("forged").join(&name)).unwrap();
        }
    }
    fs::copy(keys("keys/dealer.root"), keys("forged/dealer.root")).unwrap();
    // The right authority, for the owner.
    let folder = format!("stolen-{role}");
    fs::create_dir(keys(&folder)).unwrap();
    for entry in fs::read_dir(keys("keys")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), keys(&folder).join(entry.file_name())).unwrap();
    }
    for end in [".pem", "-key.pem"] {
        fs::copy(keys("keys").join(format!("owner{end}")), keys(&folder).join(format!("{role}{end}")))
            .unwrap();
    }
    let stolen = format!("\"{folder}\"");
    vec![
        ("session", trial.configure("of-session", &[("session = 1", "session = 2")]), 4, "session"),
        ("model", of_model, 4, "digest of model"),
        ("batch", trial.configure("of-batch", &[("batch = 4", "batch = 8")]), 4, "digest of"),
        // It looks at its own certificate before it dials anybody.
        (
            "certificate",
            trial.configure(&format!("of-{role}"), &[("\"keys\"", &stolen)]),
            5,
            "expected a certificate for",
        ),
        ("authority", trial.configure("of-authority", &[("\"keys\"", "\"forged\"")]), 4, "certificate"),
    ]
}

#[test]
fn whoever_differs_is_refused_and_the_others_go_on() {
    let trial = Trial::new(2, "start-s = 50");
    let mut zero = trial.party(0);
    for (name, config, code, word) in wrong(&trial, "party-1") {
        // They have a state of their own: what they did is not what is tested here.
        let text = fs::read_to_string(&config).unwrap().replace("\"state\"", "\"strange\"");
        fs::write(&config, text).unwrap();
        let ended = trial.party_with(&config, 1).ends(LONG);
        assert!(zero.is_running(), "{name}: {}", zero.log());
        ended.badly(code, &["party-", word]);
    }
    let mut one = trial.party(1);
    for (name, config, code, word) in wrong(&trial, "dealer") {
        let text = fs::read_to_string(&config).unwrap().replace("\"state\"", "\"strange-dealer\"");
        fs::write(&config, text).unwrap();
        let ended = trial.dealer_with(&config).ends(LONG);
        assert!(zero.is_running() && one.is_running(), "{name}: {} {}", zero.log(), one.log());
        ended.badly(code, &[word]);
        // Each is of another session, and would refuse the next one's.
        fs::remove_dir_all(trial.folder.join("strange-dealer")).unwrap();
    }
    let dealer = trial.dealer();
    trial.owner().ends(LONG).well();
    let mut all = vec![zero, one, dealer];
    trial.serve(&mut all);
    for (_, config, code, word) in wrong(&trial, "client-1") {
        trial.client_with(&config, 1, 4).ends(LONG).badly(code, &[word]);
        assert!(!trial.answers(1).exists());
    }
    trial.classify(1, 8);
    let ended = trial.stop(all);
    used::check(&trial);
    // The other side says so, too.
    let log = &ended[0].log;
    for who in ["party-1", "dealer", "client-1"] {
        for word in ["session", "digest of model", "digest of batch"] {
            let has = |line: &str| line.starts_with("refused: ") && line.contains(who) && line.contains(word);
            assert!(log.lines().any(has), "no line of {who} and {word} in {log}");
        }
    } // Who a stranger is, nobody knows.
    let strangers = log.lines().filter(|line| line.contains("the other end refused the certificate")).count();
    assert_eq!(strangers, 3, "{log}");
}
