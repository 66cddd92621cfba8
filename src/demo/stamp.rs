//! The demonstration's TSA: a TimeStampReq read, a TimeStampResp written (RFC 3161) in the authority's name.
//!
//! Its time is this machine's clock, which proves nothing to anybody.

use super::ca::Official;
use crate::clock::Timestamp;
use crate::der::tlv::{self, Cursor, Malformed, element};
use crate::der::{DigestAlgorithm, ObjectIdentifier, oid};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::sha::sha256;
use openssl::sign::Signer;

/// An arc that is reserved for examples (RFC 5612).
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
/// Length of a serial number.
const SERIAL_BYTES: usize = 16;
/// PKIStatus (RFC 3161, 2.4.2).
const REJECTION: u8 = 2;
/// PKIFailureInfo as the content of its BIT STRING: badAlg, badDataFormat, unacceptedPolicy.
const BAD_ALGORITHM: &[u8] = &[7, 0x80];
const BAD_DATA_FORMAT: &[u8] = &[2, 0x04];
const UNACCEPTED_POLICY: &[u8] = &[0, 0, 0x01];

/// What is asked for.
struct Question<'a> {
    imprint: &'a [u8],
    nonce: &'a [u8],
    certificates: bool,
}

/// TimeStampResp, DER, to the bytes of a question: a token of `tsa` with the time `now`, or a refusal.
///
/// `issuer`: DER of the certificate that belongs beside the TSA's.
pub(super) fn reply(tsa: &Official, issuer: &[u8], question: &[u8], now: Timestamp) -> Result<Vec<u8>, ErrorStack> {
    let status = |content: &[u8]| element(tlv::SEQUENCE, content);
    match read(question) {
        Ok(question) => {
            let granted = status(&element(tlv::INTEGER, &[0]));
            let token = token(tsa, issuer, &question, now)?;
            Ok(element(tlv::SEQUENCE, &[granted, token].concat()))
        }
        Err(failure) => {
            let refused = [element(tlv::INTEGER, &[REJECTION]), element(tlv::BIT_STRING, failure)];
            Ok(element(tlv::SEQUENCE, &status(&refused.concat())))
        }
    }
}

/// GeneralizedTime to the second.
pub(super) fn generalized_time(at: Timestamp) -> Vec<u8> {
    let c = at.civil();
    let text = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    );
    element(tlv::GENERALIZED_TIME, text.as_bytes())
}

/// ECDSA with SHA-256: the value, and the AlgorithmIdentifier beside it.
pub(super) fn signature(by: &Official, message: &[u8]) -> Result<(Vec<u8>, Vec<u8>), ErrorStack> {
    let value = Signer::new(MessageDigest::sha256(), &by.key)?.sign_oneshot_to_vec(message)?;
    let algorithm = element(tlv::SEQUENCE, &identifier(oid::ECDSA_SHA256));
    Ok((value, algorithm))
}

/// An OBJECT IDENTIFIER.
pub(super) fn identifier(oid: ObjectIdentifier) -> Vec<u8> {
    element(tlv::OBJECT_IDENTIFIER, oid.as_bytes())
}

fn read(question: &[u8]) -> Result<Question<'_>, &'static [u8]> {
    let malformed = |Malformed| BAD_DATA_FORMAT;
    let mut outer = Cursor::new(question);
    let mut parts = outer.take(tlv::SEQUENCE).map_err(malformed)?.cursor();
    outer.end().map_err(malformed)?;
    parts.take(tlv::INTEGER).map_err(malformed)?;
    let imprint = parts.take(tlv::SEQUENCE).map_err(malformed)?;
    let mut inner = imprint.cursor();
    let algorithm = inner.take(tlv::SEQUENCE).map_err(malformed)?.cursor();
    let digest = inner.take(tlv::OCTET_STRING).map_err(malformed)?.value;
    if !{ algorithm }
        .take(tlv::OBJECT_IDENTIFIER)
        .ok()
        .and_then(|oid| ObjectIdentifier::from_bytes(oid.value).ok())
        .and_then(DigestAlgorithm::from_oid)
        .is_some_and(|known| DigestAlgorithm::ALL.contains(&known) && known.bytes() == digest.len())
    {
        return Err(BAD_ALGORITHM);
    }
    let policy = parts.optional(tlv::OBJECT_IDENTIFIER).map_err(malformed)?;
    if policy.is_some_and(|policy| policy.value != POLICY.as_bytes()) {
        return Err(UNACCEPTED_POLICY);
    }
    let nonce = parts.optional(tlv::INTEGER).map_err(malformed)?;
    let wanted = parts.optional(tlv::BOOLEAN).map_err(malformed)?;
    Ok(Question {
        imprint: imprint.raw,
        nonce: nonce.map_or(&[], |nonce| nonce.raw),
        certificates: wanted.is_some_and(|wanted| wanted.value != [0]),
    })
}

