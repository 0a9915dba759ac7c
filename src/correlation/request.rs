//! What can be asked of the dealer.

mod check;

use alloc::sync::Arc;
use core::fmt;

pub(crate) use check::check_groups;

use super::bits;
use super::compare::Plan;
use super::dcf;
use super::legendre::{self, Variant};
use crate::function::Table;
use crate::linalg::Window;
use crate::ring::{Ring, packed_len};

/// How elements are held and sent: `bits` low bits count, in a word of `word` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elements {
    /// Bits of the machine word.
    pub word: u32,
    /// Ring width.
    pub bits: u32,
}

impl Elements {
    /// The elements of the ring `R`.
    pub fn of<R: Ring>() -> Self {
        Self::low::<R>(R::BITS)
    }

    /// The low `bits` bits of elements of `R`.
    pub fn low<R: Ring>(bits: u32) -> Self {
        Self { word: 8 * size_of::<R::Word>() as u32, bits }
    }
}

/// One item of a recipe: a kind of correlation and its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Masks for an input of `owner`.
    Input {
        /// Whose input.
        owner: usize,
        /// Number of elements.
        len: usize,
        /// Their ring.
        elements: Elements,
    },
    /// Beaver triples for elementwise products.
    Triple {
        /// Number of elements.
        len: usize,
        /// Their ring.
        elements: Elements,
    },
    /// A triple for a product `[rows, inner] · [inner, columns]`.
    MatrixTriple {
        /// Rows of the left side.
        rows: usize,
        /// Columns of the left, rows of the right side.
        inner: usize,
        /// Columns of the right side.
        columns: usize,
        /// Their ring.
        elements: Elements,
    },
    /// The mask of a matrix `[outputs, inputs]` that many products will share.
    FixedMask {
        /// Rows of the matrix.
        outputs: usize,
        /// Columns of the matrix.
        inputs: usize,
        /// Groups of its rows.
        groups: usize,
        /// Their ring.
        elements: Elements,
    },
    /// What a product of `[rows, groups · inputs]`, or a convolution of images, with an already masked matrix takes.
    FixedProduct {
        /// The number of the matrix among the session's masked matrices.
        matrix: usize,
        /// The window of a convolution.
        window: Option<Window>,
        /// Rows or images of the left side, the batch.
        rows: usize,
        /// Rows of the matrix.
        outputs: usize,
        /// Columns of the matrix.
        inputs: usize,
        /// Groups of its rows.
        groups: usize,
        /// Their ring.
        elements: Elements,
    },
    /// Masked tables.
    Lookup {
        /// Number of lookups.
        len: usize,
        /// The entries' ring.
        output: Elements,
        /// The public function, by value.
        table: Table,
    },
    /// Random numbers with their bits, and products of neighbouring bits.
    EdaBits {
        /// Number of values.
        len: usize,
        /// Their low bits, at most 64.
        elements: Elements,
        /// Pairs of bits with a product, from the lowest on.
        pairs: u32,
    },
    /// Products of shared bits.
    BitProducts {
        /// Bits of every vector.
        len: usize,
        /// Vectors that are opened.
        masks: usize,
        /// Which of them are multiplied.
        pairs: Arc<[[u16; 2]]>,
    },
    /// Random bits shared as bits and as numbers.
    DaBits {
        /// Number of values.
        len: usize,
        /// Bits of every value.
        planes: u32,
        /// The numbers' ring.
        output: Elements,
    },
    /// What choosing between numbers and zero takes.
    Select {
        /// Number of elements.
        len: usize,
        /// Their ring.
        elements: Elements,
    },
    /// Comparisons with zero.
    Compare {
        /// Number of values.
        len: usize,
        /// Bits of the word that holds the values.
        word: u32,
        /// How they are compared.
        plan: Plan,
    },
    /// Distributed comparison functions, for two parties.
    Dcf {
        /// Number of values.
        len: usize,
        /// How the values are held, and the bits that are compared.
        input: Elements,
        /// The result's ring.
        output: Elements,
    },
    /// Comparisons with zero by Legendre symbols.
    Legendre {
        /// Number of values.
        len: usize,
        /// Bits of the word that holds the values.
        word: u32,
        /// Bits of the values.
        bits: u32,
        /// Which symbols.
        variant: Variant,
        /// The results' ring.
        output: Elements,
    },
}

