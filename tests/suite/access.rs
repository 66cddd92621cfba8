//! How a site becomes known, step by step and out of step.

use std::path::Path;
use std::time::Duration;

use hankod::access::pairing::{self, Poll};
use hankod::access::{AccessError, Nonce, Origin, Principal, authenticate, prove};
use hankod::clock::Timestamp;
use hankod::secret::ApiKey;
use hankod::store::{PairingRequest, RequestState, Rights, StateDir, Store};
use hankod::text::Explain;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_795_399_200).plus(Duration::from_secs(seconds))
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

async fn open(dir: &Path) -> Store {
    Store::open(StateDir::open(dir).unwrap()).await.unwrap()
}

async fn request(store: &Store, from: &str, now: Timestamp) -> Result<PairingRequest, AccessError> {
    let from = origin(from);
    store
        .write(move |tx| Box::pin(async move { pairing::request(tx, &from, now).await }))
        .await
}

async fn decide(store: &Store, id: &str, yes: bool, now: Timestamp) -> Result<(), AccessError> {
    let id = id.to_owned();
    store
        .write(move |tx| Box::pin(async move { pairing::decide(tx, &id, yes, now).await }))
        .await
}

async fn poll(store: &Store, id: &str, from: &str, now: Timestamp) -> Result<Poll, AccessError> {
    let (id, from) = (id.to_owned(), origin(from));
    store
        .write(move |tx| Box::pin(async move { pairing::poll(tx, &id, &from, now).await }))
        .await
}

fn text(key: &ApiKey) -> String {
    String::from_utf8(key.expose().to_vec()).unwrap()
}

const DIGESTS: Rights = Rights {
    unattended: false,
    digests: true,
};
const A: &str = "https://a.example";
const B: &str = "https://b.example";

#[tokio::test]
async fn a_site_is_paired_once_and_its_key_is_good_for_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("s")).await;
    let asked = request(&store, A, at(0)).await.unwrap();
    assert!(asked.code.len() == 6 && asked.code.bytes().all(|b| b.is_ascii_digit()));
    assert!(matches!(poll(&store, &asked.id, A, at(1)).await, Ok(Poll::Pending(_))));
    assert_eq!(
        poll(&store, &asked.id, B, at(1)).await.unwrap_err().code(),
        "pairing_unknown"
    );
    decide(&store, &asked.id, true, at(2)).await.unwrap();
    assert_eq!(
        decide(&store, &asked.id, false, at(2)).await.unwrap_err().code(),
        "pairing_over"
    );
    let Ok(Poll::Key {
        pairing,
        key,
        rights: Rights::NONE,
    }) = poll(&store, &asked.id, A, at(3)).await
    else {
        panic!("no key");
    };
    assert!(
        matches!(poll(&store, &asked.id, A, at(4)).await, Ok(Poll::Over)),
        "the key is told once"
    );

    let key = text(&key);
    let caller = authenticate(&store, &key, Some(&origin(A)), at(5)).await.unwrap();
    assert_eq!(caller.principal, Principal::Site { origin: origin(A) });
    for wrong in [Some(origin(B)), Some(origin("http://a.example")), None] {
        let refused = authenticate(&store, &key, wrong.as_ref(), at(5)).await.unwrap_err();
        assert_eq!(refused.code(), "key_not_for_origin");
    }
    let mut other = key.clone();
    let last = if other.pop() == Some('A') { 'B' } else { 'A' };
    other.push(last);
    for unknown in ["", "hk_", &other, &key[1..]] {
        assert_eq!(
            authenticate(&store, unknown, Some(&origin(A)), at(5))
                .await
                .unwrap_err()
                .code(),
            "key_unknown"
        );
    }
    let nonce = Nonce::parse("0123456789abcdef").unwrap();
    let proofs = prove(&store, &origin(A), &nonce, 10805).await.unwrap();
    assert!(proofs.len() == 1 && proofs[0].pairing == pairing);
    assert_eq!(prove(&store, &origin(B), &nonce, 10805).await.unwrap(), []);

    store
        .write(move |tx| Box::pin(async move { tx.revoke_pairing(&pairing, at(6)).await }))
        .await
        .unwrap();
    assert_eq!(
        authenticate(&store, &key, Some(&origin(A)), at(7))
            .await
            .unwrap_err()
            .code(),
        "key_revoked"
    );
    assert_eq!(prove(&store, &origin(A), &nonce, 10805).await.unwrap(), []);
    assert!(
        store.pairings().await.unwrap()[0].key.is_none(),
        "a revoked key is wiped"
    );
    store.close().await;
}

