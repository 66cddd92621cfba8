//! Exit codes (sysexits where they fit), decided in one place, and the line that a person reads with them.

use std::process::ExitCode;

use super::Format;
use crate::app::failure::FailureKind;
use crate::daemon::DaemonError;
use crate::daemon::control::Told;

/// Done.
pub(super) const DONE: u8 = 0;
/// Refused or failed.
pub(super) const FAILED: u8 = 1;
/// Verification: nothing failed, something could not be found out.
pub(super) const INDETERMINATE: u8 = 2;
/// Wrong usage.
pub(super) const USAGE: u8 = 64;
/// Unreadable input.
pub(super) const UNREADABLE: u8 = 66;
/// Token or service unavailable.
pub(super) const UNAVAILABLE: u8 = 69;
/// PIN wrong, locked or not given.
pub(super) const PIN: u8 = 77;

/// The exit code of a kind of failure.
pub(super) fn code(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Usage => USAGE,
        FailureKind::Unreadable => UNREADABLE,
        FailureKind::Unavailable | FailureKind::Timeout => UNAVAILABLE,
        FailureKind::Pin => PIN,
        FailureKind::Invalid
        | FailureKind::Unknown
        | FailureKind::Forbidden
        | FailureKind::NotFound
        | FailureKind::Conflict
        | FailureKind::TooLarge
        | FailureKind::TooMany
        | FailureKind::Cancelled
        | FailureKind::NoSpace
        | FailureKind::Internal => FAILED,
    }
}

/// Tells a failure on standard error, with `--format json` also as the one document on standard output, and gives its exit code.
pub(super) fn fail(told: &Told, format: Format) -> ExitCode {
    super::output::complain(&told.message, &told.code);
    if format == Format::Json {
        super::output::json(&serde_json::json!({ "error": told.code, "message": told.message }));
    }
    ExitCode::from(code(told.kind))
}

/// The exit code of a daemon that did not begin.
pub(super) fn of_daemon(error: &DaemonError) -> u8 {
    match error {
        DaemonError::App(failure) => code(failure.kind()),
        DaemonError::Tls(_) => FAILED,
        DaemonError::Store(_)
        | DaemonError::Listen { .. }
        | DaemonError::Serve(_)
        | DaemonError::Ended { .. }
        | DaemonError::Io(_) => UNAVAILABLE,
    }
}

/// What clap found wrong, or the help and version that it was asked for.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to tell when the terminal itself is gone.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { USAGE } else { DONE })
}
