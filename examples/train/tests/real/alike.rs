//! What parties train is what parties in memory do.

use std::fs;

use serde_json::Value;

use crate::process::all_well;
use crate::trial::Trial;

fn alike(parties: usize) {
    let trial = Trial::new(parties, 2);
    let all = (0..=parties).map(|id| trial.role_with(id, &[])).collect();
    let ended = all_well(all);
    assert!(trial.trained() == trial.expected(), "another network than in memory");
    let json = |id: usize| -> Value {
        serde_json::from_slice(&fs::read(trial.folder.join(format!("{id}.json"))).unwrap()).unwrap()
    };
    for (id, ended) in ended.iter().enumerate().take(parties) {
        let found = json(id);
        assert_eq!(found["party"], id);
        assert!(found["peak_rss_bytes"].as_u64().unwrap() > 1 << 20, "{found}");
        assert_eq!(found["peers"].as_array().unwrap().len(), parties + 1);
        assert_eq!(found["epoch_s"].as_array().unwrap().len(), 2);
        // Only who has the labels of the test images knows.
        assert_eq!(found["accuracy"].as_array().unwrap().len(), if id == 0 { 2 } else { 0 });
        assert!(ended.out.contains("epoch 2: "), "{}", ended.out);
    }
    let dealt = json(parties)["dealer_bytes"].as_u64().unwrap();
    assert!(dealt > 1 << 20, "{dealt}");
}

#[test]
fn two_parties_train_what_two_in_memory_do() {
    alike(2);
}

#[test]
fn three_parties_train_what_three_in_memory_do() {
    alike(3);
}

#[test]
fn all_draw_the_initial_weights_without_an_owner() {
    let trial = Trial::new(2, 1);
    let of_shipped = ["--rounding", "floor", "--model", "784-16-10", "--epochs", "1", "--batch", "80"];
    let role = |id: usize, role: &[&str]| {
        let config = trial.path("session.toml");
        let args = [&["--config", &config], role, &of_shipped].concat();
        crate::process::Process::start(&trial.folder, &format!("shipped-{id}"), &args)
    };
    let trained = trial.path("trained");
    let one = ["--id", "1", "--export", &trained, "--to", "1"];
    let all = vec![role(0, &["--id", "0", "--to", "1"]), role(1, &one), role(2, &["--dealer", "--to", "1"])];
    all_well(all);
    // It is a network, and goes on as one.
    let further = ["--model", &trained, "--epochs", "1", "--batch", "80", "--rate", "0.1"];
    crate::trial::train(&trial.folder, "further", &further).well();
}

/// Party 0 has the first half of the images, and a client the other.
#[test]
fn images_of_a_client_who_is_no_party() {
    let trial = Trial::new(2, 1);
    let [config, initial, outline] = ["session.toml", "initial", "outline"].map(|name| trial.path(name));
    let [own, clients, trained] = ["data-0", "data-1", "trained"].map(|name| trial.path(name));
    for name in ["client", "again"] {
        let args = ["--model", &outline, "--data", &clients, "--split", &trial.path(name)];
        crate::trial::train(&trial.folder, "split", &args).well();
    }
    #[cfg(unix)]
    for name in ["client.0", "client.1"] {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(trial.path(name)).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let role = |id: usize, file: &str| {
        let file = trial.path(file);
        let of_all =
            ["--config", &config, "--holds", "128,0,128", "--tests", "40", "--owner", "1", "--to", "0"];
        let zero =
            ["--id", "0", "--data", &own, "--shares", &file, "--export", &trained, "--model", &outline];
        let one = ["--id", "1", "--shares", &file, "--model", &initial];
        let dealer = ["--dealer", "--model", &outline];
        let role = [&zero[..], &one, &dealer][id];
        let setting: Vec<&str> = trial.setting.iter().map(String::as_str).collect();
        let args = [&of_all, role, &setting].concat();
        crate::process::Process::start(&trial.folder, &format!("client-{id}"), &args)
    };
    for (file, expected) in [
        ("client.1", "client.1: party: expected 0, found 1"),
        ("initial", "initial: expected shares of a client's images"),
    ] {
        let ended = role(0, file).ends(crate::process::LONG);
        assert!(ended.code != Some(0) && ended.log.contains(expected), "{}", ended.log);
    }
    let all = [role(0, "client.0"), role(1, "again.1"), role(2, "")];
    for ended in all.map(|role| role.ends(crate::process::LONG)) {
        let expected = "party 1: expected shares of the images of client 0 as party 0 has them, found others";
        assert!(ended.code != Some(0) && ended.log.contains(expected), "{}", ended.log);
    }
    all_well(vec![role(0, "client.0"), role(1, "client.1"), role(2, "")]);
    assert!(trial.trained() == trial.expected(), "another network than in memory");
}
