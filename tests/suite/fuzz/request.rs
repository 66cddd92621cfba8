//! What a web page sends: the manifest as JSON, and the multipart form around it, the latter to a real daemon.

use crate::support::daemon::Daemon;
use crate::support::desk::Desk;
use crate::support::http::{Part, Request};
use crate::support::mutate::{self, Dice, damaged, exchanged, fuzz};
use hankod::app::desk::{Confirmation, SigningRequest};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// Of each 100 inputs that a parser alone gets, a daemon gets this many: a request costs as much.
const REQUESTS_IN_100: usize = 10;
/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

fn manifest() -> Value {
    json!({
        "sign": { "certificate": { "sha256": "ab".repeat(32) }, "level": "b-b", "certify": "form", "reason": "契約", "location": "東京" },
        "documents": [
            { "name": "契約書.pdf", "field": "甲", "appearance": { "seal": { "name": "甲野" }, "page": 1, "rect": [10.0, 20.0, 60, 60], "date": true } },
            { "name": "覚書.pdf" },
        ],
        "start": "after_confirmation",
    })
}

/// One to three changes of the JSON's structure; every fourth copy is damaged as text besides.
fn rearranged(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else {
        return damaged(bytes, dice);
    };
    for _ in 0..=dice.below(3) {
        change(&mut value, dice);
    }
    let text = value.to_string().into_bytes();
    match dice.below(4) {
        0 => damaged(&text, dice),
        _ => text,
    }
}

fn change(value: &mut Value, dice: &mut Dice) {
    let inner = match value {
        Value::Object(map) => {
            let at = dice.below(map.len());
            map.values_mut().nth(at)
        }
        Value::Array(items) => {
            let at = dice.below(items.len());
            items.get_mut(at)
        }
        _ => None,
    };
    if let Some(inner) = inner
        && dice.below(4) > 0
    {
        return change(inner, dice);
    }
    match (dice.below(4), &mut *value) {
        (0, Value::Object(map)) => {
            let key = map.keys().nth(dice.below(map.len())).cloned().unwrap_or_default();
            let old = map.remove(&key).unwrap_or_default();
            if dice.below(2) == 0 {
                let names = ["pin", "pin_file", "path", "name ", "NAME", "", "\0"];
                map.insert(names[dice.below(names.len())].to_owned(), old);
            }
        }
        (0 | 1, Value::Array(items)) => {
            let item = items.first().cloned().unwrap_or_default();
            let times = [0, 1, 3, 300][dice.below(4)];
            items.truncate(dice.below(3));
            items.extend(std::iter::repeat_n(item, times));
        }
        _ => *value = odd(dice),
    }
}

/// What fits badly into any member.
fn odd(dice: &mut Dice) -> Value {
    match dice.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1e308),
        5 => json!(-0.0),
        6 => json!(""),
        7 => json!("\u{202e}\0\r\n"),
        8 => json!("x".repeat(70_000)),
        9 => json!([]),
        10 => Value::Object(Map::new()),
        _ => (0..200).fold(json!({}), |inner, _| json!([inner])),
    }
}

#[test]
fn manifest_json() {
    let mut read = 0;
    let confirmation =
        json!({ "sign": {}, "appearances": [null, manifest()["documents"][0]["appearance"]], "check": "1234" });
    let seeds = [manifest(), confirmation].map(|value| value.to_string().into_bytes());
    fuzz("manifest_json", &seeds, rearranged, |bytes, _| {
        if let Ok(request) = serde_json::from_slice::<SigningRequest>(bytes) {
            let again: SigningRequest = serde_json::from_value(serde_json::to_value(&request).unwrap()).unwrap();
            assert_eq!(again, request);
            if request.check(200).is_ok() {
                assert!(!request.documents.is_empty() && request.documents.len() <= 200);
            }
            read += 1;
        }
        let _ = serde_json::from_slice::<Confirmation>(bytes);
    });
    assert!(read > 0);
}

#[test]
fn multipart() {
    let desk = Desk::new("fuzz", &[]).configured("[limits]\nidle_deadline_ms = 1000\nmax_upload_bytes = 65536\n");
    let key = desk.program_key();
    let daemon = desk.serve();
    let manifest = json!({ "sign": {}, "documents": [{ "name": "a.pdf" }] }).to_string();
    let part = |name, content_type, content| Part {
        name,
        file_name: Some("a.pdf"),
        content_type,
        content,
    };
    let parts = [
        part("manifest", "application/json", manifest.as_bytes()),
        // No PDF: what comes whole is accepted and fails before anybody is asked.
        part("document", "application/pdf", b"%PDF-1.7 and no more"),
    ];
    let tokens = [
        "--boundary-of-the-test-suite",
        "--boundary-of-the-test-suite--",
        "\r\n",
        "\n",
        "--",
        "Content-Disposition",
        "Content-Type",
        "form-data",
        "name=",
        "filename=",
        "\"",
        ";",
        ":",
        "manifest",
        "document",
        "seal",
        "application/json",
        "image/png",
        "Content-Transfer-Encoding: base64",
        "{",
        "}",
        "\0",
        "a.pdf",
        "filename*=UTF-8''%e5%a5%91",
    ];
    let damage = |body: &[u8], dice: &mut Dice| match dice.below(3) {
        0 => damaged(body, dice),
        _ => exchanged(body, dice, &tokens),
    };
    let requests = mutate::count() * REQUESTS_IN_100 / 100;
    let mut sent = 0;
    fuzz("multipart", &[form(&parts)], damage, |body, _| {
        sent += 1;
        if sent > requests && std::env::var_os("HANKOD_FUZZ_SECONDS").is_none() {
            return;
        }
        let answer = ask(&daemon, &key, body);
        assert!(
            matches!(answer, 202 | 400..500),
            "{answer}: {}",
            String::from_utf8_lossy(body)
        );
    });
    let began = Instant::now();
    while !desk.uploads().is_empty() {
        assert!(began.elapsed() < PATIENCE, "{:?}", desk.uploads());
        std::thread::yield_now();
    }
    assert_eq!(desk.happened("operation_begun"), 0);
}

fn form(parts: &[Part<'_>]) -> Vec<u8> {
    const BOUNDARY: &str = "boundary-of-the-test-suite";
    let mut body = Vec::new();
    for part in parts {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"a.pdf\"\r\nContent-Type: {}\r\n\r\n",
            part.name, part.content_type
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(part.content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn ask(daemon: &Daemon, key: &str, body: &[u8]) -> u16 {
    Request::new("POST", "/v1/signings")
        .header("Authorization", &format!("Bearer {key}"))
        .body("multipart/form-data; boundary=boundary-of-the-test-suite", body)
        .send(daemon.port())
        .status
}
