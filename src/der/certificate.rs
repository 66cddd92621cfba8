//! One X.509 certificate (RFC 5280): its exact DER and the fields hankod reads.
//!
//! Says what the certificate says; whether that is true (path, revocation) is not decided here. Debug shows a digest, never a name.

use super::extensions::Extensions;
use super::personal::Personal;
use super::tlv::{self, Cursor};
use super::{DigestAlgorithm, Error, KeyKind, Name, SignatureAlgorithm, verify_signature};
use crate::clock::Timestamp;
use ::der::Decode;
use spki::AlgorithmIdentifierOwned;
use std::fmt;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Largest certificate accepted, in bytes.
pub const MAX_CERTIFICATE_BYTES: usize = 64 * 1024;

/// A parsed certificate. Two are equal when their DER is.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    sha256: [u8; 32],
    tbs_der: Vec<u8>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
    subject: Name,
    issuer: Name,
    serial: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
    spki_der: Vec<u8>,
    key: KeyKind,
    extensions: Extensions,
}

impl Certificate {
    /// Reads one DER certificate; not a byte may follow it.
    ///
    /// # Errors
    /// [`Error::CertificateTooLarge`], [`Error::CertificateMalformed`] or [`Error::CertificateTrailingBytes`].
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(Error::CertificateTooLarge(der.len()));
        }
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| Error::CertificateMalformed("certificate"))?;
        if !rest.is_empty() {
            return Err(Error::CertificateTrailingBytes(rest.len()));
        }
        let tbs = &parsed.tbs_certificate;
        let spki_der = tbs.subject_pki.raw.to_vec();
        let (tbs_der, signature_algorithm, signature) =
            signed_parts(der).ok_or(Error::CertificateMalformed("signature"))?;
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(&DigestAlgorithm::Sha256.digest(der));
        Ok(Self {
            der: der.to_vec(),
            sha256,
            tbs_der,
            signature_algorithm,
            signature,
            subject: Name::read(&tbs.subject, "subject")?,
            issuer: Name::read(&tbs.issuer, "issuer")?,
            serial: tbs.raw_serial().to_vec(),
            not_before: Timestamp::from_seconds(tbs.validity.not_before.timestamp()),
            not_after: Timestamp::from_seconds(tbs.validity.not_after.timestamp()),
            key: KeyKind::of_spki(&spki_der)?,
            spki_der,
            extensions: Extensions::read(tbs.extensions())?,
        })
    }

    /// The exact bytes that were parsed.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the DER: how hankod names a certificate.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// [`Self::sha256`] in lower-case hexadecimal.
    pub fn sha256_hex(&self) -> String {
        hex::encode(self.sha256)
    }

    /// The bytes that the issuer signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs_der
    }

    /// The algorithm of the issuer's signature; the same inside and outside of the signed part.
    pub fn signature_algorithm(&self) -> &AlgorithmIdentifierOwned {
        &self.signature_algorithm
    }

    /// Whether the key in `spki_der` signed it. Says nothing about names, validity or trust.
    ///
    /// # Errors
    /// [`Error::AlgorithmUnsupported`], or as [`verify_signature`].
    pub fn verify_signed_by(&self, spki_der: &[u8]) -> Result<(), Error> {
        let algorithm = SignatureAlgorithm::from_identifier(&self.signature_algorithm)?;
        verify_signature(spki_der, algorithm, &self.tbs_der, &self.signature)
    }

    /// Whose key it is.
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// Who says so.
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// `true` when subject and issuer are the same DER.
    pub fn is_self_issued(&self) -> bool {
        self.subject.der() == self.issuer.der()
    }

    /// Content bytes of the serial number INTEGER, as encoded.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The serial number in lower-case hexadecimal, as encoded.
    pub fn serial_hex(&self) -> String {
        hex::encode(&self.serial)
    }

    /// Beginning of the validity.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Last second of the validity.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// `true` within the validity, both ends included.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.not_before <= at && at.seconds() <= self.not_after.seconds()
    }

    /// SubjectPublicKeyInfo, exact DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// What kind of key it is.
    pub fn key(&self) -> KeyKind {
        self.key
    }

    /// The extensions.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// `false` when keyUsage is there and allows neither digitalSignature nor contentCommitment: such a certificate signs no document.
    pub fn may_sign_documents(&self) -> bool {
        self.extensions
            .key_usage
            .is_none_or(|usage| usage.digital_signature() || usage.content_commitment())
    }

    /// Name, birth date, address of a My Number card's signing certificate.
    ///
    /// Personal data: only after the person's consent, never into a log.
    pub fn personal(&self) -> Option<Personal> {
        Personal::read(&self.extensions)
    }
}

/// TBSCertificate, signatureAlgorithm and signatureValue; `None` where the two algorithm fields differ (RFC 5280, 4.1.1.2).
fn signed_parts(der: &[u8]) -> Option<(Vec<u8>, AlgorithmIdentifierOwned, Vec<u8>)> {
    let mut parts = Cursor::new(der).take(tlv::SEQUENCE).ok()?.cursor();
    let tbs = parts.take(tlv::SEQUENCE).ok()?;
    let algorithm = parts.take(tlv::SEQUENCE).ok()?;
    let signature = parts.take(tlv::BIT_STRING).ok()?.octet_bits().ok()?;
    parts.end().ok()?;
    let mut fields = tbs.cursor();
    fields.optional(tlv::context(0)).ok()?;
    fields.take(tlv::INTEGER).ok()?;
    let inner = fields.take(tlv::SEQUENCE).ok()?;
    if inner.raw != algorithm.raw {
        return None;
    }
    let algorithm = AlgorithmIdentifierOwned::from_der(algorithm.raw).ok()?;
    Some((tbs.raw.to_vec(), algorithm, signature.to_vec()))
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.sha256_hex())
    }
}
