//! The report with pictures: classes, the time of every layer, and the cost of more parties and of more bits.

use std::path::Path;

use ringshare::nn::{Layer, step};

use crate::args::named;
use crate::charts::{Axes, Bar, Curve, bars, curves, heat, short};
use crate::confusion::Confusion;
use crate::error::Error;
use crate::float::{Float, Timed};
use crate::network::Network;
use crate::page::Page;
use crate::report::Phases;
use crate::secure::Secure;
use crate::sweep::Row;
use crate::trial::{Setting, Trial};

/// What is reported.
pub struct Study<'a> {
    /// Arguments, images and network.
    pub setting: &'a Setting<'a>,
    /// The network in fixed point.
    pub trial: &'a Trial<'a>,
    /// The outcome of the shared evaluation.
    pub secure: &'a Secure,
    /// The evaluation in the clear.
    pub float: &'a Timed,
    /// One for each bit length of a sweep.
    pub rows: &'a [Row],
}

impl Study<'_> {
    /// Writes `report.html` to a directory.
    ///
    /// # Errors
    /// A protocol that fails, or a file that cannot be written.
    pub fn write(&self, dir: &Path) -> Result<(), Error> {
        let text = self.page()?;
        let path = dir.join("report.html");
        std::fs::write(&path, text).map_err(|e| Error::io(&path, e))
    }

    /// The page.
    ///
    /// # Errors
    /// A protocol that fails.
    pub fn page(&self) -> Result<String, Error> {
        let Setting { args, data, network, .. } = self.setting;
        let lead = format!(
            "{} images of {} between {} parties and a dealer, in Z_2^{}; {}.",
            data.len(),
            args.dataset.title(),
            args.parties,
            self.trial.architecture.ring(),
            self.trial.from,
        );
        let mut page = Page::new(&format!("{} on shares", network.name()), &lead);
        page.section("Accuracy");
        self.accuracy(&mut page)?;
        page.section("Time of every layer");
        self.layers(&mut page)?;
        page.section("Number of parties");
        self.parties(&mut page)?;
        if !self.rows.is_empty() {
            page.section("Bit length");
            self.bits(&mut page)?;
        }
        page.section("Model");
        page.preformatted(&network.model.to_string());
        page.preformatted(&self.trial.quantised.to_string());
        Ok(page.finish())
    }

    fn accuracy(&self, page: &mut Page) -> Result<(), Error> {
        let Setting { args, data, network, .. } = self.setting;
        let names = args.dataset.classes();
        let mut all =
            vec![(network.name(), "on shares", Confusion::new(data.labels(), &self.secure.classes))];
        all.push((
            network.name(),
            "float32 in the clear",
            Confusion::new(data.labels(), &self.float.classes),
        ));
        let sign = named("bmlp_sign_4096", args.dataset);
        if !network.binarized() && sign.exists() {
            let sign = Network::load(&sign)?;
            let inputs = sign.input.encode(data.pixels());
            let classes =
                Float::new(&sign.model, self.setting.batch(), Default::default()).run(&inputs, |_| ());
            let confusion = Confusion::new(data.labels(), &classes.classes);
            all.push((sign.name(), "binarized, float32 in the clear", confusion));
        }
        let mut table = vec![["network", "evaluated", "images", "correct", "%"].map(String::from).to_vec()];
        for (name, how, confusion) in &all {
            let percent = format!("{:.2}", confusion.accuracy());
            let [images, correct] = [confusion.images(), confusion.correct()].map(|n| n.to_string());
            table.push(vec![name.clone(), (*how).into(), images, correct, percent]);
        }
        page.table(&table);
        // The classes of the parties and of float32 are (nearly) the same.
        all.remove(1);
        let mut figures = Vec::new();
        for (name, how, confusion) in &all {
            let title = format!("{name}: {:.2} % correct", confusion.accuracy());
            let caption = format!(
                "Images by their label and the class found, {how}. On the diagonal what is right; the shade is the root of the part of the label's images."
            );
            figures.push((heat(&title, confusion, names)?, caption));
        }
        page.figures(&figures);
        Ok(())
    }

    fn layers(&self, page: &mut Page) -> Result<(), Error> {
        let images = self.setting.data.len() as f64;
        let mut names = vec!["input".to_string()];
        names.extend(self.trial.architecture.layers().iter().enumerate().map(|(i, l)| name(i, l)));
        names.push("classes".into());
        let all = names.into_iter().zip(&self.secure.steps).map(|(name, step)| Bar {
            name,
            parts: vec![1e3 * step.online_s / images, 1e3 * step.dealer_s / images],
        });
        let all: Vec<Bar> = all.collect();
        let unit = "milliseconds an image, on the clock";
        let svg = bars(
            "Time of every layer",
            "milliseconds an image",
            &["online at a party", "offline at the dealer"],
            &all,
        )?;
        let caption = "Online on the clock, from the shares of a layer's input to those of its result, at the owner of the images, what it waits for the others included; at the dealer the CPU time that it takes to deal for the layer.";
        let Phases { setup, dealer, offline, online } = &self.secure.phases;
        let phases = [("offline, dealer", dealer), ("offline, parties", offline), ("online", online)];
        let phases: Vec<Bar> = phases
            .iter()
            .map(|(name, phase)| Bar { name: (*name).into(), parts: vec![1e3 * phase.wall_s / images] })
            .chain([Bar {
                name: "float32 in the clear".into(),
                parts: vec![1e3 * self.float.wall_s / images],
            }])
            .collect();
        let second = bars("Time of every phase", unit, &["time"], &phases)?;
        let note =
            format!("Sharing the model took {} s, once for any number of images.", short(setup.wall_s));
        page.figures(&[(svg, caption.into()), (second, note)]);
        Ok(())
    }

    fn bits(&self, page: &mut Page) -> Result<(), Error> {
        let curve = |name: &str, value: &dyn Fn(&Row) -> f64| Curve {
            name: name.into(),
            points: self.rows.iter().map(|row| (row.bits.into(), value(row))).collect(),
        };
        let draw =
            |title, y, close, all: Vec<Curve>| curves(&Axes { title, x: "bit length", y, close }, &all);
        let classes = vec![
            curve("as float32 in the clear", &Row::agree_percent),
            curve("correct", &Row::correct_percent),
        ];
        let classes = draw("Classes", "% of the images", true, classes)?;
        let traffic = vec![curve("sent by a party online", &|row| row.sent_bytes / 1e3)];
        let traffic = draw("Traffic", "kB an image", false, traffic)?;
        let time = draw("Time", "milliseconds an image", false, vec![curve("online", &|row| row.online_ms)])?;
        let caption = |what: &str| format!("{what} by the bit length of the comparisons.");
        page.figures(&[
            (classes, caption("Classes")),
            (traffic, caption("Traffic")),
            (time, caption("Time online")),
        ]);
        let mut table = vec![
            Row::heading()
                .split("  ")
                .map(str::trim)
                .filter(|c| !c.is_empty())
                .map(String::from)
                .collect::<Vec<_>>(),
        ];
        table.extend(self.rows.iter().map(|row| {
            let [least, most] = row.fractions;
            vec![
                row.bits.to_string(),
                row.ring.to_string(),
                format!("{least} to {most}"),
                format!("{:.2}", row.correct_percent()),
                format!("{:.2}", row.agree_percent()),
                row.rounds.to_string(),
                format!("{:.2}", row.sent_bytes / 1e3),
                format!("{:.4}", row.online_ms),
            ]
        }));
        page.table(&table);
        Ok(())
    }
}

