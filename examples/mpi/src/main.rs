//! Parties and a dealer as the ranks of an MPI job: the last rank deals, the others compute the signs of a matrix product.
//!
//! ```sh
//! cargo build --manifest-path examples/mpi/Cargo.toml
//! mpirun -n 4 examples/mpi/target/debug/mpi-example
//! ```

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use mpi::Threading;
use mpi::topology::SimpleCommunicator;
use mpi::traits::Communicator;
use ringshare::net::{Mpi, Network};
use ringshare::prg::RootSeed;
use ringshare::protocol::{self, Dealer, Party};
use ringshare::{Simulation, Z2};

/// 14-bit integers, 14 bits on the wire.
type R = Z2<14>;

const OUTPUTS: usize = 20;
const INPUTS: usize = 50;
/// The number of this run, the same at all ranks.
const SESSION: u64 = 1;

fn main() -> ExitCode {
    let Some((universe, _)) = mpi::initialize_with_threading(Threading::Multiple) else {
        eprintln!("MPI is initialized already");
        return ExitCode::FAILURE;
    };
    if let Err(error) = run() {
        let world = universe.world();
        eprintln!("rank {}: {error}", world.rank());
        // A peer that still waits would keep MPI from being finalized.
        world.abort(1);
    }
    ExitCode::SUCCESS
}

fn run() -> Result<(), Box<dyn Error>> {
    let end = Mpi::new(SimpleCommunicator::world, Duration::from_secs(60))?;
    let (id, parties) = (end.rank(), end.peers() - 1);
    // All ranks find out by themselves what is to be dealt.
    let recipe = Simulation::new(parties).dry_run(signs)?.recipe;
    let network = Network::new(end, id, parties, SESSION)?;
    if id == parties {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let mut dealer = Dealer::open(network, &RootSeed::from_bytes(seed))?;
        dealer.deal(&recipe).inspect_err(|error| dealer.abort(error))?;
        println!("rank {id}, the dealer: dealt {} bytes", dealer.sent_bytes().iter().sum::<u64>());
        return Ok(());
    }
    let mut party = Party::join(network)?;
    let mut all = || {
        party.receive(&recipe)?;
        let [product, signs] = signs(&mut party)?;
        party.finish()?;
        Ok([product, signs])
    };
    let [product, signs] = all().inspect_err(|error| party.abort(error))?;
    if product != plain()
        || !signs.iter().zip(plain()).all(|(&sign, y)| sign == if y >> 13 == 1 { 0x3fff } else { 1 })
    {
        return Err("expected the product and the signs of plain integers, found others".into());
    }
    println!("rank {id}: {OUTPUTS} products and their signs are right");
    Ok(())
}

/// A product of party 0's matrix with party 1's vector, and its signs: ±1.
fn signs(party: &mut Party) -> Result<[Vec<u16>; 2], protocol::Error> {
    let row = |r: usize, out: &mut [u16]| (0..INPUTS).for_each(|c| out[c] = weight(r, c) as u16 & 0x3fff);
    let weights = party.input_matrix::<R>(0, [OUTPUTS, INPUTS], 14, (party.id() == 0).then_some(&row))?;
    let prepared = party.prepare_product(&weights, 1)?;
    let vector: Vec<u16> = (0..INPUTS).map(|c| input(c) as u16 & 0x3fff).collect();
    let x = party.input::<R>(1, INPUTS, (party.id() == 1).then_some(&vector[..]))?;
    let y = party.product(&weights, prepared, &x)?;
    let signs = party.sign::<R, R>(&y, 14)?;
    Ok([party.open(&y)?, party.open(&signs)?])
}

fn weight(row: usize, column: usize) -> i16 {
    (row * 31 + column * 17) as i16 % 13 - 6
}

fn input(column: usize) -> i16 {
    (column * 23) as i16 % 41 - 20
}

/// The product in the clear: at most 50 · 6 · 20 = 6,000, below 2^13.
fn plain() -> Vec<u16> {
    let dot = |r| (0..INPUTS).map(|c| weight(r, c) * input(c)).sum::<i16>();
    (0..OUTPUTS).map(|r| dot(r) as u16 & 0x3fff).collect()
}
