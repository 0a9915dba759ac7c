//! Models of linear and sign layers among parties: against plain integers, and seen by nobody but their owners.
#![cfg(feature = "std")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::{Program, Random, all, open};
use ringshare::net::{Header, Memory, MemoryError, Topology, Transport};
use ringshare::nn::{Architecture, ArchitectureError, Layer, Sequential, Weights, step};
use ringshare::offline::{Cost, Elements};
use ringshare::protocol::{self, Error, Family, Party};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::sim::Simulation;

/// General weights: for each layer its rows, and its bias.
struct Plain(Vec<(Vec<Vec<i64>>, Vec<i64>)>);

impl Plain {
    /// Weights of up to `size` on either side of zero.
    fn random(architecture: &Architecture, size: usize, random: &mut Random) -> Self {
        let layers = architecture.layers().iter().filter_map(|layer| match *layer {
            Layer::Linear(step::Linear { inputs, outputs, .. }) => Some((inputs, outputs)),
            _ => None,
        });
        let mut number = || random.below(2 * size + 1) as i64 - size as i64;
        let mut numbers = |count: usize| (0..count).map(|_| number()).collect::<Vec<_>>();
        Self(layers.map(|(i, o)| ((0..o).map(|_| numbers(i)).collect(), numbers(o))).collect())
    }

    /// What the model makes of one row.
    fn run(&self, architecture: &Architecture, x: &[i64]) -> Vec<i64> {
        let mut linear = self.0.iter();
        architecture.layers().iter().fold(x.to_vec(), |x, layer| match layer {
            Layer::Linear(_) => {
                let (rows, bias) = linear.next().unwrap();
                let dot = |row: &Vec<i64>| row.iter().zip(&x).map(|(w, x)| w * x).sum::<i64>();
                rows.iter().zip(bias).map(|(row, bias)| dot(row) + bias).collect()
            }
            _ => x.into_iter().map(|x| if x < 0 { -1 } else { 1 }).collect(),
        })
    }
}

impl<W: Word> Weights<W> for Plain {
    fn row(&self, layer: usize, row: usize, out: &mut [W]) {
        let row = &self.0[layer].0[row];
        out.iter_mut().zip(row).for_each(|(out, &w)| *out = W::from_signed(w.into()));
    }

    fn bias(&self, layer: usize, out: &mut [W]) {
        out.iter_mut().zip(&self.0[layer].1).for_each(|(out, &b)| *out = W::from_signed(b.into()));
    }
}

fn linear(inputs: usize, outputs: usize, bits: u32) -> Layer {
    Layer::Linear(step::Linear { inputs, outputs, bits })
}

fn sign(bits: u32) -> Layer {
    Layer::Sign(step::Sign { bits })
}

/// Batches of these sizes through one shared model, the logits opened.
fn evaluate<R: Ring>(
    party: &mut Party,
    [model_owner, image_owner]: [usize; 2],
    architecture: &Architecture,
    weights: &Plain,
    batches: &[Vec<i64>],
) -> Result<Vec<ringshare::share::Share<R>>, Error> {
    let own: Option<&dyn Weights<R::Word>> = if party.id() == model_owner { Some(weights) } else { None };
    let model = Sequential::<R>::share(party, model_owner, architecture, own)?;
    let mut out = Vec::new();
    for batch in batches {
        let rows = batch.len() / architecture.inputs();
        let prepared = model.prepare(party, rows)?;
        let words: Vec<R::Word> = batch.iter().map(|&x| R::Word::from_signed(x.into())).collect();
        let x = party.input::<R>(image_owner, words.len(), (party.id() == image_owner).then_some(&words))?;
        out.push(model.forward(party, prepared, x)?);
    }
    Ok(out)
}

