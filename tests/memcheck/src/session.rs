//! A session whose secrets memcheck knows as such.

use std::time::Duration;

use ringshare::Party;
use ringshare::net::{Header, Kind, Memory, Topology, Transport};
use ringshare::prg::RootSeed;
use ringshare::protocol::{Error, Family};
use ringshare::secret::memcheck::{public, secret};
use ringshare::sim::Session;

/// What travels in public.
struct Wire(Memory);

impl Transport for Wire {
    type Error = <Memory as Transport>::Error;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), Self::Error> {
        let mut frame = frame.to_vec();
        let (header, payload) = frame.split_at_mut(Header::LEN);
        public(header);
        let kind = Header::decode(header).map(|header| header.kind);
        // Shares of what is opened are everyone's to know. Seeds, corrections and results for one party are not; in front of
        // the seeds is the session's public name.
        if kind == Some(Kind::Seed as u16) {
            public(&mut payload[..16]);
        } else if kind != Some(Kind::Correction as u16) && kind != Some(Kind::Reveal as u16) {
            public(payload);
        }
        self.0.send(to, &frame)
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), Self::Error> {
        self.0.recv_header(from, header)
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), Self::Error> {
        self.0.recv_payload(from, payload)
    }
}

/// Runs a protocol between so many parties, from secret seeds, and compares what every party returns, as public, with what
/// is expected.
pub fn run(
    name: &str,
    parties: usize,
    family: Family,
    expected: &[u64],
    protocol: impl Fn(&mut Party) -> Result<Vec<u64>, Error> + Sync,
) {
    println!("{name}, {parties} parties, {family}");
    let mut root = [7; 32];
    secret(&mut root);
    let ends = Memory::mesh(parties + 1, Duration::from_secs(60)).into_iter().map(Wire).collect();
    let mut session = Session::open(ends, 1, &RootSeed::from_bytes(root)).expect("a session");
    session.set_comparison(family);
    // Two parties open directly, as always; more of them by scatter and gather, which long vectors take.
    session.set_topology(if parties == 2 { Topology::Direct } else { Topology::Scatter });
    let plan = session.plan(&protocol).expect("a dry run");
    session.deal(&plan.recipe).expect("dealing");
    let phase = session.each("protocol", &mut vec![(); parties], |party, ()| protocol(party)).expect("a run");
    for mut step in phase.steps {
        public(&mut step.output);
        assert_eq!(step.output, expected, "{name}");
    }
    session.finish().expect("the same steps at all parties");
}
