//! Factors as whole numbers of units.

/// A number as a whole one: below it or above, by the step, so that the sum over any steps is right to about 1.
///
/// What is added before rounding down goes through the multiples of the golden ratio modulo 1, beginning with one half.
pub(super) fn whole(x: f64, steps: u64) -> u64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let part = steps.wrapping_mul(GOLDEN).wrapping_add(1 << 63);
    libm::floor(x + (part >> 12) as f64 * libm::exp2(-52.)) as u64
}
