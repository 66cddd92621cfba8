//! Whether a certificate was good at a moment: anchors, certification paths (RFC 5280, 6), CRLs, OCSP answers (RFC 6960), algorithms by date.
//!
//! No I/O, no clock, no trust of its own: anchors, certificates, revocation data and the moment are handed in. The system's TLS roots
//! are never anchors. The paths are our own and not OpenSSL's: its verifier needs raw calls to be given policies, judges at one
//! moment both the path and a CRL (and so refuses one issued after the signature, which is the best there is), and names one error.

use crate::clock::Timestamp;
use crate::der::ObjectIdentifier;
use crate::text::Explain;
use serde::Serialize;
use thiserror::Error;

pub mod algorithms;
pub mod anchors;
pub mod checks;
mod constraints;
mod crl;
mod names;
pub mod ocsp;
pub mod path;
mod policies;
pub mod revocation;
mod validate;

pub use anchors::{Anchors, Use};
pub use checks::Checks;
pub use crl::{Crl, MAX_CRL_BYTES, Reason};
pub use ocsp::{MAX_OCSP_BYTES, OcspAnswer};
pub use policies::PolicyRules;
pub use revocation::Why;

/// Sub-indication (ETSI EN 319 102-1, Tables 5 and 6): those that this module's findings and the verifier lead to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    /// Not as the standards want it; here also a change that the signature does not allow.
    FormatFailure,
    /// The signed bytes are others.
    HashFailure,
    /// The signature value is not the key's.
    SigCryptoFailure,
    /// The certificate was revoked before the signature was made.
    Revoked,
    /// The certificate had expired before the signature was made.
    Expired,
    /// The certificate was not valid yet.
    NotYetValid,
    /// The signer's certificate is not there, or is another than the signed one.
    NoSigningCertificateFound,
    /// No path to an anchor.
    NoCertificateChainFound,
    /// A path that is not valid for a reason that has no name of its own.
    CertificateChainGeneralFailure,
    /// A path that breaks a constraint on paths: policies, names, lengths, usages.
    ChainConstraintsFailure,
    /// The certificate is not valid any more, and nothing shows that the signature existed before.
    OutOfBoundsNoPoe,
    /// Revoked, and nothing shows that the signature existed before.
    RevokedNoPoe,
    /// An issuer's certificate is revoked, and nothing shows that the signature existed before.
    RevokedCaNoPoe,
    /// Revocation data is missing or too old: a later try may succeed.
    TryLater,
    /// An algorithm that was not strong enough any more when the signature was made.
    CryptoConstraintsFailure,
    /// An algorithm that is not strong enough any more, and nothing shows that the signature existed before.
    CryptoConstraintsFailureNoPoe,
    /// The times that timestamps prove contradict each other.
    TimestampOrderFailure,
    /// For a reason that has no name of its own, such as an algorithm that hankod does not know.
    Generic,
}

/// Why a CRL or an OCSP answer cannot be used at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Error {
    /// Larger than [`MAX_CRL_BYTES`].
    #[error("CRL of {0} bytes")]
    CrlTooLarge(usize),
    /// Not one DER CertificateList.
    #[error("CRL malformed")]
    CrlMalformed,
    /// Larger than [`MAX_OCSP_BYTES`].
    #[error("OCSP answer of {0} bytes")]
    OcspTooLarge(usize),
    /// Not one DER OCSPResponse with a basic answer.
    #[error("OCSP answer malformed")]
    OcspMalformed,
    /// The responder gave an OCSPResponseStatus instead of an answer.
    #[error("OCSP responder refused: status {0}")]
    OcspRefused(u8),
}

