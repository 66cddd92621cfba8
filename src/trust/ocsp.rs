//! OCSP (RFC 6960): a question written, an answer read from DER, its signature checked.
//!
//! Whether the responder may speak about a certificate is not decided here, and a nonce is compared only by whoever sent one.

use super::Error;
use super::checks::Checks;
use super::crl::{self, for_each_extension};
use crate::clock::Timestamp;
use crate::der::tlv::{self, Cursor, Malformed, Tlv};
use crate::der::{Certificate, DigestAlgorithm, ObjectIdentifier, SignatureAlgorithm, oid, verify_signature};
use ::der::Decode;
use openssl::sha::{sha1, sha256};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoRef};

/// Largest answer accepted, in bytes.
pub const MAX_OCSP_BYTES: usize = 1024 * 1024;

/// Most certificates that one answer speaks about.
const MAX_SINGLES: usize = 256;

/// Most certificates that one answer brings.
const MAX_CERTIFICATES: usize = 16;

/// A parsed answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OcspAnswer {
    der: Vec<u8>,
    sha256: [u8; 32],
    tbs: Vec<u8>,
    algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
    responder: Responder,
    produced_at: Timestamp,
    nonce: Option<Vec<u8>>,
    unknown_critical: bool,
    certificates: Vec<Certificate>,
    singles: Vec<Single>,
    existed: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Responder {
    Name(Vec<u8>),
    Key(Vec<u8>),
}

/// What an answer says about one certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Single {
    hash: ObjectIdentifier,
    issuer_name_hash: Vec<u8>,
    issuer_key_hash: Vec<u8>,
    serial: Vec<u8>,
    pub(super) said: Said,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
    pub(super) archive_cutoff: Option<Timestamp>,
    pub(super) unknown_critical: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    Good,
    Revoked(crl::Entry),
    Unknown,
}

/// A question about one certificate: OCSPRequest, DER, with a SHA-1 CertID because every responder knows it (RFC 5019, 2.1.1).
pub fn request(certificate: &Certificate, issuer: &Certificate, nonce: Option<&[u8]>) -> Vec<u8> {
    let key = key_bits(issuer).unwrap_or_default();
    let algorithm = [6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];
    let id = [
        tlv::element(tlv::SEQUENCE, &algorithm),
        tlv::element(tlv::OCTET_STRING, &sha1(certificate.issuer().der())),
        tlv::element(tlv::OCTET_STRING, &sha1(&key)),
        tlv::element(tlv::INTEGER, certificate.serial()),
    ];
    let single = tlv::element(tlv::SEQUENCE, &tlv::element(tlv::SEQUENCE, &id.concat()));
    let mut tbs = tlv::element(tlv::SEQUENCE, &single);
    if let Some(nonce) = nonce {
        let identifier = tlv::element(tlv::OBJECT_IDENTIFIER, oid::OCSP_NONCE.as_bytes());
        let value = tlv::element(tlv::OCTET_STRING, &tlv::element(tlv::OCTET_STRING, nonce));
        let extension = tlv::element(tlv::SEQUENCE, &[identifier, value].concat());
        tbs.extend(tlv::element(tlv::context(2), &tlv::element(tlv::SEQUENCE, &extension)));
    }
    tlv::element(tlv::SEQUENCE, &tlv::element(tlv::SEQUENCE, &tbs))
}

