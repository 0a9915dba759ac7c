//! A small network, whose results are exact: bounded integers and signs.

use std::path::Path;

use ringshare::nn::{Input, Loaded, Model, Precision, Weight, op, save};

pub(crate) const SIDE: usize = 6;
pub(crate) const CLASSES: usize = 6;

/// Numbers that are the same in every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }
}

fn signs(rows: usize, row: usize, numbers: &mut Numbers) -> Weight {
    let bytes = rows * row.div_ceil(8);
    Weight::Signs((0..bytes).map(|_| numbers.next() as u8).collect())
}

/// Writes the network of that number.
pub(crate) fn write(path: &Path, number: u64) {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ number);
    let bias = |len: usize| (0..len).map(|i| i as f32 % 5. - 2.).collect::<Vec<f32>>();
    let mut model = Model::new([1, 1, SIDE * SIDE + 4]);
    // Another network has another public side.
    let hidden = 24 + 8 * number as usize;
    let layers: [(usize, usize); 2] = [(SIDE * SIDE + 4, hidden), (hidden, CLASSES)];
    for (at, (inputs, outputs)) in layers.into_iter().enumerate() {
        let weight = signs(outputs, inputs, &mut numbers);
        model.push(&format!("fc{at}"), op::Linear { weight, bias: bias(outputs) }).unwrap();
        if at == 0 {
            model.push("sign", op::Sign).unwrap();
        }
    }
    let loaded = Loaded { model, input: Input::Threshold { at: 128 }, formats: None, outputs: vec![] };
    std::fs::write(path, save(&loaded, Precision::Single).unwrap()).unwrap();
}

/// Values of an image.
pub(crate) const WIDTH: usize = SIDE * SIDE + 4;

/// Images, other ones for each number.
pub(crate) fn images(count: usize, number: u64) -> Vec<u8> {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d ^ (number + 1));
    (0..count * WIDTH).map(|_| numbers.next() as u8).collect()
}
