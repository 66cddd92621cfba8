//! `hankod serve`: the daemon, or a look at its configuration.

use std::process::ExitCode;

use super::context::configuration;
use super::{Format, Global, exit, output};
use crate::app::doctor::{self, Machine};
use crate::daemon;
use crate::text::{Explain, say};

/// Run the daemon.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Read the configuration, say what is wrong with it, and end
    #[arg(long)]
    check: bool,
}

pub(super) fn run(global: &Global, options: &Options) -> ExitCode {
    let (config, lang) = match configuration(global) {
        Ok(found) => found,
        Err(told) => return exit::fail(&told, Format::Text),
    };
    if options.check {
        let missing: Vec<_> = doctor::examine(&Machine::of(&config), lang)
            .into_iter()
            .filter(|check| check.name == "module" && !check.good)
            .collect();
        missing.iter().for_each(|check| output::line(&check.found));
        let file = config
            .file
            .as_ref()
            .map(|f| f.display().to_string())
            .unwrap_or_default();
        let id = if missing.is_empty() {
            "cli-config-good"
        } else {
            "cli-config-bad"
        };
        output::line(&say(lang, id, &[("file", &file)]));
        return ExitCode::from(if missing.is_empty() { exit::DONE } else { exit::FAILED });
    }
    match daemon::run(config) {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(error) => {
            output::complain(&error.explain(lang), error.code());
            ExitCode::from(exit::of_daemon(&error))
        }
    }
}
