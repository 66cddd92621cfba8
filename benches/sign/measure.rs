//! What a program costs: CPU time of it and its children, and the largest resident set among them.
//!
//! A small process of our own stands between: Linux counts the parent's memory at the moment of the fork into the child's peak.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::time::ClockId;
use serde::{Deserialize, Serialize};
use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

/// First argument of the process between.
pub(crate) const CHILD: &str = "--measure-child";

/// One run of one program.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// User and system time, milliseconds.
    pub(crate) cpu_ms: f64,
    /// Peak resident set, MiB.
    pub(crate) rss_mib: f64,
}

/// Smallest, middle and largest of several runs.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self {
            min: values[0],
            median: values[values.len() / 2],
            max: values[values.len() - 1],
        }
    }
}

/// Runs `command` (program, arguments, environment) to its end; it must succeed.
pub(crate) fn cost(command: &Command) -> Cost {
    let mut between = Command::new(env::current_exe().unwrap());
    between.arg(CHILD).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => between.env(name, value),
            None => between.env_remove(name),
        };
    }
    let output = between.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?} failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a peer that measures itself and prints its [`Cost`] as JSON.
pub(crate) fn own_account(command: &mut Command) -> Cost {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?} failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// CPU time of this process until now, milliseconds.
pub(crate) fn own_cpu_ms() -> f64 {
    Duration::from(ClockId::CLOCK_PROCESS_CPUTIME_ID.now().unwrap()).as_secs_f64() * 1e3
}

/// The process between: runs the program, waits, prints what the system counted.
pub(crate) fn run_as_child(words: &[String]) {
    let mut command = Command::new(&words[0]);
    let status = command
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    if !status.unwrap().success() {
        std::process::exit(1);
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    let cost = Cost {
        cpu_ms: micros as f64 / 1e3,
        rss_mib: usage.max_rss() as f64 / 1024.0,
    };
    print!("{}", serde_json::to_string(&cost).unwrap());
}
