//! `hankod doctor`: what is missing on this machine, and the command that mends it.

use std::process::ExitCode;

use super::{Format, Global, context, exit, output};
use crate::app::doctor::{Machine, examine};
use crate::process::Program;

pub(super) fn run(global: &Global) -> ExitCode {
    context::with_configuration(global, Format::Text, async |config, lang| {
        let checks = examine(&Machine::of(&config, &Program::this()).await, lang);
        for check in &checks {
            output::line(&format!("{} {}", if check.good { "✓" } else { "✗" }, check.found));
            if let Some(mend) = &check.mend {
                output::line(&format!("    {mend}"));
            }
        }
        match checks.iter().all(|check| check.good) {
            true => Ok(exit::DONE),
            false => Ok(exit::FAILED),
        }
    })
}
