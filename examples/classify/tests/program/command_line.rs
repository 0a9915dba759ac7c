//! Arguments, the report, and how the program ends on bad arguments and bad files.

use std::ffi::OsString;
use std::process::{Command as Process, Output};

use classify::args::{Args, Command, Kind, Model, Rounds, Topology};
use classify::report::{Counts, Phase, Phases, Plain, Report, Table};
use classify::sweep::Row;

use crate::models::small_file;
use crate::{in_repository, skipped};

/// Reads arguments.
pub(crate) fn read(args: &[&str]) -> Result<Args, String> {
    let args = std::iter::once("classify").chain(args.iter().copied()).map(OsString::from);
    match Args::read(args).map_err(|e| e.to_string())? {
        Command::Run(args) => Ok(*args),
        Command::Print(text) => Err(text),
    }
}

#[test]
fn the_defaults_are_two_parties_and_128_mnist_images() {
    let args = read(&[]).unwrap();
    assert_eq!((args.dataset, args.parties, args.batch, args.images), (Kind::Mnist, 2, 128, None));
    assert_eq!(
        (args.topology, &args.bits[..], args.seed, args.logits),
        (Topology::Auto, &[][..], None, false)
    );
    assert_eq!(
        (args.rounding, args.dry, args.verbose, args.report.is_none()),
        (Rounds::Stochastic, false, false, true)
    );
    assert!(args.data_dir().ends_with("examples/data/mnist"));
    assert!(args.model_file().ends_with("examples/data/bmlp_sign_4096_mnist.safetensors"));
    let args =
        read(&["--parties=16", "--bits", "2", "--seed", "18446744073709551615", "--topology", "scatter"])
            .unwrap();
    assert_eq!((args.parties, args.bits, args.seed), (16, vec![2], Some(u64::MAX)));
}

#[test]
fn models_are_named_or_files_and_bits_are_one_or_several() {
    for (text, name) in [("bmlp", "bmlp_sign_4096"), ("mlp", "mlp_relu"), ("cnn", "cnn")] {
        let args = read(&["--model", text, "--dataset", "fashion"]).unwrap();
        assert_eq!(args.model, Model::Named(name));
        assert!(args.model_file().ends_with(format!("{name}_fashion.safetensors")));
    }
    let args = read(&["--model", "x/cnn"]).unwrap();
    assert_eq!((&args.model, args.model_file()), (&Model::File("x/cnn".into()), "x/cnn".into()));
    let args = read(&["--bits", "10,12,64", "--rounding", "floor", "--dry", "--report", "d"]).unwrap();
    assert_eq!((&args.bits[..], args.rounding, args.dry), (&[10, 12, 64][..], Rounds::Floor, true));
}

#[test]
fn bad_arguments_are_named_on_one_line() {
    for bad in [
        &["--parties", "1"][..],
        &["--parties", "17"],
        &["--batch", "0"],
        &["--images", "0"],
        &["--bits", "1"],
        &["--bits", "65"],
        &["--bits", "12,1"],
        &["--bits", "12,,14"],
        &["--rounding", "up"],
        &["--report"],
        &["--seed", "x"],
        &["--topology", "ring"],
        &["--dataset", "cifar"],
        &["--show"],
        &["--comparison", "dcf", "--parties", "3"],
        &["--hidden", "dcf", "--parties", "3"],
        &["--hidden", "legendre"],
        &["--input", "threshold"],
        &["--input", "threshold=256"],
        &["--input", "drop-bits=8"],
        &["--input", "scale=1"],
        &["--input", "scale=inf,shift=0"],
        &["--save", "x", "--bits", "8,9"],
        &["--check"],
        &["--check", "x", "--dry"],
        &["--unknown"],
        &["extra"],
    ] {
        let error = read(bad).unwrap_err();
        assert!(!error.contains('\n') && error.contains(bad[0]), "{error}");
        assert!(!error.starts_with("error") && !error.contains("Usage"), "{error}");
    }
}

