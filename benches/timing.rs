//! Whether the time of a kernel depends on its secrets, in the manner of dudect (Reparaz, Balasch, Verbauwhede,
//! *Dude, is my code constant time?*, DATE 2017, section 2).
//!
//! Each kernel runs many times on secrets of two classes, one fixed and one random, in random order; Welch's t-test
//! then asks whether the two sets of times have the same mean, over all times and over those below some percentiles
//! (interrupts lengthen the rest). |t| above 10 says that they have not; below 4.5 nothing was found. To be run by
//! hand on a quiet machine: `cargo bench --bench timing`, with a word in the name to pick kernels.
//!
//! What is secret: at the dealer every party's seed (masks, tables, keys are made of them), at a party its seed,
//! its shares and its corrections. Opened values are public and the same for both classes. The first kernel, a
//! comparison that leaves early, shows what a leak looks like.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use num_traits::{Bounded, Zero};
use ringshare::correlation::Lookup;
use ringshare::correlation::compare::dcf::Dcf;
use ringshare::correlation::compare::legendre::{Legendre, Variant};
use ringshare::correlation::compare::{Comparison, Plan, Task, Wish};
use ringshare::function::Table;
use ringshare::offline::{Deck, Elements, Masked, Request, Seeds, Store};
use ringshare::prg::{Prg, RootSeed, Seed};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;

/// Values a run.
const LEN: usize = 256;

/// Random numbers for classes and secrets.
struct Random {
    prg: Prg,
    next: u64,
}

impl Random {
    fn words<W: Word>(&mut self, len: usize) -> Vec<W> {
        let mut words = vec![W::zero(); len];
        self.next += 1;
        self.prg.words(self.next, 0, &mut words);
        words
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.words::<u8>(N));
        bytes
    }
}

/// Mean and variance, as they come.
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn push(&mut self, x: f64) {
        self.count += 1.0;
        let delta = x - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (x - self.mean);
    }
}

/// Welch's t of two classes.
fn welch([a, b]: [Moments; 2]) -> f64 {
    let part = |m: Moments| m.squares / (m.count - 1.0) / m.count;
    let spread = (part(a) + part(b)).sqrt();
    if spread > 0.0 { (a.mean - b.mean) / spread } else { 0.0 }
}

/// The greatest |t| over all times and over those below some percentiles.
fn statistic(times: &[(bool, f64)]) -> f64 {
    let mut sorted: Vec<f64> = times.iter().map(|&(_, time)| time).collect();
    sorted.sort_by(f64::total_cmp);
    let crops = [0.5, 0.7, 0.9, 0.99, 1.0];
    let greatest = crops.iter().map(|crop| {
        let most = sorted[((sorted.len() - 1) as f64 * crop) as usize];
        let mut classes = [Moments::default(); 2];
        times
            .iter()
            .filter(|(_, time)| *time <= most)
            .for_each(|&(class, time)| classes[usize::from(class)].push(time));
        welch(classes).abs()
    });
    greatest.fold(0.0, f64::max)
}

struct Bench {
    runs: usize,
    wanted: Vec<String>,
    random: Random,
}

impl Bench {
    /// Times `run` on what `prepare` makes of a class: `true` is random.
    fn kernel<I, O>(&mut self, name: &str, prepare: impl Fn(bool, &mut Random) -> I, run: impl Fn(I) -> O) {
        if !self.wanted.is_empty() && !self.wanted.iter().any(|wanted| name.contains(wanted.as_str())) {
            return;
        }
        let classes: Vec<u8> = self.random.words(self.runs);
        let mut times = Vec::with_capacity(self.runs);
        for (i, class) in classes.iter().map(|class| class & 1 == 1).enumerate() {
            let input = prepare(class, &mut self.random);
            let start = Instant::now();
            let out = black_box(run(black_box(input)));
            let time = start.elapsed().as_nanos() as f64;
            drop(out);
            // The first runs find cold caches.
            if i > self.runs / 20 {
                times.push((class, time));
            }
        }
        let t = statistic(&times);
        let verdict = match t {
            ..4.5 => "no difference found",
            ..10.0 => "unsure: run again, for longer",
            _ => "the times differ",
        };
        println!("{name:44} |t| = {t:8.2}  {verdict}");
    }
}

/// The seeds of two parties, random or always the same.
fn seeds(class: bool, random: &mut Random) -> Seeds {
    let fresh = random.bytes();
    Seeds::derive(&RootSeed::from_bytes(if class { fresh } else { [1; 32] }), 0, 2)
}

/// The dealer's part of an item.
fn dealing(bench: &mut Bench, name: &str, request: &Request) {
    let prepare = |class: bool, random: &mut Random| Deck::new(&seeds(class, random)).expect("a deck");
    bench.kernel(name, prepare, |mut deck| deck.deal(request).expect("dealing"));
}

/// Party 0's store with an item, its correction as random as its seed.
fn store(class: bool, random: &mut Random, request: &Request) -> Store {
    let seeds = seeds(class, random);
    let mut store = Store::new(seeds.row(0).expect("a row"));
    let correction = Deck::new(&seeds).expect("a deck").deal(request).expect("dealing");
    store.put(request.clone(), correction.map(|(_, bytes)| bytes)).expect("putting");
    store
}

