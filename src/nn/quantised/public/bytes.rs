//! A public model as bytes.
//!
//! Numbers are little-endian. In this order:
//!
//! | field | bytes |
//! | --- | --- |
//! | `ringshar` | 8 |
//! | version, 1 | 2 |
//! | height, width, channels of an image | 3 · 8 |
//! | map of pixels: 0 unknown; 1, scale, shift; 2, threshold; 3, dropped bits | 1, 9, 2, 2 |
//! | fractional bits and bits of the input | 2 |
//! | least and greatest integer of the input | 2 · 8 |
//! | fractional bits and bits of the results | 2 |
//! | ring width | 1 |
//! | rounding: 0 stochastic, 1 floor | 1 |
//! | layers | 4 |
//! | for each layer its kind, and its fields in the order of [`Layer`] | 1, … |
//!
//! Sizes and numbers of values take 8 bytes, bit lengths 1. A window is image, size, stride, padding, dilation. A table
//! is its index bits and its entries, 8 bytes each. Every value has exactly one form as bytes.

use alloc::vec::Vec;

use super::PublicModel;
use super::error::PublicModelError as Error;
use crate::function::{MAX_INDEX_BITS, Table};
use crate::linalg::Window;
use crate::nn::quantised::format::Format;
use crate::nn::{Architecture, Input, Layer, Model, Rounding, limits};

const MAGIC: [u8; 8] = *b"ringshar";
const VERSION: u16 = 1;
/// The most elements of all values of a model together.
const MOST_VALUES: usize = 1 << 28;
/// The most weights of all layers, and the most values below all windows of a pooling.
const MOST_PRODUCTS: usize = 1 << 32;

impl PublicModel {
    /// The model as bytes, which [`from_bytes`](Self::from_bytes) reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(Vec::from(MAGIC));
        out.0.extend(VERSION.to_le_bytes());
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
        let layers = self.architecture.layers();
        out.0.extend((layers.len() as u32).to_le_bytes());
        layers.iter().for_each(|layer| out.layer(layer));
        out.0
    }

    /// Reads a model. Whatever the bytes, nothing panics, and what is allocated is bounded by a small multiple of their
    /// number.
    ///
    /// # Errors
    /// Bytes that [`to_bytes`](Self::to_bytes) gives for no model, or a model with a side of an image above 2^20, with a
    /// size, stride, padding or dilation of a window above 2^16, or with more than 2^24 elements of a value, 2^28
    /// elements of all values, or 2^32 weights.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader { bytes, place: 0 };
        if reader.take::<8>()? != MAGIC {
            return Err(Error::Magic);
        }
        let found = u16::from_le_bytes(reader.take()?);
        if found != VERSION {
            return Err(Error::Version { expected: VERSION, found });
        }
        let shape = [reader.size()?, reader.size()?, reader.size()?];
        check(limits::image(&shape))?;
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
            layers.push(reader.layer()?);
        }
        let (expected, found) = (reader.place, bytes.len());
        if expected != found {
            return Err(Error::Trailing { expected, found });
        }
        let inputs = product(&shape);
        let architecture = Architecture::with_inputs(inputs, layers, ring).map_err(Error::Architecture)?;
        let architecture = architecture.with_rounding(rounding);
        check_sizes(&architecture)?;
        Ok(Self { shape, pixels, input, range, output, architecture })
    }
}

/// Checks that a dry run of the program can be afforded.
fn check_sizes(architecture: &Architecture) -> Result<(), Error> {
    let layers = architecture.layers();
    let (mut values, mut products) = (0usize, 0usize);
    for value in 0..=layers.len() {
        let elements = architecture.elements(value);
        if !(1..=Model::MOST_ELEMENTS).contains(&elements) {
            let (most, found) = (Model::MOST_ELEMENTS as i64, elements as i128);
            return Err(Error::Value { what: "elements of a value", least: 1, most, found });
        }
        values = values.saturating_add(elements);
    }
    for (number, layer) in layers.iter().enumerate() {
        products = products.saturating_add(match layer {
            Layer::Linear { inputs, outputs, .. } => product(&[*inputs, *outputs]),
            Layer::Convolution { window, outputs, groups, .. } => {
                product(&[window.size[0], window.size[1], window.image[2] / groups, *outputs])
            }
            Layer::MaxPool { window, .. } | Layer::SumPool { window } => {
                product(&[architecture.elements(number + 1), window.size[0], window.size[1]])
            }
            _ => 0,
        });
    }
    at_most("elements of all values", MOST_VALUES, values)?;
    at_most("weights and values below windows", MOST_PRODUCTS, products)
}