#[tokio::test]
async fn requests_and_approvals_expire() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("s")).await;
    let life = pairing::REQUEST_LIFE.as_secs();
    let asked = request(&store, A, at(0)).await.unwrap();
    assert_eq!(store.pending_requests(at(life - 1)).await.unwrap().len(), 1);
    assert_eq!(store.pending_requests(at(life)).await.unwrap(), []);
    assert_eq!(
        decide(&store, &asked.id, true, at(life)).await.unwrap_err().code(),
        "pairing_over"
    );
    assert!(matches!(poll(&store, &asked.id, A, at(life)).await, Ok(Poll::Over)));
    let asked = request(&store, A, at(life)).await.unwrap();
    decide(&store, &asked.id, true, at(life + 9)).await.unwrap();
    assert!(matches!(
        poll(&store, &asked.id, A, at(2 * life + 9)).await,
        Ok(Poll::Over)
    ));
    assert_eq!(store.pairings().await.unwrap().len(), 0);
    store.close().await;
}

#[tokio::test]
async fn nagging_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("s")).await;
    for _ in 0..pairing::MAX_PENDING_PER_ORIGIN {
        request(&store, A, at(0)).await.unwrap();
    }
    assert_eq!(request(&store, A, at(0)).await.unwrap_err().code(), "pairing_too_many");
    for n in pairing::MAX_PENDING_PER_ORIGIN..pairing::MAX_PENDING {
        request(&store, &format!("https://s{n}.example"), at(0)).await.unwrap();
    }
    assert_eq!(request(&store, B, at(0)).await.unwrap_err().code(), "pairing_too_many");
    for pending in store.pending_requests(at(1)).await.unwrap() {
        decide(&store, &pending.id, false, at(1)).await.unwrap();
    }
    for _ in pairing::MAX_PENDING_PER_ORIGIN..pairing::MAX_REQUESTS_PER_ORIGIN {
        let asked = request(&store, A, at(1)).await.unwrap();
        decide(&store, &asked.id, false, at(1)).await.unwrap();
    }
    let refused = request(&store, A, at(100)).await.unwrap_err();
    assert!(
        matches!(refused, AccessError::TooOften { retry_after_s: 500 }),
        "{refused:?}"
    );
    request(&store, A, at(pairing::RATE_WINDOW_S + 2)).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn an_allowance_serves_one_request_and_programs_have_no_origin() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("s")).await;
    let allow = store.write(|tx| Box::pin(async move { pairing::allow_origin(tx, &origin(A), DIGESTS, at(0)).await }));
    allow.await.unwrap();
    let asked = request(&store, A, at(1)).await.unwrap();
    assert_eq!((asked.state, asked.rights), (RequestState::Approved, DIGESTS));
    assert!(matches!(
        poll(&store, &asked.id, A, at(2)).await,
        Ok(Poll::Key { rights: DIGESTS, .. })
    ));
    assert_eq!(request(&store, A, at(3)).await.unwrap().state, RequestState::Pending);
    let program = |name: &'static str| {
        store.write(move |tx| Box::pin(async move { pairing::allow_program(tx, name, Rights::NONE, at(0)).await }))
    };
    let (_, key) = program("契約 2").await.unwrap();
    let caller = authenticate(&store, &text(&key), None, at(1)).await.unwrap();
    assert_eq!(caller.principal.to_string(), "program:契約 2");
    let with_origin = authenticate(&store, &text(&key), Some(&origin(A)), at(1)).await;
    assert_eq!(with_origin.unwrap_err().code(), "key_not_for_origin");
    for bad in ["", " x", "a\nb"] {
        assert_eq!(program(bad).await.unwrap_err().code(), "program_name_invalid");
    }
    store.close().await;
}
