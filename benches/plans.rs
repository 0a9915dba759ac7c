//! The cost model of the comparison plans beside measured times.
//!
//! For every candidate plan of some tasks: the estimate, and the best of several runs of 2^16 values at the party
//! that gets the corrections (its local steps, no network) and at the dealer, in nanoseconds of CPU a value. The
//! model's coefficients were fitted to this table; run it on another machine to see how its ranking holds there.

#![allow(missing_docs)]

mod quick;

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use num_traits::WrappingAdd;
use ringshare::correlation::compare::{Chunks, Comparison, Plan, Task, Wish};
use ringshare::offline::{Deck, Elements, Masked, Seeds, Store};
use ringshare::prg::RootSeed;
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;

fn len() -> usize {
    quick::of(1 << 16)
}

/// Runs `f`, and keeps the least time that it took.
fn timed<T>(least: &mut Duration, f: impl FnOnce() -> T) -> T {
    let start = ThreadTime::now();
    let out = black_box(f());
    *least += start.elapsed();
    out
}

/// Party and dealer, in nanoseconds a value.
fn run<R: Ring>(plan: &Plan, session: u64) -> [f64; 2] {
    let seeds = Seeds::derive(&RootSeed::from_bytes([3; 32]), session, 2);
    let mut deck = Deck::new(&seeds).expect("a deck");
    let mut stores: Vec<Store> = (0..2).map(|i| Store::new(seeds.row(i).expect("a row"))).collect();
    let [mut online, mut dealer] = [Duration::ZERO; 2];
    let request = Comparison::<R>::request(len(), plan);
    let (_, correction) = timed(&mut dealer, || deck.deal(&request)).expect("dealing").unzip();
    for (store, correction) in stores.iter_mut().zip([correction, None]) {
        store.put(request.clone(), correction).expect("putting");
    }
    let x = Share::<R>::from_words(vec![R::Word::truncate64(0x9e37_79b9_7f4a_7c15); len()]);
    let mask =
        |store: &mut Store| Comparison::<R>::take(store, len(), plan.clone()).expect("an item").mask(&x);
    let (y, one) = timed(&mut online, || mask(&mut stores[0]));
    let (other, two) = mask(&mut stores[1]);
    let low = R::Word::mask(plan.bits());
    let y: Vec<R::Word> = y.iter().zip(&other).map(|(&a, b)| a.wrapping_add(b) & low).collect();
    let look_up = |masked: Masked<Comparison<R>>| masked.look_up(&y).expect("tables");
    let (mut one, mut two) = (timed(&mut online, || look_up(one)), look_up(two));
    let mut opened = open(&mut online, &one, &two);
    while one.has_level() {
        one = timed(&mut online, || one.combine(&opened)).expect("products");
        two = two.combine(&opened).expect("products");
        opened = open(&mut online, &one, &two);
    }
    timed(&mut online, || finish::<R>(one, &y, &opened));
    [online, dealer].map(|time| time.as_nanos() as f64 / len() as f64)
}

fn open(online: &mut Duration, one: &Chunks, two: &Chunks) -> Vec<u8> {
    timed(online, || one.masked()).iter().zip(two.masked()).map(|(a, b)| a ^ b).collect()
}

fn finish<R: Ring>(chunks: Chunks, y: &[R::Word], opened: &[u8]) {
    match chunks.plan().task() {
        Task::Negative(None) | Task::Zero(None) => drop(black_box(chunks.finish_bits())),
        Task::Negative(_) | Task::Zero(_) => {
            drop(black_box(chunks.finish::<R>(opened, [R::Word::truncate64(0), R::Word::truncate64(1)])));
        }
        _ => drop(black_box(chunks.finish_shifted::<R, R>(y, opened))),
    }
}

fn table<R: Ring>(name: &str, bits: u32, task: Task) {
    let short = std::env::args().any(|argument| argument == "--test");
    for plan in Plan::candidates(bits, task) {
        let mut least = [f64::INFINITY; 2];
        for session in 0..if short { 1 } else { 8 } {
            let times = run::<R>(&plan, session);
            least = [least[0].min(times[0]), least[1].min(times[1])];
        }
        let estimate = plan.estimate();
        let chosen: Vec<_> = [(Wish::Rounds, 'r'), (Wish::DealerBytes, 'b'), (Wish::Cpu, 'c')]
            .into_iter()
            .map(|(wish, mark)| if Plan::choose(bits, task, wish) == plan { mark } else { '-' })
            .collect();
        println!(
            "{name:9} {bits:3} {:32} {} | {} | {:4} {:7.1} | party {:6.1} of {:6.1} | dealer {:6.1} of {:6.1}",
            plan.to_string(),
            chosen.iter().collect::<String>(),
            estimate.rounds,
            estimate.opened_bits,
            estimate.dealer_bytes,
            estimate.party_ns,
            least[0],
            estimate.dealer_ns,
            least[1],
        );
    }
}

fn tasks<R: Ring>(bits: u32) {
    let output = Elements::of::<R>();
    table::<R>("bit", bits, Task::Negative(None));
    table::<R>("value", bits, Task::Negative(Some(output)));
    table::<R>("zero", bits, Task::Zero(Some(output)));
    table::<R>("relu", bits, Task::Relu { output, shift: 0, skipped: 0 });
    let task = Task::Floor { output, shift: bits / 2 };
    table::<R>("floor", bits, task);
}

fn main() {
    println!(
        "task     bits plan                             for | rounds | opened, dealer bytes | ns: estimate of measured"
    );
    tasks::<Z2<8>>(8);
    tasks::<Z2<14>>(14);
    tasks::<Z2<20>>(20);
    tasks::<Z2<32>>(20);
    tasks::<Z2<32>>(32);
    tasks::<Z2<64>>(48);
    tasks::<Z2<64>>(64);
}
