//! How values of a given bit length are compared.

mod choose;
mod task;

use alloc::vec::Vec;

pub use choose::{Estimate, Wish};
pub use task::Task;

use crate::offline::{Cost, DecodeError, Elements, Reader, Writer};
use crate::ring::packed_len;

/// The chunks of a comparison, how they are combined, and what comes out. All of it is public.
///
/// The bits that are compared are cut into chunks, the most significant first. A chunk yields two shared bits. Each
/// level combines groups of neighbouring chunks into one chunk each, in one round; the last step takes one more round if
/// the result is arithmetic. A bit length has many such plans: [`Plan::candidates`] lists those worth considering,
/// [`Plan::estimate`] says what each costs, and [`Plan::choose`] picks one. The balanced plans for an arithmetic result:
///
/// | k | chunks | rounds | opened bits |
/// | --- | --- | --- | --- |
/// | 2..=7 | 1 | 2 | k + 1 |
/// | 8..=14 | 2 | 2 | k + 3 |
/// | 15..=21 | 4 of 3 to 5 bits, one group | 3 | k + 7 |
/// | 22..=41 | 6 to 8 of 3 to 5 bits, 2 groups | 3 | at most k + 16 |
/// | 42..=64 | 11 to 16 of 3 or 4 bits, 3 or 4 groups, then one | 4 | at most k + 34 |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    bits: u32,
    task: Task,
    chunks: Vec<u32>,
    levels: Vec<Vec<usize>>,
}

impl Plan {
    /// The bit length k: bits of the masked values that are opened.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// What comes out.
    pub fn task(&self) -> Task {
        self.task
    }

    /// Widths of the chunks in bits, the most significant first.
    pub fn chunks(&self) -> &[u32] {
        &self.chunks
    }

    /// For every level the sizes of its groups, 1 to 4 chunks, the most significant first.
    pub fn levels(&self) -> &[Vec<usize>] {
        &self.levels
    }

    /// The ring of an arithmetic result, `None` for a boolean one.
    pub fn output(&self) -> Option<Elements> {
        self.task.output()
    }

    /// Chunks that the last step starts from.
    pub(super) fn last(&self) -> usize {
        self.levels.last().map_or(self.chunks.len(), Vec::len)
    }

    /// Entries of the last step's table of t, for an arithmetic result.
    pub(super) fn entries(&self) -> usize {
        match self.last() {
            0 => 0,
            last => 1 << (2 * (last - 1)),
        }
    }

    /// Whether x is lifted into the ring of the result.
    pub(super) fn has_lift(&self) -> bool {
        !matches!(self.task, Task::Negative(_) | Task::Zero(_))
    }

    /// The high bits of the result that the opened sum may wrap into, none if it may not.
    pub(super) fn wrap(&self) -> u32 {
        match self.task.output() {
            Some(output) if self.has_lift() => output.bits.saturating_sub(self.bits - self.task.shift()),
            _ => 0,
        }
    }

    /// Whether v = −r is made of the shares of the masks themselves, which takes from the dealer only how often their sum passes
    /// 2^bits. Then the result is shared anew by the tables of t·v. No part of r is dropped, since the parts' sum would not be the
    /// sum's part.
    pub(super) fn has_own_lift(&self) -> bool {
        matches!(self.task, Task::Relu { output: Elements { word: ..=64, .. }, shift: 0, .. })
    }

    /// Bits of the words that hold the masks of values in words of `word` bits: v has those of the result.
    pub(super) fn mask_word(&self, word: u32) -> u32 {
        match self.output() {
            Some(output) if self.has_own_lift() => word.max(output.word),
            _ => word,
        }
    }

    /// Tables of the last step: that of t, and for a ReLU that of t·v; those of t times the wrap are beside them.
    pub(super) fn last_tables(&self) -> usize {
        match self.task {
            Task::Relu { .. } => 2,
            Task::Truncate { .. } => 0,
            _ => 1,
        }
    }

    /// Bits that a level opens, a value.
    pub(super) fn level_bits(&self, level: usize) -> usize {
        self.groups(level).map(|group| group.bits()).sum()
    }

