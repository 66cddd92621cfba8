//! A signature value, its attributes and certificates put together as ContentInfo (RFC 5652).
//!
//! One signer, detached content, no CRLs. Certificates are copied byte for byte.

use super::{Error, SignedAttributes};
use crate::der::{Certificate, SignatureAlgorithm, oid};
use ::cms::content_info::ContentInfo;
use ::cms::signed_data::EncapsulatedContentInfo;
use ::der::asn1::{OctetString, SetOfVec};
use ::der::{Any, Decode, Encode, Sequence, Tag};
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::Attribute;

/// Most certificates in one SignedData.
pub const MAX_CERTIFICATES: usize = 32;

/// Identifier, lengths and SET of an unsigned signature-time-stamp attribute around its token, generously.
const TIMESTAMP_ATTRIBUTE_BYTES: usize = 64;

/// Slack for lengths that gain a byte when a timestamp makes the whole larger.
const LENGTH_SLACK_BYTES: usize = 16;

#[derive(Sequence)]
struct IssuerAndSerialNumber {
    issuer: Any,
    serial: Any,
}

#[derive(Sequence)]
struct SignerInfo {
    version: u8,
    sid: IssuerAndSerialNumber,
    digest_algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    signed_attributes: SetOfVec<Attribute>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: OctetString,
}

#[derive(Sequence)]
struct SignedData {
    version: u8,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    content: EncapsulatedContentInfo,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    certificates: SetOfVec<Any>,
    signer_infos: SetOfVec<Any>,
}

/// The ContentInfo, DER, for a signature value that was made over [`SignedAttributes::to_sign`].
///
/// `certificates`: the signer's first, then those of its chain in any order; DER sorts them, so the signer is found by the SignerInfo, not by position.
///
/// # Errors
/// [`Error::SignerCertificateMissing`] without certificates, [`Error::TooLarge`] with more than [`MAX_CERTIFICATES`],
/// [`Error::AlgorithmMismatch`] when `algorithm` uses another digest than the attributes, [`Error::Malformed`].
pub fn signed_data(
    attributes: &SignedAttributes,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
    certificates: &[Certificate],
) -> Result<Vec<u8>, Error> {
    let signer = certificates.first().ok_or(Error::SignerCertificateMissing)?;
    if certificates.len() > MAX_CERTIFICATES {
        return Err(Error::TooLarge);
    }
    if algorithm.digest() != attributes.digest() {
        return Err(Error::AlgorithmMismatch);
    }
    let signature_algorithm = algorithm.identifier()?;
    encode(attributes, signature_algorithm, signature, signer, certificates).map_err(|_| Error::Malformed("signedData"))
}

/// Bytes that /Contents must hold for a signature by the first of these certificates, with a timestamp token of `timestamp_bytes` (0: none).
///
/// Measured by building it with the longest signature value that the key can make: at most a few bytes too many.
///
/// # Errors
/// As [`signed_data`].
pub fn estimate_bytes(
    certificates: &[Certificate],
    algorithm: SignatureAlgorithm,
    timestamp_bytes: usize,
) -> Result<usize, Error> {
    let signer = certificates.first().ok_or(Error::SignerCertificateMissing)?;
    let digest = algorithm.digest();
    let attributes = SignedAttributes::new(digest, &vec![0; digest.bytes()], signer)?;
    let signature = vec![0; signer.key().max_signature_bytes()];
    let bytes = signed_data(&attributes, algorithm, &signature, certificates)?.len();
    Ok(match timestamp_bytes {
        0 => bytes,
        _ => bytes + timestamp_bytes + TIMESTAMP_ATTRIBUTE_BYTES + LENGTH_SLACK_BYTES,
    })
}

fn encode(
    attributes: &SignedAttributes,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: &[u8],
    signer: &Certificate,
    certificates: &[Certificate],
) -> ::der::Result<Vec<u8>> {
    let digest_algorithm = attributes.digest().identifier();
    let signer_info = SignerInfo {
        version: 1,
        sid: IssuerAndSerialNumber {
            issuer: Any::from_der(signer.issuer().der())?,
            serial: Any::new(Tag::Integer, signer.serial())?,
        },
        digest_algorithm: digest_algorithm.clone(),
        signed_attributes: attributes.attributes().clone(),
        signature_algorithm,
        signature: OctetString::new(signature)?,
    };
    let mut different: Vec<&Certificate> = Vec::new();
    for certificate in certificates {
        if !different.contains(&certificate) {
            different.push(certificate);
        }
    }
    let copies: ::der::Result<Vec<Any>> = different.iter().map(|c| Any::from_der(c.der())).collect();
    // Version 1: id-data, X.509 certificates, issuerAndSerialNumber (RFC 5652, 5.1).
    let signed_data = SignedData {
        version: 1,
        digest_algorithms: SetOfVec::try_from(vec![digest_algorithm])?,
        content: EncapsulatedContentInfo {
            econtent_type: oid::DATA,
            econtent: None,
        },
        certificates: SetOfVec::try_from(copies?)?,
        signer_infos: SetOfVec::try_from(vec![Any::encode_from(&signer_info)?])?,
    };
    ContentInfo {
        content_type: oid::SIGNED_DATA,
        content: Any::encode_from(&signed_data)?,
    }
    .to_der()
}
