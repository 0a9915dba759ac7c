//! Products with one matrix.
//!
//! Setup, once for a matrix: W − A is opened, k bits an element, in strips of rows, one round each. A product with `rows`
//! inputs then takes one round, k opened bits for each element of the input, and k bits from the dealer for each element of
//! the product. A convolution takes the same, counted over the images and the result: each value of an image is opened once,
//! however many windows see it. What is opened is masked and tells nobody anything; the product stays shared. The
//! mathematics is in [`correlation::matrix`](crate::correlation::matrix).

use core::ops::Range;

use num_traits::One;

use super::error::{range, shape};
use super::{Error, Party};
use crate::correlation::matrix::{check_groups, strips};
use crate::correlation::{MaskedMatrix, MatrixMask, MatrixProduct};
use crate::linalg::{Filters, Window};
use crate::offline::Cost;
use crate::ring::{Ring, Word, packed_len};
use crate::secret::public;
use crate::share::Share;

/// Writes one row of a matrix, given its number.
pub type WriteRow<'a, W> = &'a dyn Fn(usize, &mut [W]);

/// Gives a party's share of some rows of a matrix; `None` for a party that holds no share of them.
type ShareRows<'a, R> = &'a mut dyn FnMut(&mut Party, Range<usize>) -> Result<Option<Share<R>>, Error>;

/// # Products with one matrix
impl Party {
    /// Masks a shared matrix `[outputs, inputs]` for any number of products modulo 2^bits. `rows` gives a range of its
    /// rows at a time, so that no second copy of the matrix needs to be held.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// // One row of two weights, y = (3, 2), which are shared already.
    /// let matrix = party.mask_matrix([1, 2], 8, |_, rows| Ok(y.slice(2 * rows.start..2 * rows.end)))?;
    /// let prepared = party.prepare_product(&matrix, 1)?;
    /// let product = party.product(&matrix, prepared, &x)?; // x = (5, −4)
    /// party.open(&product) // 7
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [7]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `rows` fails or gives other than the rows asked for, `bits` is not in 1..=k, the network
    /// fails or the store has no such mask next.
    pub fn mask_matrix<R: Ring>(
        &mut self,
        dims: [usize; 2],
        bits: u32,
        rows: impl FnMut(&mut Self, Range<usize>) -> Result<Share<R>, Error>,
    ) -> Result<MaskedMatrix<R>, Error> {
        self.mask_filters(dims, 1, bits, rows)
    }

