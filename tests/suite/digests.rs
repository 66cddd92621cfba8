//! Digests of documents that stay with whoever asks: who may, what comes back, what the person is told, and what the judges say of it.

use crate::support::browser::browse;
use crate::support::daemon::Daemon;
use crate::support::desk::{Desk, PIN};
use crate::support::http::{Part, Request, Response};
use crate::support::judges::{openssl_cms_verify_detached, pdfsig};
use crate::support::pinentry::Answer;
use crate::support::repository;
use crate::support::shapes;
use crate::support::site::Site;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hankod::clock::Timestamp;
use hankod::der::DigestAlgorithm;
use hankod::pdf::Document;
use hankod::sign;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::Command;

const SITE: &str = "https://keiyaku.example.jp";
const CONTENT: &[u8] = "<請求書>\r\nany format\0".as_bytes();

fn digest(algorithm: DigestAlgorithm, name: &str, content: &[u8]) -> Value {
    json!({ "algorithm": name, "value": hex::encode(algorithm.digest(content)) })
}

fn sha256(content: &[u8]) -> Value {
    digest(DigestAlgorithm::Sha256, "sha-256", content)
}

/// A key for a program that may have digests signed.
fn key(desk: &Desk) -> String {
    let printed = desk.says(&["site", "allow", "--program", "経理ソフト", "--digests"]);
    printed.trim().to_owned()
}

fn by(key: &str, method: &str, path: &str) -> Request {
    Request::new(method, path)
        .header("Authorization", &format!("Bearer {key}"))
        .header("Accept-Language", "ja")
}

fn manifest(daemon: &Daemon, key: &str, holder: &str, documents: &Value) -> Value {
    let certificates = by(key, "GET", "/v1/certificates").send(daemon.port()).json();
    let mut list = certificates.as_array().unwrap().iter();
    let found = list.find(|certificate| certificate["name"] == holder);
    let select = &found.unwrap_or_else(|| panic!("{certificates}"))["select"];
    json!({ "sign": { "certificate": select }, "documents": documents })
}

fn post(request: Request, manifest: &Value, parts: &[Part<'_>]) -> Request {
    let manifest = manifest.to_string();
    let first = Part {
        name: "manifest",
        file_name: None,
        content_type: "application/json",
        content: manifest.as_bytes(),
    };
    request.multipart(&[&[first], parts].concat())
}

/// Has it signed, and gives each signature.
fn signed(daemon: &Daemon, key: &str, manifest: &Value) -> Vec<Response> {
    let request = by(key, "POST", "/v1/signings").header("Prefer", "wait=60");
    let view = post(request, manifest, &[]).send(daemon.port()).json();
    assert_eq!(view["state"], "done", "{view:#}");
    let documents = view["documents"].as_array().unwrap();
    let fetch = |document: &Value| by(key, "GET", document["signed"].as_str().unwrap()).send(daemon.port());
    documents.iter().map(fetch).collect()
}

fn printed(cms: &std::path::Path) -> String {
    let mut command = Command::new("openssl");
    command
        .args(["cms", "-cmsout", "-print", "-inform", "DER", "-in"])
        .arg(cms);
    String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
}

#[test]
fn a_digest_becomes_a_cades_signature_that_openssl_verifies() {
    let desk = Desk::new("digests", &[Answer::Pin(PIN), Answer::Pin(PIN), Answer::Pin(PIN)]);
    let key = key(&desk);
    let daemon = desk.serve();
    let rows = [
        ("甲野太郎", DigestAlgorithm::Sha256, "sha-256"),
        ("甲野太郎", DigestAlgorithm::Sha512, "sha-512"),
        ("見本市長", DigestAlgorithm::Sha384, "sha-384"),
    ];
    for (holder, algorithm, name) in rows {
        let documents = json!([
            { "name": "請求書.xml", "digest": digest(algorithm, name, CONTENT) },
            { "name": "明細.xml", "digest": digest(algorithm, name, b"other") },
        ]);
        let answers = signed(&daemon, &key, &manifest(&daemon, &key, holder, &documents));
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[0].header("Content-Type"), Some("application/pkcs7-signature"));
        let disposition = answers[0].header("Content-Disposition").unwrap();
        assert!(disposition.contains(".p7s"), "{disposition}");
        let verify = |answer: &Response, content: &[u8]| {
            openssl_cms_verify_detached(&answer.body, content, &desk.root(), &desk.dir)
        };
        assert_eq!(verify(&answers[0], CONTENT), Ok(()), "{holder} {name}");
        assert_eq!(verify(&answers[1], b"other"), Ok(()), "{holder} {name}");
        assert!(verify(&answers[0], b"other").is_err());
        // CAdES B-B: the claimed time, and the certificate by its digest.
        let said = printed(&desk.dir.join("judged.p7s"));
        assert!(
            said.contains("signingTime") && said.contains("id-smime-aa-signingCertificateV2"),
            "{said}"
        );
    }
    assert_eq!(desk.pinentry.received("GETPIN").len(), rows.len());
    assert_eq!(
        (desk.happened("signature_intended"), desk.happened("signature_released")),
        (6, 6)
    );
    let entries = desk.says(&["audit", "export"]);
    let begun: Vec<&str> = entries
        .lines()
        .filter(|line| line.contains("operation_begun"))
        .collect();
    assert!(
        begun.len() == 3 && begun.iter().all(|line| line.contains("\"digests\":true")),
        "{begun:?}"
    );
    desk.says(&["audit", "verify"]);
}

