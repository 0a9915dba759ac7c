//! Products of layers with their gradients, and ReLUs with their derivatives, against plain integers.

use ringshare::correlation::compare::Wish;
use ringshare::linalg::{LayerShape, Window};
use ringshare::protocol::Family;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

use crate::common::{Random, canonical, input, open, wide};

/// Layers of all shapes.
pub(crate) fn layers() -> Vec<LayerShape> {
    let linear = |rows, outputs, inputs| LayerShape { window: None, rows, outputs, inputs, groups: 1 };
    let through = |window: Window, rows, outputs, groups| LayerShape {
        window: Some(window),
        rows,
        outputs,
        inputs: window.size[0] * window.size[1] * window.image[2] / groups,
        groups,
    };
    let window =
        Window { stride: [2, 1], padding: [1, 2], dilation: [1, 2], ..Window::new([6, 7, 4], [3, 2]) };
    vec![
        linear(1, 1, 1),
        linear(5, 9, 17),
        linear(33, 8, 3),
        through(Window::new([5, 4, 1], [3, 3]), 2, 3, 1),
        through(window, 3, 6, 2),
        through(window, 1, 4, 4),
        // Several strips of places.
        through(Window { padding: [1, 1], ..Window::new([20, 20, 16], [3, 3]) }, 2, 3, 1),
    ]
}

/// z, dx and dW by their definitions: for every place, output and value below the window.
fn naive(layer: &LayerShape, x: &[u128], w: &[u128], g: &[u128]) -> [Vec<u128>; 3] {
    let LayerShape { rows, outputs, inputs, groups, .. } = *layer;
    let window = layer.window.unwrap_or(Window::new([1, 1, inputs], [1, 1]));
    let [down, across] = window.places().unwrap();
    let [height, width, depth] = window.image;
    let channels = depth / groups;
    let (mut z, mut dx, mut dw) = (vec![0u128; g.len()], vec![0u128; x.len()], vec![0u128; w.len()]);
    for (place, output) in (0..rows * down * across).flat_map(|place| (0..outputs).map(move |o| (place, o))) {
        let (image, y0, x0) = (place / (down * across), place / across % down, place % across);
        let group = output / (outputs / groups);
        for input in 0..inputs {
            let (k, channel) = (input / channels, input % channels);
            let at = |place: usize, k: usize, axis: usize| {
                (place * window.stride[axis] + k * window.dilation[axis]).checked_sub(window.padding[axis])
            };
            let (Some(y), Some(column)) = (at(y0, k / window.size[1], 0), at(x0, k % window.size[1], 1))
            else {
                continue;
            };
            if y >= height || column >= width {
                continue;
            }
            let from = ((image * height + y) * width + column) * depth + group * channels + channel;
            let (weight, result) = (output * inputs + input, place * outputs + output);
            z[result] = z[result].wrapping_add(x[from].wrapping_mul(w[weight]));
            dx[from] = dx[from].wrapping_add(g[result].wrapping_mul(w[weight]));
            dw[weight] = dw[weight].wrapping_add(g[result].wrapping_mul(x[from]));
        }
    }
    [z, dx, dw]
}

fn is_right<R: Ring>() {
    let mut random = Random(u64::from(R::BITS));
    for (number, layer) in layers().into_iter().enumerate() {
        let [inputs, weights, outputs] = layer.sizes().unwrap();
        let [x, w, g] = [inputs, weights, outputs].map(|len| random.words::<R::Word>(len));
        let expected = naive(&layer, &wide(&x), &wide(&w), &wide(&g)).map(|of| canonical::<R>(&of));
        for wanted in [[true, true], [false, true], [true, false]] {
            let parties = 2 + (number + R::BITS as usize) % 4;
            let run = Simulation::new(parties).seed(number as u64).run(|party| {
                // The whole of x is its owner's share.
                let own = party.id() == 1;
                let x =
                    Share::<R>::from_words(if own { x.clone() } else { vec![R::Word::default(); inputs] });
                let w = input::<R>(party, 0, &w)?;
                let g = input::<R>(party, 1, &g)?;
                let (z, backward) = party.layer(&layer, wanted, x, w.into())?;
                let [dx, dw] = party.gradients(backward, &g)?;
                let mut out = vec![Some(open::<R>(party, &z)?)];
                for share in [dx, dw] {
                    out.push(share.map(|share| open::<R>(party, &share)).transpose()?);
                }
                Ok(out)
            });
            for out in run.unwrap().outputs {
                assert_eq!(out[0].as_ref(), Some(&expected[0]), "z of {layer:?} at {} bits", R::BITS);
                for i in 0..2 {
                    let right = wanted[i].then_some(&expected[1 + i]);
                    assert_eq!(out[1 + i].as_ref(), right, "gradient {i} of {layer:?} at {} bits", R::BITS);
                }
            }
        }
    }
}