/// ContentInfo with SignedData (RFC 5652) around TSTInfo.
fn token(tsa: &Official, issuer: &[u8], question: &Question<'_>, now: Timestamp) -> Result<Vec<u8>, ErrorStack> {
    let info = info(question, now)?;
    let certificate = tsa.certificate.to_der()?;
    let mut attributes = [
        attribute(oid::CONTENT_TYPE, &identifier(oid::TST_INFO)),
        attribute(oid::MESSAGE_DIGEST, &element(tlv::OCTET_STRING, &sha256(&info))),
        attribute(oid::SIGNING_CERTIFICATE_V2, &signing_certificate(&certificate)),
    ];
    attributes.sort();
    let attributes = attributes.concat();
    let (value, algorithm) = signature(tsa, &element(tlv::SET, &attributes))?;
    let digest = element(tlv::SEQUENCE, &identifier(oid::SHA256));
    let serial = tsa.certificate.serial_number().to_bn()?.to_vec();
    let signer = [tsa.certificate.issuer_name().to_der()?, element(tlv::INTEGER, &serial)];
    let signer_info = [
        element(tlv::INTEGER, &[1]),
        element(tlv::SEQUENCE, &signer.concat()),
        digest.clone(),
        element(tlv::context(0), &attributes),
        algorithm,
        element(tlv::OCTET_STRING, &value),
    ];
    let content = element(tlv::context(0), &element(tlv::OCTET_STRING, &info));
    let mut parts = vec![
        // Version 3: the content is not id-data (RFC 5652, 5.1).
        element(tlv::INTEGER, &[3]),
        element(tlv::SET, &digest),
        element(tlv::SEQUENCE, &[identifier(oid::TST_INFO), content].concat()),
    ];
    if question.certificates {
        let mut certificates = [certificate, issuer.to_vec()];
        certificates.sort();
        parts.push(element(tlv::context(0), &certificates.concat()));
    }
    parts.push(element(tlv::SET, &element(tlv::SEQUENCE, &signer_info.concat())));
    let signed_data = element(tlv::context(0), &element(tlv::SEQUENCE, &parts.concat()));
    Ok(element(
        tlv::SEQUENCE,
        &[identifier(oid::SIGNED_DATA), signed_data].concat(),
    ))
}

/// TSTInfo (RFC 3161, 2.4.2), accurate to a second.
fn info(question: &Question<'_>, now: Timestamp) -> Result<Vec<u8>, ErrorStack> {
    let mut serial = [0; SERIAL_BYTES];
    openssl::rand::rand_bytes(&mut serial)?;
    // Positive, and never with a leading zero.
    serial[0] = serial[0] & 0x7f | 0x40;
    let parts = [
        element(tlv::INTEGER, &[1]),
        identifier(POLICY),
        question.imprint.to_vec(),
        element(tlv::INTEGER, &serial),
        generalized_time(now),
        element(tlv::SEQUENCE, &element(tlv::INTEGER, &[1])),
        question.nonce.to_vec(),
    ];
    Ok(element(tlv::SEQUENCE, &parts.concat()))
}

fn attribute(oid: ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    element(tlv::SEQUENCE, &[identifier(oid), element(tlv::SET, value)].concat())
}

/// SigningCertificateV2 (RFC 5035): one ESSCertIDv2 with SHA-256, which is its default and left out.
fn signing_certificate(certificate: &[u8]) -> Vec<u8> {
    let id = element(tlv::SEQUENCE, &element(tlv::OCTET_STRING, &sha256(certificate)));
    element(tlv::SEQUENCE, &element(tlv::SEQUENCE, &id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::ca::DemoCa;
    use crate::tsa::{Expected, Imprint, Query, check, read_reply};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_399_200);

    fn asked(policy: Option<ObjectIdentifier>) -> Query {
        Query {
            imprint: Imprint::of(DigestAlgorithm::Sha384, b"abc"),
            nonce: [0, 0x80, 1, 2, 3, 4, 5, 6],
            policy,
        }
    }

    fn answer(question: &[u8]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let ca = DemoCa::open(dir.path(), None, NOW).unwrap();
        reply(&ca.services().tsa, &ca.issuing_der().unwrap(), question, NOW).unwrap()
    }

    #[test]
    fn a_token_answers_the_question() {
        let query = asked(Some(POLICY));
        let token = read_reply(&answer(&query.to_der().unwrap())).unwrap();
        let expected = Expected {
            imprint: query.imprint,
            nonce: Some(query.nonce),
            policy: query.policy,
        };
        let checked = check(&token, &expected).unwrap();
        assert_eq!((checked.info.time, checked.others.len()), (NOW, 1));
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        let other = asked(Some(ObjectIdentifier::new_unwrap("1.2.3.4"))).to_der().unwrap();
        assert!(read_reply(&answer(&other)).is_err());
        let whole = asked(None).to_der().unwrap();
        for length in 0..whole.len() {
            assert!(read_reply(&answer(&whole[..length])).is_err());
        }
    }
}
