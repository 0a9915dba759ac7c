//! A public model as bytes.
//!
//! Numbers are little-endian. In this order:
//!
//! | field | bytes |
//! | --- | --- |
//! | `ringshar` | 8 |
//! | version: 2 if layers have families of comparisons of their own, else 1 | 2 |
//! | height, width, channels of an image | 3 · 8 |
//! | map of pixels: 0 unknown; 1, scale, shift; 2, threshold; 3, dropped bits | 1, 9, 2, 2 |
//! | fractional bits and bits of the input | 2 |
//! | least and greatest integer of the input | 2 · 8 |
//! | fractional bits and bits of the results | 2 |
//! | ring width | 1 |
//! | rounding: 0 stochastic, 1 floor | 1 |
//! | layers | 4 |
//! | for each layer its kind, and its fields in the order of its struct | 1, … |
//! | version 2: for each layer 0, or the number of its family in [`Family::ALL`], from 1 | 1 |
//!
//! Sizes, starts and numbers of values take 8 bytes, bit lengths 1. A window is image, size, stride, padding, dilation. A
//! selection is image, size, start, step, repeat, groups, and what lies outside: 0 zeros, 1 the nearest element, 2 zeros, also
//! between elements. A list of values begins with their number. A table is its index bits and its entries, 8 bytes each. Every value has exactly one form as bytes.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::PublicModel;
use super::error::PublicModelError as Error;
use super::read::Reader;
use super::write::Writer;
use crate::nn::{Architecture, Input, Layer, Model, Rounding, limits};
use crate::protocol::Family;

const MAGIC: [u8; 8] = *b"ringshar";
const VERSION: u16 = 1;
/// With families of comparisons.
const COMPARISONS: u16 = 2;
/// The most elements of all values of a model together, and of all values below windows of maxima, which are gathered.
const MOST_VALUES: usize = 1 << 28;
/// The most weights of all layers and values below windows of sums.
const MOST_PRODUCTS: usize = 1 << 32;
/// The most correlations of an image: products of matrices take one for each head.
const MOST_ITEMS: usize = 1 << 16;

impl PublicModel {
    /// SHA-256 of the model's bytes, by which parties and files agree on the model.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_bytes()).into()
    }

    /// The model as bytes, which [`from_bytes`](Self::from_bytes) reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(Vec::from(MAGIC));
        let layers = self.architecture.layers();
        let families: Vec<u8> =
            (0..layers.len()).map(|layer| number(self.architecture.comparison(layer))).collect();
        let own = families.iter().any(|&family| family > 0);
        out.0.extend((if own { COMPARISONS } else { VERSION }).to_le_bytes());
        out.sizes(&self.shape);
        match self.pixels {
            None => out.0.push(0),
            Some(Input::Scaled { scale, shift }) => {
                out.0.push(1);
                // Zero has one sign here, so that equal models are equal bytes.
                [scale, shift].iter().for_each(|x| out.0.extend((x + 0.).to_le_bytes()));
            }
            Some(Input::Threshold { at }) => out.0.extend([2, at]),
            Some(Input::HighBits { drop }) => out.0.extend([3, drop as u8]),
        }
        out.format(self.input);
        out.numbers(&self.range);
        out.format(self.output);
        out.bits(&[self.architecture.ring()]);
        out.0.push(match self.architecture.rounding() {
            Rounding::Stochastic => 0,
            Rounding::Floor => 1,
        });
        out.0.extend((layers.len() as u32).to_le_bytes());
        layers.iter().for_each(|layer| layer.write(&mut out));
        if own {
            out.0.extend(families);
        }
        out.0
    }

    /// Reads a model. Whatever the bytes, nothing panics, and what is allocated is bounded by a small multiple of their
    /// number.
    ///
    /// # Errors
    /// Bytes that [`to_bytes`](Self::to_bytes) gives for no model, or a model with a side of an image above 2^20, with a
    /// size, stride, padding or dilation of a window above 2^16, or with more than 2^24 elements of a value, 2^28
    /// elements of all values or values below windows of maxima, or 2^32 weights.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader { bytes, place: 0 };
        if reader.take::<8>()? != MAGIC {
            return Err(Error::Magic);
        }
        let found = u16::from_le_bytes(reader.take()?);
        if ![VERSION, COMPARISONS].contains(&found) {
            return Err(Error::Version { expected: COMPARISONS, found });
        }
        let own = found == COMPARISONS;
        let shape = [reader.size()?, reader.size()?, reader.size()?];
        limits::image(&shape)?;
        let pixels = reader.pixels()?;
        let input = reader.format("input")?;
        let range = reader.range(input)?;
        let output = reader.format("results")?;
        let ring = reader.bits("ring width", 16, 64)?;
        if !ring.is_power_of_two() {
            return Err(Error::Value { what: "ring width", least: 16, most: 64, found: ring.into() });
        }
        let rounding = match reader.number("rounding", 0, 1)? {
            0 => Rounding::Stochastic,
            _ => Rounding::Floor,
        };
        let count = u32::from_le_bytes(reader.take()?) as usize;
        // Every layer takes a byte at least.
        reader.needs(count)?;
        let mut layers = Vec::new();
        for _ in 0..count {
            layers.push(Layer::read(&mut reader)?);
        }
        let families = if own { families(&mut reader, count)? } else { Vec::new() };
        let (expected, found) = (reader.place, bytes.len());
        if expected != found {
            return Err(Error::Trailing { expected, found });
        }
        let inputs = shape.iter().fold(1, |all: usize, &side| all.saturating_mul(side));
        let architecture = Architecture::with_inputs(inputs, layers, ring).map_err(Error::Architecture)?;
        let architecture = architecture.with_rounding(rounding);
        check_sizes(&architecture)?;
        let public = Self { shape, pixels, input, range, output, architecture };
        if !own {
            return Ok(public);
        }
        let before: Vec<u32> = (0..count).map(|value| public.architecture.right_bits(value)).collect();
        let public = public.with_comparisons(&families).map_err(Error::Architecture)?;
        match (0..count).find(|&value| before[value] < public.architecture.right_bits(value)) {
            // Equal models are equal bytes.
            Some(value) => {
                let (least, found) = (public.architecture.right_bits(value), before[value]);
                let what = "correct bits of a value that Legendre symbols take";
                Err(Error::Value { what, least: least.into(), most: 64, found: found.into() })
            }
            None => Ok(public),
        }
    }
}

