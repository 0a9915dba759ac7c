//! The binarized network 784-4096-4096-4096-10 with random weights, two parties: a batch online (on the clock), offline
//! at a party and at the dealer (CPU time).
#![allow(missing_docs)]

mod quick;
mod session;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringshare::nn::{Architecture, Layer, Prepared, Sequential, Weights, step};
use ringshare::prg::{Prg, Seed};
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Z2};

use session::Session;

type R = Z2<16>;
type Model = Sequential<R>;

const WIDTHS: [usize; 5] = [784, 4096, 4096, 4096, 10];
const BITS: [u32; 4] = [11, 14, 14, 15];

struct Random(Prg);

impl Weights<u16> for Random {
    fn row(&self, layer: usize, row: usize, out: &mut [u16]) {
        self.0.words(layer as u64, (row * out.len()) as u64, out);
        out.iter_mut().for_each(|weight| *weight = (*weight & 1).wrapping_mul(2).wrapping_sub(1));
    }

    fn bias(&self, _: usize, out: &mut [u16]) {
        out.fill(1);
    }
}

fn architecture() -> Architecture {
    let mut layers = Vec::new();
    for (i, &bits) in BITS.iter().enumerate() {
        layers.push(Layer::Linear(step::Linear { inputs: WIDTHS[i], outputs: WIDTHS[i + 1], bits }));
        if i + 1 < BITS.len() {
            layers.push(Layer::Sign(step::Sign { bits }));
        }
    }
    Architecture::new(layers, R::BITS).expect("an architecture")
}

fn share(party: &mut Party) -> Result<Model, Error> {
    let weights = Random(Prg::new(&Seed::from_bytes([3; 16])));
    let weights: Option<&dyn Weights<u16>> = (party.id() == 0 && !party.is_dry()).then_some(&weights);
    Model::share(party, 0, &architecture(), weights)
}

fn online(party: &mut Party, model: &Model, prepared: Prepared<R>, rows: usize) -> Result<(), Error> {
    let images = vec![1; rows * WIDTHS[0]];
    let owner = party.id() == 1 && !party.is_dry();
    let x = party.input::<R>(1, images.len(), owner.then_some(&images))?;
    let logits = model.forward(party, prepared, x)?;
    let classes = party.argmax::<R, Z2<8>>(&logits, WIDTHS[4], BITS[3])?;
    party.reveal(&classes, 1).map(drop)
}

/// One batch: what dealing, the offline and the online phase take.
fn batch(session: &mut Session, models: &mut [Model], rows: usize) -> [Duration; 3] {
    let recipe = session::recipe(session, |party| {
        let model = share(party)?;
        party.take_dry_run(); // the setup's
        let prepared = model.prepare(party, rows)?;
        online(party, &model, prepared, rows)
    });
    let dealer = session::deal(session, &recipe);
    let (prepared, offline) = session::each(session, models, |party, model| model.prepare(party, rows));
    let mut batches: Vec<_> = models.iter().zip(prepared.into_iter().map(Some)).collect();
    let (_, online) = session::each(session, &mut batches, |party, (model, prepared)| {
        online(party, model, prepared.take().expect("a prepared batch"), rows)
    });
    [dealer, offline.cpu, online.wall]
}

fn benches(c: &mut Criterion) {
    let mut session = session::open(2);
    let recipe = session::recipe(&session, share);
    session::deal(&mut session, &recipe);
    let (mut models, _) = session::each(&mut session, &mut [(), ()], |party, ()| share(party));

    let mut group = c.benchmark_group("bmlp");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for rows in [1, quick::of(128)] {
        group.throughput(Throughput::Elements(rows as u64));
        for (phase, name) in ["dealer", "offline", "online"].into_iter().enumerate() {
            group.bench_function(BenchmarkId::new(name, rows), |b| {
                b.iter_custom(|iterations| {
                    (0..iterations).map(|_| batch(&mut session, &mut models, rows)[phase]).sum()
                });
            });
        }
    }
}

criterion_group!(group, benches);
criterion_main!(group);
