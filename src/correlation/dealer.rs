//! The dealer: knows every party's seed, and nothing else.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;

use super::{Dealing, Elements, Recipe, Request, compare, fixed, input, lookup, triple};
use crate::net::{Kind, Network, Transport};
use crate::prg::{Prg, Seed};
use crate::protocol::Error;
use crate::share::wipe;

/// Hands out correlated randomness to the parties of one session.
///
/// Semi-honest, and colluding with nobody: the dealer and any one party together know everything.
/// It is gone when the inputs come.
pub struct Dealer<T> {
    network: Network<T>,
    prgs: Vec<Prg>,
    /// The number of the next item.
    next: u64,
    /// Masks of matrices, each a packed matrix of its word, for the products to come.
    masks: Vec<Box<dyn Any + Send>>,
    /// Bytes of corrections sent so far, per party.
    sent: Vec<u64>,
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

impl<T: Transport> Dealer<T> {
    /// Opens the session: sends every party its seed. The seeds must be fresh: a session's masks
    /// are made of them, and a second session under the same seeds would use them twice.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn open(mut network: Network<T>, seeds: &[Seed]) -> Result<Self, Error> {
        if seeds.len() != network.parties() {
            return Err(Error::Shape { what: "seeds", expected: network.parties(), found: seeds.len() });
        }
        for (party, seed) in seeds.iter().enumerate() {
            network.send(party, Kind::Seed, seed.expose())?;
        }
        Ok(Self {
            network,
            prgs: seeds.iter().map(Prg::new).collect(),
            next: 0,
            masks: Vec::new(),
            sent: vec![0; seeds.len()],
        })
    }

    /// Deals a recipe: sends each item's correction to the party that gets it.
    ///
    /// # Errors
    /// If the transport fails, or the recipe asks for a product with a matrix that was not masked
    /// in this session.
    pub fn deal(&mut self, recipe: &Recipe) -> Result<(), Error> {
        for request in recipe.requests() {
            let mut correction = match request.correction() {
                Some((_, bytes)) => vec![0; bytes],
                None => Vec::new(),
            };
            self.fill(request, &mut correction)?;
            if let Some((party, bytes)) = request.correction() {
                self.network.send(party, Kind::Correction, &correction)?;
                self.sent[party] += bytes as u64;
            }
            wipe(&mut correction);
            self.next += 1;
        }
        Ok(())
    }

    /// Bytes of corrections sent so far, per party.
    pub fn sent_bytes(&self) -> &[u64] {
        &self.sent
    }

    fn fill(&mut self, request: &Request, out: &mut [u8]) -> Result<(), Error> {
        let dealing = Dealing { prgs: &self.prgs, item: self.next };
        match *request {
            Request::Input { owner, len, elements: Elements { word, bits } } => {
                with_word!(word, W => input::deal::<W>(&dealing, owner, len, bits, out));
            }
            Request::Triple { len, elements: Elements { word, bits } } => {
                with_word!(word, W => triple::deal::<W>(&dealing, len, bits, out));
            }
            Request::MatrixTriple { rows, inner, columns, elements: Elements { word, bits } } => {
                with_word!(word, W => triple::deal_matrix::<W>(&dealing, [rows, inner, columns], bits, out));
            }
            Request::FixedMask { outputs, inputs, elements } => {
                let mask: Box<dyn Any + Send> = with_word!(elements.word, W => Box::new(fixed::deal_mask::<W>(&dealing, [outputs, inputs])));
                self.masks.push(mask);
            }
            Request::FixedProduct { matrix, rows, outputs, inputs, elements: Elements { word, bits } } => {
                let dealt = self.masks.get(matrix).is_some_and(|mask| {
                    with_word!(word, W => fixed::deal::<W>(&dealing, &**mask, [rows, outputs, inputs], bits, out))
                });
                if !dealt {
                    return Err(Error::NoMatrix { matrix, masked: self.masks.len() });
                }
            }
            Request::Lookup { len, index, output, ref table } => {
                with_word!(index.word, I => with_word!(output.word, W => {
                    lookup::deal::<I, W>(&dealing, len, index.bits, output.bits, table, out);
                }));
            }
            Request::Compare { len, word, ref plan } => {
                let output = plan.output().map_or(8, |elements| elements.word);
                with_word!(word, W => with_word!(output, O => compare::deal::<W, O>(&dealing, plan, len, out)));
            }
        }
        Ok(())
    }
}