#[test]
fn layers_and_their_gradients_are_those_of_plain_integers() {
    at_widths!(is_right(): 2 7 8 13 16 31 32 52 53 64);
    is_right::<Z2<100>>();
}

#[test]
fn a_layer_refuses_what_does_not_fit() {
    let layer = LayerShape { window: None, rows: 2, outputs: 3, inputs: 4, groups: 1 };
    let error = |f: &(dyn Fn(&mut ringshare::Party) -> Result<(), ringshare::protocol::Error> + Sync)| {
        Simulation::new(2).dry_run(f).unwrap_err().to_string()
    };
    let run = |layer: LayerShape, inputs, weights, outputs: usize, wanted| {
        error(&move |party| {
            let (x, w) = (Share::<Z2<8>>::zeros(inputs), Share::zeros(weights));
            let (_, backward) = party.layer(&layer, wanted, x, w.into())?;
            party.gradients(backward, &Share::zeros(outputs)).map(drop)
        })
    };
    let both = [true, true];
    assert!(run(layer, 7, 12, 6, both).contains("elements of a layer's input: expected 8, found 7"));
    assert!(run(layer, 8, 11, 6, both).contains("elements of a layer's weights: expected 12, found 11"));
    assert!(run(layer, 8, 12, 5, both).contains("gradient of a result: expected 6, found 5"));
    assert!(run(layer, 8, 12, 6, [false; 2]).contains("gradient of a result: expected 0, found 6"));
    let grouped = LayerShape { groups: 3, ..layer };
    assert!(
        run(grouped, 8, 12, 6, both).contains("groups of a layer without a window: expected 1 to 1, found 3")
    );
    let huge = LayerShape { rows: usize::MAX, ..layer };
    assert!(run(huge, 8, 12, 6, both).contains("expected"));
    let window = Window::new([2, 2, 1], [3, 3]);
    assert!(run(LayerShape { window: Some(window), ..layer }, 8, 12, 6, both).contains("expected"));
}

