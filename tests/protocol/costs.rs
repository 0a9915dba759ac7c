//! What every protocol says it costs, against what a counting transport and a dry run count.
#![cfg(feature = "std")]

mod comparisons;
mod functions;
mod layers;

use std::ops::Range;

use crate::common::input;
use ringshare::linalg::Window;
use ringshare::net::{Counts, Header, Topology};
use ringshare::offline::Cost;
use ringshare::protocol::{self, Error, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;
use ringshare::sim::Simulation;

type R = Z2<14>;
type Program<'a> = &'a (dyn Fn(&mut Party) -> Result<(), Error> + Sync);

/// What one party's transport counted, without headers, and without what every session has: the
/// dealer's seeds and the empty openings at the end.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    rounds: u32,
    sent: u64,
    dealt: u64,
}

/// Runs a program at all parties; what each counted until its end, and what it holds to the dry run.
fn count(simulation: &Simulation, parties: usize, program: Program<'_>) -> Vec<Counted> {
    let run = simulation.run(program).unwrap();
    let header = Header::LEN as u64;
    let received: u64 = run.counts.iter().map(|counts| counts.received_bytes).sum();
    let sent: u64 = run.counts.iter().map(|counts| counts.sent_bytes).sum();
    let dealt: u64 = (0..parties).map(|party| run.dry.recipe.dealer_bytes(party)).sum();
    let frames: u64 = run.counts.iter().map(|counts| counts.received_frames - counts.sent_frames).sum();
    // All that was received was sent by a party or dealt: the session's tag and its seeds to every party, the digest
    // that all agree on and the window, and the corrections.
    let opened = (16 * (parties + 1) + 40) * parties;
    assert_eq!(received, sent + opened as u64 + dealt + header * frames);
    let dealt = |party: usize, counts: &Counts| {
        // What the party took from the dealer is what its recipe says.
        let own = run.dry.recipe.dealer_bytes(party);
        assert!(counts.received_bytes >= own + header + 16);
        own
    };
    let counted = run.counts.iter().enumerate().map(|(party, counts)| Counted {
        // The dealer's frames are the first round.
        rounds: counts.rounds - 1,
        sent: counts.sent_bytes - header * counts.sent_frames,
        dealt: dealt(party, counts),
    });
    let counted: Vec<Counted> = counted.collect();
    assert_eq!(run.dry.rounds, counted.iter().map(|counted| counted.rounds).max().unwrap());
    assert_eq!(run.dry.sent_bytes, run.counts[0].sent_bytes);
    counted
}

/// A cost function against the transports of two parties, of three that open directly, and of three
/// and seven that open by scatter. Whole bytes: `steps` openings may each round up.
fn holds(cost: Cost, steps: u64, program: Program<'_>) {
    holds_by_number(&|_| cost, steps, program);
}

/// As [`holds`], where the cost depends on the number of parties.
fn holds_by_number(cost: &dyn Fn(usize) -> Cost, steps: u64, program: Program<'_>) {
    let more = [(3, Topology::Direct), (3, Topology::Scatter), (7, Topology::Scatter)];
    holds_between_two(cost(2), steps, program);
    more.into_iter().for_each(|setting| holds_among(setting, cost(setting.0), steps, program));
}

/// As [`holds`], for protocols of two parties.
fn holds_between_two(cost: Cost, steps: u64, program: Program<'_>) {
    holds_among((2, Topology::Auto), cost, steps, program);
}

fn holds_among((parties, topology): (usize, Topology), cost: Cost, steps: u64, program: Program<'_>) {
    let counted = count(&Simulation::new(parties).topology(topology), parties, program);
    let dealt: u64 = counted.iter().map(|counted| counted.dealt).sum();
    assert_eq!(dealt, cost.dealer_bytes, "from the dealer, {parties} parties");
    let others = parties as u64 - 1;
    let direct = topology != Topology::Scatter;
    for counted in &counted {
        if direct {
            let (least, most) = (cost.opened_bits / 8, cost.opened_bits.div_ceil(8) + steps);
            assert!((least * others..=most * others).contains(&counted.sent), "{cost:?}, {counted:?}");
            assert_eq!(counted.rounds, cost.rounds, "{parties} parties");
        } else {
            assert_eq!(counted.rounds, 2 * cost.rounds, "{parties} parties by scatter");
        }
    }
    if !direct {
        // All parties together send 2(n − 1) shares of every opened element.
        let all: u64 = counted.iter().map(|counted| counted.sent).sum();
        let (least, rounding) = (2 * others * cost.opened_bits / 8, 2 * others * steps * parties as u64);
        assert!((least..=least + rounding).contains(&all), "{all} of {least}, {parties} parties");
    }
}

const LENS: [usize; 4] = [1, 63, 1000, 4097];

#[test]
fn inputs_and_openings() {
    for len in LENS {
        let values = vec![1; len];
        holds(protocol::cost::input(), 0, &|party| input::<R>(party, 1, &values).map(drop));
        holds(protocol::cost::open(len, 14), 1, &|party| party.open(&Share::<R>::zeros(len)).map(drop));
    }
}

