//! What networks cost: the sum of what their layers cost, and what a run really takes.

use ringshare::linalg::{Selection, Window};
use ringshare::net::Topology;
use ringshare::nn::{Architecture, Forecast, Layer, Rounding, Sequential, Weights, step};
use ringshare::offline::{Cost, DryRun, Elements};
use ringshare::protocol::{self, Family, Party};
use ringshare::ring::{Ring, Z2};
use ringshare::sim::Simulation;

use super::plain::Plain;
use crate::common::Random;

type R = Z2<16>;

const CONVOLVED: Window =
    Window { image: [8, 8, 1], size: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] };
const POOLED: Window =
    Window { image: [8, 8, 4], size: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] };

/// Of 8 × 8 pixels: a convolution, a pooling, an activation, classes.
fn layers() -> Vec<Layer> {
    vec![
        Layer::Convolution(step::Convolution { window: CONVOLVED, outputs: 4, groups: 1, bits: 14 }),
        Layer::MaxPool(step::MaxPool { window: POOLED, bits: 14 }),
        Layer::Relu(step::Relu { bits: 14, shift: 6 }),
        Layer::Linear(step::Linear { inputs: 64, outputs: 10, bits: 14 }),
    ]
}

/// A batch by a dry run.
fn dry<S: Ring>(model: &Sequential<S>, party: &mut Party, rows: usize) -> DryRun {
    party.take_dry_run();
    let prepared = model.prepare(party, rows).unwrap();
    let x = party.input(0, rows * model.architecture().inputs(), None).unwrap();
    model.forward(party, prepared, x).unwrap();
    party.take_dry_run()
}

#[test]
fn parts_and_joins_are_free_and_a_product_of_values_is_one_round() {
    let batch = |more: &[Layer]| {
        let linear = step::Linear { inputs: 6, outputs: 8, bits: 14 };
        let layers = [&[linear.into()], more].concat();
        let architecture = Architecture::new(layers, 16).unwrap();
        let [_, batch] = Forecast::of_model::<R>(&architecture, 3, 5, Family::default()).unwrap();
        (batch.rounds, batch.sent_bytes, batch.dealer_bytes)
    };
    let selection = Selection { size: [3, 3, 4], start: [-1, 0, 0], ..Selection::new([2, 1, 4]) };
    let select = step::Select { selection }.into();
    let concat = step::Concat { values: vec![1], channels: vec![4, 4] }.into();
    let plain = batch(&[]);
    assert_eq!(batch(&[concat]), plain);
    assert_eq!(batch(&[select]), plain);
    assert_eq!(batch(&[step::GroupSum { blocks: 1, rows: 2, groups: 2, channels: 2 }.into()]), plain);
    let matrices = step::MatMul { value: 1, heads: 2, rows: 2, inner: 2, columns: 2, transposed: true };
    let product = batch(&[matrices.into()]);
    let Cost { rounds, opened_bits, dealer_bytes } = protocol::cost::matmuls(5 * 2, [2; 3], 16);
    assert_eq!((product.0, product.2), (plain.0 + rounds, plain.2 + dealer_bytes));
    assert!(product.1 >= plain.1 + 2 * opened_bits / 8, "to two others");
    let product = batch(&[step::Multiply { value: 1, places: 2, channels: 4 }.into()]);
    let Cost { rounds, opened_bits, dealer_bytes } = protocol::cost::multiply(5 * 8, 16);
    assert_eq!(product.0, plain.0 + rounds);
    assert!(product.1 >= plain.1 + 2 * opened_bits / 8, "to two others");
    assert_eq!(product.2, plain.2 + dealer_bytes);
}

/// What is sent for openings, each a frame a round, of whole bytes.
fn sent(costs: &[Cost]) -> u64 {
    costs.iter().map(|cost| cost.opened_bits / 8 + 32 * u64::from(cost.rounds)).sum()
}

