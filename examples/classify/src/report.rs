//! What a run cost: a table for the reader and a JSON object for programs.

use std::fmt;
use std::ops::AddAssign;
use std::path::Path;

use serde::Serialize;

use crate::error::Error;
use crate::sweep::Row;

/// The cost of one phase, summed over the batches.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Phase {
    /// Wall-clock seconds of the slowest party.
    pub wall_s: f64,
    /// CPU seconds of the busiest party, or of the dealer in its phase.
    pub cpu_s: f64,
    /// CPU seconds of all parties and the dealer.
    pub cpu_all_s: f64,
    /// Rounds of a batch.
    pub rounds: u64,
    /// Bytes sent by a party, the one that sends most.
    pub sent_bytes: u64,
    /// Bytes from the dealer to a party, the one that receives most.
    pub dealer_bytes: u64,
    /// Peak memory of the process.
    pub peak_rss_bytes: Option<u64>,
}

impl AddAssign for Phase {
    /// Adds what a further step of the phase cost. Rounds are those of the longest step: a batch's.
    fn add_assign(&mut self, step: Self) {
        self.wall_s += step.wall_s;
        self.cpu_s += step.cpu_s;
        self.cpu_all_s += step.cpu_all_s;
        self.rounds = self.rounds.max(step.rounds);
        self.sent_bytes += step.sent_bytes;
        self.dealer_bytes += step.dealer_bytes;
        self.peak_rss_bytes = self.peak_rss_bytes.max(step.peak_rss_bytes);
    }
}

/// The phases of a shared evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Phases {
    /// Sharing the model, once.
    pub setup: Phase,
    /// The dealer's work before the images are known.
    pub dealer: Phase,
    /// A party's work before the images are known.
    pub offline: Phase,
    /// From the images to the classes.
    pub online: Phase,
}

impl Phases {
    /// CPU seconds of the dealer and all parties together, without the setup.
    fn cpu_all_s(&self) -> f64 {
        [self.dealer, self.offline, self.online].iter().map(|phase| phase.cpu_all_s).sum()
    }
}

/// The same network in the clear in float32 on one core.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Plain {
    /// Seconds on the clock.
    pub wall_s: f64,
    /// CPU seconds.
    pub cpu_s: f64,
    /// Peak memory of the process.
    pub peak_rss_bytes: Option<u64>,
}

/// The JSON object. Times are summed over the batches; bytes are those of the party with most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Parties, without the dealer.
    pub parties: usize,
    /// Images of a full batch.
    pub batch: usize,
    /// Images that were classified.
    pub images: usize,
    /// Classes equal to the label.
    pub correct: usize,
    /// Classes equal to those of the evaluation in the clear.
    pub agree: usize,
    /// Seconds on the clock to share the model.
    pub setup_s: f64,
    /// Seconds on the clock of the dealer, before the images are known.
    pub dealer_s: f64,
    /// Seconds on the clock of the slowest party, before the images are known.
    pub offline_s: f64,
    /// Seconds on the clock of the slowest party, from the images to the classes.
    pub online_s: f64,
    /// Seconds on the clock in float32 in the clear.
    pub plain_s: f64,
    /// CPU seconds of the dealer.
    pub dealer_cpu_s: f64,
    /// CPU seconds of the busiest party, before the images are known.
    pub offline_cpu_s: f64,
    /// CPU seconds of the busiest party, from the images to the classes.
    pub online_cpu_s: f64,
    /// CPU seconds of the dealer and all parties together, without the setup.
    pub all_cpu_s: f64,
    /// CPU seconds in float32 in the clear.
    pub plain_cpu_s: f64,
    /// Rounds of a batch online.
    pub rounds: u64,
    /// Bytes sent online.
    pub sent_bytes: u64,
    /// Bytes from the dealer.
    pub dealer_bytes: u64,
    /// Peak memory of the process, if the system tells it.
    pub peak_rss_bytes: Option<u64>,
    /// One row for each bit length of a sweep; the other figures then belong to the last of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sweep: Vec<Row>,
}

/// The number of images, and how many were classified as they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Parties, without the dealer.
    pub parties: usize,
    /// Images of a full batch.
    pub batch: usize,
    /// Images that were classified.
    pub images: usize,
    /// Classes equal to the label.
    pub correct: usize,
    /// Classes equal to those of the evaluation in the clear.
    pub agree: usize,
}

