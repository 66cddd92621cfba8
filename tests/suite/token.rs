//! Tokens through worker processes, with a real SoftHSM: every algorithm, what is listed, and who may sign.

mod faults;

use crate::support::ca::{self, Ca, IssueRequest};
use crate::support::dir::TestDir;
use crate::support::softhsm::{Softhsm, pin, program};
use hankod::clock::Timestamp;
use hankod::der::{Certificate, DigestAlgorithm, Preference, SignatureAlgorithm, verify_digest, verify_signature};
use hankod::token::provision::NewKey;
use hankod::token::{
    Credential, Entry, Error, Fitness, Grant, KeyInfo, KeyState, Limits, Login, PinState, Signable, TokenRef, Tokens,
};
use std::time::{Duration, Instant, SystemTime};

const PIN: &str = "246810";
const MESSAGE: &[u8] = b"signed attributes, as it were";

/// A token with one key and its certificate.
struct Bench {
    softhsm: Softhsm,
    token: TokenRef,
    key: KeyInfo,
    certificate: Certificate,
}

impl Bench {
    fn new(dir: &TestDir, kind: NewKey, always_authenticate: bool) -> Self {
        let mut softhsm = Softhsm::new(dir);
        let token = softhsm.token("甲のカード", PIN);
        let key = softhsm.key(&token, kind, "sign", always_authenticate);
        let certificate = issued(&key, &IssueRequest::default());
        softhsm.import_certificate(&token, "sign", certificate.der());
        Self {
            softhsm,
            token,
            key,
            certificate,
        }
    }

    fn tokens(&self) -> Tokens {
        Tokens::new(&program(), vec![self.softhsm.spec()], Limits::default())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::for_key(self.certificate.key(), Preference::Auto).unwrap()
    }

    fn grant(&self, messages: &[&[u8]]) -> Grant {
        self.grant_of(self.algorithm(), messages)
    }

    fn grant_of(&self, algorithm: SignatureAlgorithm, messages: &[&[u8]]) -> Grant {
        let digests = messages
            .iter()
            .map(|message| algorithm.digest().digest(message))
            .collect();
        Grant::mint(self.certificate.spki_der(), algorithm, digests, soon())
    }
}

fn issued(key: &KeyInfo, request: &IssueRequest<'_>) -> Certificate {
    let public_key = ca::public_key(key.spki_der.as_ref().unwrap());
    Certificate::parse(&Ca::new("試験CA").issue(&public_key, request)).unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}

async fn log_in(tokens: &Tokens, token: &TokenRef) -> Login {
    tokens.login(token, Credential::Pin(pin(PIN))).await.unwrap()
}

async fn signs_and_verifies(kind: NewKey, algorithms: &[SignatureAlgorithm]) {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, kind, false);
    let tokens = bench.tokens();
    let login = log_in(&tokens, &bench.token).await;
    let key = only_key(&login.objects().await.unwrap());
    for algorithm in algorithms {
        let grant = bench.grant_of(*algorithm, &[MESSAGE, MESSAGE]);
        let signature = login.sign(&grant, &key, Signable::Message(MESSAGE)).await.unwrap();
        verify_signature(bench.certificate.spki_der(), *algorithm, MESSAGE, &signature).unwrap();
        let digest = algorithm.digest().digest(MESSAGE);
        let of_digest = login.sign(&grant, &key, Signable::Digest(&digest)).await;
        match algorithm {
            SignatureAlgorithm::Ed25519 => assert!(matches!(of_digest, Err(Error::MechanismUnsupported { .. }))),
            _ => verify_digest(bench.certificate.spki_der(), *algorithm, &digest, &of_digest.unwrap()).unwrap(),
        }
    }
    login.logout().await.unwrap();
}

