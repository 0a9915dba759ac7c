//! What a run will cost: for the reader, and as JSON.

use std::fmt;

use ringshare::nn::Forecast;
use serde::Serialize;

/// The forecasts of the setup and of a batch.
#[derive(Debug, Serialize)]
pub(crate) struct Foreseen {
    /// The bit length on the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bits: Option<u32>,
    pub(crate) batches: usize,
    #[serde(serialize_with = "keys")]
    pub(crate) setup: Forecast,
    #[serde(serialize_with = "keys")]
    pub(crate) batch: Forecast,
}

/// A forecast's keys.
#[derive(Serialize)]
struct Keys {
    rounds: u32,
    sent_bytes: u64,
    dealer_bytes: u64,
    memory_bytes: u64,
    seconds: Seconds,
}

/// Seconds on one core each.
#[derive(Serialize)]
struct Seconds {
    offline: f64,
    online: f64,
    dealer: f64,
}

fn keys<S: serde::Serializer>(forecast: &Forecast, serializer: S) -> Result<S::Ok, S::Error> {
    let Forecast { rounds, sent_bytes, dealer_bytes, memory_bytes, .. } = *forecast;
    let [offline, online, dealer] =
        [forecast.offline_seconds, forecast.online_seconds, forecast.dealer_seconds];
    let seconds = Seconds { offline, online, dealer };
    Keys { rounds, sent_bytes, dealer_bytes, memory_bytes, seconds }.serialize(serializer)
}

impl fmt::Display for Foreseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "expected of the setup            {}", self.setup)?;
        writeln!(f, "expected of each of {:>4} batches  {}", self.batches, self.batch)
    }
}
