//! The tree of a subtraction, level by level.
//!
//! At level l, positions are cut into ranges of 2^l. Position i holds g and p of the bits from the start of its range up to
//! i. Ranges are joined in pairs: each position i of an upper range is combined with the top of the lower one, which is
//! ⌊i / 2^l⌋·2^l − 1, by g ⊕= p·g_low and p = p·p_low. If only the last position counts, only the tops of ranges are kept.
//! Ranges that begin at bit 0 need no p, because no borrow enters there; for *zero*, no range needs a g.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use crate::offline::Cost;
use crate::offline::planes::bytes;
use crate::ring::packed_len;
use crate::share::BitShare;

/// What is wanted of the difference of k bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circuit {
    /// Its bit k − 1: whether it is negative.
    Sign,
    /// Whether it is zero.
    Zero,
    /// All its bits.
    Bits,
}

/// A position that takes in a lower one.
struct Node {
    high: usize,
    low: usize,
    /// Whether the bits from 0 to `high` are all taken in then.
    complete: bool,
}

/// The products of one level: which bits are opened, and which of them are multiplied.
pub struct Level {
    /// Positions whose p (true) or g (false) is opened.
    operands: Vec<(usize, bool)>,
    pairs: Arc<[[u16; 2]]>,
}

impl Level {
    /// The number of bits that are opened.
    pub fn masks(&self) -> usize {
        self.operands.len()
    }

    /// Which pairs of them are multiplied.
    pub fn pairs(&self) -> &Arc<[[u16; 2]]> {
        &self.pairs
    }
}

/// Levels of a tree over so many positions.
fn depth(positions: usize) -> u32 {
    positions.next_power_of_two().trailing_zeros()
}

impl Circuit {
    /// Bits that enter the tree.
    pub(super) fn positions(self, bits: u32) -> u32 {
        if self == Self::Zero { bits } else { bits - 1 }
    }

    /// Bits that come out, if they are bits of the difference.
    pub(super) fn outputs(self, bits: u32) -> Range<usize> {
        let bits = bits as usize;
        match self {
            Self::Sign => bits - 1..bits,
            Self::Zero => 0..0,
            Self::Bits => 0..bits,
        }
    }

    /// The pairs of bits whose products the dealer shares
    /// ([`EdaBits::request`](super::EdaBits::request)), at a difference of `bits` bits.
    ///
    /// # Panics
    /// If `bits` is 0.
    pub fn pairs(self, bits: u32) -> u32 {
        self.positions(bits) / 2
    }

    fn nodes(self, positions: usize, level: u32) -> Vec<Node> {
        let last = positions - 1;
        let kept = |i: usize| self == Self::Bits || i == last || (i + 1).is_multiple_of(2 << level);
        let node = |i: usize| Node {
            high: i,
            low: (i >> level << level) - 1,
            complete: self != Self::Zero && i >> (level + 1) == 0,
        };
        (0..positions).filter(|&i| i >> level & 1 == 1 && kept(i)).map(node).collect()
    }

    fn level(self, positions: usize, level: u32) -> Level {
        let (mut operands, mut pairs) = (Vec::new(), Vec::new());
        let mut open = |position, propagate| {
            operands.push((position, propagate));
            operands.len() as u16 - 1
        };
        // Neighbours that take in the same position open it once.
        let mut lows = (usize::MAX, [None; 2]);
        for Node { high, low, complete } in self.nodes(positions, level) {
            if lows.0 != low {
                let generate = (self != Self::Zero).then(|| open(low, false));
                lows = (low, [generate, (!complete).then(|| open(low, true))]);
            }
            let high = open(high, true);
            pairs.extend(lows.1.into_iter().flatten().map(|low| [high, low]));
        }
        Level { operands, pairs: pairs.into() }
    }

    /// The levels of products.
    pub(super) fn levels(self, bits: u32) -> impl Iterator<Item = Level> {
        let positions = self.positions(bits) as usize;
        (1..depth(positions)).map(move |level| self.level(positions, level))
    }

