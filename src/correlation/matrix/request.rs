//! What is asked of the dealer: the mask of a matrix, and products with it.

use core::fmt;

use super::layout::{A, B, C, apply, strip_rows, strips};
use crate::linalg::{Filters, Window};
use crate::offline::rates::{self, ELEMENT, PACKED, RANDOM, SET, STEP};
use crate::offline::{Dealing, DecodeError, Elements, Error, Kind, Reader, Work, Writer, range, shape};
use crate::ring::{self, Word, packed_len};
use crate::secret::Scratch;
use crate::with_word;

/// Nanoseconds for a byte of a matrix that comes from memory.
const MATRIX: f64 = 0.04;

/// Asks for the mask of a matrix `[outputs, inputs]` that many products will share.
#[derive(Clone, PartialEq, Eq)]
pub struct MatrixMaskRequest {
    /// Rows of the matrix.
    pub outputs: usize,
    /// Columns of the matrix.
    pub inputs: usize,
    /// Groups of its rows.
    pub groups: usize,
    /// Their ring.
    pub elements: Elements,
}

impl Kind for MatrixMaskRequest {
    const NAME: &'static str = "matrix-mask";

    fn check(&self, _: usize) -> Result<(), Error> {
        check_groups(self.outputs, self.groups)?;
        self.elements.check()
    }

    fn correction(&self) -> Option<(usize, usize)> {
        None
    }

    fn memory(&self) -> u128 {
        // Every group's lines have a place of their own beside what they hold, and rows of nothing are steps, too.
        let elements = self.outputs as u128 * self.inputs.max(1) as u128;
        elements.saturating_add(self.groups as u128).saturating_mul(ELEMENT)
    }

    fn deal(&self, dealing: &mut Dealing<'_>, _: &mut [u8]) -> Result<(), Error> {
        let shape = [self.outputs, self.inputs, self.groups];
        with_word!(self.elements.word, W => {
            let mask = deal_mask::<W>(dealing, shape, self.elements.bits);
            dealing.keep((mask, self.elements.bits));
        });
        Ok(())
    }

    fn keeps(&self) -> bool {
        true
    }

    fn work(&self, parties: usize) -> Work {
        let weights = self.elements.bytes(self.outputs.saturating_mul(self.inputs));
        Work {
            offline: weights as f64 * 2.0 * (RANDOM + SET),
            dealer: weights as f64 * (parties as f64 * RANDOM + PACKED),
            expanded: weights.saturating_mul(2),
            ..Work::default()
        }
    }

    fn encode(&self, out: &mut Writer) {
        [self.outputs, self.inputs, self.groups].iter().for_each(|&size| out.number(size as u64));
        out.elements(self.elements);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let [outputs, inputs, groups] = [from.size()?, from.size()?, from.size()?];
        Ok(Self { outputs, inputs, groups, elements: from.elements()? })
    }
}

impl fmt::Debug for MatrixMaskRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { outputs, inputs, groups, elements } = self;
        write!(f, "MatrixMask({outputs}x{inputs}{}, {elements})", Grouped(*groups))
    }
}

/// Asks for what a product of `[rows, groups · inputs]`, or a convolution of images, with an already masked matrix
/// takes.
#[derive(Clone, PartialEq, Eq)]
pub struct MatrixProductRequest {
    /// The number of the matrix among the session's masked matrices.
    pub matrix: usize,
    /// The window of a convolution.
    pub window: Option<Window>,
    /// Rows or images of the left side, the batch.
    pub rows: usize,
    /// Rows of the matrix.
    pub outputs: usize,
    /// Columns of the matrix.
    pub inputs: usize,
    /// Groups of its rows.
    pub groups: usize,
    /// Their ring.
    pub elements: Elements,
}

impl MatrixProductRequest {
    /// Elements of the left side and of the product.
    pub(super) fn sizes(&self) -> [usize; 2] {
        let [left, product, _] = self.all_sizes();
        [left, product]
    }

    /// Elements of the left side and of the product, and places of a window.
    fn all_sizes(&self) -> [usize; 3] {
        let [image, places] = match &self.window {
            Some(window) => {
                let image = window.image.iter().fold(1usize, |all, &size| all.saturating_mul(size));
                // A window that does not fit is refused before anyone takes its bytes.
                let [down, across] = window.places().unwrap_or([0, 0]);
                [image, down.saturating_mul(across)]
            }
            None => [self.inputs.saturating_mul(self.groups), 1],
        };
        let products = self.rows.saturating_mul(places);
        [self.rows.saturating_mul(image), products.saturating_mul(self.outputs), places]
    }
}

impl Kind for MatrixProductRequest {
    const NAME: &'static str = "matrix-product";

    fn check(&self, _: usize) -> Result<(), Error> {
        check_groups(self.outputs, self.groups)?;
        if let Some(window) = &self.window {
            check_window(window, self.inputs, self.groups)?;
        }
        self.elements.check()
    }

    fn correction(&self) -> Option<(usize, usize)> {
        let [_, outputs] = self.sizes();
        Some((1, packed_len(outputs, self.elements.bits)))
    }

    fn memory(&self) -> u128 {
        let [inputs, outputs, places] = self.all_sizes().map(|size| size as u128);
        let steps = (self.rows as u128).saturating_mul(places.max(1)).max(self.outputs as u128);
        let weights = self.outputs as u128 * self.inputs as u128;
        inputs.max(outputs).max(weights).max(steps).saturating_mul(ELEMENT)
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        with_word!(self.elements.word, W => self.deal_by::<W>(dealing, out))
    }

