//! What signatures are made of: SignedData, certificates, timestamps and their replies. What still counts must say what it said before.

use crate::support::ca::{self, Ca, IssueRequest, Kind};
use crate::support::mutate::der::restructured;
use crate::support::mutate::fuzz;
use crate::support::tsa::{Mode, Tsa};
use hankod::cms::{Claim, SignedAttributes, SignedData, signed_data, with_timestamp};
use hankod::der::{Certificate, DigestAlgorithm, Preference, SignatureAlgorithm};
use hankod::tsa::{Expected, Imprint, Query, check, read_reply};

const CONTENT: &[u8] = b"the bytes of two ranges";

#[test]
fn cms() {
    let root = Ca::new("根");
    let made = [Kind::Rsa2048, Kind::P256, Kind::Ed25519].map(|kind| {
        let key = ca::key(kind);
        let leaf = Certificate::parse(&root.issue(&key, &IssueRequest::default())).unwrap();
        let algorithm = SignatureAlgorithm::for_key(leaf.key(), Preference::Auto).unwrap();
        let digest = algorithm.digest();
        let attributes = SignedAttributes::new(digest, &digest.digest(CONTENT), &leaf).unwrap();
        let value = ca::sign(&key, algorithm, attributes.to_sign());
        let cms = signed_data(&attributes, algorithm, &value, &[leaf.clone(), root.certificate()]).unwrap();
        (cms, leaf)
    });
    let [seeds, leaves] = [0, 1].map(|_| made.clone().to_vec());
    let seeds: Vec<Vec<u8>> = seeds.into_iter().map(|(cms, _)| cms).collect();
    let mut accepted = 0;
    fuzz("cms", &seeds, restructured, |blob, from| {
        let strict = SignedData::parse(blob);
        let foreign = SignedData::parse_foreign(blob);
        for parsed in strict.into_iter().chain(foreign) {
            let Ok(digest) = parsed.digest() else { continue };
            let digest = digest.digest(CONTENT);
            let verified = [
                parsed.verify_signer(&digest),
                parsed.claim_foreign(&digest).and_then(Claim::verified),
            ];
            for certificate in verified.into_iter().flatten() {
                assert_eq!(certificate, &leaves[from].1);
                accepted += 1;
            }
            let _ = parsed.verify_content();
            let _ = with_timestamp(blob, blob);
        }
    });
    assert!(accepted > 0, "some changes hit only what the signature does not cover");
}

#[test]
fn certificate() {
    let rich = IssueRequest {
        policies: &["1.2.3"],
        emails: &["taro@example.jp"],
        other_names: &[("1.2.392.200149.8.5.5.1", "甲野太郎")],
        crl_url: Some("http://crl.example/1.crl"),
        ocsp_url: Some("http://ocsp.example/"),
        ..IssueRequest::default()
    };
    let ca = Ca::new("根");
    let seeds = [
        ca.issue(&ca::key(Kind::Rsa2048), &rich),
        ca.issue(&ca::key(Kind::P521), &IssueRequest::default()),
        ca.certificate().der().to_vec(),
    ];
    let mut read = 0;
    fuzz("certificate", &seeds, restructured, |der, _| {
        let Ok(certificate) = Certificate::parse(der) else {
            return;
        };
        assert_eq!(certificate.der(), der);
        let shown = [
            certificate.subject().display(),
            certificate.issuer().rfc4514(),
            certificate.serial_hex(),
            certificate.key().to_string(),
        ];
        assert!(shown.iter().all(|text| !text.contains('\n')), "{shown:?}");
        let _ = certificate.personal();
        read += 1;
    });
    assert!(read > 0);
}

#[test]
fn tsp() {
    let tsa = Tsa::start(&Ca::new("根"), Mode::Fractions);
    let expected = Expected {
        imprint: Imprint::of(DigestAlgorithm::Sha256, CONTENT),
        nonce: Some([0, 0x80, 3, 4, 5, 6, 7, 8]),
        policy: None,
    };
    let query = Query {
        imprint: expected.imprint.clone(),
        nonce: [0, 0x80, 3, 4, 5, 6, 7, 8],
        policy: None,
    };
    let reply = tsa.ask(&query.to_der().unwrap());
    let token = read_reply(&reply).unwrap();
    let good = check(&token, &expected).unwrap();
    let mut accepted = 0;
    fuzz("tsp", &[token, reply], restructured, |blob, from| {
        let token = if from == 0 { Ok(blob.to_vec()) } else { read_reply(blob) };
        let Ok(token) = token else { return };
        if let Ok(checked) = check(&token, &expected) {
            assert_eq!((&checked.info, &checked.certificate), (&good.info, &good.certificate));
            accepted += 1;
        }
    });
    assert!(accepted > 0, "some changes hit only what the signature does not cover");
}
