//! Entry: worker processes first, before arguments are parsed, threads started or logs opened; then the command line.

use std::ffi::OsString;
use std::process::ExitCode;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.split_first() {
        Some((name, rest)) if name == hankod::render::SUBCOMMAND => hankod::render::worker::run(rest),
        Some((name, rest)) if name == hankod::token::worker::SUBCOMMAND => hankod::token::worker::run(rest),
        // A PIN passes through commands and the daemon on its way to the worker: no core dump may hold it.
        _ => match set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            Ok(()) => hankod::cli::run(),
            Err(_) => ExitCode::FAILURE,
        },
    }
}
