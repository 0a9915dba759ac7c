//! Bytes from a peer or a dealer, whatever they are: a result or an error, never a panic.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use ringshare::correlation::compare::dcf::Dcf;
use ringshare::correlation::compare::{Comparison, Plan};
use ringshare::correlation::matrix::MatrixProductRequest;
use ringshare::correlation::{
    Gradient, Interpolation, Lookup, MatrixMask, MatrixProduct, MatrixTriple, Triple,
};
use ringshare::function::{Piecewise, Table, TableFormat};
use ringshare::linalg::{Filters, LayerShape};
use ringshare::net::{
    Direction, ErrorKind, Header, Kind, Memory, Network, Topology, Tracing, Transport, TransportError,
};
use ringshare::offline::{Elements, PartySeeds, Request, Store};
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Word, Z2, pack, packed_len, unpack, unpack_add};
use ringshare::share::Share;
use ringshare::sim::Simulation;

type R = Z2<13>;
const LEN: usize = 5;
/// The choice of a dealer that agrees to whatever comes.
pub(crate) const ANOTHER_RECIPE: u8 = 64;

/// The front of the input says what is done with the rest.
pub(crate) fn any_bytes(data: &[u8]) {
    let Some((&[first, second], rest)) = data.split_first_chunk::<2>() else { return };
    match first % 4 {
        0 => headers(rest),
        1 => elements(second, rest),
        2 => {
            if let Err(error) = party(second, rest) {
                assert!(!error.to_string().is_empty());
            }
        }
        _ => corrections(second, rest),
    }
}

fn headers(data: &[u8]) {
    let Some(header) = Header::decode(data) else { return assert!(data.len() < Header::LEN) };
    assert_eq!(header.encode(), data[..Header::LEN]);
    assert!(header.check(1, &header).is_ok());
    if let Some(expected) = Header::decode(&data[Header::LEN..]) {
        let same = Header { round: expected.round, ..header } == expected;
        assert_eq!(header.check(1, &expected).is_ok(), same);
    }
}

fn elements(choice: u8, data: &[u8]) {
    unpacks::<u8>(choice, data);
    unpacks::<u16>(choice, data);
    unpacks::<u32>(choice, data);
    unpacks::<u64>(choice, data);
    unpacks::<u128>(choice, data);
}

/// As many elements as fit, and as many as the first byte says.
fn unpacks<W: Word + Debug>(choice: u8, data: &[u8]) {
    let bits = 1 + u32::from(choice) % W::BITS;
    let lens = [data.len() * 8 / bits as usize, data.first().map_or(0, |&len| len.into())];
    for len in lens {
        let (mut words, mut sums) = (vec![W::zero(); len], vec![W::one(); len]);
        let unpacked = unpack(data, bits, &mut words);
        assert_eq!(unpacked, unpack_add(data, bits, &mut sums));
        if unpacked.is_ok() {
            let mut again = vec![0; packed_len(len, bits)];
            pack(&words, bits, &mut again);
            assert_eq!(again, data);
        } else {
            assert!(words.iter().all(W::is_zero));
        }
    }
}

/// Sends nothing anywhere, and receives bytes as they come; the headers are right, but for one. At the end, zeros stand
/// for a peer that took the same steps.
struct Feed {
    /// Bytes that have not come yet, the next one last.
    data: Vec<u8>,
    /// What comes, in order.
    headers: std::slice::Iter<'static, Header>,
    /// What this party says at the end.
    end: Vec<u8>,
    /// The kind of the frame whose payload comes next.
    kind: u16,
    received: [u64; 3],
    /// What the dealer agrees to, if not to what comes.
    agreed: Option<[u8; 32]>,
    /// The frame whose header is left as it comes.
    wrong: usize,
}

#[derive(Debug)]
struct Ended;

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the bytes have ended")
    }
}

impl std::error::Error for Ended {}

impl TransportError for Ended {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Closed
    }
}

impl Transport for Feed {
    type Error = Ended;

    fn send(&mut self, _: usize, frame: &[u8]) -> Result<(), Ended> {
        self.end = frame[Header::LEN..].to_vec();
        Ok(())
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), Ended> {
        let right = *self.headers.next().ok_or(Ended)?;
        let round = u32::from(self.data.last().copied().unwrap_or(0));
        let sequence = self.received[from];
        *header = Header { session: 1, sequence, round, sender: from as u16, ..right }.encode();
        self.received[from] += 1;
        self.kind = right.kind;
        if self.wrong == 0 {
            header.iter_mut().zip(self.data.iter().rev()).for_each(|(to, byte)| *to = *byte);
        }
        self.wrong = self.wrong.wrapping_sub(1);
        Ok(())
    }

