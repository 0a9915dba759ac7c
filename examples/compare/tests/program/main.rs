//! The example `compare`: its rows are what the families say they cost, its files are what programs read, and bad
//! arguments are told by name.

mod check;

use std::ffi::OsString;
use std::process::{Command as Process, Output as Done};

use compare::args::{Args, Command, Output};
use compare::json::Report;
use compare::measure::{Job, Outcome};
use compare::{families, measure, svg, table};
use ringshare::correlation::compare::{Plan, Task};
use ringshare::offline::Elements;
use ringshare::protocol::Family;
use ringshare::with_ring;
use serde_json::Value;

fn read(args: &[&str]) -> Result<Args, String> {
    let args = std::iter::once("compare").chain(args.iter().copied()).map(OsString::from);
    match Args::read(args).map_err(|e| e.to_string())? {
        Command::Run(args) => Ok(*args),
        Command::Print(text) => Err(text),
    }
}

/// The report of these arguments, as the program makes it.
fn report(args: &[&str]) -> Report {
    let args = read(args).unwrap();
    let mut report = Report::new(&args);
    for job in Job::all(&args) {
        match measure::measure(&job).unwrap() {
            Outcome::Row(row) => report.rows.push(row),
            Outcome::Skipped(skipped) => report.skipped.push(skipped),
        }
    }
    report
}

#[test]
fn every_row_is_what_its_family_says_it_costs() {
    for output in [Output::Arithmetic, Output::Boolean] {
        let text = format!("{output:?}").to_lowercase();
        let args = ["--bits", "2,8,14,33,64", "--parties", "2,3,5", "--count", "128", "--repeat", "1"];
        let report = report(&[&args[..], &["--output", &text]].concat());
        // Every combination is a row or has a reason why not.
        assert_eq!(report.rows.len() + report.skipped.len(), 5 * 3 * Family::ALL.len());
        for row in &report.rows {
            let family: Family = row.family.parse().unwrap();
            let ring = families::ring_bits(family, row.bits);
            let elements = with_ring!(ring, R => Elements::of::<R>());
            let cost = family.cost(128, row.bits, (output == Output::Arithmetic).then_some(elements));
            assert_eq!(row.rounds, cost.rounds, "{row:?}");
            assert_eq!(row.opened_bits * 128.0, cost.opened_bits as f64, "{row:?}");
            assert_eq!(row.dealer_bytes * 128.0, cost.dealer_bytes as f64, "{row:?}");
            assert!(row.party_ns > 0.0 && row.dealer_ns > 0.0 && row.wall_ns > 0.0, "{row:?}");
        }
        for skipped in &report.skipped {
            assert!(skipped.reason.contains("expected"), "{skipped:?}");
        }
        for family in Family::ALL {
            assert!(report.rows.iter().any(|row| row.family == family.name()), "{family} takes none of them");
        }
    }
}

#[test]
fn one_value_and_odd_numbers_of_values_are_measured() {
    for count in ["1", "7", "65"] {
        let report = report(&["--bits", "13,40", "--parties", "2", "--count", count, "--repeat", "1"]);
        assert!(!report.rows.is_empty());
    }
}

#[test]
fn delays_are_waited_for_in_every_round() {
    let args = ["--bits=14", "--parties=2,3", "--count=64", "--repeat=1", "--delay-ms=4", "--mbit=50"];
    for row in report(&args).rows {
        let (opened, headers) = (row.opened_bits * 64.0, 256.0 * f64::from(row.rounds));
        let least = 4e6 * f64::from(row.rounds) + (opened + headers) * 1e3 / 50.0;
        assert!(row.wall_ns * 64.0 >= least, "{row:?}: {least}");
    }
}

#[test]
fn the_report_has_its_keys_in_one_object() {
    let report = report(&["--bits", "14", "--parties", "2", "--count", "64", "--repeat", "1"]);
    let json: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&json), ["count", "delay_ms", "mbit", "output", "rows", "skipped"]);
    assert_eq!((json["count"].as_u64(), json["output"].as_str()), (Some(64), Some("arithmetic")));
    assert!(json["mbit"].is_null());
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), report.rows.len());
    let mut expected = vec![
        "family",
        "plan",
        "bits",
        "parties",
        "rounds",
        "opened_bits",
        "dealer_bytes",
        "party_ns",
        "dealer_ns",
        "wall_ns",
    ];
    expected.sort_unstable();
    for row in rows {
        assert_eq!(keys(row), expected);
        assert!(row["family"].is_string() && row["plan"].is_string());
        for key in expected.iter().filter(|key| !["family", "plan"].contains(key)) {
            assert!(row[*key].as_f64().is_some_and(|number| number > 0.0), "{key} in {row}");
        }
    }
}

