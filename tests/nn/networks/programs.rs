//! Random networks whose values fit the bits that their layers state.
#![allow(unreachable_pub)]

use ringshare::function::Table;
use ringshare::linalg::Window;
use ringshare::nn::{Architecture, Layer, step};

use super::plain::Plain;
use crate::common::Random;
use crate::parts;

/// The greatest weight and bias.
pub const SIZE: usize = 3;
/// The greatest input.
pub const PIXEL: usize = 4;

/// What is known of a value while a network is made up.
#[derive(Clone, Copy)]
struct Value {
    shape: [usize; 3],
    most: i64,
    right: u32,
}

/// Makes up networks for a ring.
pub struct Programs<'a> {
    ring: u32,
    random: &'a mut Random,
    values: Vec<Value>,
}

impl<'a> Programs<'a> {
    pub fn new(ring: u32, random: &'a mut Random) -> Self {
        Self { ring, random, values: Vec::new() }
    }

    /// A network of `count` layers with its weights.
    pub fn draw(&mut self, count: usize) -> (Architecture, Plain) {
        let shape = [3 + self.random.below(3), 3 + self.random.below(3), 2 * (1 + self.random.below(2))];
        self.values = vec![Value { shape, most: PIXEL as i64, right: self.ring }];
        let mut layers = Vec::new();
        while layers.len() < count {
            let kind = if layers.is_empty() { 1 } else { self.random.below(17) };
            if let Some((layer, value)) = self.layer(kind) {
                layers.push(layer);
                self.values.push(value);
            }
        }
        let weights = Plain::random(&layers, SIZE, self.random);
        let inputs = shape.iter().product();
        (Architecture::with_inputs(inputs, layers, self.ring).unwrap(), weights)
    }

