//! How many bits of everything, and where they lie.

use alloc::vec::Vec;

use crate::function::{MAX_LOW_BITS, MAX_NODE_BITS, Piecewise};
use crate::offline::{Dealing, DecodeError, Error, Reader, Source, Writer, apart, range};
use crate::ring::{self, Word, packed_len};
use crate::secret::Scratch;
use crate::with_word;

/// Values that are handled at a time: a multiple of 64, so that their vectors fit the cache.
pub(super) const BLOCK: usize = 256;

/// r.
pub(super) const MASK: u64 = 0;
/// e.
pub(super) const UNIT: u64 = 1;
/// \[i < R\].
pub(super) const LOW: u64 = 2;
/// ρ and σ, as bits.
pub(super) const BITS: u64 = 3;
/// Elements, in the order of [`Shape::elements`], each at a multiple of 64 values.
pub(super) const ELEMENTS: u64 = 4;
const _: () = assert!(apart(&[MASK, UNIT, LOW, BITS, ELEMENTS]));

/// The bits of an interpolation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// m, 1 to 12.
    pub index: u32,
    /// l, 0 to 10.
    pub low: u32,
    /// Of N, D and B; none of D and B if there are no low bits.
    pub widths: [u32; 3],
}

/// An element that is dealt: a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// The plane of ρ; none for 1.
    pub plane: Option<u32>,
    /// Times σ.
    pub sigma: bool,
    /// Times R.
    pub low: bool,
    /// Bits that count.
    pub bits: u32,
}

impl Shape {
    /// What a function takes whose result is taken modulo 2^bits.
    pub fn of(function: &Piecewise, bits: u32) -> Self {
        let [nodes, slopes, bends] = function.widths();
        let low = function.low_bits();
        // Bits of a weight of 2^bits and more vanish.
        let widths = [nodes.min(bits.saturating_sub(low)), slopes.min(bits), bends.min(bits)];
        Self { index: function.node_bits(), low, widths }
    }

    pub(super) fn check(&self, bits: u32) -> Result<(), Error> {
        range("bits of an interpolation's index", 1, MAX_NODE_BITS.into(), self.index.into())?;
        range("low bits of an interpolation", 0, MAX_LOW_BITS.into(), self.low.into())?;
        let [nodes, slopes, bends] = self.widths;
        range("bits of a node", 0, bits.min(64).saturating_sub(self.low).into(), nodes.into())?;
        let most = if self.low == 0 { 0 } else { u64::from(bits.min(64)) };
        range("bits of a slope", 0, most, slopes.into())?;
        range("bits of a bend", 0, most, bends.into())
    }

    /// Bits that are opened first.
    pub fn opened(&self) -> u32 {
        self.index + self.low
    }

    /// Bits that are opened second.
    pub fn planes(&self) -> u32 {
        self.widths.iter().sum::<u32>() + u32::from(self.low > 0)
    }

    /// The vector that is set at H(r).
    pub(super) fn unit(&self) -> Vectors {
        Vectors::new(self.index)
    }

    /// The vector that is set below R.
    pub(super) fn thermometer(&self) -> Vectors {
        Vectors::new(self.low)
    }

    /// The elements of a value in Z_2^bits.
    pub(super) fn elements(&self, bits: u32) -> impl Iterator<Item = Element> + Clone {
        let [nodes, slopes, bends] = self.widths;
        let low = self.low;
        let ones = if low > 0 { &[(false, true), (true, true), (true, false)][..] } else { &[] };
        let ones = ones.iter().map(move |&(sigma, low)| Element { plane: None, sigma, low, bits });
        let of_nodes = (0..nodes).map(move |i| Element {
            plane: Some(i),
            sigma: false,
            low: false,
            bits: bits - low - i,
        });
        let of_slopes = (0..slopes).flat_map(move |i| {
            [false, true].map(|low| Element { plane: Some(nodes + i), sigma: false, low, bits: bits - i })
        });
        let of_bends = (0..bends).flat_map(move |i| {
            [(false, false), (false, true), (true, false), (true, true)].map(|(sigma, low)| Element {
                plane: Some(nodes + slopes + i),
                sigma,
                low,
                bits: bits - i,
            })
        });
        ones.chain(of_nodes).chain(of_slopes).chain(of_bends)
    }

    /// Bytes of the vectors, which come first.
    pub(super) fn vector_bytes(&self, len: usize) -> usize {
        let low = if self.low > 0 { self.thermometer().bytes(len) } else { 0 };
        self.unit().bytes(len).saturating_add(low)
    }

    /// Bytes from the dealer for `len` values, with a result of `bits` bits.
    pub fn dealer_bytes(&self, len: usize, bits: u32) -> usize {
        let elements = self.elements(bits).map(|element| packed_len(len, element.bits));
        elements.fold(self.vector_bytes(len), usize::saturating_add)
    }

    pub(super) fn encode(&self, out: &mut Writer) {
        let [nodes, slopes, bends] = self.widths;
        [self.index, self.low, nodes, slopes, bends].iter().for_each(|&bits| out.number(bits.into()));
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let [index, low] = [from.small()?, from.small()?];
        Ok(Self { index, low, widths: [from.small()?, from.small()?, from.small()?] })
    }
}

/// Vectors of 2^b bits, one a value: in one word of 8, 16 or 32 bits, or in one or several of 64.
pub(super) struct Vectors {
    word: u32,
    /// Words of a vector.
    pub(super) words: usize,
}

impl Vectors {
    fn new(bits: u32) -> Self {
        Self { word: (1u32 << bits).clamp(8, 64), words: (1usize << bits).div_ceil(64) }
    }

    /// Bytes of `len` vectors.
    pub(super) fn bytes(&self, len: usize) -> usize {
        len.saturating_mul(self.words * self.word as usize / 8)
    }

    /// A party's shares of the vectors from value `at` on, `[values, words]`.
    pub(super) fn read(
        &self,
        source: &Source,
        section: u64,
        region: usize,
        at: usize,
        out: &mut [u64],
    ) -> Result<(), Error> {
        with_word!(self.word, W => {
            let mut narrow = Scratch::<W>::zeros(out.len());
            source.chosen(section, region, self.word, at * self.words, &mut narrow)?;
            out.iter_mut().zip(narrow.iter()).for_each(|(out, word)| *out = word.low64());
        });
        Ok(())
    }

    /// Turns the vectors from value `at` on into party 0's correction.
    pub(super) fn write(
        &self,
        dealing: &Dealing<'_>,
        section: u64,
        at: usize,
        values: &[u64],
        out: &mut [u8],
    ) {
        with_word!(self.word, W => {
            let narrow: Vec<W> = values.iter().map(|&value| W::truncate64(value)).collect();
            let mut narrow = Scratch::<W>::from(narrow);
            dealing.correct_xor(section, at * self.words, &mut narrow);
            ring::pack(&narrow, self.word, out);
        });
    }
}
