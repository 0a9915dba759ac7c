//! Reports with pictures: well formed, self-contained, and with the figures in them.

use indicatif::ProgressBar;

use crate::command_line::read;
use crate::models::small;
use crate::{in_repository, skipped};
use classify::charts::{Axes, Bar, Curve, bars, curves, heat};
use classify::confusion::Confusion;
use classify::dataset::{Dataset, EDGE, PIXELS};
use classify::network::Calibration;
use classify::page::Page;
use classify::secure;
use classify::show::show;
use classify::study::Study;
use classify::sweep::Row;
use classify::trial::{Setting, Trial};

#[test]
fn every_image_is_counted_once() {
    let confusion = Confusion::new(&[0, 0, 9, 3], &[0, 1, 9, 0]);
    assert_eq!((confusion.images(), confusion.correct(), confusion.accuracy()), (4, 2, 50.0));
    assert_eq!((confusion.counts[0][1], confusion.counts[3][0], confusion.counts[1][0]), (1, 1, 0));
    assert_eq!(Confusion::default().accuracy(), 0.0);
}

#[test]
fn every_row_class_and_label_is_drawn() {
    let mut image = vec![0; PIXELS];
    image[0] = 255;
    let logits: Vec<i32> = (0..10).map(|c| c * -100).collect();
    let text = show(&image, &logits, 0, 3);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), EDGE + 1);
    assert!(lines[0].starts_with("|@@  "));
    assert!(lines[7].ends_with("|  0:      0  <"), "{}", lines[7]);
    assert!(lines[16].ends_with("|  9:   -900"));
    assert_eq!(lines[EDGE], "class 0, label 3: wrong");
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let mut page = Page::new("a<b>", "\"c\" & d");
    page.table(&[vec!["<script>".into()]]);
    page.preformatted("x < y");
    let text = page.finish();
    assert!(text.contains("<h1>a&lt;b&gt;</h1>") && text.contains("&quot;c&quot; &amp; d"));
    assert!(text.contains("<th>&lt;script&gt;</th>") && text.contains("x &lt; y"));
    assert!(!text.contains("<script>"));
}

/// Checks that every element is closed in its turn; returns how many there are.
fn elements(text: &str) -> usize {
    let (mut open, mut count) = (Vec::new(), 0);
    let body = text.strip_prefix("<!DOCTYPE html>").unwrap_or(text);
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in turn");
        } else {
            count += 1;
            let name = tag.split([' ', '\n']).next().unwrap();
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    count
}

#[test]
fn pictures_are_well_formed_and_say_what_they_show() {
    let mut confusion = Confusion::default();
    confusion.counts[3][5] = 17;
    confusion.counts[4][4] = 4321;
    let names = ["a", "b", "c", "d", "e<f", "g", "h", "i", "j", "k"];
    let svg = heat("a title", &confusion, &names).unwrap();
    elements(&svg);
    for part in ["17", "4321", "a title", "e&lt;f", "label", "class found"] {
        assert!(svg.contains(part), "{part}");
    }
    let curve = |name: &str| Curve { name: name.into(), points: vec![(2.0, 1.5), (3.0, 4.0), (7.0, 2.0)] };
    for close in [false, true] {
        let axes = Axes { title: "times", x: "parties", y: "ms", close };
        let svg = curves(&axes, &[curve("one"), curve("two")]).unwrap();
        elements(&svg);
        for part in ["times", "parties", "ms", "one", "two"] {
            assert!(svg.contains(part), "{part}");
        }
    }
    let all = [
        Bar { name: "first".into(), parts: vec![1.0, 2.5] },
        Bar { name: "second".into(), parts: vec![0.0, 0.0] },
    ];
    let svg = bars("layers", "seconds", &["x", "y"], &all).unwrap();
    elements(&svg);
    for part in ["layers", "seconds", "first", "second", "3.50"] {
        assert!(svg.contains(part), "{part}");
    }
}

#[test]
fn pictures_of_nothing_and_of_zeros_are_drawn() {
    let axes = Axes { title: "t", x: "x", y: "y", close: true };
    elements(&curves(&axes, &[]).unwrap());
    elements(&curves(&axes, &[Curve { name: "c".into(), points: vec![(2.0, 0.0)] }]).unwrap());
    elements(&bars("t", "u", &["x"], &[]).unwrap());
    elements(&bars("t", "u", &["x"], &[Bar { name: "b".into(), parts: vec![0.0] }]).unwrap());
    elements(&heat("t", &Confusion::default(), &[""; 10]).unwrap());
}

#[test]
fn the_report_is_one_page_with_the_figures_of_the_run() {
    let Some(dir) = in_repository("examples/data/mnist") else { return skipped("the shipped digits") };
    let network = small("report");
    let mut images = Dataset::load(&dir, &["digits"]).unwrap();
    images.truncate(4);
    let args = read(&["--seed", "1", "--batch", "4"]).unwrap();
    let calibration = Calibration { pixels: images.pixels().to_vec(), of: "images" };
    let setting = Setting { args: &args, data: &images, network: &network, calibration: &calibration };
    let trial = Trial::new(&setting, None).unwrap();
    let secure = secure::run(&trial.job(2, 4), &ProgressBar::hidden()).unwrap();
    let (float, _) = setting.float();
    let counts = setting.counts(&secure.classes, &float.classes);
    let row = Row::new(12, &trial.quantised, counts, &secure.phases.online);
    let rows = [row.clone(), Row { bits: 14, ..row }];
    let page = Study { setting: &setting, trial: &trial, secure: &secure, float: &float, rows: &rows };
    let page = page.page().unwrap();
    assert!(elements(&page) > 300);
    for part in [
        "4 images of MNIST between 2 parties",
        "class found",
        "Time of every layer",
        "1  linear 784-1024",
        "2  sign of 11 bits",
        "Run time",
        "Memory",
        "milliseconds an image",
        "bit length",
        "4 images in a batch",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let correct = format!("<td>4</td><td>{}</td>", counts.correct);
    assert!(page.contains(&correct), "{correct}");
    // Nothing is fetched from elsewhere.
    assert!(!page.contains("src=") && !page.contains("href=") && !page.contains("<script"));
}
