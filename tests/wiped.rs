//! Memory that held shares, seeds, corrections or inputs is wiped before it is freed.
//!
//! An allocator looks into every freed block for a marker that the secrets are made of.
#![cfg(feature = "std")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringshare::correlation::Triple;
use ringshare::correlation::compare::dcf::{Dcf, key_bytes};
use ringshare::correlation::compare::legendre::{Legendre, Variant};
use ringshare::correlation::compare::{Comparison, Plan};
use ringshare::linalg::{Filters, Packed, Window};
use ringshare::net::{Header, Kind, Network, Transport};
use ringshare::offline::{Elements, PartySeeds, Store};
use ringshare::prg::{Prg, Seed};
use ringshare::protocol::Party;
use ringshare::ring::Z2;
use ringshare::secret::SecretBytes;
use ringshare::share::{BitShare, Share};
use ringshare::sim::Simulation;

/// Every byte of a secret.
const MARKER: u8 = 0xa7;
const WORD: u64 = u64::from_ne_bytes([MARKER; 8]);

static FOUND: AtomicUsize = AtomicUsize::new(0);
/// Bytes that are allocated.
static HELD: AtomicUsize = AtomicUsize::new(0);
/// One test at a time.
static TURN: Mutex<()> = Mutex::new(());

struct Inspector;

