//! Eight groups at a time, each in a 64-bit lane of a register.
//!
//! Eight groups of g bits are g bytes, so that all of them start at a whole byte. Word j of those bytes is made of parts of the
//! groups that lie in bits 64·j to 64·j + 63: the first one moved down, those that follow moved up. Unpacking, a group is made
//! of the word in which it starts and the next.
#![allow(unsafe_code)]

use core::arch::x86_64::*;
use core::mem::transmute;

use super::lanes::Lanes;
use crate::ring::Word;
use crate::simd::{Level, level};

/// The bytes of a register.
const BYTES: usize = 64;

/// The numbers of its lanes.
const LANES: [u64; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

fn register(lanes: [u64; 8]) -> __m512i {
    // SAFETY: both are 64 bytes, and every pattern of bits is a register.
    unsafe { transmute(lanes) }
}

/// One step of moving lanes: lane i is made of lane `from[i]`, shifted up or down. A shift by 64 or more, or by a negative
/// number, leaves nothing.
#[derive(Clone, Copy)]
struct Part {
    from: __m512i,
    down: __m512i,
    up: __m512i,
}

impl Part {
    /// From lane `from[i]`, moved up by `up[i]`, or down if that is negative.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(from: __m512i, up: __m512i) -> Self {
        Self { from, down: _mm512_sub_epi64(_mm512_setzero_si512(), up), up }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn shifted_down(self, x: __m512i) -> __m512i {
        _mm512_srlv_epi64(_mm512_permutexvar_epi64(self.from, x), self.down)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn shifted_up(self, x: __m512i) -> __m512i {
        _mm512_sllv_epi64(_mm512_permutexvar_epi64(self.from, x), self.up)
    }
}

/// The steps of [`Lanes`] in all lanes of a register.
#[derive(Clone, Copy)]
struct Steps {
    count: usize,
    low: [__m512i; 3],
    high: [__m512i; 3],
    gap: [__m128i; 3],
    all: __m512i,
}

impl Steps {
    #[target_feature(enable = "avx512f")]
    fn new<W: Word>(lanes: &Lanes) -> Self {
        Self {
            count: Lanes::steps::<W>() as usize,
            low: lanes.low.map(|mask| _mm512_set1_epi64(mask as i64)),
            high: lanes.high.map(|mask| _mm512_set1_epi64(mask as i64)),
            gap: core::array::from_fn(|s| _mm_cvtsi64_si128(lanes.gap::<W>(s as u32).into())),
            all: _mm512_set1_epi64(lanes.all as i64),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn squeeze(&self, mut x: __m512i) -> __m512i {
        for s in 0..self.count {
            let high = _mm512_and_si512(_mm512_srl_epi64(x, self.gap[s]), self.high[s]);
            x = _mm512_or_si512(_mm512_and_si512(x, self.low[s]), high);
        }
        _mm512_and_si512(x, self.all)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn spread(&self, mut x: __m512i) -> __m512i {
        x = _mm512_and_si512(x, self.all);
        for s in (0..self.count).rev() {
            let high = _mm512_sll_epi64(_mm512_and_si512(x, self.high[s]), self.gap[s]);
            x = _mm512_or_si512(_mm512_and_si512(x, self.low[s]), high);
        }
        x
    }
}

/// The elements of a register.
const fn elements<W: Word>() -> usize {
    BYTES / W::BYTES
}

/// Whether so many words are worth a table of parts.
fn serves<W: Word>(len: usize) -> bool {
    W::BITS <= 64 && len >= 4 * elements::<W>() && level() == Level::Avx512
}

/// Packs as many words as fill registers; returns how many those are. Their bytes are whole.
pub(super) fn pack<W: Word>(lanes: &Lanes, words: &[W], out: &mut [u8]) -> usize {
    /// `P`: how many groups a word is made of at most.
    #[target_feature(enable = "avx512f,avx512bw,avx512dq")]
    fn inner<W: Word, const P: usize>(lanes: &Lanes, words: &[W], out: &mut [u8]) {
        let g = lanes.group;
        // The group in which each word starts; where all groups start.
        let starts = core::array::from_fn(|word| 64 * word as u64 / u64::from(g));
        let (mut group, g_wide) = (register(starts), _mm512_set1_epi64(g.into()));
        let mut parts = [Part::new(group, group); P];
        for part in &mut parts {
            let at =
                _mm512_sub_epi64(_mm512_mullo_epi64(group, g_wide), register(LANES.map(|lane| 64 * lane)));
            *part = Part::new(group, at);
            group = _mm512_add_epi64(group, _mm512_set1_epi64(1));
        }
        let steps = Steps::new::<W>(lanes);
        let mut at = 0;
        for words in words.chunks_exact(elements::<W>()) {
            // SAFETY: so many words are 64 bytes.
            let x = steps.squeeze(unsafe { _mm512_loadu_si512(words.as_ptr().cast()) });
            let mut y = parts[0].shifted_down(x);
            for part in &parts[1..] {
                y = _mm512_or_si512(y, part.shifted_up(x));
            }
            let out = &mut out[at..];
            if out.len() >= BYTES {
                // SAFETY: there are 64 bytes. What comes behind the groups is written again by what follows.
                unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), y) };
            } else {
                let front = &mut out[..g as usize];
                // SAFETY: the mask has a bit for each byte of the groups, which are in `out`.
                unsafe { _mm512_mask_storeu_epi8(front.as_mut_ptr().cast(), u64::MAX >> (64 - g), y) };
            }
            at += g as usize;
        }
    }
    if !serves::<W>(words.len()) {
        return 0;
    }
    let words = &words[..words.len() / elements::<W>() * elements::<W>()];
    // SAFETY: the CPU has the features, as `serves` found.
    unsafe {
        match lanes.group {
            // Groups of g bits that have a part in 64 bits: at most ⌈(g + 63) / g⌉, and no more than there are.
            32.. => inner::<W, 3>(lanes, words, out),
            16.. => inner::<W, 5>(lanes, words, out),
            _ => inner::<W, 8>(lanes, words, out),
        }
    }
    words.len()
}

/// Sets as many words as fill registers to `f(word, element)`; returns how many those are.
pub(super) fn merge<W: Word>(lanes: &Lanes, bytes: &[u8], words: &mut [W], f: impl Fn(W, W) -> W) -> usize {
    #[target_feature(enable = "avx512f,avx512bw")]
    fn inner<W: Word>(lanes: &Lanes, bytes: &[u8], words: &mut [W], f: impl Fn(W, W) -> W) {
        let g = lanes.group;
        let bits = LANES.map(|group| group * u64::from(g));
        let word = register(bits.map(|bit| bit / 64));
        let down = register(bits.map(|bit| bit % 64));
        let start = Part::new(word, _mm512_sub_epi64(_mm512_setzero_si512(), down));
        let rest = _mm512_sub_epi64(_mm512_set1_epi64(64), down);
        let next = Part::new(_mm512_add_epi64(word, _mm512_set1_epi64(1)), rest);
        let steps = Steps::new::<W>(lanes);
        let len = g as usize * (words.len() / elements::<W>());
        let mut at = 0;
        for words in words.chunks_exact_mut(elements::<W>()) {
            let bytes = &bytes[at..];
            // Long vectors are read in parts, those of many vectors in turn, each too short for the CPU to see what comes next.
            // SAFETY: it has no effect but on the caches, wherever the pointer points. (Newer compilers know it to be safe.)
            #[allow(unused_unsafe)]
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().wrapping_add(len).cast());
            }
            let x = if bytes.len() >= BYTES {
                // SAFETY: there are 64 bytes.
                unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
            } else {
                let front = &bytes[..g as usize];
                // SAFETY: the mask has a bit for each byte of the groups, which are in `bytes`.
                unsafe { _mm512_maskz_loadu_epi8(u64::MAX >> (64 - g), front.as_ptr().cast()) }
            };
            // What the next word has beyond a group is cut off by `spread`.
            let x = _mm512_or_si512(start.shifted_down(x), next.shifted_up(x));
            // At most 64 words, and 64 bytes of them are used.
            let mut found = [W::zero(); BYTES];
            // SAFETY: the array has at least 64 bytes.
            unsafe { _mm512_storeu_si512(found.as_mut_ptr().cast(), steps.spread(x)) };
            for (word, element) in words.iter_mut().zip(found) {
                *word = f(*word, element);
            }
            at += g as usize;
        }
    }
    if !serves::<W>(words.len()) {
        return 0;
    }
    let len = words.len() / elements::<W>() * elements::<W>();
    // SAFETY: the CPU has the features, as `serves` found.
    unsafe { inner(lanes, bytes, &mut words[..len], f) };
    len
}
