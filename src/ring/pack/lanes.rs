//! Groups of words as lanes of a 64-bit number.
//!
//! Words of w bits are handled in *groups* of 64 / w. Packing squeezes the w − k unused bits out of
//! all lanes at once: neighbours move together, then pairs, then fours, log₂(64 / w) steps in all,
//! which leaves (64 / w)·k contiguous bits. Unpacking is the same steps backwards. Words of 64 bits
//! are groups by themselves; so are those of 128, which move as a low and a high half.

use crate::ring::Word;

/// Bytes that [`Lanes::merge`] touches: 9, and 8 more for the high half of a 128-bit word.
pub(super) const REACH: usize = 17;

/// The 8 bytes at the front as a number.
#[inline(always)]
fn load64(bytes: &[u8]) -> u64 {
    u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
}

/// The 64 bits of `bytes` from bit `shift` < 8 on, the last `shift` of them zero unless `LONG`.
#[inline(always)]
fn load_bits<const LONG: bool>(bytes: &[u8], shift: u32) -> u64 {
    let low = load64(bytes) >> shift;
    if LONG { low | ((bytes[8] as u64) << 1) << (63 - shift) } else { low }
}

/// How the elements of a group move within a 64-bit number.
pub(super) struct Lanes {
    /// Bits of an element.
    bits: u32,
    /// Bits of a squeezed group.
    pub(super) group: u32,
    /// Step s joins runs of 2^s elements: where the lower run of each pair lies.
    pub(super) low: [u64; 3],
    /// Where the upper run lies once it is joined.
    pub(super) high: [u64; 3],
    /// A whole squeezed group.
    pub(super) all: u64,
}

impl Lanes {
    pub(super) fn new<W: Word>(bits: u32) -> Self {
        let ones = |bits: u32| if bits == 0 { 0 } else { u64::MAX >> (64 - bits.min(64)) };
        let mut lanes = Self { bits, group: bits, low: [0; 3], high: [0; 3], all: ones(bits) };
        if W::BITS < 64 {
            lanes.group = 64 / W::BITS * bits;
            lanes.all = ones(lanes.group);
            for s in 0..Self::steps::<W>() {
                let run = bits << s;
                let pair = 2 * (W::BITS << s);
                for p in 0..64 / pair {
                    lanes.low[s as usize] |= ones(run) << (p * pair);
                    lanes.high[s as usize] |= ones(run) << (p * pair + run);
                }
            }
        }
        lanes
    }

    /// Elements of a group.
    #[inline(always)]
    pub(super) fn count<W: Word>(&self) -> usize {
        64usize.div_ceil(W::BITS as usize)
    }

    #[inline(always)]
    pub(super) const fn steps<W: Word>() -> u32 {
        if W::BITS < 64 { (64 / W::BITS).ilog2() } else { 0 }
    }

    /// How far the upper runs of step s move.
    #[inline(always)]
    pub(super) const fn gap<W: Word>(&self, s: u32) -> u32 {
        (W::BITS - self.bits) << s
    }

    /// Up to a group of words, each in its lane.
    #[inline(always)]
    pub(super) fn load<W: Word>(&self, group: &[W]) -> u64 {
        group.iter().enumerate().fold(0, |lanes, (i, word)| lanes | word.low64() << (i as u32 * W::BITS))
    }

    /// The low bits of all lanes, side by side.
    #[inline(always)]
    pub(super) fn squeeze<W: Word>(&self, mut x: u64) -> u64 {
        if W::BITS >= 64 {
            return x & self.all;
        }
        for s in 0..Self::steps::<W>() {
            let gap = self.gap::<W>(s);
            x = (x & self.low[s as usize]) | ((x >> gap) & self.high[s as usize]);
        }
        x
    }

    /// The inverse of [`squeeze`](Self::squeeze); bits behind the group are dropped.
    #[inline(always)]
    fn spread<W: Word>(&self, mut x: u64) -> u64 {
        if W::BITS >= 64 {
            return x & self.all;
        }
        for s in (0..Self::steps::<W>()).rev() {
            let gap = self.gap::<W>(s);
            x = (x & self.low[s as usize]) | ((x & self.high[s as usize]) << gap);
        }
        x
    }

    /// Sets the words of one group, the elements of which start at bit `shift` of `bytes`.
    #[inline(always)]
    pub(super) fn merge<W: Word, const LONG: bool>(
        &self,
        bytes: &[u8],
        shift: u32,
        group: &mut [W],
        f: &impl Fn(W, W) -> W,
    ) {
        if W::BITS == 128 {
            let low = load_bits::<LONG>(bytes, shift);
            let high = if LONG { load_bits::<LONG>(&bytes[8..], shift) } else { 0 };
            let element = W::truncate(low as u128 | (high as u128) << 64) & W::mask(self.bits);
            group[0] = f(group[0], element);
            return;
        }
        let lanes = self.spread::<W>(load_bits::<LONG>(bytes, shift));
        for (i, word) in group.iter_mut().enumerate() {
            *word = f(*word, W::truncate64(lanes >> (i as u32 * W::BITS)));
        }
    }
}
