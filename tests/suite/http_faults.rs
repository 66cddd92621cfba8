//! What goes wrong between a caller, the person and the disk while documents are signed over HTTP: an error that says so, and nothing left behind.

mod documents;
mod ends;
mod later;

use crate::support::daemon::Daemon;
use crate::support::desk::{Desk, PIN};
use crate::support::http::{Part, Request, Response};
use crate::support::pinentry::Answer;
use crate::support::shapes;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon and a program that is known to it.
struct Bench {
    desk: Desk,
    daemon: Daemon,
    key: String,
}

impl Bench {
    fn new(answers: &[Answer<'_>], tables: &str) -> Self {
        let desk = Desk::new("faults", answers).configured(tables);
        let key = desk.program_key();
        let daemon = desk.serve();
        Self { desk, daemon, key }
    }

    fn request(&self, method: &str, path: &str) -> Request {
        Request::new(method, path)
            .header("Authorization", &format!("Bearer {}", self.key))
            .header("Accept-Language", "ja")
    }

    fn get(&self, path: &str) -> Response {
        self.request("GET", path).send(self.daemon.port())
    }

    /// `POST /v1/signings` with this manifest and these documents.
    fn upload(&self, manifest: &Value, documents: &[Vec<u8>]) -> Request {
        let manifest = manifest.to_string();
        let mut parts = vec![Part {
            name: "manifest",
            file_name: None,
            content_type: "application/json",
            content: manifest.as_bytes(),
        }];
        parts.extend(documents.iter().map(|content| Part {
            name: "document",
            file_name: Some("a.pdf"),
            content_type: "application/pdf",
            content,
        }));
        self.request("POST", "/v1/signings").multipart(&parts)
    }

    /// One document, to be signed by 甲野太郎.
    fn one(&self, document: Vec<u8>) -> Request {
        self.upload(&self.manifest(&["契約書.pdf"]), &[document])
    }

    fn manifest(&self, names: &[&str]) -> Value {
        let certificates = self.get("/v1/certificates").json();
        let mut found = certificates.as_array().unwrap().iter();
        let certificate = found.find(|c| c["name"] == "甲野太郎").unwrap()["select"].clone();
        let documents: Value = names.iter().map(|name| json!({ "name": name })).collect();
        json!({ "sign": { "certificate": certificate }, "documents": documents })
    }

    /// Sends it and gives how it ended.
    fn end(&self, request: &Request) -> Value {
        let begun = request.send(self.daemon.port());
        assert_eq!(begun.status, 202, "{}", begun.text());
        self.outcome(begun.json()["id"].as_str().unwrap())
    }

    fn outcome(&self, id: &str) -> Value {
        let wait = self
            .request("GET", &format!("/v1/signings/{id}"))
            .header("Prefer", "wait=60");
        wait.send(self.daemon.port()).json()
    }

    fn signed(&self, request: &Request) -> String {
        let view = self.end(request);
        assert_eq!(view["state"], "done", "{view}");
        view["id"].as_str().unwrap().to_owned()
    }

    /// Nothing of any upload is left, and no person or token was asked.
    fn untouched(&self) {
        until(|| self.desk.uploads().is_empty());
        assert_eq!(self.desk.happened("operation_begun"), 0);
        assert_eq!(self.desk.pinentry.received("GETPIN").len(), 0);
    }
}

fn pdf() -> Vec<u8> {
    shapes::classic("1.7", shapes::LF)
}

/// A document of about this many bytes.
fn large(bytes: usize) -> Vec<u8> {
    let mut file = shapes::one_page("1.7", "", "");
    file.stream(7, "", &vec![b'x'; bytes]);
    file.table(shapes::LF, "");
    file.bytes
}

fn until(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "it never came");
        std::thread::yield_now();
    }
}

#[test]
fn a_client_that_leaves_in_the_middle_leaves_nothing() {
    let bench = Bench::new(&[], "");
    let request = bench.one(large(4 << 20));
    let half = request.send_some(bench.daemon.port(), 3 << 20);
    until(|| !bench.desk.uploads().is_empty());
    drop(half);
    bench.untouched();
}

