//! A model for images of any size, on numbers whose outputs are known: how far the outputs of the parties are from those, and
//! what the run costs.

use std::fmt;
use std::path::Path;

use ringshare::nn::{Difference, Forecast, Input, Quantised};
use safetensors::{Dtype, SafeTensors};
use serde::Serialize;

use crate::args::Args;
use crate::error::{Error, read, writable};
use crate::memory;
use crate::network::Network;
use crate::planner;
use crate::print;
use crate::progress;
use crate::report::{Bytes, Phases, write_json};
use crate::secure::{self, Images, Job};

/// Images or outputs as numbers.
#[derive(Debug, PartialEq)]
pub struct Numbers {
    /// How many they are.
    pub count: usize,
    /// `[count, height, width, channels]`
    pub values: Vec<f32>,
}

impl Numbers {
    /// The tensor `name` of a file, `[N, C, H, W]` or `[N, C]`, for a model's `shape`, `[height, width, channels]`; none if
    /// there is no such tensor. Numbers are F32; with `input`, they are U8, pixels.
    ///
    /// # Errors
    /// A tensor of other elements, or of another shape.
    pub fn read(
        file: &SafeTensors<'_>,
        name: &str,
        shape: [usize; 3],
        input: Option<Input>,
    ) -> Result<Option<Self>, String> {
        let Ok(tensor) = file.tensor(name) else { return Ok(None) };
        let [height, width, channels] = shape;
        let (dtype, found) = (tensor.dtype(), tensor.shape());
        let fits = match *found {
            [count, c, h, w] => count > 0 && [h, w, c] == shape,
            [count, length] => count > 0 && length == channels && height * width == 1,
            _ => false,
        };
        let expected = if input.is_some() { Dtype::U8 } else { Dtype::F32 };
        if dtype != expected || !fits {
            return Err(format!(
                "`{name}`: expected {expected} of shape [N, {channels}, {height}, {width}], found {dtype} of shape {found:?}"
            ));
        }
        let numbers: Vec<f32> = match input {
            Some(input) => input.encode(tensor.data()),
            None => tensor.data().as_chunks().0.iter().map(|&word| f32::from_le_bytes(word)).collect(),
        };
        let (places, each) = (height * width, height * width * channels);
        let mut values = vec![0.0; numbers.len()];
        for (to, from) in values.chunks_exact_mut(each).zip(numbers.chunks_exact(each)) {
            for (i, &number) in from.iter().enumerate() {
                to[i % places * channels + i / places] = number;
            }
        }
        Ok(Some(Self { count: found[0], values }))
    }

    /// The first `count` of them, or all.
    fn first(mut self, count: Option<u32>) -> Self {
        let each = self.values.len() / self.count;
        self.count = count.map_or(self.count, |count| self.count.min(count as usize));
        self.values.truncate(self.count * each);
        self
    }
}

/// The largest difference of two results, as a part of the largest of the first.
pub fn difference(expected: &[f32], found: &[f32]) -> f64 {
    let most = |values: &mut dyn Iterator<Item = f32>| {
        values.fold(0.0, |most: f64, x| if x.is_nan() { f64::NAN } else { most.max(x.abs().into()) })
    };
    let far = most(&mut expected.iter().zip(found).map(|(a, b)| a - b));
    far / most(&mut expected.iter().copied())
}

/// What came out, as JSON. Times and bytes are those of all images, rounds those of a batch.
#[derive(Debug, Serialize)]
struct Outcome {
    parties: usize,
    images: usize,
    batch: usize,
    ring: u32,
    layers: usize,
    /// Largest differences from the given outputs, as parts of the largest of these.
    float_difference: f64,
    difference: f64,
    /// With truncations rounded to the nearest, if no value overflows.
    nearest_difference: Option<f64>,
    /// Whether formats have the fewest bits.
    #[serde(skip)]
    fewest: bool,
    rounds: u64,
    sent_bytes: u64,
    dealer_bytes: u64,
    setup_sent_bytes: u64,
    setup_dealer_bytes: u64,
    peak_rss_bytes: Option<u64>,
    setup_s: f64,
    dealer_s: f64,
    offline_s: f64,
    online_s: f64,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |part: f64| 100.0 * part;
        let all = |bytes: u64| Bytes(bytes as f64);
        let each = |bytes: u64| Bytes(bytes as f64 / self.images as f64);
        writeln!(f, "float32 is off by {:.5} % of the largest output", percent(self.float_difference))?;
        writeln!(f, "the parties are off by {:.3} %", percent(self.difference))?;
        if let Some(nearest) = self.nearest_difference {
            writeln!(f, "with truncations rounded to the nearest: {:.3} %", percent(nearest))?;
        }
        if self.fewest {
            writeln!(f, "calibration chose few bits: more (--bits N) come closer")?;
        }
        writeln!(f, "rounds of a batch of {}: {}", self.batch, self.rounds)?;
        writeln!(f, "sent by a party: {} an image", each(self.sent_bytes))?;
        let setup = all(self.setup_dealer_bytes);
        writeln!(f, "from the dealer: {} an image, and {setup} for the model", each(self.dealer_bytes))?;
        if let Some(peak) = self.peak_rss_bytes {
            writeln!(f, "peak memory of all in one process: {}", all(peak))?;
        }
        let Self { setup_s, dealer_s, offline_s, online_s, .. } = self;
        writeln!(
            f,
            "seconds: {setup_s:.2} for the model, {dealer_s:.2} at the dealer, {offline_s:.2} offline, {online_s:.2} online"
        )
    }
}