#[test]
fn a_convolutional_network_costs_what_its_layers_cost() {
    let rows = 8;
    let mut party = Party::dry(2);
    let architecture = Architecture::new(layers(), 16).unwrap();
    let model = Sequential::<R>::share(&mut party, 0, &architecture, None).unwrap();
    let setup = party.take_dry_run();
    let masks = [protocol::cost::mask_matrix([4, 9], 14), protocol::cost::mask_matrix([10, 64], 14)];
    assert_eq!((setup.rounds, setup.sent_bytes), (2, sent(&masks)));
    let family = Family::default();
    let costs = [
        protocol::cost::convolution(rows, &CONVOLVED, 4, 14),
        protocol::cost::max_pool_above(family, [2, rows], &POOLED, [14, 5], Elements::low::<R>(14)),
        // Of its result the product takes the low bits.
        protocol::cost::relu(family, [2, rows * 64], 14, 6, Elements::low::<R>(14)),
        protocol::cost::product(rows, [10, 64], 14),
    ];
    let run = dry(&model, &mut party, rows);
    assert_eq!(run.rounds, costs.iter().map(|cost| cost.rounds).sum::<u32>());
    assert_eq!(run.sent_bytes, sent(&costs));
    assert_eq!(run.recipe.dealer_bytes(0), costs.iter().map(|cost| cost.dealer_bytes).sum::<u64>());
}

#[test]
fn public_weights_cost_nothing() {
    let architecture = Architecture::new(layers(), 16).unwrap();
    let weights = Plain::random(&layers(), 3, &mut Random(1));
    let model = Sequential::<R>::public(&architecture, &weights).unwrap();
    let mut party = Party::dry(2);
    let run = dry(&model, &mut party, 8);
    let family = Family::default();
    let costs = [
        protocol::cost::max_pool_above(family, [2, 8], &POOLED, [14, 5], Elements::low::<R>(14)),
        protocol::cost::relu(family, [2, 8 * 64], 14, 6, Elements::low::<R>(14)),
    ];
    assert_eq!(run.rounds, costs.iter().map(|cost| cost.rounds).sum::<u32>());
    assert_eq!(run.sent_bytes, sent(&costs));
}

#[test]
fn exact_rounding_costs_a_floor_more() {
    let layers = || {
        vec![
            Layer::Linear(step::Linear { inputs: 8, outputs: 8, bits: 15 }),
            Layer::Relu(step::Relu { bits: 14, shift: 6 }),
        ]
    };
    let elements = Elements::of::<R>();
    let family = Family::default();
    let relu = |shift| protocol::cost::relu(family, [2, 64], 14, shift, elements);
    let product = protocol::cost::product(8, [8, 8], 15);
    let floor = protocol::cost::truncate_floor(Default::default(), 64, 13, 6, elements);
    for (rounding, costs) in
        [(Rounding::Stochastic, vec![product, relu(6)]), (Rounding::Floor, vec![product, relu(0), floor])]
    {
        let architecture = Architecture::new(layers(), 16).unwrap().with_rounding(rounding);
        let mut party = Party::dry(2);
        let model = Sequential::<R>::share(&mut party, 0, &architecture, None).unwrap();
        let run = dry(&model, &mut party, 8);
        assert_eq!(run.rounds, costs.iter().map(|cost| cost.rounds).sum::<u32>());
        assert_eq!(run.sent_bytes, sent(&costs), "{rounding:?}");
    }
}

#[test]
fn a_softmax_takes_nine_rounds_after_its_maximum() {
    let rows = 8;
    let elements = Elements::of::<R>();
    let family = Family::default();
    for (bits, fraction, is_clipped) in [(12, 8, false), (14, 8, true), (16, 9, true)] {
        let layers = vec![Layer::Softmax(step::Softmax { classes: 10, bits, fraction })];
        let architecture = Architecture::with_inputs(10, layers, 16).unwrap();
        let model = Sequential::<R>::public(&architecture, &Plain(vec![])).unwrap();
        let run = dry(&model, &mut Party::dry(2), rows);
        let clip =
            protocol::cost::relu(family, [2, rows * 10], bits, 0, elements).rounds * u32::from(is_clipped);
        let maximum = protocol::cost::maximum(family, [rows, 10], bits, elements).rounds;
        assert_eq!(run.rounds, maximum + clip + 9, "{bits} bits");
        // A value took a table of 2^12 elements of 32 bits.
        let dealt = run.recipe.dealer_bytes(0);
        println!("{bits} bits: {} bytes a value", dealt / (10 * rows as u64));
        assert!(dealt <= (rows * 10 * 16_384 / 20) as u64, "{dealt} bytes");
    }
}