    /// The cost of `len` differences of `bits` bits, the opening of y included.
    ///
    /// # Panics
    /// If `bits` is below 2.
    pub fn cost(self, len: usize, bits: u32) -> Cost {
        assert!(bits >= 2, "a difference of {bits} bits");
        let mut cost = Cost {
            rounds: 1,
            opened_bits: len as u64 * bits as u64,
            dealer_bytes: (bits + self.pairs(bits)) as u64 * bytes(len) as u64,
        };
        for level in self.levels(bits) {
            cost.rounds += 1;
            cost.opened_bits += level.masks() as u64 * len as u64;
            cost.dealer_bytes += (level.pairs.len() * packed_len(len, 1)) as u64;
        }
        cost
    }
}

/// A subtraction of shared bits from public bits, some levels of which are done.
///
/// A level done twice does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::bits::Subtraction, share::BitShare};
/// fn twice(subtraction: Subtraction) {
///     subtraction.combine(Vec::new());
///     subtraction.combine(Vec::new());
/// }
/// ```
pub struct Subtraction {
    circuit: Circuit,
    level: u32,
    /// By position; empty where nothing depends on it any more.
    generate: Vec<BitShare>,
    propagate: Vec<BitShare>,
    /// y ⊕ r at the bits that come out.
    differences: Vec<BitShare>,
}

impl Subtraction {
    pub(super) fn new(
        circuit: Circuit,
        generate: Vec<BitShare>,
        propagate: Vec<BitShare>,
        differences: Vec<BitShare>,
    ) -> Self {
        Self { circuit, level: 1, generate, propagate, differences }
    }

    /// The products that the next level takes, if a level is left.
    pub fn next_level(&self) -> Option<Level> {
        let positions = self.generate.len();
        (self.level < depth(positions)).then(|| self.circuit.level(positions, self.level))
    }

    /// The bits that a level opens, in its order.
    pub fn operands(&self, level: &Level) -> Vec<&BitShare> {
        let operand = |&(position, propagate): &(usize, bool)| {
            if propagate { &self.propagate[position] } else { &self.generate[position] }
        };
        level.operands.iter().map(operand).collect()
    }

    /// Combines a level, given its products.
    ///
    /// # Panics
    /// If there are other products than the level has, of other lengths, or no level is left.
    pub fn combine(mut self, products: Vec<BitShare>) -> Self {
        let positions = self.generate.len();
        assert!(self.level < depth(positions), "a level of a subtraction that is done");
        let mut products = products.into_iter();
        let mut product = || products.next().unwrap_or_else(|| panic!("too few products of a level"));
        for Node { high, low, complete } in self.circuit.nodes(positions, self.level) {
            if self.circuit != Circuit::Zero {
                self.generate[high].xor_assign(&product());
            }
            self.propagate[high] = if complete { BitShare::zeros(0) } else { product() };
            if self.circuit != Circuit::Bits {
                self.generate[low] = BitShare::zeros(0);
                self.propagate[low] = BitShare::zeros(0);
            }
        }
        assert!(products.next().is_none(), "too many products of a level");
        self.level += 1;
        self
    }

    /// The bits of x that the circuit wants, the least significant first; for *zero* the bit x = 0.
    ///
    /// # Panics
    /// If levels are left.
    pub fn finish(mut self) -> Vec<BitShare> {
        assert!(self.level >= depth(self.generate.len()), "a subtraction with all its levels done");
        if self.circuit == Circuit::Zero {
            return self.propagate.pop().into_iter().collect();
        }
        // A borrow goes from a position to the bit above it, and none into bit 0.
        let borrows = self.generate.iter().rev();
        self.differences.iter_mut().rev().zip(borrows).for_each(|(x, borrow)| x.xor_assign(borrow));
        self.differences
    }
}
