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
    use half::{bf16, f16};

    use super::*;

    #[test]
    fn every_number_of_16_bits_has_its_value() {
        for bits in 0..=u16::MAX {
            for (ours, theirs) in [
                (widen(bits), f16::from_bits(bits).to_f64()),
                (widen_brain(bits), bf16::from_bits(bits).to_f64()),
            ] {
                assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "{bits:#x}");
            }
        }
    }

    #[test]
    fn values_are_rounded_to_the_nearest_f16() {
        // Every F16, what lies half way to the next one, and the neighbours of both; then a walk through all exponents.
        let around = (0..=u16::MAX).flat_map(|half| {
            let at = f16::from_bits(half).to_f32().to_bits();
            [at, at + (1 << 12)].into_iter().flat_map(|bits| [bits.wrapping_sub(1), bits, bits + 1])
        });
        for bits in around.chain((0..=u32::MAX).step_by(65_521)) {
            let value = f32::from_bits(bits);
            let theirs = f16::from_f32(value);
            assert_eq!(narrow(value), theirs.is_finite().then(|| theirs.to_bits()), "{value:e}");
        }
    }
}
