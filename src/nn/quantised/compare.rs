//! Where a program parts from the real model.
//!
//! Let v_0, …, v_n be the values of the model as the program holds them for an image, as real numbers, and F_i the outputs
//! of the real model that goes on from v_0, …, v_i. Then F_n are the outputs of the program, and if F are the real ones,
//!
//! F_n − F = (F_0 − F) + (F_1 − F_0) + … + (F_n − F_{n−1}).
//!
//! The first term is what the rounding of the input contributes, the others are what each layer does. An error that a
//! layer passes on is in F_{i−1} and in F_i, so it does not count as the layer's own.
//!
//! A *share* is the part of a term in the whole, in the direction d that matters: where the class changes, the outputs of
//! the two classes, elsewhere the error itself:
//!
//! share of layer i = Σ ⟨d, F_i − F_{i−1}⟩ / Σ ⟨d, F_n − F⟩, over all images.
//!
//! All shares add up to 1. Errors may cancel, so a share may be negative or above 1.
//!
//! The *local error* of a layer compares v_i with what the real layer makes of v_0, …, v_{i−1}, in units in the last place
//! of v_i, beyond the error of single precision itself. Rounding alone is off by one unit at most.

use alloc::vec;
use alloc::vec::Vec;

use super::Quantised;
use super::difference::Difference;
use super::error::QuantiseError;
use super::exact::{Round, nearest};
use super::graph::is_added;
use super::program::Place;
use super::ranges::class;
use crate::nn::Rounding;
use crate::nn::op::Role;
use crate::ring::power_of_two;

impl Quantised {
    /// How the program differs from the real model on images, layer by layer: the input, then the layers of the model that
    /// was calibrated. Of layers that [`model`](Self::model) has in addition, the differences count as those of the layer
    /// before. If no output differs, all shares are 0.
    ///
    /// For every image the real model is evaluated once from each layer on, so a few images should do.
    ///
    /// # Errors
    /// As [`encode`](Self::encode) and [`reference`](Self::reference).
    ///
    /// # Panics
    /// If `images` is not a whole number of images.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn core::error::Error>> {
    /// use ringshare::nn::{Format, Formats, Model, Quantised, Rounding, Weight, op};
    ///
    /// let mut model = Model::new([1, 1, 2]);
    /// model.push("tanh", op::Tanh)?;
    /// model.push("fc", op::Linear { weight: Weight::Real(vec![1.5, -1.25]), bias: vec![0.] })?;
    /// let format = |fraction, bits| Format { fraction, bits };
    /// let formats = Formats { input: format(8, 12), layers: vec![format(3, 5), format(13, 20)] };
    /// let fixed = Quantised::new(&model, &formats, Rounding::Floor)?;
    /// let all = fixed.differences(&[0.3, 0.9, -0.4, 0.1])?;
    /// // Of tanh three fractional bits are left.
    /// assert_eq!((all[1].layer.as_str(), all[1].fraction), ("tanh", 3));
    /// assert!(all[1].share > 0.9 && all[2].share < 0.1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn differences(&self, images: &[f32]) -> Result<Vec<Difference>, QuantiseError> {
        let mut nearest = nearest;
        let round: Round<'_> = match self.architecture().rounding() {
            Rounding::Floor => None,
            Rounding::Stochastic => Some(&mut nearest),
        };
        self.differences_with(images, false, round)
    }

    /// As [`differences`](Self::differences), with a given rounding. Says whether outputs are read as classes.
    pub(super) fn differences_with(
        &self,
        images: &[f32],
        classes: bool,
        mut round: Round<'_>,
    ) -> Result<Vec<Difference>, QuantiseError> {
        let inputs: usize = self.model.input().iter().product();
        assert!(images.len().is_multiple_of(inputs), "{} numbers for images of {inputs}", images.len());
        let x = self.encode(images)?;
        let reference = self.exact();
        let mut all: Vec<Measured> = vec![Measured::default(); self.program.places.len()];
        let mut whole = 0.;
        for (image, (real, x)) in images.chunks_exact(inputs).zip(x.chunks_exact(inputs)).enumerate() {
            let mut values = vec![Vec::new(); all.len()];
            reference.trace(x, &mut round, &mut |number, value| {
                for (place, to) in self.program.places.iter().zip(&mut values) {
                    if place.value == number {
                        *to = value.iter().map(|&x| (x as f64 * place.unit - place.raised) as f32).collect();
                    }
                }
            })?;
            whole += self.measure(&mut all, image, real, &values, classes);
        }
        Ok(self.table(&all, whole))
    }

    /// Adds what an image shows. Returns its part in the whole difference of the outputs.
    fn measure(
        &self,
        all: &mut [Measured],
        image: usize,
        real: &[f32],
        values: &[Vec<f32>],
        classes: bool,
    ) -> f64 {
        let mut before = self.model.forward(real);
        let found = &values[values.len() - 1];
        let d = direction(&before, found, classes);
        let along = |from: &[f32], to: &[f32]| -> f64 {
            let terms = from.iter().zip(to).zip(&d);
            terms.map(|((&from, &to), d)| d * (f64::from(to) - f64::from(from))).sum()
        };
        let whole = along(&before, found);
        let mut local = real.to_vec();
        for (value, measured) in all.iter_mut().enumerate() {
            measured.compare(&self.program.places[value], image, &local, &values[value]);
            // The next layer's result for the program's values, and the outputs that follow from them.
            let outputs = self.model.resume(value, values, |layer, result| {
                if layer == value {
                    local = result.to_vec();
                }
            });
            measured.part += along(&before, &outputs);
            before = outputs;
        }
        whole
    }

    /// A line for each layer of the model that was calibrated.
    fn table(&self, all: &[Measured], whole: f64) -> Vec<Difference> {
        let (nodes, places) = (self.model.nodes(), &self.program.places);
        let mut lines: Vec<Difference> = Vec::with_capacity(all.len());
        for (value, (measured, place)) in all.iter().zip(places).enumerate() {
            let layer = value.checked_sub(1);
            let share = if whole > 0. { measured.part / whole } else { 0. };
            let line = Difference {
                layer: layer.map_or("input".into(), |layer| nodes[layer].name.clone()),
                fraction: place.format.fraction,
                weights: layer
                    .filter(|&layer| nodes[layer].op.get().role() == Role::Product)
                    .map(|layer| place.format.fraction.saturating_sub(places[layer].format.fraction)),
                range: measured.range,
                error: measured.error,
                image: measured.at[0],
                place: measured.at[1],
                clipped: measured.clipped as f64 / measured.count.max(1) as f64,
                share,
            };
            match (lines.last_mut(), layer.is_some_and(|layer| is_added(&self.model, layer))) {
                (Some(last), true) if share > last.share => {
                    *last = Difference { layer: last.layer.clone(), share: last.share + share, ..line };
                }
                (Some(last), true) => last.share += share,
                _ => lines.push(line),
            }
        }
        lines
    }
}

