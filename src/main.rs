//! Entry: worker processes first, before arguments are parsed, threads started or logs opened; then the command line.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.split_first() {
        Some((name, rest)) if name == hankod::render::SUBCOMMAND => hankod::render::worker::run(rest),
        Some((name, rest)) if name == hankod::token::worker::SUBCOMMAND => hankod::token::worker::run(rest),
        _ => hankod::cli::run(),
    }
}