/// A model with weights of up to `size` on inputs of up to 4, against plain integers.
fn agrees<R: Ring>(simulation: &Simulation, layers: Vec<Layer>, size: usize, rows: &[usize], seed: u64) {
    let architecture = Architecture::new(layers, R::BITS).unwrap();
    let mut random = Random(seed);
    let weights = Plain::random(&architecture, size, &mut random);
    let pixel = |_| random.below(9) as i64 - 4;
    let pixels: Vec<i64> = (0..rows.iter().sum::<usize>() * architecture.inputs()).map(pixel).collect();
    let mut rest = &pixels[..];
    let mut take = |rows: &usize| rest.split_off(..rows * architecture.inputs()).unwrap().to_vec();
    let batches: Vec<Vec<i64>> = rows.iter().map(&mut take).collect();
    let owners = [random.below(simulation.parties()), random.below(simulation.parties())];
    let Some(&(Layer::Linear(step::Linear { bits, .. }) | Layer::Sign(step::Sign { bits }))) =
        architecture.layers().last()
    else {
        unreachable!()
    };
    let program: Program<'_> = &|party| {
        let mut out = Vec::new();
        for share in evaluate::<R>(party, owners, &architecture, &weights, &batches)? {
            let logits = party.open_modulo(&share, bits)?;
            out.extend(logits.into_iter().map(|word| word.signed(bits) as u128));
        }
        Ok(out)
    };
    let logits = pixels.chunks(architecture.inputs()).flat_map(|x| weights.run(&architecture, x));
    all(simulation, program, &logits.map(|x| i128::from(x) as u128).collect::<Vec<_>>());
}

#[test]
fn models_with_general_weights_are_those_of_plain_integers() {
    for parties in 2..=7 {
        let seed = parties as u64;
        let simulation = Simulation::new(parties).seed(seed);
        // Every layer at its own length, all shorter than the ring.
        let layers = || vec![linear(11, 30, 13), sign(13), linear(30, 17, 12), sign(11), linear(17, 3, 11)];
        agrees::<Z2<14>>(&simulation, layers(), 40, &[1, 5, 1], seed);
        agrees::<Z2<33>>(&simulation, layers(), 40, &[3], seed);
        let scatter = simulation.clone().topology(Topology::Scatter);
        agrees::<Z2<64>>(&scatter, vec![linear(5, 70, 24), sign(24), linear(70, 2, 64)], 1 << 18, &[2], seed);
        agrees::<Z2<100>>(&scatter, vec![linear(9, 9, 40), linear(9, 1, 40)], 1 << 15, &[4], seed);
    }
}

#[test]
fn batches_may_be_empty_and_models_may_be_one_layer() {
    let simulation = Simulation::new(3).seed(1);
    agrees::<Z2<14>>(&simulation, vec![linear(4, 2, 9)], 3, &[0, 1, 0], 1);
    agrees::<Z2<14>>(&simulation, vec![linear(1, 1, 10), sign(10)], 3, &[0, 9], 2);
}

#[test]
fn layers_cost_what_their_own_lengths_cost() {
    type R = Z2<14>;
    let layers = vec![linear(8, 64, 12), sign(12), linear(64, 16, 11), sign(9)];
    let architecture = Architecture::new(layers, 14).unwrap();
    let rows = 8;
    let elements = Some(Elements::of::<R>());
    let costs = [
        protocol::cost::product(rows, [64, 8], 12),
        Family::default().cost(rows * 64, 12, elements),
        protocol::cost::product(rows, [16, 64], 11),
        Family::default().cost(rows * 16, 9, elements),
    ];
    let mut party = Party::dry(2);
    let model = Sequential::<R>::share(&mut party, 0, &architecture, None).unwrap();
    let masks = [protocol::cost::mask_matrix([64, 8], 12), protocol::cost::mask_matrix([16, 64], 11)];
    let setup = party.take_dry_run();
    let bytes =
        |costs: &[Cost], frames: u64| costs.iter().map(|c| c.opened_bits / 8).sum::<u64>() + 32 * frames;
    assert_eq!((setup.rounds, setup.sent_bytes), (2, bytes(&masks, 2)));
    let prepared = model.prepare(&mut party, rows).unwrap();
    let x = party.input(1, rows * 8, None).unwrap();
    model.forward(&mut party, prepared, x).unwrap();
    let run = party.take_dry_run();
    assert_eq!(run.rounds, costs.iter().map(|cost| cost.rounds).sum::<u32>());
    assert_eq!(run.sent_bytes, bytes(&costs, run.rounds.into()));
    assert_eq!(run.recipe.dealer_bytes(0), costs.iter().map(|cost| cost.dealer_bytes).sum::<u64>());
}

