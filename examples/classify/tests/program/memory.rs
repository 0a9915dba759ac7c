//! Memory and CPU time as the system tells them.

use std::time::Instant;

use classify::memory::{ThreadCpu, parse_peak, peak_rss};

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
    let wall = Instant::now();
    while wall.elapsed().as_millis() < 50 {}
    assert!(cpu.seconds() <= 10.0);
    if cfg!(target_os = "linux") {
        assert!(cpu.seconds() > 0.0);
        assert!(peak_rss().is_some_and(|b| b > 0));
    }
}
