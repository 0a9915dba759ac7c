//! How many fractional bits training takes: the accuracy after the epochs, in the clear by the same numbers, over the fractional bits of
//! gradients, with both roundings.

use classify::charts::{Axes, Curve, curves};
use classify::dataset::Dataset;
use ringshare::nn::Rounding;
use ringshare::nn::train::TrainFormats;

use crate::beside;
use crate::error::Error;
use crate::session::print;
use crate::setting::Setting;

/// Fractional bits of gradients that are tried; of values there are as many, up to 8.
const BITS: [u32; 8] = [2, 3, 4, 5, 6, 8, 10, 12];
/// Bits of weights beyond those of values and gradients together: the resolution of the learning rate.
const RATE: u32 = 14;

/// A curve of a rounding.
pub struct Sweep {
    /// The rounding.
    pub name: &'static str,
    /// Fractional bits of gradients, and percent of the test images.
    pub points: Vec<(f64, f64)>,
}

/// Trains by all numbers of bits, and prints what came of it. Numbers that leave the range end a training; it counts as guessing.
///
/// # Errors
/// If formats do not fit the network.
pub fn run(setting: &Setting, [train, tests]: [&Dataset; 2], root: &[u8; 32]) -> Result<Vec<Sweep>, Error> {
    let mut all = Vec::new();
    for (name, rounding) in [("stochastic", Rounding::Stochastic), ("to the nearest", Rounding::Floor)] {
        let mut points = Vec::new();
        for gradient in BITS {
            let activation = gradient.min(8);
            let formats = TrainFormats {
                activation,
                gradient,
                weight: activation + gradient + RATE,
                ..TrainFormats::default()
            };
            let mut of = setting.clone();
            (of.options.formats, of.options.rounding) = (formats, rounding);
            let percent = match beside::clear(&of, [train, tests], None, root) {
                Ok((outcome, _)) => outcome.accuracy.last().copied().unwrap_or(0.),
                Err(Error::Protocol(_)) => 10.,
                Err(error) => return Err(error),
            };
            print(&format_args!("{name}, {activation} and {gradient} fractional bits: {percent:.2} %"));
            points.push((f64::from(gradient), percent));
        }
        all.push(Sweep { name, points });
    }
    Ok(all)
}

/// The curves.
///
/// # Errors
/// If the drawing fails.
pub fn draw(all: &[Sweep]) -> Result<String, Error> {
    let all: Vec<Curve> =
        all.iter().map(|sweep| Curve { name: sweep.name.into(), points: sweep.points.clone() }).collect();
    let axes = Axes {
        title: "Fractional bits",
        x: "fractional bits of gradients",
        y: "% of the test images",
        close: true,
    };
    Ok(curves(&axes, &all)?)
}
