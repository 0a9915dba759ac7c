//! The model: from its file to fixed point.

use std::path::{Path, PathBuf};

use ringshare::nn::{
    self, Architecture, ArchitectureError, Input, Layer, LoadError, Loaded, Model, Op, Options, Precision,
    QuantiseError, Quantised, Weight,
};

use crate::args::{Args, shipped};
use crate::dataset::{CLASSES, Dataset, PIXELS};
use crate::error::{Error, read};

/// Images that formats are found on.
const CALIBRATION: usize = 1000;

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
            Err(LoadError::NoDescription) => described(path, &file)?,
            loaded => loaded.map_err(|e| Error::bad(path, e))?,
        };
        for (what, expected, shape) in
            [("inputs", PIXELS, loaded.model.input()), ("outputs", CLASSES, loaded.model.output())]
        {
            if shape.iter().product::<usize>() != expected {
                let reason = format!("expected a model of {expected} {what}, found the shape {shape:?}");
                return Err(Error::bad(path, reason));
            }
        }
        let model = loaded.model.simplify();
        Ok(Self { path: path.into(), model, input: loaded.input, loaded })
    }

    /// The file's name, for the reader.
    pub(crate) fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Writes the model with formats, weights in half precision.
    ///
    /// # Errors
    /// A model that has no form in a file, or a file that cannot be written.
    pub(crate) fn save(&self, quantised: &Quantised, path: &Path) -> Result<(), Error> {
        let loaded = Loaded { formats: Some(quantised.formats().clone()), ..self.loaded.clone() };
        let file = nn::save(&loaded, Precision::Half).map_err(|e| Error::bad(path, e))?;
        std::fs::write(path, file).map_err(|e| Error::io(path, e))
    }

    /// Whether all weights are signs, so that fixed point is exact.
    pub(crate) fn binarized(&self) -> bool {
        self.model.nodes().iter().all(|node| match &node.op {
            Op::Linear { weight, .. } | Op::Convolution { weight, .. } => matches!(weight, Weight::Signs(_)),
            _ => true,
        })
    }

    /// Whether all the bit lengths are such that the network can have.
    ///
    /// # Errors
    /// The first that is not.
    pub(crate) fn check_bits(&self, bits: &[u32]) -> Result<(), Error> {
        let ([least, most], what) =
            if self.binarized() { ([2, 64], "binarized") } else { ([8, 40], "evaluated in fixed point") };
        match bits.iter().find(|&bits| !(least..=most).contains(bits)) {
            Some(bits) => Err(Error::Usage(format!(
                "--bits {bits}: expected {least} to {most} for {}, which is {what}",
                self.name()
            ))),
            None => Ok(()),
        }
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
            Some(bits) => Error::Usage(format!("--bits {bits} for {}: {e}", self.name())),
            None => Error::bad(&self.path, e),
        };
        if let (Some(formats), None) = (&self.loaded.formats, bits) {
            let quantised = Quantised::new(&self.model, formats, args.rounding.into()).map_err(bad)?;
            return Ok((quantised, "formats from the model's file".into()));
        }
        let rounding = args.rounding.into();
        let input = Some(self.input.range());
        let options = Options { bits, rounding, input, ..Options::default() };
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

/// Reads a model that comes without a description: by the file of the same name that ends in `json` beside it, or as the
/// shipped model of that name.
fn described(path: &Path, file: &[u8]) -> Result<Loaded, Error> {
    let beside = path.with_extension("json");
    if beside.exists() {
        let text = String::from_utf8(read(&beside)?).map_err(|e| Error::bad(&beside, e))?;
        let json: serde_json::Value = serde_json::from_str(&text).map_err(|e| Error::bad(&beside, e))?;
        // Other notes on a model may have that name, too.
        if json.get("layers").is_some() {
            return nn::load_with(file, &text).map_err(|e| Error::bad(&beside, e));
        }
    }
    let shipped = shipped().join(path.file_name().unwrap_or_default());
    let text = if shipped.exists() { nn::description(&read(&shipped)?).ok().flatten() } else { None };
    let text = text.ok_or_else(|| Error::bad(path, LoadError::NoDescription))?;
    nn::load_with(file, &text).map_err(|e| Error::bad(path, e))
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

/// The integer program that the parties run: `quantised`'s, with `bits` bits for every layer if given, and `spare` more
/// for what a sign is taken of.
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
    for number in 0..layers.len() {
        let before_sign = matches!(layers.get(number + 1), Some(Layer::Sign { .. }));
        match &mut layers[number] {
            Layer::Linear { bits: own, .. } | Layer::Convolution { bits: own, .. } => {
                *own = bits.unwrap_or(*own) + if before_sign { spare } else { 0 };
            }
            Layer::Sign { bits: own } => *own = bits.unwrap_or(*own),
            _ => {}
        }
    }
    Ok(Architecture::with_inputs(base.inputs(), layers, base.ring())?.with_rounding(base.rounding()))
}
