//! Arguments, the report, and how the program ends on bad arguments and bad files.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command as Process, Output};

use crate::args::{Args, Command, Kind, Topology};
use crate::report::{Counts, Phase, Phases, Plain, Report, Table};

fn read(args: &[&str]) -> Result<Args, String> {
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
    assert_eq!((args.topology, args.bits, args.seed, args.logits), (Topology::Auto, None, None, false));
    assert!(args.data_dir().ends_with("examples/data/mnist"));
    assert!(args.model_file().ends_with("examples/data/bmlp_sign_4096_mnist.safetensors"));
    let args =
        read(&["--parties=16", "--bits", "2", "--seed", "18446744073709551615", "--topology", "scatter"])
            .unwrap();
    assert_eq!((args.parties, args.bits, args.seed), (16, Some(2), Some(u64::MAX)));
}

#[test]
fn bad_arguments_are_named_on_one_line() {
    for bad in [
        &["--parties", "1"][..],
        &["--parties", "17"],
        &["--batch", "0"],
        &["--images", "0"],
        &["--bits", "1"],
        &["--bits", "17"],
        &["--seed", "x"],
        &["--topology", "ring"],
        &["--dataset", "cifar"],
        &["--show"],
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
        cpu_all_s: 2.0,
        peak_rss_bytes: Some(7),
        ..Phase::default()
    };
    let phases =
        Phases { setup: phase(1.0, 1), dealer: phase(2.0, 0), offline: phase(3.0, 0), online: phase(4.0, 9) };
    let counts = Counts { parties: 2, batch: 128, images: 1000, correct: 979, agree: 1000 };
    let plain = Plain { wall_s: 2.0, cpu_s: 2.0, peak_rss_bytes: None };
    let json = serde_json::to_string(&Report::new(counts, &phases, &plain)).unwrap();
    let expected = concat!(
        r#"{"parties":2,"batch":128,"images":1000,"correct":979,"agree":1000,"setup_s":1.0,"dealer_s":2.0,"#,
        r#""offline_s":3.0,"online_s":4.0,"plain_s":2.0,"rounds":9,"sent_bytes":0,"dealer_bytes":0,"peak_rss_bytes":7}"#
    );
    assert_eq!(json, expected);
    let table = Table { counts, phases: &phases, plain: &plain }.to_string();
    for part in
        ["setup", "offline at the dealer", "offline at a party", "online", "2.00 x", "3.00 x", "97.90 %"]
    {
        assert!(table.contains(part), "{part} in\n{table}");
    }
}

/// Runs the example, which `cargo test` builds beside the tests.
fn run(args: &[&str]) -> Option<Output> {
    let deps: PathBuf = std::env::current_exe().ok()?.parent()?.into();
    let program = deps.parent()?.join("examples").join(format!("classify{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        crate::skipped("the built example");
        return None;
    }
    Some(Process::new(program).args(args).output().unwrap())
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
        (&["--model", manifest], 1, "not a safetensors file"),
        (&["--model", root], 1, "expected a file"),
        (&["--model", "no such file"], 1, "no such file"),
        (&["--images", "1000000"], 2, "there are only 1000 images"),
        (&["--images", "5", "--show", "5"], 2, "expected an image from 0 to 4"),
        (&["--parties", "1"], 2, "--parties"),
    ] {
        let Some(output) = run(args) else { return };
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.lines().count() == 1, "{args:?}: {stderr}");
        let packaged = crate::in_repository("examples/data").is_none();
        assert!(stderr.contains(part) || packaged, "{args:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
}
