//! Fixed-point numbers: rounding, range and saturation, at any width.

use proptest::prelude::*;
use ringshare::ring::{FixedPoint, FixedPointError, Ring, Word, Z2};

fn fixed<R: Ring>(fraction: u32) -> FixedPoint<R> {
    FixedPoint::new(fraction).unwrap()
}

/// The integer that stands for `x`, as long as an `f64` holds it, and whether `x` is in range.
fn by_floats(x: f64, fraction: u32, bits: u32) -> (i128, bool) {
    let scaled = (x * 2f64.powi(fraction as i32)).round_ties_even();
    let half = 2f64.powi(bits as i32 - 1);
    let limit = if x > 0.0 { half - 1.0 } else { half };
    (scaled.clamp(-limit.abs(), limit.abs()) as i128, scaled.abs() <= limit)
}

fn agrees<R: Ring>(x: f64, fraction: u32) {
    let (value, fits) = by_floats(x, fraction, R::BITS);
    let fixed = fixed::<R>(fraction);
    let encoded = fixed.encode(&[x]);
    assert_eq!(encoded.words[0].signed(R::BITS), value, "{x} with {fraction} of {} bits", R::BITS);
    assert_eq!(encoded.saturated, usize::from(!fits), "{x} with {fraction} of {} bits", R::BITS);
    assert!(encoded.words[0] == encoded.words[0] & R::Word::mask(R::BITS));
    assert_eq!(fixed.encode_one(x), fits.then_some(encoded.words[0]));
    assert_eq!(fixed.decode(&encoded.words), [value as f64 / 2f64.powi(fraction as i32)]);
}

fn together<R: Ring>(reals: &[f64], fraction: u32) {
    let fixed = fixed::<R>(fraction % R::BITS);
    let encoded = fixed.encode(reals);
    assert_eq!(encoded.saturated, reals.iter().filter(|&&x| fixed.encode_one(x).is_none()).count());
    for (&x, &word) in reals.iter().zip(&encoded.words) {
        assert_eq!(fixed.encode_one(x).unwrap_or(word), word, "{x} with {fixed:?} of {} bits", R::BITS);
    }
    // As numbers of single precision, of which each is one of double precision too.
    let single: Vec<f32> = reals.iter().map(|&x| x as f32).collect();
    let double: Vec<f64> = single.iter().map(|&x| x.into()).collect();
    assert_eq!(fixed.encode(&single).words, fixed.encode(&double).words);
}

fn reals() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("a number", |x| !x.is_nan()),
        -1e6..1e6,
        -2.0..2.0,
        (-(1i64 << 20)..1 << 20, 0i32..20).prop_map(|(x, down)| x as f64 / 2f64.powi(down)),
    ]
}

proptest! {
    #[test]
    fn encoding_is_scaling_and_rounding_halves_to_even(x in reals(), fraction in 0u32..53) {
        agrees::<Z2<1>>(x, 0);
        agrees::<Z2<2>>(x, fraction % 2);
        agrees::<Z2<8>>(x, fraction % 8);
        agrees::<Z2<14>>(x, fraction % 14);
        agrees::<Z2<32>>(x, fraction % 32);
        agrees::<Z2<33>>(x, fraction % 33);
        agrees::<Z2<53>>(x, fraction);
    }

    #[test]
    fn many_at_once_are_as_one_by_one(
        mut reals in prop::collection::vec(-1.0..1.0, 0..600),
        odd in prop::collection::vec((any::<prop::sample::Index>(), reals()), 0..4),
        fraction in 0u32..128,
    ) {
        for (at, x) in odd {
            if !reals.is_empty() {
                let at = at.index(reals.len());
                reals[at] = x;
            }
        }
        together::<Z2<1>>(&reals, fraction);
        together::<Z2<9>>(&reals, fraction);
        together::<Z2<20>>(&reals, fraction);
        together::<Z2<50>>(&reals, fraction);
        together::<Z2<51>>(&reals, fraction);
        together::<Z2<52>>(&reals, fraction);
        together::<Z2<64>>(&reals, fraction);
        together::<Z2<127>>(&reals, fraction);
    }

    #[test]
    fn elements_of_53_bits_survive_decoding(value: i128, fraction in 0u32..128, dirt: u128) {
        let value = value >> 75;
        let word = value as u128;
        let x = fixed::<Z2<128>>(fraction).decode_one(word);
        prop_assert_eq!(fixed::<Z2<128>>(fraction).encode_one(x), Some(word));
        let fraction = fraction % 53;
        let dirty = (word as u64 & ((1 << 53) - 1)) | (dirt as u64) << 53;
        prop_assert_eq!(fixed::<Z2<53>>(fraction).decode_one(dirty), value as f64 / 2f64.powi(fraction as i32));
    }

    #[test]
    fn integers_of_any_size_are_exact(x in reals()) {
        // A float of 2^75 and more has nothing behind the point; casts of floats saturate.
        let whole = x.trunc();
        let word = fixed::<Z2<128>>(0).encode(&[whole]);
        prop_assert_eq!(word.words[0] as i128, whole as i128);
        prop_assert_eq!(word.saturated == 0, (-2f64.powi(127)..2f64.powi(127)).contains(&whole));
    }
}

