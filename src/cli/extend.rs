//! `hankod extend`: evidence added to files that are signed. What is done with them is `app`'s business.

mod due;

use std::process::ExitCode;

use super::{Format, Global};

/// Complete and renew the evidence of signed files.
///
/// `hankod extend --due` tries everything that waits: timestamps that could not be had when a file was signed. Beside a running daemon, the
/// daemon does it. Ends with 0 when nothing is left to do, 69 when something still waits, 1 when something failed.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Everything that waits or is due, instead of one file
    #[arg(long, required = true)]
    due: bool,
    /// Only tell what waits and is due
    #[arg(long, requires = "due")]
    list: bool,
    /// text or json
    #[arg(long, value_name = "text|json", default_value = "text")]
    format: Format,
}

pub(super) fn run(global: &Global, options: &Options) -> ExitCode {
    due::run(global, options.list, options.format)
}
