//! Rings that are chosen at run time.

/// Evaluates an expression with a name for the ring of the smallest word, of 8, 16, 32 or 64 bits, that holds so many
/// bits.
///
/// ```
/// use ringshare::ring::Ring;
/// use ringshare::with_ring;
/// assert_eq!(with_ring!(20, R => R::BITS), 32);
/// ```
#[macro_export]
macro_rules! with_ring {
    ($bits:expr, $R:ident => $body:expr) => {
        match $bits {
            ..=8 => {
                type $R = $crate::ring::Z2<8>;
                $body
            }
            9..=16 => {
                type $R = $crate::ring::Z2<16>;
                $body
            }
            17..=32 => {
                type $R = $crate::ring::Z2<32>;
                $body
            }
            _ => {
                type $R = $crate::ring::Z2<64>;
                $body
            }
        }
    };
}
