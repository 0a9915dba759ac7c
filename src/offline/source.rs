//! Where shares of dealt values come from: addressed randomness and corrections.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

use super::{Error, SessionTag, range};
use crate::prg::Prg;
use crate::ring::{self, PackError, Ring, Word};
use crate::secret::Scratch;
use crate::share::Share;
use crate::with_word;

/// Sections of one item, each a pseudorandom domain of its own.
const SECTION_BITS: u32 = 6;

/// Elements that are shared at a time, a multiple of 8: they stay in the first level cache.
const SHARED: usize = 1 << 11;

fn domain(item: u64, section: u64) -> u64 {
    // Else it would be a section of another item.
    assert!(section < 1 << SECTION_BITS, "section {section} of an item");
    item << SECTION_BITS | section
}

/// Whether the sections of an item, numbers below 64, are distinct, so that no pseudorandom word is used twice. A kind
/// asserts this at compile time.
///
/// ```
/// const A: u64 = 0;
/// const B: u64 = 1;
/// const _: () = assert!(ringshare::offline::apart(&[A, B]));
/// ```
pub const fn apart(sections: &[u64]) -> bool {
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

/// A party's view of one dealt item: taken from the store once, consumed by a correlation.
///
/// An item has *sections*, each of which is a pseudorandom vector at every party. A kind uses a section either for random
/// values or for values that the dealer chose, always in words of one width, and each element once. (A ReLU makes its result
/// of the mask that it opened, under another one.)
pub struct Source {
    /// At this party's place its own generator, at another's the one that the two share.
    pub(super) prgs: Arc<[Prg]>,
    pub(super) session: SessionTag,
    pub(super) item: u64,
    pub(super) party: usize,
    pub(super) number: usize,
    pub(super) dry: bool,
    /// What the dealer sent, if it sent this party anything. The store keeps the buffer for a later
    /// correction.
    pub(super) correction: Option<Arc<Scratch<u8>>>,
}

impl Source {
    /// This party's number.
    pub fn party(&self) -> usize {
        self.party
    }

    /// The session that the item was dealt in.
    pub fn session(&self) -> SessionTag {
        self.session
    }

    /// The number of what the dealer [keeps](Dealing::keep) of this item, if it keeps something; else the number of what it
    /// will keep next.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Whether this is a dry run, in which values mean nothing and heavy local work can be skipped.
    pub fn is_dry(&self) -> bool {
        self.dry
    }

    /// What the dealer sent, if it sent this party anything.
    pub fn correction(&self) -> Option<&[u8]> {
        self.correction.as_ref().map(|correction| &correction[..])
    }

    fn prg(&self) -> &Prg {
        &self.prgs[self.party]
    }

    /// At `owner` the generators that it shares with the others, else the one that this party shares with it.
    pub(crate) fn shared_with(&self, owner: usize) -> impl Iterator<Item = &Prg> {
        let owned = owner == self.party;
        let prgs = self.prgs.iter().enumerate();
        prgs.filter(move |&(other, _)| (other == owner) != owned).map(|(_, prg)| prg)
    }

    /// The pseudorandom domain of a section.
    pub(crate) fn domain(&self, section: u64) -> u64 {
        domain(self.item, section)
    }

    /// This party's shares of random values: elements `at..` of the section.
    pub fn random<W: Word>(&self, section: u64, at: usize, out: &mut [W]) {
        self.prg().words(domain(self.item, section), at as u64, out);
    }

    /// Subtracts this party's share of a section's random numbers from x, without a place for them in memory.
    pub(crate) fn mask<W: Word>(&self, section: u64, x: &mut [W]) {
        self.prg().sub_words(domain(self.item, section), 0, x);
    }

    /// x plus this party's shares of random values, of a section that it takes as a whole.
    pub(crate) fn masked<W: Word>(&self, section: u64, x: &[W]) -> Vec<W> {
        let mut masked = x.to_vec();
        self.prg().add_words(domain(self.item, section), 0, &mut masked);
        masked
    }

    /// This party's share of a random vector of `len` elements, which takes a whole section.
    pub fn random_share<R: Ring>(&self, section: u64, len: usize) -> Share<R> {
        Share::of(self.random_words(section, len))
    }

    /// The words of a section that it takes as a whole.
    pub(crate) fn random_words<W: Word>(&self, section: u64, len: usize) -> Scratch<W> {
        let mut words = Scratch::zeros(len);
        self.random(section, 0, &mut words);
        words
    }

    /// This party's share of a vector of `len` elements that the dealer chose and [wrote](Dealing::share): it takes a
    /// whole section, and the front of the correction, of which party 0 must be the only recipient. The ring must be the one
    /// dealt for: with other bits of the same length in bytes, the shares are random.
    ///
    /// # Errors
    /// As [`chosen`](Self::chosen).
    pub fn chosen_share<R: Ring>(&self, section: u64, len: usize) -> Result<Share<R>, Error> {
        let mut share = Share::zeros(len);
        self.chosen(section, 0, R::BITS, 0, share.expose_mut())?;
        Ok(share)
    }

    /// The correction that is this party's share of what the dealer chose. It is party 0's: with two such shares, the sum would be
    /// another.
    fn first_share(&self) -> Result<Option<&[u8]>, Error> {
        let correction = self.correction();
        if correction.is_some() {
            range("party with a correction of chosen values", 0, 0, self.party as u64)?;
        }
        Ok(correction)
    }

    /// As [`random`](Self::random), for elements at any places of the section.
    pub(crate) fn random_at<W: Word>(&self, section: u64, places: &[u64], out: &mut [W]) {
        self.prg().words_at(domain(self.item, section), places, out);
    }

    /// This party's shares of values that the dealer chose: elements `at..` of the section or, at a party with a
    /// correction, of the vector of `bits`-bit elements that starts at its byte `region`.
    ///
    /// `at` must be a multiple of 8.
    ///
    /// # Errors
    /// If the correction is too short, or has padding bits set, or a party other than 0 has it.
    pub fn chosen<W: Word>(
        &self,
        section: u64,
        region: usize,
        bits: u32,
        at: usize,
        out: &mut [W],
    ) -> Result<(), Error> {
        let Some(correction) = self.first_share()? else {
            self.random(section, at, out);
            return Ok(());
        };
        let start = region + at / 8 * bits as usize;
        let bytes = ring::packed_len(out.len(), bits);
        let packed = correction
            .get(start..start + bytes)
            .ok_or(Error::Correction { expected: start + bytes, found: correction.len() })?;
        ring::unpack(packed, bits, out).map_err(|_| Error::Padding)
    }

    /// As [`chosen`](Self::chosen), for elements at any places of a section whose `len` elements are the whole
    /// correction.
    pub(crate) fn chosen_at<W: Word>(
        &self,
        section: u64,
        bits: u32,
        len: usize,
        places: &[u64],
        out: &mut [W],
    ) -> Result<(), Error> {
        let Some(correction) = self.first_share()? else {
            self.random_at(section, places, out);
            return Ok(());
        };
        ring::unpack_at(correction, len, bits, places, out).map_err(|error| match error {
            PackError::Length { expected, found } => Error::Correction { expected, found },
            _ => Error::Padding,
        })
    }

    /// As [`chosen`](Self::chosen) for whole 64-bit words, from any element on: `region` is the byte
    /// of element `at`.
    pub(crate) fn words(&self, section: u64, region: usize, at: usize, out: &mut [u64]) -> Result<(), Error> {
        match &self.correction {
            None => {
                self.random(section, at, out);
                Ok(())
            }
            Some(_) => self.chosen(section, region, 64, 0, out),
        }
    }
}

/// The dealer's view of one item: every party's generator, and what is kept of earlier items.
pub struct Dealing<'a> {
    pub(super) prgs: &'a [Prg],
    pub(super) item: u64,
    pub(super) kept: &'a mut Vec<Box<dyn Any + Send>>,
}

