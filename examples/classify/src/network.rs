//! The model: from its file to fixed point.

use std::path::{Path, PathBuf};

use ringshare::nn::{
    self, Architecture, ArchitectureError, Input, Layer, LoadError, Loaded, Model, Node, Op, Options,
    Precision, QuantiseError, Quantised, Weight, op, step,
};

use crate::args::{Args, shipped};
use crate::dataset::{CLASSES, Dataset, PIXELS};
use crate::error::{Error, read};

/// The most images that formats are found on.
const CALIBRATION: usize = 1000;
/// The most where formats do not depend on them, and they only show that these hold.
const BOUNDED: usize = 100;

/// A model from a file.
#[derive(Debug)]
pub struct Network {
    /// Its file.
    pub path: PathBuf,
    /// The model that is evaluated.
    pub model: Model,
    /// How a pixel becomes a number.
    pub input: Input,
    /// The contents of the model's file, including formats.
    loaded: Loaded,
    /// Where the description, and with it the formats, come from.
    described_by: String,
}

impl Network {
    /// Loads and simplifies a model: one that takes 28×28 pixels and tells ten classes apart.
    ///
    /// # Errors
    /// A file that cannot be read, is no model, or one for other images.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::load_with_input(path, None)
    }

    /// As [`load`](Self::load), with a map from pixels to numbers if the file has none.
    ///
    /// # Errors
    /// As [`load`](Self::load), or if both the file and `input` give a map, or neither.
    pub fn load_with_input(path: &Path, input: Option<Input>) -> Result<Self, Error> {
        let network = Self::of_any_shape(path, input)?;
        let model = &network.loaded.model;
        for (what, expected, shape) in
            [("inputs", PIXELS, model.input()), ("outputs", CLASSES, model.output())]
        {
            if shape.iter().product::<usize>() != expected {
                let reason = format!("expected a model of {expected} {what}, found the shape {shape:?}");
                return Err(Error::bad(path, reason));
            }
        }
        Ok(network)
    }

    /// Loads and simplifies a model of any shape.
    ///
    /// # Errors
    /// As [`load_with_input`](Self::load_with_input).
    pub fn of_any_shape(path: &Path, input: Option<Input>) -> Result<Self, Error> {
        let file = read(path)?;
        let (loaded, described_by) = described(path, &file, input)?;
        let model = loaded.model.simplify();
        Ok(Self { path: path.into(), model, input: loaded.input, loaded, described_by })
    }

    /// The model of the file as it is trained: its normalisations are not folded into weights.
    pub fn to_train(&self) -> Model {
        self.loaded.model.simplify_for_training()
    }

    /// The file's name, for the reader.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Writes the model with formats, weights in half precision.
    ///
    /// # Errors
    /// A model that cannot be saved, or a file that cannot be written.
    pub fn save(&self, quantised: &Quantised, path: &Path) -> Result<(), Error> {
        let loaded = Loaded { formats: Some(quantised.formats().clone()), ..self.loaded.clone() };
        let file = nn::save(&loaded, Precision::Half).map_err(|e| Error::bad(path, e))?;
        std::fs::write(path, file).map_err(|e| Error::io(path, e))
    }

    /// Whether the file has formats.
    pub(crate) fn has_formats(&self) -> bool {
        self.loaded.formats.is_some()
    }

    /// Whether all inputs are whole numbers, all weights are signs and only signs or whole numbers are made of them, so that
    /// fixed point is exact.
    pub fn binarized(&self) -> bool {
        let whole = |bias: &[f32]| bias.iter().all(|&b| b == b.trunc());
        let nodes = self.model.nodes();
        let kept = |node: &Node| matches!(node.op, Op::MaxPool(_) | Op::Flatten(_) | Op::Dropout(_));
        let before_sign = |layer: usize| {
            nodes[layer + 1..]
                .iter()
                .find(|&node| !kept(node))
                .is_some_and(|node| node.op == Op::Sign(op::Sign))
        };
        matches!(self.input, Input::Threshold { .. } | Input::HighBits { .. })
            && nodes.iter().enumerate().all(|(layer, node)| match &node.op {
                Op::Linear(op::Linear { weight, bias })
                | Op::Convolution(op::Convolution { weight, bias, .. }) => {
                    matches!(weight, Weight::Signs(_)) && (before_sign(layer) || whole(bias))
                }
                Op::Sign(_) => true,
                _ => kept(node),
            })
    }

    /// Checks the bit lengths of the command line.
    ///
    /// # Errors
    /// The first that this network cannot have.
    pub fn check_bits(&self, bits: &[u32]) -> Result<(), Error> {
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

    /// The model in fixed point, with `bits` bits in every layer if given, unless it is binarized. Also returns where the
    /// formats come from.
    ///
    /// # Errors
    /// No such formats.
    pub fn quantise(
        &self,
        args: &Args,
        bits: Option<u32>,
        images: &Calibration,
    ) -> Result<(Quantised, String), Error> {
        // The formats of a binarized network are bounds, which no image changes.
        let most = if self.binarized() { BOUNDED * PIXELS } else { images.pixels.len() };
        let pixels = &images.pixels[..images.pixels.len().min(most)];
        let numbers = self.input.encode(pixels);
        let of = format!("{} {}", pixels.len() / PIXELS, images.of);
        self.quantise_on(args, bits, &numbers, Some(self.input.range()), &of)
    }

    /// As [`quantise`](Self::quantise) for numbers, `[images, height, width, channels]`, of a known range if there is one.
    ///
    /// # Errors
    /// As [`quantise`](Self::quantise).
    pub(crate) fn quantise_on(
        &self,
        args: &Args,
        bits: Option<u32>,
        numbers: &[f32],
        range: Option<[f32; 2]>,
        of: &str,
    ) -> Result<(Quantised, String), Error> {
        let bits = bits.filter(|_| !self.binarized());
        let bad = |e: QuantiseError| match bits {
            Some(bits) => Error::Usage(format!("--bits {bits} for {}: {e}", self.name())),
            None => Error::bad(&self.path, e),
        };
        if let (Some(formats), None) = (&self.loaded.formats, bits) {
            let quantised = Quantised::new(&self.model, formats, args.rounding.into()).map_err(bad)?;
            return Ok((quantised, format!("formats from {}", self.described_by)));
        }
        let rounding = args.rounding.into();
        let options = Options { bits, rounding, input: range, ..Options::default() };
        let quantised = Quantised::calibrate(&self.model, numbers, &options).map_err(bad)?;
        let from = if self.binarized() {
            "formats from bounds that no image exceeds".into()
        } else {
            format!("formats found on {of}")
        };
        Ok((quantised, from))
    }
}

