//! Exported networks of one's own among parties: `cargo test --release -p ringshare --test nn -- --ignored exported
//! --nocapture` with `RINGSHARE_NETWORKS`, a directory as `examples/python/torchvision_models.py` fills it, prints how far
//! outputs are off and what a batch takes.

use std::time::Instant;

use ringshare::nn::{Forecast, Quantised, Rounding, load};
use ringshare::protocol::Family;
use ringshare::ring::Z2;

use super::secure::open_in_its_ring;
use super::values::{apart, options};
use crate::random::Draw;

const IMAGES: usize = 8;

#[test]
#[ignore = "needs exported networks, and minutes"]
fn exported_networks_keep_their_outputs() {
    let Some(directory) = std::env::var_os("RINGSHARE_NETWORKS") else {
        panic!("RINGSHARE_NETWORKS is no directory of exported networks");
    };
    let mut evaluated = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let model = load(&std::fs::read(&path).unwrap()).unwrap().model.simplify();
        // Numbers of variance 1.
        let images: Vec<f32> =
            Draw::new(1).images(&model, 4 * IMAGES).iter().map(|x| x * 3f32.sqrt()).collect();
        let (few, all) = (&images[..images.len() / 4], &images);
        let real = model.forward(few);
        for bits in [24, 26, 28] {
            let fixed = match Quantised::calibrate(&model, all, &options(bits, Rounding::Stochastic)) {
                Ok(fixed) => fixed,
                Err(error) => {
                    println!("{name} at {bits} bits: {error}");
                    continue;
                }
            };
            let x = fixed.encode(few).unwrap();
            let rounded = match fixed.reference(&x) {
                Ok(reference) => apart(&fixed.decode(&reference), &real),
                Err(error) => {
                    println!("{name} at {bits} bits: {error}");
                    continue;
                }
            };
            let start = Instant::now();
            let found = open_in_its_ring(2, &fixed, &x);
            let (seconds, ring) = (start.elapsed().as_secs_f64(), fixed.ring());
            let forecast = match ring {
                16 => Forecast::of_model::<Z2<16>>,
                32 => Forecast::of_model::<Z2<32>>,
                _ => Forecast::of_model::<Z2<64>>,
            };
            let [_, batch] = forecast(fixed.architecture(), 2, IMAGES, Family::default()).unwrap();
            let found = apart(&fixed.decode(&found), &real);
            println!(
                "{name} at {bits} bits, ring {ring}: reference off by {rounded:.4}, shares by {found:.4}; {seconds:.1} s; {batch}"
            );
            assert!(found < 0.03, "{name}");
            evaluated += 1;
        }
    }
    assert!(evaluated > 0, "no network was evaluated");
}
