//! The command line. Nothing here touches a token, a network or a PDF: it asks `app`.

use std::process::ExitCode;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    ExitCode::from(64)
}
