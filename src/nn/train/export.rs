//! The trained model in the clear, for a party that may learn it.

use alloc::format;
use alloc::vec::Vec;

use super::TrainError;
use super::arithmetic::TrainingRing;
use super::layer::Statistics;
use super::options::TrainFormats;
use super::program::unfit;
use super::trainer::Trainer;
use crate::nn::{Model, Op, Weight, op};
use crate::protocol::{Error, Party};
use crate::ring::{Ring, Word};

impl Trainer {
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
    /// Normalisations have γ, β and running statistics each by themselves, as PyTorch has them: training goes on from them.
    ///
    /// # Errors
    /// If the model has other layers than the program.
    pub fn filled(&self, model: &Model, words: &[Vec<u64>]) -> Result<Model, TrainError> {
        let fraction = self.program.options.formats.weight;
        let unit = libm::exp2(-f64::from(fraction));
        let real = |word: u64| word.signed(TrainingRing::BITS) as f64 * unit;
        let mut out = Model::new(model.input());
        let (expected, found) = (self.shares().count(), words.len());
        if expected != found {
            return Err(unfit("the model", format!("expected {expected} vectors of words, found {found}")));
        }
        let (words, statistics) = words.split_at(2 * self.parameters.len());
        let mut pairs = words.chunks_exact(2).zip(self.program.products());
        // Fractional bits of the last value, of which that of signs has none: a sum of signs is a whole number.
        let (mut bits, formats) = (self.program.options.formats.activation, self.program.options.formats);
        for node in model.nodes() {
            let mut op = node.op.clone();
            if let Op::Normalise(of) = &mut op {
                let pair = pairs
                    .next()
                    .filter(|(_, product)| (product.outputs, product.inputs) == (of.weight.len(), 1));
                let norm =
                    pair.and_then(|(words, product)| Some((words, self.program.norm(product.number)?)));
                let Some((words, (number, norm))) = norm else {
                    return Err(self.more(&node.name));
                };
                let statistics = &statistics[2 * number..][..2];
                // One that is not trained keeps its own ε, unless it has none: an outline has variances of 0.
                let own = if norm.trained { 0. } else { of.eps };
                let eps = if own > 0. { own } else { Statistics::real_epsilon(norm.epsilon) };
                *of = op::Normalise { eps, ..op::Normalise::new(Vec::new(), Vec::new()) };
                let words = [&words[0], &words[1], &statistics[0], &statistics[1]];
                fill(of, &formats, norm.trained, words.map(|words| &words[..]));
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

/// Fills a normalisation with words of γ, β and running statistics, which are folded into γ and β where they are not trained.
fn fill(of: &mut op::Normalise, formats: &TrainFormats, trained: bool, words: [&[u64]; 4]) {
    let [mean, variance] = Statistics::fractions(formats);
    let units = [formats.weight, formats.weight, mean, variance].map(|bits| libm::exp2(-f64::from(bits)));
    let reals = |i: usize| words[i].iter().map(move |word| word.signed(TrainingRing::BITS) as f64 * units[i]);
    for (((mut weight, mut bias), mean), variance) in reals(0).zip(reals(1)).zip(reals(2)).zip(reals(3)) {
        // Of small ones rounding may leave less than nothing.
        let variance = variance.max(0.);
        if !trained {
            bias += mean * weight;
            weight *= libm::sqrt(variance + of.eps);
        }
        of.weight.push(weight as f32);
        of.bias.push(bias as f32);
        of.mean.push(mean as f32);
        of.variance.push(variance as f32);
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
