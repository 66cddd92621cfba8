//! What went wrong in a use case, as every skin tells it: a kind, a stable code, the words' values.
//!
//! Nothing here knows HTTP statuses or exit codes: `http::error` and `cli` decide those, once each, from the kind.

mod below;

use crate::text::{Explain, Lang, plain, say};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fmt;

/// What sort of failure it is; the skins map it to a status or an exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FailureKind {
    /// The request, the manifest or the PDF cannot be accepted as it is.
    Invalid,
    /// Who asks is not known, or the key is not valid.
    Unknown,
    /// Who asks is known and may not do this.
    Forbidden,
    /// What was asked for does not exist, or belongs to somebody else.
    NotFound,
    /// It cannot be done in the state things are in: already confirmed, not finished yet, cancelled.
    Conflict,
    /// A file, or a document in it, cannot be read for what it should be.
    Unreadable,
    /// Larger or more than hankod accepts.
    TooLarge,
    /// Too many at once; it may be tried again later.
    TooMany,
    /// The PIN was wrong, locked, or not given.
    Pin,
    /// A token, a worker or a service cannot answer now.
    Unavailable,
    /// The deadline passed.
    Timeout,
    /// The person or the caller stopped it.
    Cancelled,
    /// The command line's words do not fit together.
    Usage,
    /// The disk is full.
    NoSpace,
    /// A fault of hankod or its machine.
    Internal,
}

/// A failed use case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    kind: FailureKind,
    code: &'static str,
    args: Vec<(&'static str, String)>,
    about: Option<String>,
}

impl Failure {
    /// A failure whose message takes no values.
    pub const fn new(kind: FailureKind, code: &'static str) -> Self {
        Self {
            kind,
            code,
            args: Vec::new(),
            about: None,
        }
    }

    /// The same failure, naming one more thing in its message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// The error of a lower module, told under its own code.
    pub fn of(kind: FailureKind, error: &impl Explain) -> Self {
        Self {
            kind,
            code: error.code(),
            args: error.args(),
            about: None,
        }
    }

    /// The same failure, said of one document.
    #[must_use]
    pub fn about(mut self, document: &str) -> Self {
        self.about = Some(document.to_owned());
        self
    }

    /// Somebody's own no: the caller's, or the person's at the prompt or the reader's keys.
    pub fn is_refusal(&self) -> bool {
        self.kind == FailureKind::Cancelled || matches!(self.code, "pin_cancelled" | "pin_cancelled_at_reader")
    }

    /// Whether the same may succeed later without anybody's help, or once somebody has helped the machine.
    pub const fn may_pass(&self) -> bool {
        match self.kind {
            FailureKind::Unavailable | FailureKind::Timeout | FailureKind::TooMany | FailureKind::NoSpace => true,
            FailureKind::Invalid
            | FailureKind::Unknown
            | FailureKind::Forbidden
            | FailureKind::NotFound
            | FailureKind::Conflict
            | FailureKind::Unreadable
            | FailureKind::TooLarge
            | FailureKind::Pin
            | FailureKind::Cancelled
            | FailureKind::Usage
            | FailureKind::Internal => false,
        }
    }

    /// A value that its message names.
    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self.args.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What sort of failure it is.
    pub const fn kind(&self) -> FailureKind {
        self.kind
    }
}

impl Explain for Failure {
    fn code(&self) -> &'static str {
        self.code
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        self.args.clone()
    }

    fn explain(&self, lang: Lang) -> String {
        let args: Vec<(&str, &str)> = self.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let words = say(lang, &self.code.replace('_', "-"), &args);
        match &self.about {
            Some(document) => format!("{}: {words}", plain(document)),
            None => words,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl Error for Failure {}
