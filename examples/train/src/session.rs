//! A run from its arguments to its results.

use std::path::Path;
use std::time::Instant;

use classify::dataset::Dataset;
use classify::memory::peak_rss;
use classify::progress::bar;
use ringshare::nn::train::{Serving, Trainer};
use ringshare::nn::{Forecast, Input, Loaded, Model, Precision, save};
use ringshare::protocol;

use crate::args::Args;
use crate::beside::{clear, plain};
use crate::error::Error;
use crate::memory::{self, Job};
use crate::outcome::{Outcome, accuracy};
use crate::preflight;
use crate::processes;
use crate::random::random;
use crate::report::{self, Parties};
use crate::role::{Epoch, Event};
use crate::serve;
use crate::setting::{Recipes, Setting};
use crate::sweep;
use crate::task::Task;

/// Runs what the arguments say.
///
/// # Errors
/// Arguments that do not fit, files that can't be read or written, a run that fails.
pub fn run(args: &Args) -> Result<(), Error> {
    if let Some(config) = &args.processes.config {
        return processes::run(args, config);
    }
    if let Some(path) = &args.processes.outline {
        return processes::outline(args, path);
    }
    if let Some(prefix) = &args.processes.split {
        return processes::split(args, prefix);
    }
    let (train, tests) = args.images()?;
    let (setting, is_given) = args.setting(train.len(), tests.len(), args.seed.unwrap_or(0))?;
    let root = root(args.seed)?;
    let initial = is_given.then_some(&setting.model);
    // What would end a run behind its training, which takes hours.
    if !args.dry {
        preflight::outputs(args)?;
    }
    let sweep = args.sweep.then(|| sweep::Settings::new(&setting, initial)).transpose()?;
    let serving = args.serve.then(|| serve::serving(&setting)).transpose()?;
    header(&setting)?;
    let (outcome, model) = if args.clear {
        clear(&setting, [&train, &tests], initial, &root)?
    } else {
        let (recipes, cores) = (setting.recipes()?, std::thread::available_parallelism());
        forecast(&setting, &recipes, Some(cores.map_or(1, usize::from)));
        if args.dry {
            return Ok(());
        }
        shared(args, &setting, &recipes, serving.as_ref(), [&train, &tests], initial, root)?
    };
    if let Some(path) = &args.export {
        export(&model, setting.input, path)?;
        print(&format_args!("the network, revealed to party 0, is in {}", path.display()));
    }
    args.json.as_ref().map_or(Ok(()), |path| outcome.write(path))?;
    let swept = match &sweep {
        Some(settings) => sweep::run(settings, [&train, &tests], initial, &root)?,
        None => Vec::new(),
    };
    if let Some(folder) = &args.report {
        let parties = match args.clear {
            true => Vec::new(),
            false => several(&setting, [&train, &tests], initial, &outcome)?,
        };
        let title = format!("Training {} on shares", args.model.as_deref().unwrap_or("cnn"));
        report::write(folder, &title, &outcome, &parties, &swept)?;
        print(&format_args!("the report is {}", folder.join("report.html").display()));
    }
    Ok(())
}

/// Writes a model to a safetensors file.
///
/// # Errors
/// If it can't be written.
pub fn export(model: &Model, input: Input, path: &Path) -> Result<(), Error> {
    let loaded = Loaded { model: model.clone(), input, formats: None, outputs: Vec::new() };
    let bytes = save(&loaded, Precision::Single).map_err(|e| Error::file(path, e))?;
    std::fs::write(path, bytes).map_err(|e| Error::file(path, e))
}

/// Prints a line.
pub fn print(line: &dyn std::fmt::Display) {
    println!("{line}");
}

/// What the initial weights are drawn from.
fn root(seed: Option<u64>) -> Result<[u8; 32], Error> {
    let Some(seed) = seed else { return random() };
    let mut root = [0; 32];
    root[..8].copy_from_slice(&seed.to_le_bytes());
    Ok(root)
}

