//! The dealer is at most a window ahead of the slowest party.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use std::{iter, thread};

use ringshare::correlation::compare::dcf::Dcf;
use ringshare::correlation::{InputMask, Triple};
use ringshare::net::{Header, Kind, Memory, MemoryError, Transport};
use ringshare::offline::{Recipe, Request};
use ringshare::protocol::Party;
use ringshare::ring::Z2;
use ringshare::share::Share;

use super::{mesh, run};
use crate::common::Random;

type R = Z2<16>;

/// What goes from the dealer to one party.
#[derive(Default)]
struct Way {
    /// Bytes of corrections that were sent and have not been received.
    now: AtomicU64,
    peak: AtomicU64,
    credits_sent: AtomicU64,
    credits_received: AtomicU64,
}

/// Counts corrections and credits on their way, and receives corrections slowly.
struct Watch {
    inner: Memory,
    own: usize,
    ways: Arc<[Way]>,
    pause: Duration,
    /// The kind of the frame whose payload comes next.
    kind: u16,
}

impl Watch {
    fn dealer(&self) -> usize {
        self.ways.len()
    }
}

/// The kind of a frame, and the bytes of its payload.
fn read(frame: &[u8]) -> (u16, u64) {
    (Header::decode(frame).unwrap().kind, (frame.len() - Header::LEN) as u64)
}

impl Transport for Watch {
    type Error = MemoryError;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), MemoryError> {
        let (kind, bytes) = read(frame);
        if self.own == self.dealer() && kind == Kind::Correction as u16 {
            let way = &self.ways[to];
            let now = way.now.fetch_add(bytes, SeqCst) + bytes;
            way.peak.fetch_max(now, SeqCst);
        }
        if kind == Kind::Credit as u16 {
            assert_eq!(to, self.dealer());
            self.ways[self.own].credits_sent.fetch_add(1, SeqCst);
        }
        self.inner.send(to, frame)
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), MemoryError> {
        if from == self.dealer() {
            // The dealer runs as far ahead as it may meanwhile.
            thread::sleep(self.pause);
        }
        self.inner.recv_header(from, header)?;
        self.kind = read(header).0;
        Ok(())
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), MemoryError> {
        self.inner.recv_payload(from, payload)?;
        if from == self.dealer() && self.kind == Kind::Correction as u16 {
            self.ways[self.own].now.fetch_sub(payload.len() as u64, SeqCst);
        }
        if self.kind == Kind::Credit as u16 {
            self.ways[from].credits_received.fetch_add(1, SeqCst);
        }
        Ok(())
    }
}

/// Deals recipes to parties with these windows and pauses, and holds what was on its way against the bound.
fn holds(recipes: &[Recipe], windows: &[u64], pauses: &[u64]) -> Vec<u64> {
    holds_with(u64::MAX, recipes, windows, pauses)
}

/// The same with a window of the dealer.
fn holds_with(dealers: u64, recipes: &[Recipe], windows: &[u64], pauses: &[u64]) -> Vec<u64> {
    holds_ahead(1, dealers, recipes, windows, pauses)
}

/// The same where so many recipes are announced before the first of them is received.
fn holds_ahead(ahead: usize, dealers: u64, recipes: &[Recipe], windows: &[u64], pauses: &[u64]) -> Vec<u64> {
    let parties = windows.len();
    let ways: Arc<[Way]> = (0..parties).map(|_| Way::default()).collect();
    let watch = |(own, inner)| {
        let pause = Duration::from_micros(pauses.get(own).copied().unwrap_or_default());
        Watch { inner, own, ways: ways.clone(), pause, kind: 0 }
    };
    let ends = mesh(parties).into_iter().enumerate().map(watch).collect();
    let party = |party: &mut Party| {
        party.set_window(windows[party.id()]);
        let mut announced = recipes.iter();
        announced.by_ref().take(ahead - 1).try_for_each(|recipe| party.announce(recipe))?;
        for recipe in recipes {
            announced.next().map_or(Ok(()), |next| party.announce(next))?;
            party.collect(recipe)?;
            assert_eq!(party.store().len(), recipe.requests().len());
            // Takes all of it.
            for request in recipe.requests() {
                take(party, request);
            }
        }
        // Any credit that is left over would be met by whoever waits for the next frame.
        party.receive(&Recipe::default())?;
        party.open(&Share::<R>::zeros(3))?;
        party.finish()
    };
    let (dealt, received) = run(
        ends,
        |dealer| {
            dealer.set_window(dealers);
            recipes.iter().chain([&Recipe::default()]).try_for_each(|recipe| dealer.deal(recipe))
        },
        party,
    );
    received.into_iter().for_each(|result| result.unwrap());
    let sent = dealt.map_err(|(error, _)| error.to_string()).unwrap();
    for (id, way) in ways.iter().enumerate() {
        assert_eq!(sent[id], recipes.iter().map(|recipe| recipe.dealer_bytes(id)).sum::<u64>());
        let all = recipes.iter().flat_map(Recipe::requests).filter_map(Request::correction);
        let mut corrections: Vec<u64> =
            all.filter(|&(to, _)| id < to).map(|(_, bytes)| bytes as u64).collect();
        corrections.sort_unstable();
        let two: u64 = corrections.iter().rev().take(2).sum();
        let bound = windows[id].min(dealers).max(two);
        let peak = way.peak.load(SeqCst);
        assert!(peak <= bound, "{peak} bytes on their way to party {id}, at most {bound} are allowed");
        assert_eq!(way.now.load(SeqCst), 0);
        let credits = [&way.credits_sent, &way.credits_received].map(|count| count.load(SeqCst));
        assert_eq!(credits[0], credits[1], "credits that party {id} sent and that the dealer received");
    }
    ways.iter().map(|way| way.peak.load(SeqCst)).collect()
}

