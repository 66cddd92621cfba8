//! `hankod token-worker MODULE THREADS`: the process that loads one PKCS#11 module and does what its host asks.
//!
//! No runtime and no log of its own: threads take turns at the socket, each with sessions of its own, each answering at once. It keeps no state that a crash could lose but the logins, which must end with it.

use std::ffi::OsString;
use std::process::ExitCode;

/// The first argument that makes this process a token worker.
pub const SUBCOMMAND: &str = "token-worker";
/// Most threads of one worker.
pub const MAX_THREADS: usize = 64;

/// Runs the worker with the arguments after the subcommand.
pub fn run(_arguments: &[OsString]) -> ExitCode {
    ExitCode::from(64)
}
