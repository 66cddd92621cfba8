//! Timestamps (RFC 3161, RFC 5816): the question, the answer, and every check of a token that needs no trust.
//!
//! No I/O, no clock, no randomness: the nonce is given. Whether the TSA's certificate leads to an anchor is `trust`'s part, which gets what
//! [`check`] found. A time that a token does not say is never made up.

mod check;
mod info;
mod query;
mod reply;

use crate::cms;
use crate::der::ObjectIdentifier;
use crate::text::Explain;

pub use check::{Checked, Expected, check, is_for_timestamps};
pub use info::{Imprint, TstInfo};
pub use query::{NONCE_BYTES, Query};
pub use reply::{MAX_REPLY_BYTES, MAX_STATUS_TEXT_CHARS, Status, read_reply};

/// Media type of a query.
pub const QUERY_TYPE: &str = "application/timestamp-query";
/// Media type of a reply.
pub const REPLY_TYPE: &str = "application/timestamp-reply";

/// Why a reply gives no token, or a token is not to be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// A part is not what RFC 3161 describes.
    #[error("timestamp: {0} is malformed")]
    Malformed(&'static str),
    /// A reply beyond [`MAX_REPLY_BYTES`].
    #[error("timestamp reply of {0} bytes")]
    TooLarge(usize),
    /// The TSA refused.
    #[error("the TSA refused: {status}, {failure}, {text:?}")]
    Rejected {
        /// What it answered.
        status: Status,
        /// Its PKIFailureInfo by name; empty when it gave none.
        failure: String,
        /// Its own words, shortened.
        text: String,
    },
    /// The SignedData holds something else than a TSTInfo.
    #[error("not a timestamp")]
    NotATimestamp,
    /// The token is about other bytes.
    #[error("the timestamp is about other data")]
    ImprintMismatch,
    /// The token answers another question: a replay.
    #[error("the timestamp answers another question")]
    NonceMismatch,
    /// The token was made under another policy than asked for.
    #[error("the timestamp's policy is {0}")]
    PolicyMismatch(ObjectIdentifier),
    /// A critical extension that hankod does not know.
    #[error("the timestamp has the critical extension {0}")]
    CriticalExtension(ObjectIdentifier),
    /// The certificate is not one for timestamps alone: extendedKeyUsage must be critical and say timeStamping and nothing else.
    #[error("the certificate is not one for timestamps")]
    Purpose,
    /// The token's signature or its certificate.
    #[error(transparent)]
    Cms(#[from] cms::Error),
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "tsa_malformed",
            Self::TooLarge(_) => "tsa_too_large",
            Self::Rejected { .. } => "tsa_rejected",
            Self::NotATimestamp => "tsa_not_a_timestamp",
            Self::ImprintMismatch => "tsa_imprint_mismatch",
            Self::NonceMismatch => "tsa_nonce_mismatch",
            Self::PolicyMismatch(_) => "tsa_policy_mismatch",
            Self::CriticalExtension(_) => "tsa_critical_extension",
            Self::Purpose => "tsa_purpose",
            Self::Cms(error) => error.code(),
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Malformed(part) => vec![("part", (*part).to_owned())],
            Self::TooLarge(bytes) => vec![("bytes", bytes.to_string()), ("max", MAX_REPLY_BYTES.to_string())],
            Self::Rejected { status, failure, text } => {
                vec![
                    ("status", status.to_string()),
                    ("failure", failure.clone()),
                    ("text", text.clone()),
                ]
            }
            Self::PolicyMismatch(oid) | Self::CriticalExtension(oid) => vec![("oid", oid.to_string())],
            Self::Cms(error) => error.args(),
            Self::NotATimestamp | Self::ImprintMismatch | Self::NonceMismatch | Self::Purpose => Vec::new(),
        }
    }
}