#[test]
fn products() {
    for len in LENS {
        let x = vec![3; len];
        holds(protocol::cost::multiply(len, 14), 1, &|party| {
            let x = input::<R>(party, 0, &x)?;
            party.multiply(&x, &x).map(drop)
        });
    }
    for dims in [[1, 1, 1], [5, 6, 7], [3, 70, 2]] {
        let [rows, inner, columns] = dims;
        holds(protocol::cost::matmul(dims, 14), 1, &|party| {
            let (x, y) = (Share::<R>::zeros(rows * inner), Share::zeros(inner * columns));
            party.matmul(&x, &y, dims).map(drop)
        });
        holds(protocol::cost::matmuls(3, dims, 14), 1, &|party| {
            let (x, y) = (Share::<R>::zeros(3 * rows * inner), Share::zeros(3 * inner * columns));
            party.matmuls(&x, &y, 3, dims).map(drop)
        });
    }
}

#[test]
fn products_with_a_fixed_matrix() {
    for (dims, rows, bits) in [([1, 1], 1, 14), ([10, 70], 3, 13), ([33, 65], 128, 9)] {
        let mask = protocol::cost::mask_matrix(dims, bits);
        let product = protocol::cost::product(rows, dims, bits);
        let cost = Cost {
            rounds: mask.rounds + 2 * product.rounds,
            opened_bits: mask.opened_bits + 2 * product.opened_bits,
            dealer_bytes: mask.dealer_bytes + 2 * product.dealer_bytes,
        };
        holds(cost, 3, &|party| {
            let fixed =
                party.mask_matrix::<R>(dims, bits, |_, strip| Ok(Share::zeros(strip.len() * dims[1])))?;
            for _ in 0..2 {
                let prepared = party.prepare_product(&fixed, rows)?;
                party.product(&fixed, prepared, &Share::zeros(rows * dims[1]))?;
            }
            Ok(())
        });
    }
    // A round a strip.
    assert_eq!(protocol::cost::mask_matrix([1300, 1001], 14).rounds, 2);
}

#[test]
fn convolutions_open_every_value_of_an_image_once() {
    let plain = Window::new([8, 9, 4], [3, 3]);
    let padded = Window { stride: [2, 1], padding: [1, 1], ..plain };
    for (window, groups, images, bits) in [(plain, 1, 1, 14), (padded, 2, 5, 13), (padded, 4, 16, 9)] {
        let (outputs, inputs) = (8, 36 / groups);
        let mask = protocol::cost::mask_matrix([outputs, inputs], bits);
        let convolution = protocol::cost::convolution(images, &window, outputs, bits);
        assert_eq!((convolution.rounds, convolution.opened_bits), (1, (images * 288) as u64 * bits as u64));
        holds(mask.then(convolution), 2, &|party| {
            let zeros = |_: &mut _, strip: Range<usize>| Ok(Share::zeros(strip.len() * inputs));
            let fixed = party.mask_filters::<R>([outputs, inputs], groups, bits, zeros)?;
            let prepared = party.prepare_convolution(&fixed, &window, images)?;
            party.product(&fixed, prepared, &Share::zeros(images * 288)).map(drop)
        });
    }
}

#[test]
fn scatter_sends_two_shares_less_however_many_parties() {
    let len = 64 * 7 * 15 * 3;
    for parties in [2, 3, 7, 15] {
        let simulation = Simulation::new(parties).topology(Topology::Scatter);
        let counted = count(&simulation, parties, &|party| party.open(&Share::<R>::zeros(len)).map(drop));
        let share = 14 * len as u64 / 8;
        for counted in counted {
            let slack = 2 * 14 * 64 * parties as u64 / 8;
            let exact = 2 * (parties as u64 - 1) * share / parties as u64;
            assert!(counted.sent <= exact + slack, "{parties} parties: {} of {exact}", counted.sent);
            assert!(counted.sent < 2 * share + slack);
        }
    }
}

#[test]
fn long_vectors_go_by_scatter_unless_there_are_two_parties() {
    for (parties, len, rounds) in [(2, 100_000, 1), (3, 1000, 1), (3, 100_000, 2), (7, 9362, 1), (7, 9363, 2)]
    {
        let simulation = Simulation::new(parties);
        let counted = count(&simulation, parties, &|party| party.open(&Share::<R>::zeros(len)).map(drop));
        assert!(counted.iter().all(|counted| counted.rounds == rounds), "{parties} parties, {len} elements");
    }
}

#[test]
fn reveals() {
    for to in 0..3 {
        let counted = simulate_reveal(to);
        for (party, counted) in counted.iter().enumerate() {
            assert_eq!(counted.sent_bytes, if party == to { 0 } else { 32 + 14 * 8 / 8 });
            // The dealer's frames are the first round.
            assert_eq!(counted.rounds, 2);
        }
    }
}

fn simulate_reveal(to: usize) -> Vec<Counts> {
    Simulation::new(3).run(|party| party.reveal(&Share::<R>::zeros(8), to).map(drop)).unwrap().counts
}
