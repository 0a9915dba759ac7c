//! What a transport promises, held against MPI: `mpirun -n 4 examples/mpi/target/release/promises`.

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mpi::Threading;
use mpi::topology::SimpleCommunicator;
use mpi::traits::Communicator;
use ringshare::net::{Header, Mpi, Transport};

/// More than any MPI sends without the receiver's word.
const LONG: usize = 4 << 20;

fn main() -> ExitCode {
    // Without MPI there is no transport.
    assert!(Mpi::new(SimpleCommunicator::world, Duration::ZERO).is_err());
    let Some((universe, _)) = mpi::initialize_with_threading(Threading::Multiple) else {
        return ExitCode::FAILURE;
    };
    let world = universe.world();
    if let Err(error) = frames().and_then(|()| silence()).and_then(|()| sessions()) {
        eprintln!("rank {}: {error}", world.rank());
        world.abort(1);
    }
    println!("rank {}: all promises kept", world.rank());
    ExitCode::SUCCESS
}

fn end(seconds: u64) -> io::Result<Mpi> {
    Mpi::new(SimpleCommunicator::world, Duration::from_secs(seconds))
}

fn expect(holds: bool, what: &str) -> Result<(), Box<dyn Error>> {
    if holds { Ok(()) } else { Err(format!("expected {what}").into()) }
}

fn frame(from: usize, to: usize, number: usize, payload: usize) -> Vec<u8> {
    (0..Header::LEN + payload).map(|i| (i * 7 + i / 251 + from * 3 + to * 5 + number * 11) as u8).collect()
}

fn receive(end: &mut Mpi, from: usize, payload: usize) -> io::Result<Vec<u8>> {
    let mut header = [0; Header::LEN];
    end.recv_header(from, &mut header)?;
    let mut frame = vec![0; Header::LEN + payload];
    frame[..Header::LEN].copy_from_slice(&header);
    end.recv_payload(from, &mut frame[Header::LEN..])?;
    Ok(frame)
}

/// Everyone sends everyone long and short frames before anyone receives, and they come whole and in order.
fn frames() -> Result<(), Box<dyn Error>> {
    for longest in [32, 4_096, 1 << 30] {
        let mut end = end(60)?.longest(longest);
        let long = if longest == 32 { 20_000 } else { LONG };
        let lengths = [0, 1, long, 31, 32, 33, 4_063, 4_064, 4_065, 100];
        let (rank, peers) = (end.rank(), end.peers());
        for to in 0..peers {
            for (number, &length) in lengths.iter().enumerate() {
                end.send(to, &frame(rank, to, number, length))?;
            }
        }
        for from in 0..peers {
            for (number, &length) in lengths.iter().enumerate() {
                let came = receive(&mut end, from, length)?;
                expect(came == frame(from, rank, number, length), "the frame that was sent")?;
            }
        }
        // Refused, and no more.
        expect(end.send(peers, &[0; Header::LEN]).is_err(), "no such peer")?;
        expect(end.send(0, &[0; Header::LEN - 1]).is_err(), "no frame without a header")?;
        end.send(rank, &[0; Header::LEN + 2])?;
        expect(receive(&mut end, rank, 3).is_err(), "a payload of another length")?;
    }
    Ok(())
}

/// A peer that says nothing is an error in time; one that has closed, at once.
fn silence() -> Result<(), Box<dyn Error>> {
    let mut end = end(1)?;
    let rank = end.rank();
    if rank == 0 {
        let begun = Instant::now();
        let error = receive(&mut end, 1, 0).unwrap_err();
        let took = begun.elapsed().as_millis();
        expect(
            error.kind() == io::ErrorKind::TimedOut && (1_000..5_000).contains(&took),
            "an end in a second",
        )?;
        // The last frame still comes to those who are late.
        for to in 1..end.peers() {
            end.send(to, &frame(0, to, 0, 9))?;
        }
        // It waits for them no longer than it did for a frame.
        drop(end);
        return expect(begun.elapsed() < Duration::from_millis(3_500), "an end that does not linger");
    }
    std::thread::sleep(Duration::from_secs(4));
    expect(receive(&mut end, 0, 9)? == frame(0, rank, 0, 9), "a frame of a peer that has gone")?;
    let error = receive(&mut end, 0, 0).unwrap_err();
    expect(error.kind() == io::ErrorKind::UnexpectedEof, "to hear that the peer went away")
}

/// Frames of one session never come in another, even if they were not taken.
fn sessions() -> Result<(), Box<dyn Error>> {
    let mut ends = [end(60)?, end(60)?];
    let (rank, peers) = (ends[0].rank(), ends[0].peers());
    for number in [1, 0] {
        (0..peers).try_for_each(|to| ends[number].send(to, &frame(rank, to, number, 5)))?;
    }
    for from in 0..peers {
        expect(receive(&mut ends[0], from, 5)? == frame(from, rank, 0, 5), "a frame of the first session")?;
    }
    let [first, second] = ends;
    drop(first);
    // What was sent by the second, nobody takes.
    drop(second);
    let mut next = end(60)?;
    (0..peers).try_for_each(|to| next.send(to, &frame(rank, to, 2, 5)))?;
    (0..peers).try_for_each(|from| {
        expect(receive(&mut next, from, 5)? == frame(from, rank, 2, 5), "a frame of the next session")
    })
}