#[test]
fn forms_that_do_not_hold_what_they_say_are_refused_whole() {
    let bench = Bench::new(&[], "[limits]\nmax_documents = 3\nmax_document_bytes = 65536\n");
    let of = |names: &[&str]| bench.manifest(names);
    let with = |key: &str, value: Value| {
        let mut manifest = of(&["a.pdf"]);
        manifest[key] = value;
        manifest
    };
    let long = "a".repeat(256);
    let rows = [
        ("fewer documents than names", of(&["a", "b"]), 1, (400, "bad_upload")),
        ("more documents than names", of(&["a"]), 2, (400, "bad_upload")),
        ("no documents", of(&[]), 0, (422, "manifest_without_documents")),
        (
            "more documents than allowed",
            of(&["a", "b", "c", "d"]),
            4,
            (413, "manifest_too_many_documents"),
        ),
        ("a name of 256 bytes", of(&[&long]), 1, (422, "manifest_bad_name")),
        ("a name of blanks", of(&[" \t"]), 1, (422, "manifest_bad_name")),
        ("a PIN", with("pin", json!(PIN)), 1, (400, "bad_json")),
        (
            "a PIN among the choices",
            with("sign", json!({ "pin": PIN })),
            1,
            (400, "bad_json"),
        ),
        (
            "a PIN file",
            with("pin_file", json!("/etc/passwd")),
            1,
            (400, "bad_json"),
        ),
        (
            "a certificate that is none",
            with("sign", json!({ "certificate": { "sha256": "ab" } })),
            1,
            (422, "manifest_bad_certificate"),
        ),
    ];
    for (what, manifest, count, expected) in rows {
        let answer = bench.upload(&manifest, &vec![pdf(); count]).send(bench.daemon.port());
        let told = answer.json();
        assert_eq!((answer.status, told["error"].as_str().unwrap()), expected, "{what}");
        assert!(!answer.text().contains(PIN), "{what}");
    }
    let answer = bench.one(large(70_000)).send(bench.daemon.port());
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (413, &json!("body_too_large"))
    );

    let part = |name, content_type, content| Part {
        name,
        file_name: None,
        content_type,
        content,
    };
    let manifest = of(&["a.pdf"]).to_string();
    let (manifest, document) = (
        part("manifest", "application/json", manifest.as_bytes()),
        part("document", "application/pdf", b"%PDF-1.7"),
    );
    let pin = part("pin", "text/plain", PIN.as_bytes());
    for parts in [
        vec![manifest, pin, document],
        vec![document, manifest],
        vec![manifest, manifest, document],
    ] {
        let answer = bench
            .request("POST", "/v1/signings")
            .multipart(&parts)
            .send(bench.daemon.port());
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("bad_upload")));
    }
    bench.untouched();
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_there() {
    let bench = Bench::new(&[Answer::Pin(PIN), Answer::Pin(PIN)], "");
    let limit = 2 << 20;
    let (too_large, just_fits) = (bench.one(large(limit)), bench.one(large(limit - 2_000)));
    bench.daemon.limit_files(limit as u64);

    let answer = too_large.send(bench.daemon.port());
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (507, &json!("disk_full")),
        "{}",
        answer.text()
    );
    let here = bench.desk.dir.to_str().unwrap();
    assert!(
        !answer.text().contains(here),
        "a site learns where our files lie: {}",
        answer.text()
    );
    until(|| bench.desk.uploads().is_empty());
    assert_eq!(bench.desk.happened("operation_begun"), 0);

    let view = bench.end(&just_fits);
    assert_eq!(
        (&view["state"], &view["error"]["code"]),
        (&json!("failed"), &json!("disk_full")),
        "{view}"
    );
    assert!(!view.to_string().contains(here), "{view}");
    assert_eq!(view["documents"][0]["signed"], json!(null));
    until(|| bench.desk.uploads().is_empty());
    assert_eq!(bench.desk.happened("signature_released"), 0);
    bench.signed(&bench.one(pdf()));
}
