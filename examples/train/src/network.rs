//! The networks by name, with what suits each.

use std::path::Path;

use classify::dataset::CLASSES;
use ringshare::nn::{Input, Model};

use crate::args::Args;
use crate::error::Error;
use crate::nets;

/// A network with what suits it.
pub struct Network {
    /// Its layers.
    pub model: Model,
    /// Whether its weights are the initial ones.
    pub is_trained: bool,
    /// How a pixel becomes a number.
    pub input: Input,
    /// Images of a batch.
    pub batch: usize,
    /// Learning rates.
    pub rates: Vec<f64>,
    /// Steps in which the rate rises to the first.
    pub warmup: usize,
    /// Steps whose weights are averaged.
    pub average: usize,
}

impl Network {
    /// The network that the arguments name.
    ///
    /// # Errors
    /// If there is none.
    pub fn load(args: &Args) -> Result<Self, Error> {
        let scaled = Input::Scaled { scale: 1. / 255., shift: 0. };
        let built = |e: ringshare::nn::ModelError| Error::Usage(e.to_string());
        let named = |model, input, batch, rates: &[f64]| Self {
            model,
            is_trained: false,
            input,
            batch,
            rates: rates.to_vec(),
            warmup: 0,
            average: 0,
        };
        match args.model.as_deref().unwrap_or("cnn") {
            "mlp" => {
                let model = nets::perceptron(&[784, 784, 784, 784, 784, 10]).map_err(built)?;
                Ok(named(model, scaled, 128, MLP))
            }
            "cnn" => {
                let model = nets::convolutional().map_err(built)?;
                let centred = Input::Scaled { scale: 1. / 255., shift: -0.5 };
                // On the few images beside the example, fewer steps at a lower rate.
                let (warmup, average, rates) =
                    if args.is_small() { (20, 16, SMALL) } else { (300, 1024, CNN) };
                Ok(Self { warmup, average, ..named(model, centred, 32, rates) })
            }
            "bmlp" => {
                let model = nets::binarized(&[784, 1024, 1024, 1024, 10]).map_err(built)?;
                Ok(named(model, Input::Threshold { at: 128 }, 64, BMLP))
            }
            text if text.split('-').all(|size| size.parse::<usize>().is_ok()) => {
                let sizes: Vec<usize> = text.split('-').filter_map(|size| size.parse().ok()).collect();
                if sizes.len() < 2 || sizes[0] != 784 || sizes[sizes.len() - 1] != CLASSES {
                    return Err(Error::Usage(format!(
                        "--model: expected sizes from 784 to 10, found {text}"
                    )));
                }
                for pair in sizes.windows(2) {
                    if pair[0].checked_mul(pair[1]).is_none_or(|weights| weights > MOST_WEIGHTS) {
                        return Err(Error::Usage(format!(
                            "--model: expected at most {MOST_WEIGHTS} weights in a layer, found {} by {}",
                            pair[0], pair[1]
                        )));
                    }
                }
                Ok(named(nets::perceptron(&sizes).map_err(built)?, scaled, 128, MLP))
            }
            file => {
                let network = classify::network::Network::load(Path::new(file))?;
                let (model, input) = (network.to_train(), network.input);
                Ok(Self { is_trained: !args.fresh, ..named(model, input, 128, &[0.05]) })
            }
        }
    }
}

/// The most weights of a layer of a network that is given by its sizes: a gigabyte for each share of them.
const MOST_WEIGHTS: usize = 1 << 27;

/// Learning rates of the networks by name.
const MLP: &[f64] = &[0.2, 0.2, 0.2, 0.1, 0.05];
const SMALL: &[f64] = &[0.1];
const CNN: &[f64] = &[0.15, 0.15, 0.1];
const BMLP: &[f64] = &[0.3, 0.15, 0.075, 0.03, 0.015];