#[test]
fn the_drawing_has_a_line_in_every_panel_for_each_family() {
    let report =
        report(&["--bits", "14,20,9", "--parties", "2,3", "--count", "64", "--families", "lookup-rounds"]);
    let drawing = svg::draw(&report.rows, "<64> & more").unwrap();
    assert!(drawing.starts_with("<svg") && drawing.trim_end().ends_with("</svg>"));
    assert!(drawing.contains("&lt;64&gt; &amp; more"));
    assert_eq!(drawing.matches("lookup-rounds, 2 parties").count(), 1);
    assert_eq!(drawing.matches("lookup-rounds, 3 parties").count(), 1);
    for title in ["CPU of a party", "CPU of the dealer", "opened bits", "bytes from the dealer", "rounds"] {
        assert!(drawing.contains(title), "{title}");
    }
    // Three marks in each of five panels, and two in the legend, for each number of parties.
    assert_eq!(drawing.matches("<circle").count(), 2 * (3 * 5 + 2));
    // From the left to the right, whatever the order of the rows.
    let lines = drawing.lines().filter(|line| line.starts_with("<polyline")).filter_map(points);
    let lines: Vec<Vec<i32>> = lines.filter(|xs| xs.len() == 3).collect();
    assert_eq!(lines.len(), 2 * 5);
    assert!(lines.iter().all(|xs| xs.is_sorted()), "{lines:?}");
}

/// The x coordinates of a line.
fn points(line: &str) -> Option<Vec<i32>> {
    let points = line.split("points=\"").nth(1)?.split('"').next()?;
    points.split_whitespace().map(|point| point.split(',').next()?.parse().ok()).collect()
}

#[test]
fn every_family_is_drawn_and_nothing_is_drawn_of_no_rows() {
    let all = report(&["--bits", "8,33", "--parties", "2", "--count", "64", "--repeat", "1"]);
    let drawing = svg::draw(&all.rows, "").unwrap();
    for row in &all.rows {
        assert!(drawing.contains(&format!("{}, 2 parties", row.family)), "{}", row.family);
    }
    let empty = svg::draw(&[], "nothing").unwrap();
    assert!(empty.starts_with("<svg") && empty.contains("nothing") && !empty.contains("<circle"));
}

#[test]
fn plans_are_told_in_few_words() {
    for family in Family::ALL {
        for bits in 2..=64 {
            for output in [None, Some(Elements::of::<ringshare::ring::Z2<64>>())] {
                let plan = families::plan(family, bits, output);
                assert!((1..=40).contains(&plan.len()), "{plan}");
                if let Family::Lookup(wish) = family {
                    // The same without runs is what the plan prints.
                    let run = |run: &str| match run.split_once('x') {
                        Some((size, times)) => vec![size; times.parse().unwrap()].join("+"),
                        None => run.to_owned(),
                    };
                    let runs = |sizes: &str| sizes.split('+').map(run).collect::<Vec<_>>().join("+");
                    let levels =
                        |text: &str| text.split(", then ").map(runs).collect::<Vec<_>>().join(", then ");
                    let whole = plan.split(" in ").map(levels).collect::<Vec<_>>().join(" in ");
                    assert_eq!(whole, Plan::choose(bits, Task::Negative(output), wish).to_string());
                }
            }
        }
    }
}

#[test]
fn the_table_names_what_was_left_out() {
    let report = report(&["--bits", "64", "--parties", "2", "--count", "64", "--families", "lookup-rounds"]);
    let line = table::line(&report.rows[0]);
    for header in table::header().lines() {
        assert_eq!(header.len(), line.len(), "{header}\n{line}");
    }
    assert!(line.starts_with("lookup-rounds  ") && line.contains(&report.rows[0].plan));
    let skipped = |family, bits, parties, reason: &str| measure::Skipped {
        family,
        bits,
        parties,
        reason: reason.into(),
    };
    let footer = table::footer(&[
        skipped("f", 8, 3, "found 3"),
        skipped("f", 9, 3, "found 3"),
        skipped("f", 10, 2, "found 10"),
        skipped("f", 10, 3, "found 10"),
        skipped("g", 10, 2, "found 10"),
        skipped("g", 11, 2, "found 10"),
        skipped("g", 11, 3, "found 10"),
    ]);
    let lines: Vec<&str> = footer.lines().filter_map(|line| line.strip_prefix("skipped: ")).collect();
    assert_eq!(
        lines,
        [
            "f, 8, 9 bits, 3 parties: found 3",
            "f, 10 bits, 2, 3 parties: found 10",
            "g, 10 bits, 2 parties: found 10",
            "g, 11 bits, 2, 3 parties: found 10",
        ]
    );
}

