//! Comparisons and what stands on them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ringshare::correlation::compare::Wish;
use ringshare::correlation::compare::legendre::Variant;
use ringshare::linalg::Window;
use ringshare::net::Topology;
use ringshare::offline::{Cost, Elements};
use ringshare::protocol::{self, Family, Party};
use ringshare::ring::Z2;
use ringshare::share::{BitShare, Share};
use ringshare::sim::Simulation;

use super::{LENS, Program, R, count, holds, holds_among, holds_between_two, holds_by_number};

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
            let cost = protocol::cost::relu(Family::Dcf, [2, len], bits, 1, Elements::of::<R>());
            holds_between_two(cost, 3, &|party| {
                by_dcf(party);
                party.relu_truncate::<Z2<64>, R>(&x, bits, 1).map(drop)
            });
            let cost = protocol::cost::relu(Family::Dcf, [2, len], bits, 0, Elements::of::<Z2<2>>());
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
        let cost = |parties| protocol::cost::relu(family, [parties, len], bits, 3, Elements::of::<Z2<33>>());
        holds_by_number(&cost, 0, &|party| {
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
    let three = protocol::cost::relu(family, [2, 4 * 16 * 16 * 3], 12, 0, elements);
    let cost = protocol::cost::max_pool(family, 4, &square, 12, elements);
    assert_eq!((cost.opened_bits, cost.dealer_bytes), (three.opened_bits, three.dealer_bytes));
}

#[test]
fn relus_maxima_truncations_and_equality() {
    let (output, family) = (Elements::of::<Z2<33>>(), Family::default());
    let x = Share::<Z2<64>>::zeros(4096);
    for bits in [2, 7, 14, 20, 32, 50, 63] {
        let shift = bits / 3;
        let cost = |parties| protocol::cost::relu(family, [parties, 4096], bits, shift, output);
        holds_by_number(&cost, 0, &|party| party.relu_truncate::<_, Z2<33>>(&x, bits, shift).map(drop));
        let cost = |parties| protocol::cost::truncate([parties, 4096], bits, shift, output);
        // Of two parties each drops the low bits by itself.
        assert_eq!(cost(2).opened_bits, 4096 * u64::from(bits + 1 - shift));
        assert_eq!((cost(3).rounds, cost(3).opened_bits), (1, 4096 * (bits as u64 + 1)));
        holds_by_number(&cost, 0, &|party| party.truncate::<_, Z2<33>>(&x, bits, shift).map(drop));
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
    let cost = protocol::cost::relu(Family::default(), [2, 1 << 14], 20, 8, Elements::of::<Z2<32>>());
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
            let hold = |cost: &dyn Fn(usize) -> Cost, program: Program<'_>| {
                let program: Program<'_> = &|party| {
                    party.set_comparison(family);
                    program(party)
                };
                // Whole bytes are opened: 64 values and more of them.
                holds_between_two(cost(2), 0, program);
                match (family, bits % 2) {
                    (Family::Dcf, _) => {}
                    (_, 0) => holds_among((3, Topology::Direct), cost(3), 0, program),
                    _ => holds_among((7, Topology::Scatter), cost(7), 30, program),
                }
            };
            let x = Share::<S>::zeros(640);
            let relu = |parties, len, shift, output| {
                protocol::cost::relu(family, [parties, len], bits, shift, output)
            };
            hold(&|_| family.cost(640, bits, Some(wide)), &|party| {
                party.sign::<_, Z2<77>>(&x, bits).map(drop)
            });
            hold(&|_| family.cost(640, bits, Some(small)), &|party| {
                party.greater::<_, Z2<3>>(&x, &x, bits).map(drop)
            });
            hold(&|_| family.cost(640, bits, None), &|party| party.negative_bits(&x, bits).map(drop));
            for shift in [0, 1, bits - 1] {
                hold(&|parties| relu(parties, 640, shift, small), &|party| {
                    party.relu_truncate::<_, Z2<3>>(&x, bits, shift).map(drop)
                });
                hold(&|parties| relu(parties, 640, shift, wide), &|party| {
                    party.relu_truncate::<_, Z2<77>>(&x, bits, shift).map(drop)
                });
            }
            hold(&|parties| relu(parties, 640, 0, ring), &|party| party.abs(&x, bits).map(drop));
            hold(&|parties| relu(parties, 640, 0, ring), &|party| party.maximum(&x, &x, bits).map(drop));
            hold(&|parties| relu(parties, 1280, 0, wide), &|party| {
                party.clipped_relu::<_, Z2<77>>(&x, bits, 1).map(drop)
            });
            hold(&|_| protocol::cost::equal(family, 640, bits, Some(wide)), &|party| {
                party.equal::<_, Z2<77>>(&x, &x, bits).map(drop)
            });
            hold(&|_| protocol::cost::equal(family, 640, bits, None), &|party| {
                party.zero_bits(&x, bits).map(drop)
            });
            hold(&|_| protocol::cost::maximum(family, [128, 5], bits, ring), &|party| {
                party.minimum_of(&x, 5, bits).map(drop)
            });
            hold(&|_| protocol::cost::argmax(family, [128, 5], bits, 77), &|party| {
                party.argmin::<_, Z2<77>>(&x, 5, bits).map(drop)
            });
            if bits < 64
                && let Family::Lookup(wish) = family
            {
                for shift in [0, 1, bits - 1] {
                    hold(&|_| protocol::cost::truncate_floor(wish, 640, bits, shift, wide), &|party| {
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
                refused(&|| protocol::cost::relu(family, [2, 1], bits, 0, elements)),
                "{bits} bits by {family:?}"
            );
            assert!(refused(&|| protocol::cost::equal(family, 1, bits, None)), "{bits} bits by {family:?}");
        }
        for shift in [8, 9, u32::MAX] {
            assert!(
                refused(&|| protocol::cost::relu(family, [2, 1], 8, shift, elements)),
                "{shift} by {family:?}"
            );
        }
    }
    for variant in Variant::ALL {
        let family = Family::Legendre(variant);
        assert!(refused(&|| family.cost(1, variant.bits() + 1, None)), "{variant:?}");
    }
    for (bits, shift) in [(0, 0), (64, 0), (8, 8), (8, u32::MAX)] {
        assert!(
            refused(&|| protocol::cost::truncate([2, 1], bits, shift, elements)),
            "{bits} bits by {shift}"
        );
        let floor = || protocol::cost::truncate_floor(Wish::default(), 1, bits, shift, elements);
        assert!(refused(&floor), "{bits} bits by {shift}");
    }
}