/// Says what is to be done, and what to know of it.
///
/// # Errors
/// If the network can't be trained.
pub fn header(setting: &Setting) -> Result<(), Error> {
    print(&format_args!(
        "{} training images, {} test images; {} parties; {} steps of {} images an epoch, {} epochs",
        setting.images,
        setting.tests,
        setting.parties,
        setting.steps(),
        setting.batch,
        setting.epochs
    ));
    setting.coarse(&setting.program()?).iter().for_each(|note| print(note));
    Ok(())
}

/// Says what a step and an epoch take, where all share the cores of this machine or each has its own.
pub fn forecast(setting: &Setting, recipes: &Recipes, cores: Option<usize>) {
    let rows = setting.batch.min(setting.images);
    let step = recipes.forecast(Task::Step { rows, wants_loss: false }, setting.parties);
    let step = step.scaled(Forecast::measure_scale());
    print(&format_args!("a step: {step}"));
    // Parties and dealer share the cores.
    let parties = setting.parties as f64;
    let cpu = parties * (step.online_seconds + step.offline_seconds) + step.dealer_seconds;
    let longest = (step.online_seconds + step.offline_seconds).max(step.dealer_seconds);
    let steps = setting.steps() as f64;
    let epoch = cores.map_or(longest, |cores| (cpu / cores as f64).max(longest)) * steps;
    let epoch = if epoch < 1. { format!("{:.0} ms", 1e3 * epoch) } else { format!("{epoch:.0} s") };
    let bytes = [step.sent_bytes, step.dealer_bytes].map(|bytes| bytes as f64 * steps / 1e6);
    let [sent, dealt] =
        bytes.map(|mb| if mb < 1e3 { format!("{mb:.1} MB") } else { format!("{:.1} GB", mb / 1e3) });
    print(&format_args!(
        "an epoch: about {epoch} on idle cores, {sent} from each party, {dealt} from the dealer"
    ));
}

fn shared(
    args: &Args,
    setting: &Setting,
    recipes: &Recipes,
    serving: Option<&Serving>,
    [train, tests]: [&Dataset; 2],
    initial: Option<&Model>,
    root: [u8; 32],
) -> Result<(Outcome, Model), Error> {
    let checkpoints = args.checkpoint.as_deref().map(|folder| (folder, args.every as usize, args.resume));
    let holders = args.holders.map_or(setting.parties, usize::from);
    if holders > setting.parties {
        let (most, found) = (setting.parties, holders);
        return Err(Error::Usage(format!("--holders: expected at most {most}, the parties, found {found}")));
    }
    let clients = usize::from(args.clients);
    if holders + clients == 0 || holders + clients > setting.images {
        let most = setting.images;
        let found = holders + clients;
        return Err(Error::Usage(format!(
            "--holders and --clients: expected 1 to {most} together, the images, found {found}"
        )));
    }
    let holders = [holders, clients];
    let job = Job { setting, recipes, train, tests, holders, initial, root, checkpoints };
    let mut outcome = Outcome::of(setting);
    let started = Instant::now();
    let bar = bar("on shares", setting.epochs * setting.steps(), "steps");
    let done = memory::run(&job, &mut |event| {
        if let Event::Step(step, _) = event {
            bar.set_position(step as u64 + 1);
        }
        bar.suspend(|| told(&mut outcome, event, Some(tests.labels()), 0, started));
        Ok::<(), protocol::Error>(())
    })?;
    (outcome.dealer_s, outcome.dealer_bytes) = done.dealer;
    outcome.peak_rss_bytes = peak_rss();
    if let Some(serving) = serving {
        let (classes, seconds) = serve::classes(setting, serving, &done.trainers, tests)?;
        let same = classes.iter().zip(&outcome.classes).filter(|(a, b)| a == b).count();
        let percent = accuracy(&classes, tests.labels());
        print(&format_args!(
            "served: {percent:.2} % of the test images, {same} of {} with the class of training; {seconds:.1} s with dealing",
            classes.len()
        ));
        outcome.served_accuracy = Some(percent);
        outcome.served_same = Some(same);
    }
    // Those of a run that goes on were drawn where it began.
    let knows_initial = !args.resume || args.seed.is_some() || initial.is_some();
    if !args.no_plain && knows_initial {
        plain(setting, [train, tests], initial, &root, &mut outcome)?;
    } else if !args.no_plain {
        print(&"not trained in float32: without --seed nobody knows the initial weights");
    }
    Ok((outcome, revealed(setting, &done.trainers)?))
}