fn only_key(entries: &[Entry]) -> KeyInfo {
    match entries {
        [
            Entry {
                key: KeyState::Usable(key),
                ..
            },
        ] => key.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn rsa_signs_with_both_paddings_and_every_digest() {
    let algorithms: Vec<SignatureAlgorithm> = DigestAlgorithm::ALL
        .into_iter()
        .flat_map(|digest| {
            let salt_bytes = u32::try_from(digest.bytes()).unwrap();
            let pss = SignatureAlgorithm::RsaPss {
                digest,
                mask: digest,
                salt_bytes,
            };
            [SignatureAlgorithm::RsaPkcs1(digest), pss]
        })
        .collect();
    signs_and_verifies(NewKey::Rsa { bits: 2048 }, &algorithms).await;
}

#[tokio::test]
async fn rsa_3072_signs() {
    let algorithm = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
    signs_and_verifies(NewKey::Rsa { bits: 3072 }, &[algorithm]).await;
}

#[tokio::test]
async fn rsa_4096_signs() {
    let algorithm = SignatureAlgorithm::RsaPss {
        digest: DigestAlgorithm::Sha512,
        mask: DigestAlgorithm::Sha512,
        salt_bytes: 64,
    };
    signs_and_verifies(NewKey::Rsa { bits: 4096 }, &[algorithm]).await;
}

#[tokio::test]
async fn p256_signs() {
    signs_and_verifies(NewKey::P256, &[SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256)]).await;
}

#[tokio::test]
async fn p384_signs() {
    signs_and_verifies(NewKey::P384, &[SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384)]).await;
}

#[tokio::test]
async fn p521_signs() {
    signs_and_verifies(NewKey::P521, &[SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha512)]).await;
}

#[tokio::test]
async fn ed25519_signs() {
    signs_and_verifies(NewKey::Ed25519, &[SignatureAlgorithm::Ed25519]).await;
}

#[tokio::test]
async fn a_key_that_asks_each_time_signs_twice() {
    let dir = TestDir::new("token");
    for kind in [NewKey::Rsa { bits: 2048 }, NewKey::P256] {
        let dir = dir.join(format!("{kind:?}").replace([' ', '{', '}', ':'], ""));
        let mut softhsm = Softhsm::new(&dir);
        let token = softhsm.token("asks", PIN);
        let key = softhsm.key(&token, kind, "each", true);
        assert!(key.reference.always_authenticate);
        let certificate = issued(&key, &IssueRequest::default());
        let tokens = Tokens::new(&program(), vec![softhsm.spec()], Limits::default());
        let login = log_in(&tokens, &token).await;
        let algorithm = SignatureAlgorithm::for_key(key.kind, Preference::Auto).unwrap();
        for message in [b"first", b"again"] {
            let grant = Grant::mint(
                certificate.spki_der(),
                algorithm,
                vec![algorithm.digest().digest(message)],
                soon(),
            );
            login.sign(&grant, &key, Signable::Message(message)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn nothing_is_signed_without_a_grant_for_it() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let tokens = bench.tokens();
    let login = log_in(&tokens, &bench.token).await;
    let sign = |grant, message| login.sign(grant, &bench.key, Signable::Message(message));

    let grant = bench.grant(&[MESSAGE]);
    assert_eq!(sign(&grant, b"another").await, Err(Error::NotGranted));
    assert!(sign(&grant, MESSAGE).await.is_ok());
    assert_eq!(sign(&grant, MESSAGE).await, Err(Error::NotGranted));

    let digests = vec![bench.algorithm().digest().digest(MESSAGE)];
    let over = Grant::mint(bench.certificate.spki_der(), bench.algorithm(), digests, Instant::now());
    assert_eq!(sign(&over, MESSAGE).await, Err(Error::GrantExpired));
}

#[tokio::test]
async fn a_signature_by_another_key_reaches_nobody() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let other = bench.softhsm.key(&bench.token, NewKey::P256, "other", false);
    let tokens = bench.tokens();
    let login = log_in(&tokens, &bench.token).await;
    let grant = bench.grant(&[MESSAGE]);
    let signature = login.sign(&grant, &other, Signable::Message(MESSAGE)).await;
    assert_eq!(signature, Err(Error::SignatureMismatch));
}

#[tokio::test]
async fn every_entry_is_listed_with_its_reason() {
    let dir = TestDir::new("token");
    let mut softhsm = Softhsm::new(&dir);
    let token = softhsm.token("mixed", PIN);
    let key = |label| softhsm.key(&token, NewKey::P256, label, false);
    let store = |label, key: &KeyInfo, request: &IssueRequest<'_>| {
        softhsm.import_certificate(&token, label, issued(key, request).der());
    };
    store("fit", &key("fit"), &IssueRequest::default());
    let (past, future) = ((-30, -2), (2, 30));
    store(
        "expired",
        &key("expired"),
        &IssueRequest {
            days: past,
            ..IssueRequest::default()
        },
    );
    store(
        "future",
        &key("future"),
        &IssueRequest {
            days: future,
            ..IssueRequest::default()
        },
    );
    let encryption = IssueRequest {
        key_usage: &[ca::KEY_ENCIPHERMENT],
        ..IssueRequest::default()
    };
    store("encryption", &key("encryption"), &encryption);
    let authentication = IssueRequest {
        key_usage: &[ca::DIGITAL_SIGNATURE],
        extended_key_usage: &["1.3.6.1.5.5.7.3.2"],
        ..IssueRequest::default()
    };
    store("authentication", &key("authentication"), &authentication);
    let authority = Ca::new("試験CA").certificate();
    softhsm.import_certificate(&token, "authority", authority.der());
    let elsewhere = ca::key(ca::Kind::P256);
    let lonely = Ca::new("試験CA").issue(&elsewhere, &IssueRequest::default());
    softhsm.import_certificate(&token, "no-key", &lonely);
    key("no-certificate");

    let tokens = Tokens::new(&program(), vec![softhsm.spec()], Limits::default());
    let expected = [
        ("authentication", "certificate_authentication_only"),
        ("authority", "certificate_of_authority"),
        ("encryption", "certificate_encryption_only"),
        ("expired", "certificate_expired"),
        ("fit", "certificate_fit"),
        ("future", "certificate_not_yet_valid"),
        ("no-certificate", "key_without_certificate"),
        ("no-key", "certificate_without_key"),
    ];
    let reasons = |entries: &[Entry]| {
        let mut reasons: Vec<_> = entries
            .iter()
            .map(|e| (e.label.clone(), code(&e.fitness(now()))))
            .collect();
        reasons.sort();
        reasons
    };
    let expected = expected.map(|(label, code)| (label.to_owned(), code));
    let before = tokens.objects(&token).await.unwrap();
    assert_eq!(reasons(&before), expected);
    assert!(before.iter().all(|entry| !matches!(entry.key, KeyState::Usable(_))));
    let login = log_in(&tokens, &token).await;
    let during = login.objects().await.unwrap();
    assert_eq!(reasons(&during), expected);
    assert!(during.iter().any(|entry| matches!(entry.key, KeyState::Usable(_))));
    // PKCS#11 shows private objects to every session now; we do not.
    assert_eq!(tokens.objects(&token).await.unwrap(), before);
}

fn code(fitness: &Fitness) -> &'static str {
    hankod::text::Explain::code(fitness)
}

