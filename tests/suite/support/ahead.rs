//! Clocks of child processes, set days ahead by libfaketime. The product has no such switch, and the tests' own clock stays as it is.

use std::path::{Path, PathBuf};
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
    let mut ahead = Command::new(command.get_program());
    ahead.args(command.get_args()).env_clear().env("PATH", "/usr/bin:/bin");
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            ahead.env(name, value);
        }
    }
    if days > 0 {
        ahead
            .env("LD_PRELOAD", library("libfaketime.so.1"))
            .env("FAKETIME", format!("+{days}d"));
    }
    if let Some(folder) = command.get_current_dir() {
        ahead.current_dir(folder);
    }
    ahead
}

/// Where the package put it. Its command is not used: that gives up where a killed process of the same number left its semaphore.
fn library(name: &str) -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap();
    let paths = folders.map(|folder| folder.unwrap().path().join("faketime").join(name));
    let mut installed = paths.filter(|path| path.is_file());
    installed.next().unwrap()
}

/// The clock of a process that lives on while a test moves it, as a machine's that slept.
pub(crate) struct Moved {
    library: PathBuf,
    file: PathBuf,
}

impl Moved {
    /// Today; what it shows stands in `dir`.
    pub(crate) fn new(dir: &Path) -> Self {
        let clock = Self {
            library: library("libfaketimeMT.so.1"),
            file: dir.join("clock"),
        };
        clock.to(0);
        clock
    }

    /// From now on so many days ahead.
    pub(crate) fn to(&self, days: u32) {
        let next = self.file.with_extension("next");
        std::fs::write(&next, format!("+{days}d\n")).unwrap();
        std::fs::rename(next, &self.file).unwrap();
    }

    /// What makes a process live by it.
    pub(crate) fn environment(&self) -> [(&'static str, &Path); 4] {
        [
            ("LD_PRELOAD", &self.library),
            ("FAKETIME_TIMESTAMP_FILE", &self.file),
            ("FAKETIME_NO_CACHE", Path::new("1")),
            ("FAKETIME_DONT_FAKE_MONOTONIC", Path::new("1")),
        ]
    }
}
