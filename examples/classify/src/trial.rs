//! A model in fixed point on the given images: from formats to classes, and the results they are compared with.

use ringshare::nn::{Architecture, ArchitectureError, Forecast, Layer, Overflow, Quantised, Rounding};
use ringshare::protocol::Family;

use crate::args::Args;
use crate::dataset::Dataset;
use crate::error::Error;
use crate::float::{Float, Layout, Timed};
use crate::forecast::Foreseen;
use crate::memory;
use crate::network::{Calibration, Network, program};
use crate::planner;
use crate::progress;
use crate::report::{Counts, Plain};
use crate::secure::{self, Images, Job, Secure};

/// What all runs have in common.
#[derive(Debug)]
pub struct Setting<'a> {
    /// The command line.
    pub args: &'a Args,
    /// The images that are classified.
    pub data: &'a Dataset,
    /// The model.
    pub network: &'a Network,
    /// The images that formats are found on, if the model has none.
    pub calibration: &'a Calibration,
}

impl Setting<'_> {
    /// Images of a batch.
    pub fn batch(&self) -> usize {
        (self.args.batch as usize).min(self.data.len())
    }

    /// The network in the clear in float32, with the signs that the parties compute.
    pub fn float(&self) -> (Timed, Plain) {
        memory::reset_peak();
        let numbers = self.network.input.encode(self.data.pixels());
        let bar = progress::bar("in the clear, float32", self.data.len(), "images");
        let timed = Float::fastest(&self.network.model, self.batch()).run(&numbers, |n| bar.inc(n as u64));
        bar.finish_and_clear();
        let plain = Plain { wall_s: timed.wall_s, cpu_s: timed.cpu_s, peak_rss_bytes: memory::peak_rss() };
        (timed, plain)
    }

    /// The network in the clear with signs by Legendre symbols, if the parties compute these: what they should find then.
    pub fn expected(&self) -> Option<Timed> {
        let symbols = self.args.signs().iter().any(|family| matches!(family, Family::Legendre(_)));
        symbols.then(|| self.clear())
    }

    /// The network in the clear with the signs of the parties' comparison, in no hurry.
    pub fn clear(&self) -> Timed {
        let numbers = self.network.input.encode(self.data.pixels());
        let float = Float::new(&self.network.model, self.batch(), Layout::default());
        float.with_signs(self.args.signs()).run(&numbers, |_| ())
    }

    /// Counts the classes that are as they should be.
    pub fn counts(&self, classes: &[u8], expected: &[u8]) -> Counts {
        Counts {
            parties: self.args.parties.into(),
            batch: self.batch(),
            images: self.data.len(),
            correct: equal(classes, self.data.labels()),
            agree: equal(classes, expected),
        }
    }
}

/// A network in fixed point, with the images encoded.
pub struct Trial<'a> {
    setting: &'a Setting<'a>,
    /// The bit length on the command line.
    pub bits: Option<u32>,
    /// Its weights and formats.
    pub quantised: Quantised,
    /// The integer program that the parties run.
    pub architecture: Architecture,
    /// Where the formats come from.
    pub from: String,
}

impl<'a> Trial<'a> {
    /// Finds formats and encodes the images.
    ///
    /// # Errors
    /// If no formats are found, images do not fit them, or the ring has too few bits.
    pub fn new(setting: &'a Setting<'a>, bits: Option<u32>) -> Result<Self, Error> {
        let Setting { args, data, network, calibration } = setting;
        let (quantised, from) = network.quantise(args, bits, calibration)?;
        // Legendre symbols need one bit more than the values have.
        let spare = u32::from(matches!(args.comparison, Family::Legendre(_)));
        let signs = bits.filter(|_| network.binarized());
        let architecture = program(&quantised, signs, spare).map_err(|e| match signs {
            Some(bits) => Error::Usage(format!("--bits {bits} for {}: {e}", network.name())),
            None => Error::bad(&network.path, e),
        })?;
        let (quantised, architecture) = match args.hidden {
            Some(hidden) => by_own(quantised, architecture, hidden, network)?,
            None => (quantised, architecture),
        };
        let numbers = network.input.encode(data.pixels());
        quantised.encode(&numbers).map_err(|e| Error::bad(&network.path, e))?;
        if let (Some(bits), Some(most)) =
            (signs, most_bits(quantised.architecture()).filter(|&m| Some(m) > signs))
        {
            eprintln!(
                "note: --bits {bits} may be too few: the layers can need up to {most}, so results may differ"
            );
        }
        Ok(Self { setting, bits, quantised, architecture, from })
    }

