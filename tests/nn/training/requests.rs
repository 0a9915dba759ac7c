//! What a step asks of the dealer.

use ringshare::nn::train::{Batch, Optimiser, Program, Secure, TrainOptions, Trainer};
use ringshare::offline::Recipe;
use ringshare::protocol::Party;

use super::perceptron;

/// The dealer deals what a dry run of the first step asks for.
#[test]
fn steps_by_all_rates_ask_for_the_same() {
    let model = perceptron();
    let adam = Optimiser::Adam { decay: [0.9, 0.999] };
    for optimiser in [Optimiser::Sgd, Optimiser::Momentum(0.9), adam] {
        for (decay, clip) in [(0., None), (0.01, Some(0.5))] {
            let options = TrainOptions { optimiser, decay, clip, ..TrainOptions::default() };
            let mut trainer = Trainer::given(Program::new(&model, options).unwrap(), None).unwrap();
            let [least, most] = trainer.program().rates(5);
            let mut step = |rate: f64| -> Recipe {
                let mut party = Party::dry(2);
                let batch = Batch::new(trainer.program(), (0..5).map(|_| None)).unwrap();
                let mut secure = Secure::new(&mut party, options.rounding);
                trainer.step(&mut secure, batch, rate, false).unwrap();
                party.take_dry_run().recipe
            };
            let first = step(0.001f64.max(least));
            for rate in (0..40).map(|i| least * (most / least).powf(f64::from(i) / 40.)) {
                assert!(step(rate) == first, "rate {rate} by {optimiser:?}");
            }
        }
    }
}
