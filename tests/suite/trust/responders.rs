//! Delegated OCSP responders: who issued their certificate, how, and until when.

use super::revocation::word;
use crate::support::ca::{self, DIGITAL_SIGNATURE, tlv};
use crate::support::pki::{Entity, Says, answer, at, ca_extensions, purposes, usage};
use hankod::der::{Certificate, DigestAlgorithm, SignatureAlgorithm};
use hankod::trust::revocation::{self, Evidence, Freshness};
use hankod::trust::{Anchors, Checks, OcspAnswer, Use};

/// ecdsa-with-SHA256 and ecdsa-with-SHA1 as AlgorithmIdentifier.
const SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const SHA1: &[u8] = &[0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
const MOMENT: &str = "2026-05-02T00:00:00Z";

/// What is known about serial number 9 of a root by an answer of this delegate, which is proven to have existed then.
fn judged(root: &Entity, delegate: &Entity, certificate: &Certificate, existed: &str) -> String {
    let mut said = OcspAnswer::parse(&answer(root, 9, delegate, MOMENT, false)).unwrap();
    said.prove(at(existed));
    let issuer = root.certified(root, &Says::new(1, ca_extensions()));
    let mut anchors = Anchors::new();
    anchors.add(issuer.clone(), &[Use::Signers]);
    let evidence = Evidence {
        crls: &[],
        answers: &[said],
        certificates: std::slice::from_ref(certificate),
        anchors: &anchors,
        anchors_for: Use::Signers,
        freshness: Freshness::Current,
        checks: &Checks::default(),
    };
    let leaf = Entity::new(&[], "Leaf").certified(root, &Says::new(9, Vec::new()));
    word(&revocation::judge(&leaf, &issuer, &evidence, at(MOMENT)))
}

fn says() -> Says {
    Says::new(5, vec![usage(&[DIGITAL_SIGNATURE]), purposes(&["1.3.6.1.5.5.7.3.9"])])
}

#[test]
fn a_delegate_speaks_until_its_certificate_ends() {
    let (root, delegate) = (Entity::new(&[], "Root"), Entity::new(&[], "Responder"));
    let mut short = says();
    short.not_after = at("2026-05-10T00:00:00Z");
    let certificate = delegate.certified(&root, &short);
    let when = |existed| judged(&root, &delegate, &certificate, existed);
    assert_eq!(when("2026-05-09T00:00:00Z"), "good");
    // Whoever has the key may write any time into an answer; that it is from before is not proven.
    assert_eq!(when("2026-05-11T00:00:00Z"), "Untrusted");
    let mut later = says();
    later.not_before = at("2026-05-03T00:00:00Z");
    let certificate = delegate.certified(&root, &later);
    assert_eq!(
        judged(&root, &delegate, &certificate, "2026-05-09T00:00:00Z"),
        "Untrusted"
    );
}

#[test]
fn a_delegate_certified_by_a_weak_algorithm_does_not_speak() {
    let (root, delegate) = (Entity::new(&[], "Root"), Entity::new(&[], "Responder"));
    let strong = delegate.certified(&root, &says());
    let existed = "2026-05-03T00:00:00Z";
    assert_eq!(judged(&root, &delegate, &strong, existed), "good");
    let weak = Certificate::parse(&resigned_by_sha1(&root, &strong)).unwrap();
    assert!(weak.verify_signed_by(&root.key.public_key_to_der().unwrap()).is_ok());
    assert_eq!(judged(&root, &delegate, &weak, existed), "Untrusted");
}

/// The same certificate under a signature with SHA-1.
fn resigned_by_sha1(root: &Entity, certificate: &Certificate) -> Vec<u8> {
    let tbs = certificate.tbs_der();
    let header = if tbs[1] == 0x82 { 4 } else { 3 };
    let at = tbs.windows(SHA256.len()).position(|window| window == SHA256).unwrap();
    let tbs = tlv(0x30, &[&tbs[header..at], SHA1, &tbs[at + SHA256.len()..]].concat());
    let value = ca::sign(&root.key, SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha1), &tbs);
    tlv(
        0x30,
        &[tbs, SHA1.to_vec(), tlv(3, &[&[0], value.as_slice()].concat())].concat(),
    )
}
