//! The binarized network 784-4096-4096-4096-10 with random weights, two parties: a batch online (on the clock), offline
//! at a party and at the dealer (CPU time).
#![allow(missing_docs)]

mod session;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringshare::net::Memory;
use ringshare::nn::{Architecture, Layer, Prepared, Sequential, Weights};
use ringshare::prg::{Prg, Seed};
use ringshare::protocol::{Error, Party};
use ringshare::ring::{Ring, Z2};

use session::{Cost, Session};

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
        layers.push(Layer::Linear { inputs: WIDTHS[i], outputs: WIDTHS[i + 1], bits });
        if i + 1 < BITS.len() {
            layers.push(Layer::Sign { bits });
        }
    }
    Architecture::new(layers, R::BITS).expect("an architecture")
}

fn share(party: &mut Party<Memory>) -> Result<Model, Error> {
    let weights = Random(Prg::new(&Seed::from_bytes([3; 16])));
    let weights: Option<&dyn Weights<u16>> =
        (party.id() == 0 && party.network().transport().is_some()).then_some(&weights);
    Model::share(party, 0, &architecture(), weights)
}

fn online(party: &mut Party<Memory>, model: &Model, prepared: Prepared<R>, rows: usize) -> Result<(), Error> {
    let images = vec![1; rows * WIDTHS[0]];
    let owner = party.id() == 1 && party.network().transport().is_some();
    let x = party.input::<R>(1, images.len(), owner.then_some(&images))?;
    let logits = model.forward(party, prepared, x)?;
    let classes = party.argmax::<R, Z2<8>>(&logits, WIDTHS[4], BITS[3])?;
    party.reveal(&classes, 1).map(drop)
}

/// One batch: what dealing, the offline and the online phase take.
fn batch(session: &mut Session, models: &[Model], rows: usize) -> [Cost; 3] {
    let mut dry = Party::dry(models.len());
    let model = share(&mut dry).expect("a dry setup");
    dry.take_dry_run();
    let prepared = model.prepare(&mut dry, rows).expect("a dry run");
    online(&mut dry, &model, prepared, rows).expect("a dry run");
    let recipe = dry.take_dry_run().recipe;
    let dealer = session.deal(&recipe);
    let prepared: Vec<_> = models.iter().map(|_| std::sync::Mutex::new(None)).collect();
    let slot = |id: usize| prepared[id].lock().expect("one party a slot");
    let offline = session.each(|id, party| {
        *slot(id) = Some(models[id].prepare(party, rows)?);
        Ok(())
    });
    let online = session.each(|id, party| {
        let prepared = slot(id).take().expect("a prepared batch");
        online(party, &models[id], prepared, rows)
    });
    [dealer, offline, online]
}

fn benches(c: &mut Criterion) {
    let mut session = Session::open(2);
    let recipe = session.recipe(|party| share(party).map(drop));
    session.deal(&recipe);
    let shared: Vec<_> = (0..2).map(|_| std::sync::Mutex::new(None)).collect();
    session.each(|id, party| {
        *shared[id].lock().expect("one party a slot") = Some(share(party)?);
        Ok(())
    });
    let models: Vec<Model> =
        shared.into_iter().filter_map(|slot| slot.into_inner().expect("one party a slot")).collect();

    let mut group = c.benchmark_group("bmlp");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for rows in [1, 128] {
        group.throughput(Throughput::Elements(rows as u64));
        for (phase, name) in ["dealer", "offline", "online"].into_iter().enumerate() {
            group.bench_function(BenchmarkId::new(name, rows), |b| {
                b.iter_custom(|iterations| {
                    let runs = (0..iterations).map(|_| batch(&mut session, &models, rows)[phase]);
                    runs.map(|cost| if phase == 2 { cost.wall } else { cost.cpu }).sum()
                });
            });
        }
    }
}

criterion_group!(group, benches);
criterion_main!(group);
