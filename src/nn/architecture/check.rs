//! Whether a layer fits what it takes.

use core::cmp::min;

use super::error::ArchitectureError as Error;
use super::layer::Value;
use crate::function::MAX_INDEX_BITS;
use crate::linalg::Window;
use crate::nn::{Layer, step};

/// The most fractional bits of a softmax.
pub(in crate::nn) const MAX_FRACTION: u32 = 16;
/// The longest comparison.
const MOST: u32 = 64;

/// What layer `number` makes of the last of the values so far, in a ring of `ring` bits.
pub(super) fn layer(number: usize, layer: &Layer, values: &[Value], ring: u32) -> Result<Value, Error> {
    let check = Check { layer: number };
    let x = values[number];
    let lifted = Value { right: ring, ..x };
    match *layer {
        Layer::Linear(step::Linear { inputs, outputs, bits }) => {
            check.inputs(x, inputs)?;
            check.some(min(inputs, outputs))?;
            check.bits(bits, x.right)?;
            check.count(&[inputs, outputs])?;
            Ok(Value { elements: outputs, right: bits })
        }
        Layer::Convolution(step::Convolution { ref window, outputs, groups, bits }) => {
            let [rows, columns] = check.window(x, window)?;
            check.some(outputs)?;
            check.groups(groups, window.image[2], outputs)?;
            check.bits(bits, x.right)?;
            check.count(&[window.size[0], window.size[1], window.image[2], outputs])?;
            Ok(Value { elements: check.count(&[rows, columns, outputs])?, right: bits })
        }
        Layer::Sign(step::Sign { bits }) => check.bits(bits, min(x.right, MOST)).map(|()| lifted),
        Layer::Relu(step::Relu { bits, shift }) => {
            check.bits(bits, min(x.right, MOST))?;
            check.shift(shift, bits).map(|()| lifted)
        }
        Layer::Clip(step::Clip { bits, low, high }) => {
            check.bits(bits, min(x.right, MOST))?;
            if low < high { Ok(lifted) } else { Err(Error::Ends { layer: number, low, high }) }
        }
        Layer::Truncate(step::Truncate { bits, shift }) => {
            check.bits(bits, min(x.right, MOST).saturating_sub(1))?;
            check.shift(shift, bits).map(|()| lifted)
        }
        Layer::MaxPool(step::MaxPool { ref window, bits }) => {
            let [rows, columns] = check.window(x, window)?;
            check.padding(window)?;
            check.bits(bits, min(x.right, MOST))?;
            Ok(Value { elements: check.count(&[rows, columns, window.image[2]])?, ..x })
        }
        Layer::SumPool(step::SumPool { ref window }) => {
            let [rows, columns] = check.window(x, window)?;
            Ok(Value { elements: check.count(&[rows, columns, window.image[2]])?, ..x })
        }
        Layer::Scale(_) => Ok(x),
        Layer::Add(step::Add { value }) => {
            let other = check.value(value, values)?;
            check.inputs(x, other.elements)?;
            Ok(Value { right: min(x.right, other.right), ..x })
        }
        Layer::From(step::From { value }) => check.value(value, values),
        Layer::Lookup(step::Lookup { ref table }) => {
            let [bits, second] = table.bits();
            if second != 0 {
                return Err(Error::Pairs { layer: number });
            }
            let (most, found) = (x.right, bits);
            if found <= most { Ok(lifted) } else { Err(Error::Bits { layer: number, most, found }) }
        }
        Layer::Softmax(step::Softmax { classes, bits, fraction }) => {
            check.classes(classes, x.elements)?;
            check.bits(bits, min(x.right, MOST))?;
            let most = min(MAX_FRACTION, ring - 2);
            if fraction > most {
                return Err(Error::Fraction { layer: number, most, found: fraction });
            }
            Ok(lifted)
        }
    }
}

/// The checks of one layer.
struct Check {
    layer: usize,
}

impl Check {
    fn inputs(&self, x: Value, found: usize) -> Result<(), Error> {
        let expected = x.elements;
        if found == expected { Ok(()) } else { Err(Error::Inputs { layer: self.layer, expected, found }) }
    }

    fn some(&self, elements: usize) -> Result<(), Error> {
        if elements > 0 { Ok(()) } else { Err(Error::Empty { layer: self.layer }) }
    }

    fn bits(&self, found: u32, most: u32) -> Result<(), Error> {
        let fits = (2..=most).contains(&found);
        if fits { Ok(()) } else { Err(Error::Bits { layer: self.layer, most, found }) }
    }

    fn shift(&self, found: u32, bits: u32) -> Result<(), Error> {
        if found < bits { Ok(()) } else { Err(Error::Shift { layer: self.layer, most: bits - 1, found }) }
    }

    fn value(&self, found: usize, values: &[Value]) -> Result<Value, Error> {
        let most = values.len() - 1;
        values.get(found).copied().ok_or(Error::Value { layer: self.layer, most, found })
    }

    fn count(&self, sizes: &[usize]) -> Result<usize, Error> {
        let product = sizes.iter().try_fold(1usize, |all, &size| all.checked_mul(size));
        product.filter(|&all| isize::try_from(all).is_ok()).ok_or(Error::Overflow { layer: self.layer })
    }

    fn window(&self, x: Value, window: &Window) -> Result<[usize; 2], Error> {
        let places = window.places().map_err(|error| Error::Window { layer: self.layer, error })?;
        self.inputs(x, self.count(&window.image)?)?;
        Ok(places)
    }

    /// Every place of the window sees some of the image.
    fn padding(&self, window: &Window) -> Result<(), Error> {
        for i in 0..2 {
            let found = window.padding[i];
            // A wide dilation may step over a small image.
            let span = (window.size[i] - 1) * window.dilation[i];
            let most = if window.dilation[i] <= window.image[i] { span } else { 0 };
            if found > most {
                return Err(Error::Padding { layer: self.layer, most, found });
            }
        }
        Ok(())
    }

    fn groups(&self, groups: usize, channels: usize, outputs: usize) -> Result<(), Error> {
        let fits = groups > 0 && channels.is_multiple_of(groups) && outputs.is_multiple_of(groups);
        if fits { Ok(()) } else { Err(Error::Groups { layer: self.layer, groups, channels, outputs }) }
    }

    fn classes(&self, found: usize, elements: usize) -> Result<(), Error> {
        let fits = (1..=1 << MAX_INDEX_BITS).contains(&found) && elements.is_multiple_of(found);
        if fits { Ok(()) } else { Err(Error::Classes { layer: self.layer, elements, found }) }
    }
}
