//! Whether a token answers a question and was signed by a certificate for timestamps. Path and revocation are left to whoever has anchors.

use super::info::{Imprint, TstInfo};
use super::{Error, NONCE_BYTES};
use crate::cms::{self, SignedData};
use crate::der::{self, Certificate, DigestAlgorithm, ObjectIdentifier, oid};

/// What a token must say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// The digest that was to be stamped, computed by ourselves.
    pub imprint: Imprint,
    /// The nonce that was sent; `None` for tokens found in a file.
    pub nonce: Option<[u8; NONCE_BYTES]>,
    /// The policy that was asked for; `None`: any.
    pub policy: Option<ObjectIdentifier>,
}

/// A token that passed [`check`].
#[derive(Clone, Debug)]
pub struct Checked {
    /// The token as DER. It is what the TSA sent unless that was BER.
    pub token: Vec<u8>,
    /// What it says.
    pub info: TstInfo,
    /// The TSA's certificate, not yet known to be trusted.
    pub certificate: Certificate,
    /// The other certificates in the token: material for the path.
    pub others: Vec<Certificate>,
}

/// Checks a token: imprint, nonce, policy, the TSA's certificate and what it is for, signature value, signing-certificate attribute.
///
/// A token that is BER is rewritten as DER first and then checked, so that what is kept is what was checked.
///
/// # Errors
/// The first check that failed.
pub fn check(token: &[u8], expected: &Expected) -> Result<Checked, Error> {
    let token = cms::to_der(token)?;
    let signed = SignedData::parse_foreign(&token)?;
    if signed.content_type != oid::TST_INFO {
        return Err(Error::NotATimestamp);
    }
    // A new token must not be weak from its first day; what stands in a file is judged at its time, by policy.
    if expected.nonce.is_some() && signed.digest()? == DigestAlgorithm::Sha1 {
        let weak = der::Error::AlgorithmUnsupported(DigestAlgorithm::Sha1.name().to_owned());
        return Err(cms::Error::from(weak).into());
    }
    let content = signed.content.as_deref().ok_or(cms::Error::ContentMissing)?;
    let info = TstInfo::parse(content)?;
    if info.imprint != expected.imprint {
        return Err(Error::ImprintMismatch);
    }
    if let Some(nonce) = &expected.nonce
        && info.nonce.as_deref().map(magnitude) != Some(magnitude(nonce))
    {
        return Err(Error::NonceMismatch);
    }
    if expected.policy.is_some_and(|policy| policy != info.policy) {
        return Err(Error::PolicyMismatch(info.policy));
    }
    let certificate = signed.verify_content()?.clone();
    if !is_for_timestamps(&certificate) {
        return Err(Error::Purpose);
    }
    let others = signed
        .certificates
        .iter()
        .filter(|c| **c != certificate)
        .cloned()
        .collect();
    Ok(Checked {
        token,
        info,
        certificate,
        others,
    })
}

/// Whether a certificate may stamp (RFC 3161, 2.3): one purpose, critical; and a key that may sign.
pub fn is_for_timestamps(certificate: &Certificate) -> bool {
    let extensions = certificate.extensions();
    let purposes = extensions.extended_key_usage.as_deref();
    purposes == Some(&[oid::TIME_STAMPING])
        && extensions.extended_key_usage_critical
        && certificate.may_sign_documents()
}

/// An unsigned number without leading zeros.
fn magnitude(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}
