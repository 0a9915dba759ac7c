//! Bytes from a peer or a dealer, whatever they are: a result or an error, never a panic.

use std::fmt::Debug;

use ringshare::correlation::compare::{Comparison, Plan};
use ringshare::correlation::dcf::Dcf;
use ringshare::correlation::{Elements, FixedMask, Lookup, MatrixTriple, Request, Store, Triple};
use ringshare::function::Table;
use ringshare::linalg::Filters;
use ringshare::net::{Header, Kind, Network, Topology, Transport};
use ringshare::prg::Seed;
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Word, Z2, pack, packed_len, unpack, unpack_add};
use ringshare::share::Share;

type R = Z2<13>;
const LEN: usize = 5;

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

/// Sends nothing anywhere, and receives bytes as they come; the headers are right, but for one.
struct Feed<'a> {
    data: &'a [u8],
    kinds: std::slice::Iter<'a, Kind>,
    received: [u64; 3],
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

impl Transport for Feed<'_> {
    type Error = Ended;

    fn send(&mut self, _: usize, _: &[u8]) -> Result<(), Ended> {
        Ok(())
    }

    fn recv(&mut self, from: usize, frame: &mut [u8]) -> Result<(), Ended> {
        let (now, rest) = self.data.split_at_checked(frame.len() - Header::LEN).ok_or(Ended)?;
        frame[Header::LEN..].copy_from_slice(now);
        self.data = rest;
        let header = Header {
            session: 1,
            sequence: self.received[from],
            length: now.len() as u64,
            round: u32::from(now.first().copied().unwrap_or(0)),
            kind: *self.kinds.next().ok_or(Ended)? as u16,
            sender: from as u16,
        };
        self.received[from] += 1;
        frame[..Header::LEN].copy_from_slice(&header.encode());
        if self.wrong == 0 {
            frame.iter_mut().zip(rest).take(Header::LEN).for_each(|(to, byte)| *to = *byte);
        }
        self.wrong = self.wrong.wrapping_sub(1);
        Ok(())
    }
}

/// A party of two, whose peer and dealer send anything.
pub(crate) fn party(choice: u8, data: &[u8]) -> Result<(), Error> {
    use Kind::{Correction, Finish, Gather, GatherBits, Open, OpenBits, Seed};
    let dealt = [Seed, Correction, Correction, Correction, Correction, Correction];
    let opened = [Open, Open, OpenBits, Open, OpenBits, OpenBits, Open, Open, Finish];
    let direct = choice & 1 == 0;
    let topology = if direct { Topology::Direct } else { Topology::Scatter };
    let second = |kind| match kind {
        Open => Gather,
        OpenBits => GatherBits,
        kind => kind,
    };
    let steps = opened.iter().flat_map(|&kind| [Some(kind), (!direct).then_some(second(kind))]).flatten();
    let kinds: Vec<Kind> = dealt.into_iter().chain(steps).collect();
    let feed = Feed { data, kinds: kinds.iter(), received: [0; 3], wrong: choice as usize >> 1 };
    let mut network = Network::new(feed, 0, 2, 1);
    network.set_topology(topology);
    let mut dry = Party::dry(2);
    program::<Feed<'_>>(&mut dry)?;
    let recipe = dry.take_dry_run().recipe;
    let mut party = Party::join(network)?;
    party.receive(&recipe)?;
    program(&mut party)?;
    Ok(party.network_mut().finish()?)
}

fn program<T: Transport>(party: &mut Party<T>) -> Result<(), Error> {
    let x = Share::<R>::zeros(LEN);
    let y = party.multiply(&x, &x)?;
    party.sign::<R, R>(&y, 13)?;
    let bits = party.negative_bits(&Share::<Z2<40>>::zeros(LEN), 15)?;
    party.open_bits(&bits).map(drop)?;
    party.lookup::<R, R>(&x, &Table::from_static(&[1, 2]))?;
    party.lookup_pair::<R, R, R>(&x, &x, &Table::pairs([2, 1], |a, b| a - b)).map(drop)
}

/// Any bytes in place of the dealer's correction, of the right length and as long as they are.
fn corrections(choice: u8, data: &[u8]) {
    for party in 0..2 {
        let row = [(); 2].map(|()| Seed::from_bytes([choice; 16]));
        let plans = [
            Plan::new(2 + u32::from(choice) % 12, Some(Elements::of::<R>())),
            Plan::new(2 + u32::from(choice) % 39, None),
        ];
        let table = Table::from_static(&[7; 8]);
        let pairs = Table::pairs([1, 2], |a, b| a + b);
        let requests = [
            Triple::<R>::request(LEN),
            MatrixTriple::<R>::request([2, 1, 3]),
            FixedMask::<R>::request([2, 3], 13),
            Request::FixedProduct {
                matrix: 0,
                window: None,
                rows: 1,
                outputs: 2,
                inputs: 3,
                groups: 1,
                elements: Elements::of::<R>(),
            },
            Lookup::<R>::request(LEN, &table),
            Lookup::<R>::request(LEN, &pairs),
            Comparison::<R>::request(LEN, &plans[0]),
            Comparison::<Z2<40>>::request(LEN, &plans[1]),
            Dcf::<R, Z2<5>>::request(LEN, 13),
        ];
        let mut store = Store::new(party, &row).unwrap();
        for request in requests {
            fill(&mut store, request, data);
        }
        let x = Share::<R>::zeros(LEN);
        let _ = store.triple::<R>(LEN).map(|triple| triple.mask(&x, &x).1.finish(&[3; 2 * LEN]));
        let _ = store.matrix_triple::<R>([2, 1, 3]).map(drop);
        let mut mask = store.fixed_mask::<R>([2, 3], 13).unwrap();
        let rows = mask.mask(2, &Share::zeros(6));
        let fixed =
            mask.finish(Some([Filters::from_rows(2, 3, 1, &rows), Filters::from_rows(2, 3, 1, &rows)]));
        let _ = store
            .fixed_product(&fixed, 1)
            .map(|product| product.mask(&Share::zeros(3)).1.finish(&fixed, &[1; 3]));
        let _ = store.lookup::<R>(LEN, &table).unwrap().mask(&x).1.finish(&[choice.into(); LEN]);
        let _ = store.lookup::<R>(LEN, &pairs).unwrap().mask_pair(&x, &x).1.finish(&[choice.into(); LEN]);
        let masked = store.comparison::<R>(LEN, plans[0].clone()).unwrap().mask(&x).1;
        let _ = masked.look_up(&[choice.into(); LEN]).and_then(|chunks| {
            let opened = chunks.masked();
            chunks.finish::<R>(&opened, [0, 1])
        });
        let masked = store.comparison::<Z2<40>>(LEN, plans[1].clone()).unwrap().mask(&Share::zeros(LEN)).1;
        let _ = masked.look_up(&[choice.into(); LEN]).and_then(|mut chunks| {
            while chunks.has_level() {
                let opened = chunks.masked();
                chunks = chunks.combine(&opened)?;
            }
            chunks.finish_bits()
        });
        let masked = store.dcf::<R, Z2<5>>(LEN, 13).unwrap().mask(&x).1;
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
