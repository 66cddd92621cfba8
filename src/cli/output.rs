//! Where the command line writes: the only file that prints.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// One line for the person.
pub(super) fn line(text: &str) {
    // A closed pipe ends the reader's interest, not the work.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The one JSON document of `--format json`.
pub(super) fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => line(&text),
        Err(error) => complain(&error.to_string(), "internal"),
    }
}

/// One JSON value of a stream, on one line.
pub(super) fn json_line(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => line(&text),
        Err(error) => complain(&error.to_string(), "internal"),
    }
}

/// What went wrong, and its stable name.
pub(super) fn complain(message: &str, code: &str) {
    let _ = writeln!(std::io::stderr(), "hankod: {message} [{code}]");
}

/// A progress bar on standard error where that is a terminal, else nothing.
pub(super) fn progress(length: usize) -> ProgressBar {
    let target = match std::io::stderr().is_terminal() && length > 1 {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(Some(length as u64), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}