#[test]
fn the_defaults_are_all_families_at_four_bit_lengths() {
    let args = read(&[]).unwrap();
    assert_eq!((args.bits.as_slice(), args.parties.as_slice()), (&[8, 14, 32, 64][..], &[2, 3][..]));
    assert_eq!((args.families.as_slice(), args.output), (&Family::ALL[..], Output::Arithmetic));
    assert_eq!(args.link(), ringshare::net::Link::default());
    assert_eq!(Job::all(&args).len(), Family::ALL.len() * 8);
    let args = read(&["--bits=14,8,14", "--mbit", "2.5", "--delay-ms", "0.5"]).unwrap();
    assert_eq!(args.bits, [14, 8]);
    let link = args.link();
    assert_eq!((link.delay.as_micros(), link.rate.map(|rate| rate.get())), (500, Some(2_500_000)));
}

#[test]
fn bad_arguments_are_named_on_one_line() {
    for bad in [
        &["--bits", "1"][..],
        &["--bits", "14,65"],
        &["--bits", ""],
        &["--bits", "14;32"],
        &["--parties", "1"],
        &["--parties", "2,17"],
        &["--count", "0"],
        &["--count", "16777217"],
        &["--families", "lookup-rounds,garbled"],
        &["--families", ""],
        &["--output", "float"],
        &["--delay-ms", "-1"],
        &["--delay-ms", "NaN"],
        &["--delay-ms", "60001"],
        &["--mbit", "0"],
        &["--mbit", "inf"],
        &["--mbit", "fast"],
        &["--repeat", "0"],
        &["--svg", "same", "--json", "same"],
        &["--json"],
        &["--unknown"],
        &["extra"],
    ] {
        let error = read(bad).unwrap_err();
        assert!(!error.contains('\n') && error.contains(bad[0]), "{error}");
        assert!(!error.starts_with("error") && !error.contains("Usage"), "{error}");
    }
    let error = read(&["--families", "garbled"]).unwrap_err();
    assert!(Family::ALL.iter().all(|family| error.contains(family.name())), "{error}");
}

/// Runs the program as it is built.
fn run(args: &[&str]) -> Done {
    Process::new(env!("CARGO_BIN_EXE_compare")).args(args).output().unwrap()
}

#[test]
fn the_help_names_every_argument() {
    let output = run(&["--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    for argument in ["--bits", "--parties", "--count", "--families", "--output", "--json", "--svg"] {
        assert!(text.contains(argument), "{argument} in\n{text}");
    }
}

#[test]
fn the_program_writes_both_files_and_ends_on_the_first_error() {
    let dir = std::env::temp_dir().join(format!("ringshare-compare-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let [json, svg] = ["compare.json", "compare.svg"].map(|name| dir.join(name));
    let files = ["--json", json.to_str().unwrap(), "--svg", svg.to_str().unwrap()];
    let small = ["--bits", "14", "--parties", "2", "--count", "100", "--repeat", "1"];
    let done = run(&[&small[..], &files].concat());
    let table = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && done.stderr.is_empty());
    let json: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let rows = json["rows"].as_array().unwrap();
    let named = |row: &Value| table.contains(row["family"].as_str().unwrap());
    assert!(!rows.is_empty() && rows.iter().all(named), "{table}");
    assert!(std::fs::read_to_string(&svg).unwrap().starts_with("<svg"));
    let nowhere = dir.join("none").join("x");
    for (bad, code) in [(["--json", nowhere.to_str().unwrap()], 1), (["--bits", "65"], 2)] {
        let done = run(&bad);
        let stderr = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(code), "{stderr}");
        assert!(stderr.starts_with("error: ") && stderr.lines().count() == 1, "{stderr}");
        assert!(stderr.contains(bad[1]) && done.stdout.is_empty(), "{stderr}");
    }
    std::fs::remove_dir_all(&dir).unwrap();
}
