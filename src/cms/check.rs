//! Whether a SignedData is an intact PAdES signature over given bytes: digest, attributes, certificate, signature value.
//!
//! Neither trust nor time is asked: a signature by an expired certificate of an unknown issuer passes.

use super::element::{Element, Elements};
use super::{Error, SignedData, Signer};
use crate::der::{Certificate, DigestAlgorithm, ObjectIdentifier, SignatureAlgorithm, oid, verify_signature};
use ::der::asn1::OctetStringRef;
use ::der::{Decode, Tag, TagNumber};
use spki::AlgorithmIdentifierOwned;

/// One ESSCertIDv2 (RFC 5035).
struct CertificateId<'a> {
    digest: DigestAlgorithm,
    hash: &'a [u8],
    issuer_serial: Option<(&'a [u8], &'a [u8])>,
}

impl SignedData {
    /// The one signer.
    ///
    /// # Errors
    /// [`Error::SignerCount`].
    pub fn signer(&self) -> Result<&Signer, Error> {
        match self.signers.as_slice() {
            [signer] => Ok(signer),
            several => Err(Error::SignerCount(several.len())),
        }
    }

    /// The digest with which the signed bytes must be hashed before [`Self::verify_signer`].
    ///
    /// # Errors
    /// [`Error::SignerCount`], or an unknown algorithm.
    pub fn digest(&self) -> Result<DigestAlgorithm, Error> {
        Ok(DigestAlgorithm::from_identifier(&self.signer()?.digest_algorithm)?)
    }

    /// Checks everything that can be checked without trust, and gives the signer's certificate.
    ///
    /// `message_digest`: of the bytes in the ByteRange, by [`Self::digest`].
    ///
    /// # Errors
    /// The first of: not detached, signer count, attributes, message digest, certificate, signing-certificate-v2, algorithms, signature value.
    pub fn verify_signer(&self, message_digest: &[u8]) -> Result<&Certificate, Error> {
        let signer = self.signer()?;
        if self.content.is_some() || self.content_type != oid::DATA {
            return Err(Error::NotDetached);
        }
        let content_type = signer.single(oid::CONTENT_TYPE, "contentType")?;
        if ObjectIdentifier::from_der(content_type) != Ok(oid::DATA) {
            return Err(Error::Attribute("contentType"));
        }
        let claimed = signer.single(oid::MESSAGE_DIGEST, "messageDigest")?;
        let claimed = OctetStringRef::from_der(claimed).map_err(|_| Error::Attribute("messageDigest"))?;
        if claimed.as_bytes() != message_digest {
            return Err(Error::DigestMismatch);
        }
        let certificate = self.signer_certificate(signer)?;
        let algorithm = SignatureAlgorithm::from_identifier(&signer.signature_algorithm)?;
        if algorithm.digest() != self.digest()? {
            return Err(Error::AlgorithmMismatch);
        }
        let (message, signature) = (&signer.signed_attributes_der, &signer.signature);
        verify_signature(certificate.spki_der(), algorithm, message, signature)?;
        Ok(certificate)
    }

    /// The certificate that both the SignerInfo and signing-certificate-v2 name.
    fn signer_certificate(&self, signer: &Signer) -> Result<&Certificate, Error> {
        let mut named = self
            .certificates
            .iter()
            .filter(|c| c.issuer().der() == signer.issuer_der && c.serial() == signer.serial)
            .peekable();
        if named.peek().is_none() {
            return Err(Error::SignerCertificateMissing);
        }
        let id = CertificateId::first(signer.single(oid::SIGNING_CERTIFICATE_V2, "signingCertificateV2")?)?;
        named
            .find(|certificate| id.names(certificate))
            .ok_or(Error::SigningCertificateMismatch)
    }
}

impl<'a> CertificateId<'a> {
    /// The first of the attribute's certificates, which is the signer's (RFC 5035, 3).
    fn first(attribute: &'a [u8]) -> Result<Self, Error> {
        let part = "signingCertificateV2";
        let (outer, _) = Element::first(attribute, part)?;
        let mut certificates = outer
            .elements(Tag::Sequence, part)?
            .next()?
            .elements(Tag::Sequence, part)?;
        let mut fields = certificates.next()?.elements(Tag::Sequence, part)?;
        let mut field = fields.next()?;
        let mut digest = DigestAlgorithm::Sha256;
        if field.tag == Tag::Sequence {
            let identifier: AlgorithmIdentifierOwned = field.decode(part)?;
            digest = DigestAlgorithm::from_identifier(&identifier)?;
            field = fields.next()?;
        }
        let hash: OctetStringRef<'a> = field.decode(part)?;
        let issuer_serial = fields.rest().next().map(|e| issuer_serial(e, part)).transpose()?;
        Ok(Self {
            digest,
            hash: hash.as_bytes(),
            issuer_serial,
        })
    }

    fn names(&self, certificate: &Certificate) -> bool {
        let same_issuer = self
            .issuer_serial
            .is_none_or(|(issuer, serial)| certificate.issuer().der() == issuer && certificate.serial() == serial);
        same_issuer && self.digest.digest(certificate.der()) == self.hash
    }
}

fn issuer_serial<'a>(element: Element<'a>, part: &'static str) -> Result<(&'a [u8], &'a [u8]), Error> {
    let mut parts: Elements<'a> = element.elements(Tag::Sequence, part)?;
    let mut names = parts.next()?.elements(Tag::Sequence, part)?;
    let issuer = names.next_if(TagNumber::N4).ok_or(Error::Malformed(part))?;
    names.end()?;
    let serial = parts.next()?;
    parts.end()?;
    Ok((issuer.value, serial.value))
}
