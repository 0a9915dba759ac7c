//! Rings that are chosen at run time.

/// Evaluates an expression with a name for the ring of the smallest word that holds so many bits: of 8, 16, 32 or 64 bits,
/// or of a list in ascending order. The last serves whatever is longer: give a list only where no more bits can come. The expression
/// is compiled once for each.
///
/// ```
/// use ringshare::ring::Ring;
/// use ringshare::with_ring;
/// assert_eq!(with_ring!(20, R => R::BITS), 32);
/// assert_eq!(with_ring!(5, R in [16, 32, 64] => R::BITS), 16);
/// ```
///
/// A list in another order does not compile:
///
/// ```compile_fail,E0080
/// ringshare::with_ring!(5, R in [32, 16] => ());
/// ```
#[macro_export]
macro_rules! with_ring {
    ($bits:expr, $R:ident => $body:expr) => {
        $crate::with_ring!($bits, $R in [8, 16, 32, 64] => $body)
    };
    ($bits:expr, $R:ident in [$($width:literal),+] => $body:expr) => {{
        let bits: u32 = $bits;
        $crate::with_ring!(bits; $($width)+; $R => $body)
    }};
    ($bits:ident; $width:literal $next:literal $($wider:literal)*; $R:ident => $body:expr) => {{
        const { assert!($width < $next, "rings in ascending order") };
        if $bits <= $width {
            $crate::with_ring!($bits; $width; $R => $body)
        } else {
            $crate::with_ring!($bits; $next $($wider)*; $R => $body)
        }
    }};
    ($bits:ident; $width:literal; $R:ident => $body:expr) => {{
        type $R = $crate::ring::Z2<$width>;
        $body
    }};
}