#[tokio::test]
async fn tokens_tell_what_they_are() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let tokens = bench.tokens();
    let listing = tokens.list().await;
    assert_eq!(listing.problems, []);
    let found: Vec<_> = listing.tokens().filter(|token| token.initialised).collect();
    let [token] = found.as_slice() else {
        panic!("{listing:?}")
    };
    assert_eq!(token.token, bench.token);
    assert_eq!((token.token.label.as_str(), token.pin), ("甲のカード", PinState::Ok));
    assert!(token.login_required && !token.protected_authentication_path);
}

#[tokio::test]
async fn a_login_waits_for_the_one_before_it() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, false);
    let tokens = bench.tokens();
    let first = log_in(&tokens, &bench.token).await;
    let second = log_in(&tokens, &bench.token);
    let (grant, other) = (bench.grant(&[MESSAGE]), bench.grant(&[MESSAGE]));
    let work = async {
        let signed = first.sign(&grant, &bench.key, Signable::Message(MESSAGE)).await;
        drop(first);
        signed
    };
    let (second, signed) = tokio::join!(second, work);
    signed.unwrap();
    // The first one's logout has not ended the second.
    second
        .sign(&other, &bench.key, Signable::Message(MESSAGE))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_pin_stands_in_no_place_that_others_read() {
    let dir = TestDir::new("token");
    let bench = Bench::new(&dir, NewKey::P256, true);
    let tokens = bench.tokens();
    let _login = log_in(&tokens, &bench.token).await;
    let pid = tokens.worker_pid(0).unwrap();
    for file in ["cmdline", "environ", "comm"] {
        let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap();
        assert!(
            !bytes.windows(PIN.len()).any(|window| window == PIN.as_bytes()),
            "{file}"
        );
    }
    let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    assert!(environ.starts_with(b"SOFTHSM2_CONF="), "{environ:?}");
    assert_eq!(environ.iter().filter(|b| **b == b'=').count(), 1);
}
