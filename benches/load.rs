//! Loading a data set into shares: 60,000 images of 28×28 numbers, encoded in fixed point and split between parties that an
//! owner hands them to, or input by one of the parties.
//!
//! A line of JSON for each: CPU time in seconds, of all parties together, the least of some runs; the most bytes that were
//! allocated at once beside the images; both as multiples, of the time of copying the images as `f32` (of `copy`) and of
//! the size of all shares (of `shares`); and of the busiest party's time.

#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use cpu_time::ThreadTime;
use num_traits::AsPrimitive;
use ringshare::net::Memory;
use ringshare::prg::RootSeed;
use ringshare::protocol::Party;
use ringshare::ring::{FixedPoint, Ring, Z2};
use ringshare::share::Share;
use ringshare::sim::Session;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: the system's allocator does the work. Zeroed blocks come from it as such, or every page would be touched twice.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(HELD.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(HELD.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Bench {
    images: usize,
    runs: usize,
    /// Seconds of copying the images.
    copy: f64,
}

impl Bench {
    /// The least time of some runs of `load`, which says what it took at each party, and prints it beside `shares` bytes.
    fn line(&self, what: &str, shares: usize, mut load: impl FnMut() -> Vec<f64>) -> f64 {
        let [mut seconds, mut busiest] = [f64::INFINITY; 2];
        let before = HELD.load(Relaxed);
        PEAK.store(before, Relaxed);
        for _ in 0..self.runs {
            let parties = load();
            seconds = seconds.min(parties.iter().sum());
            busiest = busiest.min(parties.into_iter().fold(0.0, f64::max));
        }
        let bytes = PEAK.load(Relaxed) - before;
        let copy = if self.copy > 0.0 { self.copy } else { seconds };
        println!(
            r#"{{"what": "{what}", "seconds": {seconds:.4}, "bytes": {bytes}, "of_copy": {:.2}, "of_shares": {:.3}, "busiest_of_copy": {:.2}}}"#,
            seconds / copy,
            bytes as f64 / shares as f64,
            busiest / copy,
        );
        seconds
    }

    fn load<R: Ring>(&self, what: &str, encode: impl Fn() -> Vec<R::Word> + Sync) {
        let len = self.images * 784;
        let root = RootSeed::from_bytes([7; 32]);
        for parties in [2, 3, 7] {
            let bytes = parties * len * size_of::<R::Word>();
            let name = |how| format!("{how}, {what} to {} bits, {parties} parties", R::BITS);
            let mut number = 0;
            self.line(&name("split"), bytes, || {
                number += 1;
                timed(|| Share::<R>::split(encode(), parties, root.seed(number, 0, 0)))
            });
            let ends = Memory::mesh(parties + 1, Duration::from_secs(60));
            let mut session = Session::open(ends, 0, &root).expect("a session");
            let dry = session.plan(|party| party.input_in_place::<R>(0, len, None)).expect("a dry run");
            self.line(&name("input"), bytes, || {
                session.deal(&dry.recipe).expect("dealing");
                let step = |party: &mut Party, (): &mut ()| {
                    let cpu = ThreadTime::now();
                    let x = party.input_in_place::<R>(0, len, (party.id() == 0).then(&encode))?;
                    Ok((cpu.elapsed().as_secs_f64(), x))
                };
                let phase = session.each("input", &mut vec![(); parties], step).expect("an input");
                phase.steps.iter().map(|step| step.output.0).collect()
            });
        }
    }

    fn reals<R: Ring, T: AsPrimitive<f64> + Sync>(&self, what: &str, fraction: u32, images: &[T]) {
        let fixed = FixedPoint::<R>::new(fraction).expect("a format");
        self.load::<R>(what, || fixed.encode(images).words);
    }

    /// Pixels of a byte each, by a table of what each of the 256 becomes.
    fn pixels<R: Ring>(&self, fraction: u32, images: &[u8]) {
        let fixed = FixedPoint::<R>::new(fraction).expect("a format");
        let table = fixed.encode(&std::array::from_fn::<_, 256, _>(|p| p as f64 / 255.0)).words;
        self.load::<R>("u8", || images.iter().map(|&p| table[usize::from(p)]).collect());
    }
}

/// CPU seconds of `f`; what it makes is dropped later.
fn timed<T>(f: impl FnOnce() -> T) -> Vec<f64> {
    let cpu = ThreadTime::now();
    let out = black_box(f());
    let seconds = cpu.elapsed().as_secs_f64();
    drop(out);
    vec![seconds]
}

fn main() {
    let short = std::env::args().any(|argument| argument == "--test");
    let (images, runs) = if short { (50, 1) } else { (60_000, 5) };
    let pixels: Vec<u8> = (0..images * 784).map(|i| ((i * i) >> 7) as u8).collect();
    let floats: Vec<f32> = pixels.iter().map(|&p| f32::from(p) / 255.0).collect();
    let mut bench = Bench { images, runs, copy: 0.0 };
    bench.copy = bench.line("copy of f32", 4 * floats.len(), || timed(|| floats.clone()));

    bench.pixels::<Z2<16>>(8, &pixels);
    bench.pixels::<Z2<32>>(16, &pixels);
    bench.reals::<Z2<16>, _>("f32", 8, &floats);
    bench.reals::<Z2<32>, _>("f32", 16, &floats);
    bench.reals::<Z2<64>, _>("f32", 16, &floats);
    let floats: Vec<f64> = floats.into_iter().map(f64::from).collect();
    bench.reals::<Z2<32>, _>("f64", 16, &floats);
}
