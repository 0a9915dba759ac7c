//! A bar on a terminal, nothing in a log.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for `images` images; invisible unless stderr is a terminal.
pub(crate) fn bar(what: &'static str, images: usize) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(images as u64), target).with_message(what);
    match ProgressStyle::with_template("{msg:24} {wide_bar} {pos}/{len} images, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
