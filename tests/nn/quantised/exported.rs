//! Exported networks of one's own among parties: `cargo test --release -p ringshare --test nn -- --ignored exported
//! --nocapture` with `RINGSHARE_NETWORKS`, a directory as `examples/python/torchvision_models.py` fills it, prints how far
//! outputs are off and what a batch takes.

use std::time::Instant;

use ringshare::nn::{Forecast, Options, Quantised, load};
use ringshare::protocol::Family;
use ringshare::ring::Z2;

use super::secure::open;
use crate::random::Draw;

const IMAGES: usize = 8;

#[test]
#[ignore = "needs exported networks, and minutes"]
fn exported_networks_keep_their_outputs() {
    let Some(directory) = std::env::var_os("RINGSHARE_NETWORKS") else {
        panic!("RINGSHARE_NETWORKS is no directory of exported networks");
    };
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let model = load(&std::fs::read(&path).unwrap()).unwrap().model.simplify();
        // Numbers of variance 1.
        let images: Vec<f32> =
            Draw::new(1).images(&model, 4 * IMAGES).iter().map(|x| x * 3f32.sqrt()).collect();
        let (few, all) = (&images[..images.len() / 4], &images);
        let real = model.forward(few);
        let largest = real.iter().fold(0f32, |most, x| most.max(x.abs()));
        let off = |found: &[f32]| {
            found.iter().zip(&real).fold(0f32, |most, (a, b)| most.max((a - b).abs())) / largest
        };
        for bits in [24, 26, 28] {
            let options = Options { bits: Some(bits), ..Options::default() };
            let fixed = match Quantised::calibrate(&model, all, &options) {
                Ok(fixed) => fixed,
                Err(error) => {
                    println!("{name} at {bits} bits: {error}");
                    continue;
                }
            };
            let x = fixed.encode(few).unwrap();
            let rounded = match fixed.reference(&x) {
                Ok(reference) => off(&fixed.decode(&reference)),
                Err(error) => {
                    println!("{name} at {bits} bits: {error}");
                    continue;
                }
            };
            let start = Instant::now();
            let (found, forecast) = match fixed.ring() {
                32 => (
                    open::<Z2<32>>(2, &fixed, &x),
                    Forecast::of_model::<Z2<32>>(fixed.architecture(), 2, IMAGES, Family::default()),
                ),
                _ => (
                    open::<Z2<64>>(2, &fixed, &x),
                    Forecast::of_model::<Z2<64>>(fixed.architecture(), 2, IMAGES, Family::default()),
                ),
            };
            let (seconds, [_, batch]) = (start.elapsed().as_secs_f64(), forecast.unwrap());
            let (found, ring) = (off(&fixed.decode(&found)), fixed.ring());
            println!(
                "{name} at {bits} bits, ring {ring}: reference off by {rounded:.4}, shares by {found:.4}; {seconds:.1} s; {batch}"
            );
            assert!(found < 0.03, "{name}");
        }
    }
}