#[test]
fn layers_that_do_not_fit_are_no_architecture() {
    type E = ArchitectureError;
    let refused = |layers: Vec<Layer>, expected: E| {
        assert_eq!(Architecture::new(layers, 14).unwrap_err(), expected, "{expected}");
    };
    refused(vec![], E::NoLinear);
    refused(vec![sign(14), linear(2, 3, 14)], E::NoLinear);
    refused(vec![linear(2, 3, 14), linear(2, 3, 14)], E::Inputs { layer: 1, expected: 3, found: 2 });
    refused(
        vec![linear(2, 3, 14), sign(14), linear(4, 3, 14)],
        E::Inputs { layer: 2, expected: 3, found: 4 },
    );
    refused(vec![linear(0, 3, 14)], E::Empty { layer: 0 });
    refused(vec![linear(2, 3, 14), linear(3, 0, 14)], E::Empty { layer: 1 });
    // More bits than the ring has, than the layer before gives, or too few.
    refused(vec![linear(2, 3, 15)], E::Bits { layer: 0, most: 14, found: 15 });
    refused(vec![linear(2, 3, 9), sign(10)], E::Bits { layer: 1, most: 9, found: 10 });
    refused(vec![linear(2, 3, 9), linear(3, 3, 10)], E::Bits { layer: 1, most: 9, found: 10 });
    refused(vec![linear(2, 3, 9), sign(1)], E::Bits { layer: 1, most: 9, found: 1 });
    assert!(Architecture::new(vec![linear(2, 3, 9), sign(9), linear(3, 3, 14)], 14).is_ok());
    // Comparisons end at 64 bits, whatever the ring.
    let error = Architecture::new(vec![linear(2, 3, 100), sign(65)], 100).unwrap_err();
    assert_eq!(error, E::Bits { layer: 1, most: 64, found: 65 });
}

#[test]
fn inputs_of_another_length_than_prepared_are_refused() {
    let architecture = Architecture::new(vec![linear(4, 2, 9)], 14).unwrap();
    let weights = Plain::random(&architecture, 3, &mut Random(1));
    let run = Simulation::new(2).run(|party| {
        let own: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&weights) } else { None };
        let model = Sequential::<Z2<14>>::share(party, 0, &architecture, own)?;
        let prepared = model.prepare(party, 2)?;
        let x = crate::common::input::<Z2<14>>(party, 1, &[1; 9])?;
        let y = model.forward(party, prepared, x)?;
        open(party, &y)
    });
    let error = run.unwrap_err().to_string();
    assert!(error.contains("expected 8, found 9"), "{error}");
}

/// A frame that came: from whom, and its bytes.
type Came = (usize, Vec<u8>);

/// Writes down what comes.
struct Seen {
    inner: Memory,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Transport for Seen {
    type Error = MemoryError;

    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), MemoryError> {
        self.inner.send(to, frame)
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), MemoryError> {
        self.inner.recv_header(from, header)?;
        self.came.lock().unwrap().push((from, header.to_vec()));
        Ok(())
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), MemoryError> {
        self.inner.recv_payload(from, payload)?;
        self.came.lock().unwrap().last_mut().unwrap().1.extend_from_slice(payload);
        Ok(())
    }
}

