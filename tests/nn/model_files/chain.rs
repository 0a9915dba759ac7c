//! Files without a description: `fcN.weight_bits` and `fcN.bias`.

use proptest::prelude::*;
use ringshare::nn::{Input, LoadError, Op, Weight, load, load_with_input, op};
use safetensors::Dtype;

use super::any_file::any_file;
use super::files::{File, in_repository, skipped, small};

/// A network with the given widths; weights and biases count up. Its pixels are thresholded.
fn net(widths: &[usize]) -> File {
    let mut file = silent(widths);
    file.metadata.insert("input".into(), "1 if pixel >= 128 else 0".into());
    file
}

/// The same, which does not say what a pixel becomes.
fn silent(widths: &[usize]) -> File {
    widths.windows(2).enumerate().fold(File::default(), |file, (l, w)| {
        let (bytes, outputs) = (w[0] / 8, w[1]);
        let bits = (0..bytes * outputs).map(|i| i as u8).collect();
        let bias = (0..outputs).flat_map(|i| (i as i32 - 3).to_le_bytes()).collect();
        file.with(&format!("fc{}.weight_bits", l + 1), (Dtype::U8, vec![outputs, bytes], bits))
            .with(&format!("fc{}.bias", l + 1), (Dtype::I32, vec![outputs], bias))
    })
}

#[test]
fn a_small_network_is_read_bit_for_bit() {
    let loaded = load(&net(&[16, 8, 2]).bytes()).unwrap();
    assert_eq!(loaded.input, Input::Threshold { at: 128 });
    assert_eq!((loaded.model.input(), loaded.model.output()), ([1, 1, 16], [1, 1, 2]));
    let [first, sign, last] = loaded.model.nodes() else { panic!("{:?}", loaded.model) };
    assert_eq!([&first.name, &sign.name, &last.name], ["fc1", "sign1", "fc2"]);
    let Op::Linear(op::Linear { weight, bias }) = &first.op else { panic!("{first:?}") };
    assert_eq!(*weight, Weight::Signs((0..16).collect()));
    assert_eq!(bias, &[-3., -2., -1., 0., 1., 2., 3., 4.]);
    let mut row = [0.; 16];
    weight.row(1, &mut row);
    assert_eq!(row, [-1, -1, -1, -1, -1, -1, 1, -1, -1, -1, -1, -1, -1, -1, 1, 1].map(|w: i8| f32::from(w)));
    assert_eq!(sign.op, Op::Sign(op::Sign));
}

#[test]
fn words_in_the_metadata_name_the_input() {
    for (words, input) in [
        ("1 if pixel >= 128 else 0", Input::Threshold { at: 128 }),
        ("pixel >> 4 (0..15)", Input::HighBits { drop: 4 }),
    ] {
        let mut file = net(&[16, 2]);
        file.metadata.insert("input".into(), words.into());
        assert_eq!(load(&file.bytes()).unwrap().input, input);
    }
    let mut file = net(&[16, 2]);
    file.metadata.insert("input".into(), "pixel / 255".into());
    file.refused(&["expected the input to be", "found `pixel / 255`"]);
}

#[test]
fn what_a_pixel_becomes_is_said_once_by_the_file_or_by_the_caller() {
    let file = silent(&[16, 8, 2]);
    file.refused(&["expected the metadata `input`", "nothing says what a pixel becomes"]);
    assert_eq!(load(&file.bytes()).unwrap_err(), LoadError::NoInput);
    let input = Input::HighBits { drop: 2 };
    let loaded = load_with_input(&file.bytes(), input).unwrap();
    assert_eq!(loaded.input, input);
    let said = load(&net(&[16, 8, 2]).bytes()).unwrap();
    assert_eq!(loaded.model, said.model);
    // Words that this library does not know are no reason to ask in vain.
    let mut words = file.clone();
    words.metadata.insert("input".into(), "pixel / 255".into());
    assert_eq!(load_with_input(&words.bytes(), input).unwrap().input, input);
    for file in [net(&[16, 8, 2]), small()] {
        assert_eq!(load_with_input(&file.bytes(), input).unwrap_err(), LoadError::InputTwice);
    }
}

#[test]
fn a_file_cut_short_or_continued_is_refused() {
    let good = net(&[16, 8, 2]).bytes();
    (0..good.len()).for_each(|n| assert!(any_file(&good[..n]).is_err(), "{n} of {}", good.len()));
    assert!(any_file(&[&good[..], &[0]].concat()).is_err());
}

