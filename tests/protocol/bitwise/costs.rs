//! What bits cost, against what a counting transport and a dry run count.

use ringshare::correlation::bits::Circuit;
use ringshare::net::{Header, Topology};
use ringshare::offline::{Cost, Elements};
use ringshare::protocol::{self, Error, Family, Party};
use ringshare::ring::Z2;
use ringshare::share::{BitShare, Share};
use ringshare::sim::Simulation;

type Program<'a> = &'a (dyn Fn(&mut Party) -> Result<(), Error> + Sync);

/// A cost function against the transports. Openings of whole bytes: `rounded` of them may round up.
fn holds(cost: Cost, rounded: u64, program: Program<'_>) {
    for (parties, topology) in [(2, Topology::Auto), (3, Topology::Direct), (3, Topology::Scatter)] {
        let run = Simulation::new(parties).topology(topology).run(program).unwrap();
        let dealt: u64 = (0..parties).map(|party| run.dry.recipe.dealer_bytes(party)).sum();
        assert_eq!(dealt, cost.dealer_bytes, "from the dealer");
        let rounds = if topology == Topology::Scatter { 2 * cost.rounds } else { cost.rounds };
        assert_eq!(run.dry.rounds, rounds);
        assert_eq!(run.dry.sent_bytes, run.counts[0].sent_bytes);
        let mut all = 0;
        for counts in &run.counts {
            // The dealer's frames are the first round.
            assert_eq!(counts.rounds, rounds + 1, "{cost:?}");
            let sent = counts.sent_bytes - Header::LEN as u64 * counts.sent_frames;
            all += sent;
            if topology != Topology::Scatter {
                let (least, most) = (cost.opened_bits / 8, cost.opened_bits.div_ceil(8) + rounded);
                let others = parties as u64 - 1;
                assert!((least * others..=most * others).contains(&sent), "{cost:?}: {sent} bytes");
            }
        }
        if topology == Topology::Scatter {
            let others = parties as u64 - 1;
            let (least, slack) = (2 * others * cost.opened_bits / 8, 2 * others * rounded * parties as u64);
            assert!((least..=least + slack).contains(&all), "{cost:?}: {all} bytes");
        }
    }
}

#[test]
fn at_every_length_of_numbers() {
    // Whole words of bits: nothing is rounded, but for scattered slices.
    let len = 64 * 9;
    let x = Share::<Z2<64>>::zeros(len);
    for bits in 1..=64 {
        holds(protocol::cost::bits(len, bits), 9, &|party| party.bits(&x, bits).map(drop));
        if bits >= 2 {
            holds(protocol::cost::equal(Family::Bitwise, len, bits, None), 9, &|party| {
                party.set_comparison(Family::Bitwise);
                party.zero_bits(&x, bits).map(drop)
            });
            holds(Family::Bitwise.cost(len, bits, None), 9, &|party| {
                party.set_comparison(Family::Bitwise);
                party.negative_bits(&x, bits).map(drop)
            });
            for shift in [0, 1, bits - 1] {
                let cost =
                    protocol::cost::relu(Family::Bitwise, [2, len], bits, shift, Elements::of::<Z2<14>>());
                holds(cost, 90, &|party| {
                    party.set_comparison(Family::Bitwise);
                    party.relu_truncate::<_, Z2<14>>(&x, bits, shift).map(drop)
                });
            }
            let output = Some(Elements::of::<Z2<14>>());
            holds(protocol::cost::equal(Family::Bitwise, len, bits, output), 9, &|party| {
                party.set_comparison(Family::Bitwise);
                party.zero::<_, Z2<14>>(&x, bits).map(drop)
            });
            holds(Family::Bitwise.cost(len, bits, output), 9, &|party| {
                party.set_comparison(Family::Bitwise);
                party.sign::<_, Z2<14>>(&x, bits).map(drop)
            });
        }
    }
}

