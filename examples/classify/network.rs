//! The model: from its file to fixed point.

use std::path::{Path, PathBuf};

use ringshare::nn::{
    self, Architecture, ArchitectureError, Input, Layer, LoadError, Loaded, Model, Op, Options, QuantiseError,
    Quantised, Weight,
};

use crate::args::Args;
use crate::dataset::{CLASSES, Dataset, PIXELS};
use crate::error::{Error, read};

/// Images that formats are found on.
pub(crate) const CALIBRATION: usize = 256;

/// A model as it lay in a file.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) path: PathBuf,
    /// The model that is evaluated.
    pub(crate) model: Model,
    /// How a pixel becomes a number.
    pub(crate) input: Input,
    /// The model's file, formats included.
    loaded: Loaded,
}

impl Network {
    /// Loads and simplifies a model: one that takes 28×28 pixels and tells ten classes apart.
    ///
    /// # Errors
    /// A file that cannot be read, is no model, or one for other images.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        let file = read(path)?;
        let loaded = match nn::load(&file) {
            Err(LoadError::NoDescription) if path.with_extension("json").exists() => {
                let beside = path.with_extension("json");
                let text = String::from_utf8(read(&beside)?).map_err(|e| Error::bad(&beside, e))?;
                nn::load_with(&file, &text)
            }
            loaded => loaded,
        };
        let loaded = loaded.map_err(|e| Error::bad(path, e))?;
        for (what, expected, shape) in
            [("inputs", PIXELS, loaded.model.input()), ("outputs", CLASSES, loaded.model.output())]
        {
            if shape.iter().product::<usize>() != expected {
                let reason = format!("expected a model of {expected} {what}, found the shape {shape:?}");
                return Err(Error::bad(path, reason));
            }
        }
        // Formats are those of the file's own layers.
        let model = if loaded.formats.is_some() { loaded.model.clone() } else { loaded.model.simplify() };
        Ok(Self { path: path.into(), model, input: loaded.input, loaded })
    }

    /// The file's name, for the reader.
    pub(crate) fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether all weights are signs, so that fixed point is exact.
    pub(crate) fn binarized(&self) -> bool {
        self.model.nodes().iter().all(|node| match &node.op {
            Op::Linear { weight, .. } | Op::Convolution { weight, .. } => matches!(weight, Weight::Signs(_)),
            _ => true,
        })
    }

    /// The model in fixed point, with `bits` bits in every layer if given and if it is not binarized. Returns where the
    /// formats come from as well.
    ///
    /// # Errors
    /// No such formats.
    pub(crate) fn quantise(
        &self,
        args: &Args,
        bits: Option<u32>,
        images: &Calibration,
    ) -> Result<(Quantised, String), Error> {
        let bits = bits.filter(|_| !self.binarized());
        let bad = |e: QuantiseError| match bits {
            Some(bits) => Error::Usage(format!("--bits {bits}: {e}")),
            None => Error::bad(&self.path, e),
        };
        if let (Some(formats), None) = (&self.loaded.formats, bits) {
            let quantised = Quantised::new(&self.model, formats, args.rounding.into()).map_err(bad)?;
            return Ok((quantised, "formats from the model's file".into()));
        }
        let options = Options { bits, rounding: args.rounding.into(), ..Options::default() };
        let numbers = self.input.encode(&images.pixels);
        let quantised = Quantised::calibrate(&self.model, &numbers, &options).map_err(bad)?;
        let from = if self.binarized() {
            "formats from bounds that no image exceeds".into()
        } else {
            format!("formats found on {} {}", images.pixels.len() / PIXELS, images.of)
        };
        Ok((quantised, from))
    }
}

/// Images that formats are found on.
#[derive(Debug)]
pub(crate) struct Calibration {
    pub(crate) pixels: Vec<u8>,
    /// Which they are.
    pub(crate) of: &'static str,
}

impl Calibration {
    /// The first training images in the directory of the data, or of those at hand if there are none.
    ///
    /// # Errors
    /// Training images that are damaged.
    pub(crate) fn load(dir: &Path, data: &Dataset) -> Result<Self, Error> {
        let training = Dataset::there(dir, "train").then(|| Dataset::load(dir, &["train"])).transpose()?;
        let of = if training.is_some() { "training images" } else { "of the images at hand" };
        let pixels = training.as_ref().unwrap_or(data).pixels();
        Ok(Self { pixels: pixels[..pixels.len().min(CALIBRATION * PIXELS)].to_vec(), of })
    }
}

/// The integer program that the parties run: `quantised`'s, with `bits` bits for every sign if given, `spare` more for
/// what a sign is taken of, and one more for the last layer, of which differences are compared.
///
/// # Errors
/// Bits that the ring does not have.
pub(crate) fn program(
    quantised: &Quantised,
    bits: Option<u32>,
    spare: u32,
) -> Result<Architecture, ArchitectureError> {
    let base = quantised.architecture();
    let mut layers = base.layers().to_vec();
    let last = layers.len().saturating_sub(1);
    for number in 0..layers.len() {
        let before_sign = matches!(layers.get(number + 1), Some(Layer::Sign { .. }));
        match &mut layers[number] {
            Layer::Linear { bits: own, .. } | Layer::Convolution { bits: own, .. } => {
                *own = match bits {
                    Some(bits) => bits,
                    None if number == last => (*own + 1).min(base.ring()),
                    None => *own,
                };
                *own += if before_sign { spare } else { 0 };
            }
            Layer::Sign { bits: own } => *own = bits.unwrap_or(*own),
            _ => {}
        }
    }
    Ok(Architecture::with_inputs(base.inputs(), layers, base.ring())?.with_rounding(base.rounding()))
}
