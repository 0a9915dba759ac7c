//! A bar on a terminal, nothing in a log.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for `count` images, steps or whatever the unit is; invisible unless stderr is a terminal.
pub fn bar(what: &'static str, count: usize, unit: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(count as u64), target).with_message(what);
    match ProgressStyle::with_template(&format!(
        "{{msg:24}} {{wide_bar}} {{pos}}/{{len}} {unit}, {{eta}} left"
    )) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
