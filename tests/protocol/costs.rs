//! What every protocol says it costs, against what a counting transport and a dry run count.
#![cfg(feature = "std")]

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::input;
use ringshare::correlation::compare::Wish;
use ringshare::correlation::compare::legendre::Variant;
use ringshare::function::{Piecewise, Table, TableFormat};
use ringshare::linalg::Window;
use ringshare::net::{Counts, Header, Topology};
use ringshare::offline::{Cost, Elements};
use ringshare::protocol::{self, Error, Family, Party};
use ringshare::ring::{Ring, Z2};
use ringshare::share::{BitShare, Share};
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
    let more = [(3, Topology::Direct), (3, Topology::Scatter), (7, Topology::Scatter)];
    holds_between_two(cost, steps, program);
    more.into_iter().for_each(|setting| holds_among(setting, cost, steps, program));
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
fn lookups() {
    for (index_bits, len) in [(1, 1), (5, 100), (12, 3), (7, 4097)] {
        let table = Table::new(index_bits, |x| x);
        holds(protocol::cost::lookup(len, index_bits, 33), 1, &|party| {
            party.lookup::<R, Z2<33>>(&Share::zeros(len), &table).map(drop)
        });
    }
    for (bits, len) in [([1, 1], 1), ([3, 5], 100), ([11, 1], 3), ([4, 3], 4097)] {
        let table = Table::pairs(bits, |a, b| a + b);
        holds(protocol::cost::lookup(len, bits[0] + bits[1], 33), 1, &|party| {
            let (a, b) = (Share::<R>::zeros(len), Share::<Z2<64>>::zeros(len));
            party.lookup_pair::<_, _, Z2<33>>(&a, &b, &table).map(drop)
        });
    }
}

#[test]
fn comparisons_at_every_bit_length() {
    for bits in 2..=64 {
        // Bit vectors are sent in whole bytes each: at these lengths none is rounded.
        for len in [64, 4096] {
            let cost = Family::default().cost(len, bits, Some(Elements::of::<R>()));
            holds(cost, 0, &|party| party.sign::<Z2<64>, R>(&Share::zeros(len), bits).map(drop));
            let cost = Family::default().cost(len, bits, None);
            holds(cost, 0, &|party| party.negative_bits::<Z2<64>>(&Share::zeros(len), bits).map(drop));
        }
    }
}

#[test]
fn comparisons_by_dcf() {
    let by_dcf = |party: &mut Party| party.set_comparison(Family::Dcf);
    for bits in 2..=64 {
        for len in [1, 63, 257] {
            let x = Share::<Z2<64>>::zeros(len);
            let cost = Family::Dcf.cost(len, bits, Some(Elements::of::<R>()));
            assert_eq!((cost.rounds, cost.opened_bits), (1, bits as u64 * len as u64));
            holds_between_two(cost, 1, &|party| {
                by_dcf(party);
                party.sign::<Z2<64>, R>(&x, bits).map(drop)
            });
            let cost = protocol::cost::relu(Family::Dcf, len, bits, 1, Elements::of::<R>());
            holds_between_two(cost, 3, &|party| {
                by_dcf(party);
                party.relu_truncate::<Z2<64>, R>(&x, bits, 1).map(drop)
            });
            let cost = protocol::cost::relu(Family::Dcf, len, bits, 0, Elements::of::<Z2<2>>());
            assert_eq!(cost.rounds, 2);
            holds_between_two(cost, 2, &|party| {
                by_dcf(party);
                party.relu::<Z2<64>, Z2<2>>(&x, bits).map(drop)
            });
            holds_between_two(Family::Dcf.cost(len, bits, None), 1, &|party| {
                by_dcf(party);
                party.negative_bits(&x, bits).map(drop)
            });
        }
    }
}

#[test]
fn comparisons_by_legendre_symbols() {
    for variant in Variant::ALL {
        let family = Family::Legendre(variant);
        for bits in 2..=variant.bits() {
            for len in [64, 4096] {
                let x = Share::<R>::zeros(len);
                holds(family.cost(len, bits, Some(Elements::of::<Z2<33>>())), 0, &|party| {
                    party.set_comparison(family);
                    party.sign::<_, Z2<33>>(&x, bits).map(drop)
                });
                holds(family.cost(len, bits, None), 0, &|party| {
                    party.set_comparison(family);
                    party.negative_bits(&x, bits).map(drop)
                });
            }
        }
        let (len, bits) = (640, variant.bits());
        holds(protocol::cost::relu(family, len, bits, 3, Elements::of::<Z2<33>>()), 0, &|party| {
            party.set_comparison(family);
            party.relu_truncate::<R, Z2<33>>(&Share::zeros(len), bits, 3).map(drop)
        });
    }
    // bsgn_0 of 8 bits, result in 14 bits: 73 opened bits, 17.75 bytes from the dealer.
    let cost = Family::Legendre(Variant::Bsgn0).cost(64, 8, Some(Elements::of::<R>()));
    assert_eq!((cost.rounds, cost.opened_bits, cost.dealer_bytes), (2, 64 * 73, 64 * 71 / 4));
}