#[test]
fn a_page_of_a_terminal_server_finds_its_own_daemon_and_has_digests_signed() {
    let desk = Desk::new("digests-page", &[Answer::Pin(PIN)]);
    let client = std::fs::read_to_string(repository("src/console/hankod.js")).unwrap();
    let shop = Site::new(vec![
        ("/", "text/html", "<!doctype html><title>契約サイト</title>".to_owned()),
        ("/hankod.js", "text/javascript", client),
    ]);
    let origin = format!("http://site.test:{}", shop.port());
    desk.says(&["site", "allow", &origin, "--digests"]);
    // The port of an account, as systemd/port-per-user.conf gives them out.
    let mut accounts = 1002..9998_u16;
    let (account, listener) = accounts
        .find_map(|account| Some((account, TcpListener::bind(("127.0.0.1", 20_000 + account)).ok()?)))
        .unwrap();
    let _daemon = desk.serve_on(listener);
    let seen = browse(
        "digests_page",
        &json!({
            "site": origin, "isPublic": true, "granted": true, "account": account, "holder": "甲野太郎",
            "value": sha256(CONTENT)["value"],
        }),
    );
    assert_eq!(
        (&seen["name"], &seen["type"]),
        (&json!("請求書.xml.p7s"), &json!("application/pkcs7-signature"))
    );
    let cms = STANDARD.decode(seen["base64"].as_str().unwrap()).unwrap();
    assert_eq!(
        openssl_cms_verify_detached(&cms, CONTENT, &desk.root(), &desk.dir),
        Ok(())
    );
    assert_eq!(seen["many"], "RangeError");
}

#[test]
fn a_site_that_prepares_its_own_pdfs_gets_what_goes_into_them() {
    let desk = Desk::new("digests", &[Answer::Pin(PIN)]);
    let key = key(&desk);
    let daemon = desk.serve();
    let pdf = shapes::classic("1.7", shapes::LF);
    let request = sign::Request::invisible(Timestamp::from_seconds(1_763_900_000), 8 * 1024);
    let mut prepared = sign::prepare(&Document::open(&pdf, None).unwrap(), &request).unwrap();
    let (before, after) = prepared.signed_parts();
    let mut wanted = sha256(&[&pdf, before, after].concat());
    wanted["format"] = json!("pades");
    let manifest = manifest(
        &daemon,
        &key,
        "甲野太郎",
        &json!([{ "name": "契約書.pdf", "digest": wanted }]),
    );
    let cms = signed(&daemon, &key, &manifest).remove(0).body;
    prepared.put_contents(&cms).unwrap();
    let file = desk.dir.join("signed.pdf");
    std::fs::write(&file, [&pdf[..], &prepared.update].concat()).unwrap();
    let found = pdfsig(&file);
    assert!(found.len() == 1 && found[0].valid && found[0].whole, "{found:?}");
    let verified = desk.hankod(&["verify", "--format", "json", file.to_str().unwrap()]);
    let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
    let signature = &report["files"][0]["signatures"][0];
    assert_eq!(
        (&signature["intact"], &signature["level"]),
        (&json!(true), &json!("B-B")),
        "{report:#}"
    );
    std::fs::write(desk.dir.join("own.p7s"), &cms).unwrap();
    let said = printed(&desk.dir.join("own.p7s"));
    assert!(!said.contains("signingTime"), "{said}");
}

