//! The bytes of every kind of layer, field by field.

use ringshare::function::{Piecewise, Table, TableFormat};
use ringshare::linalg::{Outside, Selection, Window};
use ringshare::nn::{Layer, PublicModel, step};

/// Sizes, numbers and bytes one after the other.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn sizes(mut self, sizes: impl IntoIterator<Item = u64>) -> Self {
        sizes.into_iter().for_each(|size| self.0.extend(size.to_le_bytes()));
        self
    }

    fn numbers(mut self, numbers: &[i64]) -> Self {
        numbers.iter().for_each(|number| self.0.extend(number.to_le_bytes()));
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

/// A program of every kind over images of 4 × 4 × 2, and its bytes.
fn program() -> (Vec<Layer>, Vec<u8>) {
    let convolved = Window { padding: [1, 1], ..Window::new([4, 4, 2], [3, 3]) };
    let pooled = Window { stride: [2, 2], ..Window::new([4, 4, 4], [2, 2]) };
    let summed = Window::new([2, 2, 4], [1, 2]);
    let table = Table::from_entries([2, 0], vec![1, -1, 5, 9]).unwrap();
    let [input, output] = [(8, 3), (7, 2)].map(|(bits, fraction)| TableFormat { bits, fraction });
    let function = Piecewise::from_nodes(input, output, [1, 2], [0, 4], [-2, 0, 2, 4]).unwrap();
    let selection =
        Selection { size: [2, 1, 4], start: [0, -1, 3], step: [1, 1, -1], ..Selection::new([2, 1, 4]) };
    let selection = Selection { repeat: [1, 2, 1], groups: 2, outside: Outside::Nearest, ..selection };
    let layers = vec![
        step::Convolution { window: convolved, outputs: 4, groups: 2, bits: 14 }.into(),
        step::MaxPool { window: pooled, bits: 13 }.into(),
        step::Relu { bits: 12, shift: 3 }.into(),
        step::SumPool { window: summed }.into(),
        step::Scale { factor: -3 }.into(),
        step::Clip { bits: 20, low: -7, high: 500 }.into(),
        step::Truncate { bits: 12, shift: 5 }.into(),
        step::Sign { bits: 9 }.into(),
        step::Add { value: 7 }.into(),
        step::From { value: 8 }.into(),
        step::Lookup { table }.into(),
        step::Piecewise { function }.into(),
        step::Multiply { value: 12, places: 2, channels: 4 }.into(),
        step::Select { selection }.into(),
        step::Concat { values: vec![14, 3], channels: vec![4, 4, 8] }.into(),
        step::GroupSum { blocks: 2, rows: 1, groups: 2, channels: 8 }.into(),
        step::MatMul { value: 9, heads: 2, rows: 1, inner: 2, columns: 2, transposed: true }.into(),
        step::Linear { inputs: 4, outputs: 6, bits: 15 }.into(),
        step::Softmax { classes: 3, bits: 14, fraction: 8 }.into(),
    ];
    // The header: no map of pixels, formats of 0 and 8 bits, inputs from −9 to 7, a ring of 32 bits, rounding down.
    let bytes = Bytes::default().bytes(b"ringshar").bytes(&[1, 0]).sizes([4, 4, 2]).bytes(&[0, 0, 8]);
    let bytes = bytes.numbers(&[-9, 7]).bytes(&[0, 8, 32, 1, 19, 0, 0, 0]);
    let bytes = bytes
        .bytes(&[1])
        .sizes([4, 4, 2, 3, 3, 1, 1, 1, 1, 1, 1, 4, 2])
        .bytes(&[14])
        .bytes(&[6])
        .sizes([4, 4, 4, 2, 2, 2, 2, 0, 0, 1, 1])
        .bytes(&[13])
        .bytes(&[3, 12, 3])
        .bytes(&[7])
        .sizes([2, 2, 4, 1, 2, 1, 1, 0, 0, 1, 1])
        .bytes(&[8])
        .numbers(&[-3])
        .bytes(&[4, 20])
        .numbers(&[-7, 500])
        .bytes(&[5, 12, 5])
        .bytes(&[2, 9])
        .bytes(&[9])
        .sizes([7])
        .bytes(&[10])
        .sizes([8])
        .bytes(&[11, 2])
        .numbers(&[1, -1, 5, 9])
        .bytes(&[13, 8, 3, 7, 2, 1, 2, 2])
        .numbers(&[0, 4, -2, 0, 2, 4])
        .bytes(&[14])
        .sizes([12, 2, 4])
        .bytes(&[16])
        .sizes([2, 1, 4, 2, 1, 4])
        .numbers(&[0, -1, 3, 1, 1, -1])
        .sizes([1, 2, 1, 2])
        .bytes(&[1, 15])
        .sizes([2, 14, 3, 4, 4, 8])
        .bytes(&[17])
        .sizes([2, 1, 2, 8])
        .bytes(&[18])
        .sizes([9, 2, 1, 2, 2])
        .bytes(&[1])
        .bytes(&[0])
        .sizes([4, 6])
        .bytes(&[15])
        .bytes(&[12])
        .sizes([3])
        .bytes(&[14, 8]);
    (layers, bytes.0)
}

#[test]
fn every_kind_of_layer_has_its_bytes() {
    let (layers, bytes) = program();
    let model = PublicModel::from_bytes(&bytes).unwrap();
    assert_eq!(model.architecture().layers(), layers);
    assert_eq!(model.to_bytes(), bytes);
}

#[test]
fn kinds_beyond_the_last_are_refused() {
    let (layers, mut bytes) = program();
    // The softmax is the last layer, of a kind, a size and two bit lengths.
    let kind = bytes.len() - (1 + 8 + 2);
    for unknown in layers.len() as u8..=u8::MAX {
        bytes[kind] = unknown;
        let error = PublicModel::from_bytes(&bytes).unwrap_err().to_string();
        assert_eq!(error, format!("public model: kind of a layer: expected 0 to 18, found {unknown}"));
    }
}

#[test]
fn more_products_of_matrices_than_a_dry_run_can_afford_are_refused() {
    // Of a vector with itself, every element a head.
    let of = |heads: u64| {
        let header = Bytes(b"ringshar".to_vec()).bytes(&[1, 0]).sizes([1, 1, heads]);
        let header = header.bytes(&[0, 0, 8]).numbers(&[-128, 127]).bytes(&[0, 16, 32, 0, 1, 0, 0, 0]);
        PublicModel::from_bytes(&header.bytes(&[18]).sizes([0, heads, 1, 1, 1]).bytes(&[0]).0)
    };
    assert!(of(1 << 16).is_ok());
    let error = of((1 << 16) + 1).unwrap_err().to_string();
    assert!(error.contains("correlations of an image: expected 0 to 65536, found 65537"), "{error}");
}
