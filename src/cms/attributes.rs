//! The signed attributes: contentType, messageDigest, signing-certificate-v2, and signingTime outside of PDFs.
//!
//! CAdES demands signingTime (EN 319 122-1, 6.3), PAdES forbids it (EN 319 142-1, 6.3); claimed policies and roles are not offered.

use super::Error;
use crate::clock::Timestamp;
use crate::der::{Certificate, DigestAlgorithm, ObjectIdentifier, oid};
use ::der::asn1::{ContextSpecific, GeneralizedTime, OctetString, SetOfVec, UtcTime};
use ::der::{Any, Decode, Encode, Sequence, Tag, TagMode, TagNumber};
use std::time::Duration;
use x509_cert::attr::Attribute;
use x509_cert::time::Time;

/// issuerSerial of RFC 5035: GeneralNames with one directoryName, and the serial number.
#[derive(Sequence)]
struct IssuerSerial {
    issuer: Vec<ContextSpecific<Any>>,
    serial: Any,
}

/// ESSCertIDv2 of RFC 5035; hashAlgorithm is left out, which means SHA-256.
#[derive(Sequence)]
struct EssCertIdV2 {
    cert_hash: OctetString,
    issuer_serial: IssuerSerial,
}

#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
}

/// Signed attributes, ready to be signed: their DER is what the key signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedAttributes {
    digest: DigestAlgorithm,
    attributes: SetOfVec<Attribute>,
    der: Vec<u8>,
}

impl SignedAttributes {
    /// Those of PAdES, for a document whose signed bytes have this digest, and the signer's certificate.
    ///
    /// signing-certificate-v2 (RFC 5035) holds the certificate's SHA-256 and its issuer and serial number, as OpenSSL and pyHanko write it.
    ///
    /// # Errors
    /// [`Error::DigestMismatch`] for a digest of the wrong length; [`Error::Malformed`] for an issuer that cannot be copied.
    pub fn new(digest: DigestAlgorithm, message_digest: &[u8], certificate: &Certificate) -> Result<Self, Error> {
        Self::of(digest, message_digest, certificate, None)
    }

    /// Those of CAdES: the same with signingTime.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn cades(
        digest: DigestAlgorithm,
        message_digest: &[u8],
        certificate: &Certificate,
        time: Timestamp,
    ) -> Result<Self, Error> {
        Self::of(digest, message_digest, certificate, Some(time))
    }

    fn of(
        digest: DigestAlgorithm,
        message_digest: &[u8],
        certificate: &Certificate,
        time: Option<Timestamp>,
    ) -> Result<Self, Error> {
        if message_digest.len() != digest.bytes() {
            return Err(Error::DigestMismatch);
        }
        let (attributes, der) =
            encode(message_digest, certificate, time).map_err(|_| Error::Malformed("signedAttributes"))?;
        Ok(Self {
            digest,
            attributes,
            der,
        })
    }

    /// The bytes to sign: DER `SET OF Attribute` (RFC 5652, 5.4).
    pub fn to_sign(&self) -> &[u8] {
        &self.der
    }

    /// The algorithm of the message digest.
    pub fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    pub(super) fn attributes(&self) -> &SetOfVec<Attribute> {
        &self.attributes
    }
}

fn encode(
    message_digest: &[u8],
    certificate: &Certificate,
    time: Option<Timestamp>,
) -> ::der::Result<(SetOfVec<Attribute>, Vec<u8>)> {
    let issuer = ContextSpecific {
        tag_number: TagNumber::N4,
        tag_mode: TagMode::Explicit,
        value: Any::from_der(certificate.issuer().der())?,
    };
    let signing_certificate = SigningCertificateV2 {
        certs: vec![EssCertIdV2 {
            cert_hash: OctetString::new(certificate.sha256().as_slice())?,
            issuer_serial: IssuerSerial {
                issuer: vec![issuer],
                serial: Any::new(Tag::Integer, certificate.serial())?,
            },
        }],
    };
    let mut attributes = vec![
        attribute(oid::CONTENT_TYPE, &oid::DATA)?,
        attribute(oid::MESSAGE_DIGEST, &OctetString::new(message_digest)?)?,
        attribute(oid::SIGNING_CERTIFICATE_V2, &signing_certificate)?,
    ];
    if let Some(time) = time {
        attributes.push(attribute(oid::SIGNING_TIME, &signing_time(time)?)?);
    }
    let attributes = SetOfVec::try_from(attributes)?;
    let der = attributes.to_der()?;
    Ok((attributes, der))
}

/// UTCTime to the end of 2049, GeneralizedTime afterwards (RFC 5652, 11.3).
fn signing_time(time: Timestamp) -> ::der::Result<Time> {
    let since_1970 = Duration::from_secs(time.seconds().try_into().unwrap_or(0));
    match UtcTime::from_unix_duration(since_1970) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => Ok(Time::GeneralTime(GeneralizedTime::from_unix_duration(since_1970)?)),
    }
}

fn attribute(oid: ObjectIdentifier, value: &impl Encode) -> ::der::Result<Attribute> {
    let value = Any::from_der(&value.to_der()?)?;
    Ok(Attribute {
        oid,
        values: SetOfVec::try_from(vec![value])?,
    })
}
