//! Products with packed matrices of integers.

use alloc::vec::Vec;

use crate::linalg::{Filters, Window};
use crate::ring::Word;

/// A packed matrix, in a word that holds all results.
pub(super) enum Product {
    U16(Filters<u16>),
    U32(Filters<u32>),
    U64(Filters<u64>),
    U128(Filters<u128>),
}

impl Product {
    /// x·Wᵀ + b, or that at every place of a window; `fit` takes results of more than 64 bits.
    pub(super) fn apply<E>(
        &self,
        window: Option<&Window>,
        bias: &[i64],
        x: &[i64],
        fit: impl Fn(i128) -> Result<i64, E>,
    ) -> Result<Vec<i64>, E> {
        match self {
            Self::U16(filters) => Ok(multiply(filters, window, bias, x)),
            Self::U32(filters) => Ok(multiply(filters, window, bias, x)),
            Self::U64(filters) => Ok(multiply(filters, window, bias, x)),
            Self::U128(filters) => {
                words(filters, window, bias, x).into_iter().map(|z| fit(z as i128)).collect()
            }
        }
    }
}

fn words<W: Word>(filters: &Filters<W>, window: Option<&Window>, bias: &[i64], x: &[i64]) -> Vec<W> {
    let x: Vec<W> = x.iter().map(|&x| word(x)).collect();
    let bias: Vec<W> = bias.iter().map(|&b| word(b)).collect();
    let places = match window {
        None => x.len() / filters.inputs(),
        Some(window) => {
            let [rows, columns] = window.places().unwrap_or([0; 2]);
            x.len() / window.image.iter().product::<usize>() * rows * columns
        }
    };
    let mut z = Vec::with_capacity(places * bias.len());
    (0..places).for_each(|_| z.extend_from_slice(&bias));
    match window {
        None => filters.multiply_add(&x, &mut z),
        Some(window) => filters.convolve_add(window, &x, &mut z),
    }
    z
}

/// [`words`] of at most 64 bits as numbers.
fn multiply<W: Word>(filters: &Filters<W>, window: Option<&Window>, bias: &[i64], x: &[i64]) -> Vec<i64> {
    let up = 64 - W::BITS;
    words(filters, window, bias, x).into_iter().map(|z| (z.low64() << up) as i64 >> up).collect()
}

/// Two's complement.
pub(super) fn word<W: Word>(x: i64) -> W {
    if W::BITS <= 64 { W::truncate64(x as u64) } else { W::from_signed(x.into()) }
}
