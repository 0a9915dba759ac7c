//! Initial weights.
//!
//! **Drawn by all parties.** Party i draws a vector of its own, uniform in ±c / √n, and the weights are the sum over the parties: nobody knows
//! them, and their variance is that of one uniform vector in ±c, c = √(6 / inputs) in front of a ReLU (He et al., ICCV 2015), √(3 / inputs)
//! elsewhere. Latent weights, whose signs count, begin within 2^(t − 10): the smaller they are, the fewer steps turn a sign. Biases begin at
//! zero, scales of normalisations as 1, of which each party adds its part, and so do running variances. Nothing is sent.
//!
//! **Given.** From a model in the clear, which its owner alone has: its weights and running statistics are its share, and the others' are
//! nothing.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::TrainError;
use super::arithmetic::Numbers;
use super::layer::{Layer, Parameters, Statistics};
use super::program::{ParameterShape, Program, unfit};
use super::trainer::Trainer;
use crate::nn::op::Weight;
use crate::nn::{Model, Op, op};
use crate::prg::{Prg, Seed};

/// The logarithm of how much smaller latent weights begin than the inverse of what they stand for.
const LATENT: f64 = 10.;

impl Trainer {
    /// A network whose initial weights all `parties` draw together: this party's share, from a seed that it tells nobody and uses for nothing
    /// else.
    pub fn drawn(program: Program, parties: usize, seed: &Seed) -> Self {
        let mut trainer = Self::given_nothing(program);
        for (number, held) in trainer.parameters.iter_mut().enumerate() {
            held.weights = draw(&trainer.program, number, parties, seed).into();
        }
        trainer.begin(parties);
        trainer
    }

    /// In the clear, the network that parties with these seeds would have together.
    pub fn drawn_by_all(program: Program, seeds: &[Seed]) -> Self {
        let mut sum = Self::given_nothing(program);
        for seed in seeds {
            for (number, held) in sum.parameters.iter_mut().enumerate() {
                let drawn = draw(&sum.program, number, seeds.len(), seed);
                Arc::make_mut(&mut held.weights).add_assign(&drawn);
            }
            sum.begin(seeds.len());
        }
        sum
    }

    /// A network that begins with the weights of a model, which its owner gives; all others give `None`.
    ///
    /// # Errors
    /// If the model has other layers than the program, or weights that are not finite or do not fit the range.
    pub fn given(program: Program, model: Option<&Model>) -> Result<Self, TrainError> {
        let Some(model) = model else { return Ok(Self::given_nothing(program)) };
        let (mut parameters, mut statistics) = (Vec::new(), Vec::new());
        for node in model.nodes() {
            let (scale, shift);
            let is_norm = matches!(node.op, Op::Normalise(_));
            let (weight, bias) = match &node.op {
                Op::Linear(linear) => (&linear.weight, &linear.bias),
                Op::Convolution(convolution) => (&convolution.weight, &convolution.bias),
                Op::Normalise(of) => {
                    let norm = program.norm(parameters.len());
                    let [weight, bias] = match norm.is_some_and(|(_, norm)| norm.trained) {
                        true => [of.weight.clone(), of.bias.clone()],
                        false => of.folded(),
                    };
                    statistics.push(program.statistics(&node.name, of)?);
                    (scale, shift) = (Weight::Real(weight), bias);
                    (&scale, &shift)
                }
                _ => continue,
            };
            let Some(shape) = program.shapes.get(parameters.len()) else {
                let most = program.shapes.len();
                return Err(unfit(&node.name, format!("expected {most} layers with weights, found more")));
            };
            shape.fits(&node.name, weight, bias.len())?;
            if is_norm != program.norm(parameters.len()).is_some() {
                let kind = |is_norm| if is_norm { "a normalisation" } else { "another layer" };
                let reason = format!("expected {}, found {}", kind(!is_norm), kind(is_norm));
                return Err(unfit(&node.name, reason));
            }
            let mut real = vec![0f32; shape.outputs * shape.inputs];
            for (row, out) in real.chunks_exact_mut(shape.inputs.max(1)).enumerate() {
                weight.row(row, out);
            }
            let mut bias = bias.clone();
            if let Some(t) = shape.signs {
                // Latent weights as large as drawn ones are in the mean, and biases of results that are 2^t times smaller than the sums.
                let latent = libm::exp2(f64::from(t) - LATENT - 1.) as f32;
                real.iter_mut().for_each(|w| *w *= latent);
                bias.iter_mut().for_each(|b| *b *= libm::exp2f(-(t as f32)));
            }
            let formats = program.options.formats;
            let fraction = formats.weight;
            // A product with 1 is beyond the range of values from there on, and so is a bias by itself.
            let most = libm::exp2(f64::from((formats.range - 1).min(50 - fraction)));
            let weights = encoded(&node.name, "weight", fraction, most, &real)?;
            let bias = encoded(&node.name, "bias", fraction, most, &bias)?;
            parameters.push(Parameters { weights: weights.into(), bias });
        }
        if parameters.len() != program.shapes.len() {
            let reason =
                format!("expected {} layers with weights, found {}", program.shapes.len(), parameters.len());
            return Err(unfit("the model", reason));
        }
        let mut trainer = Self::of(program.into(), parameters);
        trainer.statistics = statistics;
        Ok(trainer)
    }

