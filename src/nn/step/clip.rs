//! Clips.
//!
//! min(max(x, low), high) = relu(x − low) − relu(x − high) + low, both ReLUs in the same rounds.

use alloc::format;
use alloc::vec::Vec;

use num_traits::WrappingNeg;

use super::contract::{Line, Step};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::{Ring, Word};
use crate::share::{Share, add_public};

/// min(max(x, low), high), of values for which x − low and x − high fit `bits` bits as signed numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// The bit length.
    pub bits: u32,
    /// The least result.
    pub low: i64,
    /// The greatest result.
    pub high: i64,
}

impl Step for Clip {
    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let Self { bits, low, high } = *self;
        check.bits(bits, check.comparable())?;
        if low < high {
            Ok(check.lifted())
        } else {
            Err(ArchitectureError::Ends { layer: check.layer, low, high })
        }
    }

    fn ring(&self) -> u32 {
        self.bits
    }

    fn exact(&self, mut x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        for end in [self.low, self.high] {
            at.all_fit(x.iter().map(|&x| i128::from(x) - i128::from(end)), self.bits)?;
        }
        x.iter_mut().for_each(|x| *x = (*x).clamp(self.low, self.high));
        Ok(x)
    }

    fn line(&self) -> Line {
        Line::new(format!("clip to {}..{}", self.low, self.high), self.bits)
    }

    fn write(&self, to: &mut Writer) {
        to.bits(&[self.bits]);
        to.numbers(&[self.low, self.high]);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        Ok(Self { bits: from.layer_bits()?, low: from.integer()?, high: from.integer()? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        let party = at.party;
        let [low, high] = [self.low, self.high].map(|end| R::Word::from_signed(end.into()));
        let mut both = x.clone();
        both.append(&x);
        let (above_low, above_high) = both.expose_mut().split_at_mut(x.len());
        add_public(party.id(), low.wrapping_neg(), above_low);
        add_public(party.id(), high.wrapping_neg(), above_high);
        let both = party.relu::<R, R>(&both, self.bits)?;
        let mut out = both.slice(0..x.len());
        out.sub_assign(&both.slice(x.len()..both.len()));
        add_public(party.id(), low, out.expose_mut());
        Ok(out)
    }
}