#[test]
fn at_lengths_that_are_rounded() {
    for len in [1, 7, 63, 65, 1000, 4097] {
        let (c, x) = (BitShare::zeros(len), Share::<Z2<14>>::zeros(len));
        holds(protocol::cost::and(len), 2, &|party| party.and(&c, &c).map(drop));
        holds(protocol::cost::compose(len, 1, 33), 1, &|party| party.arithmetic::<Z2<33>>(&c).map(drop));
        holds(protocol::cost::compose(len, 5, 14), 5, &|party| {
            party.compose::<Z2<14>>(&vec![c.clone(); 5]).map(drop)
        });
        holds(protocol::cost::select(len, 14), 2, &|party| party.select_bits(&c, &x).map(drop));
        holds(protocol::cost::select(len, 14), 2, &|party| party.select(&c, &x, &x).map(drop));
        for bits in [5, 14] {
            let opened = 200;
            holds(protocol::cost::bits(len, bits), opened, &|party| party.bits(&x, bits).map(drop));
        }
    }
}

#[test]
fn as_the_docs_say() {
    let log = |n: u64| n.next_power_of_two().trailing_zeros() as u64;
    for bits in 2..=64u64 {
        let cost = |circuit: Circuit| circuit.cost(64, bits as u32);
        let (n, m) = (bits - 1, bits / 2);
        let sign = cost(Circuit::Sign);
        assert_eq!(sign.rounds as u64, log(n).max(1), "{bits} bits");
        assert_eq!(sign.opened_bits, 64 * (bits + 3 * (m - 1) - log(m)), "{bits} bits");
        assert_eq!(sign.dealer_bytes, 8 * (bits + n / 2 + 2 * (m - 1) - log(m)), "{bits} bits");
        let m = bits.div_ceil(2);
        let zero = cost(Circuit::Zero);
        assert_eq!(zero.rounds as u64, log(bits));
        assert_eq!(zero.opened_bits, 64 * (bits + 2 * (m - 1)));
        assert_eq!(zero.dealer_bytes, 8 * (bits + bits / 2 + (m - 1)));
        let all = cost(Circuit::Bits);
        let m = bits / 2;
        assert_eq!(all.rounds, sign.rounds);
        assert!(all.opened_bits <= 64 * (bits + n * log(m) / 2 + n), "{bits} bits: {}", all.opened_bits / 64);
        assert!(all.dealer_bytes <= 8 * (bits + n / 2 + n * log(m)), "{bits} bits");
    }
}

#[test]
fn fewer_rounds_and_bytes_than_an_adder_of_64_bits() {
    let cost = Family::Bitwise.cost(1 << 10, 64, Some(Elements::of::<Z2<64>>()));
    assert_eq!(cost.rounds, 7);
    assert_eq!(cost.opened_bits, 153 << 10);
    assert_eq!(cost.dealer_bytes, 27 << 10);
    let cost = Family::Bitwise.cost(1 << 10, 64, None);
    assert_eq!((cost.rounds, cost.opened_bits, cost.dealer_bytes), (6, 152 << 10, 19 << 10));
}

#[test]
fn what_a_circuit_takes_is_what_a_party_asks_for() {
    type Program<'a> = &'a dyn Fn(&mut Party) -> Result<(), Error>;
    let dry = |program: Program<'_>| Simulation::new(3).dry_run(program).unwrap().recipe;
    for bits in [2, 3, 14, 33, 64] {
        let x = Share::<Z2<77>>::zeros(100);
        let by = |party: &mut Party| party.set_comparison(Family::Bitwise);
        let sign = dry(&|party| {
            by(party);
            party.negative_bits(&x, bits).map(drop)
        });
        let zero = dry(&|party| {
            by(party);
            party.zero_bits(&x, bits).map(drop)
        });
        let all = dry(&|party| party.bits(&x, bits).map(drop));
        for (circuit, asked) in [(Circuit::Sign, sign), (Circuit::Zero, zero), (Circuit::Bits, all)] {
            assert_eq!(circuit.recipe::<Z2<77>>(100, bits), asked, "{circuit:?} of {bits} bits");
        }
    }
}
