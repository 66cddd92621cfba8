//! Every algorithm that others sign with, by OpenSSL: what is checked though hankod never signs so, and parameters that are refused.

use crate::support::agreement::{agreement, borrowed, signature as signature_of};
use crate::support::ca::{self, Ca, IssueRequest};
use crate::support::dir::TestDir;
use crate::support::run;
use crate::support::updates::signed_by;
use crate::support::verified::verify_by;
use hankod::cms::{Error, SignedAttributes, SignedData, signed_data};
use hankod::der::{Certificate, DigestAlgorithm, Error as DerError, SignatureAlgorithm};
use hankod::trust::{Anchors, Use};
use hankod::verify::judge::Verdict;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use std::fs;
use std::path::Path;
use std::process::Command;

const CONTENT: &[u8] = b"the bytes of two ranges";

fn openssl(dir: &Path, words: &str) {
    let ran = run(
        Command::new("openssl").args(words.split_whitespace()).current_dir(dir),
        "",
    );
    assert!(ran.ok, "{words}: {}", ran.stderr);
}

/// A detached CAdES signature over [`CONTENT`] with a new key; `key` for `openssl genpkey`, `how` for `openssl cms -sign`.
fn signature(key: &str, how: &str) -> Vec<u8> {
    signature_over(CONTENT, key, how)
}

fn signature_over(content: &[u8], key: &str, how: &str) -> Vec<u8> {
    let dir = TestDir::new("algorithm");
    fs::write(dir.join("content"), content).unwrap();
    openssl(&dir, &format!("genpkey {key} -out key.pem"));
    openssl(
        &dir,
        "req -x509 -new -key key.pem -subj /CN=Signer -days 30 -out leaf.pem",
    );
    let fixed =
        "cms -sign -cades -binary -nosmimecap -outform DER -in content -signer leaf.pem -inkey key.pem -out out";
    openssl(&dir, &format!("{fixed} {how}"));
    fs::read(dir.join("out")).unwrap()
}

fn verified(cms: &[u8], content: &[u8]) -> Result<String, Error> {
    let parsed = SignedData::parse_foreign(cms)?;
    let digest = parsed.digest()?;
    parsed.claim_foreign(&digest.digest(content))?.verified()?;
    let signer = parsed.signer()?;
    let name = SignatureAlgorithm::from_identifier(&signer.signature_algorithm)
        .map_or_else(|_| "RSA".to_owned(), SignatureAlgorithm::name);
    Ok(format!("{} / {name}", digest.name()))
}

/// The signature is good; over other content, and with any bit of its value changed, it is not.
fn holds(cms: &[u8], expected: &str) {
    assert_eq!(verified(cms, CONTENT).as_deref(), Ok(expected));
    assert_eq!(verified(cms, b"other bytes"), Err(Error::DigestMismatch), "{expected}");
    let value = SignedData::parse_foreign(cms).unwrap().signers[0].signature.clone();
    let at = cms.windows(value.len()).rposition(|w| w == value).unwrap();
    for bit in [0, value.len() / 2, value.len() - 1] {
        let mut changed = cms.to_vec();
        changed[at + bit] ^= 1;
        let wrong = verified(&changed, CONTENT);
        assert_eq!(wrong, Err(DerError::SignatureWrong.into()), "{expected} byte {bit}");
    }
}

