//! Classifies images with a network that two or more parties hold in shares, and compares the result and its cost with
//! the same network in the clear. `--help` lists the arguments.
//!
//! All of it is in this library, and the program only calls [`main`]: a library is compiled while the code of the ones
//! below it is still being generated, a program only after that.

#![cfg(feature = "safetensors")]

pub mod args;
pub mod charts;
pub mod confusion;
pub mod dataset;
pub mod error;
pub mod float;
mod forecast;
pub mod idx;
mod matrix;
pub mod memory;
pub mod network;
pub mod outputs;
pub mod page;
mod parties;
mod planner;
pub mod progress;
pub mod report;
pub mod secure;
mod session;
pub mod show;
mod steps;
pub mod study;
pub mod sweep;
pub mod trial;

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use args::{Args, Command};
use dataset::Dataset;
use error::{Error, writable};
use network::{Calibration, Network};
use report::{Report, Table, write_json};
use sweep::Row;
use trial::{Setting, Trial, equal};

/// If fewer classes than this fraction are those of float32, a note says so.
const AGREEMENT: f64 = 0.995;

/// The program, from its arguments to its exit code.
pub fn main() -> ExitCode {
    let done = Args::read(std::env::args_os()).and_then(|command| match command {
        Command::Run(args) => run(&args),
        Command::Print(text) => print(&text),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::from(e.exit_code())
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    if let Some(path) = &args.check {
        return print(&network::summary(path)?);
    }
    if let Some(path) = &args.outputs {
        return outputs::run(args, path);
    }
    let data = load_data(args)?;
    let network = Network::load_with_input(&args.model_file(), args.input)?;
    let calibration = Calibration::load(&args.data_dir(), &data)?;
    network.check_bits(&args.bits)?;
    // Files that cannot be written are found before the work, not after it.
    for path in args.json.iter().chain(&args.save) {
        writable(path)?;
    }
    if let Some(dir) = &args.report {
        std::fs::create_dir_all(dir).map_err(|e| Error::io(dir, e))?;
    }
    let setting = Setting { args, data: &data, network: &network, calibration: &calibration };
    if args.verbose {
        print(&format!("{}\n", network.model))?;
    }
    if args.dry && args.save.is_none() {
        return dry(&setting);
    }
    match args.bits[..] {
        [] => single(&setting, None),
        [bits] => single(&setting, Some(bits)),
        _ => several(&setting),
    }
}

/// What the runs would cost.
fn dry(setting: &Setting<'_>) -> Result<(), Error> {
    let args = setting.args;
    let mut all = Vec::new();
    for bits in args.bits.iter().map(|&bits| Some(bits)).chain(args.bits.is_empty().then_some(None)) {
        let trial = Trial::new(setting, bits)?;
        if all.is_empty() {
            print(&heading(setting, &trial))?;
        }
        if let ([_, _, ..], Some(bits)) = (&args.bits[..], bits) {
            print(&format!("\n{bits} bits\n"))?;
        }
        let foreseen = trial.forecast()?;
        print(&format!("{foreseen}\n"))?;
        all.push(foreseen);
    }
    match (&args.json, &all[..]) {
        (Some(path), [one]) => write_json(path, one),
        (Some(path), sweep) => write_json(path, &std::collections::BTreeMap::from([("sweep", sweep)])),
        (None, _) => Ok(()),
    }
}

/// One run, and all about it.
fn single(setting: &Setting<'_>, bits: Option<u32>) -> Result<(), Error> {
    let (args, data) = (setting.args, setting.data);
    let trial = Trial::new(setting, bits)?;
    print(&heading(setting, &trial))?;
    print(&format!("{}\n", trial.forecast()?))?;
    if let Some(path) = &args.save {
        setting.network.save(&trial.quantised, path)?;
        return print(&format!("wrote {}, with formats\n", path.display()));
    }
    // The shared evaluation comes first, so that its peak memory is its own.
    let secure = trial.run()?;
    let (float, plain) = setting.float();
    let expected = setting.expected();
    let classes = &secure.classes;
    let counts = setting.counts(classes, &expected.as_ref().unwrap_or(&float).classes);
    if let (Some(i), Some(logits)) = (args.show, &secure.logits) {
        let logits = trial.quantised.decode(logits);
        let all = trial.architecture.outputs();
        let logits = &logits[i * all..][..all];
        print(&format!("{}\n", show::show(data.image(i), logits, classes[i], data.labels()[i])))?;
    }
    print(&Table { counts, phases: &secure.phases, plain: &plain }.to_string())?;
    if expected.is_some() {
        let same = equal(classes, &float.classes);
        print(&format!("as by exact signs    {same} of {} ({})\n", counts.images, args.compared()))?;
    }
    if let Some(path) = &args.json {
        Report::new(counts, &secure.phases, &plain).write(path)?;
    }
    if let Some(dir) = &args.report {
        study::Study { setting, trial: &trial, secure: &secure, float: &float, rows: &[] }.write(dir)?;
    }
    yardsticks(setting, &trial, &secure, &float, expected.as_ref())?;
    if setting.network.binarized() && counts.agree < counts.images && bits.is_none() {
        let wrong = counts.images - counts.agree;
        return Err(Error::Wrong(format!("{wrong} classes differ from those in the clear")));
    }
    // With fewer images a single close decision would trigger the note.
    if counts.images >= 1000 && (counts.agree as f64) < AGREEMENT * counts.images as f64 {
        let percent = 100.0 * AGREEMENT;
        eprintln!("note: fewer than {percent} % of the classes are those of float32; more bits may help");
    }
    Ok(())
}

/// Compares the result with the exact integer program.
fn yardsticks(
    setting: &Setting<'_>,
    trial: &Trial<'_>,
    secure: &secure::Secure,
    float: &float::Timed,
    expected: Option<&float::Timed>,
) -> Result<(), Error> {
    if !trial.exact() && secure.logits.is_none() {
        return Ok(());
    }
    if let Some(expected) = expected.filter(|_| setting.network.binarized()) {
        // With other signs than those of the reference, float32 is exact, too.
        let logits: Vec<i64> = expected.logits.iter().map(|&logit| logit as i64).collect();
        return trial.check(secure, &logits)?.map_or(Ok(()), |text| print(&text));
    }
    let reference = match trial.reference() {
        Ok(reference) => reference,
        Err(overflow) => {
            eprintln!("note: an image overflows, so results may differ: {overflow}");
            return Ok(());
        }
    };
    let same = |(&a, &b): (&f32, &f32)| a == b;
    if setting.network.binarized() && !float.logits.iter().zip(&trial.quantised.decode(&reference)).all(same)
    {
        return Err(Error::Wrong("float32 and integers give different results in the clear".into()));
    }
    trial.check(secure, &reference)?.map_or(Ok(()), |text| print(&text))
}

/// A run for each of the bit lengths.
fn several(setting: &Setting<'_>) -> Result<(), Error> {
    let args = setting.args;
    let (float, plain) = setting.float();
    let mut rows = Vec::new();
    let mut last = None;
    for &bits in &args.bits {
        let trial = Trial::new(setting, Some(bits))?;
        if rows.is_empty() {
            print(&format!("{}\n", heading(setting, &trial)))?;
        }
        let secure = trial.run()?;
        if rows.is_empty() {
            print(&Row::heading())?;
        }
        let counts = setting.counts(&secure.classes, &float.classes);
        let row = Row::new(bits, &trial.quantised, counts, &secure.phases.online);
        print(&format!("{row}\n"))?;
        rows.push(row);
        last = Some((trial, secure, counts));
    }
    let Some((trial, secure, counts)) = last else { return Ok(()) };
    if let Some(path) = &args.json {
        Report { sweep: rows.clone(), ..Report::new(counts, &secure.phases, &plain) }.write(path)?;
    }
    if let Some(dir) = &args.report {
        study::Study { setting, trial: &trial, secure: &secure, float: &float, rows: &rows }.write(dir)?;
    }
    Ok(())
}

/// What is about to run.
fn heading(setting: &Setting<'_>, trial: &Trial<'_>) -> String {
    let Setting { args, data, network, .. } = setting;
    let (images, batch) = (data.len(), setting.batch());
    let layers = trial.architecture.layers();
    let weighted = layers.iter().filter(|layer| study::weighted(layer)).count();
    let mut text = format!(
        "{}: {images} images in batches of {batch}, {} parties, {weighted} layers with weights in Z_2^{}, compared by {}; {}\n",
        network.name(),
        args.parties,
        trial.architecture.ring(),
        args.compared(),
        trial.from,
    );
    if args.verbose {
        text += &format!("\n{}\n", trial.quantised);
    }
    text
}

fn load_data(args: &Args) -> Result<Dataset, Error> {
    let mut data = Dataset::load(&args.data_dir(), args.dataset.prefixes())?;
    let loaded = data.len();
    if let Some(n) = args.images {
        if n as usize > loaded {
            return Err(Error::Usage(format!("--images {n}: there are only {loaded} images")));
        }
        data.truncate(n as usize);
    }
    match args.show {
        Some(i) if i >= data.len() => {
            Err(Error::Usage(format!("--show {i}: expected an image from 0 to {}", data.len() - 1)))
        }
        _ => Ok(data),
    }
}

/// Prints to standard output.
fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        // The reader has closed the pipe.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|e| Error::io(Path::new("standard output"), e)),
    }
}
