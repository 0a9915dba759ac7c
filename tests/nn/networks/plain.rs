//! Networks in the clear, on intervals: as far as truncations may go.
#![allow(unreachable_pub)]

use ringshare::function::Table;
use ringshare::linalg::Window;
use ringshare::nn::{Architecture, Layer, Weights, softmax_reference, step};
use ringshare::ring::Word;

use crate::common::Random;
use crate::parts;

/// The least and the greatest that a value can be.
pub type Interval = [i64; 2];

/// Rows and bias of every layer that has weights.
pub struct Plain(pub Vec<(Vec<Vec<i64>>, Vec<i64>)>);

impl<W: Word> Weights<W> for Plain {
    fn row(&self, layer: usize, row: usize, out: &mut [W]) {
        let row = &self.0[layer].0[row];
        assert_eq!(out.len(), row.len(), "a row of layer {layer}");
        out.iter_mut().zip(row).for_each(|(out, &w)| *out = W::from_signed(w.into()));
    }

    fn bias(&self, layer: usize, out: &mut [W]) {
        assert_eq!(out.len(), self.0[layer].1.len(), "the bias of layer {layer}");
        out.iter_mut().zip(&self.0[layer].1).for_each(|(out, &b)| *out = W::from_signed(b.into()));
    }
}

impl Plain {
    /// Weights of up to `size` on either side of zero.
    pub fn random(layers: &[Layer], size: usize, random: &mut Random) -> Self {
        let shapes = layers.iter().filter_map(|layer| match layer {
            Layer::Linear(step::Linear { inputs, outputs, .. }) => Some((*inputs, *outputs)),
            Layer::Convolution(step::Convolution { window, outputs, groups, .. }) => {
                Some((window.size[0] * window.size[1] * window.image[2] / groups, *outputs))
            }
            _ => None,
        });
        let mut number = || random.below(2 * size + 1) as i64 - size as i64;
        let mut numbers = |count: usize| (0..count).map(|_| number()).collect::<Vec<_>>();
        Self(shapes.map(|(i, o)| ((0..o).map(|_| numbers(i)).collect(), numbers(o))).collect())
    }

    /// What the network makes of one row, if truncations round to the floor (`exact`) or in between.
    pub fn run(&self, architecture: &Architecture, x: &[i64], exact: bool) -> Vec<Interval> {
        let mut values: Vec<Vec<Interval>> = vec![x.iter().map(|&x| [x, x]).collect()];
        let mut weighted = self.0.iter();
        for (number, layer) in architecture.layers().iter().enumerate() {
            let x = values.last().unwrap();
            let each = |f: &dyn Fn(Interval) -> Interval| x.iter().map(|&x| f(x)).collect::<Vec<_>>();
            let down = |[low, high]: Interval, shift: u32| {
                [low >> shift, if exact { high >> shift } else { -(-high >> shift) }]
            };
            let y = match layer {
                Layer::Linear(step::Linear { inputs, .. }) => {
                    let window = Window::new([1, 1, *inputs], [1, 1]);
                    convolve(&window, 1, weighted.next().unwrap(), x)
                }
                Layer::Convolution(step::Convolution { window, groups, .. }) => {
                    convolve(window, *groups, weighted.next().unwrap(), x)
                }
                Layer::Sign(_) => each(&|x| x.map(|x| if x < 0 { -1 } else { 1 })),
                Layer::Relu(step::Relu { shift, .. }) => each(&|x| down(x.map(|x| x.max(0)), *shift)),
                Layer::Clip(step::Clip { low, high, .. }) => each(&|x| x.map(|x| x.clamp(*low, *high))),
                Layer::Truncate(step::Truncate { shift, .. }) => each(&|x| down(x, *shift)),
                Layer::MaxPool(step::MaxPool { window, .. }) => {
                    let next = architecture.layers().get(number + 1);
                    let half = match next {
                        Some(
                            Layer::Relu(step::Relu { shift, .. })
                            | Layer::Truncate(step::Truncate { shift, .. }),
                        ) if !exact && *shift > 0 => 1 << (shift - 1),
                        _ => 0,
                    };
                    // In front of a truncation it may be off by half a unit of what that gives.
                    let below = |[low, high]: Interval| [low - half, high + half];
                    pool(window, x, i64::MIN, |a, b| a.max(b)).into_iter().map(below).collect()
                }
                Layer::SumPool(step::SumPool { window }) => pool(window, x, 0, |a, b| a + b),
                Layer::Scale(step::Scale { factor }) => each(&|x| ordered(x.map(|x| x * factor))),
                Layer::Add(step::Add { value }) => {
                    x.iter().zip(&values[*value]).map(|(x, y)| [x[0] + y[0], x[1] + y[1]]).collect()
                }
                Layer::Multiply(step::Multiply { value, .. }) => {
                    let other = &values[*value];
                    (0..x.len()).map(|i| product(x[i], other[i % other.len()])).collect()
                }
                Layer::Concat(step::Concat { values: others, channels }) => {
                    let all: Vec<&[Interval]> =
                        [&x[..]].into_iter().chain(others.iter().map(|&i| &values[i][..])).collect();
                    parts::joined(x.len() / channels[0], &all)
                }
                Layer::Select(step::Select { selection }) => parts::selected(selection, x),
                Layer::GroupSum(step::GroupSum { blocks, rows, groups, channels }) => {
                    parts::sums([*blocks, *rows, *groups, *channels], x, |[a, b], [c, d]| [a + c, b + d])
                }
                Layer::MatMul(step::MatMul { value, heads, rows, inner, columns, transposed }) => {
                    let (dims, sum) = ([*heads, *rows, *inner, *columns], |a: Interval, b: Interval| {
                        [a[0] + b[0], a[1] + b[1]]
                    });
                    parts::multiplied(dims, *transposed, x, &values[*value], product, sum)
                }
                Layer::From(step::From { value }) => values[*value].clone(),
                Layer::Lookup(step::Lookup { table }) => each(&|x| image(table, x)),
                Layer::Softmax(step::Softmax { classes, bits, fraction }) if exact => {
                    let x: Vec<i64> = x.iter().map(|x| x[0]).collect();
                    softmax_reference(&x, *classes, *bits, *fraction).into_iter().map(|p| [p, p]).collect()
                }
                Layer::Softmax(step::Softmax { fraction, .. }) => vec![[0, (1 << fraction) + 1]; x.len()],
                _ => panic!("a layer that the test does not know"),
            };
            values.push(y);
        }
        values.pop().unwrap()
    }
}

