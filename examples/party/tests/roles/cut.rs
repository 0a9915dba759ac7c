//! A network that passes on nothing more, and closes nothing.

use std::time::Duration;

use crate::process::{LONG, all_end};
use crate::proxy::Proxy;
use crate::trial::Trial;
use crate::used;

/// Patience is 3 seconds, and the dealer waits for four times that.
const LIMITS: &str = "patience-s = 3\nstart-s = 8";
const LIMIT: Duration = Duration::from_secs(10 + 3);

#[test]
fn a_cut_between_parties_is_noticed_at_both() {
    let trial = Trial::new(2, LIMITS);
    let proxy = Proxy::to(&trial.addresses[0]);
    let config = trial.configure("through", &[(&trial.addresses[0], &proxy.address)]);
    let mut all = vec![trial.party(0), trial.party_with(&config, 1), trial.dealer()];
    trial.owner().ends(LONG).well();
    trial.serve(&mut all);
    trial.classify(1, 8);
    proxy.cut();
    let mut ended = all_end(all, LIMIT);
    ended.remove(2).badly(3, &["party "]);
    ended.remove(1).badly(3, &["party 0"]);
    ended.remove(0).badly(3, &["party 1"]);
    drop(proxy);
    let mut all = trial.session();
    trial.serve(&mut all);
    trial.classify(1, 8);
    trial.stop(all);
    used::check(&trial);
}

#[test]
fn a_cut_between_the_dealer_and_a_party_is_noticed_while_nobody_asks() {
    let trial = Trial::new(2, LIMITS);
    let proxy = Proxy::to(&trial.addresses[0]);
    let config = trial.configure("through", &[(&trial.addresses[0], &proxy.address)]);
    let mut all = vec![trial.party(0), trial.party(1), trial.dealer_with(&config)];
    trial.owner().ends(LONG).well();
    trial.serve(&mut all);
    proxy.cut();
    let mut ended = all_end(all, LIMIT);
    ended.remove(2).badly(3, &["party "]);
    for party in ended {
        party.badly(3, &["the dealer"]);
    }
}

#[test]
fn a_cut_between_a_client_and_a_party_ends_the_client_alone() {
    let trial = Trial::new(2, LIMITS);
    let proxy = Proxy::to(&trial.addresses[1]);
    let config = trial.configure("through", &[(&trial.addresses[1], &proxy.address)]);
    let all = trial.set_up();
    let mut client = trial.client_with(&config, 1, 20_000);
    // Its first answers have come by then, and its last ones have not.
    std::thread::sleep(Duration::from_millis(700));
    assert!(client.is_running());
    proxy.cut();
    let ended = client.ends(Duration::from_secs(8 + 3 + 5));
    assert!(ended.error().contains("party 1") || ended.error().contains("another party"), "{ended:?}");
    assert_eq!(ended.code, Some(3));
    assert!(!trial.answers(1).exists());
    trial.classify(2, 8);
    trial.stop(all);
}
