//! The guard of a real daemon, from a bare socket: what is refused, with which code, in both languages, and that nothing came of it.

use crate::support::daemon::Daemon;
use crate::support::desk::Desk;
use crate::support::http::{Part, Request, Response, begin_with};
use crate::support::pinentry::Answer;
use serde_json::json;
use std::io::Read as _;

const SITE: &str = "https://keiyaku.example.jp";
const OTHER_SITE: &str = "https://other.example.jp";
const MAX_UPLOAD_BYTES: usize = 65_536;

/// A daemon that knows [`SITE`] by its key, [`OTHER_SITE`] by another, and a program by a third.
struct Bench {
    desk: Desk,
    daemon: Daemon,
    site_key: String,
    other_key: String,
    program_key: String,
}

impl Bench {
    fn new(limits: &str) -> Self {
        let desk = Desk::new("caller", &[Answer::Confirm, Answer::Confirm]).configured(limits);
        let program_key = desk.program_key();
        let daemon = desk.serve();
        let site_key = desk.site_key(&daemon, SITE);
        let other_key = desk.site_key(&daemon, OTHER_SITE);
        Self {
            desk,
            daemon,
            site_key,
            other_key,
            program_key,
        }
    }

    fn send(&self, request: &Request) -> Response {
        request.send(self.daemon.port())
    }

    /// Holds a refusal against its status and code, in both languages.
    fn refused(&self, what: &str, request: &Request, (status, code): (u16, &str)) {
        for (asked, lang) in [("ja", "ja"), ("en-GB,en;q=0.9", "en"), ("fr, en;q=0.5", "en")] {
            let answer = self.send(&request.clone().header("Accept-Language", asked));
            assert_eq!(answer.status, status, "{what}: {}", answer.text());
            let body = answer.json();
            assert_eq!(body["error"], code, "{what}");
            assert_eq!(answer.header("Content-Language"), Some(lang), "{what}");
            let message = body["message"].as_str().unwrap();
            assert_eq!(message.is_ascii(), lang == "en", "{what}: {message}");
            assert!(!message.contains("hk_"), "{what}: {message}");
            assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{what}");
            assert_ne!(answer.header("Access-Control-Allow-Origin"), Some("*"), "{what}");
        }
    }
}

fn bearer(request: Request, key: &str) -> Request {
    request.header("Authorization", &format!("Bearer {key}"))
}

fn form(size: usize) -> Request {
    let (manifest, document) = (
        json!({ "documents": [{ "name": "a.pdf" }] }).to_string(),
        vec![b'x'; size],
    );
    let part = |name, content_type, content| Part {
        name,
        file_name: None,
        content_type,
        content,
    };
    Request::new("POST", "/v1/signings").multipart(&[
        part("manifest", "application/json", manifest.as_bytes()),
        part("document", "application/pdf", &document),
    ])
}

fn get(path: &str) -> Request {
    Request::new("GET", path)
}