fn product(sizes: &[usize]) -> usize {
    sizes.iter().fold(1, |all, &size| all.saturating_mul(size))
}

fn at_most(what: &'static str, most: usize, found: usize) -> Result<(), Error> {
    check(if found > most { Err(limits::TooLarge { what, most, found }) } else { Ok(()) })
}

fn check(checked: Result<(), limits::TooLarge>) -> Result<(), Error> {
    checked.map_err(|limits::TooLarge { what, most, found }| Error::Value {
        what,
        least: 0,
        most: most as i64,
        found: found as i128,
    })
}

struct Writer(Vec<u8>);

impl Writer {
    fn sizes(&mut self, all: &[usize]) {
        all.iter().for_each(|&size| self.0.extend((size as u64).to_le_bytes()));
    }

    fn numbers(&mut self, all: &[i64]) {
        all.iter().for_each(|&x| self.0.extend(x.to_le_bytes()));
    }

    /// Bit lengths, all of them below 2^8.
    fn bits(&mut self, all: &[u32]) {
        self.0.extend(all.iter().map(|&bits| bits as u8));
    }

    fn format(&mut self, Format { fraction, bits }: Format) {
        self.bits(&[fraction, bits]);
    }

    fn window(&mut self, window: &Window) {
        let Window { image, size, stride, padding, dilation } = window;
        self.sizes(image);
        [size, stride, padding, dilation].iter().for_each(|pair| self.sizes(&pair[..]));
    }