    /// As [`mask_matrix`](Self::mask_matrix), for a matrix whose rows fall into groups: each group multiplies inputs, or
    /// channels of a convolution's images, of its own.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// # let y = party.input::<Z2<8>>(1, 2, (party.id() == 1).then_some(&[3, 2]))?;
    /// // Two groups of one row of one weight each, y = (3, 2): one for each channel.
    /// let filters = party.mask_filters([2, 1], 2, 8, |_, rows| Ok(y.slice(rows)))?;
    /// let prepared = party.prepare_product(&filters, 1)?;
    /// let product = party.product(&filters, prepared, &x)?; // x = (5, −4)
    /// party.open(&product) // 15, −8
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [15, 248]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`mask_matrix`](Self::mask_matrix), and if the rows do not fall into so many groups.
    pub fn mask_filters<R: Ring>(
        &mut self,
        [outputs, inputs]: [usize; 2],
        groups: usize,
        bits: u32,
        mut rows: impl FnMut(&mut Self, Range<usize>) -> Result<Share<R>, Error>,
    ) -> Result<MaskedMatrix<R>, Error> {
        let mask = self.matrix_mask::<R>([outputs, inputs], groups, bits)?;
        let room = mask.room();
        self.masked(mask, room, &mut |party, strip| rows(party, strip).map(Some))
    }

    fn matrix_mask<R: Ring>(
        &mut self,
        dims: [usize; 2],
        groups: usize,
        bits: u32,
    ) -> Result<MatrixMask<R>, Error> {
        range("bits of a matrix", 1, R::BITS as u64, bits as u64)?;
        check_groups(dims[0], groups)?;
        Ok(MatrixMask::take(&mut self.store, dims, groups, bits)?)
    }

    /// Masks a matrix of which `rows` gives this party's share, to be held in `weights`; none where it is nothing.
    fn masked<R: Ring>(
        &mut self,
        mut mask: MatrixMask<R>,
        mut weights: Option<Filters<R::Word>>,
        rows: ShareRows<'_, R>,
    ) -> Result<MaskedMatrix<R>, Error> {
        let mut differences = mask.room();
        let [outputs, inputs] = mask.shape();
        for strip in strips(outputs, inputs) {
            let share = rows(self, strip.clone())?;
            if let Some(share) = &share {
                shape("weights of a strip of rows", strip.len() * inputs, share.len())?;
            }
            let mut difference = mask.mask(strip.len(), share.as_ref());
            self.network.open(&mut difference, mask.bits())?;
            if let Some(differences) = &mut differences {
                differences.set_rows(strip.start, &difference);
            }
            if let (Some(weights), Some(share)) = (&mut weights, share) {
                weights.set_rows(strip.start, share.expose());
            }
        }
        Ok(mask.finish(weights, differences))
    }

    /// Masks a matrix `[outputs, inputs]` of the party `owner`, whose `row` writes one row at a time. It stays with its owner:
    /// the others hold the opened difference alone, and have no product to compute online.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let row = |_: usize, out: &mut [u8]| out.copy_from_slice(&[3, 2]); // of party 0
    /// let matrix = party.input_matrix::<Z2<8>>(0, [1, 2], 8, (party.id() == 0).then_some(&row))?;
    /// let prepared = party.prepare_product(&matrix, 1)?;
    /// let product = party.product(&matrix, prepared, &x)?; // x = (5, −4)
    /// party.open(&product) // 7
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [7]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`mask_matrix`](Self::mask_matrix) and [`input`](Self::input).
    pub fn input_matrix<R: Ring>(
        &mut self,
        owner: usize,
        dims: [usize; 2],
        bits: u32,
        row: Option<WriteRow<'_, R::Word>>,
    ) -> Result<MaskedMatrix<R>, Error> {
        self.input_filters(owner, dims, 1, bits, row)
    }

    /// As [`input_matrix`](Self::input_matrix), for a matrix `[outputs, inputs]` in groups: the weights of a convolution,
    /// whose rows are `[size[0], size[1], channels / groups]`.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let row = |r: usize, out: &mut [u8]| out[0] = [3, 2][r]; // a row for each of two channels
    /// let filters = party.input_filters::<Z2<8>>(0, [2, 1], 2, 8, (party.id() == 0).then_some(&row))?;
    /// let prepared = party.prepare_product(&filters, 1)?;
    /// let product = party.product(&filters, prepared, &x)?; // x = (5, −4)
    /// party.open(&product) // 15, −8
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [15, 248]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`mask_filters`](Self::mask_filters) and [`input`](Self::input).
    pub fn input_filters<R: Ring>(
        &mut self,
        owner: usize,
        dims: [usize; 2],
        groups: usize,
        bits: u32,
        row: Option<WriteRow<'_, R::Word>>,
    ) -> Result<MaskedMatrix<R>, Error> {
        self.held(owner, dims, groups, bits, row, false)
    }

    /// As [`input_matrix`](Self::input_matrix), for a matrix of −1 and +1 alone, or a convolution's in one group: the owner
    /// keeps a bit for each and multiplies at a fraction of the time. That they are signs is public.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let x = party.input::<Z2<14>>(0, 2, (party.id() == 0).then_some(&[5, 4]))?;
    /// let row = |_: usize, out: &mut [u16]| out.copy_from_slice(&[1, u16::MAX]); // +1 and −1, of party 0
    /// let matrix = party.input_signs::<Z2<14>>(0, [1, 2], 14, (party.id() == 0).then_some(&row))?;
    /// let prepared = party.prepare_product(&matrix, 1)?;
    /// let product = party.product(&matrix, prepared, &x)?; // x = (5, 4)
    /// party.open(&product) // 1
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [1]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`input_matrix`](Self::input_matrix), and if an element is neither −1 nor +1.
    pub fn input_signs<R: Ring>(
        &mut self,
        owner: usize,
        dims: [usize; 2],
        bits: u32,
        row: Option<WriteRow<'_, R::Word>>,
    ) -> Result<MaskedMatrix<R>, Error> {
        self.held(owner, dims, 1, bits, row, true)
    }

    /// Masks a matrix that stays with its owner, who holds it as bits if all elements are signs.
    fn held<R: Ring>(
        &mut self,
        owner: usize,
        [outputs, inputs]: [usize; 2],
        groups: usize,
        bits: u32,
        row: Option<WriteRow<'_, R::Word>>,
        signs: bool,
    ) -> Result<MaskedMatrix<R>, Error> {
        self.check_owner(owner, row.is_some())?;
        let mask = self.matrix_mask::<R>([outputs, inputs], groups, bits)?;
        let weights = (row.is_some() && !self.is_dry()).then(|| match signs {
            true => Filters::signs(outputs, inputs),
            false => Filters::modulo(outputs, inputs, groups, bits),
        });
        self.masked(mask, weights, &mut |_, strip| {
            let Some(row) = row else { return Ok(None) };
            let share = written(row, strip, inputs);
            if signs {
                check_signs(&share)?;
            }
            Ok(Some(share))
        })
    }

    /// Takes what a product of `rows` inputs with the matrix needs, and computes the part that does not depend on the
    /// inputs.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let row = |_: usize, out: &mut [u8]| out.copy_from_slice(&[3, 2]);
    /// # let matrix = party.input_matrix::<Z2<8>>(0, [1, 2], 8, (party.id() == 0).then_some(&row))?;
    /// let prepared = party.prepare_product(&matrix, 1)?; // before the input is known
    /// let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let product = party.product(&matrix, prepared, &x)?;
    /// party.open(&product) // (5, −4) times the row (3, 2): 7
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [7]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the store has no such product next.
    pub fn prepare_product<R: Ring>(
        &mut self,
        matrix: &MaskedMatrix<R>,
        rows: usize,
    ) -> Result<MatrixProduct<R>, Error> {
        self.store.check(&matrix.request(rows))?;
        Ok(MatrixProduct::take(&mut self.store, matrix, None, rows)?)
    }

    /// Takes what a convolution of `images` images with the matrix needs, and computes the part that does not depend on
    /// the images.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::linalg::Window;
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let row = |_: usize, out: &mut [u8]| out.copy_from_slice(&[3, 2]);
    /// # let matrix = party.input_matrix::<Z2<8>>(0, [1, 2], 8, (party.id() == 0).then_some(&row))?;
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// // An image of one row, two columns and a channel, x = (5, −4), under a window of its size.
    /// let window = Window { image: [1, 2, 1], size: [1, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
    /// let prepared = party.prepare_convolution(&matrix, &window, 1)?;
    /// let product = party.product(&matrix, prepared, &x)?; // weights (3, 2)
    /// party.open(&product) // 7
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [7]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the window does not fit its image or the matrix, or the store has no such product next.
    pub fn prepare_convolution<R: Ring>(
        &mut self,
        matrix: &MaskedMatrix<R>,
        window: &Window,
        images: usize,
    ) -> Result<MatrixProduct<R>, Error> {
        self.store.check(&matrix.request_convolution(window, images))?;
        Ok(MatrixProduct::take(&mut self.store, matrix, Some(window), images)?)
    }

    /// The online part: x·Wᵀ for x: `[rows, groups · inputs]`, or the convolution of x: `[images, height, width, channels]`,
    /// which is `[images, places[0], places[1], outputs]`. The result is right modulo 2^bits, for the bits of the matrix.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// # use ringshare::{Simulation, Z2};
    /// # let run = Simulation::new(2).run(|party| {
    /// # let row = |_: usize, out: &mut [u8]| out.copy_from_slice(&[3, 2]);
    /// # let matrix = party.input_matrix::<Z2<8>>(0, [1, 2], 8, (party.id() == 0).then_some(&row))?;
    /// # let x = party.input::<Z2<8>>(0, 2, (party.id() == 0).then_some(&[5, 252]))?;
    /// let prepared = party.prepare_product(&matrix, 1)?; // the matrix has one row, (3, 2)
    /// let product = party.product(&matrix, prepared, &x)?; // x = (5, −4)
    /// party.open(&product) // 7
    /// # });
    /// # assert_eq!(run.unwrap().outputs[1], [7]);
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the product was prepared for another matrix or another length of x, or the network fails.
    pub fn product<R: Ring>(
        &mut self,
        matrix: &MaskedMatrix<R>,
        prepared: MatrixProduct<R>,
        x: &Share<R>,
    ) -> Result<Share<R>, Error> {
        if prepared.matrix() != matrix.id() {
            return Err(Error::Matrix { expected: prepared.matrix(), found: matrix.id() });
        }
        shape("elements of the input of a product", prepared.inputs(), x.len())?;
        let (mut f, masked) = prepared.mask(x);
        self.network.open(&mut f, matrix.bits())?;
        Ok(masked.finish(matrix, &f))
    }
}

