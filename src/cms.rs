//! CMS SignedData (RFC 5652) as PAdES uses it (ETSI EN 319 122-1, 319 142-1): built around a signature made elsewhere, parsed, checked against a digest.
//!
//! No key is used here, no time is read or written (PAdES keeps it in /M), no content is embedded. hankod's own signatures are DER; what others wrote is
//! read as BER by the same parser, which leaves every byte where it stands. A second ASN.1 library would decode and encode anew, and lose what was signed.

use crate::der;
use crate::text::Explain;
use thiserror::Error;

mod attributes;
mod ber;
mod build;
mod check;
mod element;
mod parse;
mod stamp;

pub(crate) use element::{Element, Elements, Rules};

pub use attributes::SignedAttributes;
pub use build::{MAX_CERTIFICATES, estimate_bytes, signed_data};
pub use check::Claim;
pub use parse::{Attribute, MAX_CMS_BYTES, SignedData, Signer};
pub use stamp::with_timestamp;

/// A ContentInfo, BER, as DER; DER stays as it is. Sets are not sorted, so that signatures over them still verify.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Malformed`]; also when bytes follow.
pub fn to_der(content_info: &[u8]) -> Result<Vec<u8>, Error> {
    if content_info.len() > MAX_CMS_BYTES {
        return Err(Error::TooLarge);
    }
    ber::to_der(content_info, "contentInfo")
}

/// Why a SignedData cannot be built, read or believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// A part is not the DER that RFC 5652 describes.
    #[error("CMS: {0} is malformed")]
    Malformed(&'static str),
    /// Larger than [`MAX_CMS_BYTES`], or too many of something.
    #[error("CMS: too large")]
    TooLarge,
    /// Something other than zeros follows the ContentInfo.
    #[error("CMS: bytes follow it")]
    TrailingBytes,
    /// The content stands inside, where a PDF signature has none.
    #[error("CMS: the content is not detached")]
    NotDetached,
    /// The content does not stand inside, where it must.
    #[error("CMS: no content")]
    ContentMissing,
    /// Not exactly one SignerInfo.
    #[error("CMS: {0} signers")]
    SignerCount(usize),
    /// A signed attribute is missing, stands twice, or has not exactly one value.
    #[error("CMS: attribute {0} missing or repeated")]
    Attribute(&'static str),
    /// messageDigest is not the digest of the signed bytes.
    #[error("CMS: the message digest differs")]
    DigestMismatch,
    /// The certificate that the SignerInfo names is not among the certificates.
    #[error("CMS: the signer's certificate is missing")]
    SignerCertificateMissing,
    /// signing-certificate-v2 names another certificate than the SignerInfo.
    #[error("CMS: the signing-certificate attribute names another certificate")]
    SigningCertificateMismatch,
    /// digestAlgorithm and signatureAlgorithm do not belong together.
    #[error("CMS: digest and signature algorithm do not belong together")]
    AlgorithmMismatch,
    /// What is wrong with a certificate, an algorithm or the signature value.
    #[error(transparent)]
    Der(#[from] der::Error),
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "cms_malformed",
            Self::TooLarge => "cms_too_large",
            Self::TrailingBytes => "cms_trailing_bytes",
            Self::NotDetached => "cms_not_detached",
            Self::ContentMissing => "cms_content_missing",
            Self::SignerCount(_) => "cms_signer_count",
            Self::Attribute(_) => "cms_attribute",
            Self::DigestMismatch => "cms_digest_mismatch",
            Self::SignerCertificateMissing => "cms_signer_certificate_missing",
            Self::SigningCertificateMismatch => "cms_signing_certificate_mismatch",
            Self::AlgorithmMismatch => "cms_algorithm_mismatch",
            Self::Der(error) => error.code(),
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Malformed(part) | Self::Attribute(part) => vec![("part", (*part).to_owned())],
            Self::SignerCount(count) => vec![("count", count.to_string())],
            Self::Der(error) => error.args(),
            _ => Vec::new(),
        }
    }
}