/// The layers of the model in a file, as they are in the file, whatever images it takes.
///
/// # Errors
/// A file that cannot be read or is no model.
pub fn summary(path: &Path) -> Result<String, Error> {
    let (loaded, _) = described(path, &read(path)?, None)?;
    Ok(loaded.model.to_string())
}

/// Reads a model and says what describes it: the file itself, a `.json` file beside it, or the shipped model that has the
/// same weights. A chain of binarized layers needs no description, but it needs `input` if the file has no map from pixels
/// to numbers.
fn described(path: &Path, file: &[u8], input: Option<Input>) -> Result<(Loaded, String), Error> {
    let bad = |e: LoadError| Error::bad(path, e);
    let twice =
        |by: &str| Error::Usage(format!("--input: expected a model without a description, found {by}"));
    let missing = match nn::load(file) {
        Ok(_) if input.is_some() => return Err(twice("one that says what a pixel becomes")),
        Ok(loaded) => return Ok((loaded, "the model's file".into())),
        Err(missing @ (LoadError::NoDescription | LoadError::NoInput)) => missing,
        Err(e) => return Err(bad(e)),
    };
    let found = match beside(path, file)? {
        None => same_as_shipped(file)?,
        found => found,
    };
    match (found, input) {
        (Some((_, by)), Some(_)) => Err(twice(&by)),
        (Some(found), None) => Ok(found),
        (None, Some(input)) => {
            nn::load_with_input(file, input).map(|loaded| (loaded, "the model's file".into())).map_err(bad)
        }
        (None, None) if missing == LoadError::NoInput => {
            Err(Error::bad(path, format_args!("{missing}; give --input, for example --input threshold=128")))
        }
        (None, None) => Err(bad(missing)),
    }
}

