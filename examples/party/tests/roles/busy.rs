//! A queue that is too short for all clients.

use crate::process::all_well;
use crate::trial::{Trial, read};

#[test]
fn clients_of_a_busy_session_wait_and_finish() {
    // Room for one batch, of which every client has eight requests on their way.
    let trial = Trial::new(2, "queue = 4");
    let all = trial.set_up();
    all_well((1..=3).map(|id| trial.client(id, 40)).collect());
    trial.stop(all);
    (1..=3).for_each(|id| trial.check(id, 40));
    let busy = |id| read(&trial.answers(id))["stats"]["busy"].as_u64().unwrap();
    assert!((1..=3).map(busy).sum::<u64>() > 0, "the queue was never full");
    // None was answered twice.
    (0..2).for_each(|party| assert_eq!(trial.stats(party)["images"], 120));
}
