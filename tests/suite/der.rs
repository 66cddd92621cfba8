//! Certificates of a real CA, read by hankod.

use crate::support::ca::{self, Ca, IssueRequest, KEY_ENCIPHERMENT, Kind};
use crate::support::mutate::{count, mutations};
use hankod::der::{
    Certificate, Curve, Error, KeyKind, ObjectIdentifier, Preference, SignatureAlgorithm, parse_bundle,
    verify_signature,
};

#[test]
fn a_certificate_says_what_its_issuer_wrote() {
    let root = Ca::new("根");
    let issuer = root.intermediate("中間");
    let key = ca::key(Kind::P256);
    let request = IssueRequest {
        policies: &["1.2.392.200149.8.5.1.1.10"],
        extended_key_usage: &["1.3.6.1.5.5.7.3.36"],
        emails: &["taro@example.jp"],
        crl_url: Some("http://crl.example/1.crl"),
        ocsp_url: Some("http://ocsp.example/"),
        ..IssueRequest::default()
    };
    let der = issuer.issue(&key, &request);
    let certificate = Certificate::parse(&der).unwrap();
    let extensions = certificate.extensions();
    assert_eq!(certificate.der(), der);
    assert_eq!(certificate.subject().display(), "甲野太郎(株式会社甲)");
    assert_eq!(certificate.issuer(), issuer.certificate().subject());
    assert_eq!(certificate.key(), KeyKind::Ec(Curve::P256));
    assert_eq!(certificate.spki_der(), key.public_key_to_der().unwrap());
    assert_eq!(certificate.serial().len(), 16);
    assert_eq!(
        certificate.not_after().since(certificate.not_before()).as_secs(),
        366 * 86_400
    );
    assert!(certificate.is_valid_at(certificate.not_after()) && certificate.may_sign_documents());
    let usage = extensions.key_usage.unwrap();
    assert_eq!(usage.names(), ["digitalSignature", "nonRepudiation"]);
    assert_eq!(
        extensions.policies,
        [ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.1.10")]
    );
    let purposes = extensions.extended_key_usage.clone().unwrap();
    assert_eq!(purposes, [ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36")]);
    assert_eq!(extensions.crl_urls, ["http://crl.example/1.crl"]);
    assert_eq!(extensions.ocsp_urls, ["http://ocsp.example/"]);
    assert_eq!(
        extensions.authority_key_id,
        issuer.certificate().extensions().subject_key_id
    );
    assert!(certificate.personal().is_none() && !extensions.is_ca);
    assert!(issuer.certificate().extensions().is_ca && root.certificate().is_self_issued());
}

#[test]
fn every_kind_of_key_signs_under_its_certificate() {
    let ca = Ca::new("根");
    let expected = [
        (Kind::Rsa2048, "RSA 2048"),
        (Kind::Rsa3072, "RSA 3072"),
        (Kind::P256, "P-256"),
        (Kind::P384, "P-384"),
        (Kind::P521, "P-521"),
        (Kind::Ed25519, "Ed25519"),
    ];
    for (kind, name) in expected {
        let key = ca::key(kind);
        let public = ca::public_key(&key.public_key_to_der().unwrap());
        let certificate = Certificate::parse(&ca.issue(&public, &IssueRequest::default())).unwrap();
        assert_eq!(certificate.key().to_string(), name);
        let algorithm = SignatureAlgorithm::for_key(certificate.key(), Preference::Auto).unwrap();
        let value = ca::sign(&key, algorithm, b"message");
        verify_signature(certificate.spki_der(), algorithm, b"message", &value).unwrap();
        assert!(value.len() <= certificate.key().max_signature_bytes());
    }
}

#[test]
fn a_person_s_data_is_read_and_not_printed() {
    let request = IssueRequest {
        subject: &[("C", "JP"), ("CN", "2026112300000001")],
        other_names: &[
            ("1.2.392.200149.8.5.5.1", "甲野太郎"),
            ("1.2.392.200149.8.5.5.3", "1"),
            ("1.2.392.200149.8.5.5.4", "319700101"),
            ("1.2.392.200149.8.5.5.5", "東京都千代田区一番町1"),
        ],
        ..IssueRequest::default()
    };
    let der = Ca::new("根").issue(&ca::key(Kind::Rsa2048), &request);
    let certificate = Certificate::parse(&der).unwrap();
    let personal = certificate.personal().unwrap();
    assert_eq!(personal.name, "甲野太郎");
    assert_eq!(personal.birth_date, "319700101");
    assert_eq!(personal.address, "東京都千代田区一番町1");
    assert!(personal.name_substitutes.is_empty());
    let printed = format!("{personal:?} {certificate:?}");
    assert!(!printed.contains("甲野") && !printed.contains("3197"), "{printed}");
}

#[test]
fn an_encryption_certificate_signs_nothing() {
    let request = IssueRequest {
        key_usage: &[KEY_ENCIPHERMENT],
        ..IssueRequest::default()
    };
    let der = Ca::new("根").issue(&ca::key(Kind::P256), &request);
    assert!(!Certificate::parse(&der).unwrap().may_sign_documents());
}

#[test]
fn what_is_not_one_certificate_is_refused() {
    let der = Ca::new("根").der();
    let longer = [der.as_slice(), &[0]].concat();
    assert_eq!(Certificate::parse(&longer), Err(Error::CertificateTrailingBytes(1)));
    let large = vec![0x30; 64 * 1024 + 1];
    assert_eq!(Certificate::parse(&large), Err(Error::CertificateTooLarge(large.len())));
    for length in 0..der.len() {
        assert!(Certificate::parse(&der[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn bundles_hold_certificates_only() {
    let (one, two) = (Ca::new("一"), Ca::new("二"));
    let bundle = [b"# comment\n".as_slice(), &one.pem(), &two.pem()].concat();
    let parsed = parse_bundle(&bundle).unwrap();
    assert_eq!(parsed, [one.certificate(), two.certificate()]);
    assert_eq!(parse_bundle(&one.der()).unwrap(), [one.certificate()]);
    let key = one.key().private_key_to_pem_pkcs8().unwrap();
    assert_eq!(
        parse_bundle(&[one.pem(), key].concat()),
        Err(Error::BundleHasPrivateKey)
    );
    assert_eq!(parse_bundle(b"no certificate"), Err(Error::BundleMalformed));
    assert_eq!(parse_bundle(&[]), Err(Error::BundleMalformed));
}

#[test]
fn damaged_certificates_are_read_without_panic() {
    let request = IssueRequest {
        policies: &["1.2.3"],
        emails: &["taro@example.jp"],
        other_names: &[("1.2.392.200149.8.5.5.1", "甲野太郎")],
        crl_url: Some("http://crl.example/1.crl"),
        ocsp_url: Some("http://ocsp.example/"),
        ..IssueRequest::default()
    };
    let der = Ca::new("根").issue(&ca::key(Kind::Rsa2048), &request);
    let read = mutations(2026, &der, count()).filter_map(|damaged| Certificate::parse(&damaged).ok());
    // What still parses must still be shown safely.
    let shown = read.map(|c| (c.subject().display(), c.issuer().rfc4514(), c.personal().is_some()));
    assert!(shown.count() < count() / 5 * 4);
}