#[test]
fn every_way_to_be_nobody_is_refused_with_its_own_code() {
    let bench = Bench::new(&format!("[limits]\nmax_upload_bytes = {MAX_UPLOAD_BYTES}\n"));
    let port = bench.daemon.port();
    let before = bench.desk.audit();
    let site = |request: Request| bearer(request, &bench.site_key).header("Origin", SITE);
    let program = |request: Request| bearer(request, &bench.program_key);
    let pairing = || Request::new("POST", "/v1/pairings");
    let (own_host, own_origin) = (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}"));
    let (query, token_query) = (
        format!("/v1/tokens?key={}", bench.program_key),
        format!("/v1/tokens?access_token={}", bench.program_key),
    );
    let chunked = |request: Request| request.header("Transfer-Encoding", "chunked");
    let rows = [
        (
            "another host",
            program(get("/v1/tokens")).header("Host", "evil.test"),
            (421, "wrong_host"),
        ),
        (
            "another host, our port",
            site(get("/v1/tokens")).header("Host", &format!("evil.test:{port}")),
            (421, "wrong_host"),
        ),
        (
            "another port",
            program(get("/v1/tokens")).header("Host", "127.0.0.1:1"),
            (421, "wrong_host"),
        ),
        (
            "two hosts",
            program(get("/v1/tokens"))
                .header("Host", &own_host)
                .header("Host", &own_host),
            (421, "wrong_host"),
        ),
        (
            "a foreign host asks for health",
            get("/health").header("Host", "evil.test"),
            (421, "wrong_host"),
        ),
        (
            "a proxy's target",
            program(get(&format!("http://127.0.0.1:{port}/v1/tokens"))),
            (400, "wrong_target"),
        ),
        (
            "a proxy's target elsewhere",
            program(get("http://evil.test/v1/tokens")),
            (400, "wrong_target"),
        ),
        (
            "two origins",
            site(get("/v1/tokens")).header("Origin", SITE),
            (403, "bad_origin"),
        ),
        (
            "origin null",
            program(get("/v1/tokens")).header("Origin", "null"),
            (403, "bad_origin"),
        ),
        (
            "origin with a path",
            program(get("/v1/tokens")).header("Origin", "https://a.test/"),
            (403, "bad_origin"),
        ),
        (
            "an unknown site",
            program(get("/v1/tokens")).header("Origin", "https://evil.test"),
            (403, "site_not_allowed"),
        ),
        (
            "a site's preflight",
            Request::new("OPTIONS", "/v1/tokens")
                .header("Origin", "https://evil.test")
                .header("Access-Control-Request-Method", "GET"),
            (403, "site_not_allowed"),
        ),
        (
            "a pairing from nowhere",
            pairing().json(&json!({})),
            (403, "missing_origin"),
        ),
        ("no key", get("/v1/tokens"), (401, "missing_key")),
        (
            "no key, known site",
            get("/v1/tokens").header("Origin", SITE),
            (401, "missing_key"),
        ),
        ("the key in the query", get(&query), (401, "missing_key")),
        (
            "the key in the query by its other name",
            get(&token_query),
            (401, "missing_key"),
        ),
        (
            "the key as a cookie",
            get("/v1/tokens").header("Cookie", &format!("hankod-{port}={}", bench.program_key)),
            (401, "missing_key"),
        ),
        ("two keys", program(program(get("/v1/tokens"))), (401, "bad_key")),
        (
            "a key with a password",
            get("/v1/tokens").header("Authorization", "Basic dXNlcjpwYXNz"),
            (401, "bad_key"),
        ),
        (
            "a key nobody gave out",
            bearer(get("/v1/tokens"), &format!("hk_{}", "A".repeat(43))),
            (401, "key_unknown"),
        ),
        (
            "another site's key",
            bearer(get("/v1/tokens"), &bench.other_key).header("Origin", SITE),
            (401, "key_not_for_origin"),
        ),
        (
            "a site's key without the site",
            bearer(get("/v1/tokens"), &bench.site_key),
            (401, "key_not_for_origin"),
        ),
        (
            "a program's key from a site",
            program(get("/v1/tokens")).header("Origin", SITE),
            (401, "key_not_for_origin"),
        ),
        (
            "a key beside our own origin",
            program(get("/v1/tokens")).header("Origin", &own_origin),
            (401, "bad_key"),
        ),
        (
            "our own origin without the cookie",
            get("/v1/tokens").header("Origin", &own_origin),
            (401, "missing_key"),
        ),
        (
            "the page's own address with a key",
            program(get("/v1/signings/a/preview")),
            (403, "own_page_only"),
        ),
        (
            "text/plain",
            site(Request::new("POST", "/v1/signings").body("text/plain", "{}")),
            (415, "wrong_content_type"),
        ),
        (
            "JSON where a form belongs",
            site(Request::new("POST", "/v1/signings").json(&json!({}))),
            (415, "wrong_content_type"),
        ),
        (
            "a form where JSON belongs",
            pairing()
                .header("Origin", SITE)
                .body("application/x-www-form-urlencoded", "a=b"),
            (415, "wrong_content_type"),
        ),
        (
            "a navigation",
            site(get("/v1/tokens"))
                .header("Sec-Fetch-Mode", "navigate")
                .header("Sec-Fetch-Dest", "document"),
            (403, "wrong_fetch_mode"),
        ),
        (
            "a frame",
            get("/")
                .header("Sec-Fetch-Mode", "navigate")
                .header("Sec-Fetch-Dest", "iframe"),
            (403, "wrong_fetch_mode"),
        ),
        (
            "too large by its word",
            site(form(1)).header("Content-Length", &(MAX_UPLOAD_BYTES + 1).to_string()),
            (413, "body_too_large"),
        ),
        (
            "too large JSON by its word",
            pairing()
                .header("Origin", SITE)
                .json(&json!({}))
                .header("Content-Length", "99999999999"),
            (413, "body_too_large"),
        ),
        (
            "a body where none belongs",
            program(get("/v1/tokens")).header("Content-Length", "1"),
            (413, "body_too_large"),
        ),
        (
            "a body in chunks where none belongs",
            chunked(program(get("/v1/tokens"))),
            (413, "body_too_large"),
        ),
        ("another address", program(get("/v1/pins")), (404, "no_such_address")),
        (
            "an address with dots",
            program(get("/v1/../v1/tokens")),
            (404, "no_such_address"),
        ),
        (
            "another method",
            program(Request::new("PUT", "/v1/tokens")),
            (405, "method_not_allowed"),
        ),
        (
            "a PIN for a pairing",
            pairing().header("Origin", SITE).json(&json!({ "pin": "123456" })),
            (400, "bad_json"),
        ),
    ];
    for (what, request, expected) in &rows {
        bench.refused(what, request, *expected);
    }
    assert_eq!(
        bench.desk.audit(),
        before,
        "a refused request left something in the audit log"
    );
    assert!(bench.daemon.children().is_empty(), "a refused request woke a worker");
    assert_eq!(
        bench.send(&site(get("/v1/signings/unknown"))).json()["error"],
        "signing_not_found"
    );
}

