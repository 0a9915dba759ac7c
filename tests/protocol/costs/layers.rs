//! Layers with their gradients, of whole weights and of rounded ones.

use ringshare::offline::Cost;
use ringshare::protocol::{self, Error, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;

use super::holds;
use crate::gradients::layers;

type R = Z2<52>;

/// The cost of a forward step, and of a backward step where some gradient is wanted.
fn both(forward: Cost, backward: Cost, wanted: [bool; 2]) -> (Cost, u64) {
    if wanted == [false; 2] { (forward, 1) } else { (forward.then(backward), 2) }
}

#[test]
fn layers_and_their_gradients() {
    for layer in layers() {
        let [inputs, weights, outputs] = layer.sizes().unwrap();
        let zeros = Share::<R>::zeros;
        for wanted in [[true, true], [false, true], [true, false], [false; 2]] {
            let (cost, steps) = both(
                protocol::cost::layer(&layer, 52),
                protocol::cost::gradients(&layer, wanted, 52),
                wanted,
            );
            holds(cost, steps, &|party: &mut Party| -> Result<(), Error> {
                let (_, left) = party.layer(&layer, wanted, zeros(inputs), zeros(weights).into())?;
                if steps > 1 {
                    party.gradients(left, &zeros(outputs))?;
                }
                Ok(())
            });
            for dropped in [20, 33] {
                let (cost, steps) = both(
                    protocol::cost::dithered_layer(&layer, dropped, 52),
                    protocol::cost::dithered_gradients(&layer, wanted, dropped, 52),
                    wanted,
                );
                holds(cost, steps, &|party: &mut Party| -> Result<(), Error> {
                    let bias = (&zeros(layer.outputs), 3);
                    let (_, left) = party.dithered_layer(
                        &layer,
                        wanted,
                        dropped,
                        zeros(inputs),
                        &zeros(weights),
                        bias,
                    )?;
                    if steps > 1 {
                        party.dithered_gradients(left, &zeros(outputs))?;
                    }
                    Ok(())
                });
            }
        }
    }
}
