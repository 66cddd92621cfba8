//! A port that another local process has taken while the daemon was away, and a set of documents as large as it comes: what a site's client and a person's prompt do.

use crate::support::browser::browse;
use crate::support::desk::{Desk, PIN};
use crate::support::http::{Part, Request};
use crate::support::pinentry::Answer;
use crate::support::site::Site;
use crate::support::{repository, shapes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Everything that reached the stranger.
type Heard = Arc<Mutex<Vec<String>>>;

/// A process that answers on the daemon's old port, takes whatever is sent, and lets the real daemon on `port` answer its riddles.
fn stranger(listener: TcpListener, origin: String, port: u16) -> Heard {
    let heard = Heard::default();
    let record = Arc::clone(&heard);
    // The daemon, which had the same socket, waits in another way.
    listener.set_nonblocking(false).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (record, origin) = (Arc::clone(&record), origin.clone());
            std::thread::spawn(move || deceive(stream.unwrap(), &record, &origin, port));
        }
    });
    heard
}

fn deceive(stream: TcpStream, record: &Mutex<Vec<String>>, origin: &str, port: u16) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let begun = head.len();
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
        if let Some((name, value)) = head[begun..].split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    record.lock().unwrap().push(head + &String::from_utf8_lossy(&body));
    let relayed = Request::new("GET", &path).header("Origin", origin).send(port);
    let answer = match path.starts_with("/health") {
        true => relayed.text().to_owned(),
        false => "{}".to_owned(),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: authorization, content-type\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    reader.into_inner().write_all((head + &answer).as_bytes()).ok();
}

#[test]
fn another_process_on_the_port_gets_no_key_and_no_document() {
    let desk = Desk::new("port-taken", &[Answer::Confirm, Answer::Pin(PIN)]);
    let client = std::fs::read_to_string(repository("src/console/hankod.js")).unwrap();
    let page = "<!doctype html><title>契約サイト</title>".to_owned();
    let shop = Site::new(vec![
        ("/", "text/html", page),
        ("/hankod.js", "text/javascript", client),
    ]);
    let origin = format!("http://site.test:{}", shop.port());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.try_clone().unwrap();
    let old = desk.serve_on(listener);
    let (key, old_port) = (desk.site_key(&old, &origin), old.port());
    assert!(old.stop().success());
    let daemon = desk.serve();
    let heard = stranger(taken, origin.clone(), daemon.port());
    let pdf = shapes::classic("1.7", shapes::LF);
    let seen = browse(
        "port_taken",
        &json!({
            "site": origin, "isPublic": true, "granted": true, "key": key, "old": old_port, "port": daemon.port(),
            "base64": STANDARD.encode(&pdf), "holder": "甲野太郎",
        }),
    );
    assert_eq!(
        seen,
        json!({ "alone": "not_paired", "refused": "not_paired", "both": "ready", "signed": 1 }),
        "the stranger is not taken for the daemon, which is found where it is now"
    );
    let heard = heard.lock().unwrap().clone();
    assert!(
        heard.iter().any(|asked| asked.starts_with("GET /health?nonce=")),
        "the page never asked it"
    );
    for asked in &heard {
        assert!(asked.starts_with("GET /health"), "{asked}");
        let lower = asked.to_lowercase();
        assert!(
            !lower.contains("authorization") && !asked.contains(&key) && !asked.contains("%PDF"),
            "{asked}"
        );
    }
    assert_eq!(desk.happened("signature_released"), 1);
}

