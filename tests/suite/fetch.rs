//! Timestamps fetched from TSAs that work and TSAs that do not: order, deadlines, quotas, rests, the accredited list; and what is remembered of it.

use crate::support::ca::Ca;
use crate::support::tls::Identity;
use crate::support::tsa::{Mode, Tsa};
use hankod::clock::Timestamp;
use hankod::der::DigestAlgorithm;
use hankod::fetch::{self, Answered, Cause, Demand, Error, FAILURES_BEFORE_REST, Memory, Quota, Stamped};
use hankod::net::{Authorization, Client, HostPort, Url};
use hankod::secret::ApiKey;
use hankod::store::{StateDir, Store, StoreError};
use hankod::trust::{Anchors, Use};
use hankod::tsa::Imprint;
use std::collections::{BTreeSet, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

/// As configured, without quota, with a deadline that only a test of silence reaches.
fn configured(tsa: &Tsa) -> fetch::Tsa {
    fetch::Tsa {
        url: Url::parse(&tsa.url()).unwrap(),
        policy: None,
        authorization: None,
        client: Arc::new(Client::new(HashSet::new(), Vec::new(), None)),
        issuers: Arc::new(Client::new(HashSet::new(), Vec::new(), None)),
        quota: None,
        deadline: Duration::from_secs(60),
    }
}

fn demand() -> Demand {
    Demand {
        nonce: None,
        imprint: Imprint::of(DigestAlgorithm::Sha256, b"a signature value"),
        accredited: None,
        anchors: None,
        // The moments of these tests are not those of the authorities' clocks.
        clock_tolerance: Duration::from_secs(3_000_000_000),
    }
}

async fn fetched(tsas: &[fetch::Tsa], memory: &mut Memory) -> Result<Stamped, Error> {
    asked(tsas, &demand(), memory, at(0)).await
}

/// Asks, and remembers in `memory`.
async fn asked(tsas: &[fetch::Tsa], demand: &Demand, memory: &mut Memory, now: Timestamp) -> Result<Stamped, Error> {
    let shared = Mutex::new(std::mem::take(memory));
    let result = {
        let remember = |one: &fetch::Tsa, turn| -> Answered<'_> {
            let mut memory = shared.lock().unwrap();
            let noted = memory
                .entry(one.url.to_string())
                .or_default()
                .note(turn, one.quota, now);
            Box::pin(std::future::ready(noted))
        };
        fetch::timestamp(tsas, demand, &remember, now).await
    };
    *memory = shared.into_inner().unwrap();
    result
}

/// Why each TSA gave nothing.
fn causes(result: Result<Stamped, Error>) -> Vec<Cause> {
    let Err(Error::NoTimestamp(attempts)) = result else {
        panic!("{result:?}");
    };
    attempts.into_iter().map(|attempt| attempt.cause).collect()
}

