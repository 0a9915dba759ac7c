//! Shares of elements of a prime field, from the generator and from corrections.
//!
//! A pseudorandom element is made of a word of 128 bits, a block of the generator's. In a
//! correction an element is 8 bytes.

use crate::field::Field;
use crate::offline::{Dealing, Error, Source};
use crate::ring::Word;
use crate::secret::public;

/// Elements of the words of the generator.
fn sample(field: Field, random: &[u128], out: &mut [u64]) {
    out.iter_mut().zip(random).for_each(|(out, random)| *out = field.sample(*random));
}

impl Source {
    /// This party's shares of random elements `at..` of the section. `random` is a buffer as long as `out`.
    pub(super) fn elements(
        &self,
        section: u64,
        at: usize,
        field: Field,
        random: &mut [u128],
        out: &mut [u64],
    ) {
        self.random(section, at, random);
        sample(field, random, out);
    }

    /// This party's shares of elements that the dealer chose, at any places of the section, or of the
    /// correction. `random` is a buffer as long as `out`.
    pub(super) fn chosen_elements(
        &self,
        section: u64,
        places: &[u64],
        field: Field,
        random: &mut [u128],
        out: &mut [u64],
    ) -> Result<(), Error> {
        let Some(correction) = self.correction() else {
            self.random_at(section, places, random);
            sample(field, random, out);
            return Ok(());
        };
        let mut most = 0;
        for (out, &place) in out.iter_mut().zip(places) {
            let start = 8 * place as usize;
            let short = Error::Correction { expected: start + 8, found: correction.len() };
            *out = u64::read_le(correction.get(start..start + 8).ok_or(short)?);
            most = most.max(*out);
        }
        // Whether all are elements is no secret: of an honest dealer's correction they are.
        let mut valid = [most < field.prime()];
        public(&mut valid);
        if valid[0] { Ok(()) } else { Err(Error::Element { prime: field.prime() }) }
    }
}

impl Dealing<'_> {
    /// The sums of all parties' [`Source::elements`].
    pub(super) fn sum_elements(
        &self,
        section: u64,
        at: usize,
        field: Field,
        random: &mut [u128],
        out: &mut [u64],
    ) {
        out.fill(0);
        for prg in self.prgs() {
            prg.words(self.domain(section), at as u64, random);
            out.iter_mut()
                .zip(&*random)
                .for_each(|(out, random)| *out = field.add(*out, field.sample(*random)));
        }
    }

    /// Turns elements `at..` of the section into party 0's correction: subtracts all other parties' shares.
    pub(super) fn correct_elements(
        &self,
        section: u64,
        at: usize,
        field: Field,
        random: &mut [u128],
        values: &mut [u64],
    ) {
        for prg in &self.prgs()[1..] {
            prg.words(self.domain(section), at as u64, random);
            values
                .iter_mut()
                .zip(&*random)
                .for_each(|(value, random)| *value = field.sub(*value, field.sample(*random)));
        }
    }
}