/// Every x of so many bits.
fn has_its_derivative<R: Ring, O: Ring>() {
    let bits = R::BITS.min(6);
    let all: Vec<i128> = (-(1 << (bits - 1))..1 << (bits - 1)).collect();
    let families =
        [Family::Lookup(Wish::Balanced), Family::Lookup(Wish::DealerBytes), Family::Bitwise, Family::Dcf];
    for (number, family) in families.into_iter().enumerate() {
        for (parties, shift) in [(2, 0), (3, 0), (2, 2), (4, 2)] {
            if family == Family::Dcf && parties > 2 || family != families[0] && R::BITS <= bits {
                continue;
            }
            let words: Vec<R::Word> = all.iter().map(|&x| R::Word::from_signed(x)).collect();
            let run = Simulation::new(parties).seed(number as u64).run(|party| {
                party.set_comparison(family);
                let x = input::<R>(party, 1, &words)?;
                let (relu, derivative) = party.relu_with_derivative::<R, O>(&x, bits, shift)?;
                Ok((open::<O>(party, &relu)?, party.open_bits(&derivative)?))
            });
            for (relu, derivative) in run.unwrap().outputs {
                for (i, &x) in all.iter().enumerate().filter(|(_, x)| **x <= (1 << (bits - 1)) - (1 << shift))
                {
                    let floor = O::Word::from_signed(x.max(0) >> shift) & O::Word::mask(O::BITS);
                    let off = relu[i].wrapping_sub(floor.widen()) & u128::mask(O::BITS);
                    let is_exact = shift == 0 || x <= 0 || x % (1 << shift) == 0;
                    assert!(off == 0 || off == 1 && !is_exact, "ReLU of {x} by {family}, {parties} parties");
                    if x >= 0 || x <= -(1 << shift) {
                        let bit = derivative[i / 64] >> (i % 64) & 1;
                        assert_eq!(
                            bit,
                            u64::from(x >= 0),
                            "derivative at {x} by {family}, {parties} parties"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn relus_have_their_derivatives() {
    has_its_derivative::<Z2<6>, Z2<6>>();
    has_its_derivative::<Z2<13>, Z2<52>>();
    has_its_derivative::<Z2<33>, Z2<7>>();
    has_its_derivative::<Z2<64>, Z2<64>>();
}

/// W' is found by rows of x that are unit vectors: all else must be products with that.
#[test]
fn dithered_layers_multiply_by_one_rounding_of_the_weights() {
    type R = Z2<52>;
    const INPUTS: usize = 40;
    const OUTPUTS: usize = 30;
    const ROWS: usize = INPUTS + 5;
    let layer = LayerShape { window: None, rows: ROWS, outputs: OUTPUTS, inputs: INPUTS, groups: 1 };
    let signed = |x: u64, bits: u32| ((x << (64 - bits)) as i64) >> (64 - bits);
    for (parties, dropped) in [(2, 20), (3, 20), (7, 25), (2, 33)] {
        let mut random = Random(parties as u64);
        let mut x: Vec<u64> = (0..ROWS * INPUTS).map(|_| random.next() % 1000).collect();
        for row in 0..INPUTS {
            x[row * INPUTS..][..INPUTS].iter_mut().enumerate().for_each(|(i, x)| *x = u64::from(i == row));
        }
        let real = |random: &mut Random| (random.next() as i64 >> 22) as u64;
        let w: Vec<u64> = (0..OUTPUTS * INPUTS).map(|_| real(&mut random)).collect();
        let bias: Vec<u64> = (0..OUTPUTS).map(|_| real(&mut random)).collect();
        let g: Vec<u64> = (0..ROWS * OUTPUTS).map(|_| random.next() % 1000).collect();
        let run = Simulation::new(parties).seed(dropped.into()).run(|party| {
            let [x, w, bias, g] = [
                input::<R>(party, 0, &x)?,
                input::<R>(party, 1, &w)?,
                input::<R>(party, 1, &bias)?,
                input::<R>(party, 0, &g)?,
            ];
            let (z, backward) = party.dithered_layer(&layer, [true; 2], dropped, x, &w, (&bias, 3))?;
            let [dx, dw] = party.dithered_gradients(backward, &g)?;
            let (dx, dw) = (dx.unwrap(), dw.unwrap());
            let narrow = 52 - dropped;
            Ok([party.open_modulo(&z, narrow)?, party.open_modulo(&dx, narrow)?, party.open(&dw)?])
        });
        let narrow = 52 - dropped;
        let mask = u64::mask(narrow);
        for [z, dx, dw] in run.unwrap().outputs {
            let mut errors = Vec::new();
            let unit = |i: usize, o: usize| z[i * OUTPUTS + o];
            // A row of a unit vector is a weight and the bias; the last row, which is none, tells the bias.
            let last = ROWS - 1;
            for o in 0..OUTPUTS {
                let row = &x[last * INPUTS..][..INPUTS];
                let weighted = row
                    .iter()
                    .enumerate()
                    .fold(0u64, |sum, (i, x)| sum.wrapping_add(x.wrapping_mul(unit(i, o))));
                // Σ x_i·(w_i + b) − (Σ x_i·w_i + b) = (Σ x_i − 1)·b
                let times = row.iter().sum::<u64>().wrapping_sub(1);
                let product = weighted.wrapping_sub(z[last * OUTPUTS + o]) & mask;
                let near = (signed(bias[o], 52) >> dropped) << 3;
                let found = (-40..=40)
                    .map(|off| (near + 8 * off) as u64)
                    .find(|b| times.wrapping_mul(*b) & mask == product);
                let b = found.unwrap_or_else(|| panic!("a bias near {near} of {parties} parties"));
                errors.push((b as i64 >> 3) as f64 - signed(bias[o], 52) as f64 / (1u64 << dropped) as f64);
                for i in 0..INPUTS {
                    let rounded = signed(unit(i, o).wrapping_sub(b) & mask, narrow);
                    errors.push(
                        rounded as f64 - signed(w[o * INPUTS + i], 52) as f64 / (1u64 << dropped) as f64,
                    );
                }
                for row in 0..ROWS {
                    let of = |i: usize| x[row * INPUTS + i].wrapping_mul(unit(i, o).wrapping_sub(b));
                    let sum = (0..INPUTS).fold(b, |sum, i| sum.wrapping_add(of(i)));
                    assert_eq!(z[row * OUTPUTS + o], sum & mask);
                }
            }
            let bound = (parties as f64 + 1.) / 2.;
            assert!(errors.iter().all(|error| error.abs() <= bound), "a rounding of {parties} parties");
            let mean = errors.iter().sum::<f64>() / errors.len() as f64;
            let deviation = ((parties as f64 + 1.) / 12. / errors.len() as f64).sqrt();
            assert!(mean.abs() < 5. * deviation, "mean error {mean} of {parties} parties");
            // dx is of the same W': the difference of two inputs, in which the bias falls out.
            for (row, i) in [(0, 1), (7, 12), (ROWS - 1, INPUTS - 1)] {
                let of = |o: usize| g[row * OUTPUTS + o].wrapping_mul(unit(i, o).wrapping_sub(unit(0, o)));
                let sum = (0..OUTPUTS).map(of).fold(0u64, u64::wrapping_add);
                let found = dx[row * INPUTS + i].wrapping_sub(dx[row * INPUTS]);
                assert_eq!(found & mask, sum & mask, "dx of {parties} parties");
            }
            for (o, i) in [(0, 0), (3, 5), (OUTPUTS - 1, INPUTS - 1)] {
                let of = |row: usize| g[row * OUTPUTS + o].wrapping_mul(x[row * INPUTS + i]);
                let sum = (0..ROWS).map(of).fold(0u64, u64::wrapping_add);
                assert_eq!(dw[o * INPUTS + i], sum & u64::mask(52), "dW of {parties} parties");
            }
        }
    }
}