    /// Bits that the last step opens, a value.
    pub(super) fn last_bits(&self) -> usize {
        if self.output().is_some() { (2 * self.last()).saturating_sub(1) } else { 0 }
    }

    /// Bits of mask products that a level takes, a value.
    pub(super) fn level_products(&self, level: usize) -> usize {
        self.groups(level).map(|group| group.product_count()).sum()
    }

    /// The groups of a level.
    pub(super) fn groups(&self, level: usize) -> impl Iterator<Item = super::combine::Group> + '_ {
        super::combine::groups(&self.levels[level], self.task.orders())
    }

    /// Bytes of a chunk's table, a value.
    pub(super) fn table_bytes(width: u32) -> usize {
        match width {
            ..=3 => 1,
            4 => 2,
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

    pub(super) fn products(&self) -> usize {
        (0..self.levels.len()).map(|level| self.level_products(level)).sum()
    }

    /// Bits that all levels open, a value.
    pub(super) fn levels_bits(&self) -> usize {
        (0..self.levels.len()).map(|level| self.level_bits(level)).sum()
    }

    /// Vectors that the last step takes from the dealer: of elements, and of the bits of a wrap. The own lift's part is the
    /// last.
    pub(super) fn vectors(&self) -> [usize; 2] {
        let own = usize::from(self.has_own_lift());
        let wraps = if matches!(self.task, Task::Relu { .. }) { self.entries() + 1 + own } else { 1 };
        [
            self.last_tables() * self.entries() + usize::from(self.has_lift()) - own,
            if self.wrap() > 0 { wraps } else { 0 },
        ]
    }

    /// Bytes that the dealer sends for `len` values. Vectors of bits take whole words of 64. `usize::MAX` stands for more
    /// than can be addressed.
    pub fn dealer_bytes(&self, len: usize) -> usize {
        let words = len.div_ceil(64).saturating_mul(8);
        let last = match self.output() {
            Some(elements) => {
                let [vectors, wraps] = self.vectors();
                let elements = vectors.saturating_mul(packed_len(len, elements.bits));
                elements.saturating_add(wraps.saturating_mul(packed_len(len, self.wrap())))
            }
            // The top bits of the masks, where they count.
            None => words * usize::from(self.task.has_top()),
        };
        self.tables_bytes(len).saturating_add(self.products().saturating_mul(words)).saturating_add(last)
    }

    /// The cost of `len` comparisons among parties that open directly.
    pub fn cost(&self, len: usize) -> Cost {
        Cost {
            rounds: 1 + self.levels.len() as u32 + u32::from(self.last_bits() > 0),
            opened_bits: (self.bits as usize + self.levels_bits() + self.last_bits()) as u64 * len as u64,
            dealer_bytes: self.dealer_bytes(len) as u64,
        }
    }

    pub(super) fn encode(&self, out: &mut Writer) {
        out.number(self.bits.into());
        self.task.encode(out);
        out.number(self.chunks.len() as u64);
        self.chunks.iter().for_each(|&width| out.number(width.into()));
        out.number(self.levels.len() as u64);
        for groups in &self.levels {
            out.number(groups.len() as u64);
            groups.iter().for_each(|&size| out.number(size as u64));
        }
    }

    /// Reads a plan, which must be one of the [candidates](Self::candidates) for its task.
    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (bits, task) = (from.small()?, Task::decode(from)?);
        let chunks = (0..from.count(8)?).map(|_| from.small()).collect::<Result<_, _>>()?;
        let count = from.count(8)?;
        let mut groups = || (0..from.count(8)?).map(|_| from.size()).collect();
        let levels = (0..count).map(|_| groups()).collect::<Result<_, _>>()?;
        let plan = Self { bits, task, chunks, levels };
        task.check(bits).map_err(DecodeError::Request)?;
        let known = Self::candidates(bits, task).contains(&plan);
        if known { Ok(plan) } else { Err(DecodeError::Shape { what: "plan of a comparison" }) }
    }
}
