//! Tensors that do not fit the description, and files that are none.

use proptest::prelude::*;
use ringshare::nn::{LoadError, Op, Weight, load, op};
use safetensors::Dtype;
use serde_json::json;

use super::any_file::any_file;
use super::files::{File, small};

#[test]
fn every_missing_tensor_and_every_extra_one_is_named() {
    for name in small().tensors.keys() {
        small().without(name).refused(&[&format!("a tensor `{name}`, found none")]);
    }
    small().counting("fc2.bias", &[1]).refused(&["only tensors of the layers, found `fc2.bias`"]);
    small().counting("fc.weight_bits", &[1]).refused(&["`fc.weight_bits`: expected elements of type U8"]);
}

#[test]
fn what_pytorch_counts_in_a_norm_is_no_matter() {
    let file = small().with("norm.num_batches_tracked", (Dtype::I64, vec![], vec![0; 8]));
    assert_eq!(load(&file.bytes()), load(&small().bytes()));
    small().with("fc.num_batches_tracked", (Dtype::I64, vec![], vec![0; 8])).refused(&["found `fc.num"]);
}

#[test]
fn every_wrong_shape_is_named_with_what_was_expected() {
    for (name, shape, expected) in [
        ("conv.weight", &[5, 3, 3, 3][..], "[out, 2, kh, kw] for 2 channels in each of 1 groups"),
        ("conv.weight", &[5, 18], "[out, 2, kh, kw]"),
        ("conv.weight", &[5, 2, 0, 3], "[out, 2, kh, kw]"),
        ("conv.weight", &[0, 2, 3, 3], "[out, 2, kh, kw]"),
        ("conv.bias", &[6], "[5] for the 5 outputs"),
        ("conv.bias", &[5, 1], "[5] for the 5 outputs"),
        ("norm.running_mean", &[4], "[5] for 5 channels"),
        ("fc.weight", &[3, 21], "[out, 20] for the 20 values before it"),
        ("fc.weight", &[60], "[out, 20]"),
        ("fc.weight", &[0, 20], "[out, 20]"),
        ("fc.bias", &[], "[3] for the 3 outputs"),
    ] {
        small().counting(name, shape).refused(&[&format!("`{name}`"), expected, &format!("found {shape:?}")]);
    }
}

#[test]
fn sizes_whose_product_is_no_number_are_refused() {
    let description = small().metadata["ringshare"].replace('"', "\\\"");
    for shape in
        ["[1099511627776,0,1099511627776,1]", "[1099511627776,2,1099511627776,0]", "[0,2,1099511627776,1]"]
    {
        let header = format!(
            r#"{{"__metadata__":{{"ringshare":"{description}"}},"conv.weight":{{"dtype":"F32","shape":{shape},"data_offsets":[0,0]}}}}"#
        );
        let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
        let error = any_file(&file).unwrap_err().to_string();
        assert!(error.contains("overflow") || error.contains("`conv.weight`: expected shape"), "{error}");
    }
}

#[test]
fn numbers_that_are_none_are_named_with_their_place() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        small().single("fc.bias", &[3], &[0., 1., bad]).refused(&[
            "`fc.bias`",
            &bad.to_string(),
            "in place 2",
        ]);
        let mut weights = vec![1.; 90];
        weights[31] = bad;
        small().single("conv.weight", &[5, 2, 3, 3], &weights).refused(&["`conv.weight`", "in place 31"]);
    }
    let large = [0., 1e39, 0.].iter().flat_map(|v: &f64| v.to_le_bytes()).collect();
    small().with("fc.bias", (Dtype::F64, vec![3], large)).refused(&[
        "`fc.bias`",
        "single precision",
        "place 1",
    ]);
    small().single("norm.running_var", &[5], &[1., 1., -1., 1., 1.]).refused(&[
        "`norm.running_var`",
        "positive",
        "found -1 in place 2",
    ]);
}

#[test]
fn reals_of_every_type_are_read() {
    let expected = load(&small().single("fc.bias", &[3], &[1.5, -0.25, 1024.]).bytes()).unwrap();
    for (dtype, bytes) in [
        (Dtype::F64, [1.5f64, -0.25, 1024.].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>()),
        (Dtype::F16, [0x3e00u16, 0xb400, 0x6400].iter().flat_map(|v| v.to_le_bytes()).collect()),
        (Dtype::BF16, [0x3fc0u16, 0xbe80, 0x4480].iter().flat_map(|v| v.to_le_bytes()).collect()),
    ] {
        assert_eq!(
            load(&small().with("fc.bias", (dtype, vec![3], bytes)).bytes()).unwrap(),
            expected,
            "{dtype:?}"
        );
    }
    let integers = (Dtype::I32, vec![5, 2, 3, 3], vec![0; 360]);
    small().with("conv.weight", integers).refused(&["`conv.weight`", "found I32"]);
    small().with("fc.bias", (Dtype::I64, vec![3], vec![0; 24])).refused(&["`fc.bias`", "found I64"]);
}

