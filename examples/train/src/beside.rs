//! What is trained beside the parties: the same in the clear, in fixed point and in float32.

use std::time::Instant;

use classify::dataset::{CLASSES, Dataset};
use classify::float::argmax;
use ringshare::nn::Model;
use ringshare::nn::train::{Clear, Trainer, TrainingRing};
use ringshare::prg::Seed;
use ringshare::ring::{Ring, Word};

use crate::error::Error;
use crate::float::Float;
use crate::holder::Holder;
use crate::memory;
use crate::outcome::{Outcome, accuracy};
use crate::role::{Epoch, Event};
use crate::session::{print, told};
use crate::setting::Setting;
use crate::task::Task;

/// The same training in the clear, in the same fixed point.
///
/// # Errors
/// Numbers that do not fit their formats.
pub fn clear(
    setting: &Setting,
    [train, tests]: [&Dataset; 2],
    initial: Option<&Model>,
    root: &[u8; 32],
) -> Result<(Outcome, Model), Error> {
    let mut trainer = twin(setting, initial, root)?;
    let mut clear = Clear::new(setting.options.rounding, &Seed::from_bytes([9; 16]));
    let holder =
        Holder { data: Some(train), own: 0..setting.images, first: 0, tests: Some(tests), clients: vec![] };
    let mut outcome = Outcome { parties: 1, ..Outcome::of(setting) };
    let (started, mut mean) = (Instant::now(), None);
    for epoch in 0..setting.epochs {
        let (order, begun) = (setting.order(epoch), Instant::now());
        for step in 0..setting.steps() {
            let rows = Setting::rows(&order, step, setting.batch);
            let batch = holder.batch(trainer.program(), setting.input, rows)?;
            let number = trainer.steps() as usize;
            trainer.step(&mut clear, batch, setting.rate(number), false)?;
            if setting.is_averaged(step) {
                trainer.accumulate();
            }
        }
        let wall = begun.elapsed().as_secs_f64();
        mean = setting.averaged().map(|log| trainer.averaged(&mut clear, log)).transpose()?;
        trainer.forget();
        let scored = mean.as_ref().unwrap_or(&trainer);
        let mut classes = Vec::new();
        for from in (0..setting.tests).step_by(setting.scored()) {
            let rows = from..(from + setting.scored()).min(setting.tests);
            let batch = holder.tests(scored.program(), setting.input, rows)?;
            let z = scored.outputs(&mut clear, batch.inputs())?;
            let signed: Vec<i128> = z.expose().iter().map(|z| z.signed(TrainingRing::BITS)).collect();
            classes.extend(signed.chunks(trainer.program().outputs()).map(|row| argmax(row) as u8));
        }
        told(
            &mut outcome,
            Event::Epoch(Epoch {
                number: epoch + 1,
                steps: setting.steps(),
                wall,
                classes,
                ..Epoch::default()
            }),
            Some(tests.labels()),
            0,
            started,
        );
    }
    let model = mean.as_ref().unwrap_or(&trainer).model(&setting.model)?;
    Ok((outcome, model))
}

/// The same training in float32 in the clear on one core, with the same initial weights and batches.
///
/// # Errors
/// If a layer can't be trained.
pub fn plain(
    setting: &Setting,
    [train, tests]: [&Dataset; 2],
    initial: Option<&Model>,
    root: &[u8; 32],
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let trained = |name: &str| setting.tuned.is_empty() || setting.tuned.iter().any(|tuned| tuned == name);
    let mut float = match initial {
        Some(model) => Float::new(model, &setting.options, &trained)?,
        None => {
            let twin = twin(setting, None, root)?;
            // With the statistics that training begins with.
            let mut float = Float::new(&twin.model(&setting.model)?, &setting.options, &trained)?;
            float.with_weights(reals(&twin));
            float
        }
    };
    let inputs: usize = setting.model.input().iter().product();
    for epoch in 0..setting.epochs {
        let (order, begun) = (setting.order(epoch), Instant::now());
        let mut sums: Vec<(Vec<f32>, Vec<f32>)> = Vec::new();
        for step in 0..setting.steps() {
            let (mut x, mut labels) = (Vec::with_capacity(setting.batch * inputs), Vec::new());
            for &row in Setting::rows(&order, step, setting.batch) {
                x.extend(setting.input.encode(train.image(row as usize)));
                labels.push(usize::from(train.labels()[row as usize]));
            }
            let number = epoch * setting.steps() + step;
            let loss = float.step(&x, &labels, setting.rate(number));
            if matches!(setting.step(number), Task::Step { wants_loss: true, .. }) {
                outcome.plain_loss.push((number + 1, loss));
            }
            if setting.is_averaged(step) {
                add(&mut sums, float.weights());
            }
        }
        outcome.plain_epoch_s.push(begun.elapsed().as_secs_f64());
        let last = (!sums.is_empty()).then(|| float.weights());
        if let Some(log) = setting.averaged() {
            let mean = |sums: Vec<f32>| sums.into_iter().map(|sum| sum / (1u64 << log) as f32).collect();
            float.with_weights(sums.into_iter().map(|(w, b)| (mean(w), mean(b))).collect());
        }
        let mut classes = Vec::with_capacity(tests.len());
        for pixels in tests.pixels().chunks(setting.scored() * inputs) {
            let z = float.outputs(&setting.input.encode(pixels));
            classes.extend(z.chunks(CLASSES).map(|row| argmax(row) as u8));
        }
        if let Some(last) = last {
            float.with_weights(last);
        }
        outcome.plain_accuracy.push(accuracy(&classes, tests.labels()));
        let (percent, seconds) = (outcome.plain_accuracy[epoch], outcome.plain_epoch_s[epoch]);
        print(&format_args!("float32 in the clear, epoch {}: {percent:.2} %; {seconds:.1} s", epoch + 1));
    }
    Ok(())
}

fn add(sums: &mut Vec<(Vec<f32>, Vec<f32>)>, weights: Vec<(Vec<f32>, Vec<f32>)>) {
    if sums.is_empty() {
        *sums = weights;
        return;
    }
    for ((w, b), (dw, db)) in sums.iter_mut().zip(&weights) {
        w.iter_mut().zip(dw).for_each(|(sum, x)| *sum += x);
        b.iter_mut().zip(db).for_each(|(sum, x)| *sum += x);
    }
}

/// The weights of a trainer in the clear as real numbers: latent ones as they are held.
fn reals(trainer: &Trainer) -> Vec<(Vec<f32>, Vec<f32>)> {
    let fraction = trainer.program().options().formats.weight as i32;
    let real = |word: &u64| word.signed(TrainingRing::BITS) as f32 * (-fraction as f32).exp2();
    // Statistics of normalisations are behind the weights.
    let count = 2 * trainer.program().parameters().len();
    let shares: Vec<Vec<f32>> =
        trainer.shares().take(count).map(|share| share.expose().iter().map(real).collect()).collect();
    shares.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

/// A trainer in the clear with the initial weights of the parties.
fn twin(setting: &Setting, initial: Option<&Model>, root: &[u8; 32]) -> Result<Trainer, Error> {
    if let Some(model) = initial {
        return Ok(Trainer::given(setting.program()?, Some(model))?);
    }
    let seeds: Vec<Seed> = (0..setting.parties).map(|party| memory::weights_seed(root, party)).collect();
    Ok(Trainer::drawn_by_all(setting.program()?, &seeds))
}
