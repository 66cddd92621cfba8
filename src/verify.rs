//! A finished file judged: evidence first, judgement after (ETSI EN 319 102-1). No I/O, no clock, no code shared with the signer.
//!
//! What is here so far asks whether a file that hankod signed may leave ([`release`]): structure, signature, changes. Trust and revocation are not asked.

use crate::text::Explain;
use crate::{cms, pdf};
use thiserror::Error;

pub mod changes;
pub mod evidence;
pub mod hashing;
pub mod placement;
pub mod release;
pub mod rules;

/// One fault of a file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Finding {
    /// The file, or a revision of it, is not strictly a PDF.
    #[error(transparent)]
    Pdf(#[from] pdf::Error),
    /// The file does not begin with the bytes that were to be signed.
    #[error("the file does not begin with the original bytes")]
    OriginalChanged,
    /// The original bytes do not end where a revision ends, or nothing follows them.
    #[error("no revision follows the original bytes")]
    OriginalEnd,
    /// Not exactly one new signature.
    #[error("{0} new signatures")]
    SignatureCount(usize),
    /// The signature dictionary or its field is not as PAdES wants it.
    #[error("signature in {field}: {part}")]
    SignatureMalformed {
        /// Full name of the field.
        field: String,
        /// What is wrong.
        part: &'static str,
    },
    /// /ByteRange does not cover exactly everything but /Contents.
    #[error("signature in {field}: ByteRange")]
    ByteRange {
        /// Full name of the field.
        field: String,
    },
    /// The CMS in /Contents does not hold.
    #[error("signature in {field}: {error}")]
    Cms {
        /// Full name of the field.
        field: String,
        /// Why.
        error: cms::Error,
    },
    /// A change that no signature allows, or that an earlier one forbids.
    #[error("forbidden change: {0}")]
    ChangeForbidden(changes::Change),
}

impl Explain for Finding {
    fn code(&self) -> &'static str {
        match self {
            Self::Pdf(error) => error.code(),
            Self::OriginalChanged => "original_changed",
            Self::OriginalEnd => "original_end",
            Self::SignatureCount(_) => "signature_count",
            Self::SignatureMalformed { .. } => "signature_malformed",
            Self::ByteRange { .. } => "byte_range_wrong",
            Self::Cms { error, .. } => error.code(),
            Self::ChangeForbidden(_) => "change_forbidden",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Pdf(error) => error.args(),
            Self::OriginalChanged | Self::OriginalEnd => Vec::new(),
            Self::SignatureCount(count) => vec![("count", count.to_string())],
            Self::SignatureMalformed { field, part } => vec![("field", field.clone()), ("part", (*part).to_owned())],
            Self::ByteRange { field } => vec![("field", field.clone())],
            Self::Cms { error, .. } => error.args(),
            Self::ChangeForbidden(change) => vec![("change", change.to_string())],
        }
    }
}
