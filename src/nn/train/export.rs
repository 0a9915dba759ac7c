//! The trained model: in the clear for a party that may learn it, or shared, in the form that serves.
//!
//! Weights have F_w fractional bits in training, more than inference needs. The form that serves truncates them to `fraction` bits, and
//! biases to F_x more; then a product has F_x + `fraction` fractional bits, which its ReLU drops again, and all fits a ring of 32 bits. Of weights that
//! are signs, the signs of the latent ones serve, and their biases, 2^t times as great, are rounded down to the fractional bits of the sum.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::TrainError;
use super::arithmetic::{MOST_BITS, TrainingRing};
use super::layer::Statistics;
use super::options::in_range;
use super::program::{Program, unfit};
use super::trainer::Trainer;
use crate::nn::{Format, Formats, Input, Model, Op, PublicModel, Quantised, Rounding, Weight, Weights};
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Word};
use crate::share::Share;

/// Weights and biases of a trained model that stay shared, for [`Sequential::of_shares`](crate::nn::Sequential::of_shares).
pub struct SharedWeights<R: Ring> {
    /// Of every layer: columns, weights, biases.
    layers: Vec<(usize, Share<R>, Share<R>)>,
}

impl<R: Ring> Weights<R::Word> for SharedWeights<R> {
    fn row(&self, layer: usize, row: usize, out: &mut [R::Word]) {
        let (inputs, weights, _) = &self.layers[layer];
        out.copy_from_slice(&weights.expose()[row * inputs..][..*inputs]);
    }

    fn bias(&self, layer: usize, out: &mut [R::Word]) {
        out.copy_from_slice(self.layers[layer].2.expose());
    }
}

/// How a trained model serves: what is public of it.
pub struct Serving {
    public: PublicModel,
    /// Fractional bits of every layer's weights and biases; `None` for signs.
    fractions: Vec<(Option<u32>, u32)>,
}

impl Serving {
    /// For a program made of this model, with weights of `fraction` bits.
    ///
    /// # Errors
    /// If the formats do not fit inference.
    pub fn new(
        program: &Program,
        model: &Model,
        fraction: u32,
        rounding: Rounding,
        input: Input,
    ) -> Result<Self, TrainError> {
        let formats = program.options.formats;
        let most = f64::from(formats.weight - formats.activation);
        in_range("fractional bits of weights that serve", 1., most, f64::from(fraction))?;
        let value = Format { fraction: formats.activation, bits: formats.values() };
        let (mut last, mut layers, mut fractions) = (value, Vec::new(), Vec::new());
        for node in model.nodes() {
            last = match &node.op {
                Op::Normalise(_) => {
                    let reason =
                        "expected no normalisation: its scale is not known where weights stay shared";
                    return Err(unfit(&node.name, reason.to_string()));
                }
                Op::Linear(_) | Op::Convolution(_) => {
                    let shape = &program.shapes[fractions.len()];
                    let weights = shape.signs.is_none().then_some(fraction);
                    let added = weights.unwrap_or(0);
                    fractions.push((weights, last.fraction + added));
                    let sum = shape.inputs.max(1).next_power_of_two().ilog2();
                    let bits = if shape.signs.is_some() { last.bits + sum + 2 } else { last.bits + added };
                    Format { fraction: last.fraction + added, bits }
                }
                Op::Sign(_) => Format { fraction: 0, bits: 2 },
                Op::MaxPool(_) => Format { bits: last.bits + 1, ..last },
                Op::Relu(_) | Op::Clip(_) | Op::AveragePool(_) | Op::Add(_) => value,
                _ => last,
            };
            layers.push(last);
        }
        let quantised = Quantised::new(model, &Formats { input: value, layers }, rounding);
        let quantised = quantised.map_err(|error| unfit("the form that serves", error.to_string()))?;
        Ok(Self { public: quantised.public().clone().with_pixels(input), fractions })
    }

    /// What is public about the model.
    pub fn public(&self) -> &PublicModel {
        &self.public
    }
}

impl Trainer {
    /// This party's share of the weights in the form that serves, in the ring of its architecture: one truncation for all weights, or signs.
    ///
    /// # Errors
    /// As [`Party::truncate`] and [`Party::sign`].
    pub fn serve<R: Ring>(&self, party: &mut Party, serving: &Serving) -> Result<SharedWeights<R>, Error> {
        let formats = self.program.options.formats;
        let mut layers = Vec::with_capacity(self.parameters.len());
        let products = self.parameters.iter().zip(self.program.products());
        for ((held, product), (weights, bias)) in products.zip(&serving.fractions) {
            let weights = match weights {
                Some(fraction) => {
                    party.truncate::<TrainingRing, R>(&held.weights, MOST_BITS, formats.weight - fraction)?
                }
                None => party.sign::<TrainingRing, R>(&held.weights, formats.latent())?,
            };
            let biases = &held.bias;
            let shift = (formats.weight - bias).saturating_sub(product.signs.unwrap_or(0));
            let biases = match shift {
                shift if product.signs.is_some() => {
                    party.truncate_floor::<TrainingRing, R>(biases, MOST_BITS, shift)?
                }
                shift => party.truncate::<TrainingRing, R>(biases, MOST_BITS, shift)?,
            };
            layers.push((product.inputs, weights, biases));
        }
        Ok(SharedWeights { layers })
    }

