//! What a convolutional network opens.

use ringshare::linalg::Window;
use ringshare::net::Kind;
use ringshare::nn::{Architecture, Layer, Rounding, Sequential, Weights};
use ringshare::ring::Z2;

use super::{Ones, input, see, uniform, uniform_words, widened};
use crate::common::xor;

type R = Z2<16>;
const IMAGES: usize = 64;

fn layers() -> Vec<Layer> {
    let window = Window { padding: [1; 2], ..Window::new([8, 8, 4], [3, 3]) };
    vec![
        Layer::Convolution { window, outputs: 96, groups: 2, bits: 14 },
        Layer::Relu { bits: 14, shift: 5 },
        Layer::Linear { inputs: 8 * 8 * 96, outputs: 8, bits: 14 },
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
        // W − A of both layers, x − b and the masked sums; the result of the ReLU, masked or masked twice.
        let mut bits = vec![14; 5];
        if rounding == Rounding::Floor {
            bits.insert(4, 14);
        }
        let opened: Vec<Vec<u64>> =
            bits.iter().enumerate().map(|(nth, &bits)| seen.opened(nth, bits)).collect();
        for (nth, words) in opened.iter().enumerate() {
            uniform_words(&format!("opening {nth}"), words, 14);
            for (other, others) in opened.iter().enumerate().take(nth) {
                let pairs = words.iter().zip(others);
                let difference: Vec<u64> = pairs.map(|(a, b)| a.wrapping_sub(*b)).collect();
                uniform_words(&format!("opening {nth} less opening {other}"), &difference, 14);
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