#[test]
fn what_openssl_signs_is_checked() {
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    let ec =
        |curve: &str| format!("-algorithm EC -pkeyopt ec_paramgen_curve:{curve} -pkeyopt ec_param_enc:named_curve");
    let pss = |more: &str| format!("-keyopt rsa_padding_mode:pss {more}");
    let rows: Vec<(String, String, &str)> = vec![
        (rsa.into(), "-md sha1".into(), "SHA-1 / RSA"),
        (rsa.into(), "-md sha512".into(), "SHA-512 / RSA"),
        (rsa.into(), "-md sha3-256".into(), "SHA3-256 / RSA"),
        (rsa.into(), pss("-md sha1"), "SHA-1 / RSA-PSS SHA-1"),
        (
            rsa.into(),
            pss("-md sha256 -keyopt rsa_pss_saltlen:222"),
            "SHA-256 / RSA-PSS SHA-256",
        ),
        (
            rsa.into(),
            pss("-md sha256 -keyopt rsa_pss_saltlen:0"),
            "SHA-256 / RSA-PSS SHA-256",
        ),
        (
            rsa.into(),
            pss("-md sha384 -keyopt rsa_pss_saltlen:17"),
            "SHA-384 / RSA-PSS SHA-384",
        ),
        (
            rsa.into(),
            pss("-md sha256 -keyopt rsa_mgf1_md:sha512"),
            "SHA-256 / RSA-PSS SHA-256",
        ),
        (
            rsa.into(),
            pss("-md sha512 -keyopt rsa_mgf1_md:sha1"),
            "SHA-512 / RSA-PSS SHA-512",
        ),
        (ec("P-256"), "-md sha1".into(), "SHA-1 / ECDSA SHA-1"),
        (ec("P-384"), "-md sha256".into(), "SHA-256 / ECDSA SHA-256"),
        (ec("P-521"), "-md sha512".into(), "SHA-512 / ECDSA SHA-512"),
        (ec("brainpoolP256r1"), "-md sha256".into(), "SHA-256 / ECDSA SHA-256"),
        (ec("brainpoolP384r1"), "-md sha384".into(), "SHA-384 / ECDSA SHA-384"),
        (ec("brainpoolP512r1"), "-md sha512".into(), "SHA-512 / ECDSA SHA-512"),
    ];
    for (key, how, expected) in rows {
        holds(&signature(&key, &how), expected);
    }
}

/// What `openssl cms` of Debian 12 does not sign: the value is OpenSSL's, the rest is built here.
#[test]
fn what_only_openssl_s_arithmetic_signs_is_checked() {
    let ec = |nid| PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()).unwrap();
    let rows = [
        (
            PKey::generate_ed448().unwrap(),
            SignatureAlgorithm::Ed448,
            "SHAKE256 / Ed448",
        ),
        (
            ec(Nid::X9_62_PRIME256V1),
            SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha3_256),
            "SHA3-256 / ECDSA SHA3-256",
        ),
        (
            ec(Nid::SECP384R1),
            SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha3_384),
            "SHA3-384 / ECDSA SHA3-384",
        ),
        (
            ec(Nid::BRAINPOOL_P512R1),
            SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha3_512),
            "SHA3-512 / ECDSA SHA3-512",
        ),
    ];
    let root = Ca::new("根");
    for (key, algorithm, expected) in rows {
        let leaf = Certificate::parse(&root.issue(&key, &IssueRequest::default())).unwrap();
        let digest = algorithm.digest();
        let attributes = SignedAttributes::new(digest, &digest.digest(CONTENT), &leaf).unwrap();
        let value = ca::sign(&key, algorithm, attributes.to_sign());
        holds(&signed_data(&attributes, algorithm, &value, &[leaf]).unwrap(), expected);
    }
}

/// FIPS 180-4 and 202 by another program.
#[test]
fn digests_are_those_of_openssl() {
    let dir = TestDir::new("algorithm");
    fs::write(dir.join("content"), CONTENT).unwrap();
    let names = [
        "sha256",
        "sha384",
        "sha512",
        "sha1",
        "sha3-256",
        "sha3-384",
        "sha3-512",
        "shake256 -xoflen 64",
    ];
    for (digest, name) in DigestAlgorithm::KNOWN.into_iter().zip(names) {
        let line = format!("dgst -r -{name} content");
        let said = run(Command::new("openssl").args(line.split(' ')).current_dir(&*dir), "");
        let own = hex::encode(digest.digest(CONTENT));
        assert_eq!(said.stdout.split(' ').next(), Some(own.as_str()), "{name}");
    }
}

