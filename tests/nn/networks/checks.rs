//! Layers that make no architecture.

use ringshare::function::Table;
use ringshare::linalg::{Selection, SelectionError, Window, WindowError};
use ringshare::nn::{Architecture, ArchitectureError as E, Layer, step};

const WINDOW: Window =
    Window { image: [4, 4, 2], size: [2, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };

fn linear(inputs: usize, outputs: usize, bits: u32) -> Layer {
    Layer::Linear(step::Linear { inputs, outputs, bits })
}

fn convolution(window: Window, groups: usize) -> Layer {
    Layer::Convolution(step::Convolution { window, outputs: 4, groups, bits: 12 })
}

fn refused(layers: Vec<Layer>, expected: E) {
    assert_eq!(Architecture::new(layers, 16).unwrap_err(), expected, "{expected}");
}

#[test]
fn windows_and_groups_are_to_fit() {
    let size = WindowError::Size { most: 4, found: 5 };
    refused(vec![convolution(Window { size: [5, 2], ..WINDOW }, 1)], E::Window { layer: 0, error: size });
    let zero = WindowError::Zero("stride");
    refused(
        vec![Layer::SumPool(step::SumPool { window: Window { stride: [1, 0], ..WINDOW } })],
        E::Window { layer: 0, error: zero },
    );
    for groups in [0, 3, 4] {
        refused(vec![convolution(WINDOW, groups)], E::Groups { layer: 0, groups, channels: 2, outputs: 4 });
    }
    refused(vec![linear(3, 31, 12), convolution(WINDOW, 1)], E::Inputs { layer: 1, expected: 31, found: 32 });
    refused(
        vec![linear(3, 31, 12), Layer::SumPool(step::SumPool { window: WINDOW })],
        E::Inputs { layer: 1, expected: 31, found: 32 },
    );
    let pool =
        |padding| vec![Layer::MaxPool(step::MaxPool { window: Window { padding, ..WINDOW }, bits: 8 })];
    assert!(Architecture::new(pool([1, 1]), 16).is_ok());
    refused(pool([1, 2]), E::Padding { layer: 0, most: 1, found: 2 });
    // Rows 0 and 1 are seen by a window that steps over three at a time, from −3, −2, −1 and 0.
    let high = Window { padding: [3, 0], dilation: [3, 1], ..Window::new([2, 1, 1], [3, 1]) };
    let layer = |window| vec![Layer::MaxPool(step::MaxPool { window, bits: 8 })];
    assert!(Architecture::new(layer(high), 16).is_ok());
    let beside = Window { image: [1, 1, 1], padding: [4, 0], ..high };
    refused(layer(beside), E::Padding { layer: 0, most: 0, found: 4 });
    refused(vec![convolution(Window { image: [usize::MAX, 2, 2], ..WINDOW }, 1)], E::NoLinear);
    let wide = Window { padding: [usize::MAX / 2, 0], ..WINDOW };
    let limit = WindowError::Limit { what: "padding", most: Window::MOST_STEP, found: usize::MAX / 2 };
    refused(vec![convolution(wide, 1)], E::Window { layer: 0, error: limit });
    refused(vec![linear(usize::MAX / 8, 9, 12)], E::Overflow { layer: 0 });
    refused(
        vec![Layer::Convolution(step::Convolution { window: WINDOW, outputs: 0, groups: 1, bits: 12 })],
        E::Empty { layer: 0 },
    );
}

#[test]
fn every_value_that_is_gone_back_to_is_there_and_fits() {
    let back = |layer| vec![linear(3, 4, 12), layer];
    refused(back(Layer::Add(step::Add { value: 2 })), E::Value { layer: 1, most: 1, found: 2 });
    refused(back(Layer::From(step::From { value: 3 })), E::Value { layer: 1, most: 1, found: 3 });
    refused(back(Layer::Add(step::Add { value: 0 })), E::Inputs { layer: 1, expected: 4, found: 3 });
    let architecture = Architecture::new(back(Layer::From(step::From { value: 0 })), 16).unwrap();
    assert_eq!((architecture.outputs(), architecture.bits_out()), (3, 16));
}

#[test]
fn factors_parts_and_selections_are_to_fit() {
    let after = |layer: Layer| vec![linear(3, 4, 12), linear(4, 8, 12), layer];
    let multiply = |value, places, channels| after(step::Multiply { value, places, channels }.into());
    assert!(Architecture::new(multiply(1, 2, 4), 16).is_ok());
    assert!(Architecture::new(multiply(2, 2, 4), 16).is_ok());
    refused(multiply(0, 2, 4), E::Inputs { layer: 2, expected: 8, found: 3 });
    refused(multiply(1, 4, 4), E::Inputs { layer: 2, expected: 8, found: 16 });
    refused(multiply(3, 2, 4), E::Value { layer: 2, most: 2, found: 3 });
    refused(multiply(1, 2, 0), E::Empty { layer: 2 });
    refused(multiply(1, usize::MAX, 4), E::Overflow { layer: 2 });
    let concat = |values: &[usize], channels: &[usize]| {
        after(step::Concat { values: values.into(), channels: channels.into() }.into())
    };
    let joined = Architecture::new(concat(&[1, 2], &[4, 2, 4]), 16).unwrap();
    assert_eq!((joined.outputs(), joined.bits_out()), (20, 12));
    refused(concat(&[1], &[4, 3]), E::Inputs { layer: 2, expected: 6, found: 4 });
    refused(concat(&[1], &[3, 4]), E::Inputs { layer: 2, expected: 8, found: 6 });
    refused(concat(&[1], &[8]), E::Inputs { layer: 2, expected: 2, found: 1 });
    refused(concat(&[1], &[8, 0]), E::Empty { layer: 2 });
    refused(concat(&[5], &[8, 4]), E::Value { layer: 2, most: 2, found: 5 });
    let sum = |[blocks, rows, groups, channels]: [usize; 4]| {
        after(step::GroupSum { blocks, rows, groups, channels }.into())
    };
    let summed = Architecture::new(sum([2, 1, 2, 2]), 16).unwrap();
    assert_eq!((summed.outputs(), summed.bits_out()), (4, 12));
    refused(sum([2, 1, 2, 3]), E::Inputs { layer: 2, expected: 8, found: 12 });
    refused(sum([2, 1, 0, 4]), E::Empty { layer: 2 });
    refused(sum([usize::MAX, 2, 1, 4]), E::Overflow { layer: 2 });
    let matrices = |value, heads, [rows, inner, columns]: [usize; 3]| {
        after(step::MatMul { value, heads, rows, inner, columns, transposed: false }.into())
    };
    let product = Architecture::new(matrices(1, 1, [4, 2, 2]), 16).unwrap();
    assert_eq!((product.outputs(), product.bits_out()), (8, 12));
    refused(matrices(1, 1, [2, 2, 2]), E::Inputs { layer: 2, expected: 8, found: 4 });
    refused(matrices(1, 2, [2, 2, 2]), E::Inputs { layer: 2, expected: 8, found: 4 });
    refused(matrices(3, 2, [2, 2, 1]), E::Value { layer: 2, most: 2, found: 3 });
    refused(matrices(1, 0, [2, 2, 2]), E::Empty { layer: 2 });
    refused(matrices(1, usize::MAX, [2, 2, 2]), E::Overflow { layer: 2 });
    let select = |selection| after(step::Select { selection }.into());
    let all = Selection::new([2, 1, 4]);
    assert!(Architecture::new(select(all), 16).is_ok());
    refused(select(Selection::new([2, 2, 4])), E::Inputs { layer: 2, expected: 8, found: 16 });
    let groups = SelectionError::Groups { channels: 4, found: 3 };
    refused(select(Selection { groups: 3, ..all }), E::Selection { layer: 2, error: groups });
    let most = Selection::MOST;
    let what = "start of a selection";
    let start = SelectionError::Number { what, least: -most, most, found: i64::MAX.into() };
    refused(select(Selection { start: [0, i64::MAX, 0], ..all }), E::Selection { layer: 2, error: start });
}

#[test]
fn no_layer_takes_more_bits_than_are_right() {
    let after = |layer| vec![linear(3, 4, 12), layer];
    let window = Window::new([2, 2, 1], [2, 2]);
    for layer in [
        linear(4, 1, 13),
        Layer::Sign(step::Sign { bits: 13 }),
        Layer::Relu(step::Relu { bits: 13, shift: 2 }),
        Layer::Clip(step::Clip { bits: 13, low: 0, high: 6 }),
        Layer::MaxPool(step::MaxPool { window, bits: 13 }),
        Layer::Softmax(step::Softmax { classes: 4, bits: 13, fraction: 8 }),
    ] {
        refused(after(layer), E::Bits { layer: 1, most: 12, found: 13 });
    }
    let none = Architecture::with_inputs(4, vec![Layer::Truncate(step::Truncate { bits: 12, shift: 2 })], 0);
    assert_eq!(none, Err(E::Bits { layer: 0, most: 0, found: 12 }));
    // A truncation opens one bit more.
    refused(
        after(Layer::Truncate(step::Truncate { bits: 12, shift: 2 })),
        E::Bits { layer: 1, most: 11, found: 12 },
    );
    refused(
        vec![linear(3, 4, 16), Layer::Truncate(step::Truncate { bits: 16, shift: 2 })],
        E::Bits { layer: 1, most: 15, found: 16 },
    );
    let short = vec![linear(3, 4, 8), Layer::Lookup(step::Lookup { table: Table::new(9, |x| x) })];
    refused(short, E::Bits { layer: 1, most: 8, found: 9 });
    // The less right of two, and what comes out of a table, is right as a whole.
    let sum =
        vec![linear(4, 4, 12), Layer::Add(step::Add { value: 0 }), Layer::Sign(step::Sign { bits: 13 })];
    refused(sum, E::Bits { layer: 2, most: 12, found: 13 });
    let lifted = vec![
        linear(3, 4, 12),
        Layer::Lookup(step::Lookup { table: Table::new(9, |x| x) }),
        Layer::Sign(step::Sign { bits: 16 }),
    ];
    let architecture = Architecture::new(lifted, 16).unwrap();
    assert_eq!([0, 1, 2, 3].map(|value| architecture.right_bits(value)), [16, 12, 16, 16]);
}

#[test]
fn numbers_out_of_range_are_refused() {
    let after = |layer| vec![linear(3, 4, 12), layer];
    refused(
        after(Layer::Relu(step::Relu { bits: 12, shift: 12 })),
        E::Shift { layer: 1, most: 11, found: 12 },
    );
    refused(
        after(Layer::Truncate(step::Truncate { bits: 10, shift: 10 })),
        E::Shift { layer: 1, most: 9, found: 10 },
    );
    refused(
        after(Layer::Clip(step::Clip { bits: 9, low: 5, high: 5 })),
        E::Ends { layer: 1, low: 5, high: 5 },
    );
    let pairs = Table::pairs([2, 2], |a, b| a * b);
    refused(after(Layer::Lookup(step::Lookup { table: pairs })), E::Pairs { layer: 1 });
    for found in [0, 3, 8] {
        let layer = Layer::Softmax(step::Softmax { classes: found, bits: 9, fraction: 4 });
        refused(after(layer), E::Classes { layer: 1, elements: 4, found });
    }
    let layer = Layer::Softmax(step::Softmax { classes: 4, bits: 9, fraction: 15 });
    refused(after(layer), E::Fraction { layer: 1, most: 14, found: 15 });
    refused(vec![Layer::Relu(step::Relu { bits: 9, shift: 0 })], E::NoLinear);
    assert!(Architecture::with_inputs(7, vec![Layer::Relu(step::Relu { bits: 9, shift: 0 })], 16).is_ok());
}
