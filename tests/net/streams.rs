//! Parties over byte streams: sockets, pairs of them, and streams that misbehave.
#![cfg(feature = "std")]

mod aborts;
mod misbehaving;

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;

use crate::common::Random;
use ringshare::net::{Stream, Transport};
use ringshare::protocol::{Error, Party};
use ringshare::ring::Z2;
use ringshare::sim::Simulation;

/// Everyone's ends, connected pair by pair.
fn mesh<S: Read + Write + Send + 'static>(
    peers: usize,
    pair: impl Fn() -> io::Result<[S; 2]>,
    split: impl Fn(&S) -> io::Result<S>,
) -> io::Result<Vec<Stream>> {
    let mut ends: Vec<Stream> = (0..peers).map(|_| Stream::new()).collect();
    for b in 0..peers {
        for a in 0..b {
            for (end, peer, stream) in pair()?.into_iter().zip([a, b]).map(|(s, end)| (end, a + b - end, s)) {
                ends[end].connect(peer, split(&stream)?, stream)?;
            }
        }
    }
    Ok(ends)
}

/// Everyone's ends, connected by sockets that close in order.
fn sockets(peers: usize) -> Vec<Stream> {
    let mut ends: Vec<Stream> = (0..peers).map(|_| Stream::new()).collect();
    for b in 0..peers {
        for a in 0..b {
            let [one, other] = tcp().unwrap();
            ends[a].connect_tcp(b, one).unwrap();
            ends[b].connect_tcp(a, other).unwrap();
        }
    }
    ends
}

fn tcp() -> io::Result<[TcpStream; 2]> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    Ok([client, server])
}

/// Rows of the image owner's inputs through the model owner's ±1 layer, signs out.
fn sign_layer(party: &mut Party, rows: usize) -> Result<Vec<u16>, Error> {
    let dims = [OUTPUTS, INPUTS];
    let weight = |r: usize, out: &mut [u16]| (0..INPUTS).for_each(|i| out[i] = weight(r, i) as u16);
    let own = party.id() == 0;
    let fixed = party.input_matrix::<Z2<14>>(0, dims, 14, own.then_some(&weight))?;
    let prepared = party.prepare_product(&fixed, rows)?;
    let images: Vec<u16> = pixels(rows).iter().map(|&x| x as u16).collect();
    let x = party.input(1, images.len(), (party.id() == 1).then_some(&images[..]))?;
    let y = party.product(&fixed, prepared, &x)?;
    let signs = party.sign::<Z2<14>, Z2<14>>(&y, 14)?;
    party.open(&signs)
}

const INPUTS: usize = 17;
const OUTPUTS: usize = 65;

fn weight(row: usize, column: usize) -> i16 {
    if (row * 31 + column * 17) % 7 < 3 { -1 } else { 1 }
}

fn pixels(rows: usize) -> Vec<i16> {
    let mut random = Random(8);
    (0..rows * INPUTS).map(|_| random.below(400) as i16 - 200).collect()
}

fn plain(rows: usize) -> Vec<u16> {
    let dot = |x: &[i16], r: usize| x.iter().enumerate().map(|(i, x)| x * weight(r, i)).sum::<i16>();
    let sign = |y: i16| if y < 0 { 0x3fff } else { 1 };
    pixels(rows).chunks(INPUTS).flat_map(|x| (0..OUTPUTS).map(move |r| sign(dot(x, r)))).collect()
}

fn run<T: Transport + Send + 'static, O: Send + Debug>(
    ends: Vec<T>,
    f: impl Fn(&mut Party) -> Result<O, Error> + Sync,
) -> Vec<O> {
    let simulation = Simulation::new(ends.len() - 1);
    let recipe = simulation.dry_run(&f).unwrap().recipe;
    simulation.run_over(ends, &recipe, f).into_iter().filter_map(|result| result.unwrap()).collect()
}

/// Signs of 64-bit values: 8 MB a share in the first opening, more than any stream buffers.
fn long_signs(party: &mut Party) -> Result<bool, Error> {
    let values: Vec<u64> = Random(9).words(1 << 20);
    let x = party.input::<Z2<64>>(1, values.len(), (party.id() == 1).then_some(&values[..]))?;
    let negative = party.negative_bits(&x, 64)?;
    let bits = party.open_bits(&negative)?;
    Ok((0..values.len()).all(|i| bits[i / 64] >> (i % 64) & 1 == values[i] >> 63))
}

#[test]
fn a_sign_layer_over_sockets() {
    for (parties, rows) in [(2, 1), (2, 100), (3, 200)] {
        for output in run(sockets(parties + 1), |party| sign_layer(party, rows)) {
            assert_eq!(output, plain(rows));
        }
    }
}

#[test]
fn long_vectors_over_sockets() {
    assert_eq!(run(mesh(3, tcp, TcpStream::try_clone).unwrap(), long_signs), [true; 2]);
}

#[cfg(unix)]
#[test]
fn long_vectors_over_pairs_of_streams() {
    let pair = || UnixStream::pair().map(|(a, b)| [a, b]);
    let ends = || mesh(3, pair, UnixStream::try_clone).unwrap();
    // 9,300 rows of 17 and 65 elements: more than a megabyte a share.
    for output in run(ends(), |party| sign_layer(party, 9300)) {
        assert_eq!(output, plain(9300));
    }
    assert_eq!(run(ends(), long_signs), [true; 2]);
}

#[test]
fn a_peer_that_hangs_up_is_an_error() {
    let mut ends = sockets(3);
    // Party 1's streams close; the dealer and party 0 go on.
    ends[1] = Stream::new();
    let recipe = Simulation::new(2).dry_run(|party: &mut Party| sign_layer(party, 3)).unwrap().recipe;
    let results = Simulation::new(2).run_over(ends, &recipe, |party| sign_layer(party, 3));
    let error = results[0].as_ref().unwrap_err().to_string();
    // The dealer, who misses party 1's announcement first, says so.
    assert!(error.contains("transport to peer 1"), "{error}");
    assert!(results[1].is_err());
}
