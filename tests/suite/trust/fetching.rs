//! Revocation data fetched from the addresses in certificates: OCSP first, lists where it fails, nothing believed that is not checked.

use super::office::{OCSP_SIGNING, Office};
use super::revocation::word;
use crate::support::responder::{Answers, Responder};
use hankod::clock::Timestamp;
use hankod::fetch::{self, Collected, Requests, RevocationCache, RevocationCause, RevocationDemand};
use hankod::net::{self, Client, HostPort};
use hankod::trust::path::{self, Rules};
use hankod::trust::revocation::{self, Freshness, Link};
use hankod::trust::{Anchors, Checks, Error, MAX_CRL_BYTES, MAX_OCSP_BYTES, Use};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// An office behind HTTP.
struct Desk {
    office: Arc<Office>,
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Desk {
    fn open(state: Option<&str>, purpose: &[&str], answers: impl FnOnce(Arc<Office>) -> Answers) -> Self {
        let responder = Responder::bind();
        let port = responder.port();
        let office = Arc::new(Office::at(state, purpose, Some(port)));
        let asked = responder.start(answers(Arc::clone(&office)));
        Self { office, port, asked }
    }

    fn collect(&self, cache: &mut RevocationCache, is_allowed: bool) -> Collected {
        self.collect_within(Duration::from_secs(60), cache, is_allowed)
    }

    fn collect_within(&self, time: Duration, cache: &mut RevocationCache, is_allowed: bool) -> Collected {
        let place = HostPort {
            host: "127.0.0.1".to_owned(),
            port: self.port,
        };
        let allowed = if is_allowed {
            HashSet::from([place])
        } else {
            HashSet::new()
        };
        let client = Client::new(allowed, Vec::new(), None);
        let now = Timestamp::from_system(SystemTime::now());
        let mut anchors = Anchors::new();
        anchors.add(self.office.ca.certificate(), &[Use::Signers]);
        let path = path::find(&self.office.leaf, &[], &anchors, &Rules::signer(now)).unwrap();
        let demand = RevocationDemand {
            path: &path,
            at: now,
            freshness: Freshness::Current,
            certificates: &[],
            anchors: &anchors,
            anchors_for: Use::Signers,
            checks: &Checks::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(fetch::revocation(
            &mut Requests::new(&client, Instant::now() + time),
            &demand,
            (Vec::new(), Vec::new()),
            cache,
            now,
        ))
    }
}

fn words(links: &[Link]) -> Vec<String> {
    links.iter().map(|link| word(&link.status)).collect()
}

/// Questions get what `openssl ocsp` says, lists what `openssl ca` lists.
fn honest(office: Arc<Office>) -> Answers {
    Box::new(move |question| match question {
        Some(question) => (200, office.answer_to(question, "")),
        None => (200, office.list()),
    })
}

#[test]
fn a_responder_is_asked_first_and_its_own_certificate_is_asked_about() {
    let desk = Desk::open(Some("V"), OCSP_SIGNING, honest);
    let found = desk.collect(&mut RevocationCache::default(), true);
    // The responder's certificate names no address and does not exempt itself: what is missing is said.
    assert_eq!(words(&found.links), ["good", "Missing"]);
    assert_eq!(
        (found.answers.len(), found.crls.len(), desk.asked.load(Ordering::SeqCst)),
        (1, 0, 1)
    );
    assert_eq!(revocation::findings(&found.links).len(), 1);
    let revoked = Desk::open(Some("R"), OCSP_SIGNING, honest).collect(&mut RevocationCache::default(), true);
    assert_eq!(words(&revoked.links), ["revoked"]);
}

#[test]
fn a_list_serves_where_the_responder_does_not() {
    type Refusal = (fn(&Office, &[u8]) -> (u16, Vec<u8>), RevocationCause);
    let refusals: [Refusal; 4] = [
        (|_, _| (503, Vec::new()), RevocationCause::Status(503)),
        (
            |_, _| (200, b"<html>".to_vec()),
            RevocationCause::Data(Error::OcspMalformed),
        ),
        (
            |_, _| (200, vec![0x30, 3, 10, 1, 6]),
            RevocationCause::Data(Error::OcspRefused(6)),
        ),
        // An answer to somebody else's question.
        (
            |office, _| {
                let other = hankod::trust::ocsp::request(&office.leaf, &office.ca.certificate(), Some(&[7; 16]));
                (200, office.answer_to(&other, ""))
            },
            RevocationCause::Nonce,
        ),
    ];
    for (refuse, cause) in refusals {
        let desk = Desk::open(Some("V"), OCSP_SIGNING, move |office| {
            Box::new(move |question| match question {
                Some(question) => refuse(&office, question),
                None => (200, office.list()),
            })
        });
        let mut cache = RevocationCache::default();
        let found = desk.collect(&mut cache, true);
        assert_eq!(words(&found.links), ["good"], "{cause:?}");
        assert_eq!(found.failed[0].1, cause);
        // The list is kept until its nextUpdate; the responder is asked again.
        let again = desk.collect(&mut cache, true);
        assert_eq!(
            (words(&again.links), desk.asked.load(Ordering::SeqCst)),
            (vec!["good".to_owned()], 3)
        );
    }
}

#[test]
fn an_answer_by_the_wrong_signer_counts_for_nothing() {
    let desk = Desk::open(Some("R"), &["1.3.6.1.5.5.7.3.8"], |office| {
        Box::new(move |question| question.map_or((404, Vec::new()), |q| (200, office.answer_to(q, ""))))
    });
    let found = desk.collect(&mut RevocationCache::default(), true);
    assert_eq!(words(&found.links), ["Untrusted"]);
    assert_eq!(found.failed[0].1, RevocationCause::Status(404));
}

#[test]
fn addresses_in_certificates_do_not_lead_into_private_networks() {
    let desk = Desk::open(Some("V"), OCSP_SIGNING, honest);
    let found = desk.collect(&mut RevocationCache::default(), false);
    assert_eq!(words(&found.links), ["Missing"]);
    let private = |cause: &RevocationCause| matches!(cause, RevocationCause::Net(net::Error::Private { .. }));
    assert!(found.failed.len() == 2 && found.failed.iter().all(|(_, cause)| private(cause)));
    assert_eq!(desk.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_responder_that_keeps_silent_does_not_keep_anybody_waiting() {
    let desk = Desk::open(Some("V"), OCSP_SIGNING, |_| {
        Box::new(|_| {
            loop {
                std::thread::park();
            }
        })
    });
    let found = desk.collect_within(Duration::from_millis(300), &mut RevocationCache::default(), true);
    assert_eq!(words(&found.links), ["Missing"]);
    let causes: Vec<&RevocationCause> = found.failed.iter().map(|(_, cause)| cause).collect();
    assert!(
        matches!(
            causes[..],
            [
                RevocationCause::Net(net::Error::Timeout { .. }),
                RevocationCause::TooMany
            ]
        ),
        "{causes:?}"
    );
}

#[test]
fn what_is_too_large_is_not_taken() {
    let desk = Desk::open(Some("V"), OCSP_SIGNING, |_| {
        Box::new(|question| match question {
            Some(_) => (200, vec![0x30; MAX_OCSP_BYTES + 1]),
            None => (200, vec![0x30; MAX_CRL_BYTES + 1]),
        })
    });
    let found = desk.collect(&mut RevocationCache::default(), true);
    assert_eq!(words(&found.links), ["Missing"]);
    let large =
        |(_, cause): &(String, RevocationCause)| matches!(cause, RevocationCause::Net(net::Error::TooLarge { .. }));
    assert!(
        found.failed.len() == 2 && found.failed.iter().all(large),
        "{:?}",
        found.failed
    );
}