/// A family in bytes.
fn number(family: Option<Family>) -> u8 {
    let place = family.and_then(|family| Family::ALL.iter().position(|&other| other == family));
    place.map_or(0, |place| place as u8 + 1)
}

/// The families of so many layers, at least one of which has one.
fn families(reader: &mut Reader<'_>, count: usize) -> Result<Vec<Option<Family>>, Error> {
    let (what, most) = ("family of comparisons", Family::ALL.len() as u8);
    let family = |number: u8| number.checked_sub(1).map(|place| Family::ALL[usize::from(place)]);
    let all = (0..count).map(|_| reader.number(what, 0, most).map(family));
    let all: Vec<Option<Family>> = all.collect::<Result<_, _>>()?;
    match all.iter().any(Option::is_some) {
        true => Ok(all),
        false => Err(Error::Value { what, least: 1, most: most.into(), found: 0 }),
    }
}

/// Checks that a dry run of the program can be afforded.
fn check_sizes(architecture: &Architecture) -> Result<(), Error> {
    let layers = architecture.layers();
    let (mut values, mut gathered, mut products, mut items) = (0usize, 0usize, 0usize, 0usize);
    for value in 0..=layers.len() {
        let elements = architecture.elements(value);
        if !(1..=Model::MOST_ELEMENTS).contains(&elements) {
            let (most, found) = (Model::MOST_ELEMENTS as i64, elements as i128);
            return Err(Error::Value { what: "elements of a value", least: 1, most, found });
        }
        values = values.saturating_add(elements);
    }
    for (number, layer) in layers.iter().enumerate() {
        let elements = architecture.elements(number + 1);
        gathered = gathered.saturating_add(layer.step().gathered(elements));
        products = products.saturating_add(layer.step().products(elements));
        items = items.saturating_add(layer.step().items());
    }
    at_most("elements of all values", MOST_VALUES, values)?;
    at_most("values below windows of maxima", MOST_VALUES, gathered)?;
    at_most("weights and values below windows", MOST_PRODUCTS, products)?;
    at_most("correlations of an image", MOST_ITEMS, items)
}

fn at_most(what: &'static str, most: usize, found: usize) -> Result<(), Error> {
    if found > most { Err(limits::TooLarge { what, most, found }.into()) } else { Ok(()) }
}
