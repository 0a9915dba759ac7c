//! Several values as one.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::iter;

use super::contract::{Errors, Line, Step};
use crate::nn::architecture::{Check, Value};
use crate::nn::quantised::{Exact, Reader, Writer};
use crate::nn::sequential::Online;
use crate::nn::{ArchitectureError, Overflow, PublicModelError};
use crate::protocol::Error;
use crate::ring::Ring;
use crate::share::Share;

/// At every place the channels of x, `[places, channels[0]]`, then those of earlier values, `[places, channels[1]]` and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concat {
    /// The numbers of the values.
    pub values: Vec<usize>,
    /// Channels of x and of each of the values.
    pub channels: Vec<usize>,
}

impl Concat {
    fn joined<T: Copy>(&self, parts: &[&[T]]) -> Vec<T> {
        // Growing would leave the old place unwiped.
        let mut out = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
        let places = parts[0].len() / self.channels[0];
        for place in 0..places {
            for (part, &channels) in parts.iter().zip(&self.channels) {
                out.extend_from_slice(&part[place * channels..][..channels]);
            }
        }
        out
    }
}

impl Step for Concat {
    fn earlier(&self) -> &[usize] {
        &self.values
    }

    fn check(&self, check: &Check<'_>) -> Result<Value, ArchitectureError> {
        let (expected, found) = (self.values.len() + 1, self.channels.len());
        if expected != found {
            return Err(ArchitectureError::Inputs { layer: check.layer, expected, found });
        }
        self.channels.iter().try_for_each(|&channels| check.some(channels))?;
        let places = check.x.elements / self.channels[0];
        check.inputs(places * self.channels[0])?;
        let mut all = check.x;
        for (&value, &channels) in self.values.iter().zip(&self.channels[1..]) {
            let (other, expected) = (check.value(value)?, check.count(&[places, channels])?);
            if other.elements != expected {
                let found = other.elements;
                return Err(ArchitectureError::Inputs { layer: check.layer, expected, found });
            }
            let elements = all.elements.saturating_add(expected);
            all = Value { elements: check.count(&[elements])?, right: all.right.min(other.right) };
        }
        Ok(all)
    }

    fn need(&self, result: u32) -> u32 {
        result
    }

    fn exact(&self, x: Vec<i64>, at: &mut Exact<'_>) -> Result<Vec<i64>, Overflow> {
        Ok(self.joined(&iter::once(&x[..]).chain(at.others.iter().copied()).collect::<Vec<_>>()))
    }

    /// Those of each, where there are fewer than its channels repeated.
    fn error(&self, e: &[f64], at: &Errors<'_>) -> Vec<f64> {
        let all = iter::once(e).chain(at.others.iter().copied()).zip(&self.channels);
        all.flat_map(|(e, &channels)| (0..channels).map(|i| e[i % e.len()])).collect()
    }

    fn line(&self) -> Line {
        let values: Vec<String> = self.values.iter().map(ToString::to_string).collect();
        Line::new(format!("followed by values {}", values.join(", ")), None)
    }

    fn write(&self, to: &mut Writer) {
        to.sizes(&[self.values.len()]);
        to.sizes(&self.values);
        to.sizes(&self.channels);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, PublicModelError> {
        let count = from.size()?;
        Ok(Self { values: from.sizes(count)?, channels: from.sizes(count.saturating_add(1))? })
    }

    fn forward<R: Ring>(&self, x: Share<R>, at: Online<'_, R>) -> Result<Share<R>, Error> {
        let parts: Vec<&[R::Word]> =
            iter::once(&x).chain(at.others.iter().copied()).map(|part| part.expose()).collect();
        Ok(Share::from_words(self.joined(&parts)))
    }
}
