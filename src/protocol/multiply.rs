//! Beaver multiplication, elementwise and of matrices.
//!
//! One round; 2k bits an element (for matrices: k bits an element of either factor) opened; k bits
//! an element of the product from the dealer. See [`Triple`](crate::correlation::Triple) and
//! [`MatrixTriple`](crate::correlation::MatrixTriple).

use alloc::vec::Vec;

use super::error::{range, shape};
use super::{Error, Party};
use crate::correlation::MatrixTriple;
use crate::correlation::triple::Factors;
use crate::offline::Cost;
use crate::ring::{Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::Share;

/// # Products
impl Party {
    /// The elementwise product of two vectors.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// let product = party.multiply(&x, &y)?; // (5, −4) times (3, 2)
    /// party.open(&product) // 15, −8
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [15, 248]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the lengths differ, the network fails or the store has no triples next.
    pub fn multiply<R: Ring>(&mut self, x: &Share<R>, y: &Share<R>) -> Result<Share<R>, Error> {
        shape("elements of the right factor", x.len(), y.len())?;
        self.multiply_words(x.expose(), y.expose(), R::BITS).map(Share::of)
    }

    /// [`multiply`](Self::multiply), word by word, modulo 2^bits.
    pub(super) fn multiply_words<W: Word>(
        &mut self,
        x: &[W],
        y: &[W],
        bits: u32,
    ) -> Result<Scratch<W>, Error> {
        let (mut opened, factors) = Factors::take(&mut self.store, x.len(), bits)?.mask(x, y);
        self.network.open(&mut opened, bits)?;
        Ok(factors.finish(&opened))
    }

    /// The product of the matrices x: `[rows, inner]` and y: `[inner, columns]`; `dims` is
    /// `[rows, inner, columns]`. With one row and one column, a dot product.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// let dot = party.matmul(&x, &y, [1, 2, 1])?; // a row (5, −4) times a column (3, 2)
    /// party.open(&dot) // 7
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [7]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the lengths do not fit the shape, the network fails or the store has no such triple next.
    pub fn matmul<R: Ring>(
        &mut self,
        x: &Share<R>,
        y: &Share<R>,
        dims: [usize; 3],
    ) -> Result<Share<R>, Error> {
        self.matmuls(x, y, 1, dims)
    }

    /// `count` products in the round of one, of the matrices x: `[count, rows, inner]` and y: `[count, inner, columns]`;
    /// `dims` is `[rows, inner, columns]`.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 4, (party.id() == 0).then_some(&[5, 252, 1, 2]))?;
    /// # let y = party.input::<Z2<8>>(1, 4, (party.id() == 1).then_some(&[3, 2, 4, 1]))?;
    /// let dots = party.matmuls(&x, &y, 2, [1, 2, 1])?; // (5, −4) times (3, 2), and (1, 2) times (4, 1)
    /// party.open(&dots) // 7, 6
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [7, 6]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`matmul`](Self::matmul).
    pub fn matmuls<R: Ring>(
        &mut self,
        x: &Share<R>,
        y: &Share<R>,
        count: usize,
        dims: [usize; 3],
    ) -> Result<Share<R>, Error> {
        let [rows, inner, columns] = dims;
        let [left, right, product] =
            [[rows, inner], [inner, columns], [rows, columns]].map(|[a, b]| a.saturating_mul(b));
        shape("elements of the left matrices", left.saturating_mul(count), x.len())?;
        shape("elements of the right matrices", right.saturating_mul(count), y.len())?;
        range("matrices to multiply", 0, u32::MAX.into(), count as u64)?;
        range("elements of the products", 0, isize::MAX as u64, product.saturating_mul(count) as u64)?;
        let mut opened = Vec::with_capacity(x.len() + y.len());
        let mut triples = Vec::with_capacity(count);
        for i in 0..count {
            let (x, y) = (&x.expose()[i * left..][..left], &y.expose()[i * right..][..right]);
            let (masked, triple) = MatrixTriple::<R>::take(&mut self.store, dims)?.mask_words(x, y);
            opened.extend(masked);
            triples.push(triple);
        }
        self.network.open(&mut opened, R::BITS)?;
        // Growing would leave the old place unwiped.
        let mut out = Vec::with_capacity(count * product);
        for (i, triple) in triples.into_iter().enumerate() {
            out.extend_from_slice(triple.finish(&opened[i * (left + right)..][..left + right]).expose());
        }
        Ok(Share::from_words(out))
    }
}

/// The cost of `len` products of k-bit elements.
pub fn multiply(len: usize, bits: u32) -> Cost {
    Cost { rounds: 1, opened_bits: 2 * len as u64 * bits as u64, dealer_bytes: packed_len(len, bits) as u64 }
}

/// The cost of a product of `[rows, inner]` and `[inner, columns]` of k-bit elements.
pub fn matmul(dims: [usize; 3], bits: u32) -> Cost {
    matmuls(1, dims, bits)
}

/// The cost of `count` products of `[rows, inner]` and `[inner, columns]` of k-bit elements.
pub fn matmuls(count: usize, [rows, inner, columns]: [usize; 3], bits: u32) -> Cost {
    Cost {
        rounds: 1,
        opened_bits: (count * (rows * inner + inner * columns)) as u64 * bits as u64,
        dealer_bytes: (count * packed_len(rows * columns, bits)) as u64,
    }
}
