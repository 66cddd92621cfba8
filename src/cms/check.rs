//! Whether a SignedData is an intact signature, of a PDF or around its own content: digest, attributes, certificate, signature value.
//!
//! Neither trust nor time is asked: a signature by an expired certificate of an unknown issuer passes.

use super::element::{Element, Elements, Rules};
use super::{Error, SignedData, Signer};
use crate::der::{Certificate, DigestAlgorithm, ObjectIdentifier, SignatureAlgorithm, oid, verify_signature};
use ::der::{Decode, Tag, TagNumber};
use spki::AlgorithmIdentifierOwned;
use std::borrow::Cow;

/// One ESSCertID (RFC 2634) or ESSCertIDv2 (RFC 5035).
struct CertificateId<'a> {
    /// `None`: SHA-1, which names a certificate in the first version and serves nothing else.
    digest: Option<DigestAlgorithm>,
    hash: Cow<'a, [u8]>,
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

    /// Checks everything that can be checked of a detached signature without trust, and gives the signer's certificate.
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
        self.check_attributes(signer, message_digest)?;
        let certificate = self.named(signer, &[signer.certificate_v2()?])?;
        if signer.algorithm()?.digest() != self.digest()? {
            return Err(Error::AlgorithmMismatch);
        }
        signer.check_value(certificate)?;
        Ok(certificate)
    }

    /// As [`Self::verify_signer`], for signatures that others made: signing-certificate may be of either version or missing, and the signature's digest may
    /// be another than the message's.
    ///
    /// # Errors
    /// As [`Self::verify_signer`].
    pub fn verify_foreign(&self, message_digest: &[u8]) -> Result<&Certificate, Error> {
        let signer = self.signer()?;
        if self.content.is_some() || self.content_type != oid::DATA {
            return Err(Error::NotDetached);
        }
        self.check_attributes(signer, message_digest)?;
        let certificate = self.named(signer, &signer.certificate_ids()?)?;
        signer.check_value(certificate)?;
        Ok(certificate)
    }

    /// As [`Self::verify_signer`], for content that stands inside, such as a timestamp's. The certificate may be named by signing-certificate of either
    /// version (RFC 5816), and when both are there, by both.
    ///
    /// # Errors
    /// [`Error::ContentMissing`], and as [`Self::verify_signer`].
    pub fn verify_content(&self) -> Result<&Certificate, Error> {
        let signer = self.signer()?;
        let content = self.content.as_ref().ok_or(Error::ContentMissing)?;
        self.check_attributes(signer, &self.digest()?.digest(content))?;
        let mut ids = signer.certificate_ids()?;
        if ids.is_empty() {
            ids.push(signer.certificate_v2()?);
        }
        let certificate = self.named(signer, &ids)?;
        signer.check_value(certificate)?;
        Ok(certificate)
    }

    fn check_attributes(&self, signer: &Signer, message_digest: &[u8]) -> Result<(), Error> {
        let content_type = signer.single(oid::CONTENT_TYPE, "contentType")?;
        if ObjectIdentifier::from_der(content_type) != Ok(self.content_type) {
            return Err(Error::Attribute("contentType"));
        }
        let claimed = signer.single(oid::MESSAGE_DIGEST, "messageDigest")?;
        let claimed = Element::only(Rules::Der, claimed, "messageDigest")?.octets("messageDigest")?;
        if *claimed != *message_digest {
            return Err(Error::DigestMismatch);
        }
        Ok(())
    }

    /// The certificate that the SignerInfo and all of `ids` name.
    fn named(&self, signer: &Signer, ids: &[CertificateId<'_>]) -> Result<&Certificate, Error> {
        let mut named = self
            .certificates
            .iter()
            .filter(|c| c.issuer().der() == signer.issuer_der && c.serial() == signer.serial)
            .peekable();
        if named.peek().is_none() {
            return Err(Error::SignerCertificateMissing);
        }
        named
            .find(|certificate| ids.iter().all(|id| id.names(certificate)))
            .ok_or(Error::SigningCertificateMismatch)
    }
}

