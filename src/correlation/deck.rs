//! The dealer's work without its network: from seeds and requests to corrections.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;

use super::{Dealing, Elements, Request, Seeds, bits, compare, dcf, fixed, legendre, lookup, triple};
use crate::prg::Prg;
use crate::protocol::Error;

/// Makes the corrections of one session, request by request: pure, for dealers under any networking.
///
/// Knows every party's seed, so whoever holds it together with one party knows everything.
pub struct Deck {
    prgs: Vec<Prg>,
    /// The number of the next item.
    next: u64,
    /// Masks of matrices, each a packed matrix of its word, for the products to come.
    masks: Vec<Box<dyn Any + Send>>,
}

/// Runs `$body` with `$W` the word of `$bits` bits.
macro_rules! with_word {
    ($bits:expr, $W:ident => $body:expr) => {
        match $bits {
            8 => {
                type $W = u8;
                $body
            }
            16 => {
                type $W = u16;
                $body
            }
            32 => {
                type $W = u32;
                $body
            }
            64 => {
                type $W = u64;
                $body
            }
            _ => {
                type $W = u128;
                $body
            }
        }
    };
}

impl Deck {
    /// A deck for the parties that hold these seeds, which must be fresh: see [`Seeds::derive`].
    ///
    /// # Errors
    /// If there are no parties.
    pub fn new(seeds: &Seeds) -> Result<Self, Error> {
        if seeds.parties() == 0 {
            return Err(Error::Range { what: "parties", least: 1, most: u64::MAX, found: 0 });
        }
        Ok(Self { prgs: seeds.own().map(Prg::new).collect(), next: 0, masks: Vec::new() })
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.prgs.len()
    }

    /// Deals one item: how many parties get the correction (the first so many), and the correction, if
    /// anyone gets one. It is a secret of theirs, who put it into their [`Store`](super::Store)s with the
    /// request; the others put the request alone.
    ///
    /// # Errors
    /// If the request is malformed, or asks for a product with a matrix that was not masked in this session.
    pub fn deal(&mut self, request: &Request) -> Result<Option<(usize, Vec<u8>)>, Error> {
        request.check(self.prgs.len())?;
        let to = request.correction();
        let mut out = vec![0; to.map_or(0, |(_, bytes)| bytes)];
        self.deal_into(request, &mut out)?;
        Ok(to.map(|(recipients, _)| (recipients, out)))
    }

    /// As [`deal`](Self::deal), and writes the correction to `out`, every byte of it.
    ///
    /// # Errors
    /// As [`deal`](Self::deal), and if `out` has another length than the correction.
    pub fn deal_into(&mut self, request: &Request, out: &mut [u8]) -> Result<(), Error> {
        request.check(self.prgs.len())?;
        let expected = request.correction().map_or(0, |(_, bytes)| bytes);
        if out.len() != expected {
            return Err(Error::Shape { what: "bytes of a correction", expected, found: out.len() });
        }
        self.fill(request, out)?;
        self.next += 1;
        Ok(())
    }

    fn fill(&mut self, request: &Request, out: &mut [u8]) -> Result<(), Error> {
        let dealing = Dealing { prgs: &self.prgs, item: self.next };
        match *request {
            // The parties' seeds with each other do.
            Request::Input { .. } => {}
            Request::Triple { len, elements: Elements { word, bits } } => {
                with_word!(word, W => triple::deal::<W>(&dealing, len, bits, out));
            }
            Request::MatrixTriple { rows, inner, columns, elements: Elements { word, bits } } => {
                with_word!(word, W => triple::deal_matrix::<W>(&dealing, [rows, inner, columns], bits, out));
            }
            Request::FixedMask { outputs, inputs, groups, elements } => {
                let shape = [outputs, inputs, groups];
                let mask: Box<dyn Any + Send> =
                    with_word!(elements.word, W => Box::new(fixed::deal_mask::<W>(&dealing, shape)));
                self.masks.push(mask);
            }
            Request::FixedProduct { matrix, ref window, rows, outputs, inputs, groups, elements } => {
                let (shape, left) = ([outputs, inputs, groups], (window.as_ref(), rows));
                let Elements { word, bits } = elements;
                let dealt = self.masks.get(matrix).is_some_and(
                    |mask| with_word!(word, W => fixed::deal::<W>(&dealing, &**mask, shape, left, bits, out)),
                );
                if !dealt {
                    return Err(Error::NoMatrix { matrix, masked: self.masks.len() });
                }
            }
            Request::Lookup { len, output: Elements { word, bits }, ref table } => {
                with_word!(word, W => lookup::deal::<W>(&dealing, table, len, bits, out));
            }
            Request::EdaBits { len, elements: Elements { word, bits }, pairs } => {
                with_word!(word, W => bits::deal_edabits::<W>(&dealing, len, bits, pairs, out));
            }
            Request::BitProducts { len, masks, ref pairs } => {
                bits::deal_products(&dealing, len, masks, pairs, out);
            }
            Request::DaBits { len, planes, output: Elements { word, bits } } => {
                with_word!(word, W => bits::deal_dabits::<W>(&dealing, len, planes, bits, out));
            }
            Request::Select { len, elements: Elements { word, bits } } => {
                with_word!(word, W => bits::deal_select::<W>(&dealing, len, bits, out));
            }
            Request::Compare { len, word, ref plan } => {
                let output = plan.output().map_or(8, |elements| elements.word);
                with_word!(word, W => with_word!(output, O => compare::deal::<W, O>(&dealing, plan, len, out)));
            }
            Request::Dcf { len, input, output } => {
                with_word!(input.word, W => with_word!(output.word, O => {
                    dcf::deal::<W, O>(&dealing, len, input.bits, output.bits, out);
                }));
            }
            Request::Legendre { len, word, bits, variant, output } => {
                with_word!(word, W => with_word!(output.word, O => {
                    legendre::deal::<W, O>(&dealing, len, bits, variant, output, out);
                }));
            }
        }
        Ok(())
    }
}