    fn layer(&mut self, layer: &Layer) {
        match layer {
            Layer::Linear { inputs, outputs, bits } => {
                self.0.push(0);
                self.sizes(&[*inputs, *outputs]);
                self.bits(&[*bits]);
            }
            Layer::Convolution { window, outputs, groups, bits } => {
                self.0.push(1);
                self.window(window);
                self.sizes(&[*outputs, *groups]);
                self.bits(&[*bits]);
            }
            Layer::Sign { bits } => {
                self.0.push(2);
                self.bits(&[*bits]);
            }
            Layer::Relu { bits, shift } => {
                self.0.push(3);
                self.bits(&[*bits, *shift]);
            }
            Layer::Clip { bits, low, high } => {
                self.0.push(4);
                self.bits(&[*bits]);
                self.numbers(&[*low, *high]);
            }
            Layer::Truncate { bits, shift } => {
                self.0.push(5);
                self.bits(&[*bits, *shift]);
            }
            Layer::MaxPool { window, bits } => {
                self.0.push(6);
                self.window(window);
                self.bits(&[*bits]);
            }
            Layer::SumPool { window } => {
                self.0.push(7);
                self.window(window);
            }
            Layer::Scale { factor } => {
                self.0.push(8);
                self.numbers(&[*factor]);
            }
            Layer::Add { value } => {
                self.0.push(9);
                self.sizes(&[*value]);
            }
            Layer::From { value } => {
                self.0.push(10);
                self.sizes(&[*value]);
            }
            Layer::Lookup { table } => {
                self.0.push(11);
                self.bits(&[table.index_bits()]);
                self.numbers(table.entries());
            }
            Layer::Softmax { classes, bits, fraction } => {
                self.0.push(12);
                self.sizes(&[*classes]);
                self.bits(&[*bits, *fraction]);
            }
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    /// Bytes that were read.
    place: usize,
}

impl Reader<'_> {
    /// Checks that so many bytes are left.
    fn needs(&self, count: usize) -> Result<(), Error> {
        let (expected, found) = (self.place.saturating_add(count), self.bytes.len());
        if expected > found { Err(Error::Truncated { expected, found }) } else { Ok(()) }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.needs(N)?;
        let mut out = [0; N];
        out.copy_from_slice(&self.bytes[self.place..][..N]);
        self.place += N;
        Ok(out)
    }

    fn size(&mut self) -> Result<usize, Error> {
        let found = u64::from_le_bytes(self.take()?);
        let too_large =
            |_| Error::Value { what: "size", least: 0, most: usize::MAX as i64, found: found.into() };
        usize::try_from(found).map_err(too_large)
    }

    fn integer(&mut self) -> Result<i64, Error> {
        Ok(i64::from_le_bytes(self.take()?))
    }

    /// A number of one byte.
    fn number(&mut self, what: &'static str, least: u8, most: u8) -> Result<u8, Error> {
        let [found] = self.take()?;
        if (least..=most).contains(&found) {
            return Ok(found);
        }
        Err(Error::Value { what, least: least.into(), most: most.into(), found: found.into() })
    }

    fn bits(&mut self, what: &'static str, least: u8, most: u8) -> Result<u32, Error> {
        self.number(what, least, most).map(u32::from)
    }

    fn finite(&mut self, what: &'static str) -> Result<f32, Error> {
        let x = f32::from_le_bytes(self.take()?);
        let zero = x == 0. && x.is_sign_negative();
        if x.is_finite() && !zero { Ok(x) } else { Err(Error::Real(what)) }
    }

    fn pixels(&mut self) -> Result<Option<Input>, Error> {
        Ok(match self.number("map of pixels", 0, 3)? {
            0 => None,
            1 => {
                let (scale, shift) = (self.finite("scale of pixels")?, self.finite("shift of pixels")?);
                Some(Input::Scaled { scale, shift })
            }
            2 => Some(Input::Threshold { at: self.number("threshold", 0, u8::MAX)? }),
            _ => Some(Input::HighBits { drop: self.bits("dropped bits of pixels", 0, 7)? }),
        })
    }

    fn format(&mut self, what: &'static str) -> Result<Format, Error> {
        Ok(Format { fraction: self.bits(what, 0, 62)?, bits: self.bits(what, 2, 63)? })
    }

    /// The least and the greatest integer of a format.
    fn range(&mut self, format: Format) -> Result<[i64; 2], Error> {
        let end = 1i64 << (format.bits - 1);
        let (low, high) = (self.integer()?, self.integer()?);
        for (what, least, found) in [("least input", -end, low), ("greatest input", low, high)] {
            if !(least..end).contains(&found) {
                return Err(Error::Value { what, least, most: end - 1, found: found.into() });
            }
        }
        Ok([low, high])
    }

    fn pair(&mut self) -> Result<[usize; 2], Error> {
        Ok([self.size()?, self.size()?])
    }

    fn window(&mut self) -> Result<Window, Error> {
        let image = [self.size()?, self.size()?, self.size()?];
        let window = Window {
            image,
            size: self.pair()?,
            stride: self.pair()?,
            padding: self.pair()?,
            dilation: self.pair()?,
        };
        check(limits::window(&window)).map(|()| window)
    }

    fn table(&mut self) -> Result<Table, Error> {
        let bits = self.bits("index bits of a table", 1, MAX_INDEX_BITS as u8)?;
        self.needs(8 << bits)?;
        let entries = (0..1 << bits).map(|_| self.integer()).collect::<Result<Vec<i64>, _>>()?;
        Table::from_entries([bits, 0], entries).map_err(Error::Table)
    }

    fn layer(&mut self) -> Result<Layer, Error> {
        let (bits, shift) = ("bits of a layer", "shift of a layer");
        Ok(match self.number("kind of a layer", 0, 12)? {
            0 => Layer::Linear { inputs: self.size()?, outputs: self.size()?, bits: self.bits(bits, 2, 64)? },
            1 => Layer::Convolution {
                window: self.window()?,
                outputs: self.size()?,
                groups: self.size()?,
                bits: self.bits(bits, 2, 64)?,
            },
            2 => Layer::Sign { bits: self.bits(bits, 2, 64)? },
            3 => Layer::Relu { bits: self.bits(bits, 2, 64)?, shift: self.bits(shift, 0, 63)? },
            4 => Layer::Clip { bits: self.bits(bits, 2, 64)?, low: self.integer()?, high: self.integer()? },
            5 => Layer::Truncate { bits: self.bits(bits, 2, 64)?, shift: self.bits(shift, 0, 63)? },
            6 => Layer::MaxPool { window: self.window()?, bits: self.bits(bits, 2, 64)? },
            7 => Layer::SumPool { window: self.window()? },
            8 => Layer::Scale { factor: self.integer()? },
            9 => Layer::Add { value: self.size()? },
            10 => Layer::From { value: self.size()? },
            11 => Layer::Lookup { table: self.table()? },
            _ => Layer::Softmax {
                classes: self.size()?,
                bits: self.bits(bits, 2, 64)?,
                fraction: self.bits("fractional bits of a softmax", 0, 62)?,
            },
        })
    }
}
