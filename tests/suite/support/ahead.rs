//! Clocks of child processes, set days ahead by libfaketime. The product has no such switch, and the tests' own clock stays as it is.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many days ahead somebody lives. Copies share it.
#[derive(Clone, Default, Debug)]
pub(crate) struct Ahead(Arc<AtomicU32>);

impl Ahead {
    /// Lives so many days ahead from now on.
    pub(crate) fn set(&self, days: u32) {
        self.0.store(days, Ordering::SeqCst);
    }

    /// The same program with that clock.
    pub(crate) fn of(&self, command: &Command) -> Command {
        days_ahead(command, self.0.load(Ordering::SeqCst))
    }
}

/// The same program with a clock so many days ahead. It gets `PATH` and what `command` sets, nothing else.
pub(crate) fn days_ahead(command: &Command, days: u32) -> Command {
    let mut ahead = Command::new("faketime");
    ahead
        .arg("-f")
        .arg(format!("+{days}d"))
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            ahead.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        ahead.current_dir(folder);
    }
    ahead
}
