//! CSC calls beside hashes: whole documents, timestamps; and clients that show a token of an issuer instead of a key.

use crate::support::ca::Ca;
use crate::support::http::{Request, Response};
use crate::support::judges::pyhanko;
use crate::support::server::Service;
use crate::support::shapes;
use crate::support::tls::Client;
use crate::support::tsa::{Mode, Tsa, openssl_ts_verify};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hankod::token::provision::NewKey;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Value, json};

const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const RSA_SHA256: &str = "1.2.840.113549.1.1.11";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";

/// Another client, with these scopes; its key.
fn client(service: &Service, name: &str, scopes: &[&str]) -> String {
    let mut words = vec!["client", "add", name, "--scope"];
    words.extend(scopes);
    let added = service.holder.run(&words);
    assert!(added.ok, "{added:?}");
    added.stdout.trim().to_owned()
}

fn post(service: &Service, key: &str, method: &str, body: &Value) -> Response {
    service.post(&format!("/csc/v2/{method}"), key, body)
}

fn refused(answer: &Response) -> (u16, String) {
    let description = answer.json()["error_description"].as_str().unwrap().to_owned();
    (answer.status, description)
}

fn authorized(service: &Service, key: &str, credential: &str, documents: &[&[u8]]) -> String {
    let hashes: Vec<String> = documents.iter().map(|one| STANDARD.encode(sha256(one))).collect();
    let body = json!({ "credentialID": credential, "numSignatures": hashes.len(), "hashes": hashes });
    let answer = post(service, key, "credentials/authorize", &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["SAD"].as_str().unwrap().to_owned()
}

fn question(credential: &str, sad: &str, documents: &[&[u8]], level: &str, algorithm: &str) -> Value {
    let one = |document: &&[u8]| json!({ "document": STANDARD.encode(document), "signature_format": "P", "conformance_level": level, "signAlgo": algorithm });
    let documents: Vec<Value> = documents.iter().map(one).collect();
    json!({ "credentialID": credential, "SAD": sad, "documents": documents })
}

#[test]
fn whole_documents_are_signed_under_a_right_to_their_very_bytes() {
    let tsa_ca = Ca::new("時刻の根");
    let tsa = Tsa::start(&tsa_ca, Mode::Good);
    let keys = [("rsa", NewKey::Rsa { bits: 2048 }), ("ec", NewKey::P256)];
    let service = Service::start_with(&keys, &format!("[[tsa]]\nurl = \"{}\"", tsa.url()));
    let key = client(&service, "documents", &["credentials", "sign-document"]);
    let (first, second) = (shapes::classic("1.7", shapes::LF), shapes::classic("1.4", shapes::LF));
    for (name, algorithm, level) in [("rsa", RSA_SHA256, "AdES-B-B"), ("ec", ECDSA_SHA256, "Ades-B-T")] {
        let credential = service.credential(name);
        let sad = authorized(&service, &key, &credential, &[&first, &second]);
        let body = question(&credential, &sad, &[&first, &second], level, algorithm);
        let answer = post(&service, &key, "signatures/signDoc", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let signed = answer.json()["DocumentWithSignature"].as_array().unwrap().clone();
        assert_eq!(signed.len(), 2);
        for (n, (one, input)) in signed.iter().zip([&first, &second]).enumerate() {
            let file = STANDARD.decode(one.as_str().unwrap()).unwrap();
            assert!(file.starts_with(input));
            let path = service.holder.document(format!("{name}-{n}.pdf"), &file);
            let judged = pyhanko(path.as_path(), &service.holder.root()).unwrap();
            assert!(
                judged.len() == 1 && judged[0].intact && judged[0].valid,
                "{name}: {judged:?}"
            );
        }
        // Used up.
        assert_eq!(
            refused(&post(&service, &key, "signatures/signDoc", &body)),
            (400, "Hash is not authorized by the SAD".to_owned())
        );
    }
    assert_eq!(service.holder.count("signature_released"), 4);
    assert_eq!((service.holder.count("login_done"), tsa.asked()), (1, 2));
    // Nothing that was sent or signed stays.
    let left = std::fs::read_dir(service.holder.state().join("uploads")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn what_a_client_gets_wrong_about_documents_is_told_and_signs_nothing() {
    let service = Service::start(&[("ec", NewKey::P256)]);
    let key = client(&service, "documents", &["sign-document"]);
    let credential = service.credential("ec");
    let document = shapes::classic("1.7", shapes::LF);
    let sad = authorized(&service, &key, &credential, &[&document]);
    let good = question(&credential, &sad, &[&document], "AdES-B-B", ECDSA_SHA256);
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed["documents"][0][name] = value;
        refused(&post(&service, &key, "signatures/signDoc", &changed))
    };
    for (name, value, text) in [
        (
            "document",
            json!(null),
            "Missing (or invalid type) string parameter document",
        ),
        ("document", json!("*"), "Invalid Base64 document string parameter"),
        ("signature_format", json!("C"), "Invalid parameter signature_format"),
        (
            "conformance_level",
            json!("best"),
            "Invalid parameter conformance_level",
        ),
        (
            "signed_envelope_property",
            json!("Certification"),
            "Invalid parameter signed_envelope_property",
        ),
        ("signAlgo", json!(RSA_SHA256), "Invalid parameter signAlgo"),
        (
            "signAlgo",
            json!(null),
            "Missing (or invalid type) string parameter signAlgo",
        ),
    ] {
        let sad_is_spent = name == "signAlgo" && !value.is_null();
        assert_eq!(with(name, value), (400, text.to_owned()), "{name}");
        assert!(!sad_is_spent || refused(&post(&service, &key, "signatures/signDoc", &good)).0 == 400);
    }
    let sad = authorized(&service, &key, &credential, &[b"%PDF-1.7 no document"]);
    let broken = question(&credential, &sad, &[b"%PDF-1.7 no document"], "AdES-B-B", ECDSA_SHA256);
    assert_eq!(post(&service, &key, "signatures/signDoc", &broken).status, 400);
    let mut digests = good.clone();
    digests["documentDigests"] = json!([{}]);
    assert_eq!(
        refused(&post(&service, &key, "signatures/signDoc", &digests)).1,
        "Invalid parameter documentDigests"
    );
    // A client for hashes alone signs no documents, one for documents alone no hashes.
    assert_eq!(post(&service, &service.key, "signatures/signDoc", &good).status, 403);
    let sad = authorized(&service, &key, &credential, &[&document]);
    let hash = STANDARD.encode(sha256(&document));
    let body = json!({ "credentialID": credential, "SAD": sad, "hashes": [hash], "signAlgo": ECDSA_SHA256 });
    assert_eq!(post(&service, &key, "signatures/signHash", &body).status, 403);
    assert_eq!(service.holder.count("signature_intended"), 0);
}

#[test]
fn a_timestamp_answers_the_clients_own_question() {
    let ca = Ca::new("時刻の根");
    let tsa = Tsa::start(&ca, Mode::Good);
    let service = Service::start_with(&[("ec", NewKey::P256)], &format!("[[tsa]]\nurl = \"{}\"", tsa.url()));
    let key = client(&service, "stamps", &["timestamp"]);
    let data = b"keiyaku";
    let good = json!({ "hash": STANDARD.encode(sha256(data)), "hashAlgo": SHA256, "nonce": "7766554433221100" });
    let answer = post(&service, &key, "signatures/timestamp", &good);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let token = STANDARD.decode(answer.json()["timestamp"].as_str().unwrap()).unwrap();
    openssl_ts_verify(&token, data, &ca.pem()).unwrap();
    let nonce = [2, 8, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0];
    assert!(token.windows(nonce.len()).any(|part| part == nonce));
    for (name, value, text) in [
        ("hash", json!(null), "Missing (or invalid type) string parameter hash"),
        ("hash", json!("*"), "Invalid Base64 hash string parameter"),
        ("hash", json!("AAAA"), "Invalid digest value length"),
        ("hashAlgo", json!("1.3.14.3.2.26"), "Invalid parameter hashAlgo"),
        ("nonce", json!("no number"), "Invalid parameter nonce"),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value;
        assert_eq!(
            refused(&post(&service, &key, "signatures/timestamp", &wrong)),
            (400, text.to_owned()),
            "{name}"
        );
    }
    assert_eq!(tsa.asked(), 1);
    assert_eq!(post(&service, &service.key, "signatures/timestamp", &good).status, 403);
    tsa.behave(Mode::Dead);
    let dead = post(&service, &key, "signatures/timestamp", &good);
    assert_eq!((dead.status, dead.header("retry-after")), (503, Some("1")));
}

fn token(key: &PKey<Private>, change: (&str, Value)) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut claims = json!({ "iss": "https://idp.example.jp", "aud": ["hankod"], "sub": "app-1", "exp": now + 300 });
    claims[change.0] = change.1;
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(&claims));
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    let value = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(value))
}

