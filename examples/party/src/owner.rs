//! The owner of a model: hands out shares of its weights, and goes.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use ringshare::net::link::{End, Limits, Link, Role};
use ringshare::nn::{self, PublicModel, Quantised, Rounding};
use ringshare::ring::Ring;
use ringshare::with_ring;

use crate::config::Config;
use crate::error::Error;
use crate::keys::Keys;
use crate::program::Program;
use crate::shares::split_weights;
use crate::wire::{self, Header, Kind};

/// A model from a safetensors file that says how it is to be read, or a shipped one by its name; and what is public of it.
///
/// # Errors
/// A file that can't be read, or is no model with formats.
pub fn load(name: &Path, rounding: Rounding) -> Result<(Quantised, PublicModel), Error> {
    let path = find(name);
    let bytes = std::fs::read(&path).map_err(|e| Error::io(&path, &e))?;
    let bad = |e: &dyn std::fmt::Display| Error::bad(&path, e);
    // Binarized networks of other programs have their description in a file beside them.
    let beside = path.with_extension("json");
    let described = std::fs::read_to_string(&beside).ok().filter(|text| text.contains("\"layers\""));
    let loaded = match described {
        Some(text) => nn::load_with(&bytes, &text),
        None => nn::load(&bytes),
    };
    let loaded = loaded.map_err(|e| bad(&e))?;
    let model = loaded.model.simplify();
    let quantised = match &loaded.formats {
        Some(formats) => Quantised::new(&model, formats, rounding),
        None => Quantised::calibrate(
            &model,
            &loaded.input.encode(&vec![0; model.input().iter().product()]),
            &nn::Options { input: Some(loaded.input.range()), rounding, ..nn::Options::default() },
        ),
    };
    let quantised = quantised.map_err(|e| bad(&e))?;
    let public = quantised.public().clone().with_pixels(loaded.input);
    Ok((quantised, public))
}

/// The file of a model: as named, or a shipped one.
fn find(name: &Path) -> PathBuf {
    let shipped =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data").join(name).with_extension("safetensors");
    if !name.exists() && shipped.exists() { shipped } else { name.into() }
}

/// Writes the public side of a model where the configuration has it, for all roles.
///
/// # Errors
/// A model that can't be read, or a file that can't be written.
pub fn publish(config: &Config, model: &Path, rounding: Rounding) -> Result<(), Error> {
    let path = &config.model;
    std::fs::write(path, load(model, rounding)?.1.to_bytes()).map_err(|e| Error::io(path, &e))
}

/// Hands out shares of a model to all parties and waits until they have them.
///
/// # Errors
/// A model that is not the configuration's, or a party that is not reached or fails.
pub fn run(config: &Config, model: &Path) -> Result<(), Error> {
    let program = Program::load(config)?;
    let (quantised, public) = load(model, program.public.architecture().rounding())?;
    if public.digest() != program.public.digest() {
        return Err(Error::bad(
            &config.model,
            format!("expected the public side of {}, found that of another model", model.display()),
        ));
    }
    let identity = Keys(config.keys.clone()).identity(Role::Owner)?;
    // The setup is a while.
    let limits =
        Limits { connect: config.start, idle: config.start.max(config.patience), ..Limits::default() };
    let end =
        End::new(Role::Owner, program.terms(config.session, Vec::new())).identity(identity).limits(limits);
    let dial =
        |party: usize| end.dial(&config.parties[party], Role::Party(party)).map_err(|e| Error::link(&e));
    let architecture = program.public.architecture();
    let shares = with_ring!(public.ring(), R in [16, 32, 64] => {
        split_weights::<<R as Ring>::Word>(architecture, &quantised, program.parties)
    })?;
    // Shares of two hand-outs are not mixed up.
    let mut number = [0; 4];
    getrandom::fill(&mut number).map_err(|e| Error::Other(format!("randomness of the system: {e}")))?;
    let number = u32::from_le_bytes(number) | 1;
    let links: Vec<Link> = (0..program.parties).map(dial).collect::<Result<_, _>>()?;
    // All at once: parties that wait for each other must not wait for this end.
    let results: Vec<Result<(), Error>> = thread::scope(|scope| {
        let mut threads = Vec::new();
        for (party, (link, share)) in links.into_iter().zip(&shares).enumerate() {
            threads.push(scope.spawn(move || hand_out(party, number, link, share)));
        }
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(Error::Other("a thread panicked".into())))
        };
        threads.into_iter().map(join).collect()
    });
    results.into_iter().collect()
}

fn hand_out(party: usize, number: u32, link: Link, share: &[u8]) -> Result<(), Error> {
    let (mut from, mut to) = link.into_parts();
    let failed = |e: std::io::Error| Error::Peer(format!("party {party}: {e}"));
    let header = Header { kind: Kind::Model, small: number, large: share.len() as u64 };
    to.set_until(Instant::now() + wire::time(share.len()));
    wire::send(&mut to, header, share).map_err(failed)?;
    match wire::next(&mut from, Kind::Reply, || false).map_err(failed)? {
        Some(Header { small: 0, .. }) => Ok(()),
        _ => Err(Error::Peer(format!("party {party}: it did not take its share"))),
    }
}
