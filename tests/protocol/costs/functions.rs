//! Functions by tables and by lines.

use ringshare::function::{Piecewise, Table, TableFormat};
use ringshare::net::Topology;
use ringshare::offline::{Cost, Elements};
use ringshare::protocol::{self, Family};
use ringshare::ring::{Ring, Z2};
use ringshare::share::Share;

use super::{Program, R, holds, holds_among, holds_between_two};

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
            let hold = |cost: &dyn Fn(usize) -> Cost, program: Program<'_>| {
                let program: Program<'_> = &|party| {
                    party.set_comparison(family);
                    program(party)
                };
                holds_between_two(cost(2), 0, program);
                if family != Family::Dcf {
                    holds_among((3, Topology::Direct), cost(3), 0, program);
                }
            };
            hold(&|parties| protocol::cost::piecewise(family, [parties, 640], f, to), &|party| {
                party.piecewise::<_, Z2<64>>(&x, f).map(drop)
            });
            hold(&|_| protocol::cost::piecewise_floor(family, 640, f, to), &|party| {
                party.piecewise_floor::<_, Z2<64>>(&x, f).map(drop)
            });
        }
    }
}

/// Bytes from the dealer and rounds for a value.
fn of_a_value<R: Ring>(f: &Piecewise) -> [u64; 2] {
    let elements = Elements::of::<R>();
    let cost = protocol::cost::piecewise(Family::default(), [2, 1 << 13], f, elements);
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
    assert_eq!(of_a_value::<Z2<16>>(&Piecewise::tanh(input, output)), [148, 6]);
}