/// Whether a layer has weights.
pub(crate) fn weighted(layer: &Layer) -> bool {
    matches!(layer, Layer::Linear(_) | Layer::Convolution(_))
}

/// What a layer is called in a picture.
fn name(number: usize, layer: &Layer) -> String {
    let what = match layer {
        Layer::Linear(step::Linear { inputs, outputs, .. }) => format!("linear {inputs}-{outputs}"),
        Layer::Convolution(step::Convolution { window, outputs, .. }) => {
            let [height, width] = window.size;
            format!("convolution {height}x{width}, {}-{outputs}", window.image[2])
        }
        Layer::Sign(step::Sign { bits }) => format!("sign of {bits} bits"),
        Layer::Relu(step::Relu { bits, .. }) => format!("ReLU of {bits} bits"),
        Layer::Clip(step::Clip { bits, .. }) => format!("clip of {bits} bits"),
        Layer::Truncate(_) => "truncation".into(),
        Layer::MaxPool(step::MaxPool { bits, .. }) => format!("max pool of {bits} bits"),
        Layer::SumPool(_) => "sum pool".into(),
        Layer::Lookup(_) => "lookup".into(),
        Layer::Softmax(_) => "softmax".into(),
        Layer::Scale(_) => "scale".into(),
        Layer::Add(_) => "sum of two".into(),
        Layer::From(_) => "earlier value".into(),
        Layer::Piecewise(_) => "function by lines".into(),
        Layer::Multiply(_) => "product of two".into(),
        Layer::Concat(_) => "joined values".into(),
        Layer::Select(_) => "selection".into(),
        Layer::GroupSum(_) => "sums of groups".into(),
        Layer::MatMul(step::MatMul { heads, .. }) => format!("products of matrices, {heads}"),
        _ => "other".into(),
    };
    format!("{}  {what}", number + 1)
}