    fn recv_payload(&mut self, _: usize, payload: &mut [u8]) -> Result<(), Ended> {
        if let Some(digest) = self.agreed.take_if(|_| self.kind == Kind::Agree as u16) {
            // Behind it a window of no bytes.
            payload[..32].copy_from_slice(&digest);
            return Ok(());
        }
        let rest = self.data.len().checked_sub(payload.len()).ok_or(Ended)?;
        payload.iter_mut().zip(self.data.drain(rest..).rev()).for_each(|(to, byte)| *to = byte);
        if self.kind == Kind::Finish as u16 {
            payload.iter_mut().zip(&self.end).for_each(|(to, byte)| *to ^= *byte);
        }
        Ok(())
    }
}

/// The headers that come to party 0 where all do as they should.
fn headers_of(topology: Topology) -> Vec<Header> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let trace = |(id, end)| {
        let seen = seen.clone();
        Tracing::new(end, move |direction, _, header: &Header| {
            if id == 0 && direction == Direction::Received {
                seen.lock().unwrap().push(*header);
            }
        })
    };
    let simulation = Simulation::new(2).topology(topology);
    let recipe = simulation.dry_run(program).unwrap().recipe;
    let ends = Memory::mesh(3, Duration::from_secs(60)).into_iter().enumerate().map(trace).collect();
    let results = simulation.run_over(ends, &recipe, program);
    assert!(results.iter().all(Result::is_ok));
    std::mem::take(&mut *seen.lock().unwrap())
}

/// A party of two, whose peer and dealer send anything.
pub(crate) fn party(choice: u8, data: &[u8]) -> Result<(), Error> {
    static HEADERS: LazyLock<[Vec<Header>; 2]> =
        LazyLock::new(|| [Topology::Direct, Topology::Scatter].map(headers_of));
    let direct = choice & 1 == 0;
    let topology = if direct { Topology::Direct } else { Topology::Scatter };
    let mut dry = Party::dry(2);
    program(&mut dry)?;
    let recipe = dry.take_dry_run().recipe;
    let feed = Feed {
        data: data.iter().rev().copied().collect(),
        headers: HEADERS[usize::from(!direct)].iter(),
        end: Vec::new(),
        kind: 0,
        received: [0; 3],
        // No frame has that number.
        agreed: (choice >> 1 != ANOTHER_RECIPE).then(|| recipe.digest()),
        wrong: choice as usize >> 1,
    };
    let mut network = Network::new(feed, 0, 2, 1)?;
    network.set_topology(topology);
    let mut party = Party::join(network)?;
    party.receive(&recipe)?;
    program(&mut party)?;
    party.finish()
}

fn program(party: &mut Party) -> Result<(), Error> {
    let x = Share::<R>::zeros(LEN);
    let y = party.multiply(&x, &x)?;
    party.sign::<R, R>(&y, 13)?;
    let bits = party.negative_bits(&Share::<Z2<40>>::zeros(LEN), 15)?;
    party.open_bits(&bits).map(drop)?;
    party.lookup::<R, R>(&x, &Table::from_static(&[1, 2]))?;
    party.lookup_pair::<R, R, R>(&x, &x, &Table::pairs([2, 1], |a, b| a - b)).map(drop)
}

const LAYER: LayerShape = LayerShape { window: None, rows: 1, outputs: 2, inputs: 3, groups: 1 };

