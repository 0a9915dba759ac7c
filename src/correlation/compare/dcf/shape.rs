//! The shape of keys: how deep the tree is, and what lies where.

use crate::offline::apart;
use crate::ring::packed_len;

// Sections of the item.
pub(super) const R: u64 = 0;
pub(super) const ROOTS: u64 = 1;
const _: () = assert!(apart(&[R, ROOTS]));

/// Values whose keys lie level by level, one such block behind the other.
pub(super) const BLOCK: usize = 256;

/// Bits of a leaf.
const LEAF: u32 = 128;

/// The keys of comparisons of one bit length and one output ring.
///
/// For every [`BLOCK`] values, the last block being shorter, the correction holds level by level the
/// corrections of the seeds (16 bytes each, with the left control bit's in bit 0), what the right
/// control bits' differ by (a bit each, in words of 64) and those of the values (packed ring elements);
/// then those of the leaves (16 bytes each).
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Bits of the thresholds.
    low: u32,
    /// Bits of an element of the output ring.
    element: u32,
}

impl Shape {
    /// For values of 2 to 64 bits and elements of 1 to 128. Other numbers, which a request from
    /// anywhere may have, give some shape.
    pub(super) fn new(bits: u32, element: u32) -> Self {
        Self { low: bits.clamp(2, 64) - 1, element: element.clamp(1, LEAF) }
    }

    /// Bits of the thresholds: one less than of the values.
    pub(super) fn low(self) -> u32 {
        self.low
    }

    /// Bits of an element of the output ring.
    pub(super) fn element(self) -> u32 {
        self.element
    }

    /// Bits of an element in a leaf.
    pub(super) fn lane(self) -> u32 {
        self.element.next_power_of_two()
    }

    /// Bits of a threshold that say which element of a leaf is meant.
    pub(super) fn leaf_bits(self) -> u32 {
        (LEAF / self.lane()).ilog2().min(self.low)
    }

    /// The bit of a leaf at which the element for y begins.
    #[inline(always)]
    pub(super) fn place(self, y: u64) -> u32 {
        self.lane() * (y as u32 & ((1 << self.leaf_bits()) - 1))
    }

    /// Levels of the tree above the leaves.
    pub(super) fn levels(self) -> u32 {
        self.low - self.leaf_bits()
    }

    /// Bytes of one level of `count` values: of the seeds, the control bits and the elements.
    pub(super) fn level_bytes(self, count: usize) -> [usize; 3] {
        [16 * count, 8 * count.div_ceil(64), packed_len(count, self.element)]
    }

    /// Bytes of a block of at most [`BLOCK`] values.
    pub(super) fn block_bytes(self, count: usize) -> usize {
        let level: usize = self.level_bytes(count).iter().sum();
        self.levels() as usize * level + 16 * count
    }

    /// Bytes of all keys; `usize::MAX` stands for more than can be addressed.
    pub(super) fn bytes(self, len: usize) -> usize {
        let whole = self.block_bytes(BLOCK).checked_mul(len / BLOCK);
        whole.and_then(|bytes| bytes.checked_add(self.block_bytes(len % BLOCK))).unwrap_or(usize::MAX)
    }

    /// Bit 0 of every element of a leaf.
    pub(super) fn ones(self) -> u128 {
        u128::MAX / (u128::MAX >> (LEAF - self.lane()))
    }
}