fn take(party: &mut Party, request: &Request) {
    use ringshare::correlation::compare::dcf::DcfRequest;
    use ringshare::correlation::input::InputRequest;
    use ringshare::correlation::triple::TripleRequest;
    let store = party.store_mut();
    if let Some(triple) = request.as_kind::<TripleRequest>() {
        drop(Triple::<R>::take(store, triple.len).unwrap());
    } else if let Some(dcf) = request.as_kind::<DcfRequest>() {
        drop(Dcf::<R, R>::take(store, dcf.len, 16).unwrap());
    } else {
        let input = request.as_kind::<InputRequest>().unwrap();
        drop(InputMask::<R>::take(store, input.owner, input.len).unwrap());
    }
}

fn triples(lens: impl IntoIterator<Item = usize>) -> Recipe {
    Recipe(lens.into_iter().map(Triple::<R>::request).collect())
}

#[test]
fn corrections_of_one_size_stay_within_the_window() {
    // 2000 bytes each.
    let recipe = triples(iter::repeat_n(1000, 40));
    for window in [0, 1, 1999, 2000, 4000, 4001, 8000, 10_000, 79_999, 80_000, u64::MAX] {
        let peaks = holds(std::slice::from_ref(&recipe), &[window, 7], &[300, 0]);
        assert_eq!(peaks[1], 0, "only party 0 gets corrections of triples");
    }
}

#[test]
fn the_dealer_runs_ahead_within_the_window() {
    // A party that begins late finds a whole window; where all fits the window, all.
    let recipe = triples(iter::repeat_n(1000, 40));
    let peak = |window| holds(std::slice::from_ref(&recipe), &[window, 0], &[20_000, 0])[0];
    assert!(peak(8000) > 4000, "the dealer waits for every correction");
    assert_eq!(peak(u64::MAX), 80_000);
}

#[test]
fn a_dealer_holds_no_more_than_it_allows_itself() {
    let recipes = [triples(iter::repeat_n(1000, 40)), triples([1, 0, 3000, 5])];
    for dealers in [0, 4000, 9000] {
        for windows in [[u64::MAX, 0], [8000, 5], [0, 0]] {
            holds_with(dealers, &recipes, &windows, &[200, 0]);
        }
    }
}

#[test]
fn the_window_holds_for_all_recipes_ahead_together() {
    let recipes: Vec<Recipe> = (0..12).map(|i| triples(iter::repeat_n(500, 1 + i * 5 % 7))).collect();
    for window in [0, 1500, 4000, 9000, 20_000, u64::MAX] {
        for ahead in [2, 3, 12] {
            holds_ahead(ahead, u64::MAX, &recipes, &[window, 0], &[300, 0]);
        }
    }
    // A party that is late finds several recipes dealt.
    let peak = holds_ahead(12, u64::MAX, &recipes, &[9000, 0], &[20_000, 0])[0];
    assert!(peak > 5000, "{peak}");
}

#[test]
fn corrections_of_uneven_sizes_stay_within_the_window() {
    let mut random = Random(5);
    for round in 0..6 {
        let mut len = |_| {
            let most = 1 << (1 + random.below(12));
            random.below(most)
        };
        let mut lens: Vec<usize> = (0..40).map(&mut len).collect();
        // Among them some of no bytes, and one that is larger than any window but the last.
        lens.extend([0, 0, 9000, 0, 1]);
        let recipes = [triples(lens.iter().copied()), triples(lens.iter().rev().copied())];
        let window = [0, 100, 3000, 8000, 16_000, 1 << 20][round];
        holds(&recipes, &[window, 0, 5], &[200, 0, 0]);
    }
}

#[test]
fn two_recipients_each_have_a_window() {
    let mut random = Random(6);
    let mut item = |i: usize| match i % 5 {
        // Both parties get keys, party 0 alone triples, and nobody anything of an input.
        0 | 3 => Dcf::<R, R>::request(1 + random.below(40), 16),
        1 => Triple::<R>::request(random.below(3000)),
        2 => Triple::<R>::request(1),
        _ => InputMask::<R>::request(i % 2, random.below(100)),
    };
    let recipes = [Recipe((0..40).map(&mut item).collect()), Recipe((0..7).map(&mut item).collect())];
    for windows in [[0, 0], [0, u64::MAX], [u64::MAX, 0], [9000, 20_000], [20_000, 9000], [1 << 20, 1 << 20]]
    {
        for pauses in [[300, 0], [0, 300], [100, 200]] {
            holds(&recipes, &windows, &pauses);
        }
    }
}

#[test]
fn few_corrections_need_no_credit() {
    for count in 0..5 {
        for window in [0, 2000, 4000, 6000, 8000] {
            holds(&[triples(iter::repeat_n(1000, count)), triples([])], &[window, window], &[100, 0]);
        }
    }
}
