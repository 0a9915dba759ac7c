//! Classifies images with a binarized network that two or more parties hold in shares, and compares the result and its
//! cost with the same network in the clear. `--help` lists the arguments.

mod args;
mod dataset;
mod error;
mod float;
mod idx;
mod input;
mod memory;
mod model;
mod plain;
mod progress;
mod report;
mod secure;
mod show;

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use args::{Args, Command, MAX_BITS};
use dataset::{CLASSES, Dataset, PIXELS};
use error::Error;
use input::Input;
use model::Model;
use report::{Counts, Plain, Report, Table};
use ringshare::protocol::Family;

fn main() -> ExitCode {
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
    let data = load_data(args)?;
    let (model, input) = load_model(args)?;
    let bits = comparison_bits(args, &model, input)?;
    let inputs = input.encode(data.pixels());
    let (images, batch) = (data.len(), (args.batch as usize).min(data.len()));

    if let Some(path) = &args.json {
        // Found out now, not after the work.
        std::fs::File::create(path).map_err(|e| Error::io(path, e))?;
    }
    print(&format!(
        "{}: {images} images in batches of {batch}, {} parties, {} layers of {bits:?} bits, compared by {}\n\n",
        args.model_file().file_name().unwrap_or_default().display(),
        args.parties,
        bits.len(),
        args.comparison,
    ))?;

    // The shared evaluation comes first, so that its peak memory is its own.
    memory::reset_peak();
    let bar = progress::bar("between the parties", images);
    let job = secure::Job {
        model: &model,
        inputs: &inputs,
        bits: &bits,
        parties: args.parties.into(),
        batch,
        comparison: args.comparison,
        topology: args.topology,
        seed: args.seed,
        logits: args.logits || args.show.is_some(),
    };
    let secure = secure::run(&job, &bar)?;
    bar.finish_and_clear();

    let bar = progress::bar("in the clear, exact", images);
    let exact = plain::Exact::new(&model).run(&inputs, |n| bar.inc(n as u64));
    bar.finish_and_clear();
    // What the parties are to find: the same, unless their signs are not exact.
    let expected = match args.comparison {
        Family::Legendre(_) => plain::Exact::new(&model).with_signs(args.comparison).run(&inputs, |_| ()),
        _ => exact.clone(),
    };

    memory::reset_peak();
    let bar = progress::bar("in the clear, float32", images);
    let timed = float::Float::fastest(&model, batch).run(&inputs, |n| bar.inc(n as u64));
    bar.finish_and_clear();
    if timed.classes != exact.classes || !timed.logits.iter().zip(&exact.logits).all(|(&a, &b)| a == b as f32)
    {
        return Err(Error::Wrong("float32 and integers give different results in the clear".into()));
    }

    let classes = &secure.classes;
    let counts = Counts {
        parties: args.parties.into(),
        batch,
        images,
        correct: equal(classes, data.labels()),
        agree: equal(classes, &expected.classes),
    };
    let plain = Plain { wall_s: timed.wall_s, cpu_s: timed.cpu_s, peak_rss_bytes: memory::peak_rss() };
    if let (Some(i), Some(logits)) = (args.show, &secure.logits) {
        let logits = &logits[i * model.classes()..][..model.classes()];
        print(&format!("{}\n", show::show(data.image(i), logits, classes[i], data.labels()[i])))?;
    }
    print(&Table { counts, phases: &secure.phases, plain: &plain }.to_string())?;
    if let Family::Legendre(_) = args.comparison {
        let same = equal(classes, &exact.classes);
        print(&format!("as by exact signs    {same} of {images} ({})\n", args.comparison))?;
    }
    if let Some(path) = &args.json {
        let report = Report::new(counts, &secure.phases, &plain);
        let json = serde_json::to_string_pretty(&report).map_err(|e| Error::bad(path, e))?;
        std::fs::write(path, json + "\n").map_err(|e| Error::io(path, e))?;
    }
    if let Some(logits) = &secure.logits {
        let wrong =
            logits.len().abs_diff(expected.logits.len()) + logits.len() - equal(logits, &expected.logits);
        print(&format!("logits that differ   {wrong} of {}\n", expected.logits.len()))?;
        if wrong > 0 && args.bits.is_none() {
            return Err(Error::Wrong(format!("{wrong} logits differ from those in the clear")));
        }
    }
    if counts.agree < images && args.bits.is_none() {
        let wrong = images - counts.agree;
        return Err(Error::Wrong(format!("{wrong} classes differ from those in the clear")));
    }
    Ok(())
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

fn load_model(args: &Args) -> Result<(Model, Input), Error> {
    let path = args.model_file();
    let model = Model::parse(&error::read(&path)?).map_err(|e| Error::bad(&path, e))?;
    model.expect(PIXELS, CLASSES).map_err(|e| Error::bad(&path, e))?;
    let input = Input::beside(&path)?.unwrap_or_else(|| args.dataset.input());
    Ok((model, input))
}

/// For each layer the bit length that it needs, or that the arguments ask for.
fn comparison_bits(args: &Args, model: &Model, input: Input) -> Result<Vec<u32>, Error> {
    let mut needed = model.bits_needed(input.range());
    if let Some(last) = needed.last_mut() {
        // The classes are told by differences of logits.
        *last += 1;
    }
    if let Some(l) = needed.iter().position(|&b| b > MAX_BITS) {
        let reason =
            format!("layer fc{}: expected values of at most {MAX_BITS} bits, found {}", l + 1, needed[l]);
        return Err(Error::bad(&args.model_file(), reason));
    }
    let Some(bits) = args.bits else { return Ok(needed) };
    if let Some(&most) = needed.iter().max().filter(|&&most| most > bits) {
        eprintln!(
            "note: --bits {bits} may be too few: the layers can need up to {most}, so results may differ"
        );
    }
    Ok(vec![bits; needed.len()])
}

/// Prints to standard output.
fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        // Whoever reads has read enough.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|e| Error::io(Path::new("standard output"), e)),
    }
}

/// At how many places the two are equal.
fn equal<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}
