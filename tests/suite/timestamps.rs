//! Timestamps from a real TSA, good and bad ones: asked for, checked, and judged by OpenSSL.

use crate::support::ca::{self, Ca, IssueRequest};
use crate::support::mutate::{count, mutations};
use crate::support::tsa::{Mode, OTHER_POLICY, POLICY, Tsa, openssl_ts_verify, signed_by_another};
use hankod::cms::SignedData;
use hankod::der::{DigestAlgorithm, ObjectIdentifier};
use hankod::tsa::{Checked, Error, Expected, Imprint, Query, Status, check, read_reply};
use std::time::{Duration, SystemTime};

const DATA: &[u8] = b"a signature value";
const NONCE: [u8; 8] = [0, 0x80, 3, 4, 5, 6, 7, 8];

fn expected(digest: DigestAlgorithm) -> Expected {
    Expected {
        imprint: Imprint::of(digest, DATA),
        nonce: Some(NONCE),
        policy: None,
    }
}

/// Asks `tsa` for what `expected` says and gives the token.
fn token(tsa: &Tsa, expected: &Expected) -> Result<Vec<u8>, Error> {
    let query = Query {
        imprint: expected.imprint.clone(),
        nonce: expected.nonce.unwrap(),
        policy: expected.policy,
    };
    read_reply(&tsa.ask(&query.to_der().unwrap()))
}

fn stamped(tsa: &Tsa) -> Result<Checked, Error> {
    let expected = expected(DigestAlgorithm::Sha256);
    check(&token(tsa, &expected)?, &expected)
}

#[test]
fn a_token_of_a_real_tsa_passes() {
    let ca = Ca::new("根");
    let tsa = Tsa::start(&ca, Mode::Good);
    for digest in DigestAlgorithm::ALL {
        let expected = expected(digest);
        let token = token(&tsa, &expected).unwrap();
        let checked = check(&token, &expected).unwrap();
        assert_eq!(checked.token, token, "DER is kept byte for byte");
        assert_eq!(checked.certificate, tsa.certificate());
        assert_eq!(checked.others, [ca.certificate()]);
        let info = checked.info;
        assert_eq!(info.policy.to_string(), POLICY);
        assert_eq!(info.accuracy, Some(Duration::from_micros(1_500_100)));
        assert!(info.ordering);
        let now = hankod::clock::Timestamp::from_system(SystemTime::now());
        assert!(now.since(info.time) < Duration::from_secs(600) && info.time <= now);
        openssl_ts_verify(&checked.token, DATA, &ca.pem()).unwrap();
    }
}

#[test]
fn fractions_of_seconds_are_read() {
    let tsa = Tsa::start(&Ca::new("根"), Mode::Fractions);
    let times: Vec<i64> = (0..3).map(|_| stamped(&tsa).unwrap().info.time.micros()).collect();
    // One token in a thousand has no milliseconds.
    assert!(times.iter().any(|micros| micros % 1_000_000 != 0), "{times:?}");
}

#[test]
fn a_ber_token_becomes_der_that_openssl_accepts() {
    let ca = Ca::new("根");
    let tsa = Tsa::start(&ca, Mode::Ber);
    let expected = expected(DigestAlgorithm::Sha256);
    let sent = token(&tsa, &expected).unwrap();
    assert_eq!(sent[..2], [0x30, 0x80]);
    let checked = check(&sent, &expected).unwrap();
    assert!(SignedData::parse(&checked.token).is_ok());
    openssl_ts_verify(&checked.token, DATA, &ca.pem()).unwrap();
}