    /// Reveals the trained weights to party `to` alone, who gets the model with them; `model` is what the program was made of. All others
    /// get `None`.
    ///
    /// # Errors
    /// If the network fails or there is no such party, or the model has other layers.
    pub fn reveal(&self, party: &mut Party, model: &Model, to: usize) -> Result<Option<Model>, Error> {
        let mut revealed = Vec::with_capacity(2 * self.parameters.len());
        for share in self.shares() {
            revealed.push(party.reveal(share, to)?);
        }
        let words: Option<Vec<Vec<u64>>> = revealed.into_iter().collect();
        let Some(words) = words else { return Ok(None) };
        Ok(Some(self.filled(model, &words)?))
    }

    /// The model with the weights of a trainer in the clear.
    ///
    /// # Errors
    /// If the model has other layers than the program.
    pub fn model(&self, model: &Model) -> Result<Model, TrainError> {
        let words: Vec<Vec<u64>> = self.shares().map(|share| share.expose().to_vec()).collect();
        self.filled(model, &words)
    }

    /// The model with weights and biases that were revealed: words of the ring, layer by layer, as [`shares`](Self::shares) has them.
    /// Normalisations are by the running statistics.
    ///
    /// # Errors
    /// If the model has other layers than the program.
    pub fn filled(&self, model: &Model, words: &[Vec<u64>]) -> Result<Model, TrainError> {
        let fraction = self.program.options.formats.weight;
        let unit = libm::exp2(-f64::from(fraction));
        let real = |word: u64| word.signed(TrainingRing::BITS) as f64 * unit;
        let mut out = Model::new(model.input());
        let (words, statistics) = words.split_at(words.len().min(2 * self.parameters.len()));
        let mut statistics = statistics.chunks_exact(2);
        let mut pairs = words.chunks_exact(2).zip(self.program.products());
        // Fractional bits of the last value, of which that of signs has none: a sum of signs is a whole number.
        let (mut bits, formats) = (self.program.options.formats.activation, self.program.options.formats);
        for node in model.nodes() {
            let mut op = node.op.clone();
            if let Op::Normalise(of) = &mut op {
                let pair = pairs
                    .next()
                    .filter(|(_, product)| (product.outputs, product.inputs) == (of.scale.len(), 1));
                let Some((words, product)) = pair else {
                    return Err(self.more(&node.name));
                };
                let statistics = if self.program.scales(product.number) { statistics.next() } else { None };
                for (channel, (scale, shift)) in of.scale.iter_mut().zip(&mut of.shift).enumerate() {
                    let at = |words: &Vec<u64>| words[channel];
                    let line = [at(&words[0]), at(&words[1])].map(real);
                    let line = statistics.map_or(line, |of| {
                        let of = [at(&of[0]), at(&of[1])].map(|word| word.signed(TrainingRing::BITS));
                        Statistics::folded(&formats, of, line)
                    });
                    [*scale, *shift] = line.map(|real| real as f32);
                }
            }
            let places = match &mut op {
                Op::Linear(linear) => Some((&mut linear.weight, &mut linear.bias)),
                Op::Convolution(convolution) => Some((&mut convolution.weight, &mut convolution.bias)),
                _ => None,
            };
            if let Some((weight, bias)) = places {
                let Some((words, product)) = pairs.next() else {
                    return Err(self.more(&node.name));
                };
                let (scale, one) =
                    (product.signs.map(|t| libm::exp2(f64::from(t))), libm::exp2(f64::from(bits)));
                let bias_of = |b: f64| scale.map_or(b, |scale| libm::floor(b * scale * one) / one);
                *bias = words[1].iter().map(|word| bias_of(real(*word)) as f32).collect();
                *weight = match product.signs {
                    None => Weight::Real(words[0].iter().map(|word| real(*word) as f32).collect()),
                    Some(_) => Weight::Signs(packed(&words[0], product.inputs)),
                };
            }
            bits = match &node.op {
                Op::Sign(_) => 0,
                Op::MaxPool(_) | Op::Flatten(_) | Op::Reshape(_) => bits,
                _ => formats.activation,
            };
            out.push(&node.name, op)?;
        }
        let left = pairs.count();
        if left > 0 {
            let all = self.program.shapes.len();
            return Err(unfit(
                "the model",
                format!("expected {all} layers with weights, found {}", all - left),
            ));
        }
        Ok(out)
    }

    fn more(&self, layer: &str) -> TrainError {
        unfit(layer, format!("expected {} layers with weights, found more", self.parameters.len()))
    }
}

/// The signs of rows, a bit each, 1 for +1, the most significant bit first.
fn packed(words: &[u64], inputs: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(words.len() / inputs.max(1) * inputs.div_ceil(8));
    for row in words.chunks_exact(inputs.max(1)) {
        for words in row.chunks(8) {
            let bits = words
                .iter()
                .enumerate()
                .map(|(i, word)| u8::from(word.signed(TrainingRing::BITS) >= 0) << (7 - i));
            out.push(bits.fold(0, |byte, bit| byte | bit));
        }
    }
    out
}
