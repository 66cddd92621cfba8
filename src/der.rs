//! DER, object identifiers and certificate fields: what a certificate says, and whether a public key made a signature.
//!
//! Nothing here decides whether a certificate is to be trusted, repairs what is malformed, or accepts more bytes than a structure has.

use crate::text::Explain;
use thiserror::Error;

mod algorithm;
mod bundle;
mod certificate;
mod extensions;
mod key;
mod name;
pub mod oid;
mod personal;
pub mod request;
pub mod tlv;
mod verify;

pub use algorithm::{DigestAlgorithm, Hasher, Preference, SignatureAlgorithm};
pub use bundle::{MAX_BUNDLE_BYTES, MAX_BUNDLE_CERTIFICATES, parse_bundle, parse_public_keys};
pub use certificate::{Certificate, MAX_CERTIFICATE_BYTES};
pub use const_oid::ObjectIdentifier;
pub use extensions::{Extension, Extensions, KEY_USAGE_NAMES, KeyUsage};
pub use key::{Curve, KeyKind};
pub use name::{Name, NameAttribute};
pub use personal::Personal;
pub use request::name_of;
pub use verify::{verify_digest, verify_signature};

/// What is wrong with a certificate, a key, an algorithm or a signature.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Not one DER certificate (RFC 5280), or a field hankod relies on does not parse.
    #[error("certificate: {0} does not parse")]
    CertificateMalformed(&'static str),
    /// Bytes follow the certificate.
    #[error("certificate: {0} bytes follow it")]
    CertificateTrailingBytes(usize),
    /// Larger than [`MAX_CERTIFICATE_BYTES`].
    #[error("certificate of {0} bytes")]
    CertificateTooLarge(usize),
    /// A file of certificates that holds none, or something that is neither PEM (RFC 7468) nor DER.
    #[error("no certificate in the file")]
    BundleMalformed,
    /// A file of certificates that holds a private key.
    #[error("a private key stands in a certificate file")]
    BundleHasPrivateKey,
    /// A file of public keys that holds none, too many, or something else.
    #[error("no public key in the file")]
    PublicKeysMalformed,
    /// More than [`MAX_BUNDLE_BYTES`] or [`MAX_BUNDLE_CERTIFICATES`].
    #[error("a certificate file beyond its limits")]
    BundleTooLarge,
    /// hankod signs with RSA of 2048 bits or more, ECDSA on P-256, P-384, P-521, and Ed25519.
    #[error("key not usable for signing: {0}")]
    KeyUnsupported(String),
    /// An algorithm identifier that hankod does not know.
    #[error("algorithm {0}")]
    AlgorithmUnsupported(String),
    /// The algorithm needs another kind of key.
    #[error("the algorithm does not fit the key")]
    AlgorithmKeyMismatch,
    /// A name that no certificate can have, or that is not written as RFC 4514 has it.
    #[error("name: {0}")]
    NameMalformed(String),
    /// The signature value was not made by this key over these bytes.
    #[error("the signature does not verify")]
    SignatureWrong,
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::CertificateMalformed(_) => "certificate_malformed",
            Self::CertificateTrailingBytes(_) => "certificate_trailing_bytes",
            Self::CertificateTooLarge(_) => "certificate_too_large",
            Self::BundleMalformed => "bundle_malformed",
            Self::BundleHasPrivateKey => "bundle_has_private_key",
            Self::PublicKeysMalformed => "public_keys_malformed",
            Self::BundleTooLarge => "bundle_too_large",
            Self::KeyUnsupported(_) => "key_unsupported",
            Self::AlgorithmUnsupported(_) => "algorithm_unsupported",
            Self::AlgorithmKeyMismatch => "algorithm_key_mismatch",
            Self::NameMalformed(_) => "name_malformed",
            Self::SignatureWrong => "signature_wrong",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::CertificateMalformed(part) => vec![("part", (*part).to_owned())],
            Self::CertificateTooLarge(bytes) | Self::CertificateTrailingBytes(bytes) => {
                vec![("bytes", bytes.to_string())]
            }
            Self::KeyUnsupported(what) | Self::AlgorithmUnsupported(what) => vec![("what", what.clone())],
            Self::NameMalformed(part) => vec![("part", part.clone())],
            _ => Vec::new(),
        }
    }
}
