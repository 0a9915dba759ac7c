//! `--outputs`: models of any shape on numbers whose outputs are known.

use ringshare::nn::Input;
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};

use super::command_line::{read, run};
use super::in_repository;
use classify::outputs::{Numbers, difference};

#[test]
fn numbers_are_read_with_channels_last_and_in_the_expected_shape_only() {
    let numbers: Vec<u8> = (0..12).flat_map(|x| (x as f32).to_le_bytes()).collect();
    let pixels: Vec<u8> = (0..12).collect();
    let views = [
        ("image", TensorView::new(Dtype::F32, vec![1, 2, 3, 2], &numbers).unwrap()),
        ("vectors", TensorView::new(Dtype::F32, vec![4, 3], &numbers).unwrap()),
        ("pixels", TensorView::new(Dtype::U8, vec![2, 6, 1, 1], &pixels).unwrap()),
    ];
    let file = serialize(views, None).unwrap();
    let file = SafeTensors::deserialize(&file).unwrap();
    let get = |name: &str, shape, input| Numbers::read(&file, name, shape, input);
    let image = get("image", [3, 2, 2], None).unwrap().unwrap();
    assert_eq!((image.count, &image.values[..4]), (1, &[0.0, 6.0, 1.0, 7.0][..]));
    let vectors = get("vectors", [1, 1, 3], None).unwrap().unwrap();
    assert_eq!((vectors.count, vectors.values[11]), (4, 11.0));
    let map = Input::Scaled { scale: 2.0, shift: 1.0 };
    assert_eq!(get("pixels", [1, 1, 6], Some(map)).unwrap().unwrap().values[2], 5.0);
    assert_eq!(get("nothing", [1, 1, 3], None).unwrap(), None);
    for (name, shape, input) in [
        ("image", [2, 3, 2], None),
        ("vectors", [1, 3, 1], None),
        ("pixels", [1, 1, 6], None),
        ("image", [3, 2, 2], Some(map)),
    ] {
        let wrong = get(name, shape, input).unwrap_err();
        assert!(wrong.contains(name) && wrong.contains("expected"), "{wrong}");
    }
}

#[test]
fn a_difference_is_a_part_of_the_largest_output() {
    assert_eq!(difference(&[1.0, -4.0, 2.0], &[1.5, -4.0, 1.0]), 0.25);
    assert!(difference(&[1.0], &[f32::NAN]).is_nan());
}

#[test]
fn outputs_of_models_of_any_shape_are_those_of_pytorch() {
    for name in ["cnn", "residual", "mlp"] {
        let path = |end: &str| {
            in_repository(&format!("tests/data/{name}{end}")).map(|path| path.display().to_string())
        };
        let (Some(model), Some(numbers)) = (path(".safetensors"), path(".expected.safetensors")) else {
            return;
        };
        let json = std::env::temp_dir().join(format!("ringshare-outputs-{name}-{}", std::process::id()));
        let file = json.display().to_string();
        let arguments = [
            "--model",
            &model,
            "--outputs",
            &numbers,
            "--bits",
            "24",
            "--images",
            "10",
            "--batch",
            "4",
            "--json",
            &file,
        ];
        let output = run(&arguments);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let found: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
        std::fs::remove_file(&json).unwrap();
        let number = |key: &str| found[key].as_f64().unwrap();
        assert_eq!((number("images"), number("batch"), number("parties")), (10.0, 4.0, 2.0));
        assert!(number("float_difference") < 1e-5 && number("difference") < 0.01, "{name}: {found}");
        assert!(
            number("rounds") > 0.0 && number("sent_bytes") > 0.0 && number("dealer_bytes") > 0.0,
            "{found}"
        );
    }
}

#[test]
fn what_does_not_fit_the_numbers_is_an_error() {
    for other in [
        &["--show", "1"][..],
        &["--dataset", "mnist"],
        &["--report", "x"],
        &["--logits"],
        &["--hidden", "legendre-0"],
        &["--comparison", "legendre-0"],
        &["--comparison", "legendre-2"],
    ] {
        let arguments = [&["--model", "x", "--outputs", "y"], other].concat();
        let error = read(&arguments).unwrap_err();
        assert!(error.contains("--outputs") && error.contains(other[0]), "{error}");
    }
    read(&["--model", "x", "--outputs", "y", "--comparison", "dcf", "--topology", "direct"]).unwrap();
    let path = |name: &str| {
        in_repository(&format!("tests/data/{name}.safetensors")).map(|path| path.display().to_string())
    };
    let (Some(model), Some(numbers)) = (path("mlp"), path("cnn.expected")) else { return };
    let output = run(&["--model", &model, "--outputs", &numbers]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && text.contains("`pixels`: expected U8 of shape [N, 1, 4, 5]"),
        "{text}"
    );
    let Some(model) = in_repository("examples/data/bmlp_sign_4096_mnist.safetensors") else { return };
    let output = run(&["--model", &model.display().to_string(), "--outputs", &numbers, "--bits", "12"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("--bits 12") && text.contains("binarized"), "{text}");
}
