//! Networks in double precision, by their definitions: losses, how far values are from where a layer has a kink, and bounds of what
//! fixed point does to gradients.

use ringshare::linalg::Window;
use ringshare::nn::train::Loss;
use ringshare::nn::{Model, Op, Weight};

/// Weights and biases, layer by layer; those of signs are latent.
pub(crate) type Parameters = Vec<[Vec<f64>; 2]>;

/// All values of a batch.
pub(crate) struct Values {
    pub(crate) values: Vec<Vec<f64>>,
    /// The least distance to a kink.
    pub(crate) margin: f64,
    /// The least variance that is normalised.
    pub(crate) variance: f64,
}

/// The weights that a layer of signs, or of real numbers, multiplies by.
///
/// Signs of the first layer stand for four times as much as others, and those of the last for a fourth.
fn effective(weight: &Weight, held: &[f64], inputs: usize, [is_first, is_last]: [bool; 2]) -> Vec<f64> {
    match weight {
        Weight::Real(_) => held.to_vec(),
        Weight::Signs(_) => {
            let t = inputs.ilog2().div_ceil(2).saturating_sub(if is_first { 2 } else { 0 });
            let one = (-f64::from(t + if is_last { 2 } else { 0 })).exp2();
            held.iter().map(|w| if *w >= 0. { one } else { -one }).collect()
        }
    }
}

/// For every place, value of the window and channel of an image: place, value, channel, and where it is, unless in the padding.
fn each(window: &Window, mut f: impl FnMut(usize, usize, usize, usize)) {
    let [height, width, channels] = window.image;
    let [down, across] = window.places().unwrap();
    for (a, b) in (0..down).flat_map(|a| (0..across).map(move |b| (a, b))) {
        for (i, j) in (0..window.size[0]).flat_map(|i| (0..window.size[1]).map(move |j| (i, j))) {
            let row = (a * window.stride[0] + i * window.dilation[0]).checked_sub(window.padding[0]);
            let column = (b * window.stride[1] + j * window.dilation[1]).checked_sub(window.padding[1]);
            let (Some(row), Some(column)) = (row, column) else { continue };
            if row < height && column < width {
                for c in 0..channels {
                    f(a * across + b, i * window.size[1] + j, c, (row * width + column) * channels + c);
                }
            }
        }
    }
}

/// z of one example; the same with absolute numbers and z = 1 gives what each x is multiplied by in all.
fn product(op: &Op, held: &[Vec<f64>; 2], x: &[f64], place: [bool; 2]) -> Vec<f64> {
    match op {
        Op::Linear(linear) => {
            let weights = effective(&linear.weight, &held[0], x.len(), place);
            let dot = |row: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
            weights.chunks(x.len()).zip(&held[1]).map(|(row, b)| dot(row) + b).collect()
        }
        Op::Convolution(convolution) => {
            let (window, outputs) = (&convolution.window, convolution.bias.len());
            let (seen, height) = (window.image[2] / convolution.groups, outputs / convolution.groups);
            let inputs = window.size[0] * window.size[1] * seen;
            let weights = effective(&convolution.weight, &held[0], inputs, place);
            let [down, across] = window.places().unwrap();
            let mut z = held[1].repeat(down * across);
            each(window, |place, k, c, at| {
                for output in c / seen * height..(c / seen + 1) * height {
                    z[place * outputs + output] += weights[output * inputs + k * seen + c % seen] * x[at];
                }
            });
            z
        }
        other => panic!("{other:?}"),
    }
}

fn pool(window: &Window, x: &[f64], is_maximum: bool, margin: &mut f64) -> Vec<f64> {
    let channels = window.image[2];
    let [down, across] = window.places().unwrap();
    let mut all = vec![Vec::new(); down * across * channels];
    each(window, |place, _, c, at| all[place * channels + c].push(x[at]));
    let one = |mut all: Vec<f64>| {
        if !is_maximum {
            return all.iter().sum::<f64>() / (window.size[0] * window.size[1]) as f64;
        }
        all.sort_by(f64::total_cmp);
        // Equal values at 0 are those of ReLUs, through which nothing passes.
        if let [.., second, first] = all[..]
            && [first, second] != [0.; 2]
        {
            *margin = margin.min(first - second);
        }
        all[all.len() - 1]
    };
    all.into_iter().map(one).collect()
}

fn kinks(x: &[f64], ends: &[f64], margin: &mut f64) {
    for (x, end) in x.iter().flat_map(|x| ends.iter().map(move |end| (x, end))) {
        *margin = margin.min((x - end).abs());
    }
}

/// Channel by channel, by the statistics of the batch.
fn normalise(x: &[f64], [scale, shift]: &[Vec<f64>; 2], least: &mut f64) -> Vec<f64> {
    let (channels, mut z) = (scale.len(), x.to_vec());
    for channel in 0..channels {
        let column = || x.iter().skip(channel).step_by(channels);
        let count = column().count() as f64;
        let mean = column().sum::<f64>() / count;
        let variance = column().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        *least = least.min(variance);
        let factor = scale[channel] / (variance + (-16f64).exp2()).sqrt();
        let column = z.iter_mut().skip(channel).step_by(channels);
        column.for_each(|z| *z = (*z - mean) * factor + shift[channel]);
    }
    z
}