    /// Adds a party's part of the variances, 1.
    fn begin(&mut self, parties: usize) {
        let part = Statistics::one() / parties.max(1) as u64;
        for word in self.statistics.iter_mut().flat_map(|of| of.0[1].expose_mut()) {
            *word = word.wrapping_add(part);
        }
    }

    fn given_nothing(program: Program) -> Self {
        let zeros = |shape: &ParameterShape| Parameters {
            weights: Numbers::zeros(shape.outputs * shape.inputs).into(),
            bias: Numbers::zeros(shape.outputs),
        };
        let parameters = program.shapes.iter().map(zeros).collect();
        Self::of(program.into(), parameters)
    }

    pub(super) fn of(program: Arc<Program>, parameters: Vec<Parameters>) -> Self {
        let kept = program.options.kept();
        let mut states = Vec::with_capacity(2 * parameters.len());
        for held in &parameters {
            for vector in [&*held.weights, &held.bias] {
                states.push((0..kept).map(|_| Numbers::zeros(vector.len())).collect());
            }
        }
        let statistics = program.normalised.iter().map(|norm| Statistics::zeros(norm.channels)).collect();
        Self { program, parameters, states, statistics, steps: 0, sums: Vec::new(), summed: 0 }
    }
}

/// A party's part of the initial weights of a layer.
fn draw(program: &Program, number: usize, parties: usize, seed: &Seed) -> Numbers {
    let shape = &program.shapes[number];
    let mut words = vec![0u64; shape.outputs * shape.inputs];
    if program.norm(number).is_some() {
        words.fill((1 << program.options.formats.weight) / parties.max(1) as u64);
        return Numbers::from_words(words);
    }
    Prg::new(seed).words(number as u64, 0, &mut words);
    let c = match (shape.signs, program.is_rectified(number)) {
        (Some(t), _) => libm::exp2(f64::from(t) - LATENT),
        (None, true) => libm::sqrt(6. / shape.inputs.max(1) as f64),
        (None, false) => libm::sqrt(3. / shape.inputs.max(1) as f64),
    };
    let c = c / libm::sqrt(parties as f64);
    // A uniform number from −1 to 1 with 32 bits, times c.
    let c = libm::round(c * libm::exp2(f64::from(program.options.formats.weight))) as i128;
    words.iter_mut().for_each(|word| *word = ((i128::from(*word as u32 as i32) * c) >> 31) as i64 as u64);
    Numbers::from_words(words)
}

impl ParameterShape {
    /// That a model's weights and so many biases have this shape.
    fn fits(&self, layer: &str, weight: &Weight, biases: usize) -> Result<(), TrainError> {
        let (is_of_signs, row, found) = match weight {
            Weight::Real(weights) => (false, self.inputs, weights.len()),
            Weight::Signs(bytes) => (true, self.inputs.div_ceil(8), bytes.len()),
        };
        let kind = |signs| if signs { "signs" } else { "real numbers" };
        let expected = [self.outputs * row, self.outputs];
        if self.name == layer && is_of_signs == self.signs.is_some() && [found, biases] == expected {
            return Ok(());
        }
        let (name, [weights, outputs]) = (&self.name, expected);
        let expected = format!(
            "expected {name} of {} with {weights} weights and {outputs} biases",
            kind(self.signs.is_some())
        );
        Err(unfit(
            layer,
            format!("{expected}, found {} with {found} weights and {biases} biases", kind(is_of_signs)),
        ))
    }
}

impl Program {
    /// Whether the result of a layer with weights goes through a ReLU.
    fn is_rectified(&self, number: usize) -> bool {
        let mut stages = self.stages.iter();
        stages.any(|stage| matches!(&stage.layer, Layer::Product(product) if product.number == number));
        stages
            .find_map(|stage| match &stage.layer {
                Layer::Product(_) | Layer::Sign(_) => Some(false),
                Layer::Relu(_) | Layer::Clip(_) => Some(true),
                _ => None,
            })
            .unwrap_or(false)
    }

    /// The running statistics that a model has.
    fn statistics(&self, layer: &str, of: &op::Normalise) -> Result<Statistics, TrainError> {
        let formats = self.options.formats;
        let [mean, variance] = Statistics::fractions(&formats);
        // As far as values reach, and the squares of their differences.
        let most = libm::exp2(f64::from(formats.range - 1));
        let mean = encoded(layer, "running_mean", mean, most, &of.mean)?;
        if let Some(place) = of.variance.iter().position(|variance| *variance < 0.) {
            let found = of.variance[place];
            return Err(unfit(layer, format!("running_var {place}: expected at least 0, found {found}")));
        }
        let variance = encoded(layer, "running_var", variance, most * most, &of.variance)?;
        Ok(Statistics([mean, variance]))
    }
}

/// Numbers of magnitudes below another, with so many fractional bits.
fn encoded(layer: &str, what: &str, fraction: u32, most: f64, reals: &[f32]) -> Result<Numbers, TrainError> {
    let one = libm::exp2(f64::from(fraction));
    let mut words = Vec::with_capacity(reals.len());
    for (place, &real) in reals.iter().enumerate() {
        if !real.is_finite() || f64::from(real.abs()) >= most {
            let reason = format!("{what} {place}: expected a number below {most}, found {real}");
            return Err(unfit(layer, reason));
        }
        words.push(libm::round(f64::from(real) * one) as i64 as u64);
    }
    Ok(Numbers::from_words(words))
}
