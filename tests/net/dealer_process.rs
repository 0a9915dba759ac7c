//! A dealer in a process of its own, whose parties are slow: it waits for them, and holds no more than it may.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use ringshare::linalg::Window;
use ringshare::net::{Network, Stream};
use ringshare::nn::{Architecture, Layer, Sequential, step};
use ringshare::offline::Recipe;
use ringshare::prg::RootSeed;
use ringshare::protocol::{Dealer, Party};
use ringshare::ring::Z2;

/// Where the parties listen: only in the process of the dealer.
const ADDRESS: &str = "RINGSHARE_TEST_DEALER";
const SESSION: u64 = 3;
const BATCH: usize = 16;
/// 512 images.
const BATCHES: usize = 32;
/// Bytes that the dealer's process may ever hold.
const MOST: u64 = 100 << 20;

/// What the setup and a batch of a convolutional network take.
fn recipes() -> [Recipe; 2] {
    let relu = Layer::Relu(step::Relu { bits: 24, shift: 10 });
    let layers = vec![
        Layer::Convolution(step::Convolution {
            window: Window::new([28, 28, 1], [3, 3]),
            outputs: 32,
            groups: 1,
            bits: 24,
        }),
        relu.clone(),
        Layer::Convolution(step::Convolution {
            window: Window::new([26, 26, 32], [3, 3]),
            outputs: 64,
            groups: 1,
            bits: 24,
        }),
        Layer::MaxPool(step::MaxPool {
            window: Window { stride: [2, 2], ..Window::new([24, 24, 64], [2, 2]) },
            bits: 24,
        }),
        relu.clone(),
        Layer::Linear(step::Linear { inputs: 9216, outputs: 128, bits: 24 }),
        relu,
        Layer::Linear(step::Linear { inputs: 128, outputs: 10, bits: 24 }),
    ];
    let architecture = Architecture::new(layers, 32).unwrap();
    let mut party = Party::dry(2);
    let model = Sequential::<Z2<32>>::share(&mut party, 0, &architecture, None).unwrap();
    let setup = party.take_dry_run().recipe;
    let prepared = model.prepare(&mut party, BATCH).unwrap();
    let x = party.input(1, BATCH * 28 * 28, None).unwrap();
    model.forward(&mut party, prepared, x).unwrap();
    [setup, party.take_dry_run().recipe]
}

/// The dealer's process.
#[test]
fn a_dealer() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let mut stream = Stream::new();
    for party in 0..2u8 {
        let mut socket = TcpStream::connect(&address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.write_all(&[party]).unwrap();
        stream.connect_tcp(party.into(), socket).unwrap();
    }
    let [setup, batch] = recipes();
    let network = Network::new(stream, 2, 2, SESSION).unwrap();
    let mut dealer = Dealer::open(network, &RootSeed::from_bytes([8; 32])).unwrap();
    dealer.deal(&setup).unwrap();
    for _ in 0..BATCHES {
        dealer.deal(&batch).unwrap();
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10;
    assert!(peak < MOST, "expected a peak below {MOST} bytes, found {peak}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_dealer_of_512_images_waits_for_its_parties() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut dealer = Command::new(std::env::current_exe().unwrap())
        .args(["dealer_process::a_dealer", "--exact"])
        .env(ADDRESS, listener.local_addr().unwrap().to_string())
        .spawn()
        .unwrap();
    let [setup, batch] = recipes();
    thread::scope(|scope| {
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().unwrap();
            let (setup, batch) = (&setup, &batch);
            scope.spawn(move || {
                let mut id = [0];
                socket.read_exact(&mut id).unwrap();
                let id = usize::from(id[0]);
                let mut stream = Stream::new();
                stream.connect_tcp(2, socket).unwrap();
                let mut party = Party::join(Network::new(stream, id, 2, SESSION).unwrap()).unwrap();
                party.receive(setup).unwrap();
                for _ in 0..BATCHES {
                    // The one that gets the corrections is slow.
                    thread::sleep(Duration::from_millis(if id == 0 { 50 } else { 0 }));
                    party.store_mut().discard();
                    party.receive(batch).unwrap();
                }
            });
        }
    });
    assert!(dealer.wait().unwrap().success());
}