fn ordered([a, b]: Interval) -> Interval {
    [a.min(b), a.max(b)]
}

fn product([a, b]: Interval, [c, d]: Interval) -> Interval {
    let all = [a * c, a * d, b * c, b * d];
    all.iter().fold([i64::MAX, i64::MIN], |[low, high], &x| [low.min(x), high.max(x)])
}

/// All that a table makes of an interval.
fn image(table: &Table, [low, high]: Interval) -> Interval {
    let mask = table.entries().len() as i64 - 1;
    let values = (low..=high.min(low + mask)).map(|x| table.entries()[(x & mask) as usize]);
    values.fold([i64::MAX, i64::MIN], |[low, high], value| [low.min(value), high.max(value)])
}

/// For every place of a window the places below it: row and column of the window, of the image.
fn below(window: &Window) -> Vec<Vec<[usize; 4]>> {
    let [height, width, _] = window.image;
    let mut out = Vec::new();
    for place_y in 0.. {
        let top = place_y * window.stride[0];
        if top + (window.size[0] - 1) * window.dilation[0] >= height + 2 * window.padding[0] {
            break;
        }
        for place_x in 0.. {
            let left = place_x * window.stride[1];
            if left + (window.size[1] - 1) * window.dilation[1] >= width + 2 * window.padding[1] {
                break;
            }
            let mut seen = Vec::new();
            for i in 0..window.size[0] {
                for j in 0..window.size[1] {
                    let y = (top + i * window.dilation[0]).wrapping_sub(window.padding[0]);
                    let x = (left + j * window.dilation[1]).wrapping_sub(window.padding[1]);
                    if y < height && x < width {
                        seen.push([i, j, y, x]);
                    }
                }
            }
            out.push(seen);
        }
    }
    out
}

fn convolve(
    window: &Window,
    groups: usize,
    (rows, bias): &(Vec<Vec<i64>>, Vec<i64>),
    x: &[Interval],
) -> Vec<Interval> {
    let [_, width, channels] = window.image;
    let [own, share] = [channels / groups, rows.len() / groups];
    let mut out = Vec::new();
    for seen in below(window) {
        for (output, (row, &bias)) in rows.iter().zip(bias).enumerate() {
            let mut sum = [bias, bias];
            for &[i, j, y, at] in &seen {
                for channel in 0..own {
                    let w = row[(i * window.size[1] + j) * own + channel];
                    let x = x[(y * width + at) * channels + output / share * own + channel];
                    let [low, high] = ordered(x.map(|x| x * w));
                    sum = [sum[0] + low, sum[1] + high];
                }
            }
            out.push(sum);
        }
    }
    out
}

fn pool(window: &Window, x: &[Interval], first: i64, f: impl Fn(i64, i64) -> i64) -> Vec<Interval> {
    let [_, width, channels] = window.image;
    let mut out = Vec::new();
    for seen in below(window) {
        for channel in 0..channels {
            let values = seen.iter().map(|&[_, _, y, at]| x[(y * width + at) * channels + channel]);
            out.push(values.fold([first; 2], |a, x| [f(a[0], x[0]), f(a[1], x[1])]));
        }
    }
    out
}