/// What stands against a certificate. `subject` is the name of the certificate that it is about, safe to show.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Finding {
    /// Neither the certificates at hand nor the anchors hold its issuer.
    #[error("no path to an anchor: the issuer {issuer} of {subject} is not known")]
    IssuerMissing {
        /// Whose.
        subject: String,
        /// The issuer's name.
        issuer: String,
    },
    /// So many paths, such long ones, that the search was ended.
    #[error("the search for a path was ended at its limits")]
    SearchEnded,
    /// So many signatures on certificates and revocation data, or such slow ones, that no more were checked.
    #[error("the checks were ended at their limits")]
    ChecksEnded,
    /// A timestamp was taken, and nobody is trusted that its authority could be checked against.
    #[error("no anchors for timestamp authorities")]
    AuthorityUnchecked,
    /// The issuer's key did not sign it.
    #[error("{subject}: its issuer's key did not sign it")]
    SignatureWrong {
        /// Whose.
        subject: String,
    },
    /// Signed by an algorithm that hankod cannot check.
    #[error("{subject}: algorithm {algorithm} cannot be checked")]
    AlgorithmUnsupported {
        /// Whose.
        subject: String,
        /// Which.
        algorithm: String,
    },
    /// Signed by, or holding a key of, an algorithm that is not strong enough at that moment.
    #[error("{subject}: {algorithm} is trusted until {until}")]
    AlgorithmWeak {
        /// Whose.
        subject: String,
        /// Which, with the key's length.
        algorithm: String,
        /// End of its trust; the epoch for those never trusted.
        until: Timestamp,
    },
    /// Before its validity.
    #[error("{subject}: valid from {from}")]
    NotYetValid {
        /// Whose.
        subject: String,
        /// notBefore
        from: Timestamp,
    },
    /// After its validity.
    #[error("{subject}: valid until {until}")]
    Expired {
        /// Whose.
        subject: String,
        /// notAfter
        until: Timestamp,
    },
    /// It issued a certificate and is not a CA's (basicConstraints, version).
    #[error("{subject}: not a CA")]
    NotCa {
        /// Whose.
        subject: String,
    },
    /// More CAs below it than pathLenConstraint allows.
    #[error("{subject}: too many CAs in the path")]
    PathTooLong {
        /// The certificate that is one too many.
        subject: String,
    },
    /// keyUsage does not allow what its key did.
    #[error("{subject}: keyUsage lacks {usage}")]
    KeyUsage {
        /// Whose.
        subject: String,
        /// The missing bit.
        usage: &'static str,
    },
    /// extKeyUsage names other purposes.
    #[error("{subject}: extKeyUsage is for another purpose")]
    Purpose {
        /// Whose.
        subject: String,
    },
    /// A name that an issuer's nameConstraints forbid.
    #[error("{subject}: name constraints forbid {name}")]
    NameForbidden {
        /// Whose.
        subject: String,
        /// The name.
        name: String,
    },
    /// No certificate policy is left that all of the path share, and one is demanded.
    #[error("{subject}: no acceptable certificate policy")]
    PolicyMissing {
        /// Where the last one was lost.
        subject: String,
    },
    /// A critical extension that hankod does not know.
    #[error("{subject}: unknown critical extension {oid}")]
    CriticalExtension {
        /// Whose.
        subject: String,
        /// Which.
        oid: ObjectIdentifier,
    },
    /// An extension that judges the path and cannot be read, or says what it may not.
    #[error("{subject}: {extension} is malformed")]
    ExtensionMalformed {
        /// Whose.
        subject: String,
        /// Which.
        extension: &'static str,
    },
    /// Revoked at that moment.
    #[error("{subject}: revoked since {at} ({reason})")]
    Revoked {
        /// Whose.
        subject: String,
        /// Since when.
        at: Timestamp,
        /// As RFC 5280 names it.
        reason: &'static str,
        /// An issuer's.
        is_ca: bool,
    },
    /// Suspended at that moment (certificateHold).
    #[error("{subject}: on hold")]
    OnHold {
        /// Whose.
        subject: String,
    },
    /// Not known whether it was revoked: 失効情報なし.
    #[error("{subject}: revocation unknown: {why:?}")]
    RevocationUnknown {
        /// Whose.
        subject: String,
        /// Why.
        why: Why,
    },
}

impl Finding {
    /// Where it leads (EN 319 102-1, 5.1.3 and 5.2.6).
    pub const fn sub_indication(&self) -> SubIndication {
        match self {
            Self::IssuerMissing { .. } | Self::AuthorityUnchecked => SubIndication::NoCertificateChainFound,
            Self::SearchEnded | Self::SignatureWrong { .. } | Self::ExtensionMalformed { .. } => {
                SubIndication::CertificateChainGeneralFailure
            }
            Self::AlgorithmUnsupported { .. } | Self::AlgorithmWeak { .. } => {
                SubIndication::CryptoConstraintsFailureNoPoe
            }
            Self::Revoked { is_ca: false, .. } => SubIndication::RevokedNoPoe,
            Self::Revoked { is_ca: true, .. } => SubIndication::RevokedCaNoPoe,
            Self::ChecksEnded => SubIndication::Generic,
            Self::OnHold { .. } | Self::RevocationUnknown { .. } => SubIndication::TryLater,
            Self::NotYetValid { .. } => SubIndication::NotYetValid,
            Self::Expired { .. } => SubIndication::OutOfBoundsNoPoe,
            Self::NotCa { .. }
            | Self::PathTooLong { .. }
            | Self::KeyUsage { .. }
            | Self::Purpose { .. }
            | Self::NameForbidden { .. }
            | Self::PolicyMissing { .. }
            | Self::CriticalExtension { .. } => SubIndication::ChainConstraintsFailure,
        }
    }
}

