//! The report with pictures: loss and accuracy over time, what an epoch costs, and the cost of more parties.

use std::path::Path;

use classify::charts::{Axes, Bar, Curve, bars, curves, short};
use classify::page::Page;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::sweep::{self, Sweep};

/// What an epoch takes some parties, or one core in the clear.
#[derive(Clone, Debug)]
pub struct Parties {
    /// Who.
    pub name: String,
    /// Seconds on the clock; of parties, from some of its steps.
    pub epoch_s: f64,
    /// Peak memory of the process in bytes; none in the clear, or where the system does not say.
    pub peak: Option<u64>,
}

/// Points by the number of the epoch, of which the first is this.
fn by_epoch(name: &str, first: usize, values: &[f64]) -> Curve {
    let points = values.iter().enumerate().map(|(i, value)| ((first + i) as f64, *value));
    Curve { name: name.into(), points: points.collect() }
}

/// Points by the seconds of training that have passed.
fn by_time(name: &str, seconds: &[f64], values: &[f64]) -> Curve {
    let mut passed = 0.;
    let mut points = Vec::new();
    for (seconds, value) in seconds.iter().zip(values) {
        passed += seconds;
        points.push((passed, *value));
    }
    Curve { name: name.into(), points }
}

fn draw(title: &str, x: &str, y: &str, close: bool, mut all: Vec<Curve>) -> Result<String, Error> {
    all.retain(|curve| !curve.points.is_empty());
    Ok(curves(&Axes { title, x, y, close }, &all)?)
}

