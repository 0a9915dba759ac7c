//! What is compared, and where its randomness lies.

use super::variant::Variant;
use crate::field::Field;

// Sections of the item.
pub(super) const R: u64 = 0;
pub(super) const T: u64 = 1;
pub(super) const PRODUCTS: u64 = 2;
pub(super) const ENTRIES: u64 = 3;
const _: () = assert!(crate::offline::apart(&[R, T, PRODUCTS, ENTRIES]));

/// Values that are handled at a time. A multiple of 64.
pub(super) const BLOCK: usize = 2048;

/// What is compared how.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) len: usize,
    /// The bits b of the values.
    pub(super) bits: u32,
    pub(super) variant: Variant,
}

impl Shape {
    pub(super) fn field(self) -> Field {
        self.variant.field()
    }

    /// ρ without a wrap is −2r, with one it is more by this: in Montgomery form.
    pub(super) fn wrap(self) -> u64 {
        self.field().to_montgomery(1 << (self.bits + 2))
    }

    /// Bytes of the corrections of all t_i·ρ.
    pub(super) fn products_bytes(self) -> usize {
        self.len.saturating_mul(16 * self.variant.symbols())
    }
}
