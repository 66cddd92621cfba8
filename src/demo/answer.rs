//! The demonstration's OCSP responder: an OCSPRequest read, an OCSPResponse written (RFC 6960) by whom the issuer of each certificate delegated.
//!
//! It speaks about certificates of the demonstration's authority alone: good for those that were issued, unknown for others; about other authorities
//! it says nothing.

use super::DemoError;
use super::ca::{DemoCa, Official};
use super::stamp::{generalized_time, identifier, signature};
use crate::clock::Timestamp;
use crate::der::tlv::{self, Cursor, Malformed, Tlv, element};
use crate::der::{Certificate, DigestAlgorithm, Error, ObjectIdentifier, oid};
use openssl::error::ErrorStack;
use openssl::sha::sha1;
use openssl::x509::X509;
use std::collections::HashSet;
use std::time::Duration;

/// How long an answer serves.
const VALID: Duration = Duration::from_secs(7 * 86_400);
/// Most certificates in one question.
const MAX_CERTIFICATES: usize = 16;
/// OCSPResponseStatus (RFC 6960, 4.2.1).
const MALFORMED_REQUEST: u8 = 1;
const UNAUTHORIZED: u8 = 6;

/// An issuer, as questions name it.
pub(super) struct Register {
    name: Vec<u8>,
    key: Vec<u8>,
    issued: HashSet<String>,
}

struct Question<'a> {
    ids: Vec<Tlv<'a>>,
    extensions: Vec<u8>,
}

impl Register {
    /// What the issuing CA issued, and what the root issued.
    pub(super) fn of(ca: &DemoCa) -> Result<[Self; 2], DemoError> {
        let serial = ca.issuing().serial_number().to_bn()?.to_vec();
        Ok([
            Self::new(ca.issuing(), ca.issued()?)?,
            Self::new(ca.root(), HashSet::from([hex::encode(serial)]))?,
        ])
    }

    fn new(issuer: &X509, issued: HashSet<String>) -> Result<Self, DemoError> {
        let certificate = Certificate::parse(&issuer.to_der()?)?;
        Ok(Self {
            name: certificate.subject().der().to_vec(),
            key: key_bits(certificate.spki_der())
                .map_err(|Malformed| Error::CertificateMalformed("subjectPublicKeyInfo"))?,
            issued,
        })
    }

    /// `None`: the CertID names another issuer. Else whether this one issued such a certificate.
    fn knows(&self, id: Tlv<'_>) -> Result<Option<bool>, Malformed> {
        let mut parts = id.cursor();
        let hash = parts.take(tlv::SEQUENCE)?.cursor().take(tlv::OBJECT_IDENTIFIER)?.value;
        let hash = ObjectIdentifier::from_bytes(hash).map_err(|_| Malformed)?;
        let name = parts.take(tlv::OCTET_STRING)?.value;
        let key = parts.take(tlv::OCTET_STRING)?.value;
        let serial = parts.take(tlv::INTEGER)?.value;
        parts.end()?;
        let is = |bytes: &[u8], expected: &[u8]| digest(hash, bytes).is_some_and(|found| found == expected);
        let ours = is(&self.name, name) && is(&self.key, key);
        Ok(ours.then(|| self.issued.contains(&hex::encode(serial))))
    }
}