#[test]
fn a_sign_of_14_bits_opens_17_bits_in_2_rounds() {
    let len = 1 << 14;
    let counted =
        count(&Simulation::new(2), 2, &|party| party.sign::<R, R>(&Share::zeros(len), 14).map(drop));
    for counted in &counted {
        assert_eq!((counted.rounds, counted.sent), (2, 17 * len as u64 / 8));
    }
    assert!(counted[0].dealt <= 60 * len as u64 && counted[1].dealt == 0);
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
fn pooling_costs_its_maxima_and_sums_cost_nothing() {
    let (family, elements) = (Family::default(), Elements::of::<R>());
    let square = Window { stride: [2, 2], ..Window::new([8, 8, 16], [2, 2]) };
    let padded = Window { stride: [2, 2], padding: [1, 1], ..Window::new([7, 8, 16], [3, 3]) };
    for window in [square, padded, Window::new([4, 4, 64], [4, 4])] {
        let x = Share::<R>::zeros(4 * window.image.iter().product::<usize>());
        let cost = protocol::cost::max_pool(family, 4, &window, 12, elements);
        holds(cost, 0, &|party| party.max_pool(&x, &window, 12).map(drop));
        holds(Cost::default(), 0, &|_| {
            let _ = x.sum_pool(&window);
            Ok(())
        });
    }
    // A sign's comparison three times for four values.
    let three = protocol::cost::relu(family, 4 * 16 * 16 * 3, 12, 0, elements);
    let cost = protocol::cost::max_pool(family, 4, &square, 12, elements);
    assert_eq!((cost.opened_bits, cost.dealer_bytes), (three.opened_bits, three.dealer_bytes));
}

#[test]
fn relus_maxima_truncations_and_equality() {
    let (output, family) = (Elements::of::<Z2<33>>(), Family::default());
    let x = Share::<Z2<64>>::zeros(4096);
    for bits in [2, 7, 14, 20, 32, 50, 63] {
        let shift = bits / 3;
        let cost = protocol::cost::relu(family, 4096, bits, shift, output);
        holds(cost, 0, &|party| party.relu_truncate::<_, Z2<33>>(&x, bits, shift).map(drop));
        let cost = protocol::cost::truncate(4096, bits, shift, output);
        assert_eq!((cost.rounds, cost.opened_bits), (1, 4096 * (bits as u64 + 1)));
        holds(cost, 0, &|party| party.truncate::<_, Z2<33>>(&x, bits, shift).map(drop));
        let cost = protocol::cost::truncate_floor(Wish::default(), 4096, bits, shift, output);
        holds(cost, 0, &|party| party.truncate_floor::<_, Z2<33>>(&x, bits, shift).map(drop));
        let cost = protocol::cost::equal(family, 4096, bits, Some(output));
        holds(cost, 0, &|party| party.zero::<_, Z2<33>>(&x, bits).map(drop));
        let cost = protocol::cost::equal(family, 4096, bits, None);
        holds(cost, 0, &|party| party.zero_bits(&x, bits).map(drop));
    }
    for size in [1, 2, 5, 9] {
        let x = Share::<R>::zeros(64 * size);
        let cost = protocol::cost::maximum(family, [64, size], 12, Elements::of::<R>());
        holds(cost, 0, &|party| party.maximum_of(&x, size, 12).map(drop));
    }
}

#[test]
fn a_truncating_relu_of_20_bits_in_a_ring_of_32_takes_3_rounds_and_60_bytes() {
    let cost = protocol::cost::relu(Family::default(), 1 << 14, 20, 8, Elements::of::<Z2<32>>());
    assert!(cost.rounds <= 3 && cost.dealer_bytes <= 60 << 14, "{cost:?}");
}

#[test]
fn argmax_and_the_places_of_the_greatest() {
    for (rows, columns) in [(64, 2), (64, 10), (8, 100)] {
        holds(protocol::cost::argmax(Family::default(), [rows, columns], 14, 14), 0, &|party| {
            party.argmax::<R, R>(&Share::zeros(rows * columns), columns, 14).map(drop)
        });
    }
    for (columns, k) in [(10, 1), (10, 5), (10, 10), (17, 3)] {
        holds(protocol::cost::argmax(Family::default(), [64, columns], 14, 14), 0, &|party| {
            party.top_k::<R, R>(&Share::zeros(64 * columns), columns, k, 14).map(drop)
        });
    }
    holds(protocol::cost::argmax(Family::default(), [64, 1], 14, 14), 0, &|party| {
        party.argmax::<R, R>(&Share::zeros(64), 1, 14).map(drop)
    });
}

#[test]
fn piecewise_functions() {
    let wide = TableFormat { bits: 15, fraction: 8 };
    let output = TableFormat { bits: 14, fraction: 11 };
    let table = TableFormat { bits: 6, fraction: 4 };
    let all = [
        // With a clip, with one whose tails go on, without, and as a table of single values.
        Piecewise::tanh(wide, output),
        Piecewise::gelu(wide, output),
        Piecewise::sigmoid(TableFormat { bits: 12, fraction: 9 }, output),
        Piecewise::tanh(table, output),
    ];
    assert_eq!(all.each_ref().map(|f| f.is_clipped()), [true, true, false, false]);
    assert_eq!(all[3].low_bits(), 0);
    for family in [Family::default(), Family::Dcf, Family::Bitwise] {
        for f in &all {
            let x = Share::<Z2<20>>::zeros(640);
            let to = Elements::of::<Z2<64>>();
            let hold = |cost: Cost, program: Program<'_>| {
                let program: Program<'_> = &|party| {
                    party.set_comparison(family);
                    program(party)
                };
                holds_between_two(cost, 0, program);
                if family != Family::Dcf {
                    holds_among((3, Topology::Direct), cost, 0, program);
                }
            };
            hold(protocol::cost::piecewise(family, 640, f, to), &|party| {
                party.piecewise::<_, Z2<64>>(&x, f).map(drop)
            });
            hold(protocol::cost::piecewise_floor(family, 640, f, to), &|party| {
                party.piecewise_floor::<_, Z2<64>>(&x, f).map(drop)
            });
        }
    }
}