#[test]
fn halves_go_to_even() {
    let fixed = fixed::<Z2<14>>(1);
    let halves = [0.25, 0.75, 1.25, 1.75, -0.25, -0.75, -1.25];
    let expected: [i128; 7] = [0, 2, 2, 4, 0, -2, -2];
    let words = fixed.encode(&halves).words;
    assert!(words.iter().zip(expected).all(|(word, value)| word.signed(14) == value));
    // Next to a half on either side.
    assert_eq!(fixed.encode_one(0.25f64.next_up()), Some(1));
    assert_eq!(fixed.encode_one(0.75f64.next_down()), Some(1));
}

#[test]
fn the_ends_of_the_range() {
    let fixed = fixed::<Z2<14>>(4);
    assert_eq!(fixed.encode_one(511.9375), Some(0x1fff));
    assert_eq!(fixed.encode_one(511.96875f64.next_down()), Some(0x1fff));
    assert_eq!(fixed.encode_one(511.96875), None);
    assert_eq!(fixed.encode_one(-512.0), Some(0x2000));
    assert_eq!(fixed.encode_one(-512.03125), Some(0x2000));
    assert_eq!(fixed.encode_one((-512.03125f64).next_down()), None);
}

#[test]
fn integers_are_numbers_too() {
    assert_eq!(fixed::<Z2<20>>(4).encode(&[0u8, 1, 255]).words, [0, 16, 4080]);
    assert_eq!(fixed::<Z2<20>>(0).encode(&[-1i32, 7]).words, [0xf_ffff, 7]);
}

#[test]
fn saturation_is_counted() {
    let encoded = fixed::<Z2<14>>(4).encode(&[
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        -f64::NAN,
        f64::MAX,
        f64::MIN,
        -0.0,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        1.0,
    ]);
    assert_eq!(encoded.words, [0x1fff, 0x2000, 0, 0, 0x1fff, 0x2000, 0, 0, 0, 16]);
    assert_eq!(encoded.saturated, 6);
    assert_eq!(fixed::<Z2<14>>(0).encode_one(f64::NAN), None);
}

#[test]
fn widest_numbers() {
    let fixed = fixed::<Z2<128>>(127);
    assert_eq!(fixed.encode_one(-1.0), Some(1 << 127));
    assert_eq!(fixed.encode_one(1.0), None);
    assert_eq!(fixed.encode(&[1.0]).words, [u128::MAX >> 1]);
    assert_eq!(fixed.encode_one(2f64.powi(-127)), Some(1));
    assert_eq!(fixed.encode_one(2f64.powi(-128)), Some(0));
    assert_eq!(fixed.encode_one(2f64.powi(-128).next_up()), Some(1));
    assert_eq!(fixed.decode(&[1, 1 << 127, u128::MAX]), [2f64.powi(-127), -1.0, -2f64.powi(-127)]);
    // Decoding rounds to 53 bits: up to the next power of two.
    assert_eq!(fixed.decode_one(u128::MAX >> 1), 1.0);
}

#[test]
fn a_single_bit_holds_zero_and_minus_one() {
    let fixed = fixed::<Z2<1>>(0);
    assert_eq!(fixed.encode(&[-1.0, 0.0, 0.5, 1.0]).words, [1, 0, 0, 0]);
    assert_eq!(fixed.decode(&[0, 1]), [0.0, -1.0]);
}

#[test]
fn fractions_are_shorter_than_the_width() {
    assert_eq!(fixed::<Z2<14>>(13).fraction(), 13);
    for fraction in [14, 15, u32::MAX] {
        let error = FixedPoint::<Z2<14>>::new(fraction).unwrap_err();
        assert_eq!(error, FixedPointError::Fraction { fraction, bits: 14 });
        assert_eq!(error.to_string(), format!("expected fewer than 14 fractional bits, found {fraction}"));
    }
}

#[test]
fn numbers_do_not_print() {
    let encoded = fixed::<Z2<14>>(4).encode(&[1.5, 1e9]);
    assert_eq!(format!("{encoded:?}"), "Encoded(2 numbers, 1 saturated)");
}
