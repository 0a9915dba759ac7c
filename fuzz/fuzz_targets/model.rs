//! Model files, whatever their bytes: a network whose shapes chain, or an error.
#![no_main]

#[path = "../../examples/classify/model.rs"]
#[allow(dead_code)]
mod model;

use libfuzzer_sys::fuzz_target;
use model::Model;

fuzz_target!(|file: &[u8]| match Model::parse(file) {
    Ok(model) => {
        assert!(model.layers.windows(2).all(|pair| pair[0].outputs == pair[1].inputs));
        assert!(model.bits_needed((0, 15)).iter().all(|bits| (1..=64).contains(bits)));
        assert!(model.bits_needed((i64::MIN, i64::MAX)).len() == model.layers.len());
        for layer in &model.layers {
            let mut row = vec![0; layer.inputs];
            (0..layer.outputs).for_each(|r| layer.row(r, &mut row));
            assert!(row.iter().all(|w| w.abs() == 1));
        }
        let _ = model.expect(784, 10);
    }
    Err(e) => assert!(!e.to_string().contains('\n')),
});