impl Report {
    /// Gathers the figures: rounds and bytes sent of the online phase, bytes dealt of the phases before it, the peak
    /// memory of all.
    pub fn new(counts: Counts, phases: &Phases, plain: &Plain) -> Self {
        let Counts { parties, batch, images, correct, agree } = counts;
        let Phases { setup, dealer, offline, online } = phases;
        Self {
            parties,
            batch,
            images,
            correct,
            agree,
            setup_s: setup.wall_s,
            dealer_s: dealer.wall_s,
            offline_s: offline.wall_s,
            online_s: online.wall_s,
            plain_s: plain.wall_s,
            dealer_cpu_s: dealer.cpu_s,
            offline_cpu_s: offline.cpu_s,
            online_cpu_s: online.cpu_s,
            all_cpu_s: phases.cpu_all_s(),
            plain_cpu_s: plain.cpu_s,
            rounds: online.rounds,
            sent_bytes: online.sent_bytes,
            dealer_bytes: dealer.dealer_bytes.max(offline.dealer_bytes),
            peak_rss_bytes: [setup, dealer, offline, online].iter().filter_map(|p| p.peak_rss_bytes).max(),
            sweep: Vec::new(),
        }
    }

    /// Writes it to a file.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        write_json(path, self)
    }
}

/// Writes an object to a file.
///
/// # Errors
/// A file that cannot be written.
pub fn write_json(path: &Path, object: &impl Serialize) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(object).map_err(|e| Error::bad(path, e))?;
    std::fs::write(path, json + "\n").map_err(|e| Error::io(path, e))
}

/// The table that is printed.
#[derive(Debug)]
pub struct Table<'a> {
    /// Images, and how many were classified as they should be.
    pub counts: Counts,
    /// What the shared evaluation cost.
    pub phases: &'a Phases,
    /// What the evaluation in the clear cost.
    pub plain: &'a Plain,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let images = self.counts.images;
        let percent = |n: usize| 100.0 * ratio(n as f64, images as f64);
        let Counts { correct, agree, .. } = self.counts;
        writeln!(f, "correct              {correct} of {images} ({:.2} %)", percent(correct))?;
        writeln!(f, "as in the clear      {agree} of {images} ({:.2} %)", percent(agree))?;
        writeln!(f)?;
        writeln!(
            f,
            "{:22}{:>10}{:>10}{:>10}{:>8}{:>11}{:>11}{:>10}",
            "phase", "seconds", "CPU s", "CPU s all", "rounds*", "sent", "dealt", "peak"
        )?;
        let Phases { setup, dealer, offline, online } = self.phases;
        line(f, "setup", setup)?;
        line(f, "offline at the dealer", dealer)?;
        line(f, "offline at a party", offline)?;
        line(f, "online", online)?;
        let Plain { wall_s, cpu_s, peak_rss_bytes } = *self.plain;
        let peak = peak(peak_rss_bytes);
        writeln!(
            f,
            "{:22}{wall_s:>10.4}{cpu_s:>10.4}{cpu_s:>10.4}{:>8}{:>11}{:>11}{peak:>10}",
            "float32 in the clear", "-", "-", "-"
        )?;
        writeln!(f)?;
        writeln!(
            f,
            "* of a batch; all else is summed over the batches. CPU s: the busiest party's; CPU s all: everyone's."
        )?;
        writeln!(f)?;
        let image = |seconds: f64| 1e3 * ratio(seconds, images as f64);
        writeln!(f, "an image in the clear       {:>9.4} ms", image(wall_s))?;
        let all = self.phases.cpu_all_s();
        let times = |seconds: f64| ratio(seconds, wall_s);
        writeln!(
            f,
            "an image online             {:>9.4} ms   {:>6.2} x in the clear",
            image(online.wall_s),
            times(online.wall_s)
        )?;
        writeln!(
            f,
            "CPU an image, all, no setup {:>9.4} ms   {:>6.2} x in the clear",
            image(all),
            times(all)
        )?;
        let each = |total: u64| Bytes(total as f64 / images.max(1) as f64);
        writeln!(f, "sent by a party an image    {:>12}", each(online.sent_bytes))?;
        writeln!(f, "dealt to a party an image   {:>12}", each(dealer.dealer_bytes.max(offline.dealer_bytes)))
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, phase: &Phase) -> fmt::Result {
    let Phase { wall_s, cpu_s, cpu_all_s, rounds, sent_bytes, dealer_bytes, peak_rss_bytes } = *phase;
    let (sent, dealt) = (Bytes(sent_bytes as f64), Bytes(dealer_bytes as f64));
    let peak = peak(peak_rss_bytes);
    writeln!(
        f,
        "{name:22}{wall_s:>10.4}{cpu_s:>10.4}{cpu_all_s:>10.4}{rounds:>8}{sent:>11}{dealt:>11}{peak:>10}"
    )
}

fn peak(bytes: Option<u64>) -> String {
    bytes.map_or("-".into(), |b| Bytes(b as f64).to_string())
}

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// Bytes in decimal units.
pub(crate) struct Bytes(pub(crate) f64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            b if b < 1e3 => format!("{b:.0} B"),
            b if b < 1e6 => format!("{:.1} kB", b / 1e3),
            b if b < 1e9 => format!("{:.1} MB", b / 1e6),
            b => format!("{:.1} GB", b / 1e9),
        };
        f.pad_integral(true, "", &text)
    }
}