#[test]
fn a_forecast_is_what_a_run_takes() {
    for parties in [2, 3, 5] {
        let architecture = Architecture::new(layers(), 16).unwrap();
        let weights = Plain::random(&layers(), 3, &mut Random(1));
        let simulation = Simulation::new(parties).topology(Topology::Auto);
        let run = simulation.run(|party| {
            let own: Option<&dyn Weights<u16>> = if party.id() == 0 { Some(&weights) } else { None };
            let model = Sequential::<R>::share(party, 0, &architecture, own)?;
            let prepared = model.prepare(party, 3)?;
            let x = party.input(0, 3 * 64, (party.id() == 0).then_some(&[1u16; 3 * 64]))?;
            model.forward(party, prepared, x).map(drop)
        });
        let counts = run.unwrap().counts;
        let family = Family::default();
        let [setup, batch] = Forecast::of_model::<R>(&architecture, parties, 3, family).unwrap();
        // The dealer's first frame is a round.
        assert_eq!(counts[0].rounds, setup.rounds + batch.rounds + 1);
        assert_eq!(counts[0].sent_bytes, setup.sent_bytes + batch.sent_bytes);
        // Of the dealer, the session's tag and the seeds, the digest that all agree on and the window, and a header a frame.
        let frames = counts[0].received_frames - counts[0].sent_frames - 1;
        let received: u64 = setup.dealer_bytes + batch.dealer_bytes + 32 * frames;
        let from_peers = counts[0].sent_bytes;
        let seeds = 32 + 16 * (1 + parties as u64);
        let agreement = 32 + 8;
        assert_eq!(counts[0].received_bytes, received + from_peers + seeds + agreement);
    }
}

#[test]
fn forecasts_of_longer_batches_are_longer() {
    let architecture = Architecture::new(layers(), 16).unwrap();
    let of = |rows| Forecast::of_model::<R>(&architecture, 3, rows, Family::default()).unwrap();
    let ([setup, one], [same, many]) = (of(1), of(64));
    assert_eq!(setup, same);
    assert!(many.offline_seconds > one.offline_seconds && one.offline_seconds > 0.0);
    assert!(many.online_seconds > one.online_seconds && one.online_seconds > 0.0);
    assert!(many.dealer_seconds > one.dealer_seconds && one.dealer_seconds > 0.0);
    assert!(many.memory_bytes > one.memory_bytes && many.dealer_bytes > one.dealer_bytes);
    assert_eq!(many.rounds, one.rounds);
    let twice = many.scaled(2.0);
    assert_eq!((twice.online_seconds, twice.sent_bytes), (2.0 * many.online_seconds, many.sent_bytes));
    let scale = Forecast::measure_scale();
    assert!(scale.is_finite() && scale > 0.0);
}

#[test]
fn forecasts_hold_the_correlations_of_a_batch() {
    let layers = vec![Layer::Linear(step::Linear { inputs: 8, outputs: 4, bits: 14 })];
    let architecture = Architecture::new(layers, 16).unwrap();
    let [setup, batch] = Forecast::of_model::<R>(&architecture, 2, 16, Family::default()).unwrap();
    assert_eq!(setup.memory_bytes, 2 * 2 * 8 * 4);
    // The mask of the input, the product's share, and 14 bits a product from the dealer.
    assert_eq!(batch.memory_bytes, 2 * 16 * 8 + 2 * 16 * 4 + 16 * 4 * 14 / 8);
}

#[test]
fn forecasts_print_amounts_of_their_units() {
    let forecast = Forecast {
        rounds: 5,
        sent_bytes: 1_234_567,
        dealer_bytes: 999,
        memory_bytes: 45_600,
        offline_seconds: 0.0123,
        online_seconds: 1.5e-6,
        dealer_seconds: 120.0,
    };
    let expected =
        "rounds 5, sent 1.2 MB, dealt 999 B, held 46 kB; offline 12 ms, online 1.5 µs, dealer 120 s";
    assert_eq!(forecast.to_string(), expected);
}