/// The values of a batch.
pub(crate) fn values(model: &Model, parameters: &Parameters, x: &[f64]) -> Values {
    let size: usize = model.input().iter().product();
    let (mut values, mut margin, mut variance) = (vec![x.to_vec()], f64::INFINITY, f64::INFINITY);
    let rows = x.len() / size;
    let mut held = parameters.iter().enumerate();
    for node in model.nodes() {
        let x = &values[values.len() - 1];
        let examples = x.chunks(x.len() / rows);
        let z: Vec<f64> = match &node.op {
            Op::Linear(_) | Op::Convolution(_) => {
                let (number, held) = held.next().unwrap();
                let place = [number == 0, number + 1 == parameters.len()];
                examples.flat_map(|x| product(&node.op, held, x, place)).collect()
            }
            Op::Normalise(_) => normalise(x, held.next().unwrap().1, &mut variance),
            Op::Relu(_) => {
                kinks(x, &[0.], &mut margin);
                x.iter().map(|x| x.max(0.)).collect()
            }
            Op::Clip(clip) => {
                let (low, high) = (clip.low.into(), clip.high.into());
                kinks(x, &[low, high], &mut margin);
                x.iter().map(|x| x.clamp(low, high)).collect()
            }
            Op::Sign(_) => {
                kinks(x, &[-1., 0., 1.], &mut margin);
                x.iter().map(|x| if *x >= 0. { 1. } else { -1. }).collect()
            }
            Op::MaxPool(max) => examples.flat_map(|x| pool(&max.window, x, true, &mut margin)).collect(),
            Op::AveragePool(mean) => {
                examples.flat_map(|x| pool(&mean.window, x, false, &mut margin)).collect()
            }
            Op::Add(add) => {
                let other = &values[model.value(&add.layer).unwrap()];
                x.iter().zip(other).map(|(x, y)| x + y).collect()
            }
            Op::Flatten(_) => x.clone(),
            other => panic!("{other:?}"),
        };
        values.push(z);
    }
    Values { values, margin, variance }
}

/// The sum of a batch's losses; the margin of a hinge is added to that of the values.
pub(crate) fn loss(loss: Loss, values: &mut Values, labels: &[usize]) -> f64 {
    let z = &values.values[values.values.len() - 1];
    let classes = z.len() / labels.len();
    let mut sum = 0.;
    for (z, &label) in z.chunks(classes).zip(labels) {
        let target = |class: usize| f64::from(u8::from(class == label));
        let each = z.iter().enumerate();
        sum += match loss {
            Loss::SquaredError => each.map(|(class, z)| (z - target(class)).powi(2) / 2.).sum(),
            Loss::Hinge => each
                .map(|(class, z)| {
                    let excess = 1. - (2. * target(class) - 1.) * z;
                    values.margin = values.margin.min(excess.abs());
                    excess.max(0.)
                })
                .sum(),
            _ => {
                let greatest = z.iter().copied().fold(f64::MIN, f64::max);
                greatest - z[label] + z.iter().map(|z| (z - greatest).exp()).sum::<f64>().ln()
            }
        };
    }
    sum
}

/// For each layer with weights, how far its gradients of weights and of biases can be from those of real numbers, where values are
/// exact, the gradient of the loss is off by `off`, and truncations by `unit`.
///
/// A layer hands on what is off, times the most that a value is multiplied by, and adds a unit.
pub(crate) fn bounds(
    model: &Model,
    parameters: &Parameters,
    values: &Values,
    [off, unit]: [f64; 2],
) -> Vec<[f64; 2]> {
    let mut offs = vec![0.; values.values.len()];
    offs[model.nodes().len()] = off;
    let mut out = Vec::new();
    let mut held = parameters.iter().enumerate().rev();
    for (number, node) in model.nodes().iter().enumerate().rev() {
        let (x, z, off) = (&values.values[number], &values.values[number + 1], offs[number + 1]);
        let most = x.iter().fold(0f64, |most, x| most.max(x.abs()));
        let of = |window: &Window| (window.size[0] * window.size[1]) as f64;
        offs[number] += match &node.op {
            Op::Linear(_) | Op::Convolution(_) => {
                let (layer, [weights, bias]) = held.next().unwrap();
                let place = [layer == 0, layer + 1 == parameters.len()];
                let places = (z.len() / bias.len()) as f64;
                out.push([places * most * off, places * off]);
                let (weight, row) = match &node.op {
                    Op::Linear(linear) => (&linear.weight, weights.len() / bias.len()),
                    Op::Convolution(convolution) => (&convolution.weight, weights.len() / bias.len()),
                    other => panic!("{other:?}"),
                };
                // A value is below each weight once at most.
                off * effective(weight, weights, row, place).iter().map(|w| w.abs()).sum::<f64>() + unit
            }
            Op::MaxPool(pool) => off * of(&pool.window),
            Op::AveragePool(pool) => off + unit * of(&pool.window),
            Op::Add(add) => {
                offs[model.value(&add.layer).unwrap()] += off;
                off
            }
            _ => off,
        };
    }
    out.reverse();
    out
}
