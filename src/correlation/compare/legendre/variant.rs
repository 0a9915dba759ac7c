//! The three variants, and what they compute in the clear.

use core::ops::RangeInclusive;

use crate::field::Field;

/// How many symbols, of which prime, as the paper has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// One symbol, exact on −135..=134.
    Bsgn0,
    /// The majority of three symbols, exact on −384..=383.
    Bsgn1,
    /// The majority of five symbols, exact on −595..=594.
    Bsgn2,
}

const FIELDS: [Field; 3] = [
    Field::new(3_546_374_752_298_322_551),
    Field::new(9_409_569_905_028_393_239),
    Field::new(15_569_949_805_843_283_171),
];

impl Variant {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bsgn0, Self::Bsgn1, Self::Bsgn2];

    /// κ: the symbols are those for i = −κ..κ.
    pub(super) fn kappa(self) -> usize {
        self as usize
    }

    /// The number of symbols, 2κ + 1.
    pub fn symbols(self) -> usize {
        2 * self.kappa() + 1
    }

    /// Entries of the last table, 4^κ.
    pub(super) fn entries(self) -> usize {
        1 << (2 * self.kappa())
    }

    /// The field of the symbols.
    pub fn field(self) -> Field {
        FIELDS[self.kappa()]
    }

    /// The prime p.
    pub fn prime(self) -> u64 {
        self.field().prime()
    }

    /// The longest interval around zero on which it is the sign.
    pub fn range(self) -> RangeInclusive<i64> {
        match self {
            Self::Bsgn0 => -135..=134,
            Self::Bsgn1 => -384..=383,
            Self::Bsgn2 => -595..=594,
        }
    }

    /// The longest two's complement numbers that are all in the range: 8, 9 or 10 bits.
    pub fn bits(self) -> u32 {
        8 + self.kappa() as u32
    }

    /// The numbers 1 + 2i, in Montgomery form.
    pub(super) fn shifts(self) -> impl Iterator<Item = u64> {
        let (field, below) = (self.field(), 2 * self.kappa() as u64);
        let shift = move |i: usize| field.sub(2 * i as u64 + 1, below);
        (0..self.symbols()).map(move |i| field.to_montgomery(shift(i)))
    }

    /// The majority of the symbols of x, +1 or −1: the sign of x on [`range`](Self::range), where
    /// sgn(0) = +1, and as good as random beyond. A symbol can be zero only for an x of more than
    /// [`MAX_BITS`](super::MAX_BITS) bits, and then counts as +1 or −1.
    ///
    /// ```
    /// use ringshare::correlation::compare::legendre::Variant;
    /// assert_eq!(Variant::Bsgn0.evaluate(0), 1);
    /// assert_eq!(Variant::Bsgn0.evaluate(-135), -1);
    /// // Out of range, and wrong.
    /// assert_eq!(Variant::Bsgn0.evaluate(-136), 1);
    /// ```
    pub fn evaluate(self, x: i64) -> i8 {
        let mut sign = [0];
        self.evaluate_all(&[x], &mut sign);
        sign[0]
    }

    /// Sets `signs` to [`evaluate`](Self::evaluate) of every x. Symbols are computed 64 at a time, so that this takes a fraction
    /// of the time that single values take.
    ///
    /// # Panics
    /// If there are not as many signs as x.
    pub fn evaluate_all(self, x: &[i64], signs: &mut [i8]) {
        assert_eq!(x.len(), signs.len(), "signs, one for every x");
        let (kappa, prime, symbols) = (self.kappa() as i128, self.prime() as i128, self.symbols());
        let at_once = 64 / symbols;
        for (x, signs) in x.chunks(at_once).zip(signs.chunks_mut(at_once)) {
            let mut values = [1; 64];
            for (values, &x) in values.chunks_exact_mut(symbols).zip(x) {
                for (i, value) in values.iter_mut().enumerate() {
                    *value = (2 * (x as i128 + i as i128 - kappa) + 1).rem_euclid(prime) as u64;
                }
            }
            let mut negative = [0];
            self.field().symbols(&values, &mut negative);
            for (i, sign) in signs.iter_mut().enumerate() {
                let negative = negative[0] >> (i * symbols) & ((1 << symbols) - 1);
                *sign = if negative.count_ones() as usize > self.kappa() { -1 } else { 1 };
            }
        }
    }
}
