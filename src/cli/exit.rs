//! Exit codes (sysexits where they fit), decided in one place, and the line that a person reads with them.

use std::process::ExitCode;

use crate::app::failure::{Failure, FailureKind};
use crate::text::{Explain, Lang};

/// Done.
pub(super) const DONE: u8 = 0;
/// Refused or failed.
pub(super) const FAILED: u8 = 1;
/// Wrong usage.
pub(super) const USAGE: u8 = 64;
/// Unreadable input.
pub(super) const UNREADABLE: u8 = 66;
/// Token or service unavailable.
pub(super) const UNAVAILABLE: u8 = 69;
/// PIN wrong, locked or not given.
pub(super) const PIN: u8 = 77;

/// The exit code of a failure.
pub(super) fn code(failure: &Failure) -> u8 {
    match failure.kind() {
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
        | FailureKind::Internal => FAILED,
    }
}

/// Tells a failure on standard error and gives its exit code.
pub(super) fn fail(failure: &Failure, lang: Lang) -> ExitCode {
    super::output::complain(&failure.explain(lang), failure.code());
    ExitCode::from(code(failure))
}

/// What clap found wrong, or the help and version that it was asked for.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to tell when the terminal itself is gone.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { USAGE } else { DONE })
}