#[test]
fn the_report_has_its_keys_in_one_object() {
    let phase = |wall_s, rounds| Phase {
        wall_s,
        rounds,
        cpu_s: 1.0,
        cpu_all_s: 2.0,
        peak_rss_bytes: Some(7),
        ..Phase::default()
    };
    let phases =
        Phases { setup: phase(1.0, 1), dealer: phase(2.0, 0), offline: phase(3.0, 0), online: phase(4.0, 9) };
    let counts = Counts { parties: 2, batch: 128, images: 1000, correct: 979, agree: 1000 };
    let plain = Plain { wall_s: 2.0, cpu_s: 1.5, peak_rss_bytes: None };
    let json = serde_json::to_string(&Report::new(counts, &phases, &plain)).unwrap();
    let expected = concat!(
        r#"{"parties":2,"batch":128,"images":1000,"correct":979,"agree":1000,"setup_s":1.0,"dealer_s":2.0,"#,
        r#""offline_s":3.0,"online_s":4.0,"plain_s":2.0,"#,
        r#""dealer_cpu_s":1.0,"offline_cpu_s":1.0,"online_cpu_s":1.0,"all_cpu_s":6.0,"plain_cpu_s":1.5,"#,
        r#""rounds":9,"sent_bytes":0,"dealer_bytes":0,"peak_rss_bytes":7}"#
    );
    assert_eq!(json, expected);
    let row = Row {
        bits: 12,
        ring: 16,
        fractions: [3, 9],
        images: 4,
        correct: 2,
        agree: 3,
        rounds: 9,
        sent_bytes: 1500.0,
        online_ms: 0.25,
    };
    let report = Report { sweep: vec![row.clone()], ..Report::new(counts, &phases, &plain) };
    let json = serde_json::to_string(&report).unwrap();
    let expected = concat!(
        r#","sweep":[{"bits":12,"ring":16,"fractions":[3,9],"images":4,"correct":2,"agree":3,"rounds":9,"#,
        r#""sent_bytes":1500.0,"online_ms":0.25}]}"#
    );
    assert!(json.ends_with(expected), "{json}");
    for part in ["12", "3 to 9", "50.00", "75.00", "1.50", "0.2500"] {
        assert!(row.to_string().contains(part), "{part} in {row}");
    }
    assert_eq!(row.to_string().len(), Row::heading().trim_end().len());
    let table = Table { counts, phases: &phases, plain: &plain }.to_string();
    for part in
        ["setup", "offline at the dealer", "offline at a party", "online", "2.00 x", "3.00 x", "97.90 %"]
    {
        assert!(table.contains(part), "{part} in\n{table}");
    }
}

/// Runs the program as it is built.
pub(crate) fn run(args: &[&str]) -> Output {
    Process::new(env!("CARGO_BIN_EXE_classify")).args(args).output().unwrap()
}