/// Bytes from the dealer and rounds for a value.
fn of_a_value<R: Ring>(f: &Piecewise) -> [u64; 2] {
    let elements = Elements::of::<R>();
    let cost = protocol::cost::piecewise(Family::default(), 1 << 13, f, elements);
    [cost.dealer_bytes.div_ceil(1 << 13), cost.rounds.into()]
}

#[test]
fn lines_take_a_tenth_of_the_bytes_of_a_table() {
    // Values of a LeNet-5 that pass tanh.
    let values = 6 * 28 * 28 + 16 * 10 * 10 + 120 + 84;
    for (bits, fraction) in
        [15, 16].into_iter().flat_map(|bits| (8..=11).map(move |fraction| (bits, fraction)))
    {
        let input = TableFormat { bits, fraction };
        let output = TableFormat { bits: 14, fraction: 11 };
        let all = [Piecewise::tanh, Piecewise::sigmoid, Piecewise::gelu].map(|make| make(input, output));
        for f in all {
            let [narrow, wide] = [of_a_value::<Z2<16>>(&f), of_a_value::<Z2<32>>(&f)];
            println!("{f:?}: {narrow:?} into 16 bits, {wide:?} into 32");
            // 2^12 elements.
            assert!(narrow[0] <= 8192 / 10 && wide[0] <= 16_384 / 10, "{f:?}: {narrow:?}, {wide:?}");
            assert!(wide[0] * values <= 2_000_000, "{f:?}: {wide:?}");
        }
    }
    // As the docs of the protocol say.
    let [input, output] = [(15, 8), (14, 11)].map(|(bits, fraction)| TableFormat { bits, fraction });
    assert_eq!(of_a_value::<Z2<16>>(&Piecewise::tanh(input, output)), [153, 6]);
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
fn greater_than_and_openings_of_bits() {
    for bits in [2, 14, 20, 40, 64] {
        let cost = Family::default().cost(4096, bits, Some(Elements::of::<Z2<77>>()));
        let x = Share::<Z2<64>>::zeros(4096);
        holds(cost, 0, &|party| party.greater::<_, Z2<77>>(&x, &x, bits).map(drop));
        holds(cost, 0, &|party| party.negative::<_, Z2<77>>(&x, bits).map(drop));
    }
    for len in LENS {
        holds(protocol::cost::open(len, 1), 1, &|party| party.open_bits(&BitShare::zeros(len)).map(drop));
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

#[test]
fn what_stands_on_comparisons_by_every_family() {
    type S = Z2<64>;
    let wishes = [Wish::Balanced, Wish::Rounds, Wish::DealerBytes, Wish::Cpu];
    let legendre = Variant::ALL.map(Family::Legendre);
    let families =
        wishes.map(Family::Lookup).into_iter().chain([Family::Dcf, Family::Bitwise]).chain(legendre);
    let [small, ring, wide] = [Elements::of::<Z2<3>>(), Elements::of::<S>(), Elements::of::<Z2<77>>()];
    for family in families {
        let lengths: &[u32] =
            if matches!(family, Family::Legendre(_)) { &[2, 3, 8] } else { &[2, 3, 8, 33, 63, 64] };
        for &bits in lengths {
            let hold = |cost: Cost, program: Program<'_>| {
                let program: Program<'_> = &|party| {
                    party.set_comparison(family);
                    program(party)
                };
                // Whole bytes are opened: 64 values and more of them.
                holds_between_two(cost, 0, program);
                match (family, bits % 2) {
                    (Family::Dcf, _) => {}
                    (_, 0) => holds_among((3, Topology::Direct), cost, 0, program),
                    _ => holds_among((7, Topology::Scatter), cost, 30, program),
                }
            };
            let x = Share::<S>::zeros(640);
            let relu = |len, shift, output| protocol::cost::relu(family, len, bits, shift, output);
            hold(family.cost(640, bits, Some(wide)), &|party| party.sign::<_, Z2<77>>(&x, bits).map(drop));
            hold(family.cost(640, bits, Some(small)), &|party| {
                party.greater::<_, Z2<3>>(&x, &x, bits).map(drop)
            });
            hold(family.cost(640, bits, None), &|party| party.negative_bits(&x, bits).map(drop));
            for shift in [0, 1, bits - 1] {
                hold(relu(640, shift, small), &|party| {
                    party.relu_truncate::<_, Z2<3>>(&x, bits, shift).map(drop)
                });
                hold(relu(640, shift, wide), &|party| {
                    party.relu_truncate::<_, Z2<77>>(&x, bits, shift).map(drop)
                });
            }
            hold(relu(640, 0, ring), &|party| party.abs(&x, bits).map(drop));
            hold(relu(640, 0, ring), &|party| party.maximum(&x, &x, bits).map(drop));
            hold(relu(1280, 0, wide), &|party| party.clipped_relu::<_, Z2<77>>(&x, bits, 1).map(drop));
            hold(protocol::cost::equal(family, 640, bits, Some(wide)), &|party| {
                party.equal::<_, Z2<77>>(&x, &x, bits).map(drop)
            });
            hold(protocol::cost::equal(family, 640, bits, None), &|party| {
                party.zero_bits(&x, bits).map(drop)
            });
            hold(protocol::cost::maximum(family, [128, 5], bits, ring), &|party| {
                party.minimum_of(&x, 5, bits).map(drop)
            });
            hold(protocol::cost::argmax(family, [128, 5], bits, 77), &|party| {
                party.argmin::<_, Z2<77>>(&x, 5, bits).map(drop)
            });
            if bits < 64
                && let Family::Lookup(wish) = family
            {
                for shift in [0, 1, bits - 1] {
                    hold(protocol::cost::truncate_floor(wish, 640, bits, shift, wide), &|party| {
                        party.truncate_floor::<_, Z2<77>>(&x, bits, shift).map(drop)
                    });
                }
            }
        }
    }
}

#[test]
fn what_no_family_takes_has_no_cost() {
    let elements = Elements::of::<R>();
    let refused = |cost: &dyn Fn() -> Cost| catch_unwind(AssertUnwindSafe(cost)).is_err();
    for family in [Family::default(), Family::Dcf, Family::Bitwise, Family::Legendre(Variant::Bsgn2)] {
        for bits in [0, 1, 65, u32::MAX] {
            assert!(refused(&|| family.cost(1, bits, None)), "{bits} bits by {family:?}");
            assert!(
                refused(&|| protocol::cost::relu(family, 1, bits, 0, elements)),
                "{bits} bits by {family:?}"
            );
            assert!(refused(&|| protocol::cost::equal(family, 1, bits, None)), "{bits} bits by {family:?}");
        }
        for shift in [8, 9, u32::MAX] {
            assert!(
                refused(&|| protocol::cost::relu(family, 1, 8, shift, elements)),
                "{shift} by {family:?}"
            );
        }
    }
    for variant in Variant::ALL {
        let family = Family::Legendre(variant);
        assert!(refused(&|| family.cost(1, variant.bits() + 1, None)), "{variant:?}");
    }
    for (bits, shift) in [(0, 0), (64, 0), (8, 8), (8, u32::MAX)] {
        assert!(refused(&|| protocol::cost::truncate(1, bits, shift, elements)), "{bits} bits by {shift}");
        let floor = || protocol::cost::truncate_floor(Wish::default(), 1, bits, shift, elements);
        assert!(refused(&floor), "{bits} bits by {shift}");
    }
}