#[test]
fn channels_come_last() {
    let loaded = load(&small().bytes()).unwrap();
    let nodes = loaded.model.nodes();
    assert_eq!(loaded.model.input(), [4, 3, 2]);
    assert_eq!(nodes[0].shape, [4, 1, 5]);
    let Op::Convolution(op::Convolution { weight: Weight::Real(conv), .. }) = &nodes[0].op else { panic!() };
    // [output, channel, place] counted up from 1 becomes [output, place, channel].
    assert_eq!(conv[..6], [1., 10., 2., 11., 3., 12.]);
    assert_eq!(conv[18..20], [19., 28.]);
    let Op::Linear(op::Linear { weight: Weight::Real(fc), .. }) = &nodes[4].op else { panic!() };
    assert_eq!(fc[..7], [1., 5., 9., 13., 17., 2., 6.]);
    assert_eq!(fc[20], 21.);
}

#[test]
fn a_norm_is_scale_and_shift() {
    let file = small()
        .single("norm.weight", &[5], &[1., 2., -3., 0., 1.])
        .single("norm.bias", &[5], &[0., 1., 2., 3., 4.])
        .single("norm.running_mean", &[5], &[0., 1., 1., 5., -2.])
        .single("norm.running_var", &[5], &[0.25, 0.25, 1., 1., 4.]);
    let text = file.metadata["ringshare"].replace(r#""type":"batch_norm""#, r#""type":"batch_norm","eps":0"#);
    let loaded = ringshare::nn::load_with(&file.bytes(), &text).unwrap();
    let Op::Normalise(norm) = &loaded.model.nodes()[1].op else { panic!() };
    assert_eq!(norm.folded(), [[2., 4., -3., 0., 0.5], [0., -3., 5., 3., 5.]]);
    assert_eq!(
        (&norm.mean[..], &norm.variance[..]),
        (&[0., 1., 1., 5., -2.][..], &[0.25, 0.25, 1., 1., 4.][..])
    );
}

#[test]
fn packed_convolutions_need_their_size() {
    let layers = json!([{ "name": "conv", "type": "conv2d", "size": [2, 2], "groups": 2, "bias": false }]);
    // Two channels in each group, [channel, place] to [place, channel]: 1111 0000 to 10 10 10 10, 1100 0101 to
    // 10 11 00 01.
    let bits = (Dtype::U8, vec![2, 1], vec![0b1111_0000, 0b1100_0101]);
    let file = File::new(&[4, 2, 3], layers).with("conv.weight_bits", bits.clone());
    let loaded = load(&file.bytes()).unwrap();
    let Op::Convolution(op::Convolution { weight, groups: 2, bias, .. }) = &loaded.model.nodes()[0].op else {
        panic!()
    };
    assert_eq!(*weight, Weight::Signs(vec![0b1010_1010, 0b1011_0001]));
    assert_eq!(bias, &[0., 0.]);
    let layers = json!([{ "name": "conv", "type": "conv2d", "groups": 2, "bias": false }]);
    File::new(&[4, 2, 3], layers).with("conv.weight_bits", bits).refused(&["layer `conv`", "`size`"]);
}

#[test]
fn what_is_no_container_is_refused_in_words() {
    for (file, words) in [
        (&b""[..], "at least 8 bytes, found 0"),
        (b"1234567", "at least 8 bytes, found 7"),
        (b"PK\x03\x04 an archive of PyTorch", "archive of torch.save"),
        (
            b"\xff\xff\xff\xff\xff\xff\xff\x7f{}",
            "a header of at most 2 bytes, found one of 9223372036854775807",
        ),
        (b"\x02\0\0\0\0\0\0\0[]", "begins with `{`"),
        (b"\x02\0\0\0\0\0\0\0{]", "JSON"),
        (b"\x02\0\0\0\0\0\0\0{}and more", "not fully covered"),
        (b"\x02\0\0\0\0\0\0\0{}", "expected a description"),
    ] {
        let error = any_file(file).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(matches!(load(b"PK"), Err(LoadError::Container { .. })));
}

#[test]
fn a_file_cut_short_or_continued_is_refused() {
    let good = small().bytes();
    (0..good.len()).for_each(|n| assert!(any_file(&good[..n]).is_err(), "{n} of {}", good.len()));
    assert!(any_file(&[&good[..], &[0]].concat()).is_err());
}

proptest! {
    #[test]
    fn a_damaged_byte_is_no_panic(at: prop::sample::Index, byte: u8) {
        let mut damaged = small().bytes();
        let at = at.index(damaged.len());
        damaged[at] = byte;
        let _ = any_file(&damaged);
    }
}
