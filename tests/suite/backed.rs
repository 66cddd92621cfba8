//! Sites whose own server must sign each request: a request that is missing its signature, was forged, changed, delayed or comes twice is refused by both ways,
//! also after a restart, and nobody is asked for a PIN.

use crate::support::daemon::Daemon;
use crate::support::desk::Desk;
use crate::support::http::{Part, Request};
use crate::support::pinentry::Answer;
use crate::support::shapes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hankod::clock::Timestamp;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Value, json};
use std::time::SystemTime;

const SITE: &str = "https://keiyaku.example.jp";
const BACK: &str = "https://keiyaku.example.jp/back";

/// The two ways that a request comes in.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Way {
    Script,
    Form,
}

impl Way {
    fn target(self) -> &'static str {
        match self {
            Self::Script => "POST /v1/signings",
            Self::Form => "POST /confirm",
        }
    }
}

/// A site with its server's keys, and a daemon that holds it to them.
struct Bench {
    desk: Desk,
    daemon: Daemon,
    key: String,
    server: PKey<Private>,
}

/// What is sent, and what the server is asked to sign.
#[derive(Clone)]
struct Order {
    way: Way,
    nonce: String,
    seconds: i64,
    signed: Vec<u8>,
    sent: Vec<u8>,
}

fn p256() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn signature(key: &PKey<Private>, text: &str) -> String {
    let mut signer = match key.id() {
        Id::ED25519 => Signer::new_without_digest(key).unwrap(),
        _ => Signer::new(MessageDigest::sha256(), key).unwrap(),
    };
    STANDARD.encode(signer.sign_oneshot_to_vec(text.as_bytes()).unwrap())
}

impl Bench {
    fn new() -> Self {
        let config = format!("[[site]]\norigin = \"{SITE}\"\nbackend_key = \"server.pem\"\n");
        let desk = Desk::new("backed", &[Answer::Confirm]).configured(&config);
        let (server, next) = (PKey::generate_ed25519().unwrap(), p256());
        let both = [&server, &next].map(|key| key.public_key_to_pem().unwrap()).concat();
        std::fs::write(desk.dir.join("server.pem"), both).unwrap();
        let daemon = desk.serve();
        let key = desk.site_key(&daemon, SITE);
        Self {
            desk,
            daemon,
            key,
            server,
        }
    }

    /// Status and error of what comes of it.
    fn told(&self, order: &Order, signer: &PKey<Private>) -> (u16, String) {
        self.send(order, Some(says(order, signer)))
    }

    fn send(&self, order: &Order, says: Option<Value>) -> (u16, String) {
        let manifest = manifest();
        let says = says.map(|says| says.to_string());
        let part = |name, content_type, content| Part {
            name,
            file_name: None,
            content_type,
            content,
        };
        let mut parts = vec![part("manifest", "application/json", manifest.as_bytes())];
        if order.way == Way::Form {
            parts.push(part("return_url", "text/plain", BACK.as_bytes()));
        }
        parts.extend(
            says.iter()
                .map(|says| part("backend", "application/json", says.as_bytes())),
        );
        parts.push(part("document", "application/pdf", &order.sent));
        let (method, path) = order.way.target().split_once(' ').unwrap();
        let request = Request::new(method, path).multipart(&parts).header("Origin", SITE);
        let request = match order.way {
            Way::Script => request.header("Authorization", &format!("Bearer {}", self.key)),
            Way::Form => request
                .header("Sec-Fetch-Mode", "navigate")
                .header("Sec-Fetch-Dest", "document"),
        };
        let answer = request.send(self.daemon.port());
        let error = match answer.status {
            400.. => answer.json()["error"].as_str().unwrap().to_owned(),
            _ => String::new(),
        };
        if answer.status == 202 {
            let address = format!("/v1/signings/{}", answer.json()["id"].as_str().unwrap());
            let cancel = Request::new("DELETE", &address).header("Origin", SITE);
            cancel
                .header("Authorization", &format!("Bearer {}", self.key))
                .send(self.daemon.port());
        }
        (answer.status, error)
    }
}

fn manifest() -> String {
    json!({ "documents": [{ "name": "契約書.pdf" }], "start": "after_confirmation" }).to_string()
}

fn order(way: Way, nonce: &str) -> Order {
    let pdf = shapes::classic("1.7", shapes::LF);
    Order {
        way,
        nonce: format!("nonce-of-the-test-{nonce}"),
        seconds: 0,
        signed: pdf.clone(),
        sent: pdf,
    }
}

fn says(order: &Order, key: &PKey<Private>) -> Value {
    let now = Timestamp::from_system(SystemTime::now());
    let time = Timestamp::from_seconds(now.seconds() + order.seconds).rfc3339();
    let back = match order.way {
        Way::Script => String::new(),
        Way::Form => format!("return_url {BACK}\n"),
    };
    let text = format!(
        "hankod-request-1\n{}\n{SITE}\n{}\n{time}\nmanifest {}\n{back}document {}",
        order.way.target(),
        order.nonce,
        hex::encode(sha256(manifest().as_bytes())),
        hex::encode(sha256(&order.signed)),
    );
    json!({ "nonce": order.nonce, "time": time, "signature": signature(key, &text) })
}