/// Rows as their owner writes them.
pub(crate) fn written<R: Ring>(row: WriteRow<'_, R::Word>, strip: Range<usize>, inputs: usize) -> Share<R> {
    let mut rows = Share::zeros(strip.len() * inputs);
    for (r, out) in strip.zip(rows.expose_mut().chunks_exact_mut(inputs.max(1))) {
        row(r, out);
    }
    rows
}

/// Whether all elements are −1 or +1, which is public. All are looked at, so that the time does not tell which is none.
fn check_signs<R: Ring>(rows: &Share<R>) -> Result<(), Error> {
    let low = R::Word::mask(R::BITS);
    let mut signs = [rows.expose().iter().fold(0, |signs, &w| {
        let (one, minus) = (w == R::Word::one(), w & low == low);
        signs + usize::from(one | minus)
    })];
    public(&mut signs);
    shape("signs of a strip of rows", rows.len(), signs[0])
}

/// The cost of masking a matrix of k-bit elements that is shared already, or stays with its owner.
pub fn mask_matrix([outputs, inputs]: [usize; 2], bits: u32) -> Cost {
    Cost {
        rounds: strips(outputs, inputs).count() as u32,
        opened_bits: (outputs * inputs) as u64 * bits as u64,
        dealer_bytes: 0,
    }
}

/// The cost of a product of `[rows, inputs]` with a masked matrix `[outputs, inputs]`.
pub fn product(rows: usize, [outputs, inputs]: [usize; 2], bits: u32) -> Cost {
    Cost {
        rounds: 1,
        opened_bits: (rows * inputs) as u64 * bits as u64,
        dealer_bytes: packed_len(rows * outputs, bits) as u64,
    }
}

/// The cost of a convolution of `images` images through a window, with `outputs` channels of the result.
///
/// # Panics
/// If the window does not fit its image.
pub fn convolution(images: usize, window: &Window, outputs: usize, bits: u32) -> Cost {
    let [down, across] = window.grid();
    let image: usize = window.image.iter().product();
    Cost {
        rounds: 1,
        opened_bits: (images * image) as u64 * bits as u64,
        dealer_bytes: packed_len(images * down * across * outputs, bits) as u64,
    }
}
