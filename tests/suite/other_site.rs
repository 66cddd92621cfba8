//! Pages of another origin in real Chromium: the one that was allowed signs; all the others get nothing, and no card notices them.

use crate::support::browser::browse;
use crate::support::desk::{Desk, PIN};
use crate::support::judges::{pdfsig, pyhanko};
use crate::support::pinentry::Answer;
use crate::support::repository;
use crate::support::shapes;
use crate::support::site::Site;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::path::Path;

const NAMES: [&str; 2] = ["業務委託契約書.pdf", "覚書.pdf"];

fn site() -> Site {
    let client = std::fs::read_to_string(repository("src/console/hankod.js")).unwrap();
    let page = "<!doctype html><title>契約サイト</title>".to_owned();
    Site::new(vec![
        ("/", "text/html", page),
        ("/hankod.js", "text/javascript", client),
    ])
}

fn documents() -> [Vec<u8>; 2] {
    [shapes::classic("1.7", shapes::LF), shapes::object_streams(true)]
}

fn sent(documents: &[Vec<u8>]) -> Value {
    let part = |(name, bytes): (&str, &Vec<u8>)| json!({ "name": name, "base64": STANDARD.encode(bytes) });
    NAMES.into_iter().zip(documents).map(part).collect()
}

#[test]
fn an_allowed_site_on_the_internet_signs_two_documents_with_one_pin() {
    let desk = Desk::new("site", &[Answer::Confirm, Answer::Pin(PIN)]);
    let (daemon, shop, inputs) = (desk.serve(), site(), documents());
    let origin = format!("http://site.test:{}", shop.port());
    let folder: &Path = &desk.dir;
    let seen = browse(
        "other_site",
        &json!({
            "site": origin, "ports": [shop.port(), daemon.port()], "isPublic": true, "granted": true, "holder": "甲野太郎",
            "documents": sent(&inputs), "folder": folder,
        }),
    );

    assert_eq!(
        (&seen["before"], &seen["after"]),
        (&json!("not_paired"), &json!("ready")),
        "{seen}"
    );
    let holders = seen["holders"].as_array().unwrap();
    assert!(holders.len() == 2 && holders.contains(&json!("甲野太郎")) && holders.contains(&json!("見本市長")));
    let progress = seen["progress"].as_array().unwrap();
    let last = progress.last().unwrap();
    assert_eq!(
        (&last["state"], &last["signed"], &last["of"]),
        (&json!("done"), &json!(2), &json!(2)),
        "{seen}"
    );

    let prompts = desk.pinentry.received("SETDESC");
    let [allow, sign] = prompts.as_slice() else {
        panic!("one question to allow, one for the PIN: {prompts:?}")
    };
    let code = seen["code"].as_str().unwrap();
    assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    assert!(allow.contains(code) && allow.contains(&origin), "{code}: {allow}");
    let check = last["check"].as_str().unwrap();
    for words in [&origin, "文書 2 件", NAMES[0], NAMES[1], "甲野太郎", check] {
        assert!(sign.contains(words), "{words} does not stand in:\n{sign}");
    }
    assert_eq!(desk.happened("login_done"), 1);
    assert_eq!(desk.happened("signature_released"), 2);

    for (n, input) in inputs.iter().enumerate() {
        let path = Path::new(seen["saved"][n]["path"].as_str().unwrap_or_else(|| panic!("{seen}")));
        assert_eq!(seen["saved"][n]["name"], NAMES[n].replace(".pdf", ".signed.pdf"));
        assert!(std::fs::read(path).unwrap().starts_with(input));
        let poppler = pdfsig(path);
        assert!(
            poppler.len() == 1 && poppler[0].valid && poppler[0].whole,
            "{poppler:?}"
        );
        assert_eq!(poppler[0].signer, "甲野太郎");
        let judged = pyhanko(path, &desk.root()).unwrap();
        assert!(judged.len() == 1 && judged[0].bottom_line, "{judged:?}");
    }
}

#[test]
fn a_site_that_was_not_allowed_gets_nothing_by_any_way() {
    let desk = Desk::new("attack", &[Answer::Confirm]);
    let (daemon, shop) = (desk.serve(), site());
    let stolen = desk.site_key(&daemon, "https://keiyaku.example.jp");
    let (before, asked) = (desk.audit(), desk.pinentry.received("SETDESC").len());
    // Another port of the same host is another origin on the same site: its requests carry the page's cookie.
    let origin = format!("http://127.0.0.1:{}", shop.port());
    let seen = browse(
        "hostile_site",
        &json!({
            "site": origin, "frame": format!("http://frame.test:{}", shop.port()), "stolen": stolen, "granted": true,
            "daemon": format!("http://127.0.0.1:{}", daemon.port()), "rebound": format!("http://evil.test:{}", daemon.port()),
        }),
    );
    assert_eq!(
        seen["cookie"], true,
        "the browser has the page's cookie, or the test tries nothing"
    );
    let attempts = seen["attempts"].as_object().unwrap();
    let expected = [
        ("read without a key", "blocked"),
        ("read with the cookie", "blocked"),
        ("read with another site's key", "blocked"),
        ("read without CORS", "blocked"),
        ("sign with another site's key", "blocked"),
        ("sign with the cookie as a simple request", "blocked"),
        ("sign without CORS", "blocked"),
        ("ask to be allowed as text/plain", "415 wrong_content_type"),
        ("ask to be allowed without CORS", "blocked"),
        ("beacon of a form", "sent"),
        ("beacon of text", "sent"),
        ("events with the cookie", "blocked"),
        ("the page as a script", "blocked"),
        ("a file of the page as a script", "blocked"),
        ("a file of the page as a picture", "blocked"),
        ("the page in a frame", "blocked"),
        ("a confirmation in a frame", "blocked"),
        ("read from a frame of another origin", "blocked"),
        ("sign from a frame of another origin", "blocked"),
        ("form to sign", "403 site_not_allowed"),
        ("form to ask to be allowed", "415 wrong_content_type"),
        ("reach into the opened page", "blocked"),
        ("rebound health", "421 wrong_host"),
        ("rebound page", "421 wrong_host"),
        ("rebound read", "421 wrong_host"),
        ("rebound read with another site's key", "421 wrong_host"),
        ("rebound sign", "421 wrong_host"),
    ];
    let expected: Map<String, Value> = expected
        .map(|(attempt, outcome)| (attempt.to_owned(), outcome.into()))
        .into_iter()
        .collect();
    assert_eq!(*attempts, expected);
    assert_eq!(desk.audit(), before);
    assert_eq!(desk.pinentry.received("SETDESC").len(), asked);
    assert!(daemon.children().is_empty(), "a token or page was touched");
    assert!(desk.uploads().is_empty());
}

#[test]
fn a_site_on_the_internet_without_the_browsers_permission_does_not_reach_the_daemon() {
    let desk = Desk::new("denied", &[Answer::Confirm]);
    let (daemon, shop) = (desk.serve(), site());
    let origin = format!("http://site.test:{}", shop.port());
    let key = desk.site_key(&daemon, &origin);
    let before = desk.audit();
    let seen = browse(
        "denied_site",
        &json!({
            "site": origin, "daemon": format!("http://127.0.0.1:{}", daemon.port()), "isPublic": true, "key": key,
        }),
    );
    assert_eq!(
        seen,
        json!({ "state": "denied", "health": "blocked", "read": "blocked", "ask": "blocked", "beacon": "sent" })
    );
    assert_eq!(desk.audit(), before);
    assert!(daemon.children().is_empty());
}