#[tokio::test]
async fn the_first_good_one_in_order_gives_the_token() {
    let ca = Ca::new("根");
    let bad = [
        Mode::Dead,
        Mode::WrongNonce,
        Mode::WrongImprint,
        Mode::Rejecting,
        Mode::Page,
    ];
    let bad: Vec<Tsa> = bad.into_iter().map(|mode| Tsa::start(&ca, mode)).collect();
    let (good, spare) = (Tsa::start(&ca, Mode::Ber), Tsa::start(&ca, Mode::Good));
    let tsas: Vec<fetch::Tsa> = bad.iter().chain([&good, &spare]).map(configured).collect();
    let stamped = fetched(&tsas, &mut Memory::new()).await.unwrap();
    assert_eq!(stamped.checked.certificate, good.certificate());
    assert_eq!(stamped.failed.len(), bad.len());
    assert!(good.url().contains(&stamped.tsa));
    assert_eq!(spare.asked(), 0);
    let told = Error::NoTimestamp(stamped.failed).to_string();
    for part in [
        "net_connection",
        "tsa_nonce_mismatch",
        "tsa_imprint_mismatch",
        "tsa_rejected",
        "cms_malformed",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[tokio::test]
async fn an_answer_to_an_earlier_question_is_refused() {
    let tsa = Tsa::start(&Ca::new("根"), Mode::Replaying);
    let tsas = [configured(&tsa)];
    fetched(&tsas, &mut Memory::new()).await.unwrap();
    let causes = causes(fetched(&tsas, &mut Memory::new()).await);
    assert_eq!(causes, [Cause::Token(hankod::tsa::Error::NonceMismatch)]);
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let tsa = Tsa::start(&Ca::new("根"), Mode::Slow);
    let mut slow = configured(&tsa);
    slow.deadline = Duration::from_millis(200);
    let causes = causes(fetched(&[slow], &mut Memory::new()).await);
    assert!(
        matches!(causes[..], [Cause::Net(hankod::net::Error::Timeout { .. })]),
        "{causes:?}"
    );
}

#[tokio::test]
async fn a_quota_is_kept_and_a_full_tsa_is_passed_over() {
    let ca = Ca::new("根");
    let (tsa, spare) = (Tsa::start(&ca, Mode::Quota(2)), Tsa::start(&ca, Mode::Good));
    let mut limited = configured(&tsa);
    limited.quota = Some(Quota {
        requests: 2,
        window: Duration::from_secs(1200),
    });
    let tsas = [limited, configured(&spare)];
    let mut memory = Memory::new();
    for asked in [0, 0, 0, 1] {
        assert_eq!(spare.asked(), asked);
        fetched(&tsas, &mut memory).await.unwrap();
    }
    assert_eq!(tsa.asked(), 2, "a request beyond the quota is never sent");
    let causes = causes(fetched(&tsas[..1], &mut memory).await);
    assert!(matches!(causes[..], [Cause::QuotaUsed(until)] if until.since(at(1200)) < Duration::from_secs(60)));
    // A quota that the configuration does not know is what the TSA says.
    let unknown = [configured(&tsa)];
    assert_eq!(
        self::causes(fetched(&unknown, &mut Memory::new()).await),
        [Cause::Status(429)]
    );
}

#[tokio::test]
async fn a_dead_tsa_rests_and_is_tried_again() {
    let tsa = Tsa::start(&Ca::new("根"), Mode::Dead);
    let tsas = [configured(&tsa)];
    let mut memory = Memory::new();
    let most = usize::try_from(FAILURES_BEFORE_REST).unwrap();
    for _ in 0..most {
        assert!(matches!(causes(fetched(&tsas, &mut memory).await)[..], [Cause::Net(_)]));
    }
    assert!(matches!(
        causes(fetched(&tsas, &mut memory).await)[..],
        [Cause::Resting(_)]
    ));
    assert_eq!(tsa.asked(), most);
    let later = asked(&tsas, &demand(), &mut memory, at(3600)).await;
    assert!(matches!(causes(later)[..], [Cause::Net(_)]));
    assert_eq!(tsa.asked(), most + 1);
}

#[tokio::test]
async fn what_is_remembered_outlasts_the_process() {
    let ca = Ca::new("根");
    let (dead, good) = (Tsa::start(&ca, Mode::Dead), Tsa::start(&ca, Mode::Good));
    let mut limited = configured(&good);
    limited.quota = Some(Quota {
        requests: 1,
        window: Duration::from_secs(1200),
    });
    let tsas = [configured(&dead), limited];
    let mut memory = Memory::new();
    fetched(&tsas, &mut memory).await.unwrap();
    for _ in 0..2 {
        causes(fetched(&tsas, &mut memory).await);
    }
    let dir = tempfile::tempdir().unwrap();
    let open = async || {
        Store::open(StateDir::open(&dir.path().join("s")).unwrap())
            .await
            .unwrap()
    };
    let store = open().await;
    assert!(store.tsa_memory().await.unwrap().is_empty());
    for _ in 0..2 {
        let kept = memory.clone();
        let work = store.write(move |tx| {
            Box::pin(async move {
                for (url, budget) in &kept {
                    tx.remember_tsa(url, budget).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        work.await.unwrap();
    }
    store.close().await;
    let mut remembered = open().await.tsa_memory().await.unwrap();
    assert_eq!(remembered, memory);
    let causes = causes(fetched(&tsas, &mut remembered).await);
    assert!(
        matches!(causes[..], [Cause::Resting(_), Cause::QuotaUsed(_)]),
        "{causes:?}"
    );
}

#[tokio::test]
async fn only_accredited_tsas_when_so_demanded() {
    let ca = Ca::new("根");
    let (other, listed) = (Tsa::start(&ca, Mode::Good), Tsa::start(&ca, Mode::Good));
    let mut demand = demand();
    demand.accredited = Some(BTreeSet::from([*listed.certificate().sha256()]));
    let both = [configured(&other), configured(&listed)];
    let stamped = asked(&both, &demand, &mut Memory::new(), at(0)).await.unwrap();
    assert_eq!(stamped.checked.certificate, listed.certificate());
    assert_eq!(stamped.failed[0].cause, Cause::NotAccredited);
    let one = asked(&both[..1], &demand, &mut Memory::new(), at(0)).await;
    assert_eq!(causes(one), [Cause::NotAccredited]);
    demand.accredited = Some(BTreeSet::new());
    let none = asked(&both, &demand, &mut Memory::new(), at(0)).await;
    assert_eq!(none.unwrap_err(), Error::NoAccredited);
    let nobody = asked(&[], &demand, &mut Memory::new(), at(0)).await;
    assert_eq!(nobody.unwrap_err(), Error::NoTsa);
}

#[tokio::test]
async fn a_token_from_another_time_is_refused() {
    let tsa = Tsa::start(&Ca::new("根"), Mode::Good);
    let now = Timestamp::from_system(std::time::SystemTime::now());
    let hour = Duration::from_secs(3600);
    let near = Demand {
        clock_tolerance: Duration::from_secs(1800),
        ..demand()
    };
    let at = async |ours| asked(&[configured(&tsa)], &near, &mut Memory::new(), ours).await;
    at(now).await.unwrap();
    for ours in [now.plus(hour), now.minus(hour)] {
        let refused = at(ours).await;
        assert!(refused.as_ref().unwrap_err().to_string().contains("clock_differs"));
        assert!(matches!(causes(refused)[..], [Cause::Clock { .. }]));
    }
}

#[tokio::test]
async fn a_tsa_may_want_a_certificate_of_ours() {
    let ca = Ca::new("根");
    let (server, ours, other) = (
        Identity::new(&ca, "tsa"),
        Identity::new(&ca, "甲"),
        Identity::new(&Ca::new("他"), "甲"),
    );
    let tsa = Tsa::behind_tls(&ca, &server);
    let client = |identity: Option<&Identity>| {
        let identity = identity.map(Identity::for_client);
        Arc::new(Client::new(HashSet::new(), vec![ca.der()], identity))
    };
    let as_one = |identity| fetch::Tsa {
        client: client(identity),
        ..configured(&tsa)
    };
    for identity in [None, Some(&other)] {
        let refused = fetched(&[as_one(identity)], &mut Memory::new()).await;
        assert!(matches!(causes(refused)[..], [Cause::Net(_)]));
    }
    assert_eq!(tsa.asked(), 0, "a question came through without a certificate");
    let stamped = fetched(&[as_one(Some(&ours))], &mut Memory::new()).await.unwrap();
    assert_eq!(stamped.checked.certificate, tsa.certificate());
}

/// Serves `body` over TLS to everybody; tells of each who came whether a certificate was shown.
fn curious(ca: &Ca, server: &Identity, listener: TcpListener, body: Vec<u8>) -> mpsc::Receiver<bool> {
    let acceptor = server.curious_acceptor(ca);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = acceptor.accept(stream.unwrap()) else {
                continue;
            };
            tell.send(stream.ssl().peer_certificate().is_some()).ok();
            let mut lines = BufReader::new(&mut stream).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(&[head.as_bytes(), &body].concat()).ok();
        }
    });
    told
}

#[tokio::test]
async fn who_gives_a_tsa_s_issuers_sees_no_certificate_of_ours() {
    let (ca, root) = (Ca::new("TLS"), Ca::new("根"));
    let [server, ours] = ["tsa", "甲"].map(|name| Identity::new(&ca, name));
    let issuer = root.intermediate("中間");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = HostPort {
        host: "127.0.0.1".to_owned(),
        port: listener.local_addr().unwrap().port(),
    };
    let url = format!("https://127.0.0.1:{}/issuer.cer", place.port);
    let tsa = Tsa::alone_behind_tls(&ca, &server, &issuer, &url);
    let shown = curious(&ca, &server, listener, issuer.der());
    let client = |identity| Arc::new(Client::new(HashSet::from([place.clone()]), vec![ca.der()], identity));
    let one = fetch::Tsa {
        client: client(Some(ours.for_client())),
        issuers: client(None),
        ..configured(&tsa)
    };
    let mut anchors = Anchors::new();
    anchors.add(root.certificate(), &[Use::TimestampAuthorities]);
    let mut demand = demand();
    demand.anchors = Some(Arc::new(anchors));
    let stamped = asked(&[one], &demand, &mut Memory::new(), at(0)).await.unwrap();
    assert_eq!(stamped.checked.others, [], "the token brings its issuer");
    assert_eq!(stamped.issuers, [issuer.certificate()]);
    assert_eq!((tsa.asked(), shown.try_iter().collect::<Vec<bool>>()), (1, vec![false]));
}

#[tokio::test]
async fn a_tsa_may_want_to_know_who_asks() {
    let ca = Ca::new("根");
    let key = |text: &str| ApiKey::new(text.as_bytes().to_vec()).unwrap();
    type Way = fn(ApiKey) -> Authorization;
    let basic: Way = |password| Authorization::Basic {
        user: "hanko".to_owned(),
        password,
    };
    let ways = [
        ("Basic aGFua286c2VjcmV0", basic),
        ("Bearer secret", Authorization::Bearer as Way),
    ];
    for (header, way) in ways {
        let tsa = Tsa::start(&ca, Mode::Guarded(header.to_owned()));
        let mut known = configured(&tsa);
        assert_eq!(
            causes(fetched(std::slice::from_ref(&known), &mut Memory::new()).await),
            [Cause::Status(401)]
        );
        known.authorization = Some(way(key("secret")));
        fetched(&[known], &mut Memory::new()).await.unwrap();
    }
}