    /// A layer of a kind, if one fits.
    fn layer(&mut self, kind: usize) -> Option<(Layer, Value)> {
        let x = *self.values.last().unwrap();
        let lifted = Value { right: self.ring, ..x };
        let elements: usize = x.shape.iter().product();
        let bits = need(x.most);
        let random = &mut *self.random;
        match kind {
            0 => {
                let (outputs, most) = (1 + random.below(6), weighted(x.most, elements));
                let bits = need(most) + random.below(2) as u32;
                let layer = Layer::Linear(step::Linear { inputs: elements, outputs, bits });
                fits(bits, x.right, layer, Value { shape: [1, 1, outputs], most, right: bits })
            }
            1 => {
                let window = window(x.shape, random);
                let groups = if x.shape[2].is_multiple_of(2) { 1 + random.below(2) } else { 1 };
                let outputs = groups * (1 + random.below(3));
                let inputs = window.size[0] * window.size[1] * x.shape[2] / groups;
                let most = weighted(x.most, inputs);
                let [rows, columns] = window.places().ok()?;
                let bits = need(most);
                let layer = Layer::Convolution(step::Convolution { window, outputs, groups, bits });
                fits(bits, x.right, layer, Value { shape: [rows, columns, outputs], most, right: bits })
            }
            2 => fits(bits, x.right, Layer::Sign(step::Sign { bits }), Value { most: 1, ..lifted }),
            3 => {
                let shift = random.below(bits.min(5) as usize) as u32;
                let most = (x.most >> shift) + 1;
                // Room for what is dropped.
                let bits = need(x.most + (1 << shift) - 1);
                fits(bits, x.right, Layer::Relu(step::Relu { bits, shift }), Value { most, ..lifted })
            }
            4 => {
                let [low, high] = [-(random.below(9) as i64), 1 + random.below(9) as i64];
                let bits = need(x.most + 9);
                fits(bits, x.right, Layer::Clip(step::Clip { bits, low, high }), Value { most: 9, ..lifted })
            }
            5 => {
                let shift = random.below(bits.min(5) as usize) as u32;
                let most = (x.most >> shift) + 1;
                fits(
                    bits + 1,
                    x.right,
                    Layer::Truncate(step::Truncate { bits, shift }),
                    Value { most, ..lifted },
                )
            }
            6 | 7 => {
                let window = window(x.shape, random);
                let [rows, columns] = window.places().ok()?;
                let shape = [rows, columns, x.shape[2]];
                let (bits, most) = (need(2 * x.most), x.most * (window.size[0] * window.size[1]) as i64);
                match kind {
                    6 => fits(
                        bits,
                        x.right,
                        Layer::MaxPool(step::MaxPool { window, bits }),
                        Value { shape, ..x },
                    ),
                    _ => fits(
                        need(most),
                        x.right,
                        Layer::SumPool(step::SumPool { window }),
                        Value { shape, most, ..x },
                    ),
                }
            }
            8 => {
                let factor = random.below(5) as i64 - 2;
                let value = Value { most: 1 + x.most * factor.abs(), ..x };
                fits(need(value.most), x.right, Layer::Scale(step::Scale { factor }), value)
            }
            9 => {
                let value = random.below(self.values.len());
                let other = self.values[value];
                let (most, right) = (x.most + other.most, x.right.min(other.right));
                if other.shape.iter().product::<usize>() != elements {
                    let value_back = Layer::From(step::From { value });
                    return Some((value_back, other));
                }
                fits(need(most), right, Layer::Add(step::Add { value }), Value { most, right, ..x })
            }
            12 => {
                let value = random.below(self.values.len());
                let other = self.values[value];
                let fits_all = other.shape == x.shape || other.shape == [1, 1, x.shape[2]];
                let (most, right) = (x.most * other.most, x.right.min(other.right));
                let [rows, columns, channels] = x.shape;
                let layer = step::Multiply { value, places: rows * columns, channels }.into();
                if fits_all { fits(need(most), right, layer, Value { most, right, ..x }) } else { None }
            }
            13 => {
                let values: Vec<usize> =
                    (0..self.values.len()).filter(|&i| self.values[i].shape[..2] == x.shape[..2]).collect();
                let values = vec![values[random.below(values.len())]; 1 + random.below(2)];
                let (mut all, mut channels) = (x, vec![x.shape[2]]);
                for &value in &values {
                    let other = self.values[value];
                    all.shape[2] += other.shape[2];
                    (all.most, all.right) = (all.most.max(other.most), all.right.min(other.right));
                    channels.push(other.shape[2]);
                }
                let layer = step::Concat { values, channels }.into();
                if all.shape[2] < 40 { fits(need(all.most), all.right, layer, all) } else { None }
            }
            14 => {
                let selection = parts::draw(random, x.shape);
                let layer = step::Select { selection }.into();
                fits(bits, x.right, layer, Value { shape: selection.size, ..x })
            }
            15 => {
                let [rows, columns, channels] = x.shape;
                let layer = match channels.is_multiple_of(2) && random.below(2) == 0 {
                    true => {
                        step::GroupSum { blocks: 1, rows: rows * columns, groups: 2, channels: channels / 2 }
                    }
                    false => step::GroupSum { blocks: rows * columns, rows: 1, groups: 1, channels },
                };
                let shape = if layer.blocks == 1 { [1, 1, layer.groups] } else { [rows, columns, 1] };
                let most = x.most * (layer.rows * layer.channels) as i64;
                fits(need(most), x.right, layer.into(), Value { shape, most, ..x })
            }
            16 => {
                // Of any value that has some of x's divisors as channels.
                let value = random.below(self.values.len());
                let other = self.values[value];
                let heads = 1 + random.below(2);
                let [rows, inner] = [x.shape[0] * x.shape[1], x.shape[2] / heads];
                let all = other.shape.iter().product::<usize>();
                let fits_all = x.shape[2].is_multiple_of(heads) && all.is_multiple_of(heads * inner);
                let columns = all / (heads * inner).max(1);
                let transposed = random.below(2) == 0;
                let layer = step::MatMul { value, heads, rows, inner, columns, transposed }.into();
                let (most, right) = (x.most * other.most * inner as i64, x.right.min(other.right));
                let value = Value { shape: [rows, heads, columns], most, right };
                if fits_all && columns < 30 { fits(need(most), right, layer, value) } else { None }
            }
            10 => {
                let index = 2 + random.below(7) as u32;
                let table = Table::new(index, |v| (v * v) % 8 - 4);
                fits(index, x.right, Layer::Lookup(step::Lookup { table }), Value { most: 7, ..lifted })
            }
            _ => {
                let fraction = 2 + random.below(8) as u32;
                let bits = need(2 * x.most);
                let classes = x.shape[2];
                let layer = Layer::Softmax(step::Softmax { classes, bits, fraction });
                fits(bits, x.right, layer, Value { most: (1 << fraction) + 1, ..lifted })
            }
        }
    }
}

fn fits(bits: u32, most: u32, layer: Layer, value: Value) -> Option<(Layer, Value)> {
    (bits <= most.min(62)).then_some((layer, value))
}

/// Bits of signed numbers up to `most` on either side.
fn need(most: i64) -> u32 {
    (65 - most.leading_zeros()).max(2)
}

fn weighted(most: i64, inputs: usize) -> i64 {
    SIZE as i64 * (most * inputs as i64 + 1)
}

fn window([height, width, channels]: [usize; 3], random: &mut Random) -> Window {
    let mut one = |size: usize| {
        let window = 1 + random.below(size.min(3));
        let dilation = if window > 1 && 2 * (window - 1) < size { 1 + random.below(2) } else { 1 };
        [window, 1 + random.below(2), random.below(window), dilation]
    };
    let [rows, columns] = [one(height), one(width)];
    Window {
        image: [height, width, channels],
        size: [rows[0], columns[0]],
        stride: [rows[1], columns[1]],
        padding: [rows[2], columns[2]],
        dilation: [rows[3], columns[3]],
    }
}
