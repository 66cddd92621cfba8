//! `hankod serve`: the daemon, or a look at its configuration.

use std::process::ExitCode;

use super::context::{configuration, with_configuration};
use super::{Format, Global, exit, output};
use crate::app::doctor::{self, Machine};
use crate::daemon;
use crate::process::Program;
use crate::text::{Explain, say};

/// Run the daemon.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Read the configuration, say what is wrong with it, and end
    #[arg(long)]
    check: bool,
}

pub(super) fn run(global: &Global, options: &Options) -> ExitCode {
    if options.check {
        return check(global);
    }
    let (config, lang) = match configuration(global) {
        Ok(found) => found,
        Err(told) => return exit::fail(&told, Format::Text),
    };
    match daemon::run(config) {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(error) => {
            output::complain(&error.explain(lang), error.code());
            ExitCode::from(exit::of_daemon(&error))
        }
    }
}

/// Reads the configuration, and loads its modules.
fn check(global: &Global) -> ExitCode {
    with_configuration(global, Format::Text, async |config, lang| {
        let mut checks = doctor::examine(&Machine::of(&config, &Program::this()).await, lang);
        checks.retain(|check| check.name == "module" && !check.good);
        checks.iter().for_each(|check| output::line(&check.found));
        let file = config.file.as_ref().map(|file| file.display().to_string());
        let (id, code) = match checks.is_empty() {
            true => ("cli-config-good", exit::DONE),
            false => ("cli-config-bad", exit::FAILED),
        };
        output::line(&say(lang, id, &[("file", &file.unwrap_or_default())]));
        Ok(code)
    })
}