    /// The job of `parties` parties for the first `images` images.
    pub fn job(&self, parties: usize, images: usize) -> Job<'_> {
        let args = self.setting.args;
        Job {
            weights: &self.quantised,
            architecture: &self.architecture,
            images: Images::Pixels(
                &self.setting.data.pixels()[..images * self.architecture.inputs()],
                self.setting.network.input,
            ),
            parties,
            batch: self.setting.batch().min(images),
            comparison: args.comparison,
            topology: args.topology,
            seed: args.seed,
            classes: true,
            logits: args.logits || args.show.is_some(),
        }
    }

    /// What the run will cost, on this machine.
    ///
    /// # Errors
    /// If the layers do not fit the comparison.
    pub(crate) fn forecast(&self) -> Result<Foreseen, Error> {
        let setting = self.setting;
        let parties = setting.args.parties.into();
        let dry = planner::dry(&self.job(parties, setting.data.len()))?;
        let scale = Forecast::measure_scale();
        let [setup, batch] = [&dry.setup, &dry.batch].map(|run| Forecast::new(run, parties).scaled(scale));
        let batches = setting.data.len().div_ceil(setting.batch());
        Ok(Foreseen { bits: self.bits, batches, setup, batch })
    }

    /// The run that was asked for.
    ///
    /// # Errors
    /// A protocol that fails.
    pub fn run(&self) -> Result<Secure, Error> {
        memory::reset_peak();
        let (parties, images) = (self.setting.args.parties.into(), self.setting.data.len());
        let bar = progress::bar("between the parties", images, "images");
        let secure = secure::run(&self.job(parties, images), &bar);
        bar.finish_and_clear();
        secure
    }

    /// The logits of the exact integer program.
    ///
    /// # Errors
    /// A value that does not fit its bits.
    pub fn reference(&self) -> Result<Vec<i64>, Overflow> {
        let numbers = self.setting.network.input.encode(self.setting.data.pixels());
        // They were encoded once, so there is no error.
        self.quantised.reference(&self.quantised.encode(&numbers).unwrap_or_default())
    }

    /// Whether the logits of the parties must equal those of the reference bit for bit.
    pub fn exact(&self) -> bool {
        self.setting.network.binarized() || self.architecture.rounding() == Rounding::Floor
    }

    /// Compares the results of the parties with the reference. Returns a text that says how many logits differ, if these
    /// were revealed.
    ///
    /// # Errors
    /// If classes or logits are wrong. With bit lengths from the command line, nothing counts as wrong.
    pub fn check(&self, secure: &Secure, reference: &[i64]) -> Result<Option<String>, Error> {
        let classes: Vec<u8> = reference
            .chunks_exact(self.architecture.outputs())
            .map(|logits| crate::float::argmax(logits) as u8)
            .collect();
        let differ = |n: usize, what: &str| match n {
            n if n > 0 && self.bits.is_none() => {
                Err(Error::Wrong(format!("{n} {what} differ from those in the clear")))
            }
            _ => Ok(()),
        };
        let text = secure.logits.as_ref().map(|logits| self.logits(logits, reference)).transpose()?;
        if self.exact() {
            differ(classes.len() - equal(&classes, &secure.classes), "classes")?;
        }
        Ok(text)
    }

    /// As [`check`](Self::check), for the logits.
    fn logits(&self, logits: &[i64], reference: &[i64]) -> Result<String, Error> {
        let all = reference.len();
        let wrong = logits.len().abs_diff(all) + all.min(logits.len()) - equal(logits, reference);
        if self.exact() {
            if wrong > 0 && self.bits.is_none() {
                return Err(Error::Wrong(format!("{wrong} logits differ from those in the clear")));
            }
            return Ok(format!("logits that differ   {wrong} of {all}\n"));
        }
        let bounds = self.quantised.bounds();
        let far = logits.iter().zip(reference).map(|(&a, &b)| a.abs_diff(b) as f64);
        let beyond = far.clone().enumerate().filter(|&(i, far)| far > bounds[i % bounds.len()]).count();
        if beyond > 0 && self.bits.is_none() {
            return Err(Error::Wrong(format!(
                "{beyond} logits are out of the bounds of stochastic rounding"
            )));
        }
        let most = far.fold(0.0, f64::max);
        let bound = bounds.iter().fold(0.0, |most: f64, &bound| most.max(bound));
        let unit = f64::from(self.quantised.decode(&[1])[0]);
        Ok(format!(
            "logits               within {:.2} of those rounded to the nearest (at worst {:.0})\n",
            unit * most,
            unit * bound
        ))
    }
}

/// The same, with `hidden` as the family of all layers of signs but the first.
fn by_own(
    quantised: Quantised,
    architecture: Architecture,
    hidden: Family,
    network: &Network,
) -> Result<(Quantised, Architecture), Error> {
    let is_sign = |layer: &Layer| matches!(layer, Layer::Sign(_));
    let found = architecture.layers().iter().filter(|layer| is_sign(layer)).count();
    if found < 2 {
        let name = network.name();
        return Err(Error::Usage(format!(
            "--hidden {hidden}: expected a model of at least 2 layers of signs, found {found} in {name}"
        )));
    }
    let first = architecture.layers().iter().position(is_sign).unwrap_or(0);
    let layers = architecture.layers().iter().enumerate();
    let families: Vec<Option<Family>> =
        layers.map(|(number, layer)| Some(hidden).filter(|_| number > first && is_sign(layer))).collect();
    let bad = |e: ArchitectureError| Error::Usage(format!("--hidden {hidden} for {}: {e}", network.name()));
    let architecture = architecture.with_comparisons(&families).map_err(bad)?;
    Ok((quantised.with_comparisons(&families).map_err(bad)?, architecture))
}

/// The longest comparison of a binarized network.
fn most_bits(architecture: &Architecture) -> Option<u32> {
    (1..=architecture.layers().len())
        .map(|value| architecture.right_bits(value))
        .filter(|&b| b < architecture.ring())
        .max()
}

/// The number of places at which the two are equal.
pub fn equal<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}