#[test]
fn a_client_shows_a_token_of_an_issuer_instead_of_a_key() {
    let issuer = "[[issuer]]\nname = \"https://idp.example.jp\"\naudience = \"hankod\"\nkeys_file = \"idp.pem\"\nclients = { \"app-1\" = \"keiyaku\", \"app-2\" = \"gone\" }";
    let service = Service::start_with(&[("ec", NewKey::P256)], issuer);
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let other = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let pem = |key: &PKey<Private>| key.public_key_to_pem().unwrap();
    std::fs::write(service.holder.dir.join("idp.pem"), [pem(&other), pem(&key)].concat()).unwrap();
    let tls = Client {
        ca: &service.ca,
        identity: None,
        newest: None,
    };
    let ask = |token: &str| {
        let request = Request::new("GET", "/v1/client").header("Authorization", &format!("Bearer {token}"));
        tls.send(&request, service.daemon.port())
    };
    let good = token(&key, ("typ", json!(null)));
    let answer = ask(&good);
    assert_eq!(
        (answer.status, answer.json()["name"].as_str()),
        (200, Some("keiyaku")),
        "{}",
        answer.text()
    );
    // Under the client's scopes, no more.
    let listed = post(&service, &good, "credentials/list", &json!({}));
    assert_eq!(listed.status, 200);
    assert_eq!(post(&service, &good, "signatures/timestamp", &json!({})).status, 403);
    let stranger = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    for wrong in [
        token(&stranger, ("typ", json!(null))),
        token(&key, ("sub", json!("app-9"))),
        token(&key, ("sub", json!("app-2"))),
        token(&key, ("aud", json!("another"))),
        token(&key, ("iss", json!("https://evil.example"))),
        token(&key, ("exp", json!(1))),
        format!("{good}A"),
        "a.b.c".to_owned(),
    ] {
        let answer = ask(&wrong);
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (401, Some("key_unknown")),
            "{wrong}"
        );
    }
    // A key that is taken out of the file opens nothing any more.
    std::fs::write(service.holder.dir.join("idp.pem"), pem(&other)).unwrap();
    assert_eq!(ask(&good).status, 401);
}
