//! Lines for whoever runs a party. Strangers can cause them, so their rate is bounded: what is too much is counted.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines that may come at once.
const BURST: u32 = 32;
/// One more may come after so long.
const PAUSE: Duration = Duration::from_millis(250);

/// How many lines may be said.
#[derive(Debug, Default)]
pub struct Pace {
    said: u32,
    since: Option<Instant>,
    unsaid: u64,
}

impl Pace {
    /// Whether a line may be said at this time, and how many before it were not.
    pub fn allow(&mut self, now: Instant) -> Option<u64> {
        let since = *self.since.get_or_insert(now);
        let earned = now.saturating_duration_since(since).as_millis() / PAUSE.as_millis();
        if earned > 0 {
            self.said = self.said.saturating_sub(u32::try_from(earned).unwrap_or(u32::MAX));
            self.since = Some(now);
        }
        if self.said >= BURST {
            self.unsaid += 1;
            return None;
        }
        self.said += 1;
        Some(std::mem::take(&mut self.unsaid))
    }
}

static LINES: Mutex<Pace> = Mutex::new(Pace { said: 0, since: None, unsaid: 0 });

/// Says a line, if there have not been too many.
pub fn say(line: impl std::fmt::Display) {
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    match lines.allow(Instant::now()) {
        Some(0) => eprintln!("{line}"),
        Some(unsaid) => eprintln!("{unsaid} lines left out\n{line}"),
        None => {}
    }
}

/// Says how many lines were left out, if lines may be said again.
pub fn flush() {
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    if lines.unsaid > 0
        && let Some(unsaid) = lines.allow(Instant::now())
    {
        eprintln!("{unsaid} lines left out");
    }
}