/// Which layers the difference comes from on an image, those of the greatest shares.
fn losses(quantised: &Quantised, image: &[f32]) -> Result<String, Error> {
    let mut layers = quantised.differences(image).map_err(|e| Error::Wrong(e.to_string()))?;
    layers.sort_by(|a, b| b.share.total_cmp(&a.share));
    let mut text = String::from("where the difference comes from on the first image\n");
    for Difference { layer, fraction, range: [low, high], error, clipped, share, .. } in
        &layers[..layers.len().min(10)]
    {
        text += &format!(
            "{:6.1} %  {layer}: {fraction} fractional bits, {low:.3} to {high:.3}, off by {error:.1} units, {:.2} % clipped\n",
            100.0 * share,
            100.0 * clipped
        );
    }
    Ok(text)
}

/// Evaluates a model on the numbers in a file.
///
/// # Errors
/// A model or numbers that cannot be read or do not fit each other, no formats, or a protocol that fails.
pub(crate) fn run(args: &Args, path: &Path) -> Result<(), Error> {
    let network = Network::of_any_shape(&args.model_file(), None)?;
    network.check_bits(&args.bits)?;
    let ([] | [_]) = args.bits[..] else {
        return Err(Error::Usage("--outputs: expected one bit length at most, found several".into()));
    };
    if let (true, [bits]) = (network.binarized(), &args.bits[..]) {
        let name = network.name();
        return Err(Error::Usage(format!(
            "--bits {bits}: expected none with --outputs, as {name} is binarized and needs what its layers say"
        )));
    }
    args.json.iter().try_for_each(|path| writable(path))?;
    let file = read(path)?;
    let file = SafeTensors::deserialize(&file).map_err(|e| Error::bad(path, e))?;
    let get = |name, shape, input| Numbers::read(&file, name, shape, input).map_err(|e| Error::bad(path, e));
    let (image, output) = (network.model.input(), network.model.output());
    let missing = |names| Error::bad(path, format_args!("expected a tensor {names}, found none"));
    let inputs = match get("inputs", image, None)? {
        None => get("pixels", image, Some(network.input))?,
        found => found,
    };
    let inputs = inputs.ok_or_else(|| missing("`inputs` or `pixels`"))?;
    let outputs = get("outputs", output, None)?.ok_or_else(|| missing("`outputs`"))?;
    if inputs.count != outputs.count {
        let (inputs, outputs) = (inputs.count, outputs.count);
        return Err(Error::bad(path, format_args!("expected {inputs} outputs, found {outputs}")));
    }
    let [inputs, outputs] = [inputs, outputs].map(|numbers| numbers.first(args.images));
    let calibration = get("calibration", image, None)?;
    let of = calibration.as_ref().unwrap_or(&inputs);
    let (quantised, from) = network.quantise_on(
        args,
        args.bits.first().copied(),
        &of.values,
        None,
        &format!("{} images", of.count),
    )?;
    let architecture = quantised.architecture();
    let encoded = quantised.encode(&inputs.values).map_err(|e| Error::bad(path, e))?;
    let (parties, images) = (args.parties.into(), inputs.count);
    let batch = (args.batch as usize).min(images);
    let job = Job {
        weights: &quantised,
        architecture,
        images: Images::Numbers(&inputs.values),
        parties,
        batch,
        comparison: args.comparison,
        topology: args.topology,
        seed: args.seed,
        classes: false,
        logits: true,
    };
    print(&format!(
        "{}: {images} images in batches of {batch}, {parties} parties, Z_2^{}; {from}\n",
        network.name(),
        architecture.ring()
    ))?;
    if args.verbose {
        print(&format!("{}\n{quantised}\n", network.model))?;
    }
    let dry = planner::dry(&job)?;
    let [setup, run] = [&dry.setup, &dry.batch].map(|run| Forecast::new(run, parties));
    print(&format!("expected of the model: {setup}\nexpected of a batch:   {run}\n"))?;
    memory::reset_peak();
    let bar = progress::bar("between the parties", images, "images");
    let secure = secure::run(&job, &bar)?;
    bar.finish_and_clear();
    let found = quantised.decode(&secure.logits.unwrap_or_default());
    let nearest = quantised.reference(&encoded).map_err(|overflow| {
        eprintln!("note: an image overflows, so outputs may be wrong: {overflow}");
    });
    let Phases { setup, dealer, offline, online } = secure.phases;
    let outcome = Outcome {
        parties,
        images,
        batch,
        ring: architecture.ring(),
        layers: architecture.layers().len(),
        float_difference: difference(&outputs.values, &network.model.forward(&inputs.values)),
        difference: difference(&outputs.values, &found),
        nearest_difference: nearest
            .ok()
            .map(|nearest| difference(&outputs.values, &quantised.decode(&nearest))),
        fewest: args.bits.is_empty() && !network.has_formats(),
        rounds: online.rounds,
        sent_bytes: online.sent_bytes,
        dealer_bytes: dealer.dealer_bytes,
        setup_sent_bytes: setup.sent_bytes,
        setup_dealer_bytes: setup.dealer_bytes,
        peak_rss_bytes: [setup, dealer, offline, online]
            .iter()
            .filter_map(|phase| phase.peak_rss_bytes)
            .max(),
        setup_s: setup.wall_s,
        dealer_s: dealer.wall_s,
        offline_s: offline.wall_s,
        online_s: online.wall_s,
    };
    print(&outcome.to_string())?;
    if args.verbose {
        print(&losses(&quantised, &inputs.values[..inputs.values.len() / images])?)?;
    }
    args.json.as_ref().map_or(Ok(()), |path| write_json(path, &outcome))
}