impl Signer {
    fn has(&self, oid: ObjectIdentifier) -> bool {
        self.signed_attributes.iter().any(|a| a.oid == oid)
    }

    /// What signing-certificate says, in each version that is there.
    fn certificate_ids(&self) -> Result<Vec<CertificateId<'_>>, Error> {
        let mut ids = Vec::new();
        if self.has(oid::SIGNING_CERTIFICATE) {
            let value = self.single(oid::SIGNING_CERTIFICATE, "signingCertificate")?;
            ids.push(CertificateId::first(value, "signingCertificate", None)?);
        }
        if self.has(oid::SIGNING_CERTIFICATE_V2) {
            ids.push(self.certificate_v2()?);
        }
        Ok(ids)
    }

    fn certificate_v2(&self) -> Result<CertificateId<'_>, Error> {
        let part = "signingCertificateV2";
        CertificateId::first(
            self.single(oid::SIGNING_CERTIFICATE_V2, part)?,
            part,
            Some(DigestAlgorithm::Sha256),
        )
    }

    /// signatureAlgorithm; by rsaEncryption alone many say PKCS #1 v1.5 with the digest of digestAlgorithm (RFC 3370, 3.2).
    fn algorithm(&self) -> Result<SignatureAlgorithm, Error> {
        if self.signature_algorithm.oid == oid::RSA_ENCRYPTION {
            let digest = DigestAlgorithm::from_identifier(&self.digest_algorithm)?;
            return Ok(SignatureAlgorithm::RsaPkcs1(digest));
        }
        Ok(SignatureAlgorithm::from_identifier(&self.signature_algorithm)?)
    }

    fn check_value(&self, certificate: &Certificate) -> Result<(), Error> {
        let (message, signature) = (&self.signed_attributes_der, &self.signature);
        Ok(verify_signature(
            certificate.spki_der(),
            self.algorithm()?,
            message,
            signature,
        )?)
    }
}

impl<'a> CertificateId<'a> {
    /// The first of the attribute's certificates, which is the signer's (RFC 5035, 3). `digest`: when the attribute does not say.
    fn first(attribute: &'a [u8], part: &'static str, digest: Option<DigestAlgorithm>) -> Result<Self, Error> {
        let mut certificates = Element::only(Rules::Der, attribute, part)?
            .elements(Tag::Sequence, part)?
            .next()?
            .elements(Tag::Sequence, part)?;
        let mut fields = certificates.next()?.elements(Tag::Sequence, part)?;
        let mut field = fields.next()?;
        let mut id = Self {
            digest,
            hash: Cow::Borrowed(&[]),
            issuer_serial: None,
        };
        if digest.is_some() && field.is(Tag::Sequence) {
            let identifier: AlgorithmIdentifierOwned = field.decode(part)?;
            id.digest = Some(DigestAlgorithm::from_identifier(&identifier)?);
            field = fields.next()?;
        }
        id.hash = field.octets(part)?;
        id.issuer_serial = fields.rest().next().map(|e| issuer_serial(e, part)).transpose()?;
        Ok(id)
    }

    fn names(&self, certificate: &Certificate) -> bool {
        let same_issuer = self
            .issuer_serial
            .is_none_or(|(issuer, serial)| certificate.issuer().der() == issuer && certificate.serial() == serial);
        let hash = match self.digest {
            Some(digest) => digest.digest(certificate.der()),
            None => openssl::sha::sha1(certificate.der()).to_vec(),
        };
        same_issuer && hash == *self.hash
    }
}

fn issuer_serial<'a>(element: Element<'a>, part: &'static str) -> Result<(&'a [u8], &'a [u8]), Error> {
    let mut parts: Elements<'a> = element.elements(Tag::Sequence, part)?;
    let mut names = parts.next()?.elements(Tag::Sequence, part)?;
    let issuer = names.next_if(TagNumber::N4).ok_or(Error::Malformed(part))?;
    names.end()?;
    let serial = parts.next()?;
    parts.end()?;
    Ok((issuer.value(), serial.value()))
}
