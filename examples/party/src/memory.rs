//! The same program among threads of one process, to compare with.

use std::thread;
use std::time::{Duration, Instant};

use ringshare::net::Memory;
use ringshare::nn::{Quantised, Weights};
use ringshare::prg::RootSeed;
use ringshare::ring::{Ring, Word};
use ringshare::secret::SecretBytes;
use ringshare::share::Share;
use ringshare::{Dealer, Network, Party, protocol, with_ring};

use crate::error::Error;
use crate::program::{Answer, Program};
use crate::shares::{Held, split, split_weights, words};

/// Nobody waits longer for another.
const PATIENCE: Duration = Duration::from_secs(120);

/// Has images classified: the answers in order, and the seconds from the first batch to the last answer.
///
/// # Errors
/// If a protocol fails.
pub fn run(
    program: &Program,
    weights: &Quantised,
    pixels: &[u8],
    ahead: usize,
) -> Result<(Vec<Answer>, f64), Error> {
    let numbers = program.public.encode_pixels(pixels).map_err(|e| Error::Other(e.to_string()))?;
    with_ring!(program.public.ring(), R in [16, 32, 64] => run_in::<R>(program, weights, &numbers, ahead))
}

/// Shares of the results of each batch, and seconds.
type Shared = (Vec<Vec<u8>>, f64);
type Shares = Vec<Vec<SecretBytes>>;

fn run_in<R: Ring>(
    program: &Program,
    weights: &Quantised,
    numbers: &[i64],
    ahead: usize,
) -> Result<(Vec<Answer>, f64), Error> {
    let (parties, width) = (program.parties, program.inputs());
    let batches: Vec<Vec<SecretBytes>> = numbers
        .chunks(program.batch * width)
        .map(|batch| split::<R::Word>(batch, parties))
        .collect::<Result<_, Error>>()?;
    let shares = split_weights::<R::Word>(program.public.architecture(), weights, parties)?;
    let mut root = [0; 32];
    getrandom::fill(&mut root).map_err(|e| Error::Other(format!("randomness of the system: {e}")))?;
    let mut networks = Vec::new();
    for (id, end) in Memory::mesh(parties + 1, PATIENCE).into_iter().enumerate() {
        networks.push(Network::new(end, id, parties, 1).map_err(|e| Error::Other(e.to_string()))?);
    }
    let Some(dealer) = networks.pop() else { return Err(Error::Other("no dealer".into())) };
    let failed = |e: protocol::Error| Error::protocol(&e, parties);
    let batches: &Shares = &batches;
    let results: Vec<Result<Shared, protocol::Error>> = thread::scope(|scope| {
        let deal = move || {
            let mut dealer = Dealer::open(dealer, &RootSeed::from_bytes(root))?;
            let [setup, batch] = program.recipes();
            dealer.deal(setup)?;
            batches.iter().try_for_each(|_| dealer.deal(batch))
        };
        let dealer = scope.spawn(deal);
        let party = |(network, share): (Network, SecretBytes)| {
            scope.spawn(move || party::<R>(program, network, share, batches, ahead))
        };
        let threads: Vec<_> = networks.into_iter().zip(shares).map(party).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        let results = threads.into_iter().map(join).collect();
        drop(dealer.join());
        results
    });
    let results: Vec<_> =
        results.into_iter().map(|result| result.map_err(failed)).collect::<Result<_, _>>()?;
    let wall = results.iter().map(|(_, wall)| *wall).fold(0., f64::max);
    let mut answers = Vec::new();
    for (number, batch) in numbers.chunks(program.batch * width).enumerate() {
        let len = batch.len() / width * program.result_len();
        let shares: Vec<Vec<u8>> = results.iter().map(|(shares, _)| shares[number][..len].to_vec()).collect();
        answers.extend(program.open(&shares).map_err(Error::Other)?);
    }
    Ok((answers, wall))
}

fn party<R: Ring>(
    program: &Program,
    network: Network,
    share: SecretBytes,
    batches: &Shares,
    ahead: usize,
) -> Result<Shared, protocol::Error> {
    let mut party = Party::join(network)?;
    program.tune(&mut party);
    let [setup, batch] = program.recipes();
    party.receive(setup)?;
    let held = Held::new(party.id(), share, program.public.architecture(), R::Word::BYTES);
    let held = held.as_ref().map(|held| held as &dyn Weights<R::Word>);
    let model = program.share::<R>(&mut party, held)?;
    let begun = Instant::now();
    let ahead = ahead.min(batches.len());
    (0..ahead).try_for_each(|_| party.announce(batch))?;
    (0..ahead).try_for_each(|_| party.collect(batch))?;
    let mut prepared = Some(model.prepare(&mut party, program.batch)?);
    let mut results = Vec::new();
    for (number, shares) in batches.iter().enumerate() {
        let more = number + ahead < batches.len();
        if more {
            party.announce(batch)?;
        }
        let mut x = Share::<R>::zeros(program.batch * program.inputs());
        let len = shares[0].len() / R::Word::BYTES;
        let fits = words(party.id(), &shares[party.id()], &mut x.expose_mut()[..len]);
        debug_assert!(fits.is_some());
        if let Some(prepared) = prepared.take() {
            results.push(program.evaluate(&mut party, &model, prepared, x)?.to_vec());
        }
        if number + 1 < batches.len() {
            prepared = Some(model.prepare(&mut party, program.batch)?);
        }
        if more {
            party.collect(batch)?;
        }
    }
    party.finish()?;
    Ok((results, begun.elapsed().as_secs_f64()))
}
