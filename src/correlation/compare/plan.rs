//! How values of a given bit length are compared.

use alloc::vec;
use alloc::vec::Vec;

use crate::correlation::{Cost, Elements};
use crate::ring::packed_len;

/// The chunks of a comparison, how they are combined, and what comes out. All public.
///
/// The low k − 1 bits are cut into chunks, the most significant first. A chunk yields two shared
/// bits. Each level combines groups of neighbouring chunks into one, in a round; the last step
/// takes one more round if the result is to be arithmetic:
///
/// | k, arithmetic | chunks | rounds | opened bits |
/// | --- | --- | --- | --- |
/// | 2..=8 | 1 | 2 | k + 1 |
/// | 9..=14 | 2 | 2 | k + 3 |
/// | 15..=20 | 3 | 2 | k + 5 |
/// | 21..=33 | 5 to 8 of 4 bits, 2 groups | 3 | at most k + 16 |
/// | 34..=64 | 9 to 16 of 4 bits, 3 or 4 groups | 4 | at most k + 34 |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    bits: u32,
    chunks: Vec<u32>,
    levels: Vec<Vec<usize>>,
    output: Option<Elements>,
}

/// What a plan is to have least of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Rounds.
    #[default]
    Rounds,
    /// Bytes from the dealer.
    DealerBytes,
    /// CPU time of a party and the dealer together.
    Cpu,
}

/// The widest chunk but the last: its table and its equality bit fit a 64-bit word.
const WIDE: u32 = 6;
/// The widest last chunk, which needs no equality bit.
const WIDE_LAST: u32 = 7;
/// Chunks of longer values, where small tables and products cost the dealer least.
const SMALL: u32 = 4;
/// Chunks that one product combines.
const GROUP: usize = 4;
/// Chunks whose tables of 4^(chunks − 1) entries are still small.
const TABLE: usize = 3;

impl Plan {
    /// The plan for k-bit values; the result is bits if `output` is `None`, else arithmetic.
    ///
    /// # Panics
    /// If `bits` is not in 2..=64.
    pub fn new(bits: u32, output: Option<Elements>) -> Self {
        assert!((2..=64).contains(&bits), "comparisons take 2 to 64 bits, not {bits}");
        let low = bits - 1;
        let wide = (1..=TABLE as u32).find(|n| low <= WIDE * (n - 1) + WIDE_LAST);
        let chunks = match wide {
            // As even as possible, the remainder in the last chunks: 13 = 6 + 7.
            Some(n) => (0..n).map(|j| (low + j) / n).collect(),
            None => {
                let n = low.div_ceil(SMALL);
                let mut chunks = vec![SMALL; n as usize];
                chunks[0] = low - SMALL * (n - 1);
                chunks
            }
        };
        let mut levels = Vec::new();
        let mut left = chunks.len();
        // What the last step takes: a table of two chunks (three, if there are no levels), or one bit.
        let last = match (output, wide) {
            (Some(_), Some(_)) => TABLE,
            (Some(_), None) => 2,
            (None, _) => 1,
        };
        while left > last {
            let groups = left.div_ceil(GROUP);
            levels.push((0..groups).map(|g| (left + g) / groups).collect::<Vec<_>>());
            left = groups;
        }
        Self { bits, chunks, levels, output }
    }

    /// The plan for k-bit values that fits a wish best.
    ///
    /// # Panics
    /// If `bits` is not in 2..=64.
    pub fn choose(bits: u32, output: Option<Elements>, _wish: Wish) -> Self {
        Self::new(bits, output)
    }

    /// The bit length k.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Widths of the chunks in bits, the most significant first.
    pub fn chunks(&self) -> &[u32] {
        &self.chunks
    }

    /// For every level the sizes of its groups, 2 to 4 chunks, the most significant first.
    pub fn levels(&self) -> &[Vec<usize>] {
        &self.levels
    }

    /// The ring of an arithmetic result, `None` for a boolean one.
    pub fn output(&self) -> Option<Elements> {
        self.output
    }

    /// Chunks that the last step starts from.
    pub(super) fn last(&self) -> usize {
        self.levels.last().map_or(self.chunks.len(), Vec::len)
    }

    /// Entries of the last step's table, for an arithmetic result.
    pub(super) fn entries(&self) -> usize {
        1 << (2 * (self.last() - 1))
    }

    /// Bits that a level opens, a value.
    pub(super) fn level_bits(&self, level: usize) -> usize {
        let groups = &self.levels[level];
        let last = groups.len() - 1;
        groups.iter().enumerate().map(|(g, &size)| group_bits(size, g < last)).sum()
    }

    /// Bits that the last step opens, a value.
    pub(super) fn last_bits(&self) -> usize {
        if self.output.is_some() { 2 * self.last() - 1 } else { 0 }
    }

    /// Bits of mask products that a level takes, a value.
    pub(super) fn level_products(&self, level: usize) -> usize {
        let groups = &self.levels[level];
        let last = groups.len() - 1;
        groups.iter().enumerate().map(|(g, &size)| group_products(size, g < last)).sum()
    }

    /// Bytes of a chunk's table, a value.
    pub(super) fn table_bytes(width: u32) -> usize {
        match width {
            ..=4 => 2,
            5 => 4,
            6 => 8,
            _ => 16,
        }
    }

    /// Bytes of all chunk tables of `len` values.
    pub(super) fn tables_bytes(&self, len: usize) -> usize {
        let value: usize = self.chunks.iter().map(|&width| Self::table_bytes(width)).sum();
        len.saturating_mul(value)
    }

    /// Bytes that the dealer sends for `len` values. Bits come in words of 64. `usize::MAX` stands for
    /// more than can be addressed.
    pub fn dealer_bytes(&self, len: usize) -> usize {
        let words = len.div_ceil(64).saturating_mul(8);
        let products: usize = (0..self.levels.len()).map(|level| self.level_products(level)).sum();
        let last = match self.output {
            Some(elements) => self.entries().saturating_mul(packed_len(len, elements.bits)),
            None => words,
        };
        self.tables_bytes(len).saturating_add(products.saturating_mul(words)).saturating_add(last)
    }

    /// The cost of `len` comparisons among parties that open directly.
    pub fn cost(&self, len: usize) -> Cost {
        let opened: usize = (0..self.levels.len()).map(|level| self.level_bits(level)).sum();
        Cost {
            rounds: 1 + self.levels.len() as u32 + u32::from(self.output.is_some()),
            opened_bits: (self.bits as usize + opened + self.last_bits()) as u64 * len as u64,
            dealer_bytes: self.dealer_bytes(len) as u64,
        }
    }
}

/// Bits that a group opens: all but the first *greater*, and the last *equal* only if it is needed.
pub(super) fn group_bits(size: usize, equal: bool) -> usize {
    2 * size - 2 + usize::from(equal)
}

/// Products of masks that a group takes: of two or more *equal* masks, and of a *greater* mask with
/// one or more *equal* masks before it.
pub(super) fn group_products(size: usize, equal: bool) -> usize {
    let equals = size - 1 + usize::from(equal);
    let greater: usize = (1..size).map(|j| (1 << j) - 1).sum();
    (1 << equals) - 1 - equals + greater
}