fn comparison<R: Ring>(bench: &mut Bench, name: &str, plan: &Plan) {
    let request = Comparison::<R>::request(LEN, plan);
    dealing(bench, &format!("lookup, dealer, {name}"), &request);
    let y: Vec<R::Word> = bench.random.words(LEN);
    let low = R::Word::mask(plan.bits());
    let y: Vec<R::Word> = y.iter().map(|&y| y & low).collect();
    let opened: Vec<u8> = bench.random.words(64 * LEN / 8);
    let prepare = |class: bool, random: &mut Random| {
        // Both classes take the same path through the allocator: a difference there is one in caches here.
        let mut x: Vec<R::Word> = random.words(LEN);
        if !class {
            x.fill(R::Word::zero());
        }
        let x = Share::<R>::from_words(x);
        let item =
            Comparison::<R>::take(&mut store(class, random, &request), LEN, plan.clone()).expect("an item");
        item.mask(&x).1
    };
    // From the opened y to the result; what else is opened is the same, too.
    let run = |masked: Masked<Comparison<R>>| {
        let mut chunks = masked.look_up(&y).expect("tables");
        let bytes = |masked: Vec<u8>| &opened[..masked.len()];
        while chunks.has_level() {
            let opened = bytes(chunks.masked());
            chunks = chunks.combine(opened).expect("products");
        }
        let opened = bytes(chunks.masked());
        match plan.task() {
            Task::Negative(None) => chunks.finish_bits().map(drop),
            Task::Relu { .. } => chunks.finish_shifted::<R, R>(&y, opened).map(drop),
            _ => chunks.finish::<R>(opened, [R::Word::zero(), R::Word::max_value()]).map(drop),
        }
    };
    bench.kernel(&format!("lookup, party, {name}"), prepare, run);
}

fn legendre(bench: &mut Bench, variant: Variant) {
    type R = Z2<14>;
    let field = variant.field();
    // One is the value whose binary Jacobi algorithm would end soonest.
    let values = |class: bool, random: &mut Random| {
        // Both classes do the same before they are timed.
        let keep = 0u128.wrapping_sub(u128::from(class));
        let sample = |x: u128| field.sample(x & keep) | u64::from(!class);
        random.words(LEN).into_iter().map(sample).collect::<Vec<u64>>()
    };
    bench.kernel(&format!("symbols of {variant:?}"), values, |values| {
        let mut negative = [0; LEN / 64];
        field.symbols(&values, &mut negative);
        negative
    });
    let request = Legendre::<R, R>::request(LEN, variant.bits(), variant);
    dealing(bench, &format!("Legendre, dealer, {variant:?}"), &request);
    let y: Vec<u16> = bench.random.words(LEN);
    let opened = vec![1; LEN * variant.symbols()];
    let prepare = |class: bool, random: &mut Random| {
        let item = Legendre::<R, R>::take(&mut store(class, random, &request), LEN, variant.bits(), variant);
        item.expect("an item").mask(&Share::zeros(LEN)).1
    };
    let run = |masked: Masked<Legendre<R, R>>| {
        let (_, products) = masked.products(&y).expect("products");
        products.finish(&opened, [0, 1]).map(drop)
    };
    bench.kernel(&format!("Legendre, party, {variant:?}"), prepare, run);
}

fn dcf<R: Ring>(bench: &mut Bench, bits: u32) {
    let request = Dcf::<R, R>::request(LEN, bits);
    dealing(bench, &format!("DCF, dealer, {bits} bits"), &request);
    let y: Vec<R::Word> = bench.random.words(LEN);
    let y: Vec<R::Word> = y.iter().map(|&y| y & R::Word::mask(bits)).collect();
    let prepare = |class: bool, random: &mut Random| {
        let item = Dcf::<R, R>::take(&mut store(class, random, &request), LEN, bits);
        item.expect("an item").mask(&Share::zeros(LEN)).1
    };
    let values = [R::Word::zero(), R::Word::max_value()];
    let run = |masked: Masked<Dcf<R, R>>| masked.finish(&y, values).map(drop);
    bench.kernel(&format!("DCF, party, {bits} bits"), prepare, run);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let short = arguments.iter().any(|argument| argument == "--test");
    let wanted = arguments.into_iter().filter(|argument| !argument.starts_with("--")).collect();
    let random = Random { prg: Prg::new(&Seed::from_bytes([5; 16])), next: 0 };
    let mut bench = Bench { runs: if short { 50 } else { 100_000 }, wanted, random };

    let prepare = |class: bool, random: &mut Random| if class { random.words(4096) } else { vec![0u8; 4096] };
    bench.kernel("a comparison that leaves early (leaks)", prepare, |bytes| {
        bytes.iter().position(|&byte| byte != 0)
    });

    let (table, pairs) = (Table::new(8, |x| 7 * x), Table::pairs([4, 3], |a, b| a * b));
    dealing(&mut bench, "table, dealer, 8 bits", &Lookup::<Z2<14>>::request(LEN, &table));
    dealing(&mut bench, "table, dealer, pair of 4 and 3 bits", &Lookup::<Z2<64>>::request(LEN, &pairs));
    let output = Some(Elements::of::<Z2<14>>());
    comparison::<Z2<14>>(&mut bench, "14 bits", &Plan::new(14, output));
    comparison::<Z2<32>>(&mut bench, "32 bits to bits", &Plan::new(32, None));
    comparison::<Z2<64>>(&mut bench, "64 bits", &Plan::new(64, Some(Elements::of::<Z2<64>>())));
    dcf::<Z2<14>>(&mut bench, 14);
    dcf::<Z2<64>>(&mut bench, 64);
    legendre(&mut bench, Variant::Bsgn0);
    legendre(&mut bench, Variant::Bsgn2);
    let relu = Task::Relu { output: Elements::of::<Z2<32>>(), shift: 8, skipped: 0 };
    comparison::<Z2<32>>(&mut bench, "ReLU of 20 bits", &Plan::choose(20, relu, Wish::default()));
}
