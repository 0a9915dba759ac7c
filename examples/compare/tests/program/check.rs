//! What the program holds against what should be: a wrong result and a wrong count are found.

use std::time::Duration;

use compare::args::Output;
use compare::check::{Shared, cost, results};
use compare::measure::Job;
use compare::session::{self, Dealt, Step};
use ringshare::net::Link;
use ringshare::protocol::Family;
use ringshare::ring::Z2;
use ringshare::share::{BitShare, Share};

#[test]
fn results_that_differ_are_found() {
    let mut session = session::open(2, Family::default(), Link::default()).unwrap();
    // 1, −1, 2 and 1.
    let signs = || [vec![1, 250, 2, 1], vec![0, 5, 0, 0]];
    let signs = || signs().map(|words| Shared::Signs(Share::<Z2<8>>::from_words(words)));
    let mut check =
        |negative: &[bool]| results(&mut session, &mut signs(), negative).map_err(|e| e.to_string());
    assert_eq!(check(&[false, true, true, false]), Err("party 0 finds 1 of 4 results wrong".into()));
    assert_eq!(check(&[true, false, false, true]), Err("party 0 finds 4 of 4 results wrong".into()));
    assert_eq!(check(&[false, true]), Err("party 0 finds 2 of 2 results wrong".into()));
    let bits = || [0b0110, 0b0101].map(|word| Shared::<Z2<8>>::Bits(BitShare::from_words(vec![word], 3)));
    let mut check =
        |negative: &[bool]| results(&mut session, &mut bits(), negative).map_err(|e| e.to_string());
    assert_eq!(check(&[true, true, false]), Ok(()));
    assert_eq!(check(&[true, true, true]), Err("party 0 finds 1 of 3 results wrong".into()));
}

#[test]
fn counts_that_are_not_the_cost_are_found() {
    let job = Job {
        family: Family::default(),
        bits: 14,
        parties: 3,
        count: 65,
        output: Output::Arithmetic,
        link: Link::default(),
        repeat: 1,
    };
    let right = job.family.cost(65, 14, job.elements::<Z2<16>>());
    let least = right.opened_bits.div_ceil(8);
    let most = job.family.cost(128, 14, job.elements::<Z2<16>>()).opened_bits / 8;
    let check = |rounds, sent: u64, bytes| {
        let step = |sent| Step { output: (), cpu: Duration::ZERO, rounds, sent };
        let dealt = Dealt { cpu: Duration::ZERO, bytes };
        // The one who sends most is held to the cost.
        cost::<Z2<16>, _>(&job, &dealt, &[step(0), step(2 * sent)]).map_err(|e| e.to_string())
    };
    for sent in [least, most] {
        assert_eq!(
            check(right.rounds, sent, right.dealer_bytes),
            Ok((right.rounds, sent, right.dealer_bytes))
        );
    }
    for (rounds, sent, dealt, what) in [
        (right.rounds + 1, least, right.dealer_bytes, "rounds"),
        (right.rounds, least - 1, right.dealer_bytes, "opened bits"),
        (right.rounds, most + 1, right.dealer_bytes, "opened bits"),
        (right.rounds, least, right.dealer_bytes - 1, "bytes from the dealer"),
    ] {
        let error = check(rounds, sent, dealt).unwrap_err();
        assert!(error.starts_with(what) && error.contains("cost function"), "{error}");
    }
}