// SAFETY: the system's allocator does the work. A freed block is still the caller's while it is
// looked into; bytes that nobody wrote are read as they are, by volatile reads.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Inspector {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // Zeroed, so that no earlier owner's marker is found twice.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        let mut run = 0;
        for i in 0..layout.size() {
            run = if unsafe { block.add(i).read_volatile() } == MARKER { run + 1 } else { 0 };
            if run == 8 {
                FOUND.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Inspector = Inspector;

/// How many freed blocks held a marker.
fn left_behind(f: impl FnOnce()) -> usize {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    FOUND.store(0, Ordering::Relaxed);
    f();
    FOUND.load(Ordering::Relaxed)
}

fn markers() -> Share<Z2<64>> {
    Share::from_words(vec![WORD; 100])
}

#[test]
fn the_allocator_finds_what_is_left_behind() {
    assert_eq!(left_behind(|| drop(vec![WORD; 100])), 1);
    // Growing moves.
    assert!(left_behind(|| drop((0..1000).map(|_| WORD).collect::<Vec<_>>().repeat(2))) > 1);
}

#[test]
fn shares_are_wiped() {
    assert_eq!(left_behind(|| drop(markers())), 0);
    assert_eq!(left_behind(|| drop(markers().clone())), 0);
    assert_eq!(left_behind(|| drop(markers().slice(3..70))), 0);
    assert_eq!(left_behind(|| drop(Share::<Z2<13>>::from_words(vec![WORD as u16; 100]))), 0);
    let append = || {
        let mut share = markers();
        share.append(&markers());
        assert_eq!(share.len(), 200);
    };
    assert_eq!(left_behind(append), 0);
}

#[test]
fn shares_of_bits_are_wiped() {
    let share = || BitShare::from_words(vec![WORD; 100], 6400);
    assert_eq!(left_behind(|| drop(share())), 0);
    assert_eq!(left_behind(|| drop(share().not(1))), 0);
    assert_eq!(left_behind(|| drop(share().clone())), 0);
}

#[test]
fn secret_bytes_are_wiped_and_the_room_behind_them() {
    let mut bytes = vec![MARKER; 100];
    bytes.truncate(10);
    assert_eq!(left_behind(|| drop(SecretBytes::from(bytes))), 0);
    let written = || SecretBytes::zeros(100).fill(MARKER);
    assert_eq!(left_behind(written), 0);
}

#[test]
fn seeds_and_generators_are_wiped() {
    assert_eq!(left_behind(|| drop(vec![Seed::from_bytes([MARKER; 16])])), 0);
    assert_eq!(left_behind(|| drop(Box::new(Prg::new(&Seed::from_bytes([MARKER; 16]))))), 0);
    // A tag and two seeds.
    let mut row = [0; 48];
    row[32..].fill(MARKER);
    let store = || Store::new(PartySeeds::read(1, &row).unwrap());
    assert_eq!(left_behind(|| drop(store())), 0);
}

#[test]
fn corrections_are_wiped_wherever_they_end() {
    let seeds = common::seeds(2, 1);
    let put = |correction: Vec<u8>| {
        let mut store = Store::new(seeds.row(0).unwrap());
        store.put(Triple::<Z2<64>>::request(10), Some(correction)).map(|()| store)
    };
    assert_eq!(left_behind(|| drop(put(vec![MARKER; 80]).unwrap())), 0, "in the store");
    assert_eq!(left_behind(|| drop(put(vec![MARKER; 79]).err().unwrap())), 0, "refused");
    let taken = || drop(Triple::<Z2<64>>::take(&mut put(vec![MARKER; 80]).unwrap(), 10).unwrap());
    assert_eq!(left_behind(taken), 0, "taken");
    let plan = Plan::new(14, Some(Elements::of::<Z2<16>>()));
    let compared = || {
        let mut store = Store::new(seeds.row(0).unwrap());
        let correction = vec![MARKER; plan.dealer_bytes(100)];
        store.put(Comparison::<Z2<14>>::request(100, &plan), Some(correction)).unwrap();
        let x = Share::zeros(100);
        let chunks =
            Comparison::<Z2<14>>::take(&mut store, 100, plan.clone()).unwrap().mask(&x).1.look_up(&[0; 100]);
        drop(chunks.unwrap());
    };
    assert_eq!(left_behind(compared), 0, "half a comparison");
    let walked = || {
        let mut store = Store::new(seeds.row(0).unwrap());
        let correction = vec![MARKER; key_bytes(100, 64, 64)];
        store.put(Dcf::<Z2<64>, Z2<64>>::request(100, 64), Some(correction)).unwrap();
        let masked = Dcf::<Z2<64>, Z2<64>>::take(&mut store, 100, 64).unwrap().mask(&Share::zeros(100)).1;
        drop(masked.finish(&[0; 100], [0, 1]).unwrap());
    };
    assert_eq!(left_behind(walked), 0, "keys");
    let by_symbols = || {
        let mut store = Store::new(seeds.row(0).unwrap());
        let request = Legendre::<Z2<14>, Z2<16>>::request(100, 10, Variant::Bsgn2);
        let correction = vec![MARKER; request.correction().unwrap().1];
        store.put(request, Some(correction)).unwrap();
        let taken = Legendre::<Z2<14>, Z2<16>>::take(&mut store, 100, 10, Variant::Bsgn2).unwrap();
        drop(taken.mask(&Share::zeros(100)).1.products(&[0; 100]).unwrap().1);
    };
    assert_eq!(left_behind(by_symbols), 0, "half a comparison by symbols");
    let refused = || {
        let mut store = Store::new(seeds.row(0).unwrap());
        // The markers are above the smallest prime.
        let request = Legendre::<Z2<14>, Z2<16>>::request(100, 8, Variant::Bsgn0);
        let correction = vec![MARKER; request.correction().unwrap().1];
        store.put(request, Some(correction)).unwrap();
        let taken = Legendre::<Z2<14>, Z2<16>>::take(&mut store, 100, 8, Variant::Bsgn0).unwrap();
        assert!(taken.mask(&Share::zeros(100)).1.products(&[0; 100]).is_err());
    };
    assert_eq!(left_behind(refused), 0, "no elements");
}

#[test]
fn corrections_that_were_put_are_given_back_when_they_are_used() {
    type R = Z2<64>;
    // A megabyte each.
    let (items, len) = (64, 1 << 17);
    let seeds = common::seeds(2, 1);
    let used = || {
        let mut store = Store::new(seeds.row(0).unwrap());
        let before = HELD.load(Ordering::Relaxed);
        let held = || HELD.load(Ordering::Relaxed).saturating_sub(before) >> 20;
        for _ in 0..items {
            store.put(Triple::<R>::request(len), Some(vec![MARKER; 8 * len])).unwrap();
        }
        assert!(held() >= items, "the items are not held");
        for used in 1..=items {
            drop(Triple::<R>::take(&mut store, len).unwrap());
            assert!(held() <= items - used + 2, "{} MiB are held of {} items", held(), items - used);
        }
        assert_eq!(store.position(), items as u64);
        // The store lives, and holds none of them.
        assert!(held() <= 2, "{} MiB", held());
        store
    };
    let mut store = None;
    assert_eq!(left_behind(|| store = Some(used())), 0, "used");
    assert_eq!(left_behind(|| drop(store.take())), 0, "the store");
}

#[test]
fn windows_of_a_maximum_are_wiped() {
    for size in [2, 3, 5] {
        let x = Share::<Z2<64>>::from_words(vec![WORD; 60 * size]);
        let greatest = || drop(Party::dry(2).maximum_of(&x, size, 20).unwrap());
        assert_eq!(left_behind(greatest), 0, "windows of {size}");
    }
}

#[test]
fn windows_over_images_are_wiped() {
    let window = Window { padding: [1, 1], ..Window::new([6, 5, 4], [3, 3]) };
    let x = Share::<Z2<64>>::from_words(vec![WORD; 240]);
    let greatest = || drop(Party::dry(2).max_pool(&x, &window, 20).unwrap());
    assert_eq!(left_behind(greatest), 0, "pooled");
    let filters = Filters::from_rows(8, 18, 2, &[1u64; 144]);
    let convolved = || filters.convolve_add(&window, x.expose(), Share::<Z2<64>>::zeros(480).expose_mut());
    assert_eq!(left_behind(convolved), 0, "unfolded");
}

#[test]
fn inputs_leave_nothing_behind() {
    // Not on the heap.
    let (values, short) = ([WORD; 64], [WORD as u16; 64]);
    let run = || {
        let row = |_: usize, out: &mut [u16]| out.copy_from_slice(&short[..out.len()]);
        let run = Simulation::new(3).run(|party| {
            let own = party.id() == 1;
            let x = party.input::<Z2<64>>(1, 64, own.then_some(&values[..]))?;
            party.sign::<Z2<64>, Z2<64>>(&x, 64)?;
            party.multiply(&x, &x)?;
            let fixed = party.input_matrix::<Z2<14>>(1, [16, 4], 14, own.then_some(&row))?;
            let owned = (own && !party.is_dry()).then(|| values.to_vec());
            party.input_in_place::<Z2<64>>(1, 64, owned)?;
            let short = party.input::<Z2<14>>(1, 64, own.then_some(&short[..]))?;
            let prepared = party.prepare_product(&fixed, 16)?;
            party.product(&fixed, prepared, &short)?;
            Ok(())
        });
        run.unwrap();
    };
    assert_eq!(left_behind(run), 0);
}

#[test]
fn split_values_leave_nothing_behind() {
    let split = || drop(Share::<Z2<64>>::split(vec![WORD; 5000], 3, Seed::from_bytes([MARKER; 16])));
    assert_eq!(left_behind(split), 0);
    let refused = || assert!(Party::dry(2).input_in_place::<Z2<64>>(0, 99, Some(vec![WORD; 100])).is_err());
    assert_eq!(left_behind(refused), 0);
}

#[test]
fn packed_matrices_are_wiped() {
    let rows = [WORD; 100];
    assert_eq!(left_behind(|| drop(Packed::from_rows(10, 10, &rows))), 0);
    assert_eq!(left_behind(|| drop(Packed::from_columns(10, 10, &rows))), 0);
    assert_eq!(left_behind(|| drop(Filters::from_rows(10, 10, 2, &rows))), 0);
    let halves = [WORD as u16; 999];
    assert_eq!(left_behind(|| drop(Packed::from_rows(37, 27, &halves))), 0);
}

/// Sends nothing anywhere, receives the dealer's seeds and nothing else.
struct Nowhere;

impl Transport for Nowhere {
    type Error = std::io::Error;

    fn send(&mut self, _: usize, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), Self::Error> {
        let (kind, sender) = (Kind::Seed as u16, from as u16);
        *header = Header { session: 1, sequence: 0, length: 48, round: 1, kind, sender }.encode();
        if from == 2 { Ok(()) } else { Err(std::io::ErrorKind::Other.into()) }
    }

    fn recv_payload(&mut self, _: usize, _: &mut [u8]) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[test]
fn shares_on_their_way_are_wiped() {
    let join = || Party::join(Network::new(Nowhere, 0, 2, 1).unwrap()).unwrap();
    let revealed = || assert!(join().reveal(&markers(), 1).unwrap().is_none());
    assert_eq!(left_behind(revealed), 0, "revealed to another party");
    let short = || Share::<Z2<16>>::from_words(vec![WORD as u16; 100]);
    assert_eq!(left_behind(|| assert!(join().reveal(&short(), 1).unwrap().is_none())), 0);
}

#[test]
fn shares_that_fail_to_open_are_wiped() {
    let join = || Party::join(Network::new(Nowhere, 0, 2, 1).unwrap()).unwrap();
    assert_eq!(left_behind(|| assert!(join().open(&markers()).is_err())), 0, "open");
    assert_eq!(left_behind(|| assert!(join().reveal(&markers(), 0).is_err())), 0, "reveal");
    let bits = || BitShare::from_words(vec![WORD; 100], 6400);
    assert_eq!(left_behind(|| assert!(join().open_bits(&bits()).is_err())), 0, "bits");
}