#[test]
fn what_the_sites_server_did_not_sign_just_now_and_once_is_refused_by_both_ways() {
    let bench = Bench::new();
    let asked = bench.desk.pinentry.received("SETDESC").len();
    let refused = |status, code: &str| (status, code.to_owned());
    for way in [Way::Script, Way::Form] {
        let fresh = |nonce: &str| order(way, &format!("{nonce}-{way:?}"));
        assert_eq!(
            bench.send(&fresh("none"), None),
            refused(403, "backend_signature_missing"),
            "{way:?}"
        );
        let forged = bench.told(&fresh("forged"), &PKey::generate_ed25519().unwrap());
        assert_eq!(forged, refused(403, "backend_signature_wrong"), "{way:?}");
        let other = Order {
            sent: shapes::object_streams(true),
            ..fresh("other")
        };
        assert_eq!(
            bench.told(&other, &bench.server),
            refused(403, "backend_signature_wrong"),
            "{way:?}"
        );
        let across = match way {
            Way::Script => Way::Form,
            Way::Form => Way::Script,
        };
        let elsewhere = Order {
            way: across,
            ..fresh("across")
        };
        let said = says(&elsewhere, &bench.server);
        assert_eq!(
            bench.send(&fresh("across"), Some(said)),
            refused(403, "backend_signature_wrong"),
            "{way:?}: signed for the other way"
        );
        for seconds in [-3600, 3600] {
            let stale = Order {
                seconds,
                ..fresh("stale")
            };
            assert_eq!(
                bench.told(&stale, &bench.server),
                refused(403, "backend_time"),
                "{way:?} {seconds}"
            );
        }
        let odd = json!({ "nonce": "short", "time": "2026-11-24T00:00:00Z", "signature": "" });
        assert_eq!(
            bench.send(&fresh("odd"), Some(odd)),
            refused(422, "nonce_invalid"),
            "{way:?}"
        );
        let more = json!({ "nonce": "0123456789abcdef", "time": "now", "signature": "", "alg": "none" });
        assert_eq!(
            bench.send(&fresh("odd"), Some(more)),
            refused(400, "bad_json"),
            "{way:?}"
        );

        let good = fresh("good");
        let (status, error) = bench.told(&good, &bench.server);
        assert!(matches!(status, 202 | 303), "{way:?}: {status} {error}");
        assert_eq!(
            bench.told(&good, &bench.server),
            refused(409, "backend_nonce_used"),
            "{way:?}"
        );
        // What was refused has not used the nonce up.
        let (status, error) = bench.told(&fresh("forged"), &bench.server);
        assert!(matches!(status, 202 | 303), "{way:?}: {status} {error}");
    }
    assert_eq!(bench.desk.pinentry.received("SETDESC").len(), asked, "a prompt opened");
    assert!(bench.daemon.children().is_empty(), "a card was looked at");
}

#[test]
fn a_nonce_stays_used_when_the_daemon_starts_again_and_keys_are_read_anew() {
    let bench = Bench::new();
    let good = order(Way::Script, "restart");
    assert_eq!(bench.told(&good, &bench.server).0, 202);
    let Bench {
        desk,
        daemon,
        key,
        server,
    } = bench;
    assert!(daemon.stop().success());
    let daemon = desk.serve();
    let bench = Bench {
        desk,
        daemon,
        key,
        server,
    };
    assert_eq!(bench.told(&good, &bench.server), (409, "backend_nonce_used".to_owned()));

    let next = p256();
    let pem = bench.desk.dir.join("server.pem");
    std::fs::write(&pem, next.public_key_to_pem().unwrap()).unwrap();
    let taken_out = bench.told(&order(Way::Script, "old"), &bench.server);
    assert_eq!(taken_out, (403, "backend_signature_wrong".to_owned()));
    assert_eq!(bench.told(&order(Way::Script, "new"), &next).0, 202);

    // What is no key of this kind, and no key at all, opens nothing.
    let group = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
    let p384 = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    std::fs::write(&pem, p384.public_key_to_pem().unwrap()).unwrap();
    let unfit = bench.told(&order(Way::Script, "unfit"), &bench.server);
    assert_eq!(unfit, (500, "backend_key_unfit".to_owned()));
    std::fs::remove_file(&pem).unwrap();
    let gone = bench.told(&order(Way::Script, "gone"), &next);
    assert_eq!(gone, (422, "input_unreadable".to_owned()));
}

#[test]
fn programs_and_other_sites_are_asked_for_no_servers_signature() {
    let bench = Bench::new();
    let key = bench.desk.program_key();
    let pdf = shapes::classic("1.7", shapes::LF);
    let manifest = manifest();
    let parts = [
        Part {
            name: "manifest",
            file_name: None,
            content_type: "application/json",
            content: manifest.as_bytes(),
        },
        Part {
            name: "document",
            file_name: None,
            content_type: "application/pdf",
            content: &pdf,
        },
    ];
    let request = Request::new("POST", "/v1/signings").multipart(&parts);
    let answer = request
        .header("Authorization", &format!("Bearer {key}"))
        .send(bench.daemon.port());
    assert_eq!(answer.status, 202, "{}", answer.text());
}
