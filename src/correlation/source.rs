//! Where shares of dealt values come from: addressed randomness and corrections.

use alloc::sync::Arc;

use super::StoreError;
use crate::prg::Prg;
use crate::ring::{self, PackError, Word};
use crate::secret::Scratch;

/// Sections of one item, each a pseudorandom domain of its own.
const SECTION_BITS: u32 = 6;

fn domain(item: u64, section: u64) -> u64 {
    debug_assert!(section < 1 << SECTION_BITS);
    item << SECTION_BITS | section
}

/// Whether an item's sections are such that no pseudorandom word has two uses.
pub(super) const fn apart(sections: &[u64]) -> bool {
    let mut seen = 0u64;
    let mut i = 0;
    while i < sections.len() {
        if sections[i] >= 1 << SECTION_BITS || seen >> sections[i] & 1 == 1 {
            return false;
        }
        seen |= 1 << sections[i];
        i += 1;
    }
    true
}

/// A party's view of one dealt item. Taken from the store once, consumed by a correlation.
pub(crate) struct Source {
    pub(super) prg: Arc<Prg>,
    pub(super) item: u64,
    pub(super) party: usize,
    /// What the dealer sent, if it sent this party anything. The store keeps the buffer for a later
    /// correction.
    pub(super) correction: Option<Arc<Scratch<u8>>>,
}

impl Source {
    pub(crate) fn party(&self) -> usize {
        self.party
    }

    /// The pseudorandom domain of a section.
    pub(super) fn domain(&self, section: u64) -> u64 {
        domain(self.item, section)
    }

    /// This party's shares of random values: elements `at..` of the section.
    pub(crate) fn random<W: Word>(&self, section: u64, at: usize, out: &mut [W]) {
        self.prg.words(domain(self.item, section), at as u64, out);
    }

    /// This party's shares of values that the dealer chose: elements `at..` of the section, or of
    /// the correction's vector of `bits`-bit elements that starts at byte `region`.
    ///
    /// `at` must be a multiple of 8.
    pub(crate) fn chosen<W: Word>(
        &self,
        section: u64,
        region: usize,
        bits: u32,
        at: usize,
        out: &mut [W],
    ) -> Result<(), StoreError> {
        let Some(correction) = &self.correction else {
            self.random(section, at, out);
            return Ok(());
        };
        let start = region + at / 8 * bits as usize;
        let bytes = ring::packed_len(out.len(), bits);
        let packed = correction
            .get(start..start + bytes)
            .ok_or(StoreError::Correction { expected: start + bytes, found: correction.len() })?;
        ring::unpack(packed, bits, out).map_err(|_| StoreError::Padding)
    }

    /// As [`chosen`](Self::chosen) for elements at any places of a section whose `len` elements are the
    /// whole correction.
    pub(super) fn chosen_at<W: Word>(
        &self,
        section: u64,
        bits: u32,
        len: usize,
        places: &[u64],
        out: &mut [W],
    ) -> Result<(), StoreError> {
        let Some(correction) = &self.correction else {
            self.prg.words_at(domain(self.item, section), places, out);
            return Ok(());
        };
        ring::unpack_at(correction, len, bits, places, out).map_err(|error| match error {
            PackError::Length { expected, found } => StoreError::Correction { expected, found },
            _ => StoreError::Padding,
        })
    }

    /// As [`chosen`](Self::chosen) for whole 64-bit words, from any element on: `region` is the byte
    /// of element `at`.
    pub(crate) fn words(
        &self,
        section: u64,
        region: usize,
        at: usize,
        out: &mut [u64],
    ) -> Result<(), StoreError> {
        match &self.correction {
            None => {
                self.random(section, at, out);
                Ok(())
            }
            Some(_) => self.chosen(section, region, 64, 0, out),
        }
    }
}

/// The dealer's view of one item: every party's generator.
pub(crate) struct Dealing<'a> {
    pub(super) prgs: &'a [Prg],
    pub(super) item: u64,
}

impl Dealing<'_> {
    /// The pseudorandom domain of a section.
    pub(super) fn domain(&self, section: u64) -> u64 {
        domain(self.item, section)
    }

    /// The sum of all parties' [`Source::random`].
    pub(crate) fn sum<W: Word>(&self, section: u64, at: usize, out: &mut [W]) {
        let domain = domain(self.item, section);
        for (party, prg) in self.prgs.iter().enumerate() {
            match party {
                0 => prg.words(domain, at as u64, out),
                _ => prg.add_words(domain, at as u64, out),
            }
        }
    }

    /// One party's [`Source::random`].
    pub(crate) fn own<W: Word>(&self, party: usize, section: u64, at: usize, out: &mut [W]) {
        self.prgs[party].words(domain(self.item, section), at as u64, out);
    }

    /// The exclusive or of all parties' [`Source::random`].
    pub(crate) fn xor<W: Word>(&self, section: u64, at: usize, out: &mut [W]) {
        let domain = domain(self.item, section);
        for (party, prg) in self.prgs.iter().enumerate() {
            match party {
                0 => prg.words(domain, at as u64, out),
                _ => prg.xor_words(domain, at as u64, out),
            }
        }
    }

    /// Turns values into party 0's correction: subtracts all other parties' shares.
    pub(crate) fn correct<W: Word>(&self, section: u64, at: usize, values: &mut [W]) {
        for prg in &self.prgs[1..] {
            prg.sub_words(domain(self.item, section), at as u64, values);
        }
    }

    /// As [`correct`](Self::correct), with exclusive or.
    pub(crate) fn correct_xor<W: Word>(&self, section: u64, at: usize, values: &mut [W]) {
        for prg in &self.prgs[1..] {
            prg.xor_words(domain(self.item, section), at as u64, values);
        }
    }
}
