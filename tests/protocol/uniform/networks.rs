//! What networks open.

use ringshare::linalg::Window;
use ringshare::net::Kind;
use ringshare::nn::{Architecture, Layer, Rounding, Sequential, Weights, step};
use ringshare::ring::Z2;

use super::{input, see, uniform, uniform_words, widened};
use crate::common::xor;

type R = Z2<16>;
const IMAGES: usize = 64;

/// A model whose weights and biases are all one.
struct Ones;

impl Weights<u16> for Ones {
    fn row(&self, _: usize, _: usize, out: &mut [u16]) {
        out.fill(1);
    }

    fn bias(&self, _: usize, out: &mut [u16]) {
        out.fill(1);
    }
}

#[test]
fn openings_of_a_model() {
    let linear = |inputs, outputs| Layer::Linear(step::Linear { inputs, outputs, bits: 14 });
    let layers = vec![linear(128, 256), Layer::Sign(step::Sign { bits: 14 }), linear(256, 128)];
    let architecture = Architecture::new(layers, 14).unwrap();
    for (seed, pixel) in [0, 1, 63].into_iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let own: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&Ones) } else { None };
            let model = Sequential::<Z2<14>>::share(party, 0, &architecture, own)?;
            let mut out = Vec::new();
            for _ in 0..2 {
                let prepared = model.prepare(party, 256)?;
                let x = input::<Z2<14>>(party, &[pixel; 256 * 128])?;
                out.extend(widened(model.forward(party, prepared, x)?.expose()));
            }
            Ok(out)
        });
        seen.check_frames();
        seen.words.iter().for_each(|words| uniform_words("shares of logits", words, 14));
        // W − A of either layer, then x − b, y and h − b of each batch.
        let opened: Vec<Vec<u64>> = (0..8).map(|nth| seen.opened(nth, 14)).collect();
        for (nth, words) in opened.iter().enumerate() {
            uniform_words(&format!("opening {nth}"), words, 14);
            // No mask serves twice, in this layer or batch or another.
            for (other, others) in opened.iter().enumerate().take(nth) {
                let difference: Vec<u64> =
                    words.iter().zip(others).map(|(a, b)| a.wrapping_sub(*b)).collect();
                uniform_words(&format!("opening {nth} less opening {other}"), &difference, 14);
            }
        }
    }
}

fn layers() -> Vec<Layer> {
    let window = Window { padding: [1; 2], ..Window::new([8, 8, 4], [3, 3]) };
    vec![
        Layer::Convolution(step::Convolution { window, outputs: 96, groups: 2, bits: 14 }),
        Layer::Relu(step::Relu { bits: 14, shift: 5 }),
        Layer::Linear(step::Linear { inputs: 8 * 8 * 96, outputs: 8, bits: 14 }),
    ]
}

#[test]
fn openings_of_a_convolutional_network() {
    let rounding = [Rounding::Stochastic, Rounding::Floor, Rounding::Stochastic];
    for (seed, (pixel, rounding)) in [0, 1, 255].into_iter().zip(rounding).enumerate() {
        let architecture = Architecture::new(layers(), 16).unwrap().with_rounding(rounding);
        let seen = see(seed as u64, |party| {
            let own: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&Ones) } else { None };
            let model = Sequential::<R>::share(party, 0, &architecture, own)?;
            let prepared = model.prepare(party, IMAGES)?;
            let x = input::<R>(party, &vec![pixel; IMAGES * architecture.inputs()])?;
            Ok(widened(model.forward(party, prepared, x)?.expose()))
        });
        seen.check_frames();
        // W − A of both layers, x − b and the masked sums, without the bits that each party drops by itself; the result of the
        // ReLU, masked or masked twice.
        let bits = match rounding {
            Rounding::Floor => vec![14; 6],
            _ => vec![14, 14, 14, 9, 14],
        };
        let opened: Vec<Vec<u64>> =
            bits.iter().enumerate().map(|(nth, &bits)| seen.opened(nth, bits)).collect();
        for (nth, words) in opened.iter().enumerate() {
            uniform_words(&format!("opening {nth}"), words, bits[nth]);
            for (other, others) in opened.iter().enumerate().take(nth) {
                let pairs = words.iter().zip(others);
                let difference: Vec<u64> = pairs.map(|(a, b)| a.wrapping_sub(*b)).collect();
                let both = bits[nth].min(bits[other]);
                uniform_words(&format!("opening {nth} less opening {other}"), &difference, both);
            }
        }
        let openings = seen.frames[0].iter().filter(|frame| frame.0 == Kind::OpenBits as u16).count();
        assert!(openings > 0);
        for nth in 0..openings {
            let bytes = xor(&seen.opening(Kind::OpenBits, nth));
            uniform(&format!("opening {nth} of bits"), bytes.iter().map(|&byte| byte.into()), 256);
        }
        // Of several parties' shares each is uniform, in the bits that count and no others.
        assert!(seen.words.iter().flatten().all(|&word| word < 1 << 14));
    }
}