impl Dealing<'_> {
    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.prgs.len()
    }

    /// Every party's generator.
    pub(crate) fn prgs(&self) -> &[Prg] {
        self.prgs
    }

    /// Keeps something for later items. Only for kinds that [say so](super::Kind::keeps), and once for each item.
    pub fn keep<T: Any + Send>(&mut self, value: T) {
        self.kept.push(Box::new(value));
    }

    /// What was kept under this number.
    ///
    /// # Errors
    /// If there is no such thing, or it has another type.
    pub fn kept<T: Any>(&self, number: usize) -> Result<&T, Error> {
        let kept = self.kept.get(number).and_then(|kept| (**kept).downcast_ref());
        kept.ok_or(Error::NotKept { number, kept: self.kept.len() })
    }

    /// How many things have been kept.
    pub fn count_kept(&self) -> usize {
        self.kept.len()
    }

    /// The pseudorandom domain of a section.
    pub(crate) fn domain(&self, section: u64) -> u64 {
        domain(self.item, section)
    }

    /// The sum of all parties' [`Source::random`].
    pub fn sum<W: Word>(&self, section: u64, at: usize, out: &mut [W]) {
        let domain = domain(self.item, section);
        for (party, prg) in self.prgs.iter().enumerate() {
            match party {
                0 => prg.words(domain, at as u64, out),
                _ => prg.add_words(domain, at as u64, out),
            }
        }
    }

    /// The random vector of which [`Source::random_share`] gives each party its share: a whole section.
    pub fn sums<W: Word>(&self, section: u64, len: usize) -> Scratch<W> {
        let mut sums = Scratch::zeros(len);
        self.sum(section, 0, &mut sums);
        sums
    }

    /// Shares a vector that the dealer chose, as a whole section: turns it into party 0's correction, and writes `bits` bits
    /// for each element to `out`, of a correction for party 0 alone.
    ///
    /// # Panics
    /// If `out` has another length than the packed elements.
    pub fn share<W: Word>(&self, section: u64, values: &mut [W], bits: u32, out: &mut [u8]) {
        assert_eq!(out.len(), ring::packed_len(values.len(), bits), "bytes of shared values");
        let mut at = 0;
        for (values, out) in values.chunks_mut(SHARED).zip(out.chunks_mut(SHARED / 8 * bits as usize)) {
            self.correct(section, at, values);
            ring::pack(values, bits, out);
            at += values.len();
        }
    }

    /// One party's [`Source::random`].
    ///
    /// # Panics
    /// If there is no such party.
    pub fn own<W: Word>(&self, party: usize, section: u64, at: usize, out: &mut [W]) {
        self.prgs[party].words(domain(self.item, section), at as u64, out);
    }

    /// As [`sum`](Self::sum) of words of `word` bits, of which the low 64 bits are taken: so what is made of them is
    /// compiled for one word.
    pub(crate) fn sum_low(&self, word: u32, section: u64, at: usize, out: &mut [u64]) {
        with_word!(word, W => {
            let mut sums = Scratch::<W>::zeros(out.len());
            self.sum(section, at, &mut sums);
            out.iter_mut().zip(sums.iter()).for_each(|(out, sum)| *out = sum.low64());
        });
    }

    /// The exclusive or of all parties' [`Source::random`].
    pub fn xor<W: Word>(&self, section: u64, at: usize, out: &mut [W]) {
        let domain = domain(self.item, section);
        for (party, prg) in self.prgs.iter().enumerate() {
            match party {
                0 => prg.words(domain, at as u64, out),
                _ => prg.xor_words(domain, at as u64, out),
            }
        }
    }

    /// Turns values into party 0's correction: subtracts all other parties' shares.
    pub fn correct<W: Word>(&self, section: u64, at: usize, values: &mut [W]) {
        for prg in &self.prgs[1..] {
            prg.sub_words(domain(self.item, section), at as u64, values);
        }
    }

    /// As [`correct`](Self::correct), with exclusive or.
    pub fn correct_xor<W: Word>(&self, section: u64, at: usize, values: &mut [W]) {
        for prg in &self.prgs[1..] {
            prg.xor_words(domain(self.item, section), at as u64, values);
        }
    }
}
