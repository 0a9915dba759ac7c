//! The part of the report about the cost of more parties.

use indicatif::ProgressBar;
use ringshare::nn::Forecast;
use ringshare::protocol::Family;

use crate::charts::{Axes, Curve, curves, short};
use crate::error::Error;
use crate::memory;
use crate::page::Page;
use crate::report::Phases;
use crate::study::Study;
use crate::{planner, secure};

/// Numbers of parties that are compared.
const PARTIES: std::ops::RangeInclusive<usize> = 2..=7;
/// Images that they classify.
const IMAGES: usize = 32;

/// A run of some number of parties.
struct Run {
    parties: usize,
    phases: Phases,
    forecast: Forecast,
}

impl Study<'_> {
    fn runs(&self) -> Result<Vec<Run>, Error> {
        let images = self.setting.data.len().min(IMAGES);
        let only_two = self.setting.args.signs().contains(&Family::Dcf);
        let runs = PARTIES.filter(|&parties| parties == 2 || !only_two).map(|parties| {
            let job = self.trial.job(parties, images);
            memory::reset_peak();
            let phases = secure::run(&job, &ProgressBar::hidden())?.phases;
            let dry = planner::dry(&job)?;
            let [setup, batch] = [&dry.setup, &dry.batch].map(|run| Forecast::new(run, parties));
            let memory_bytes = setup.memory_bytes + batch.memory_bytes;
            Ok(Run { parties, phases, forecast: Forecast { memory_bytes, ..batch } })
        });
        runs.collect()
    }

    /// Pictures and a table of runs of 2 to 7 parties.
    ///
    /// # Errors
    /// A protocol that fails.
    pub(crate) fn parties(&self, page: &mut Page) -> Result<(), Error> {
        let runs = self.runs()?;
        let images = self.setting.data.len().min(IMAGES);
        let curve = |name: &str, value: &dyn Fn(&Run) -> f64| Curve {
            name: name.into(),
            points: runs.iter().map(|run| (run.parties as f64, value(run))).collect(),
        };
        let each = images as f64;
        let draw = |title, y, all: Vec<Curve>| curves(&Axes { title, x: "parties", y, close: false }, &all);
        let times = draw(
            "Run time",
            "milliseconds an image",
            vec![
                curve("online", &|run| 1e3 * run.phases.online.wall_s / each),
                curve("offline, parties", &|run| 1e3 * run.phases.offline.wall_s / each),
                curve("offline, dealer", &|run| 1e3 * run.phases.dealer.wall_s / each),
            ],
        )?;
        let peak = |run: &Run| {
            let Phases { setup, dealer, offline, online } = &run.phases;
            let peaks = [setup, dealer, offline, online].map(|phase| phase.peak_rss_bytes.unwrap_or(0));
            peaks.into_iter().max().unwrap_or(0) as f64 / 1e6
        };
        let memory = draw(
            "Memory",
            "MB",
            vec![
                curve("peak of the process: all parties and the dealer", &peak),
                curve("correlations that a party holds", &|run| run.forecast.memory_bytes as f64 / 1e6),
            ],
        )?;
        let traffic = draw(
            "Traffic",
            "kB an image",
            vec![
                curve("sent by a party online", &|run| run.phases.online.sent_bytes as f64 / each / 1e3),
                curve("from the dealer to a party", &|run| {
                    run.phases.dealer.dealer_bytes as f64 / each / 1e3
                }),
            ],
        )?;
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let run =
            format!("{images} images in a batch, all parties and the dealer on one machine of {cores} cores");
        page.figures(&[
            (times, format!("{run}. With more parties than cores, they wait for each other.")),
            (memory, format!("{run}.")),
            (traffic, format!("{run}. The party that sends, or gets, most.")),
        ]);
        let mut table = vec![
            ["parties", "online ms", "offline ms", "dealer ms", "setup s", "rounds", "sent kB", "peak MB"]
                .map(String::from)
                .to_vec(),
        ];
        table.extend(runs.iter().map(|run| {
            let Phases { setup, dealer, offline, online } = &run.phases;
            let ms = |seconds: f64| short(1e3 * seconds / each);
            vec![
                run.parties.to_string(),
                ms(online.wall_s),
                ms(offline.wall_s),
                ms(dealer.wall_s),
                short(setup.wall_s),
                online.rounds.to_string(),
                short(online.sent_bytes as f64 / each / 1e3),
                short(peak(run)),
            ]
        }));
        page.table(&table);
        Ok(())
    }
}