/// The error of single precision, with some rounding errors of its own, as a part of the largest number.
const SINGLE: f64 = 1. / 4_194_304.;

/// What is measured of a value over the images.
#[derive(Clone, Default)]
struct Measured {
    range: [f32; 2],
    error: f64,
    /// Image and place of the greatest error.
    at: [usize; 2],
    clipped: usize,
    count: usize,
    part: f64,
}

impl Measured {
    /// Compares the values of the program with the real ones, both as real numbers.
    fn compare(&mut self, place: &Place, image: usize, real: &[f32], found: &[f32]) {
        let end = power_of_two(place.format.bits as i32 - 1);
        let single = SINGLE * f64::from(real.iter().fold(0., |most: f32, x| most.max(x.abs())));
        for (i, (&real, &found)) in real.iter().zip(found).enumerate() {
            let [low, high] = if self.count == 0 { [real; 2] } else { self.range };
            self.range = [low.min(real), high.max(real)];
            let x = (f64::from(real) + place.raised) / place.unit;
            let off = (f64::from(found) - f64::from(real)).abs();
            let error = (off - single).max(0.) / place.unit;
            if error > self.error {
                (self.error, self.at) = (error, [image, i]);
            }
            self.clipped += usize::from(error > 1. && !(-end - 1. ..=end).contains(&x));
            self.count += 1;
        }
    }
}

/// In which direction a difference from the real outputs matters, as a vector: where the class changes, from that of the
/// real outputs to the other; elsewhere along the difference, with a length of 1.
fn direction(real: &[f32], found: &[f32], classes: bool) -> Vec<f64> {
    let mut d: Vec<f64> = found.iter().zip(real).map(|(&a, &b)| f64::from(a) - f64::from(b)).collect();
    let [from, to] = [class(real), class(found)];
    if classes && from != to {
        d.fill(0.);
        (d[from], d[to]) = (-1., 1.);
        return d;
    }
    let length = libm::sqrt(d.iter().map(|d| d * d).sum());
    if length > 0. {
        d.iter_mut().for_each(|d| *d /= length);
    }
    d
}
