//! The three variants and what they are in the clear.

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

    /// The x whose sign it gives, the longest interval about zero.
    pub fn range(self) -> RangeInclusive<i64> {
        match self {
            Self::Bsgn0 => -135..=134,
            Self::Bsgn1 => -384..=383,
            Self::Bsgn2 => -595..=594,
        }
    }

    /// The bits of two's complement numbers all of which are in the range: 8, 9 or 10.
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
    /// sgn(0) = +1, and as good as random beyond. A symbol that is zero, which takes an x of more than
    /// [`MAX_BITS`](super::MAX_BITS) bits, counts as any of both.
    ///
    /// ```
    /// use ringshare::correlation::compare::legendre::Variant;
    /// assert_eq!(Variant::Bsgn0.evaluate(0), 1);
    /// assert_eq!(Variant::Bsgn0.evaluate(-135), -1);
    /// // Out of range, and wrong.
    /// assert_eq!(Variant::Bsgn0.evaluate(-136), 1);
    /// ```
    pub fn evaluate(self, x: i64) -> i8 {
        let (kappa, prime) = (self.kappa() as i128, self.prime() as i128);
        let mut values = [1; 5];
        for (i, value) in values.iter_mut().enumerate().take(self.symbols()) {
            *value = (2 * (x as i128 + i as i128 - kappa) + 1).rem_euclid(prime) as u64;
        }
        let mut negative = [0];
        self.field().symbols(&values, &mut negative);
        if negative[0].count_ones() as usize > self.kappa() { -1 } else { 1 }
    }
}
