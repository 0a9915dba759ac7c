//! Peak memory of the process and CPU time of a thread, where the system provides them.

use std::fs;

use cpu_time::ThreadTime;

/// The most memory in bytes that the process had resident since it started or since [`reset_peak`].
pub fn peak_rss() -> Option<u64> {
    parse_peak(&fs::read_to_string("/proc/self/status").ok()?)
}

/// The bytes that the line `VmHWM:   1234 kB` of such a status says; none if they are not a number below 2^64.
pub fn parse_peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Resets the count of [`peak_rss`] to the memory that is resident now; false where the system does not permit it.
pub fn reset_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// A stopwatch of the CPU time of the thread that starts it. It cannot be read by another thread.
#[derive(Debug)]
pub struct ThreadCpu(Option<ThreadTime>);

impl ThreadCpu {
    /// Starts it.
    pub fn start() -> Self {
        Self(ThreadTime::try_now().ok())
    }

    /// Seconds since the start; 0 where the system does not provide it.
    pub fn seconds(&self) -> f64 {
        self.0.and_then(|t| t.try_elapsed().ok()).map_or(0.0, |t| t.as_secs_f64())
    }
}
