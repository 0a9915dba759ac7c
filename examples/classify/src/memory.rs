//! Peak memory of the process and CPU time of a thread, where the system provides them.

use std::fs;

use cpu_time::ThreadTime;

/// The most memory in bytes that the process had resident since it started or since [`reset_peak`].
pub(crate) fn peak_rss() -> Option<u64> {
    parse_peak(&fs::read_to_string("/proc/self/status").ok()?)
}

/// The line `VmHWM:   1234 kB`.
fn parse_peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Resets the count of [`peak_rss`] to the memory that is resident now; false where the system does not permit it.
pub(crate) fn reset_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// A stopwatch of the CPU time of the thread that starts it. It cannot be read by another thread.
#[derive(Debug)]
pub(crate) struct ThreadCpu(Option<ThreadTime>);

impl ThreadCpu {
    /// Starts it.
    pub(crate) fn start() -> Self {
        Self(ThreadTime::try_now().ok())
    }

    /// Seconds since the start; 0 where the system does not provide it.
    pub(crate) fn seconds(&self) -> f64 {
        self.0.and_then(|t| t.try_elapsed().ok()).map_or(0.0, |t| t.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_its_line() {
        assert_eq!(parse_peak("VmPeak:\t 9 kB\nVmHWM:\t     40 kB\nVmRSS:\t 3 kB\n"), Some(40 * 1024));
        for bad in ["", "VmHWM:", "VmHWM: x kB", "VmHWM: 4 MB", "VmHWM: 99999999999999999999 kB"] {
            assert_eq!(parse_peak(bad), None, "{bad}");
        }
        assert_eq!(parse_peak("VmHWM: 18446744073709551615 kB"), None);
    }

    #[test]
    fn cpu_time_passes_with_work() {
        let cpu = ThreadCpu::start();
        let wall = std::time::Instant::now();
        while wall.elapsed().as_millis() < 50 {}
        assert!(cpu.seconds() <= 10.0);
        if cfg!(target_os = "linux") {
            assert!(cpu.seconds() > 0.0);
            assert!(peak_rss().is_some_and(|b| b > 0));
        }
    }
}