/// What came to each party and to the dealer while a model of party 0 was evaluated on images of
/// party 1 and revealed to party 1. `size` is that of the weights and the pixels.
fn views(parties: usize, size: i64) -> Vec<Vec<Came>> {
    let layers = vec![linear(8, 40, 12), sign(12), linear(40, 5, 12)];
    let architecture = Architecture::new(layers, 14).unwrap();
    let layer = |inputs: usize, outputs: usize| (vec![vec![size; inputs]; outputs], vec![-size; outputs]);
    let weights = Plain(vec![layer(8, 40), layer(40, 5)]);
    let batches = [vec![size; 6 * 8]];
    let program = |party: &mut Party| {
        let shares = evaluate::<Z2<14>>(party, [0, 1], &architecture, &weights, &batches)?;
        party.reveal_modulo(&shares[0], 12, 1)
    };
    let simulation = Simulation::new(parties).seed(1);
    let recipe = simulation.dry_run(program).unwrap().recipe;
    let views: Vec<Arc<Mutex<Vec<Came>>>> = (0..=parties).map(|_| Arc::default()).collect();
    let ends = Memory::mesh(parties + 1, Duration::from_secs(60)).into_iter().zip(&views);
    let ends = ends.map(|(inner, came)| Seen { inner, came: came.clone() }).collect();
    for result in simulation.run_over(ends, &recipe, program) {
        result.unwrap();
    }
    views.iter().map(|came| std::mem::take(&mut *came.lock().unwrap())).collect()
}

#[test]
fn the_dealer_learns_nothing_and_its_part_depends_on_no_secret() {
    for parties in [2, 3, 5] {
        let (one, other) = (views(parties, 1), views(parties, 3));
        // What each announces is the recipe's digest, its window, its position, the session and its family.
        assert_eq!((one[parties].len(), &one[parties]), (parties, &other[parties]), "{parties} parties");
        assert!(one[parties].iter().all(|(_, frame)| frame.len() == 32 + 96));
        for (one, other) in one.iter().zip(&other).take(parties) {
            let dealt =
                |view: &[Came]| view.iter().filter(|came| came.0 == parties).cloned().collect::<Vec<_>>();
            assert!(!dealt(one).is_empty());
            assert_eq!(dealt(one), dealt(other), "{parties} parties");
        }
    }
}

#[test]
fn parties_without_a_secret_say_the_same_until_another_one_shows() {
    // Everyone's first frame to everyone opens the masked weights: that of a party that does not own
    // them is made of random numbers alone. The other frames have lengths and headers alone in common.
    for parties in [2, 3, 5] {
        let (one, other) = (views(parties, 1), views(parties, 3));
        for (to, (one, other)) in one.iter().zip(&other).enumerate().take(parties) {
            let first =
                |view: &[Came], from: usize| view.iter().find(|came| came.0 == from).unwrap().1.clone();
            for from in (0..parties).filter(|&from| from != to) {
                let same = first(one, from) == first(other, from);
                assert_eq!(same, from != 0, "from {from} to {to}, {parties} parties");
            }
            let shape =
                |view: &[Came]| view.iter().map(|came| (came.0, came.1[..32].to_vec())).collect::<Vec<_>>();
            assert_eq!(shape(one), shape(other), "to {to}, {parties} parties");
        }
    }
}

#[test]
fn shares_of_an_input_depend_on_it_at_its_owner_alone() {
    for parties in 2..=7 {
        for owner in 0..parties {
            let shares = |value: u16| {
                let program: Program<'_> = &|party| {
                    let x = crate::common::input::<Z2<14>>(party, owner, &[value; 9])?;
                    Ok(crate::common::wide(x.expose()))
                };
                crate::common::run(&Simulation::new(parties), program)
            };
            let (one, other) = (shares(0), shares(1234));
            for party in 0..parties {
                assert_eq!(one[party] == other[party], party != owner, "{parties} parties");
            }
        }
    }
}