/// Any bytes in place of the dealer's correction, of the right length and as long as they are.
fn corrections(choice: u8, data: &[u8]) {
    for party in 0..2 {
        let row = PartySeeds::read(party, &[choice; 48]).unwrap();
        let plans = [
            Plan::new(2 + u32::from(choice) % 12, Some(Elements::of::<R>())),
            Plan::new(2 + u32::from(choice) % 39, None),
        ];
        let table = Table::from_static(&[7; 8]);
        let pairs = Table::pairs([1, 2], |a, b| a + b);
        let format = TableFormat { bits: 5, fraction: 0 };
        let lines = Piecewise::from_nodes(format, format, [3, 0], [0; 2], [1, 5, 2, -3]).unwrap();
        let requests = [
            Triple::<R>::request(LEN),
            MatrixTriple::<R>::request([2, 1, 3]),
            MatrixMask::<R>::request([2, 3], 1, 13),
            Request::from(MatrixProductRequest {
                matrix: 0,
                window: None,
                rows: 1,
                outputs: 2,
                inputs: 3,
                groups: 1,
                elements: Elements::of::<R>(),
            }),
            Gradient::<R>::request(&LAYER, [true; 2]),
            Lookup::<R>::request(LEN, &table),
            Lookup::<R>::request(LEN, &pairs),
            Interpolation::<R>::request(LEN, &lines, 13),
            Comparison::<R>::request(LEN, &plans[0]),
            Comparison::<Z2<40>>::request(LEN, &plans[1]),
            Dcf::<R, Z2<5>>::request(LEN, 13),
        ];
        let mut store = Store::new(row);
        for request in requests {
            fill(&mut store, request, data);
        }
        let x = Share::<R>::zeros(LEN);
        let _ = Triple::<R>::take(&mut store, LEN).map(|triple| triple.mask(&x, &x).1.finish(&[3; 2 * LEN]));
        let _ = MatrixTriple::<R>::take(&mut store, [2, 1, 3]).map(drop);
        let mut mask = MatrixMask::<R>::take(&mut store, [2, 3], 1, 13).unwrap();
        let rows = mask.mask(2, None);
        let fixed =
            mask.finish(Some(Filters::from_rows(2, 3, 1, &rows)), Some(Filters::from_rows(2, 3, 1, &rows)));
        let _ = MatrixProduct::take(&mut store, &fixed, None, 1)
            .map(|product| product.mask(&Share::zeros(3)).1.finish(&fixed, &[1; 3]));
        let w = std::sync::Arc::new(Share::zeros(6));
        let masked = Gradient::<R>::take(&mut store, &LAYER, [true; 2]).unwrap().mask(&Share::zeros(3), &w).1;
        let _ = masked
            .forward(Share::zeros(3), w, vec![2; 9])
            .and_then(|(z, backward)| backward.mask(&z).1.backward(&[1; 2]));
        let _ = Lookup::<R>::take(&mut store, LEN, &table).unwrap().mask(&x).1.finish(&[choice.into(); LEN]);
        let _ = Lookup::<R>::take(&mut store, LEN, &pairs)
            .unwrap()
            .mask_pair(&x, &x)
            .1
            .finish(&[choice.into(); LEN]);
        let masked = Interpolation::<R>::take(&mut store, LEN, &lines, 13).unwrap().mask(&x).1;
        let _ = masked.look_up(&[choice.into(); LEN], &lines).and_then(|segments| {
            let opened = segments.masked();
            segments.finish(&opened)
        });
        let masked = Comparison::<R>::take(&mut store, LEN, plans[0].clone()).unwrap().mask(&x).1;
        let _ = masked.look_up(&[choice.into(); LEN]).and_then(|chunks| {
            let opened = chunks.masked();
            chunks.finish::<R>(&opened, [0, 1])
        });
        let masked =
            Comparison::<Z2<40>>::take(&mut store, LEN, plans[1].clone()).unwrap().mask(&Share::zeros(LEN)).1;
        let _ = masked.look_up(&[choice.into(); LEN]).and_then(|mut chunks| {
            while chunks.has_level() {
                let opened = chunks.masked();
                chunks = chunks.combine(&opened)?;
            }
            chunks.finish_bits()
        });
        let masked = Dcf::<R, Z2<5>>::take(&mut store, LEN, 13).unwrap().mask(&x).1;
        let _ = masked.finish(&[choice.into(); LEN], [0, 1]);
    }
}

fn fill(store: &mut Store, request: Request, data: &[u8]) {
    let Some(len) = store.correction_len(&request) else {
        return store.put(request, None).unwrap();
    };
    let as_it_is = store.put(request.clone(), Some(data.to_vec()));
    if data.len() == len {
        return assert!(as_it_is.is_ok());
    }
    assert!(as_it_is.is_err());
    let repeated = data.iter().copied().chain([0]).cycle().take(len);
    store.put(request, Some(repeated.collect())).unwrap();
}
