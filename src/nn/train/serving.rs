//! The trained model as it serves: shared, with the bits of inference.
//!
//! Weights have F_w fractional bits in training, more than inference needs. The form that serves truncates them to `fraction` bits, and
//! biases to F_x more; then a product has F_x + `fraction` fractional bits, which its ReLU drops again, and all fits a ring of 32 bits. Of weights that
//! are signs, the signs of the latent ones serve, and their biases, 2^t times as great, are rounded down to the fractional bits of the sum.
//!
//! **Normalisations** serve by their running statistics, which are folded into weights on shares ([`folded`](super::folded)): into those of the
//! linear layer or convolution in front, unless something else takes its result too. Any other, as that behind a ReLU or a maximum, is a
//! 1 × 1 convolution in which every channel is a group.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::TrainError;
use super::arithmetic::{MOST_BITS, TrainingRing};
use super::folded::{Folded, SCALE};
use super::layer::Parameters;
use super::options::in_range;
use super::program::{Program, unfit};
use super::secure::Secure;
use super::trainer::Trainer;
use crate::nn::{Format, Formats, Input, Model, Op, PublicModel, Quantised, Rounding, Weights};
use crate::protocol::{Error, Party};
use crate::ring::Ring;
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

/// A layer with weights, as it serves.
struct Served {
    /// Its number among those that are trained.
    product: usize,
    /// The normalisation that is part of it, which may be all of it.
    norm: Option<usize>,
    /// Fractional bits of its weights and biases; `None` for signs.
    weights: Option<u32>,
    bias: u32,
}

/// How a trained model serves: what is public of it.
pub struct Serving {
    public: PublicModel,
    layers: Vec<Served>,
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
        let most = formats.weight - formats.activation;
        let most = if program.normalised.is_empty() { most } else { most.min(SCALE) };
        in_range("fractional bits of weights that serve", 1., f64::from(most), f64::from(fraction))?;
        let value = Format { fraction: formats.activation, bits: formats.values() };
        let (mut last, mut found, mut layers) = (value, Vec::new(), Vec::<Served>::new());
        let (mut served, mut product) = (model.clone(), 0);
        for (number, node) in model.nodes().iter().enumerate() {
            let is_product = matches!(node.op, Op::Linear(_) | Op::Convolution(_) | Op::Normalise(_));
            let trained = program.norm(product).filter(|(_, norm)| norm.trained).map(|(norm, _)| norm);
            let norm = trained.filter(|_| matches!(node.op, Op::Normalise(_)));
            product += usize::from(is_product);
            if let (Some(before), Some(_)) = (number.checked_sub(1), norm)
                && matches!(model.nodes()[before].op, Op::Linear(_) | Op::Convolution(_))
                && !model.is_referred_to(before)
                && let Some(into) = layers.last_mut()
            {
                into.norm = norm;
                served.remove(found.len(), "part of the layer before it".to_string());
                continue;
            }
            last = match &node.op {
                Op::Linear(_) | Op::Convolution(_) | Op::Normalise(_) => {
                    let Some(shape) = program.shapes.get(product - 1) else {
                        let all = program.shapes.len();
                        return Err(unfit(
                            &node.name,
                            format!("expected {all} layers with weights, found more"),
                        ));
                    };
                    let weights = shape.signs.is_none().then_some(fraction);
                    let added = weights.unwrap_or(0);
                    let bias = last.fraction + added;
                    if bias > formats.weight {
                        let most = formats.weight;
                        let reason =
                            format!("expected a bias of at most {most} fractional bits, found {bias}");
                        return Err(unfit(&node.name, reason));
                    }
                    layers.push(Served { product: product - 1, norm, weights, bias });
                    let sum = shape.inputs.max(1).next_power_of_two().ilog2();
                    let bits = if shape.signs.is_some() { last.bits + sum + 2 } else { last.bits + added };
                    Format { fraction: bias, bits }
                }
                Op::Sign(_) => Format { fraction: 0, bits: 2 },
                Op::MaxPool(_) => Format { bits: last.bits + 1, ..last },
                Op::Relu(_) | Op::Clip(_) | Op::AveragePool(_) | Op::Add(_) => value,
                _ => last,
            };
            found.push(last);
        }
        let quantised = Quantised::new(&served, &Formats { input: value, layers: found }, rounding);
        let quantised = quantised.map_err(|error| unfit("the form that serves", error.to_string()))?;
        Ok(Self { public: quantised.public().clone().with_pixels(input), layers })
    }

    /// What is public about the model.
    pub fn public(&self) -> &PublicModel {
        &self.public
    }
}

impl Trainer {
    /// This party's share of the weights in the form that serves, in the ring of its architecture: a truncation for the weights of each layer, or
    /// signs, and one for its biases.
    ///
    /// Of a network with normalisations 31 rounds come before that, however many there are, and two for each that is folded into weights.
    ///
    /// # Errors
    /// As [`Party::truncate`] and [`Party::sign`].
    ///
    /// # Panics
    /// If `serving` is of another program.
    pub fn serve<R: Ring>(&self, party: &mut Party, serving: &Serving) -> Result<SharedWeights<R>, Error> {
        let formats = self.program.options.formats;
        let rounding = self.program.options.rounding;
        let into = serving.layers.iter().filter_map(|layer| Some((layer.norm?, layer.product)));
        let folded = Folded::new(&mut Secure::new(party, rounding), self, into.collect())?;
        let products: Vec<_> = self.program.products().collect();
        let mut layers = Vec::with_capacity(serving.layers.len());
        for layer in &serving.layers {
            let product = products[layer.product];
            let (fraction, held) = match layer.norm {
                None => (formats.weight, self.parameters[layer.product].clone()),
                Some(norm) => folded.weights(&mut Secure::new(party, rounding), self, layer.product, norm)?,
            };
            let Parameters { weights, bias } = held;
            let weights = match layer.weights {
                Some(kept) => party.truncate::<TrainingRing, R>(&weights, MOST_BITS, fraction - kept)?,
                None => party.sign::<TrainingRing, R>(&weights, formats.latent())?,
            };
            let shift = (formats.weight - layer.bias).saturating_sub(product.signs.unwrap_or(0));
            let bias = match product.signs {
                Some(_) => party.truncate_floor::<TrainingRing, R>(&bias, MOST_BITS, shift)?,
                None => party.truncate::<TrainingRing, R>(&bias, MOST_BITS, shift)?,
            };
            layers.push((product.inputs, weights, bias));
        }
        Ok(SharedWeights { layers })
    }
}
