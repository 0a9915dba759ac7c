//! Masked matrices and prepared products as bytes, to be kept between two runs.

use alloc::vec::Vec;

use super::layout::strips;
use super::request::{read_window, window_numbers};
use super::{MaskedMatrix, MatrixId, MatrixProduct, MatrixProductRequest};
use crate::linalg::Filters;
use crate::offline::state::{self, put_number};
use crate::offline::{DecodeError, Kind, Reader, StateId};
use crate::ring::{Ring, Word, pack, packed_len, unpack};
use crate::secret::{Scratch, SecretBytes};
use crate::share::Share;

const MATRIX: [u8; 8] = *b"matrix 2";
const PRODUCT: [u8; 8] = *b"product ";
/// Bits of −1 and +1.
const SIGN: u32 = 2;

fn belongs<T>(what: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::Belongs { what })
}

impl<R: Ring> MaskedMatrix<R> {
    /// The share of W, which at its owner is W itself, and the opened W − A as bytes, by which `id` finds them again
    /// ([`from_bytes`](Self::from_bytes)). None, of a matrix of a dry run.
    ///
    /// # Panics
    /// If `id` is of another session than the matrix.
    pub fn to_bytes(&self, id: &StateId) -> SecretBytes {
        assert_eq!(id.session, self.id.session, "session of a state and of its matrix");
        state::write(MATRIX, id, |out| self.write(out))
    }

    /// The matrix that [`to_bytes`](Self::to_bytes) made these bytes of under the same id.
    ///
    /// # Errors
    /// If the bytes are damaged, or of anything else.
    pub fn from_bytes(bytes: &[u8], id: &StateId) -> Result<Self, DecodeError> {
        let mut from = state::read(MATRIX, id, bytes)?;
        let matrix = Self::read(&mut from, id)?;
        from.finish()?;
        Ok(matrix)
    }

    pub(crate) fn write(&self, out: &mut SecretBytes) {
        let [outputs, inputs, groups] = self.shape;
        let bits = self.bits;
        for number in [self.id.number, outputs, inputs, groups, R::BITS as usize, bits as usize] {
            put_number(out, number as u64);
        }
        // Whether the share of W is nothing, words or signs.
        let signs = self.weights.as_ref().is_some_and(Filters::are_signs);
        put_number(out, self.weights.as_ref().map_or(0, |_| 1 + u64::from(signs)));
        let weights = self.weights.iter().map(|weights| (weights, if signs { SIGN } else { bits }));
        let all: Vec<_> =
            weights.chain(self.difference.iter().map(|difference| (difference, bits))).collect();
        for strip in strips(outputs, inputs) {
            let mut rows = Scratch::<R::Word>::zeros(strip.len() * inputs);
            for &(filters, bits) in &all {
                filters.copy_rows(strip.start, &mut rows);
                pack(&rows, bits, out.append(packed_len(rows.len(), bits)));
            }
        }
    }

    pub(crate) fn read(from: &mut Reader<'_>, id: &StateId) -> Result<Self, DecodeError> {
        let (number, shape) = (from.size()?, [from.size()?, from.size()?, from.size()?]);
        let [outputs, inputs, groups] = shape;
        if from.number()? != u64::from(R::BITS) {
            return belongs("ring");
        }
        let bits = from.small()?;
        let malformed = || DecodeError::Shape { what: "shape of a matrix" };
        if !(1..=R::BITS).contains(&bits) || super::request::check_groups(outputs, groups).is_err() {
            return Err(malformed());
        }
        // No more memory than there are bytes to fill it with.
        let elements =
            outputs.checked_mul(inputs).filter(|_| inputs > 0 || outputs == 0).ok_or_else(malformed)?;
        let zeros = || Filters::modulo(outputs, inputs, groups, bits);
        let held = from.number()?;
        let own = match held {
            0 => 0,
            1 => bits,
            2 if groups == 1 => SIGN,
            _ => return Err(malformed()),
        };
        let (expected, found) =
            (packed_len(elements, bits).saturating_add(packed_len(elements, own)), from.left());
        if expected > found {
            return Err(DecodeError::Short { expected, found });
        }
        let signs = held == 2;
        let mut weights = (held > 0).then(|| if signs { Filters::signs(outputs, inputs) } else { zeros() });
        let mut difference = zeros();
        let elements = || DecodeError::Shape { what: "elements of a matrix" };
        for strip in strips(outputs, inputs) {
            let mut rows = Scratch::<R::Word>::zeros(strip.len() * inputs);
            if let Some(weights) = &mut weights {
                unpack(from.raw(packed_len(rows.len(), own))?, own, &mut rows).map_err(|_| elements())?;
                if signs && !all_signs(&mut rows) {
                    return Err(elements());
                }
                weights.set_rows(strip.start, &rows);
            }
            unpack(from.raw(packed_len(rows.len(), bits))?, bits, &mut rows).map_err(|_| elements())?;
            difference.set_rows(strip.start, &rows);
        }
        let id = MatrixId { session: id.session, number };
        Ok(Self { weights, difference: Some(difference), id, shape, bits })
    }
}

/// From signs of [`SIGN`] bits to words. Whether they are signs, all of which are looked at.
fn all_signs<W: Word>(words: &mut [W]) -> bool {
    let mut odd = W::one();
    for word in words {
        odd = odd & *word;
        *word = W::one().wrapping_sub(&(*word & (W::one() << 1)));
    }
    odd == W::one()
}

impl<R: Ring> MatrixProduct<R> {
    /// What was prepared as bytes, to go on from [later](Self::from_bytes). It is gone here: its mask
    /// hides one input alone.
    ///
    /// # Panics
    /// If `id` is of another session than the product.
    pub fn into_bytes(self, id: &StateId) -> SecretBytes {
        assert_eq!(id.session, self.matrix.session, "session of a state and of its product");
        state::write(PRODUCT, id, |out| self.write(out))
    }

    /// The product with this matrix that [`into_bytes`](Self::into_bytes) made these bytes of under the same id.
    ///
    /// # Errors
    /// If the bytes are damaged, or of anything else.
    pub fn from_bytes(bytes: &[u8], id: &StateId, matrix: &MaskedMatrix<R>) -> Result<Self, DecodeError> {
        let mut from = state::read(PRODUCT, id, bytes)?;
        let product = Self::read(&mut from, matrix)?;
        from.finish()?;
        Ok(product)
    }

    pub(crate) fn write(&self, out: &mut SecretBytes) {
        put_number(out, self.matrix.number as u64);
        put_number(out, R::BITS.into());
        put_number(out, self.rows as u64);
        window_numbers(self.window.as_ref()).for_each(|number| put_number(out, number));
        self.b.write(out);
        self.u.write(out);
    }

    pub(crate) fn read(from: &mut Reader<'_>, matrix: &MaskedMatrix<R>) -> Result<Self, DecodeError> {
        if from.size()? != matrix.id.number {
            return belongs("matrix");
        }
        if from.number()? != u64::from(R::BITS) {
            return belongs("ring");
        }
        let (rows, window) = (from.size()?, read_window(from)?);
        let (b, u) = (from.part(Share::read)?, from.part(Share::read)?);
        let asked = MatrixProductRequest { window, rows, ..matrix.kind(None, 0) };
        let [inputs, outputs] = asked.check(1).map(|()| asked.sizes()).map_err(DecodeError::Request)?;
        if [b.len(), u.len()] != [inputs, outputs] {
            return Err(DecodeError::Shape { what: "shape of a product" });
        }
        Ok(Self { matrix: matrix.id, window, rows, b, u })
    }
}