    fn work(&self, parties: usize) -> Work {
        let word = f64::from(self.elements.word / 8);
        let [left, product, places] = self.all_sizes();
        let multiply_adds = self.rows as f64 * places as f64 * self.inputs as f64 * self.outputs as f64;
        let unfolded = match self.window {
            Some(_) => self.rows as f64 * places as f64 * self.inputs as f64 * self.groups as f64,
            None => 0.0,
        };
        let weights = self.outputs as f64 * self.inputs as f64 * word;
        let time =
            multiply_adds / rates::products(self.elements.word) + MATRIX * weights + STEP * unfolded * word;
        let (inputs, outputs) = (left as f64 * word, product as f64 * word);
        Work {
            offline: time + (inputs + outputs) * RANDOM,
            online: time + (inputs + outputs) * STEP,
            dealer: time + (inputs + outputs) * parties as f64 * RANDOM + outputs * PACKED,
            expanded: self.elements.bytes(left.saturating_add(product)),
        }
    }

    fn encode(&self, out: &mut Writer) {
        [self.matrix, self.rows, self.outputs, self.inputs, self.groups]
            .iter()
            .for_each(|&size| out.number(size as u64));
        out.elements(self.elements);
        window_numbers(self.window.as_ref()).for_each(|number| out.number(number));
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let [matrix, rows, outputs] = [from.size()?, from.size()?, from.size()?];
        let [inputs, groups] = [from.size()?, from.size()?];
        let elements = from.elements()?;
        let window = read_window(from)?;
        Ok(Self { matrix, window, rows, outputs, inputs, groups, elements })
    }
}

impl fmt::Debug for MatrixProductRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { matrix, window, rows, outputs, inputs, groups, elements } = self;
        write!(f, "MatrixProduct({rows} ")?;
        if let Some(window) = window {
            write!(f, "images through {window} ")?;
        }
        write!(f, "by matrix {matrix}, {outputs}x{inputs}{}, {elements})", Grouped(*groups))
    }
}

/// A window, or none, as numbers.
pub(crate) fn window_numbers(window: Option<&Window>) -> impl Iterator<Item = u64> {
    let sizes = window.map(|&Window { image, size, stride, padding, dilation }| {
        let [[a, b], [c, d], [e, f], [g, h]] = [size, stride, padding, dilation];
        [image[0], image[1], image[2], a, b, c, d, e, f, g, h].map(|size| size as u64)
    });
    core::iter::once(window.is_some().into()).chain(sizes.into_iter().flatten())
}

/// Reads what [`window_numbers`] gave. It need not be a window that fits.
pub(crate) fn read_window(from: &mut Reader<'_>) -> Result<Option<Window>, DecodeError> {
    match from.number()? {
        0 => Ok(None),
        1 => {
            let image = [from.size()?, from.size()?, from.size()?];
            let mut pair = || Ok::<_, DecodeError>([from.size()?, from.size()?]);
            let [size, stride, padding, dilation] = [pair()?, pair()?, pair()?, pair()?];
            Ok(Some(Window { image, size, stride, padding, dilation }))
        }
        _ => Err(DecodeError::Shape { what: "window of a product" }),
    }
}

/// Groups of a matrix, if there are several.
struct Grouped(usize);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { Ok(()) } else { write!(f, " in {} groups", self.0) }
    }
}

/// Whether rows of a matrix fall into so many groups.
pub(crate) fn check_groups(outputs: usize, groups: usize) -> Result<(), Error> {
    range("groups of a matrix", 1, outputs.max(1) as u64, groups as u64)?;
    shape("rows of a matrix in groups of one size", outputs - outputs % groups, outputs)
}

/// Whether a window fits its image, and what is below it the columns of a matrix in groups.
pub(crate) fn check_window(window: &Window, inputs: usize, groups: usize) -> Result<(), Error> {
    window.places()?;
    let channels = window.image[2];
    shape("channels in groups of one size", channels - channels % groups, channels)?;
    // No more than the elements of a window, which can be counted.
    let expected = window.size[0] * window.size[1] * (channels / groups);
    shape("columns of a convolution's matrix", expected, inputs)
}

/// The dealer's copy of A.
fn deal_mask<W: Word>(dealing: &Dealing<'_>, [outputs, inputs, groups]: [usize; 3], bits: u32) -> Filters<W> {
    let mut packed = Filters::modulo(outputs, inputs, groups, bits);
    let mut rows = Scratch::<W>::zeros(strip_rows(inputs).min(outputs) * inputs);
    for strip in strips(outputs, inputs) {
        let rows = &mut rows[..strip.len() * inputs];
        dealing.sum(A, strip.start * inputs, rows);
        packed.set_rows(strip.start, rows);
    }
    packed
}

impl MatrixProductRequest {
    /// The correction of c = b·Aᵀ.
    fn deal_by<W: Word>(&self, dealing: &Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let shape = [self.outputs, self.inputs, self.groups];
        let (mask, bits) = dealing.kept::<(Filters<W>, u32)>(self.matrix)?;
        if mask.shape() != shape || *bits != self.elements.bits {
            return Err(Error::NotKept { number: self.matrix, kept: dealing.count_kept() });
        }
        let [inputs, outputs] = self.sizes();
        let (mut b, mut c) = (Scratch::<W>::zeros(inputs), Scratch::<W>::zeros(outputs));
        dealing.sum(B, 0, &mut b);
        apply(mask, self.window.as_ref(), self.elements.bits, &b, &mut c);
        dealing.correct(C, 0, &mut c);
        ring::pack(&c, self.elements.bits, out);
        Ok(())
    }
}