/// The model by the description in the `.json` file beside it, if there is one.
fn beside(path: &Path, file: &[u8]) -> Result<Option<(Loaded, String)>, Error> {
    let beside = path.with_extension("json");
    if !beside.exists() {
        return Ok(None);
    }
    let text = String::from_utf8(read(&beside)?).map_err(|e| Error::bad(&beside, e))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|e| Error::bad(&beside, e))?;
    // Other notes on a model may have that name, too.
    if json.get("layers").is_none() {
        return Ok(None);
    }
    let loaded = nn::load_with(file, &text).map_err(|e| Error::bad(&beside, e))?;
    Ok(Some((loaded, beside.file_name().unwrap_or_default().to_string_lossy().into_owned())))
}

/// The model by the description of a shipped one, if it has the same weights. The name is not enough: formats that were
/// found for other weights may overflow.
fn same_as_shipped(file: &[u8]) -> Result<Option<(Loaded, String)>, Error> {
    let Ok(entries) = std::fs::read_dir(shipped()) else { return Ok(None) };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "safetensors"));
    paths.sort();
    // Shipped weights are in half precision.
    let halved = |loaded: &Loaded| nn::save(loaded, Precision::Half).ok();
    for path in paths {
        let shipped = read(&path)?;
        let Some(text) = nn::description(&shipped).ok().flatten() else { continue };
        let (Ok(loaded), Ok(shipped)) = (nn::load_with(file, &text), nn::load(&shipped)) else { continue };
        if halved(&loaded).is_some_and(|bytes| Some(bytes) == halved(&shipped)) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            return Ok(Some((loaded, format!("the shipped {name}, which has the same weights"))));
        }
    }
    Ok(None)
}

/// Images that formats are found on.
#[derive(Debug)]
pub struct Calibration {
    /// `[n, 28, 28]`
    pub pixels: Vec<u8>,
    /// Which they are.
    pub of: &'static str,
}

impl Calibration {
    /// The first training images in the directory of the data, or if there are none, the first of the given images.
    ///
    /// # Errors
    /// Training images that are damaged.
    pub fn load(dir: &Path, data: &Dataset) -> Result<Self, Error> {
        let training = Dataset::there(dir, "train").then(|| Dataset::load(dir, &["train"])).transpose()?;
        let of = if training.is_some() { "training images" } else { "of the images at hand" };
        let pixels = training.as_ref().unwrap_or(data).pixels();
        Ok(Self { pixels: pixels[..pixels.len().min(CALIBRATION * PIXELS)].to_vec(), of })
    }
}

/// The integer program that the parties run: that of `quantised`, with `bits` bits for every layer if given, and `spare`
/// more bits for the inputs of signs.
///
/// # Errors
/// Bits that the ring does not have.
pub fn program(
    quantised: &Quantised,
    bits: Option<u32>,
    spare: u32,
) -> Result<Architecture, ArchitectureError> {
    let base = quantised.architecture();
    let mut layers = base.layers().to_vec();
    for number in 0..layers.len() {
        let before_sign = matches!(layers.get(number + 1), Some(Layer::Sign(_)));
        match &mut layers[number] {
            Layer::Linear(step::Linear { bits: own, .. })
            | Layer::Convolution(step::Convolution { bits: own, .. }) => {
                *own = bits.unwrap_or(*own) + if before_sign { spare } else { 0 };
            }
            Layer::Sign(step::Sign { bits: own }) => *own = bits.unwrap_or(*own),
            _ => {}
        }
    }
    Ok(Architecture::with_inputs(base.inputs(), layers, base.ring())?.with_rounding(base.rounding()))
}