impl OcspAnswer {
    /// Reads one DER OCSPResponse, or a BasicOCSPResponse as it stands alone in some stores; not a byte may follow it.
    ///
    /// # Errors
    /// [`Error::OcspTooLarge`], [`Error::OcspMalformed`], or [`Error::OcspRefused`] when the responder gives no answer.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_OCSP_BYTES {
            return Err(Error::OcspTooLarge(der.len()));
        }
        let malformed = |Malformed| Error::OcspMalformed;
        let mut outer = Cursor::new(der);
        let mut parts = outer.take(tlv::SEQUENCE).map_err(malformed)?.cursor();
        outer.end().map_err(malformed)?;
        let basic = match parts.optional(tlv::ENUMERATED).map_err(malformed)? {
            Some(status) if status.value != [0] => {
                return Err(Error::OcspRefused(status.value.first().copied().unwrap_or(u8::MAX)));
            }
            Some(_) => response_bytes(parts).map_err(malformed)?,
            None => der,
        };
        read(der, basic).map_err(malformed)
    }

    /// The exact bytes that were parsed.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of [`Self::der`].
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// When the responder signed it.
    pub const fn produced_at(&self) -> Timestamp {
        self.produced_at
    }

    /// Notes when it is proven to have existed: its algorithms are asked about then.
    pub const fn prove(&mut self, existed: Timestamp) {
        self.existed = Some(existed);
    }

    /// When it is proven to have existed; `None`: nothing was said about that.
    pub const fn existed(&self) -> Option<Timestamp> {
        self.existed
    }

    /// The nonce that it repeats.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// The certificates that it brings, as a rule the responder's.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Until when it may be given to others: the earliest nextUpdate.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.singles.iter().filter_map(|single| single.next_update).min()
    }

    pub(super) fn has_unknown_critical(&self) -> bool {
        self.unknown_critical
    }

    pub(super) fn algorithm(&self) -> Option<SignatureAlgorithm> {
        SignatureAlgorithm::from_identifier(&self.algorithm).ok()
    }

    /// What it says about this certificate: the last where it speaks twice.
    pub(super) fn about(&self, certificate: &Certificate, issuer: &Certificate) -> Option<&Single> {
        let key = key_bits(issuer)?;
        let name = certificate.issuer().der();
        let is_it = |single: &&Single| {
            single.serial == certificate.serial()
                && digest(single.hash, name).is_some_and(|hash| hash == single.issuer_name_hash)
                && digest(single.hash, &key).is_some_and(|hash| hash == single.issuer_key_hash)
        };
        self.singles.iter().rfind(is_it)
    }

    /// Whether it calls this certificate its signer's.
    pub(super) fn names(&self, signer: &Certificate) -> bool {
        match &self.responder {
            Responder::Name(name) => super::names::same(name, signer.subject().der()),
            Responder::Key(hash) => key_bits(signer).is_some_and(|key| sha1(&key) == hash.as_slice()),
        }
    }

    pub(super) fn is_signed_by(&self, signer: &Certificate, checks: &Checks) -> bool {
        let verified = |algorithm| {
            let check = || verify_signature(signer.spki_der(), algorithm, &self.tbs, &self.signature);
            checks.ask((&self.sha256, self.tbs.len()), signer.spki_der(), check) == Ok(Ok(()))
        };
        self.names(signer) && self.algorithm().is_some_and(verified)
    }
}

fn response_bytes(mut parts: Cursor<'_>) -> Result<&[u8], Malformed> {
    let mut explicit = parts.take(tlv::context(0))?.cursor();
    parts.end()?;
    let mut bytes = explicit.take(tlv::SEQUENCE)?.cursor();
    explicit.end()?;
    if bytes.take(tlv::OBJECT_IDENTIFIER)?.value != oid::OCSP_BASIC.as_bytes() {
        return Err(Malformed);
    }
    let basic = bytes.take(tlv::OCTET_STRING)?.value;
    bytes.end()?;
    Ok(basic)
}

fn read(der: &[u8], basic: &[u8]) -> Result<OcspAnswer, Malformed> {
    let mut outer = Cursor::new(basic);
    let mut parts = outer.take(tlv::SEQUENCE)?.cursor();
    outer.end()?;
    let tbs = parts.take(tlv::SEQUENCE)?;
    let algorithm = parts.take(tlv::SEQUENCE)?;
    let signature = parts.take(tlv::BIT_STRING)?.octet_bits()?;
    let certificates = parts.optional(tlv::context(0))?.map_or(Ok(Vec::new()), certificates)?;
    parts.end()?;
    let mut fields = tbs.cursor();
    fields.optional(tlv::context(0))?;
    let id = fields.any()?;
    let responder = match id.tag {
        0xa1 => Responder::Name(id.cursor().take(tlv::SEQUENCE)?.raw.to_vec()),
        0xa2 => Responder::Key(id.cursor().take(tlv::OCTET_STRING)?.value.to_vec()),
        _ => return Err(Malformed),
    };
    let produced_at = fields.time()?;
    let mut list = fields.take(tlv::SEQUENCE)?.cursor();
    let mut nonce = None;
    let mut unknown_critical = false;
    if let Some(extensions) = fields.optional(tlv::context(1))? {
        for_each_extension(extensions.cursor(), |oid, critical, value| {
            match oid {
                // RFC 8954: an OCTET STRING; some responders leave its header out.
                oid::OCSP_NONCE => {
                    let inner = Cursor::new(value)
                        .take(tlv::OCTET_STRING)
                        .map_or(value, |octets| octets.value);
                    nonce = Some(inner.to_vec());
                }
                _ => unknown_critical |= critical,
            }
            Ok(())
        })?;
    }
    fields.end()?;
    let mut singles = Vec::new();
    while !list.is_empty() {
        if singles.len() == MAX_SINGLES {
            return Err(Malformed);
        }
        singles.push(single(list.take(tlv::SEQUENCE)?.cursor())?);
    }
    Ok(OcspAnswer {
        der: der.to_vec(),
        sha256: sha256(der),
        tbs: tbs.raw.to_vec(),
        algorithm: AlgorithmIdentifierOwned::from_der(algorithm.raw).map_err(|_| Malformed)?,
        signature: signature.to_vec(),
        responder,
        produced_at,
        nonce,
        unknown_critical,
        certificates,
        singles,
        existed: None,
    })
}

