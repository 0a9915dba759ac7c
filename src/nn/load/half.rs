//! Numbers of 16 bits: F16, IEEE 754's binary16, and BF16, the upper half of an `f32`.
//!
//! An F16 is a sign, an exponent e of 5 bits and a fraction m of 10 bits: (1024 + m) · 2^(e − 25), or m · 2^−24 for e = 0;
//! e = 31 stands for an infinity or for no number.

/// The value of an F16.
pub(super) fn widen(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 31, f64::from(bits & 1023));
    let magnitude = match exponent {
        0 => fraction * power(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * power(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

/// The value of a BF16.
pub(super) fn widen_brain(bits: u16) -> f64 {
    f32::from_bits(u32::from(bits) << 16).into()
}

/// The F16 nearest to a value, of two the even one; none if its magnitude is too large or it is no number.
pub(super) fn narrow(value: f32) -> Option<u16> {
    let bits = value.to_bits();
    // Below 2^−14, the distance from one F16 to the next does not shrink any more.
    let exponent = ((bits >> 23 & 255) as i32 - 127).max(-14);
    if exponent > 15 {
        return None;
    }
    let units = (f64::from(value.abs()) * power(10 - exponent)).round_ties_even() as u16;
    // A number of units that reaches 2048 carries into the exponent.
    let magnitude = (((exponent + 14) as u16) << 10) + units;
    (magnitude < 31 << 10).then_some(((bits >> 31) as u16) << 15 | magnitude)
}

/// 2^exponent.
fn power(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// The value of a number of 16 bits by the definition of IEEE 754: a sign, an exponent, and a fraction of so many bits,
    /// (−1)^sign · (1 + fraction) · 2^(exponent − bias), or without the 1 and with an exponent of 1 where the exponent is 0.
    /// The greatest exponent stands for an infinity or no number.
    fn defined(bits: u16, fraction_bits: u32) -> f64 {
        let top = (1 << (15 - fraction_bits)) - 1;
        let exponent = i32::from(bits >> fraction_bits) & top;
        let fraction = f64::from(bits & ((1 << fraction_bits) - 1)) / f64::from(1u16 << fraction_bits);
        let magnitude = match exponent {
            0 => fraction * 2f64.powi(1 - top / 2),
            _ if exponent < top => (1.0 + fraction) * 2f64.powi(exponent - top / 2),
            _ if fraction == 0.0 => f64::INFINITY,
            _ => f64::NAN,
        };
        if bits < 1 << 15 { magnitude } else { -magnitude }
    }

    #[test]
    fn every_number_of_16_bits_has_its_value() {
        for (bits, value) in [(0x3555, 0.333_251_953_125), (0x0001, 2f64.powi(-24)), (0xfbff, -65504.0)] {
            assert_eq!(defined(bits, 10), value);
        }
        assert_eq!((defined(0x4049, 7), defined(0xff80, 7)), (3.140_625, f64::NEG_INFINITY));
        for bits in 0..=u16::MAX {
            for (ours, defined) in [(widen(bits), defined(bits, 10)), (widen_brain(bits), defined(bits, 7))] {
                assert!(
                    ours.to_bits() == defined.to_bits() || ours.is_nan() && defined.is_nan(),
                    "{bits:#x}"
                );
            }
        }
    }

    #[test]
    fn values_are_rounded_to_the_nearest_f16() {
        // The magnitudes from zero on, and where the next one would be: what is nearest to that is too large.
        let magnitudes: Vec<f64> = (0..31 << 10).map(|bits| defined(bits, 10)).chain([65536.0]).collect();
        let nearest = |value: f32| {
            let magnitude = f64::from(value.abs());
            let above = magnitudes.partition_point(|&m| m < magnitude);
            let near = |&index: &usize| {
                let distance = (magnitudes.get(index)? - magnitude).abs();
                (!distance.is_nan()).then_some((distance, index % 2, index))
            };
            let both = [above.saturating_sub(1), above];
            let least = both.iter().filter_map(near).min_by(|a, b| a.partial_cmp(b).unwrap());
            let index = least.filter(|_| magnitude <= 65536.0).map_or(31 << 10, |(.., index)| index as u16);
            (index < 31 << 10).then_some(u16::from(value.is_sign_negative()) << 15 | index)
        };
        // Every F16, what lies half way to the next one, and the neighbours of both; then a walk through all exponents.
        let around = magnitudes.windows(2).flat_map(|pair| {
            let near = |value: f64| {
                let bits = (value as f32).to_bits();
                [bits.saturating_sub(1), bits, bits + 1]
            };
            let magnitudes = [near(pair[0]), near((pair[0] + pair[1]) / 2.0)].concat();
            magnitudes.into_iter().flat_map(|bits| [bits, bits | 1 << 31])
        });
        for bits in around.chain((0..=u32::MAX).step_by(65_521)) {
            let value = f32::from_bits(bits);
            assert_eq!(narrow(value), nearest(value), "{value:e}");
        }
    }
}