#[test]
fn a_revoked_key_opens_nothing_any_more() {
    let bench = Bench::new("");
    let listed: serde_json::Value =
        serde_json::from_str(&bench.desk.says(&["site", "list", "--format", "json"])).unwrap();
    let id = |who: &str| {
        let found = listed.as_array().unwrap().iter().find(|site| site["who"] == who);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    for who in [SITE, "経理ソフト"] {
        bench.desk.says(&["site", "revoke", &id(who)]);
    }
    // The site has no key left, so it is not known any more; a program is known by its key alone.
    let site = bearer(get("/v1/tokens"), &bench.site_key).header("Origin", SITE);
    bench.refused("a site whose key was revoked", &site, (403, "site_not_allowed"));
    let program = bearer(get("/v1/tokens"), &bench.program_key);
    bench.refused("a program whose key was revoked", &program, (401, "key_revoked"));
    let other = bearer(get("/v1/signings/unknown"), &bench.other_key).header("Origin", OTHER_SITE);
    assert_eq!(bench.send(&other).status, 404, "the others' keys stay good");
}

#[test]
fn bodies_are_counted_as_they_come_whatever_their_head_says() {
    let bench = Bench::new(&format!(
        "[limits]\nmax_upload_bytes = {MAX_UPLOAD_BYTES}\nidle_deadline_ms = 300\n"
    ));
    let port = bench.daemon.port();
    let head = |lines: &str| {
        let key = &bench.program_key;
        format!(
            "POST /v1/signings HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Type: multipart/form-data; boundary=x\r\n{lines}\r\n"
        )
    };
    let manifest = "--x\r\nContent-Disposition: form-data; name=\"manifest\"\r\nContent-Type: application/json\r\n\r\n{\"documents\":[{\"name\":\"a\"}]}\r\n\
        --x\r\nContent-Disposition: form-data; name=\"document\"\r\nContent-Type: application/pdf\r\n\r\n";
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let exchange = |bytes: String| Response::read(begin_with(port, bytes.as_bytes()));

    let endless = head("Transfer-Encoding: chunked\r\n") + &chunk(manifest) + &chunk(&"x".repeat(MAX_UPLOAD_BYTES));
    let answer = exchange(endless);
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (413, &json!("body_too_large"))
    );

    let stalled = head("Content-Length: 60000\r\n") + manifest;
    let answer = exchange(stalled);
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (408, &json!("upload_stalled"))
    );

    let stalled = Request::new("POST", "/v1/pairings")
        .header("Origin", SITE)
        .json(&json!({}))
        .header("Content-Length", "100");
    bench.refused("JSON that does not end", &stalled, (408, "upload_stalled"));

    for (what, bytes) in [
        (
            "a length and chunks",
            head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + &chunk(manifest) + "0\r\n\r\n",
        ),
        (
            "two lengths",
            head("Content-Length: 5\r\nContent-Length: 6\r\n") + "hello!",
        ),
        (
            "chunks before another coding",
            head("Transfer-Encoding: chunked, gzip\r\n") + &chunk(manifest),
        ),
        (
            "a chunk whose size is no number",
            head("Transfer-Encoding: chunked\r\n") + "zz\r\nxx\r\n0\r\n\r\n",
        ),
        (
            "a header folded over two lines",
            head("X-A: b\r\n c: d\r\nContent-Length: 0\r\n"),
        ),
        (
            "a header with a space before its colon",
            head("Content-Length : 5\r\n") + "hello",
        ),
    ] {
        let answer = exchange(bytes);
        assert!((400..500).contains(&answer.status), "{what}: {}", answer.status);
    }
    assert!(bench.desk.uploads().is_empty());
    assert_eq!(bench.desk.happened("operation_begun"), 0);
}

#[test]
fn slow_and_swollen_heads_are_cut_off() {
    let bench = Bench::new("[limits]\nheader_deadline_ms = 200\n");
    let port = bench.daemon.port();
    let mut slow = begin_with(port, b"GET /health HTTP/1.1\r\nHo");
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    let many = (0..100).fold(get("/health"), |request, n| request.header(&format!("X-{n}"), "y"));
    assert_eq!(bench.send(&many).status, 431);
    let long = get("/health").header("X", &"y".repeat(20_000));
    assert_eq!(bench.send(&long).status, 431);
    assert_eq!(bench.send(&get(&format!("/{}", "y".repeat(20_000)))).status, 431);
    assert_eq!(bench.send(&get("/health")).status, 200, "and the daemon goes on");
}

#[test]
fn one_callers_many_requests_do_not_keep_others_out() {
    let bench = Bench::new("[limits]\nmax_requests_per_caller = 2\n");
    let port = bench.daemon.port();
    let program = |path: &str| bearer(get(path), &bench.program_key);
    let open = || {
        let mut stream = program("/v1/events").send_some(port, 0);
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        stream
    };
    let (first, _second) = (open(), open());
    bench.refused(
        "a third request",
        &program("/v1/signings/unknown"),
        (429, "too_many_requests"),
    );
    let site = bearer(get("/v1/signings/unknown"), &bench.site_key).header("Origin", SITE);
    assert_eq!(bench.send(&site).json()["error"], "signing_not_found");
    drop(first);
    while bench.send(&program("/v1/signings/unknown")).status == 429 {}
}