/// Prints what party `id` has come to, and adds it to the outcome. Only who has the labels of the test images knows how many are right.
pub fn told(outcome: &mut Outcome, event: Event<'_>, labels: Option<&[u8]>, id: usize, started: Instant) {
    match event {
        Event::Step(step, Some(loss)) => {
            outcome.loss.push((step + 1, loss));
            print(&format_args!("step {}: loss {loss:.4}", step + 1));
        }
        Event::Step(..) | Event::Trained(_) => {}
        Event::Epoch(Epoch { number, steps, wall, offline, cpu, sent, scored, classes }) => {
            if outcome.steps.is_empty() {
                outcome.first_epoch = number;
            }
            outcome.steps.push(steps);
            let right = labels.map(|labels| accuracy(&classes, labels));
            outcome.accuracy.extend(right);
            outcome.epoch_s.push(wall);
            outcome.offline_s.push(offline);
            outcome.online_s.push(wall - offline);
            outcome.cpu_s.push(cpu);
            outcome.score_s.push(scored);
            outcome.classes.clone_from(&classes);
            outcome.sent_bytes.push(sent);
            outcome.peak_bytes.extend(peak_rss());
            let scored = right.map_or("scored".into(), |right| format!("{right:.2} % of the test images"));
            let total = started.elapsed().as_secs_f64();
            // Whoever goes on from the end of an epoch scores it again: the checkpoint is older than its score.
            let took = if steps == 0 {
                "trained before this start".into()
            } else {
                format!(
                    "{wall:.1} s ({offline:.1} s of them waiting for the dealer), {cpu:.1} s CPU of party {id}"
                )
            };
            print(&format_args!("epoch {number}: {scored}; {took}, {total:.0} s since the start"));
        }
    }
}

/// What an epoch takes 2 to 7 parties, by some steps of each, and in the clear.
fn several(
    setting: &Setting,
    [train, tests]: [&Dataset; 2],
    initial: Option<&Model>,
    outcome: &Outcome,
) -> Result<Vec<Parties>, Error> {
    const STEPS: usize = 8;
    let mut all = Vec::new();
    if let Some(seconds) = outcome.plain_epoch_s.first() {
        all.push(Parties { name: "float32 in the clear".into(), epoch_s: *seconds, peak: None });
    }
    let steps = STEPS.min(setting.steps());
    for parties in 2..=7 {
        let images = setting.images.min(steps * setting.batch);
        let few =
            Setting { parties, images, tests: 1, epochs: 1, average: 0, loss_every: 0, ..setting.clone() };
        let (recipes, holders, root) = (few.recipes()?, [parties, 0], [5; 32]);
        let job =
            Job { setting: &few, recipes: &recipes, train, tests, holders, initial, root, checkpoints: None };
        classify::memory::reset_peak();
        let mut epoch_s = 0.;
        memory::run(&job, &mut |event| {
            if let Event::Epoch(epoch) = event {
                epoch_s = epoch.wall * setting.steps() as f64 / steps as f64;
            }
            Ok(())
        })?;
        all.push(Parties { name: format!("{parties} parties"), epoch_s, peak: peak_rss() });
    }
    Ok(all)
}

/// The network from the shares of all parties: in memory, party 0 gets them without a session.
fn revealed(setting: &Setting, trainers: &[Trainer]) -> Result<Model, Error> {
    let shares: Vec<Vec<&ringshare::nn::train::Numbers>> =
        trainers.iter().map(|trainer| trainer.shares().collect()).collect();
    let mut sums: Vec<Vec<u64>> = Vec::new();
    for place in 0..shares[0].len() {
        let mut sum = vec![0u64; shares[0][place].len()];
        for share in &shares {
            sum.iter_mut().zip(share[place].expose()).for_each(|(a, b)| *a = a.wrapping_add(*b));
        }
        sums.push(sum);
    }
    Ok(trainers[0].filled(&setting.model, &sums)?)
}