impl Explain for Finding {
    fn code(&self) -> &'static str {
        match self {
            Self::IssuerMissing { .. } => "trust_issuer_missing",
            Self::SearchEnded => "trust_search_ended",
            Self::ChecksEnded => "trust_checks_ended",
            Self::AuthorityUnchecked => "trust_authority_unchecked",
            Self::SignatureWrong { .. } => "trust_signature_wrong",
            Self::AlgorithmUnsupported { .. } => "trust_algorithm_unsupported",
            Self::AlgorithmWeak { .. } => "trust_algorithm_weak",
            Self::NotYetValid { .. } => "trust_not_yet_valid",
            Self::Expired { .. } => "trust_expired",
            Self::NotCa { .. } => "trust_not_ca",
            Self::PathTooLong { .. } => "trust_path_too_long",
            Self::KeyUsage { .. } => "trust_key_usage",
            Self::Purpose { .. } => "trust_purpose",
            Self::NameForbidden { .. } => "trust_name_forbidden",
            Self::PolicyMissing { .. } => "trust_policy_missing",
            Self::CriticalExtension { .. } => "trust_critical_extension",
            Self::ExtensionMalformed { .. } => "trust_extension_malformed",
            Self::Revoked { .. } => "trust_revoked",
            Self::OnHold { .. } => "trust_on_hold",
            Self::RevocationUnknown { why, .. } => why.code(),
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        let of = |subject: &String, more: Option<(&'static str, String)>| {
            let mut args = vec![("subject", subject.clone())];
            args.extend(more);
            args
        };
        match self {
            Self::SearchEnded | Self::ChecksEnded | Self::AuthorityUnchecked => Vec::new(),
            Self::IssuerMissing { subject, issuer } => of(subject, Some(("issuer", issuer.clone()))),
            Self::AlgorithmUnsupported { subject, algorithm } => of(subject, Some(("algorithm", algorithm.clone()))),
            Self::AlgorithmWeak {
                subject,
                algorithm,
                until,
            } => {
                let mut args = of(subject, Some(("algorithm", algorithm.clone())));
                args.push(("until", until.rfc3339()));
                args
            }
            Self::NotYetValid { subject, from } => of(subject, Some(("from", from.jst_minutes()))),
            Self::Expired { subject, until } => of(subject, Some(("until", until.jst_minutes()))),
            Self::KeyUsage { subject, usage } => of(subject, Some(("usage", (*usage).to_owned()))),
            Self::NameForbidden { subject, name } => of(subject, Some(("name", name.clone()))),
            Self::CriticalExtension { subject, oid } => of(subject, Some(("oid", oid.to_string()))),
            Self::ExtensionMalformed { subject, extension } => {
                of(subject, Some(("extension", (*extension).to_owned())))
            }
            Self::Revoked {
                subject, at, reason, ..
            } => {
                let mut args = of(subject, Some(("at", at.jst_minutes())));
                args.push(("reason", (*reason).to_owned()));
                args
            }
            Self::SignatureWrong { subject }
            | Self::NotCa { subject }
            | Self::PathTooLong { subject }
            | Self::Purpose { subject }
            | Self::OnHold { subject }
            | Self::RevocationUnknown { subject, .. }
            | Self::PolicyMissing { subject } => of(subject, None),
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::CrlTooLarge(_) => "trust_crl_too_large",
            Self::CrlMalformed => "trust_crl_malformed",
            Self::OcspTooLarge(_) => "trust_ocsp_too_large",
            Self::OcspMalformed => "trust_ocsp_malformed",
            Self::OcspRefused(_) => "trust_ocsp_refused",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::CrlTooLarge(bytes) | Self::OcspTooLarge(bytes) => vec![("bytes", bytes.to_string())],
            Self::OcspRefused(status) => vec![("status", status.to_string())],
            Self::CrlMalformed | Self::OcspMalformed => Vec::new(),
        }
    }
}