#[test]
fn another_process_on_the_port_gets_no_document_by_a_form_either() {
    let desk = Desk::new("port-taken-form", &[Answer::Confirm]);
    let client = std::fs::read_to_string(repository("src/console/hankod.js")).unwrap();
    let page = "<!doctype html><meta charset=utf-8><title>契約サイト</title>".to_owned();
    let shop = Site::new(vec![
        ("/", "text/html", page),
        ("/hankod.js", "text/javascript", client),
    ]);
    let origin = format!("http://site.test:{}", shop.port());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.try_clone().unwrap();
    let old = desk.serve_on(listener);
    let (key, old_port) = (desk.site_key(&old, &origin), old.port());
    assert!(old.stop().success());
    let daemon = desk.serve();
    let heard = stranger(taken, origin.clone(), daemon.port());
    let name = "極秘の契約書.pdf";
    let pdf = shapes::classic("1.7", shapes::LF);
    let seen = browse(
        "port_taken_form",
        &json!({
            "site": origin, "isPublic": true, "granted": false, "key": key, "old": old_port, "name": name,
            "base64": STANDARD.encode(&pdf),
        }),
    );
    assert_eq!(seen, json!({ "unknown": "not_paired", "left": true }));
    let heard = heard.lock().unwrap().clone();
    let forms: Vec<&String> = heard
        .iter()
        .filter(|asked| asked.starts_with("POST /confirm"))
        .collect();
    assert_eq!(
        forms.len(),
        1,
        "the form went there, or the test tries nothing: {heard:?}"
    );
    for asked in &heard {
        for secret in ["%PDF", "Agreement", "manifest", name, &key] {
            assert!(!asked.contains(secret), "{secret}: {asked}");
        }
    }
    assert!(desk.uploads().is_empty(), "what the stranger handed on was opened");
}

#[test]
fn a_thousand_documents_with_the_longest_names_fit_the_prompt_and_stand_in_the_list() {
    let desk = Desk::new("thousand", &[Answer::Cancel]).configured("[limits]\nmax_documents = 1000\n");
    let key = desk.program_key();
    let daemon = desk.serve();
    // 255 bytes each.
    let names: Vec<String> = (0..1000).map(|n| format!("{n:03}{}", "契".repeat(84))).collect();
    assert!(names.iter().all(|name| name.len() == 255));
    let documents: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    let manifest = json!({
        "sign": { "certificate": holder(&daemon, &key) }, "documents": documents, "start": "at_once",
    });
    let (manifest, pdf) = (manifest.to_string(), shapes::classic("1.7", shapes::LF));
    let part = |name, content_type, content| Part {
        name,
        file_name: None,
        content_type,
        content,
    };
    let mut parts = vec![part("manifest", "application/json", manifest.as_bytes())];
    parts.extend(
        names
            .iter()
            .map(|_| part("document", "application/pdf", pdf.as_slice())),
    );
    let answer = Request::new("POST", "/v1/signings")
        .multipart(&parts)
        .header("Authorization", &format!("Bearer {key}"))
        .send(daemon.port());
    assert_eq!(answer.status, 202, "{}", answer.text());
    let address = format!("/v1/signings/{}", answer.json()["id"].as_str().unwrap());
    let view = loop {
        let wait = Request::new("GET", &address).header("Authorization", &format!("Bearer {key}"));
        let view = wait.send(daemon.port()).json();
        match view["state"].as_str().unwrap() {
            "done" | "failed" | "cancelled" => break view,
            _ => std::thread::yield_now(),
        }
    };
    assert_eq!(view["error"]["code"], "pin_cancelled", "{view}");
    let listed = view["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| &document["name"]);
    assert!(listed.eq(names.iter()));
    let [prompt] = &desk.pinentry.received("SETDESC")[..] else {
        panic!("{:?}", desk.pinentry.received("SETDESC"))
    };
    assert!(
        prompt.contains("1000") && prompt.contains(view["check"].as_str().unwrap()),
        "{prompt}"
    );
    assert!(prompt.lines().count() <= 12, "{prompt}");
    let record = std::fs::read_to_string(desk.pinentry.program().with_extension("record")).unwrap();
    assert!(
        record.lines().all(|line| line.len() < 900),
        "a line beyond what pinentry bears"
    );
}

/// The selector of the certificate that signs.
fn holder(daemon: &crate::support::daemon::Daemon, key: &str) -> Value {
    let asked = Request::new("GET", "/v1/certificates").header("Authorization", &format!("Bearer {key}"));
    asked.send(daemon.port()).json()[0]["select"].clone()
}