#[test]
fn the_help_names_every_argument() {
    let output = run(&["--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    for argument in ["--dataset", "--model", "--parties", "--batch", "--images", "--bits", "--comparison"] {
        assert!(text.contains(argument), "{argument} in\n{text}");
    }
}

#[test]
fn bad_files_end_the_program_with_one_line() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let root = env!("CARGO_MANIFEST_DIR");
    for (args, code, part) in [
        (
            &["--data", manifest][..],
            1,
            "found no t10k-images-idx3-ubyte[.gz] or digits-images-idx3-ubyte[.gz]",
        ),
        (&["--data", root], 1, "found no t10k-images-idx3-ubyte[.gz] or digits-images-idx3-ubyte[.gz]"),
        (&["--model", manifest], 1, "safetensors"),
        (&["--model", root], 1, "expected a file"),
        (&["--model", "no such file"], 1, "no such file"),
        (&["--check", "no such file"], 1, "no such file"),
        (&["--check", manifest], 1, "safetensors"),
        (&["--images", "1000000"], 2, "there are only 1000 images"),
        (&["--images", "5", "--show", "5"], 2, "expected an image from 0 to 4"),
        (&["--parties", "1"], 2, "--parties"),
        (&["--images", "3", "--bits", "17"], 2, "--bits 17"),
        (&["--images", "3", "--report", manifest], 1, "Cargo.toml"),
        (&["--images", "3", "--save", "no such directory/x"], 1, "no such directory"),
        (&["--images", "3", "--json", "no such directory/x"], 1, "no such directory"),
        (&["--images", "3", "--comparison", "dcf", "--parties", "3"], 2, "--comparison dcf"),
        (
            &["--images", "3", "--model", "mlp", "--bits", "12,41"],
            2,
            "--bits 41: expected 8 to 40 for mlp_relu_mnist",
        ),
        (&["--images", "3", "--model", "cnn", "--dataset", "fashion", "--bits", "7"], 2, "cnn_fashion"),
    ] {
        let output = run(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.lines().count() == 1, "{args:?}: {stderr}");
        let packaged = in_repository("examples/data").is_none();
        assert!(stderr.contains(part) || packaged, "{args:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_checked_file_may_take_any_images_and_its_layers_are_printed() {
    let Some(file) = in_repository("tests/data/residual.safetensors") else {
        return skipped("the networks from PyTorch");
    };
    let output = run(&["--check", file.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    for part in ["layer", "7×6×2", "back_to_relu_1", "view"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

/// The file that a dry run of a model writes.
fn dry_json(model: &str, bits: &[&str]) -> serde_json::Value {
    let file = std::env::temp_dir().join(format!("ringshare-dry-{}.json", std::process::id()));
    let output = run(&[
        &["--model", model, "--images", "3", "--dry", "--json", file.to_str().unwrap()],
        bits,
    ]
    .concat());
    assert!(output.status.success());
    let report = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    report
}

#[test]
fn a_dry_run_says_what_the_run_would_cost_and_a_sweep_has_a_row_for_each_length() {
    if in_repository("examples/data/mnist").is_none() {
        return skipped("the shipped digits");
    }
    let path = small_file("dry");
    let model = path.to_str().unwrap();
    let output = run(&["--model", model, "--images", "3", "--dry", "--verbose"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for part in
        ["expected of the setup", "expected of each of    1 batches", "rounds", "fc1", "sign3", "Z_2^16"]
    {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains("correct"));
    for (bits, paths) in
        [(&[][..], &["/setup", "/batch"][..]), (&["--bits", "4,14"], &["/sweep/0/setup", "/sweep/1/batch"])]
    {
        let report = dry_json(model, bits);
        for key in ["rounds", "sent_bytes", "dealer_bytes", "memory_bytes"] {
            for path in paths {
                assert!(report.pointer(&format!("{path}/{key}")).is_some_and(|v| v.is_u64()), "{report}");
            }
        }
        for key in ["offline", "online", "dealer"] {
            let seconds = report.pointer(&format!("{}/seconds/{key}", paths[1])).and_then(|v| v.as_f64());
            assert!(seconds.is_some_and(|seconds| seconds > 0.0), "{report}");
        }
        assert_eq!(report["bits"].as_u64().or(report["sweep"][1]["bits"].as_u64()), bits.last().map(|_| 14));
    }
    let file = std::env::temp_dir().join(format!("ringshare-sweep-{}.json", std::process::id()));
    let json = file.to_str().unwrap();
    let output = run(&["--model", model, "--images", "3", "--bits", "4,14", "--seed", "1", "--json", json]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    let rows: Vec<_> = text
        .lines()
        .filter(|l| l.trim_start().starts_with("4 ") || l.trim_start().starts_with("14 "))
        .collect();
    assert_eq!(rows.len(), 2, "{text}");
    assert!(rows[1].contains("100.00"), "{text}");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!((report["images"].as_u64(), report["sweep"][0]["bits"].as_u64()), (Some(3), Some(4)));
    assert_eq!(report["sweep"][1]["agree"].as_u64(), Some(3));
}