fn certificates(explicit: Tlv<'_>) -> Result<Vec<Certificate>, Malformed> {
    let mut list = explicit.cursor().take(tlv::SEQUENCE)?.cursor();
    let mut found = Vec::new();
    while !list.is_empty() && found.len() < MAX_CERTIFICATES {
        found.push(Certificate::parse(list.any()?.raw).map_err(|_| Malformed)?);
    }
    Ok(found)
}

fn single(mut fields: Cursor<'_>) -> Result<Single, Malformed> {
    let mut id = fields.take(tlv::SEQUENCE)?.cursor();
    let hash = id.take(tlv::SEQUENCE)?.cursor().take(tlv::OBJECT_IDENTIFIER)?.value;
    let issuer_name_hash = id.take(tlv::OCTET_STRING)?.value.to_vec();
    let issuer_key_hash = id.take(tlv::OCTET_STRING)?.value.to_vec();
    let serial = id.take(tlv::INTEGER)?.value.to_vec();
    id.end()?;
    let said = said(fields.any()?)?;
    let this_update = fields.time()?;
    let next_update = fields
        .optional(tlv::context(0))?
        .map(|t| t.cursor().time())
        .transpose()?;
    let mut archive_cutoff = None;
    let mut unknown_critical = false;
    if let Some(extensions) = fields.optional(tlv::context(1))? {
        for_each_extension(extensions.cursor(), |oid, critical, value| {
            match oid {
                oid::OCSP_ARCHIVE_CUTOFF => archive_cutoff = Some(Cursor::new(value).time()?),
                _ => unknown_critical |= critical,
            }
            Ok(())
        })?;
    }
    fields.end()?;
    Ok(Single {
        hash: ObjectIdentifier::from_bytes(hash).map_err(|_| Malformed)?,
        issuer_name_hash,
        issuer_key_hash,
        serial,
        said,
        this_update,
        next_update,
        archive_cutoff,
        unknown_critical,
    })
}

fn said(status: Tlv<'_>) -> Result<Said, Malformed> {
    match status.tag {
        0x80 => Ok(Said::Good),
        0xa1 => {
            let mut fields = status.cursor();
            let at = fields.time()?;
            let reason = fields.optional(tlv::context(0))?;
            let reason = reason
                .map(|r| crl::reason(r.cursor().take(tlv::ENUMERATED)?))
                .transpose()?;
            fields.end()?;
            Ok(Said::Revoked(crl::Entry { at, reason }))
        }
        0x82 => Ok(Said::Unknown),
        _ => Err(Malformed),
    }
}

fn digest(hash: ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    if hash == oid::SHA1 {
        return Some(sha1(bytes).to_vec());
    }
    DigestAlgorithm::from_oid(hash).map(|digest| digest.digest(bytes))
}

/// The octets of subjectPublicKey, without tag, length and unused bits (RFC 6960, 4.1.1).
fn key_bits(certificate: &Certificate) -> Option<Vec<u8>> {
    let spki = SubjectPublicKeyInfoRef::from_der(certificate.spki_der()).ok()?;
    Some(spki.subject_public_key.raw_bytes().to_vec())
}
