//! Whether a SignedData is an intact signature, of a PDF or around its own content: digest, attributes, certificate, signature value.
//!
//! Neither trust nor time is asked: a signature by an expired certificate of an unknown issuer passes.

use super::element::{Element, Elements, Rules};
use super::{Error, SignedData, Signer};
use crate::der::{self, Certificate, DigestAlgorithm, ObjectIdentifier, SignatureAlgorithm, oid, verify_signature};
use ::der::{Decode, Encode, Tag, TagNumber};
use spki::AlgorithmIdentifierOwned;
use std::borrow::Cow;

/// A signature value that is still to be checked. Everything else that can be checked of its SignedData holds.
///
/// Whoever checks many asks each once: [`Claim::id`] tells those apart that one key may answer differently.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    certificate: &'a Certificate,
    signer: &'a Signer,
}

impl<'a> Claim<'a> {
    /// Whose it says it is.
    pub fn certificate(&self) -> &'a Certificate {
        self.certificate
    }

    /// How many bytes the signature value is over.
    pub fn signed_bytes(&self) -> usize {
        self.signer.signed_attributes_der.len()
    }

    /// SHA-256 of everything but the key on which the answer depends.
    pub fn id(&self) -> [u8; 32] {
        let signer = self.signer;
        // Each part but the last says where it ends. What cannot be encoded was not decoded either.
        let algorithms = [&signer.digest_algorithm, &signer.signature_algorithm];
        let mut parts: Vec<u8> = algorithms
            .iter()
            .flat_map(|one| one.to_der().unwrap_or_default())
            .collect();
        parts.extend_from_slice(&signer.signed_attributes_der);
        parts.extend_from_slice(&signer.signature);
        openssl::sha::sha256(&parts)
    }

    /// Checks the signature value.
    ///
    /// # Errors
    /// The algorithm, that it does not fit the key, or [`der::Error::SignatureWrong`].
    pub fn check(&self) -> Result<(), der::Error> {
        let (message, value) = (&self.signer.signed_attributes_der, &self.signer.signature);
        verify_signature(self.certificate.spki_der(), self.signer.algorithm()?, message, value)
    }

    /// Checks the signature value and gives the certificate.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn verified(self) -> Result<&'a Certificate, Error> {
        self.check()?;
        Ok(self.certificate)
    }
}

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
        self.claim_signer(message_digest)?.verified()
    }

    /// As [`Self::verify_signer`], all but the signature value.
    ///
    /// # Errors
    /// As [`Self::verify_signer`].
    pub fn claim_signer(&self, message_digest: &[u8]) -> Result<Claim<'_>, Error> {
        let signer = self.signer()?;
        if self.content.is_some() || self.content_type != oid::DATA {
            return Err(Error::NotDetached);
        }
        self.check_attributes(signer, message_digest)?;
        let certificate = self.named(signer, &[signer.certificate_v2()?])?;
        if signer.algorithm()?.digest() != self.digest()? {
            return Err(Error::AlgorithmMismatch);
        }
        Ok(Claim { certificate, signer })
    }

    /// As [`Self::claim_signer`], for signatures that others made: signing-certificate may be of either version or missing, and the signature's digest may
    /// be another than the message's.
    ///
    /// # Errors
    /// As [`Self::verify_signer`].
    pub fn claim_foreign(&self, message_digest: &[u8]) -> Result<Claim<'_>, Error> {
        let signer = self.signer()?;
        if self.content.is_some() || self.content_type != oid::DATA {
            return Err(Error::NotDetached);
        }
        self.check_attributes(signer, message_digest)?;
        let certificate = self.named(signer, &signer.certificate_ids()?)?;
        Ok(Claim { certificate, signer })
    }

    /// As [`Self::verify_signer`], for content that stands inside, such as a timestamp's. The certificate may be named by signing-certificate of either
    /// version (RFC 5816), and when both are there, by both.
    ///
    /// # Errors
    /// [`Error::ContentMissing`], and as [`Self::verify_signer`].
    pub fn verify_content(&self) -> Result<&Certificate, Error> {
        self.claim_content()?.verified()
    }

    /// As [`Self::verify_content`], all but the signature value.
    ///
    /// # Errors
    /// As [`Self::verify_content`].
    pub fn claim_content(&self) -> Result<Claim<'_>, Error> {
        let signer = self.signer()?;
        let content = self.content.as_ref().ok_or(Error::ContentMissing)?;
        self.check_attributes(signer, &self.digest()?.digest(content))?;
        let mut ids = signer.certificate_ids()?;
        if ids.is_empty() {
            ids.push(signer.certificate_v2()?);
        }
        let certificate = self.named(signer, &ids)?;
        Ok(Claim { certificate, signer })
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

    /// How the signature value was made; by rsaEncryption alone many say PKCS #1 v1.5 with the digest of digestAlgorithm (RFC 3370, 3.2).
    ///
    /// # Errors
    /// [`der::Error::AlgorithmUnsupported`]
    pub fn algorithm(&self) -> Result<SignatureAlgorithm, der::Error> {
        if self.signature_algorithm.oid == oid::RSA_ENCRYPTION {
            let digest = DigestAlgorithm::from_identifier(&self.digest_algorithm)?;
            return Ok(SignatureAlgorithm::RsaPkcs1(digest));
        }
        SignatureAlgorithm::from_identifier(&self.signature_algorithm)
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