#[test]
fn missing_and_extra_tensors_are_named() {
    for (gone, reason) in [
        ("fc1.bias", "a tensor `fc1.bias`, found none"),
        ("fc1.weight_bits", "a tensor `fc1.weight`, found none"),
        ("fc3.bias", "a tensor `fc3.bias`, found none"),
    ] {
        net(&[8, 8, 8, 2]).without(gone).refused(&[reason]);
    }
    let gap = net(&[8, 8, 8, 2]).without("fc2.bias").without("fc2.weight_bits");
    gap.refused(&["a tensor `fc2.weight_bits`, found none"]);
    for extra in ["conv1.weight", "fc1.weight", "fc02.bias", "fc0.bias", "fc.bias", "a\nb"] {
        let file = net(&[8, 8, 2]).with(extra, (Dtype::U8, vec![1], vec![0]));
        file.refused(&["only tensors of the layers", &format!("found `{}`", extra.escape_debug())]);
    }
    net(&[8]).refused(&["expected a description"]);
}

#[test]
fn wrong_types_and_shapes_are_named() {
    let wrong = |name: &str, tensor, words: &[&str]| net(&[8, 8, 2]).with(name, tensor).refused(words);
    let bits = "fc1.weight_bits";
    wrong(bits, (Dtype::I8, vec![8, 1], vec![0; 8]), &["`fc1.weight_bits`", "type U8, found I8"]);
    wrong(bits, (Dtype::U8, vec![8], vec![0; 8]), &["`fc1.weight_bits`", "found [8]"]);
    wrong(bits, (Dtype::U8, vec![8, 0], vec![]), &["expected a shape of 1 to", "found [0, 1, 1]"]);
    wrong(
        bits,
        (Dtype::U8, vec![0, 1], vec![]),
        &["`fc1.weight_bits`: expected shape [out, 1]", "found [0, 1]"],
    );
    wrong(bits, (Dtype::U8, vec![9, 1], vec![0; 9]), &["`fc1.bias`: expected shape [9]", "found [8]"]);
    wrong("fc2.weight_bits", (Dtype::U8, vec![2, 2], vec![0; 4]), &["[out, 1] for rows of 8 bits", "[2, 2]"]);
    wrong(
        "fc2.bias",
        (Dtype::U8, vec![2], vec![0; 2]),
        &["`fc2.bias`: expected elements of type", "found U8"],
    );
    let large = i32::MAX.to_le_bytes().repeat(2);
    wrong("fc2.bias", (Dtype::I32, vec![2], large), &["`fc2.bias`", "found 2147483647 in place 0"]);
}

#[test]
fn unused_bits_must_be_0() {
    let file =
        net(&[8, 12, 2]).with("fc2.weight_bits", (Dtype::U8, vec![2, 2], vec![0xff, 0xf0, 0xff, 0xf0]));
    load(&file.bytes()).unwrap();
    let file = file.with("fc2.weight_bits", (Dtype::U8, vec![2, 2], vec![0xff, 0xf0, 0xff, 0xf8]));
    file.refused(&["`fc2.weight_bits`", "found 248 in place 3"]);
}

#[test]
fn the_reference_networks_have_known_shapes() {
    for (path, input) in [
        ("examples/data/bmlp_sign_4096_mnist.safetensors", Input::Threshold { at: 128 }),
        ("../shared/models/bmlp_sign_4096_fashion.safetensors", Input::HighBits { drop: 4 }),
    ] {
        let Some(path) = in_repository(path) else {
            skipped(path);
            continue;
        };
        let loaded = load(&std::fs::read(&path).unwrap()).unwrap();
        let widths: Vec<_> = loaded.model.nodes().iter().map(|node| node.shape[2]).collect();
        assert_eq!(loaded.model.input(), [1, 1, 784]);
        assert_eq!(widths, [4096, 4096, 4096, 4096, 4096, 4096, 10]);
        assert_eq!(loaded.input, input);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(at in 0usize..400, byte: u8, tail in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut damaged = net(&[16, 8, 2]).bytes();
        let at = at % damaged.len();
        damaged[at] = byte;
        let _ = any_file(&damaged);
        damaged.truncate(at);
        damaged.extend(tail);
        let _ = any_file(&damaged);
    }
}
