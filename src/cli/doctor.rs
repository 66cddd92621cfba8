//! `hankod doctor`: what is missing on this machine, and the command that mends it.

use std::process::ExitCode;

use super::{Format, Global, context, exit, output};

pub(super) fn run(global: &Global) -> ExitCode {
    let (config, lang) = match context::configuration(global) {
        Ok(found) => found,
        Err(told) => return exit::fail(&told, Format::Text),
    };
    let checks = crate::app::doctor::examine(&crate::app::doctor::Machine::of(&config), lang);
    for check in &checks {
        output::line(&format!("{} {}", if check.good { "✓" } else { "✗" }, check.found));
        if let Some(mend) = check.mend {
            output::line(&format!("    {mend}"));
        }
    }
    let good = checks.iter().all(|check| check.good);
    ExitCode::from(if good { exit::DONE } else { exit::FAILED })
}
