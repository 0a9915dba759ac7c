//! A session: signs of a matrix product, by parties and a dealer.

use ringshare::net::{Network, Stream};
use ringshare::prg::RootSeed;
use ringshare::protocol::{self, Dealer, Party};
use ringshare::{Simulation, Z2};

use crate::Bridge;

/// Whatever ends a session early.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// 14-bit integers, 14 bits on the wire.
type R = Z2<14>;

const INPUTS: usize = 100;
/// The number of this session, the same at all peers.
const SESSION: u64 = 1;

/// What peer `id` of `parties` parties and a dealer does: the signs, ±1 in 14 bits, of the product of party 0's
/// [outputs, 100] matrix with party 1's vector; `None` at the dealer.
///
/// # Errors
/// If the session fails, or a stream.
pub async fn peer(
    bridge: Bridge,
    id: usize,
    parties: usize,
    outputs: usize,
) -> Result<Option<Vec<u16>>, Error> {
    bridge.run(move |end| session(end, id, parties, outputs)).await?
}

/// Here anything may block: a thread runs it that is there for that.
fn session(end: Stream, id: usize, parties: usize, outputs: usize) -> Result<Option<Vec<u16>>, Error> {
    let signs = |party: &mut Party| signs(party, outputs);
    // All peers find out by themselves what is to be dealt.
    let recipe = Simulation::new(parties).dry_run(signs)?.recipe;
    let network = Network::new(end, id, parties, SESSION)?;
    if id == parties {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let mut dealer = Dealer::open(network, &RootSeed::from_bytes(seed))?;
        dealer.deal(&recipe).inspect_err(|error| dealer.abort(error))?;
        return Ok(None);
    }
    let mut party = Party::join(network)?;
    let mut all = || {
        party.receive(&recipe)?;
        let signs = signs(&mut party)?;
        party.finish()?;
        Ok(Some(signs))
    };
    Ok(all().inspect_err(|error| party.abort(error))?)
}

fn signs(party: &mut Party, outputs: usize) -> Result<Vec<u16>, protocol::Error> {
    let row = |r: usize, out: &mut [u16]| (0..INPUTS).for_each(|c| out[c] = weight(r, c) as u16 & 0x3fff);
    let weights = party.input_matrix::<R>(0, [outputs, INPUTS], 14, (party.id() == 0).then_some(&row))?;
    let prepared = party.prepare_product(&weights, 1)?;
    let vector: Vec<u16> = (0..INPUTS).map(|c| input(c) as u16 & 0x3fff).collect();
    let x = party.input::<R>(1, INPUTS, (party.id() == 1).then_some(&vector[..]))?;
    let y = party.product(&weights, prepared, &x)?;
    let signs = party.sign::<R, R>(&y, 14)?;
    party.open(&signs)
}

fn weight(row: usize, column: usize) -> i16 {
    ((row * 31 + column * 17) % 7) as i16 - 3
}

fn input(column: usize) -> i16 {
    (column * 23) as i16 % 51 - 25
}

/// The signs in the clear. A product is at most 100 · 3 · 25 = 7,500, below 2^13.
pub fn plain(outputs: usize) -> Vec<u16> {
    let dot = |r: usize| (0..INPUTS).map(|c| weight(r, c) * input(c)).sum::<i16>();
    (0..outputs).map(|r| if dot(r) < 0 { 0x3fff } else { 1 }).collect()
}
