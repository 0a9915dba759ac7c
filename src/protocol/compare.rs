//! Comparison with zero, sign, greater-than.
//!
//! Values are compared on their low `bits` bits, read as two's complement: a value that is known
//! to be small is compared at its own length inside a larger ring. There are several ways to do it,
//! one file each, and everything that stands on comparisons takes the one that the party was told
//! to take ([`Party::set_comparison`]).

pub(super) mod bitwise;
mod dcf;
mod family;
mod legendre;
mod tables;

pub use self::family::{Family, UnknownFamily};
use super::error::{range, shape};
use super::{Error, Party};
use crate::correlation::compare::{self, Plan, Task};
use crate::net::Transport;
use crate::offline::Elements;
use crate::ring::Ring;
use crate::share::{BitShare, Share};

impl<T: Transport> Party<T> {
    /// `[if x ≥ 0, if x < 0]` of `values`, in O.
    ///
    /// # Errors
    /// If `bits` is not in 2..=64, above k or beyond what the family takes, or it is not for this number of
    /// parties, the network fails, the store has no such comparison next or the dealer's data is malformed.
    pub fn compare<R: Ring, O: Ring>(
        &mut self,
        x: &Share<R>,
        bits: u32,
        values: [O::Word; 2],
    ) -> Result<Share<O>, Error> {
        self.check_bits::<R>(bits)?;
        match self.family {
            Family::Lookup(wish) => {
                let task = Task::Negative(Some(Elements::of::<O>()));
                self.compare_by_plan(x, Plan::choose(bits, task, wish), values)
            }
            Family::Dcf => self.compare_by_dcf(x, bits, values),
            Family::Bitwise => self.compare_by_bitwise(x, bits, values),
            Family::Legendre(variant) => self.compare_by_legendre(x, bits, variant, values),
        }
    }

    pub(super) fn check_bits<R: Ring>(&self, bits: u32) -> Result<(), Error> {
        range("bits of a comparison", 2, R::BITS.min(64) as u64, bits as u64)
    }

    /// Compares by this family from now on. All parties must choose the same.
    pub fn set_comparison(&mut self, family: Family) {
        self.family = family;
    }

    /// How this party compares.
    pub fn comparison(&self) -> Family {
        self.family
    }

    /// The sign of every value, +1 or −1 in O; sgn(0) = +1.
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    pub fn sign<R: Ring, O: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<O>, Error> {
        self.compare(x, bits, compare::sign_values::<O>())
    }

    /// 1 where x < 0, else 0, in O.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn negative<R: Ring, O: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<Share<O>, Error> {
        self.compare(x, bits, compare::bit_values::<O>())
    }

    /// The bits x < 0, shared as bits.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn negative_bits<R: Ring>(&mut self, x: &Share<R>, bits: u32) -> Result<BitShare, Error> {
        self.check_bits::<R>(bits)?;
        match self.family {
            Family::Lookup(wish) => self.bits_by_plan(x, Plan::choose(bits, Task::Negative(None), wish)),
            Family::Dcf => self.negative_by_dcf(x, bits),
            Family::Bitwise => self.negative_by_bitwise(x, bits),
            Family::Legendre(variant) => self.negative_by_legendre(x, bits, variant),
        }
    }

    /// 1 where a > b, else 0, in O: b − a is compared with zero, so it must fit `bits` bits.
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and if the lengths differ.
    pub fn greater<R: Ring, O: Ring>(
        &mut self,
        a: &Share<R>,
        b: &Share<R>,
        bits: u32,
    ) -> Result<Share<O>, Error> {
        let mut difference = difference(a, b)?;
        difference.negate();
        self.negative(&difference, bits)
    }

    /// The bits a > b, shared as bits: b − a must fit `bits` bits.
    ///
    /// # Errors
    /// As [`greater`](Self::greater).
    pub fn greater_bits<R: Ring>(
        &mut self,
        a: &Share<R>,
        b: &Share<R>,
        bits: u32,
    ) -> Result<BitShare, Error> {
        let mut difference = difference(a, b)?;
        difference.negate();
        self.negative_bits(&difference, bits)
    }
}

/// a − b.
pub(super) fn difference<R: Ring>(a: &Share<R>, b: &Share<R>) -> Result<Share<R>, Error> {
    shape("elements of the right side of a comparison", a.len(), b.len())?;
    let mut difference = a.clone();
    difference.sub_assign(b);
    Ok(difference)
}