#[test]
fn only_who_was_allowed_may_and_only_what_a_digest_can_bear() {
    let desk = Desk::new("digests", &[Answer::Confirm]);
    let (key, plain) = (key(&desk), desk.program_key());
    let daemon = desk.serve();
    let of = |digest: Value| json!([{ "name": "a.xml", "digest": digest }]);
    let whole = || manifest(&daemon, &key, "甲野太郎", &of(sha256(CONTENT)));
    let send = |request: Request, manifest: &Value, parts: &[Part<'_>]| {
        let answer = post(request, manifest, parts).send(daemon.port());
        let code = answer.json()["error"].as_str().unwrap_or_default().to_owned();
        (answer.status, code)
    };
    let allowed = || by(&key, "POST", "/v1/signings");
    let refused = (403, "digests_not_allowed".to_owned());
    assert_eq!(send(by(&plain, "POST", "/v1/signings"), &whole(), &[]), refused);
    let site = desk.site_key(&daemon, SITE);
    assert_eq!(
        send(by(&site, "POST", "/v1/signings").header("Origin", SITE), &whole(), &[]),
        refused
    );
    // A form shows no key.
    desk.says(&["site", "allow", SITE, "--digests"]);
    desk.site_key(&daemon, SITE);
    let form = Request::new("POST", "/confirm")
        .header("Origin", SITE)
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Dest", "document");
    assert_eq!(send(form, &whole(), &[]), refused);

    let with = |place: &str, value: Value| {
        let mut manifest = whole();
        *manifest.pointer_mut(place).unwrap() = value;
        manifest
    };
    let choosing = |name: &str, value: Value| {
        let mut manifest = whole();
        manifest["sign"][name] = value;
        manifest
    };
    let second = |document: Value| {
        let mut manifest = whole();
        manifest["documents"].as_array_mut().unwrap().push(document);
        manifest
    };
    let seal = json!({ "seal": { "name": "甲野" }, "page": 1, "rect": [0, 0, 40, 40] });
    let rows = [
        (
            "too short",
            with("/documents/0/digest/value", json!("ab")),
            "manifest_bad_digest",
        ),
        (
            "no hexadecimal",
            with("/documents/0/digest/value", json!("z".repeat(64))),
            "manifest_bad_digest",
        ),
        (
            "of another algorithm",
            with("/documents/0/digest/algorithm", json!("sha-512")),
            "manifest_bad_digest",
        ),
        (
            "a document beside it",
            second(json!({ "name": "b.pdf" })),
            "manifest_digests_mixed",
        ),
        (
            "two algorithms",
            second(json!({ "name": "b", "digest": digest(DigestAlgorithm::Sha512, "sha-512", CONTENT) })),
            "manifest_digests_mixed",
        ),
        ("a level", choosing("level", json!("b-t")), "manifest_digest_terms"),
        ("a reason", choosing("reason", json!("契約")), "manifest_digest_terms"),
        (
            "a certification",
            choosing("certify", json!("form")),
            "manifest_digest_terms",
        ),
        (
            "a seal",
            second(json!({ "name": "b", "digest": sha256(b"b"), "appearance": seal })),
            "manifest_digest_terms",
        ),
    ];
    for (what, manifest, code) in rows {
        assert_eq!(send(allowed(), &manifest, &[]), (422, code.to_owned()), "{what}");
    }
    let sha1 = with("/documents/0/digest/algorithm", json!("sha-1"));
    assert_eq!(send(allowed(), &sha1, &[]), (400, "bad_json".to_owned()));
    let extra = Part {
        name: "document",
        file_name: None,
        content_type: "application/pdf",
        content: b"%PDF-1.7",
    };
    assert_eq!(send(allowed(), &whole(), &[extra]), (400, "bad_upload".to_owned()));
    assert_eq!(desk.happened("operation_begun"), 0);
    assert_eq!(desk.pinentry.received("GETPIN").len(), 0);
    let listed = desk.says(&["site", "list"]);
    assert_eq!(
        listed.lines().filter(|line| line.ends_with("  digests")).count(),
        2,
        "{listed}"
    );
}

#[test]
fn prompt_and_page_say_that_nothing_can_be_shown() {
    let desk = Desk::new("digests", &[Answer::Pin(PIN)]);
    let key = key(&desk);
    let daemon = desk.serve();
    let documents = json!([{ "name": "請求書.xml", "digest": sha256(CONTENT) }]);
    let mut manifest = manifest(&daemon, &key, "甲野太郎", &documents);
    manifest["start"] = json!("after_confirmation");
    let begun = post(by(&key, "POST", "/v1/signings"), &manifest, &[])
        .send(daemon.port())
        .json();
    assert_eq!(begun["documents"][0]["bytes"], json!(null));
    let address = format!(
        "http://127.0.0.1:{}{}",
        daemon.port(),
        begun["confirm"].as_str().unwrap()
    );
    let seen = browse("digests", &json!({ "address": address }));
    assert!(seen["warning"].as_str().unwrap().contains("表示できません"), "{seen}");
    assert!(
        seen["fingerprint"]
            .as_str()
            .unwrap()
            .contains(documents[0]["digest"]["value"].as_str().unwrap()),
        "{seen}"
    );
    assert_eq!(
        (&seen["look"], &seen["complaints"]),
        (&json!(false), &json!([])),
        "{seen}"
    );
    let id = begun["id"].as_str().unwrap();
    let view = by(&key, "GET", &format!("/v1/signings/{id}")).header("Prefer", "wait=60");
    assert_eq!(view.send(daemon.port()).json()["state"], "done");
    let said = desk.pinentry.received("SETDESC").pop().unwrap();
    assert!(
        said.contains("内容はここでは表示できません") && said.contains("請求書.xml"),
        "{said}"
    );
    assert!(said.contains(seen["check"].as_str().unwrap()), "{said} {seen}");
}
