//! The ways to compare.

use super::dcf;
use crate::correlation::compare::{Plan, Task, Wish};
use crate::correlation::legendre::{self, Variant};
use crate::correlation::{Cost, Elements};
use crate::ring::Z2;

/// How values are compared with zero: the same function at another price. All parties of a session
/// must choose the same ([`Party::set_comparison`](crate::protocol::Party::set_comparison)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// Tables of chunks ([`correlation::compare`](crate::correlation::compare)), any number of
    /// parties, by the plan that fits the wish best.
    Lookup(Wish),
    /// Distributed comparison functions ([`correlation::dcf`](crate::correlation::dcf)): two parties, one
    /// round, many bytes from the dealer.
    Dcf,
    /// A tree of borrows over the bits of a masked value ([`correlation::bits`](crate::correlation::bits)),
    /// any number of parties: the fewest bytes, and more rounds.
    Bitwise,
    /// Legendre symbols modulo a 64-bit prime ([`correlation::legendre`](crate::correlation::legendre)),
    /// any number of parties, up to 8, 9 or 10 bits. The values must fit the declared bits as
    /// signed numbers and not only their low bits be compared, and the ring must have a spare bit.
    Legendre(Variant),
}

impl Default for Family {
    fn default() -> Self {
        Self::Lookup(Wish::default())
    }
}

impl Family {
    /// What plans are to have least of; the default where another family compares.
    pub(in crate::protocol) fn wish(self) -> Wish {
        match self {
            Self::Lookup(wish) => wish,
            Self::Dcf | Self::Bitwise | Self::Legendre(_) => Wish::default(),
        }
    }

    /// The cost of `len` comparisons of `bits` bits, arithmetic in a ring of `output` or boolean.
    ///
    /// # Panics
    /// If `bits` is not in 2..=64.
    pub fn cost(self, len: usize, bits: u32, output: Option<Elements>) -> Cost {
        match self {
            Self::Lookup(wish) => Plan::choose(bits, Task::Negative(output), wish).cost(len),
            Self::Dcf => dcf::cost(len, bits, output),
            Self::Bitwise => super::bitwise::cost(len, bits, output),
            Self::Legendre(variant) => {
                legendre::cost(len, bits, variant, output.unwrap_or(Elements::of::<Z2<1>>()))
            }
        }
    }
}
