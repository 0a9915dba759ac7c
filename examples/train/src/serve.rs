//! The trained network serves: it stays shared, in the form and with the bits of inference, and classifies the test images.

use std::time::{Duration, Instant};

use classify::dataset::{Dataset, PIXELS};
use ringshare::net::Memory;
use ringshare::nn::train::{Serving, Trainer};
use ringshare::nn::{PublicModel, Sequential};
use ringshare::offline::DryRun;
use ringshare::prg::RootSeed;
use ringshare::protocol::{self, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::sim::Session;
use ringshare::with_ring;

use crate::error::Error;
use crate::random::random;
use crate::setting::Setting;

/// Fractional bits of weights that serve.
const FRACTION: u32 = 12;
/// Nobody waits longer for another.
const PATIENCE: Duration = Duration::from_secs(600);

/// A party's network on its way to serve.
struct State<'a, R: Ring> {
    trainer: &'a Trainer,
    model: Option<Sequential<R>>,
    classes: Vec<u8>,
}

/// How the network serves, which is known before it is trained.
///
/// # Errors
/// If it does not fit the form that serves.
pub fn serving(setting: &Setting) -> Result<Serving, Error> {
    let rounding = setting.options.rounding;
    let serving = Serving::new(&setting.program()?, &setting.model, FRACTION, rounding, setting.input);
    serving.map_err(|error| Error::Usage(format!("--serve: {error}")))
}

/// The classes of the test images by a network that no party learns, and the seconds that they took.
///
/// # Errors
/// If a protocol fails.
pub fn classes(
    setting: &Setting,
    serving: &Serving,
    trainers: &[Trainer],
    tests: &Dataset,
) -> Result<(Vec<u8>, f64), Error> {
    with_ring!(serving.public().ring(), R in [16, 32, 64] => by::<R>(setting, serving, trainers, tests))
}

fn by<R: Ring>(
    setting: &Setting,
    serving: &Serving,
    trainers: &[Trainer],
    tests: &Dataset,
) -> Result<(Vec<u8>, f64), Error> {
    let failed = |error: ringshare::sim::SimError| Error::Run(error.to_string());
    let (masks, number) = (random()?, u64::from_le_bytes(random()?));
    let ends = Memory::mesh(trainers.len() + 1, PATIENCE);
    let mut session = Session::open(ends, number, &RootSeed::from_bytes(masks)).map_err(failed)?;
    let public = serving.public();
    let mut states: Vec<State<'_, R>> =
        trainers.iter().map(|trainer| State { trainer, model: None, classes: Vec::new() }).collect();
    let first = trainers.first().ok_or_else(|| Error::Run("expected parties, found none".into()))?;
    let convert = |party: &mut Party, trainer: &Trainer| -> Result<_, protocol::Error> {
        let shares = trainer.serve::<R>(party, serving)?;
        Sequential::<R>::of_shares(party, public.architecture(), Some(&shares))
    };
    let setup = session.plan(|party| convert(party, first).map(drop)).map_err(failed)?;
    session.deal(&setup.recipe).map_err(failed)?;
    session
        .each("serve", &mut states, |party, state| {
            state.model = Some(convert(party, state.trainer)?);
            Ok(())
        })
        .map_err(failed)?;
    let begun = Instant::now();
    let rows = setting.scored();
    let mut planned: Option<(usize, DryRun)> = None;
    for pixels in tests.pixels().chunks(rows * PIXELS) {
        let x = public.encode_pixels(pixels).map_err(|e| Error::Run(e.to_string()))?;
        let x: Vec<R::Word> = x.into_iter().map(|x| R::Word::from_signed(x.into())).collect();
        let count = pixels.len() / PIXELS;
        // All batches but the last have the same size.
        let dry = match planned.take().filter(|(of, _)| *of == count) {
            Some((_, dry)) => dry,
            None => session
                .plan(|party| {
                    let model = Sequential::<R>::of_shares(party, public.architecture(), None)?;
                    party.take_dry_run();
                    batch(party, public, &model, &x, count).map(drop)
                })
                .map_err(failed)?,
        };
        session.deal(&dry.recipe).map_err(failed)?;
        planned = Some((count, dry));
        session
            .each("batch", &mut states, |party, state| {
                if let Some(model) = &state.model {
                    let classes = batch(party, public, model, &x, count)?;
                    state.classes.extend(classes);
                }
                Ok(())
            })
            .map_err(failed)?;
    }
    session.finish().map_err(failed)?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok((states.into_iter().next().map(|state| state.classes).unwrap_or_default(), seconds))
}

/// The classes of a batch, whose images are party 0's.
fn batch<R: Ring>(
    party: &mut Party,
    public: &PublicModel,
    model: &Sequential<R>,
    x: &[R::Word],
    count: usize,
) -> Result<Vec<u8>, protocol::Error> {
    let prepared = model.prepare(party, count)?;
    let x = party.input(0, x.len(), (party.id() == 0).then_some(x))?;
    let z = model.forward(party, prepared, x)?;
    let outputs = public.architecture().outputs();
    let classes = party.argmax::<R, Z2<8>>(&z, outputs, public.architecture().bits_out())?;
    party.open(&classes)
}
