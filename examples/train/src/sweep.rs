//! How many fractional bits training takes: the accuracy after the epochs, in the clear by the same numbers, over the fractional bits of
//! gradients, with both roundings.

use classify::charts::{Axes, Curve, curves};
use classify::dataset::Dataset;
use ringshare::nn::train::{TrainError, TrainFormats, Trainer};
use ringshare::nn::{Model, Rounding};

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

/// The roundings with their settings, one for each number of bits.
pub struct Settings(Vec<(&'static str, Vec<Setting>)>);

impl Settings {
    /// Those of a sweep, which are known to fit before anything is trained.
    ///
    /// # Errors
    /// If formats do not fit the network, its initial weights or the learning rates.
    pub fn new(setting: &Setting, initial: Option<&Model>) -> Result<Self, Error> {
        let of = |gradient: u32, rounding: Rounding| {
            let activation = gradient.min(8);
            let weight = activation + gradient + RATE;
            let mut of = setting.clone();
            of.options.rounding = rounding;
            of.options.formats = TrainFormats { activation, gradient, weight, ..TrainFormats::default() };
            let program = of.program()?;
            of.check_rates(&program)?;
            Trainer::given(program, initial)?;
            Ok(of)
        };
        let fits = |gradient, rounding| {
            of(gradient, rounding).map_err(|error: TrainError| {
                Error::Usage(format!("--sweep, {gradient} fractional bits of gradients: {error}"))
            })
        };
        let all = [("stochastic", Rounding::Stochastic), ("to the nearest", Rounding::Floor)];
        let each = all.map(|(name, rounding)| {
            Ok((name, BITS.iter().map(|bits| fits(*bits, rounding)).collect::<Result<_, Error>>()?))
        });
        each.into_iter().collect::<Result<_, Error>>().map(Self)
    }
}

/// Trains by all numbers of bits, and prints what came of it. Numbers that leave the range end a training; it counts as guessing.
///
/// # Errors
/// If the network can't be trained.
pub fn run(
    Settings(all): &Settings,
    [train, tests]: [&Dataset; 2],
    initial: Option<&Model>,
    root: &[u8; 32],
) -> Result<Vec<Sweep>, Error> {
    let mut swept = Vec::new();
    for (name, settings) in all {
        let mut points = Vec::new();
        for of in settings {
            let TrainFormats { activation, gradient, .. } = of.options.formats;
            let percent = match beside::clear(of, [train, tests], initial, root) {
                Ok((outcome, _)) => outcome.accuracy.last().copied().unwrap_or(0.),
                Err(Error::Protocol(_)) => 10.,
                Err(error) => return Err(error),
            };
            print(&format_args!("{name}, {activation} and {gradient} fractional bits: {percent:.2} %"));
            points.push((f64::from(gradient), percent));
        }
        swept.push(Sweep { name, points });
    }
    Ok(swept)
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