/// OCSPResponse, DER, to the bytes of a question. `registers` and `responders` belong together in pairs.
pub(super) fn reply(
    registers: &[Register],
    responders: &[&Official],
    question: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, ErrorStack> {
    let refused = |status| element(tlv::SEQUENCE, &element(tlv::ENUMERATED, &[status]));
    let Ok(question) = read(question) else {
        return Ok(refused(MALFORMED_REQUEST));
    };
    for (register, responder) in registers.iter().zip(responders) {
        let known: Result<Option<Vec<bool>>, Malformed> = question.ids.iter().map(|id| register.knows(*id)).collect();
        match known {
            Ok(Some(known)) => return answer(responder, &question, &known, now),
            Ok(None) => {}
            Err(Malformed) => return Ok(refused(MALFORMED_REQUEST)),
        }
    }
    Ok(refused(UNAUTHORIZED))
}

fn read(question: &[u8]) -> Result<Question<'_>, Malformed> {
    let mut outer = Cursor::new(question);
    let mut parts = outer.take(tlv::SEQUENCE)?.cursor();
    outer.end()?;
    let mut tbs = parts.take(tlv::SEQUENCE)?.cursor();
    tbs.optional(tlv::context(0))?;
    tbs.optional(tlv::context(1))?;
    let mut list = tbs.take(tlv::SEQUENCE)?.cursor();
    let mut ids = Vec::new();
    while !list.is_empty() {
        if ids.len() == MAX_CERTIFICATES {
            return Err(Malformed);
        }
        ids.push(list.take(tlv::SEQUENCE)?.cursor().take(tlv::SEQUENCE)?);
    }
    if ids.is_empty() {
        return Err(Malformed);
    }
    let extensions = match tbs.optional(tlv::context(2))? {
        Some(extensions) => nonce(extensions.cursor().take(tlv::SEQUENCE)?.cursor())?,
        None => Vec::new(),
    };
    tbs.end()?;
    Ok(Question { ids, extensions })
}

/// The extension with the nonce (RFC 8954), to be repeated as it is; empty without one.
fn nonce(mut extensions: Cursor<'_>) -> Result<Vec<u8>, Malformed> {
    while !extensions.is_empty() {
        let extension = extensions.take(tlv::SEQUENCE)?;
        if extension.cursor().take(tlv::OBJECT_IDENTIFIER)?.value == oid::OCSP_NONCE.as_bytes() {
            return Ok(extension.raw.to_vec());
        }
    }
    Ok(Vec::new())
}

fn answer(
    responder: &Official,
    question: &Question<'_>,
    known: &[bool],
    now: Timestamp,
) -> Result<Vec<u8>, ErrorStack> {
    let next_update = element(tlv::context(0), &generalized_time(now.plus(VALID)));
    let single = |(id, known): (&Tlv<'_>, &bool)| {
        // CertStatus: [0] good, [2] unknown.
        let status = element(tlv::primitive(if *known { 0 } else { 2 }), &[]);
        let parts = [id.raw, &status, &generalized_time(now), &next_update];
        element(tlv::SEQUENCE, &parts.concat())
    };
    let singles: Vec<u8> = question.ids.iter().zip(known).flat_map(single).collect();
    let mut tbs = [
        // ResponderID: [1] byName.
        element(tlv::context(1), &responder.certificate.subject_name().to_der()?),
        generalized_time(now),
        element(tlv::SEQUENCE, &singles),
    ]
    .concat();
    if !question.extensions.is_empty() {
        let list = element(tlv::SEQUENCE, &question.extensions);
        tbs.extend(element(tlv::context(1), &list));
    }
    let tbs = element(tlv::SEQUENCE, &tbs);
    let (value, algorithm) = signature(responder, &tbs)?;
    let certificates = element(tlv::SEQUENCE, &responder.certificate.to_der()?);
    let basic = [
        tbs,
        algorithm,
        element(tlv::BIT_STRING, &[&[0], value.as_slice()].concat()),
        element(tlv::context(0), &certificates),
    ];
    let basic = element(tlv::OCTET_STRING, &element(tlv::SEQUENCE, &basic.concat()));
    let bytes = element(tlv::SEQUENCE, &[identifier(oid::OCSP_BASIC), basic].concat());
    let successful = element(tlv::ENUMERATED, &[0]);
    Ok(element(
        tlv::SEQUENCE,
        &[successful, element(tlv::context(0), &bytes)].concat(),
    ))
}

fn digest(hash: ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    if hash == oid::SHA1 {
        return Some(sha1(bytes).to_vec());
    }
    DigestAlgorithm::from_oid(hash).map(|digest| digest.digest(bytes))
}