#[test]
fn a_policy_is_asked_for_and_demanded() {
    let tsa = Tsa::start(&Ca::new("根"), Mode::Good);
    let mut expected = expected(DigestAlgorithm::Sha256);
    expected.policy = Some(ObjectIdentifier::new(OTHER_POLICY).unwrap());
    let found = token(&tsa, &expected).unwrap();
    assert_eq!(check(&found, &expected).unwrap().info.policy.to_string(), OTHER_POLICY);
    expected.policy = Some(ObjectIdentifier::new(POLICY).unwrap());
    assert!(matches!(check(&found, &expected), Err(Error::PolicyMismatch(_))));
    expected.policy = Some(ObjectIdentifier::new("1.2.3").unwrap());
    let refused = token(&tsa, &expected);
    let Err(Error::Rejected { status, failure, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((status, failure.as_str()), (Status::Rejection, "unacceptedPolicy"));
}

#[test]
fn tokens_about_something_else_are_refused() {
    let ca = Ca::new("根");
    let of = |mode| stamped(&Tsa::start(&ca, mode)).map(|_| ());
    assert_eq!(of(Mode::WrongNonce), Err(Error::NonceMismatch));
    assert_eq!(of(Mode::WrongImprint), Err(Error::ImprintMismatch));
    assert!(matches!(of(Mode::Rejecting), Err(Error::Rejected { .. })));
    assert!(matches!(of(Mode::Page), Err(Error::Cms(_))));
    let tsa = Tsa::start(&ca, Mode::Replaying);
    stamped(&tsa).unwrap();
    let mut later = expected(DigestAlgorithm::Sha256);
    later.nonce = Some([9; 8]);
    let replayed = token(&tsa, &later).unwrap();
    assert_eq!(check(&replayed, &later).map(|_| ()), Err(Error::NonceMismatch));
}

#[test]
fn a_certificate_for_more_than_timestamps_is_refused() {
    let ca = Ca::new("根");
    let good = stamped(&Tsa::start(&ca, Mode::Good)).unwrap();
    assert_eq!(
        good.certificate
            .extensions()
            .extended_key_usage
            .as_deref()
            .unwrap()
            .len(),
        1
    );
    // `openssl ts` itself signs with nothing else than a critical sole purpose, so such tokens are put together here.
    for (purposes, critical) in [
        (&["1.3.6.1.5.5.7.3.8"][..], false),
        (&["1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.4"], true),
        (&["1.3.6.1.5.5.7.3.4"], true),
        (&[], false),
    ] {
        let request = IssueRequest {
            key_usage: &[ca::DIGITAL_SIGNATURE],
            extended_key_usage: purposes,
            extended_key_usage_critical: critical,
            ..IssueRequest::default()
        };
        let token = signed_by_another(&ca, &request, &good.token);
        let refused = check(&token, &expected(DigestAlgorithm::Sha256)).map(|_| ());
        assert_eq!(refused, Err(Error::Purpose), "{purposes:?}");
    }
}

#[test]
fn a_signature_is_no_timestamp() {
    let tsa = Tsa::start(&Ca::new("根"), Mode::Good);
    let good = stamped(&tsa).unwrap();
    let text = hex::encode(&good.token);
    // The content type everywhere it stands: id-ct-TSTInfo becomes its neighbour id-ct-DVCSRequestData.
    let other = hex::decode(text.replace("2a864886f70d0109100104", "2a864886f70d0109100107")).unwrap();
    let refused = check(&other, &expected(DigestAlgorithm::Sha256)).map(|_| ());
    assert_eq!(refused, Err(Error::NotATimestamp));
}

#[test]
fn damaged_tokens_are_read_without_panic_and_say_the_same_or_nothing() {
    let good = stamped(&Tsa::start(&Ca::new("根"), Mode::Fractions)).unwrap();
    let expected = expected(DigestAlgorithm::Sha256);
    let mut accepted = 0;
    for blob in mutations(5816, &good.token, count()) {
        if let Ok(checked) = check(&blob, &expected) {
            assert_eq!(
                (checked.info, checked.certificate),
                (good.info.clone(), good.certificate.clone())
            );
            accepted += 1;
        }
    }
    assert!(accepted < count() / 10 * 4, "{accepted} of {} accepted", count());
}

#[test]
fn damaged_replies_are_read_without_panic() {
    let tsa = Tsa::start(&Ca::new("根"), Mode::Good);
    let expected = expected(DigestAlgorithm::Sha256);
    let query = Query {
        imprint: expected.imprint.clone(),
        nonce: NONCE,
        policy: None,
    };
    let reply = tsa.ask(&query.to_der().unwrap());
    let good = check(&read_reply(&reply).unwrap(), &expected).unwrap();
    for blob in mutations(3161, &reply, count() / 5) {
        if let Ok(checked) = read_reply(&blob).and_then(|token| check(&token, &expected)) {
            assert_eq!(checked.info, good.info);
        }
    }
}
