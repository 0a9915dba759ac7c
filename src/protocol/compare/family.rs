//! The ways to compare.

use core::fmt;
use core::str::FromStr;

use crate::correlation::compare::Wish;
use crate::correlation::compare::legendre::Variant;

/// How values are compared with zero: each family computes the same function at another price. All parties of a session
/// must choose the same one ([`Party::set_comparison`](crate::protocol::Party::set_comparison)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// Tables of chunks ([`correlation::compare::tables`](crate::correlation::compare::tables)), for any number of
    /// parties, by the plan that fits the wish best.
    Lookup(Wish),
    /// Distributed comparison functions ([`correlation::compare::dcf`](crate::correlation::compare::dcf)), for two
    /// parties: one round, and many bytes from the dealer.
    Dcf,
    /// A tree of borrows over the bits of a masked value ([`correlation::bits`](crate::correlation::bits)), for any number
    /// of parties: the fewest bytes from the dealer, and more rounds.
    Bitwise,
    /// Legendre symbols modulo a 64-bit prime ([`correlation::compare::legendre`](crate::correlation::compare::legendre)),
    /// for any number of parties, up to 8, 9 or 10 bits. The whole value must fit the declared bits as a signed number
    /// (its low bits alone are not enough), and the ring must have a spare bit.
    Legendre(Variant),
}

impl Default for Family {
    fn default() -> Self {
        Self::Lookup(Wish::default())
    }
}

impl Family {
    /// All of them, with all their wishes and variants.
    pub const ALL: [Self; 9] = [
        Self::Lookup(Wish::Balanced),
        Self::Lookup(Wish::Rounds),
        Self::Lookup(Wish::DealerBytes),
        Self::Lookup(Wish::Cpu),
        Self::Dcf,
        Self::Bitwise,
        Self::Legendre(Variant::Bsgn0),
        Self::Legendre(Variant::Bsgn1),
        Self::Legendre(Variant::Bsgn2),
    ];

    /// The name, as [`FromStr`] reads it: `lookup-balanced`, `dcf`, `legendre-0`, ….
    pub fn name(self) -> &'static str {
        match self {
            Self::Lookup(Wish::Balanced) => "lookup-balanced",
            Self::Lookup(Wish::Rounds) => "lookup-rounds",
            Self::Lookup(Wish::DealerBytes) => "lookup-bytes",
            Self::Lookup(Wish::Cpu) => "lookup-cpu",
            Self::Dcf => "dcf",
            Self::Bitwise => "bitwise",
            Self::Legendre(Variant::Bsgn0) => "legendre-0",
            Self::Legendre(Variant::Bsgn1) => "legendre-1",
            Self::Legendre(Variant::Bsgn2) => "legendre-2",
        }
    }

    /// What plans should have least of; the default where another family compares.
    pub(in crate::protocol) fn wish(self) -> Wish {
        match self {
            Self::Lookup(wish) => wish,
            Self::Dcf | Self::Bitwise | Self::Legendre(_) => Wish::default(),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no [`Family`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFamily;

impl fmt::Display for UnknownFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one of ")?;
        let names = Family::ALL.iter().enumerate();
        names.into_iter().try_for_each(|(i, family)| write!(f, "{}{family}", if i > 0 { ", " } else { "" }))
    }
}

impl core::error::Error for UnknownFamily {}

impl FromStr for Family {
    type Err = UnknownFamily;

    /// ```
    /// use ringshare::protocol::Family;
    /// assert!(Family::ALL.iter().all(|family| family.name().parse() == Ok(*family)));
    /// assert!("lookups".parse::<Family>().unwrap_err().to_string().contains("dcf"));
    /// ```
    fn from_str(name: &str) -> Result<Self, UnknownFamily> {
        Self::ALL.into_iter().find(|family| family.name() == name).ok_or(UnknownFamily)
    }
}
