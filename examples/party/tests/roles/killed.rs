//! Processes that are killed at any moment.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::Numbers;
use crate::process::{Ended, LONG, Process, all_end};
use crate::trial::{Session, Trial};
use crate::used;

/// Within which all others have ended.
const LIMIT: Duration = Duration::from_secs(10);
/// Images of a client that is not done when somebody dies.
const MANY: usize = 20_000;

/// When somebody is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    SettingUp,
    Idle,
    Serving,
}

const MOMENTS: [Moment; 3] = [Moment::SettingUp, Moment::Idle, Moment::Serving];

/// Other moments in every run.
fn random() -> Numbers {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    Numbers(now | 1)
}

/// The error names somebody; where nothing went wrong, there is none.
fn names_a_peer(ended: &Ended) -> bool {
    ["party ", "party-", "dealer", "owner"].iter().any(|name| ended.error().contains(name))
}

/// Kills that one of a session, at a moment; all others end.
fn life(trial: &Trial, victim: usize, moment: Moment, random: &mut Numbers) {
    let mut pause = |most: u64| sleep(Duration::from_millis(random.next() % most));
    let with_owner = !has_models(trial);
    let mut all = trial.session();
    let mut owner = with_owner.then(|| trial.owner());
    let mut client = None;
    match moment {
        Moment::SettingUp => pause(400),
        Moment::Idle | Moment::Serving => {
            trial.serve(&mut all);
            if let Moment::Serving = moment {
                client = Some(trial.client(1, MANY));
                sleep(Duration::from_millis(200));
            }
            pause(1200);
        }
    }
    all.remove(victim).kill();
    let name = if victim == trial.parties { "dealer".into() } else { format!("party {victim}") };
    let ended = all_end(all, LIMIT);
    let text = ended.iter().map(|ended| format!("{}: {}\n", ended.name, ended.error())).collect::<String>();
    for ended in &ended {
        assert_eq!(ended.code, Some(3), "{moment:?}, {name} killed, {}: {}", ended.name, ended.log);
        assert!(names_a_peer(ended), "{moment:?}, {name} killed\n{text}");
    }
    let names = [name.clone(), name.replace(' ', "-")];
    assert!(names.iter().any(|name| text.contains(name)), "{moment:?}: nobody names {name}\n{text}");
    if let Some(client) = client.take() {
        let ended = client.ends(LIMIT);
        assert!(ended.code == Some(3) && names_a_peer(&ended), "{ended:?}");
        assert!(ended.out.is_empty() && !trial.answers(1).exists(), "a part of the answers: {ended:?}");
    }
    if let Some(owner) = owner.take() {
        let ended = owner.ends(LIMIT);
        assert!(ended.code == Some(0) || names_a_peer(&ended), "{ended:?}");
    }
}

fn has_models(trial: &Trial) -> bool {
    let all = (0..trial.parties).filter(|&party| trial.state(party, "model").exists()).count();
    if all < trial.parties {
        // Killed between the files of two parties: what is said then is tested elsewhere.
        for party in 0..trial.parties {
            let _ = fs::remove_file(trial.state(party, "model"));
        }
    }
    all == trial.parties
}

/// One session, in which that one is killed so many times.
fn lives(victim: usize, times: usize) {
    let trial = Trial::new(2, "start-s = 6\npatience-s = 4");
    let mut random = random();
    for time in 0..times {
        life(&trial, victim, MOMENTS[time % 3], &mut random);
        used::check(&trial);
    }
    // After the last time it works, without the owner if all had their shares.
    let mut all = if has_models(&trial) { trial.session() } else { trial.set_up() };
    trial.serve(&mut all);
    trial.classify(1, 12);
    trial.stop(all);
    assert!(used::check(&trial) > times);
}

/// One session, in which a client is killed so many times. The others go on.
fn clients(times: usize) {
    let trial = Trial::new(2, "");
    let mut random = random();
    let mut all: Session = trial.set_up();
    for time in 0..times {
        let client = trial.client(1, MANY);
        // While it dials, while it sends.
        sleep(Duration::from_millis(random.next() % if time % 2 == 0 { 100 } else { 600 }));
        client.kill();
        assert!(!trial.answers(1).exists());
        trial.classify(2, 8);
        assert!(all.iter_mut().all(Process::is_running));
    }
    trial.classify(1, 8);
    trial.stop(all);
    used::check(&trial);
}

#[test]
fn a_party_that_can_take_nobody_in_ends_and_says_so() {
    let trial = Trial::new(2, "");
    let all = trial.set_up();
    if !all[1].limit_files() {
        eprintln!("skipped: expected prlimit on Linux, found none");
        return all.into_iter().for_each(Process::kill);
    }
    // Its listener tries for ten seconds.
    let mut ended = all_end(all, Duration::from_secs(10) + LIMIT);
    ended.remove(1).badly(1, &["listening at", "Too many open files"]);
    for other in ended {
        other.badly(3, &["party 1"]);
    }
}

#[test]
fn a_client_that_dies_ends_nobody() {
    clients(3);
}

#[test]
fn all_others_end_when_party_0_dies_and_go_on_after_it() {
    lives(0, 3);
}

#[test]
fn all_others_end_when_party_1_dies_and_go_on_after_it() {
    lives(1, 3);
}

#[test]
fn all_others_end_when_the_dealer_dies_and_go_on_after_it() {
    lives(2, 3);
}

#[test]
#[ignore = "takes minutes"]
fn each_role_dies_twenty_times() {
    // Between any two of its messages.
    clients(40);
    (0..3).for_each(|victim| lives(victim, 20));
}

#[test]
fn a_party_that_dies_before_the_owner_comes_is_missed() {
    let trial = Trial::new(3, "");
    let mut all = trial.session();
    all[..3].iter_mut().for_each(|party| party.says("waiting for the model's owner"));
    all.remove(2).kill();
    for ended in all_end(all, LIMIT) {
        ended.badly(3, &["party 2"]);
    }
    // And a stop is one.
    let mut all = trial.session();
    all[..3].iter_mut().for_each(|party| party.says("waiting for the model's owner"));
    all[1].terminate();
    for ended in all_end(all, LONG) {
        ended.well();
    }
}
