//! The integer program by plain loops over 128-bit integers.

use ringshare::function::Piecewise;
use ringshare::linalg::Window;
use ringshare::nn::{Layer, Quantised, Weights, softmax_reference, step};

use crate::parts;

/// Evaluates one image; truncations round down.
pub(crate) fn run(model: &Quantised, image: &[i64]) -> Vec<i64> {
    let mut values = vec![image.iter().map(|&x| i128::from(x)).collect::<Vec<i128>>()];
    let mut products = 0;
    for layer in model.architecture().layers() {
        let x = values.last().unwrap();
        let next = match layer {
            Layer::Linear(step::Linear { inputs, outputs, .. }) => {
                products += 1;
                let window = Window::new([1, 1, *inputs], [1, 1]);
                convolution(model, products - 1, &window, *outputs, 1, x)
            }
            Layer::Convolution(step::Convolution { window, outputs, groups, .. }) => {
                products += 1;
                convolution(model, products - 1, window, *outputs, *groups, x)
            }
            Layer::Sign(_) => x.iter().map(|&x| if x < 0 { -1 } else { 1 }).collect(),
            Layer::Relu(step::Relu { shift, .. }) => {
                x.iter().map(|&x| if x < 0 { 0 } else { down(x, *shift) }).collect()
            }
            Layer::Clip(step::Clip { low, high, .. }) => {
                x.iter().map(|&x| x.max(i128::from(*low)).min(i128::from(*high))).collect()
            }
            Layer::Truncate(step::Truncate { shift, .. }) => x.iter().map(|&x| down(x, *shift)).collect(),
            Layer::MaxPool(step::MaxPool { window, .. }) => {
                pool(window, x, |values| *values.iter().max().unwrap())
            }
            Layer::SumPool(step::SumPool { window }) => pool(window, x, |values| values.iter().sum()),
            Layer::Scale(step::Scale { factor }) => x.iter().map(|x| x * i128::from(*factor)).collect(),
            Layer::Add(step::Add { value }) => x.iter().zip(&values[*value]).map(|(a, b)| a + b).collect(),
            Layer::Multiply(step::Multiply { value, .. }) => {
                let other = &values[*value];
                (0..x.len()).map(|i| x[i] * other[i % other.len()]).collect()
            }
            Layer::Concat(step::Concat { values: others, channels }) => {
                let all: Vec<&[i128]> =
                    [&x[..]].into_iter().chain(others.iter().map(|&i| &values[i][..])).collect();
                parts::joined(x.len() / channels[0], &all)
            }
            Layer::Select(step::Select { selection }) => parts::selected(selection, x),
            Layer::GroupSum(step::GroupSum { blocks, rows, groups, channels }) => {
                parts::sums([*blocks, *rows, *groups, *channels], x, |a, b| a + b)
            }
            Layer::MatMul(step::MatMul { value, heads, rows, inner, columns, transposed }) => {
                let dims = [*heads, *rows, *inner, *columns];
                parts::multiplied(dims, *transposed, x, &values[*value], |a, b| a * b, |a, b| a + b)
            }
            Layer::From(step::From { value }) => values[*value].clone(),
            Layer::Lookup(step::Lookup { table }) => {
                let size = table.entries().len() as i128;
                x.iter().map(|x| table.entries()[x.rem_euclid(size) as usize].into()).collect()
            }
            Layer::Softmax(step::Softmax { classes, bits, fraction }) => {
                let x: Vec<i64> = x.iter().map(|&x| x as i64).collect();
                softmax_reference(&x, *classes, *bits, *fraction).into_iter().map(i128::from).collect()
            }
            Layer::Piecewise(step::Piecewise { function }) => x.iter().map(|&x| lines(function, x)).collect(),
            layer => panic!("no plain {layer:?}"),
        };
        values.push(next);
    }
    values.pop().unwrap().iter().map(|&x| x.try_into().unwrap()).collect()
}

/// Between two nodes a part of the way from one to the other, to the nearest unit of the result, halves upwards.
fn lines(function: &Piecewise, x: i128) -> i128 {
    let (low, nodes) = (function.low_bits(), function.nodes());
    let [first, last] = function.ends().map(i128::from);
    if x < first || x > last {
        // On a line whose slope is not public.
        return function.evaluate(x as i64).into();
    }
    let (segment, part) = ((x - first) >> low, (x - first) & ((1 << low) - 1));
    let node = |place: i128| nodes.get(place as usize).map_or(0, |&node| i128::from(node));
    let sum = node(segment) * ((1 << low) - part) + node(segment + 1) * part;
    let dropped = low + function.guard_bits();
    if dropped == 0 { sum } else { down(sum + (1 << (dropped - 1)), dropped) }
}

fn down(x: i128, shift: u32) -> i128 {
    x.div_euclid(1 << shift)
}

/// W and b of a product, from the rows that its owner would share.
fn weights(model: &Quantised, product: usize, outputs: usize, row: usize) -> (Vec<Vec<i128>>, Vec<i128>) {
    let signed = |x: &u128| *x as i128;
    let rows = (0..outputs).map(|i| {
        let mut words = vec![0u128; row];
        model.row(product, i, &mut words);
        words.iter().map(signed).collect()
    });
    let mut bias = vec![0u128; outputs];
    model.bias(product, &mut bias);
    (rows.collect(), bias.iter().map(signed).collect())
}

fn convolution(
    model: &Quantised,
    product: usize,
    window: &Window,
    outputs: usize,
    groups: usize,
    x: &[i128],
) -> Vec<i128> {
    let channels = window.image[2] / groups;
    let (rows, bias) = weights(model, product, outputs, window.size[0] * window.size[1] * channels);
    let mut out = Vec::new();
    for [row, column] in places(window) {
        for (output, (weights, bias)) in rows.iter().zip(&bias).enumerate() {
            let first = output / (outputs / groups) * channels;
            let mut sum = *bias;
            for i in 0..window.size[0] {
                for j in 0..window.size[1] {
                    let Some(place) = place(window, [row, column], [i, j]) else { continue };
                    for c in 0..channels {
                        let weight = weights[(i * window.size[1] + j) * channels + c];
                        sum += weight * x[place * window.image[2] + first + c];
                    }
                }
            }
            out.push(sum);
        }
    }
    out
}

fn pool(window: &Window, x: &[i128], f: impl Fn(&[i128]) -> i128) -> Vec<i128> {
    let mut out = Vec::new();
    for at in places(window) {
        for channel in 0..window.image[2] {
            let within = (0..window.size[0]).flat_map(|i| (0..window.size[1]).map(move |j| [i, j]));
            let within = within.filter_map(|offset| place(window, at, offset));
            out.push(f(&within.map(|place| x[place * window.image[2] + channel]).collect::<Vec<_>>()));
        }
    }
    out
}

fn places(window: &Window) -> Vec<[usize; 2]> {
    let [rows, columns] = window.places().unwrap();
    (0..rows).flat_map(|row| (0..columns).map(move |column| [row, column])).collect()
}

/// Where in the image a value of a window is, if it is not in the padding.
fn place(window: &Window, at: [usize; 2], offset: [usize; 2]) -> Option<usize> {
    let axis = |i: usize| {
        let place =
            (at[i] * window.stride[i] + offset[i] * window.dilation[i]).checked_sub(window.padding[i]);
        place.filter(|&place| place < window.image[i])
    };
    Some(axis(0)? * window.image[1] + axis(1)?)
}
