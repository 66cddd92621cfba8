//! The signed attributes of a PAdES signature: contentType, messageDigest, signing-certificate-v2, and no other.
//!
//! signingTime is forbidden (EN 319 142-1, 6.3); claimed policies and roles are not offered.

use super::Error;
use crate::der::{Certificate, DigestAlgorithm, ObjectIdentifier, oid};
use ::der::asn1::{ContextSpecific, OctetString, SetOfVec};
use ::der::{Any, Decode, Encode, Sequence, Tag, TagMode, TagNumber};
use x509_cert::attr::Attribute;

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
    /// For a document whose signed bytes have this digest, and the signer's certificate.
    ///
    /// signing-certificate-v2 (RFC 5035) holds the certificate's SHA-256 and its issuer and serial number, as OpenSSL and pyHanko write it.
    ///
    /// # Errors
    /// [`Error::DigestMismatch`] for a digest of the wrong length; [`Error::Malformed`] for an issuer that cannot be copied.
    pub fn new(digest: DigestAlgorithm, message_digest: &[u8], certificate: &Certificate) -> Result<Self, Error> {
        if message_digest.len() != digest.bytes() {
            return Err(Error::DigestMismatch);
        }
        let (attributes, der) =
            encode(message_digest, certificate).map_err(|_| Error::Malformed("signedAttributes"))?;
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

fn encode(message_digest: &[u8], certificate: &Certificate) -> ::der::Result<(SetOfVec<Attribute>, Vec<u8>)> {
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
    let attributes = SetOfVec::try_from(vec![
        attribute(oid::CONTENT_TYPE, &oid::DATA)?,
        attribute(oid::MESSAGE_DIGEST, &OctetString::new(message_digest)?)?,
        attribute(oid::SIGNING_CERTIFICATE_V2, &signing_certificate)?,
    ])?;
    let der = attributes.to_der()?;
    Ok((attributes, der))
}

fn attribute(oid: ObjectIdentifier, value: &impl Encode) -> ::der::Result<Attribute> {
    let value = Any::from_der(&value.to_der()?)?;
    Ok(Attribute {
        oid,
        values: SetOfVec::try_from(vec![value])?,
    })
}
