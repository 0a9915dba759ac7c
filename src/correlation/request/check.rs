//! Whether a request can be dealt; a recipe may come from anywhere.

use super::{Elements, Request};
use crate::correlation::legendre;
use crate::linalg::Window;
use crate::protocol::Error;
use crate::protocol::error::{range, shape};

impl Elements {
    fn check(self) -> Result<(), Error> {
        let word = self.word.clamp(8, 128).next_power_of_two();
        range("bits of a word", word as u64, word as u64, self.word as u64)?;
        range("bits of an element", 1, word as u64, self.bits as u64)
    }
}

impl Request {
    /// A bound on the bytes of each vector that dealing or using it takes.
    fn memory(&self) -> u128 {
        // A line of a packed matrix may hold as little as one element.
        const ELEMENT: u128 = 64;
        // Tables of all chunks, and last ones of 50 elements.
        const COMPARISON: u128 = 1024;
        // 63 levels of two blocks and a bit.
        const FUNCTION: u128 = 4096;
        let product = |a: usize, b: usize| a as u128 * b as u128;
        let elements = match self {
            Self::Input { len, .. } | Self::Triple { len, .. } | Self::Select { len, .. } => *len as u128,
            // A bit and a half for every bit of a word.
            Self::EdaBits { len, .. } => *len as u128,
            Self::BitProducts { len, masks, pairs } => {
                *len as u128 + product(*len, (*masks).max(pairs.len())) / 8
            }
            Self::DaBits { len, planes, .. } => *len as u128 + product(*len, *planes as usize) / 4,
            Self::MatrixTriple { rows, inner, columns, .. } => {
                product(*rows, *inner).max(product(*inner, *columns)).max(product(*rows, *columns))
            }
            Self::FixedMask { outputs, inputs, groups, .. } => {
                // Every group's lines have a place of their own beside what they hold.
                product(*outputs, *inputs).saturating_add(*groups as u128)
            }
            Self::FixedProduct { window, rows, outputs, inputs, groups, .. } => {
                let [left, product_rows] = match window {
                    Some(window) => {
                        let [height, width, channels] = window.image;
                        let image = product(height, width).saturating_mul(channels as u128);
                        let places = window.places().unwrap_or([0, 0]);
                        [image, product(places[0], places[1])]
                    }
                    None => [product(*inputs, *groups), 1],
                };
                let rows = *rows as u128;
                let result = rows.saturating_mul(product_rows).saturating_mul(*outputs as u128);
                rows.saturating_mul(left).max(result).max(product(*outputs, *inputs))
            }
            Self::Lookup { len, table, .. } => product(*len, table.entries().len()),
            Self::Compare { len, .. } | Self::Legendre { len, .. } => *len as u128 * (COMPARISON / ELEMENT),
            Self::Dcf { len, .. } => *len as u128 * (FUNCTION / ELEMENT),
        };
        elements.saturating_mul(ELEMENT)
    }

    /// Whether it can be dealt to `parties` parties; a recipe may come from anywhere.
    pub(crate) fn check(&self, parties: usize) -> Result<(), Error> {
        let bytes = u64::try_from(self.memory()).unwrap_or(u64::MAX);
        range("bytes of an item", 0, isize::MAX as u64, bytes)?;
        match self {
            Self::Input { owner, elements, .. } => {
                range("owner of an input", 0, parties as u64 - 1, *owner as u64)?;
                elements.check()
            }
            Self::Triple { elements, .. }
            | Self::MatrixTriple { elements, .. }
            | Self::Select { elements, .. } => elements.check(),
            Self::FixedMask { outputs, groups, elements, .. } => {
                check_groups(*outputs, *groups)?;
                elements.check()
            }
            Self::FixedProduct { window, outputs, inputs, groups, elements, .. } => {
                check_groups(*outputs, *groups)?;
                if let Some(window) = window {
                    check_window(window, *inputs, *groups)?;
                }
                elements.check()
            }
            Self::EdaBits { elements, pairs, .. } => {
                elements.check()?;
                range("bits of edaBits", 1, 64, elements.bits as u64)?;
                range("pairs of bits", 0, elements.bits as u64 / 2, *pairs as u64)
            }
            Self::BitProducts { masks, pairs, .. } => {
                let largest = pairs.iter().flatten().max().map_or(0, |&v| v as u64 + 1);
                range("vectors of bits that are multiplied", 0, *masks as u64, largest)
            }
            Self::DaBits { planes, output, .. } => {
                output.check()?;
                range("bits of a number", 1, output.bits as u64, *planes as u64)
            }
            // A table has as many entries as its index has values, by its type.
            Self::Lookup { output, .. } => output.check(),
            Self::Compare { word, plan, .. } => {
                Elements { word: *word, bits: plan.bits() }.check()?;
                plan.output().map_or(Ok(()), Elements::check)
            }
            Self::Dcf { input, output, .. } => {
                range("parties of a comparison by DCF", 2, 2, parties as u64)?;
                input.check()?;
                range("bits of a comparison", 2, 64, input.bits as u64)?;
                output.check()
            }
            Self::Legendre { word, bits, output, .. } => {
                range(
                    "bits of a comparison by Legendre symbols",
                    2,
                    legendre::MAX_BITS as u64,
                    *bits as u64,
                )?;
                Elements { word: *word, bits: bits + 1 }.check()?;
                output.check()
            }
        }
    }
}

/// Whether rows of a matrix fall into so many groups.
pub(crate) fn check_groups(outputs: usize, groups: usize) -> Result<(), Error> {
    range("groups of a matrix", 1, outputs.max(1) as u64, groups as u64)?;
    shape("rows of a matrix in groups of one size", outputs - outputs % groups, outputs)
}

/// Whether a window fits its image, and what is below it the columns of a matrix in groups.
fn check_window(window: &Window, inputs: usize, groups: usize) -> Result<(), Error> {
    window.places()?;
    let channels = window.image[2];
    shape("channels in groups of one size", channels - channels % groups, channels)?;
    // No more than the elements of a window, which can be counted.
    let expected = window.size[0] * window.size[1] * (channels / groups);
    shape("columns of a convolution's matrix", expected, inputs)
}
