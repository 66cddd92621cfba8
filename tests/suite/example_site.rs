//! `examples/site` and `hankod.js` in real Chromium: three documents are signed whether or not the browser lets the page's script through.

use crate::support::browser::browse;
use crate::support::desk::{Desk, PIN};
use crate::support::example::{Example, NAMES, all_signed, documents};
use crate::support::pinentry::Answer;
use crate::support::repository;
use crate::support::site::Site;
use openssl::pkey::PKey;
use serde_json::{Value, json};
use std::net::TcpListener;

#[test]
fn three_documents_are_signed_by_the_sites_own_script() {
    let desk = Desk::new("example", &[Answer::Confirm, Answer::Pin(PIN)]);
    let daemon = desk.serve();
    let example = Example::start(&desk.dir, &desk.root(), &daemon);
    let seen = browse(
        "example_site",
        &json!({ "site": example.origin(), "isPublic": true, "granted": true }),
    );
    assert_eq!(seen, json!({ "offered": NAMES, "answer": all_signed(), "left": false }));
    assert_eq!(desk.happened("login_done"), 1, "one PIN for all");
}

#[test]
fn three_documents_are_signed_on_hankods_page_where_the_browser_lets_no_script_through() {
    let desk = Desk::new("example-form", &[Answer::Confirm, Answer::Pin(PIN)]);
    let daemon = desk.serve();
    let example = Example::start(&desk.dir, &desk.root(), &daemon);
    let seen = browse(
        "example_site",
        &json!({ "site": example.origin(), "isPublic": true, "granted": false, "holder": "甲野太郎" }),
    );
    assert_eq!(seen["answer"], all_signed(), "{seen}");
    assert_eq!(seen["left"], true);
    let back = format!("{}/", example.origin());
    assert_eq!(seen["came"], json!({ "to": "pairing", "back": back }), "{seen}");
    assert!(seen["words"].as_str().unwrap().contains(&example.origin()), "{seen}");
    assert_eq!(
        seen["early"],
        json!([]),
        "a card was looked at before the person went on"
    );
    assert_eq!(seen["complaints"], json!([]));
    assert_eq!(desk.happened("login_done"), 1);
    let prompts = desk.pinentry.received("SETDESC");
    assert!(prompts.last().unwrap().contains(&example.origin()), "{prompts:?}");
}

#[test]
fn the_examples_server_signs_each_request_where_the_administrator_demands_it() {
    for (name, granted) in [("example-backed", true), ("example-backed-form", false)] {
        let mut desk = Desk::new(name, &[Answer::Confirm, Answer::Pin(PIN)]);
        let server = PKey::generate_ed25519().unwrap();
        let (key, public) = (desk.dir.join("server.pem"), desk.dir.join("public.pem"));
        std::fs::write(&key, server.private_key_to_pem_pkcs8().unwrap()).unwrap();
        std::fs::write(&public, server.public_key_to_pem().unwrap()).unwrap();
        // The site's port is known when it runs, the daemon's before.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let key = ["--key", key.to_str().unwrap()];
        let example = Example::start_with(&desk.dir, &desk.root(), port, &key);
        let origin = example.origin();
        desk = desk.configured(&format!(
            "[[site]]\norigin = {origin:?}\nbackend_key = \"public.pem\"\n"
        ));
        let _daemon = desk.serve_on(listener);
        let seen = browse(
            "example_site",
            &json!({ "site": origin, "isPublic": true, "granted": granted, "holder": "甲野太郎" }),
        );
        assert_eq!(seen["answer"], all_signed(), "{seen}");
        assert_eq!(desk.happened("login_done"), 1);
    }
}

#[test]
fn the_examples_server_believes_no_other_file() {
    let desk = Desk::new("example-check", &[]);
    let daemon = desk.serve();
    let example = Example::start(&desk.dir, &desk.root(), &daemon);
    let [first, second, third] = documents();
    let said = example.judged(&[first.clone(), third, second]);
    let expected = [
        format!("{}: not validly signed: no signature", NAMES[0]),
        format!("{}: not our document", NAMES[1]),
        format!("{}: not our document", NAMES[2]),
    ];
    assert_eq!(said, expected.join("\n"));
    let pdf = desk.dir.join("contracts").join(NAMES[0]);
    let (token, signed) = (desk.dir.join("pin.txt"), desk.dir.join("signed.pdf"));
    let mut sign = desk.command(&["sign"]);
    sign.arg(&pdf).arg("-o").arg(&signed).arg("--pin-file").arg(token);
    let done = sign.args(["--certificate", "甲野太郎"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut bytes = std::fs::read(&signed).unwrap();
    assert!(
        example
            .judged(&[bytes.clone()])
            .starts_with(&format!("{}: signed\n", NAMES[0]))
    );
    let at = first.len() + 40;
    bytes[at] ^= 1;
    let said = example.judged(&[bytes]);
    assert!(!said.starts_with(&format!("{}: signed\n", NAMES[0])), "{said}");
}

#[test]
fn the_client_tells_every_situation() {
    let desk = Desk::new("status", &[Answer::Confirm]);
    let daemon = desk.serve();
    let client = std::fs::read_to_string(repository("src/console/hankod.js")).unwrap();
    let page = "<!doctype html><title>契約サイト</title>".to_owned();
    let shop = Site::new(vec![
        ("/", "text/html", page),
        ("/hankod.js", "text/javascript", client),
    ]);
    // A port that was free a moment ago: nothing speaks on it.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let question = |granted: bool| -> Value {
        json!({
            "site": format!("http://site.test:{}", shop.port()), "plain": format!("http://plain.test:{}", shop.port()),
            "isPublic": true, "granted": granted, "port": daemon.port(), "closed": closed,
            "daemon": format!("http://127.0.0.1:{}", daemon.port()),
        })
    };
    assert_eq!(browse("status", &question(false)), json!({ "denied": "denied" }));
    assert_eq!(
        browse("status", &question(true)),
        json!({
            "alone": "not_running", "stranger": "not_paired", "insecure": "unsupported", "unasked": "permission_prompt",
            "clicked": "not_paired", "allowed": "ready", "empty": "no_card", "old": "too_old", "impostor": "not_paired",
        })
    );
}
