//! The laws of a ring, for every width from 1 to 128.

use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use proptest::prelude::*;
use ringshare::ring::{Ring, Word, Z2};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// The axioms of a commutative ring with one, and of the operators.
fn axioms<T>([zero, one]: [T; 2], [a, b, c]: [T; 3])
where
    T: Copy + Eq + core::fmt::Debug,
    T: Add<Output = T> + Sub<Output = T> + Mul<Output = T> + Neg<Output = T>,
    T: AddAssign + SubAssign + MulAssign,
{
    assert_eq!(a + b, b + a);
    assert_eq!((a + b) + c, a + (b + c));
    assert_eq!(a + zero, a);
    assert_eq!(a + -a, zero);
    assert_eq!(a - b, a + -b);
    assert_eq!(-(a - b), b - a);

    assert_eq!(a * b, b * a);
    assert_eq!((a * b) * c, a * (b * c));
    assert_eq!(a * one, a);
    assert_eq!(a * zero, zero);
    assert_eq!(a * -one, -a);

    assert_eq!(a * (b + c), a * b + a * c);
    assert_eq!((a - b) * c, a * c - b * c);

    let mut x = a;
    x += b;
    assert_eq!(x, a + b);
    x -= b;
    assert_eq!(x, a);
    x *= b;
    assert_eq!(x, a * b);
}

/// That arithmetic is that of the integers modulo 2^k: on the low bits of any words, whatever is above.
macro_rules! arithmetic {
    ($k:literal, $a:expr, $b:expr) => {{
        type W = <Z2<$k> as Ring>::Word;
        let mask = u128::MAX >> (128 - $k);
        let clean = |x: u128| Z2::<$k>::from(x & mask);
        let dirty = |x: u128| Z2::<$k>::from_word(W::truncate(x));
        let (a, b): (u128, u128) = ($a, $b);
        for (x, y) in [(clean(a), clean(b)), (dirty(a), dirty(b)), (dirty(a), clean(b))] {
            assert_eq!((x + y).unsigned(), a.wrapping_add(b) & mask);
            assert_eq!((x - y).unsigned(), a.wrapping_sub(b) & mask);
            assert_eq!((x * y).unsigned(), a.wrapping_mul(b) & mask);
            assert_eq!((-x).unsigned(), a.wrapping_neg() & mask);
            assert_eq!(x == y, a & mask == b & mask);
            assert_eq!(bool::from(x.ct_eq(&y)), a & mask == b & mask);
        }
        let x = dirty(a);
        assert_eq!(x, clean(a));
        assert_eq!(x.word().widen(), a & mask);
        assert_eq!(Z2::<$k>::from_word(x.word()), x);
        assert_eq!(Z2::<$k>::from_signed(a as i128), x);
    }};
}

/// That the two views stand for the same class and lie in their ranges.
macro_rules! views {
    ($k:literal, $a:expr) => {{
        let x = Z2::<$k>::from($a);
        let (unsigned, signed) = (x.unsigned(), x.signed());
        let half = 1u128 << ($k - 1);
        assert_eq!(Z2::<$k>::from(unsigned), x);
        assert_eq!(Z2::<$k>::from_signed(signed), x);
        assert!(unsigned <= u128::MAX >> (128 - $k));
        assert_eq!(signed < 0, unsigned >= half);
        assert!(signed.unsigned_abs() < half || (signed < 0 && signed.unsigned_abs() == half));
        assert_eq!((signed as u128).wrapping_sub(unsigned) & (u128::MAX >> (128 - $k)), 0);
    }};
}

/// That the word is the smallest that fits.
macro_rules! word {
    ($k:literal) => {{
        type W = <Z2<$k> as Ring>::Word;
        assert_eq!(<Z2<$k> as Ring>::BITS, $k);
        assert_eq!(W::BITS, u32::max(8, $k).next_power_of_two());
        assert_eq!(W::BYTES, size_of::<W>());
        assert_eq!(size_of::<Z2<$k>>(), size_of::<W>());
        assert_eq!(W::mask($k).widen(), u128::MAX >> (128 - $k));
    }};
}

macro_rules! every_width {
    ($run:ident!($($argument:tt)*)) => {
        every_width!(@ $run ($($argument)*)
            1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
            33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
            65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96
            97 98 99 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120
            121 122 123 124 125 126 127 128)
    };
    (@ $run:ident $arguments:tt $($k:literal)*) => { $( every_width!(@@ $run $k $arguments); )* };
    (@@ $run:ident $k:literal ($($argument:tt)*)) => { $run!($k $($argument)*) };
}

macro_rules! commutative_ring {
    ($k:literal, $($x:expr),*) => {
        axioms([Z2::<$k>::default(), Z2::from(1)], [$(Z2::<$k>::from($x)),*])
    };
}

/// Numbers of any size, and those around the powers of two, where a width could go wrong.
fn number() -> impl Strategy<Value = u128> {
    prop_oneof![
        any::<u128>(),
        (any::<u128>(), 0u32..128).prop_map(|(x, shift)| x >> shift),
        (0u32..128, 0u128..3).prop_map(|(shift, x)| (1u128 << shift).wrapping_add(x).wrapping_sub(1)),
        (0u128..4).prop_map(|x| x.wrapping_neg()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_width_is_a_commutative_ring(a in number(), b in number(), c in number()) {
        every_width!(commutative_ring!(, a, b, c));
    }

    #[test]
    fn arithmetic_is_modulo_two_to_the_width_and_dirty_bits_are_harmless(a in number(), b in number()) {
        every_width!(arithmetic!(, a, b));
    }

    #[test]
    fn signed_and_unsigned_views_agree(a in number()) {
        every_width!(views!(, a));
    }

    #[test]
    fn words_read_what_they_write(a in number()) {
        fn check<W: Word>(a: u128) {
            let word = W::truncate(a);
            let mut bytes = vec![0; W::BYTES + 1];
            word.write_le(&mut bytes);
            assert_eq!(bytes, [&a.to_le_bytes()[..W::BYTES], &[0]].concat());
            assert!(W::read_le(&bytes) == word);
            assert_eq!(word.widen(), a & W::mask(W::BITS).widen());
            assert_eq!(word.low64(), word.widen() as u64);
            assert!(W::truncate64(a as u64) == W::truncate(a as u64 as u128));
            assert!(W::from_signed(a as i128) == word);
        }
        check::<u8>(a);
        check::<u16>(a);
        check::<u32>(a);
        check::<u64>(a);
        check::<u128>(a);
    }
}

#[test]
fn every_width_has_the_smallest_word() {
    every_width!(word!());
}

#[test]
fn edges_of_the_views() {
    macro_rules! edges {
        ($k:literal) => {
            let half = Z2::<$k>::from(1u128 << ($k - 1));
            assert_eq!(half.signed(), i128::MIN >> (128 - $k));
            assert_eq!((half - Z2::from(1)).signed(), i128::MAX >> (128 - $k));
            assert_eq!(half + half, Z2::default());
            assert_eq!(Z2::<$k>::from_signed(-1).unsigned(), u128::MAX >> (128 - $k));
            assert_eq!(-half, half);
        };
    }
    every_width!(edges!());
}

#[test]
fn elements_print_their_ring_alone() {
    macro_rules! prints {
        ($k:literal) => {
            assert_eq!(format!("{:?}", Z2::<$k>::from(123)), concat!("Z2<", $k, ">(..)"));
        };
    }
    every_width!(prints!());
}

#[test]
fn elements_are_wiped_whole() {
    let mut x = Z2::<14>::from_word(0xffff);
    x.zeroize();
    assert_eq!(x.unsigned(), 0);
}