impl fmt::Display for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bits in words of {}", self.bits, self.word)
    }
}

/// Groups of a matrix, if there are several.
struct Grouped(usize);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { Ok(()) } else { write!(f, " in {} groups", self.0) }
    }
}

/// One line, whatever the table of a lookup.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { owner, len, elements } => write!(f, "Input({len} of party {owner}, {elements})"),
            Self::Triple { len, elements } => write!(f, "Triple({len}, {elements})"),
            Self::MatrixTriple { rows, inner, columns, elements } => {
                write!(f, "MatrixTriple({rows}x{inner}x{columns}, {elements})")
            }
            Self::FixedMask { outputs, inputs, groups, elements } => {
                write!(f, "FixedMask({outputs}x{inputs}{}, {elements})", Grouped(*groups))
            }
            Self::FixedProduct { matrix, window, rows, outputs, inputs, groups, elements } => {
                write!(f, "FixedProduct({rows} ")?;
                if let Some(window) = window {
                    write!(f, "images through {window} ")?;
                }
                write!(f, "by matrix {matrix}, {outputs}x{inputs}{}, {elements})", Grouped(*groups))
            }
            Self::Lookup { len, output, table } => {
                let [a, b] = table.bits();
                write!(f, "Lookup({len}, index of {a} and {b} bits, entries of {output})")
            }
            Self::EdaBits { len, elements, pairs } => write!(f, "EdaBits({len}, {elements}, {pairs} pairs)"),
            Self::BitProducts { len, masks, pairs } => {
                write!(f, "BitProducts({} of {masks} vectors of {len})", pairs.len())
            }
            Self::DaBits { len, planes, output } => {
                write!(f, "DaBits({len} of {planes} bits, result {output})")
            }
            Self::Select { len, elements } => write!(f, "Select({len}, {elements})"),
            Self::Compare { len, word, plan } => {
                write!(f, "Compare({len}, {} bits in words of {word}, ", plan.bits())?;
                match plan.output() {
                    Some(output) => write!(f, "result {output})"),
                    None => f.write_str("result bits)"),
                }
            }
            Self::Dcf { len, input, output } => write!(f, "Dcf({len}, {input}, result {output})"),
            Self::Legendre { len, word, bits, variant, output } => {
                write!(f, "Legendre({len} by {variant:?}, {bits} bits in words of {word}, result {output})")
            }
        }
    }
}

impl Request {
    /// How many parties get a correction from the dealer (the first so many, all the same one) and of how
    /// many bytes; `None` if nobody does. `usize::MAX` bytes stand for more than can be addressed.
    pub fn correction(&self) -> Option<(usize, usize)> {
        let bytes = match self {
            Self::Triple { len, elements } => packed_len(*len, elements.bits),
            Self::MatrixTriple { rows, columns, elements, .. } => {
                packed_len(rows.saturating_mul(*columns), elements.bits)
            }
            Self::Input { .. } | Self::FixedMask { .. } => return None,
            Self::FixedProduct { window, rows, outputs, elements, .. } => {
                // A window that does not fit is refused before anyone takes its bytes.
                let places = window.map_or(Ok([1, 1]), |window| window.places()).unwrap_or([0, 0]);
                let rows = rows.saturating_mul(places[0] * places[1]);
                packed_len(rows.saturating_mul(*outputs), elements.bits)
            }
            Self::Lookup { len, output, table, .. } => {
                packed_len(len.saturating_mul(table.entries().len()), output.bits)
            }
            Self::EdaBits { len, elements, pairs } => {
                let planes = elements.bits as usize + *pairs as usize;
                packed_len(*len, 1).saturating_mul(planes)
            }
            Self::BitProducts { len, pairs, .. } => packed_len(*len, 1).saturating_mul(pairs.len()),
            Self::DaBits { len, planes, output } => bits::dabits_bytes(*len, *planes, output.bits),
            Self::Select { len, elements } => packed_len(*len, elements.bits).saturating_mul(2),
            Self::Legendre { len, variant, output, .. } => legendre::dealer_bytes(*len, *variant, *output),
            Self::Compare { len, plan, .. } => plan.dealer_bytes(*len),
            Self::Dcf { len, input, output } => dcf::key_bytes(*len, input.bits, output.bits),
        };
        let recipients = if matches!(self, Self::Dcf { .. }) { 2 } else { 1 };
        Some((recipients, bytes))
    }
}
