//! Answers are those of a run in memory.

use party::program::Answer;

use crate::process::{LONG, all_well};
use crate::trial::Trial;
use crate::used;

/// Three clients at once.
fn classes(parties: usize) {
    let trial = Trial::new(parties, "");
    let all = trial.set_up();
    let images = [13, 6, 21];
    all_well((1..).zip(images).map(|(id, images)| trial.client(id, images)).collect());
    trial.stop(all);
    for (id, images) in (1..).zip(images) {
        trial.check(id, images);
    }
    for party in 0..parties {
        assert_eq!(trial.stats(party)["images"], 40, "party {party}");
        assert_eq!(trial.stats(party)["used"], trial.stats(0)["used"], "party {party}");
    }
    // The setup, and at least as many batches as images of a batch.
    assert!(used::check(&trial) > 10);
}

#[test]
fn two_parties_answer_three_clients_as_in_memory() {
    classes(2);
}

#[test]
fn three_parties_answer_three_clients_as_in_memory() {
    classes(3);
}

#[test]
fn five_parties_answer_three_clients_as_in_memory() {
    classes(5);
}

#[test]
fn clients_learn_all_outputs_where_the_settings_say_so() {
    let trial = Trial::new(2, "output = \"logits\"");
    let all = trial.set_up();
    trial.classify(1, 9);
    // Again, to be printed.
    let images = trial.folder.join("images-1.idx");
    let printed =
        trial.call("printing", &["client", "--id", "1", &images.to_string_lossy()]).ends(LONG).well();
    trial.stop(all);
    let lines: Vec<&str> = printed.out.lines().collect();
    let expected = trial.expected(1, 9);
    assert_eq!(lines.len(), expected.len());
    for (number, (line, answer)) in lines.into_iter().zip(&expected).enumerate() {
        let Answer::Logits(logits) = answer else { panic!("{answer:?}") };
        let text = format!("{}:{number}\t{}\t{logits:?}", images.display(), answer.class());
        assert_eq!(line, text);
    }
}

#[test]
fn two_lives_in_order_use_other_batches() {
    let trial = Trial::new(2, "");
    let mut seen = Vec::new();
    for life in 0..3 {
        let mut all = if life == 0 { trial.set_up() } else { trial.session() };
        trial.serve(&mut all);
        trial.classify(1, 8);
        trial.stop(all);
        let used: Vec<[u64; 2]> = serde_json::from_value(trial.stats(1)["used"].take()).unwrap();
        assert!(!used.is_empty());
        for [first, end] in used {
            assert!(first < end && seen.iter().all(|&last| last <= first), "{first}..{end} after {seen:?}");
            seen.push(end);
        }
    }
    used::check(&trial);
}
