//! Values of an owner that are split into shares.

use ringshare::prg::Seed;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;

fn seed(number: u8) -> Seed {
    Seed::from_bytes([number; 16])
}

fn numbers<R: Ring>(len: usize) -> Vec<R::Word> {
    let mixed = |i: u128| i.wrapping_mul(0xda94_2042_e4dd_58b5_9e37_79b9_7f4a_7c15) >> 3;
    (0..len as u128).map(|i| R::Word::truncate(mixed(i)) & R::Word::mask(R::BITS)).collect()
}

fn adds_up<R: Ring>() {
    for parties in [1, 2, 3, 7] {
        for len in [0, 1, 5, 2047, 2048, 5000] {
            let values = numbers::<R>(len);
            let shares = Share::<R>::split(values.clone(), parties, seed(1));
            assert_eq!(shares.len(), parties);
            let mut sum = Share::<R>::zeros(len);
            shares.iter().for_each(|share| sum.add_assign(share));
            assert_eq!(sum.expose(), values, "{len} numbers of {} bits, {parties} parties", R::BITS);
        }
    }
}

#[test]
fn shares_add_up_to_the_values() {
    adds_up::<Z2<1>>();
    adds_up::<Z2<7>>();
    adds_up::<Z2<8>>();
    adds_up::<Z2<13>>();
    adds_up::<Z2<16>>();
    adds_up::<Z2<31>>();
    adds_up::<Z2<32>>();
    adds_up::<Z2<33>>();
    adds_up::<Z2<64>>();
    adds_up::<Z2<101>>();
    adds_up::<Z2<128>>();
}

#[test]
fn all_shares_but_the_first_depend_on_the_seed_alone() {
    type R = Z2<33>;
    let split = |values: Vec<u64>, number| {
        let shares = Share::<R>::split(values, 3, seed(number));
        shares.iter().map(|share| share.expose().to_vec()).collect::<Vec<_>>()
    };
    let [some, others, fresh] =
        [split(numbers::<R>(5000), 1), split(vec![0; 5000], 1), split(numbers::<R>(5000), 2)];
    assert_eq!(some[1..], others[1..]);
    assert_ne!(some[0], others[0]);
    for (a, b) in [(&some[1], &some[2]), (&some[1], &fresh[1]), (&some[2], &fresh[2]), (&some[0], &fresh[0])]
    {
        assert!(a.iter().zip(b).all(|(a, b)| a != b));
    }
}

#[test]
#[should_panic(expected = "one party or more")]
fn nobody_has_no_shares() {
    Share::<Z2<8>>::split(vec![1], 0, seed(1));
}
