//! A party's share of a model, and what it has prepared, as bytes to be kept between two runs.
//!
//! A model that was shared once is served again without its owner: every party reads its share, with its
//! [`Store`](crate::offline::Store), and goes on in the same session. See [`StateId`] for whose bytes they are.

use alloc::vec::Vec;

use super::weighted::{Shape, Weighted};
use super::{Prepared, Sequential};
use crate::correlation::MatrixProduct;
use crate::nn::Architecture;
use crate::offline::state::{self, put_number};
use crate::offline::{DecodeError, StateId};
use crate::ring::Ring;
use crate::secret::SecretBytes;

const MODEL: [u8; 8] = *b"model   ";
const BATCH: [u8; 8] = *b"batch   ";

fn malformed<T>(what: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::Shape { what })
}

impl<R: Ring> Sequential<R> {
    /// This party's share of the model as bytes, by which `id` finds it again; `None` where the weights are public.
    /// The id's model is a digest of the caller's choice, as [`PublicModel::digest`](crate::nn::PublicModel::digest).
    ///
    /// # Panics
    /// If `id` is of another session than the model.
    pub fn to_bytes(&self, id: &StateId) -> Option<SecretBytes> {
        let secrets: Option<Vec<_>> = self.weighted.iter().map(Weighted::secret).collect();
        let secrets = secrets?;
        let session = secrets.first().map_or(id.session, |(weights, _)| weights.id().session);
        assert_eq!(id.session, session, "session of a state and of its model");
        Some(state::write(MODEL, id, |out| {
            put_number(out, secrets.len() as u64);
            for (weights, bias) in secrets {
                weights.write(out);
                bias.write(out);
            }
        }))
    }

    /// The share of a model of this architecture that [`to_bytes`](Self::to_bytes) made these bytes of under the
    /// same id.
    ///
    /// # Errors
    /// If the bytes are damaged, or of anything else.
    pub fn from_bytes(bytes: &[u8], id: &StateId, architecture: &Architecture) -> Result<Self, DecodeError> {
        if architecture.ring() != R::BITS {
            return Err(DecodeError::Belongs { what: "ring" });
        }
        let mut from = state::read(MODEL, id, bytes)?;
        let shapes: Vec<Shape> = super::shapes(architecture).collect();
        if from.number()? != shapes.len() as u64 {
            return malformed("number of a model's layers");
        }
        let weighted = shapes.into_iter().map(|shape| Weighted::read(shape, &mut from, id));
        let weighted = weighted.collect::<Result<_, _>>()?;
        from.finish()?;
        Ok(Self { architecture: architecture.clone(), weighted })
    }
}

impl<R: Ring> Prepared<R> {
    /// What was prepared as bytes, to go on from [later](Self::from_bytes). It is gone here: its masks hide one batch
    /// alone.
    ///
    /// # Panics
    /// If `id` is of another session than the model.
    pub fn into_bytes(self, id: &StateId) -> SecretBytes {
        let mut sessions = self.products.iter().flatten().map(|product| product.matrix().session);
        assert!(sessions.all(|session| session == id.session), "session of a state and of its batch");
        state::write(BATCH, id, |out| {
            put_number(out, self.rows as u64);
            self.products.iter().flatten().for_each(|product| product.write(out));
        })
    }

    /// The batch of this model that [`into_bytes`](Self::into_bytes) made these bytes of under the same id.
    ///
    /// # Errors
    /// If the bytes are damaged, or of anything else.
    pub fn from_bytes(bytes: &[u8], id: &StateId, model: &Sequential<R>) -> Result<Self, DecodeError> {
        let mut from = state::read(BATCH, id, bytes)?;
        let (rows, most) = (from.size()?, model.most_rows());
        if rows as u64 > most {
            return Err(DecodeError::Number { most, found: rows as u64 });
        }
        let products = model.weighted.iter().map(|layer| layer.read_product(&mut from));
        let products: Vec<Option<MatrixProduct<R>>> = products.collect::<Result<_, _>>()?;
        from.finish()?;
        if products.iter().flatten().any(|product| product.rows() != rows) {
            return malformed("rows of a batch");
        }
        Ok(Self { rows, products })
    }
}