/// Each row: what is replaced in the signature's DER, by what (of the same length), and what that must be called.
#[test]
fn hostile_parameters_are_refused() {
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    let pss = signature(
        rsa,
        "-md sha256 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:32",
    );
    holds(&pss, "SHA-256 / RSA-PSS SHA-256");
    let changed = |cms: &[u8], from: &str, to: &str| {
        let text = hex::encode(cms);
        let at = text.rfind(from).unwrap_or_else(|| panic!("{from} is not in {text}"));
        let text = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
        verified(&hex::decode(text).unwrap(), CONTENT)
    };
    let (salt, mgf1) = ("a203020120", "06092a864886f70d010108");
    let sha256 = "0609608648016503040201";
    let unsupported: Result<String, Error> =
        Err(DerError::AlgorithmUnsupported("1.2.840.113549.1.1.10".to_owned()).into());
    let wrong: Result<String, Error> = Err(DerError::SignatureWrong.into());
    // Another salt than was used, down to nothing and far beyond the modulus.
    assert_eq!(changed(&pss, salt, "a203020100"), wrong);
    assert_eq!(changed(&pss, salt, "a203020121"), wrong);
    // Negative, and the trailer field in the salt's place.
    assert_eq!(changed(&pss, salt, "a2030201ff"), unsupported);
    assert_eq!(changed(&pss, salt, "a303020102"), unsupported);
    // A mask generation function that is none, and digests that are none.
    assert_eq!(changed(&pss, mgf1, "06092a864886f70d010107"), unsupported);
    assert_eq!(changed(&pss, sha256, "060960864801650304027f"), unsupported);
    // SHAKE256, which has no length of its own.
    assert_eq!(changed(&pss, sha256, "060960864801650304020c"), unsupported);

    // A curve written out point by point: it could be any curve.
    let dir = TestDir::new("algorithm");
    openssl(
        &dir,
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit -out key.pem",
    );
    openssl(
        &dir,
        "req -x509 -new -key key.pem -subj /CN=Signer -days 30 -outform DER -out leaf.der",
    );
    let refused = Certificate::parse(&fs::read(dir.join("leaf.der")).unwrap());
    assert_eq!(refused.err(), Some(DerError::CertificateMalformed("curve")));

    // MD5 is not known at all.
    let unknown = DerError::AlgorithmUnsupported("1.2.840.113549.2.5".to_owned());
    assert_eq!(verified(&signature(rsa, "-md md5"), CONTENT), Err(unknown.into()));
}

/// OpenSSL says rsaEncryption, which names no digest: the key counts none the less.
#[test]
fn a_weak_key_is_weak_however_its_signature_is_named() {
    for (bits, weak) in [(1024, true), (2048, false)] {
        let mut signer = None;
        let file = signed_by(&agreement(), &borrowed(&signature_of(0, "")), 3_000, |message| {
            let cms = signature_over(
                message,
                &format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}"),
                "-md sha256",
            );
            let parsed = SignedData::parse_foreign(&cms).unwrap();
            assert_eq!(
                parsed.signers[0].signature_algorithm.oid.to_string(),
                "1.2.840.113549.1.1.1"
            );
            signer = Some(parsed.certificates[0].clone());
            cms
        });
        let mut anchors = Anchors::new();
        anchors.add(signer.unwrap(), &[Use::Signers]);
        let report = verify_by(&file, &anchors);
        let one = &report.signatures[0];
        assert!(one.intact, "{report:?}");
        let algorithm = one.algorithm.as_ref().unwrap();
        assert_eq!(algorithm.signature.as_deref(), Some("RSA SHA-256"));
        let codes: Vec<&str> = one.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes.contains(&"trust_algorithm_weak"), weak, "{bits}: {codes:?}");
        assert_eq!(report.verdict == Verdict::TotalPassed, !weak, "{bits}");
    }
}
