//! A finished file judged: evidence first, judgement after (ETSI EN 319 102-1). No I/O, no clock, no code shared with the signer.
//!
//! [`file::examine`] gathers, [`judge`] judges, [`report`] tells. Anchors and data that the file does not hold are brought by the caller ([`judge::Basis`]);
//! the release check ([`release`]) of hankod's own files asks for none.

use crate::text::Explain;
use crate::trust::{self, Anchors, Use};
use crate::{cms, pdf, tsa};
use thiserror::Error;

pub mod chain;
pub mod changes;
pub mod evidence;
pub mod extension;
pub mod file;
pub mod hashing;
mod headline;
pub mod integrity;
pub mod judge;
pub mod level;
mod material;
pub mod placement;
pub mod release;
pub mod report;
pub mod rules;
pub mod running;
pub mod trail;
mod words;

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
    /// The signature is not the one that stood in its field when it was made.
    #[error("signature in {field}: replaced")]
    SignatureReplaced {
        /// Full name of the field.
        field: String,
    },
    /// A kind of signature that hankod does not check.
    #[error("signature in {field}: SubFilter")]
    SubFilter {
        /// Full name of the field.
        field: String,
    },
    /// A document timestamp's token does not hold.
    #[error("timestamp in {field}: {error}")]
    Timestamp {
        /// Full name of the field.
        field: String,
        /// Why.
        error: tsa::Error,
    },
    /// A timestamp in the signature cannot be read; it proves nothing.
    #[error("signature in {field}: timestamp not readable")]
    TimestampUnread {
        /// Full name of the field.
        field: String,
    },
    /// The signature holds more timestamps than are looked at.
    #[error("signature in {field}: too many timestamps")]
    TimestampsLeftOut {
        /// Full name of the field.
        field: String,
    },
    /// A field was filled, and what it shows cannot be read.
    #[error("field {field}: appearance not readable")]
    AppearanceUnread {
        /// Full name of the field.
        field: String,
    },
    /// What stands against the signer's or TSA's certificate.
    #[error("signature in {field}: {finding}")]
    Trust {
        /// Full name of the field.
        field: String,
        /// What.
        finding: trust::Finding,
    },
    /// No authority at all is trusted.
    #[error("signature in {field}: no anchors")]
    NoAnchors {
        /// Full name of the field.
        field: String,
    },
    /// The new signature stands in another field than the one that was meant.
    #[error("signature in {field}: not the field that was meant")]
    OtherField {
        /// Full name of the field.
        field: String,
    },
    /// The new signature was made with another certificate than the one that was meant.
    #[error("signature in {field}: not the certificate that was meant")]
    OtherCertificate {
        /// Full name of the field.
        field: String,
    },
    /// It covers, or is covered by, timestamps whose times contradict its own.
    #[error("signature in {field}: order of times")]
    TimestampOrder {
        /// Full name of the field.
        field: String,
    },
    /// One of more signatures than are judged.
    #[error("too many signatures")]
    TooMany,
    /// No signature at all.
    #[error("no signature")]
    NoSignature,
    /// The security store cannot be read, or holds more than is read.
    #[error("security store: {0}")]
    StoreUnread(pdf::Error),
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

impl Finding {
    /// What stands against a certificate, said of a field. Where nobody is trusted for this use, that is what is missing.
    fn of_trust(field: &str, faults: Vec<trust::Finding>, anchors: &Anchors, use_: Use) -> Vec<Self> {
        let nobody = anchors.of(use_).next().is_none();
        let said = |finding| match finding {
            trust::Finding::IssuerMissing { .. } if nobody => Self::NoAnchors {
                field: field.to_owned(),
            },
            finding => Self::Trust {
                field: field.to_owned(),
                finding,
            },
        };
        faults.into_iter().map(said).collect()
    }

    /// Whether it is about a timestamp in this field that was not judged.
    fn is_skipped_in(&self, name: &str) -> bool {
        matches!(self, Self::TimestampUnread { field } | Self::TimestampsLeftOut { field } if field == name)
    }
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
            Self::SignatureReplaced { .. } => "signature_replaced",
            Self::SubFilter { .. } => "sub_filter_unknown",
            Self::Timestamp { error, .. } => error.code(),
            Self::TimestampUnread { .. } => "timestamp_unread",
            Self::TimestampsLeftOut { .. } => "timestamps_left_out",
            Self::AppearanceUnread { .. } => "appearance_unread",
            Self::OtherField { .. } => "signature_other_field",
            Self::OtherCertificate { .. } => "signature_other_certificate",
            Self::Trust { finding, .. } => finding.code(),
            Self::NoAnchors { .. } => "no_anchors",
            Self::TimestampOrder { .. } => "timestamp_order",
            Self::TooMany => "too_many_signatures",
            Self::NoSignature => "no_signature",
            Self::StoreUnread(_) => "security_store_unread",
            Self::Cms { error, .. } => error.code(),
            Self::ChangeForbidden(_) => "change_forbidden",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Pdf(error) => error.args(),
            Self::OriginalChanged | Self::OriginalEnd | Self::NoSignature | Self::TooMany => Vec::new(),
            Self::StoreUnread(error) => vec![("cause", error.code().to_owned())],
            Self::SignatureCount(count) => vec![("count", count.to_string())],
            Self::SignatureMalformed { field, part } => vec![("field", field.clone()), ("part", (*part).to_owned())],
            Self::ByteRange { field }
            | Self::SignatureReplaced { field }
            | Self::SubFilter { field }
            | Self::TimestampUnread { field }
            | Self::TimestampsLeftOut { field }
            | Self::AppearanceUnread { field }
            | Self::OtherField { field }
            | Self::OtherCertificate { field }
            | Self::NoAnchors { field }
            | Self::TimestampOrder { field } => vec![("field", field.clone())],
            Self::Trust { finding, .. } => finding.args(),
            Self::Cms { error, .. } => error.args(),
            Self::Timestamp { error, .. } => error.args(),
            Self::ChangeForbidden(change) => vec![("change", change.to_string())],
        }
    }
}