/// Writes `report.html` to a folder.
///
/// # Errors
/// If the drawing fails or the system refuses it.
pub fn write(
    folder: &Path,
    title: &str,
    outcome: &Outcome,
    parties: &[Parties],
    swept: &[Sweep],
) -> Result<(), Error> {
    let Outcome { epoch_s, plain_epoch_s, accuracy, plain_accuracy, first_epoch, .. } = outcome;
    let first = *first_epoch;
    let lead = format!(
        "{} training images, {} parties and a dealer as threads of one process; batches of {}.",
        outcome.images, outcome.parties, outcome.batch
    );
    let mut page = Page::new(title, &lead);
    let (shared, plain) = ("on shares", "float32 in the clear");
    page.section("Accuracy and loss");
    let mut figures = vec![
        (
            draw("Accuracy by epoch", "epoch", "% of the test images", true, vec![
                by_epoch(shared, first, accuracy),
                by_epoch(plain, 1, plain_accuracy),
            ])?,
            "Test images whose class is right, found on shares and in the clear, with the same batches in the same order.".to_string(),
        ),
        (
            draw("Accuracy by time", "seconds of training", "% of the test images", true, vec![
                by_time(shared, epoch_s, accuracy),
                by_time(plain, plain_epoch_s, plain_accuracy),
            ])?,
            "The same by the time that training has taken, scoring not counted.".to_string(),
        ),
    ];
    if !outcome.loss.is_empty() {
        let steps = outcome.images.div_ceil(outcome.batch).max(1) as f64;
        let of = |name: &str, losses: &[(usize, f64)]| Curve {
            name: name.into(),
            points: losses.iter().map(|(step, loss)| (*step as f64 / steps, *loss)).collect(),
        };
        let all = vec![of(shared, &outcome.loss), of(plain, &outcome.plain_loss)];
        let caption = "The mean loss of single batches, which everybody learned.".to_string();
        figures.push((draw("Loss", "epoch", "mean loss of a batch", false, all)?, caption));
    }
    page.figures(&figures);

    page.section("What an epoch costs");
    // An epoch that was only scored here has taken no time to compare.
    let untimed = outcome.steps.iter().take_while(|steps| **steps == 0).count();
    // Of the study: total time by accuracy.
    let efficiency = |seconds: &[f64], accuracy: &[f64]| -> Vec<f64> {
        let mut passed = 0.;
        let each = seconds.iter().zip(accuracy).map(|(seconds, accuracy)| {
            passed += seconds;
            passed / accuracy.max(1.)
        });
        each.collect()
    };
    let peaks: Vec<f64> = outcome.peak_bytes.iter().map(|bytes| *bytes as f64 / 1e6).collect();
    let pair = |title: &str, y: &str, a: &[f64], b: &[f64]| {
        let a = by_epoch(shared, first + untimed, &a[untimed..]);
        draw(title, "epoch", y, false, vec![a, by_epoch(plain, 1, b)])
    };
    let whole = outcome.images.div_ceil(outcome.batch.max(1));
    let of = match outcome.steps.first() {
        Some(steps) if *steps < whole => {
            format!(
                "Time of each epoch on the clock. The run goes on from a checkpoint: of epoch {first} it took {steps} steps of {whole}."
            )
        }
        _ => "Time of each epoch on the clock.".into(),
    };
    page.figures(&[
        (pair("Run time", "seconds", epoch_s, plain_epoch_s)?, of),
        (
            draw(
                "Inference time",
                "epoch",
                "seconds",
                false,
                vec![by_epoch(shared, first, &outcome.score_s)],
            )?,
            "Time to classify all test images on shares after each epoch.".into(),
        ),
        (
            draw(
                "Peak memory",
                "epoch",
                "MB",
                false,
                vec![by_epoch("all parties and the dealer", first, &peaks)],
            )?,
            "The most memory that the whole process had until the end of each epoch.".into(),
        ),
        (
            pair(
                "Efficiency",
                "seconds for a percent",
                &efficiency(epoch_s, accuracy),
                &efficiency(plain_epoch_s, plain_accuracy),
            )?,
            "Time of training until the end of each epoch, divided by the accuracy in percent.".into(),
        ),
    ]);

    if !parties.is_empty() {
        page.section("Number of parties");
        let bar = |value: &dyn Fn(&Parties) -> Option<f64>| -> Vec<Bar> {
            let bar = |of: &Parties| Some(Bar { name: of.name.clone(), parts: vec![value(of)?] });
            parties.iter().filter_map(bar).collect()
        };
        let time = bars("Time of an epoch", "seconds", &["time"], &bar(&|of| Some(of.epoch_s)))?;
        let megabytes = |of: &Parties| of.peak.map(|bytes| bytes as f64 / 1e6);
        let memory = bars("Peak memory", "MB", &["memory"], &bar(&megabytes))?;
        let caption = "On the clock; parties and dealer share the cores of this machine.";
        page.figures(&[
            (time, caption.into()),
            (memory, "Of all parties and the dealer together, in one process.".into()),
        ]);
    }

    if !swept.is_empty() {
        page.section("Fractional bits");
        let caption = "Accuracy after the same epochs over the fractional bits of gradients, in the clear by the same numbers; values have as many, up to 8. Stochastic rounding is unbiased, so that few bits suffice.";
        page.figures(&[(sweep::draw(swept)?, caption.into())]);
    }
    page.section("Figures");
    let mut table = vec![
        ["epoch", "s", "offline s", "CPU s", "%", "float32 s", "float32 %", "sent MB"]
            .map(String::from)
            .to_vec(),
    ];
    for epoch in 0..accuracy.len() {
        let number =
            |values: &[f64], epoch: usize| values.get(epoch).map_or("–".into(), |value| short(*value));
        let percent = |values: &[f64], epoch: usize| {
            values.get(epoch).map_or("–".into(), |value| format!("{value:.2}"))
        };
        let of_all = first - 1 + epoch;
        let sent = outcome.sent_bytes.get(epoch).map_or("–".into(), |bytes| short(*bytes as f64 / 1e6));
        table.push(vec![
            (of_all + 1).to_string(),
            number(epoch_s, epoch),
            number(&outcome.offline_s, epoch),
            number(&outcome.cpu_s, epoch),
            percent(accuracy, epoch),
            number(plain_epoch_s, of_all),
            percent(plain_accuracy, of_all),
            sent,
        ]);
    }
    page.table(&table);
    std::fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))?;
    let path = folder.join("report.html");
    std::fs::write(&path, page.finish()).map_err(|e| Error::file(&path, e))
}
