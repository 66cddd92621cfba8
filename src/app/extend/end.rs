//! When a document timestamp stops to prove anything: its TSA's certificate ends, or an algorithm in it weakens.
//!
//! No clock is read, and nobody is trusted here.

use crate::clock::Timestamp;
use crate::cms::SignedData;
use crate::der::Certificate;
use crate::trust::algorithms::{digest_trusted_until, trusted_until};
use crate::tsa::TstInfo;

/// The end of a document timestamp.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct End {
    /// From then on it proves nothing more.
    pub(crate) at: Timestamp,
    /// What ends first.
    pub(crate) cause: Cause,
}

/// What ends first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    /// The certificate of the TSA.
    Certificate,
    /// The trust in a digest or key.
    Algorithm,
}

impl End {
    /// Of a timestamp by this certificate.
    pub(crate) fn of(cms: &SignedData, info: &TstInfo, certificate: &Certificate) -> Self {
        let signature = cms.signers.first().and_then(|signer| {
            let algorithm = signer.algorithm().ok()?;
            Some(trusted_until(algorithm, certificate.key()))
        });
        let imprint = digest_trusted_until(info.imprint.digest);
        // What cannot be named was never trusted.
        let weakens = signature.unwrap_or(Timestamp::from_micros(0)).min(imprint);
        match certificate.not_after() {
            ends if ends <= weakens => Self {
                at: ends,
                cause: Cause::Certificate,
            },
            _ => Self {
                at: weakens,
                cause: Cause::Algorithm,
            },
        }
    }
}

impl Cause {
    /// What stands in the database; with `renewal-` before it and '-' for '_' the id of its words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate_ends",
            Self::Algorithm => "algorithm_weakens",
        }
    }
}