/// The octets of subjectPublicKey (RFC 6960, 4.1.1).
fn key_bits(spki_der: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut parts = Cursor::new(spki_der).take(tlv::SEQUENCE)?.cursor();
    parts.take(tlv::SEQUENCE)?;
    Ok(parts.take(tlv::BIT_STRING)?.octet_bits()?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::ocsp::{OcspAnswer, request};
    use crate::trust::path::{self, Rules};
    use crate::trust::revocation::{self, Evidence, Freshness};
    use crate::trust::{Anchors, Checks, Use};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_399_200);

    fn authority() -> (tempfile::TempDir, DemoCa) {
        let dir = tempfile::tempdir().unwrap();
        let ca = DemoCa::open(dir.path(), None, NOW).unwrap();
        (dir, ca)
    }

    fn answered(ca: &DemoCa, question: &[u8]) -> Result<OcspAnswer, crate::trust::Error> {
        let services = ca.services();
        let responders = [&services.responder, &services.root_responder];
        OcspAnswer::parse(&reply(&Register::of(ca).unwrap(), &responders, question, NOW).unwrap())
    }

    fn parsed(x509: &X509) -> Certificate {
        Certificate::parse(&x509.to_der().unwrap()).unwrap()
    }

    #[test]
    fn each_issuer_has_somebody_who_answers() {
        let (_dir, ca) = authority();
        let (root, issuing) = (parsed(ca.root()), parsed(ca.issuing()));
        let tsa = parsed(&ca.services().tsa.certificate);
        let answers = [(&tsa, &issuing), (&issuing, &root)].map(|(certificate, issuer)| {
            let answer = answered(&ca, &request(certificate, issuer, Some(&[7; 16]))).unwrap();
            assert_eq!((answer.nonce(), answer.produced_at()), (Some(&[7; 16][..]), NOW));
            answer
        });
        let mut anchors = Anchors::new();
        anchors.add(root, &[Use::TimestampAuthorities]);
        let path = path::find(&tsa, &[issuing], &anchors, &Rules::timestamp_authority(NOW)).unwrap();
        let evidence = Evidence {
            crls: &[],
            answers: &answers,
            certificates: &[],
            anchors: &anchors,
            anchors_for: Use::TimestampAuthorities,
            freshness: Freshness::Current,
            checks: &Checks::default(),
        };
        let links = revocation::judge_path(&path, &evidence, NOW);
        assert_eq!((links.len(), revocation::findings(&links)), (2, Vec::new()));
    }

    #[test]
    fn nothing_is_said_about_others() {
        let ((_dir, ca), (_other_dir, other)) = (authority(), authority());
        let (tsa, issuing) = (parsed(&other.services().tsa.certificate), parsed(other.issuing()));
        assert!(answered(&ca, &request(&tsa, &issuing, None)).is_err());
        let question = request(&tsa, &parsed(ca.issuing()), None);
        for length in 0..question.len() {
            assert!(answered(&ca, &question[..length]).is_err());
        }
    }

    #[test]
    fn a_serial_number_that_was_not_issued_is_unknown() {
        let (_dir, ca) = authority();
        let [register, _] = Register::of(&ca).unwrap();
        // As a question about the root's own number under the issuing CA.
        let question = request(&parsed(ca.issuing()), &parsed(ca.issuing()), None);
        let ids = read(&question).unwrap().ids;
        assert_eq!(register.knows(ids[0]), Ok(None), "the name of its issuer is the root's");
        let tsa = request(&parsed(&ca.services().tsa.certificate), &parsed(ca.issuing()), None);
        let ids = read(&tsa).unwrap().ids;
        assert_eq!(register.knows(ids[0]), Ok(Some(true)));
        let empty = Register {
            issued: HashSet::new(),
            ..register
        };
        assert_eq!(empty.knows(ids[0]), Ok(Some(false)));
    }
}
