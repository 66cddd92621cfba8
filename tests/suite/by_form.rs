//! `POST /confirm` from a bare socket: a form of an allowed site leaves a request and nothing more; every other form leaves nothing.

use crate::support::daemon::Daemon;
use crate::support::desk::Desk;
use crate::support::http::{Part, Request};
use crate::support::pinentry::Answer;
use crate::support::shapes;
use openssl::md::Md;
use openssl::pkey::Id;
use openssl::pkey_ctx::PkeyCtx;
use openssl::symm::{Cipher, encrypt_aead};
use serde_json::{Value, json};

const SITE: &str = "https://keiyaku.example.jp";
const LISTED: &str = "https://listed.example.jp";
const BACK: &str = "https://keiyaku.example.jp/back?order=7";

fn part<'a>(name: &'a str, content_type: &'a str, content: &'a [u8]) -> Part<'a> {
    Part {
        name,
        file_name: None,
        content_type,
        content,
    }
}

/// A form as a browser sends it, with these addresses to go back to.
fn form(origin: Option<&str>, back: &[&str]) -> Request {
    let manifest = json!({ "documents": [{ "name": "契約書.pdf" }], "start": "at_once" }).to_string();
    let pdf = shapes::classic("1.7", shapes::LF);
    let mut parts = vec![part("manifest", "application/json", manifest.as_bytes())];
    parts.extend(
        back.iter()
            .map(|back| part("return_url", "text/plain", back.as_bytes())),
    );
    parts.push(part("document", "application/pdf", &pdf));
    let request = Request::new("POST", "/confirm").multipart(&parts);
    match origin {
        Some(origin) => request.header("Origin", origin),
        None => request,
    }
}

fn navigating(request: Request) -> Request {
    let request = request.header("Sec-Fetch-Mode", "navigate");
    request
        .header("Sec-Fetch-Dest", "document")
        .header("Sec-Fetch-Site", "cross-site")
}

fn bench() -> (Desk, Daemon, String) {
    let table = format!("[[site]]\norigin = \"{LISTED}\"\n[limits]\nmax_upload_bytes = 65536\n");
    let desk = Desk::new("by-form", &[Answer::Confirm]).configured(&table);
    let daemon = desk.serve();
    let key = desk.site_key(&daemon, SITE);
    (desk, daemon, key)
}

#[test]
fn a_person_reads_the_refusal_as_a_page_and_a_program_as_json() {
    let (_desk, daemon, _) = bench();
    let stranger = || navigating(form(Some("https://evil.test"), &[]));
    let page = stranger()
        .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("Accept-Language", "ja")
        .send(daemon.port());
    assert_eq!(
        (page.status, page.header("content-type")),
        (403, Some("text/html; charset=utf-8"))
    );
    assert!(
        page.header("content-security-policy")
            .is_some_and(|policy| policy.starts_with("default-src 'none'"))
    );
    assert!(
        page.text().contains("<html lang=\"ja\">") && page.text().contains("site_not_allowed"),
        "{}",
        page.text()
    );
    let told = stranger().header("Accept", "application/json").send(daemon.port());
    assert_eq!((told.status, &told.json()["error"]), (403, &json!("site_not_allowed")));
}

#[test]
fn every_form_that_is_not_an_allowed_sites_own_is_refused() {
    let (desk, daemon, key) = bench();
    let (before, asked) = (desk.audit(), desk.pinentry.received("SETDESC").len());
    let own = format!("http://127.0.0.1:{}", daemon.port());
    let site = || form(Some(SITE), &[BACK]);
    let preflight = Request::new("OPTIONS", "/confirm").header("Origin", SITE);
    let elsewhere = |back| navigating(form(Some(SITE), &[back]));
    let rows = [
        ("nobody", navigating(form(None, &[BACK])), (403, "missing_origin")),
        ("origin null", navigating(form(Some("null"), &[])), (403, "bad_origin")),
        (
            "a stranger",
            navigating(form(Some("https://evil.test"), &[])),
            (403, "site_not_allowed"),
        ),
        (
            "our own page",
            navigating(form(Some(&own), &[])),
            (403, "site_not_allowed"),
        ),
        (
            "a rebound host",
            navigating(site()).header("Host", "evil.test"),
            (421, "wrong_host"),
        ),
        (
            "a script",
            site()
                .header("Sec-Fetch-Mode", "cors")
                .header("Sec-Fetch-Dest", "empty"),
            (403, "wrong_fetch_mode"),
        ),
        (
            "a script that may not read",
            site()
                .header("Sec-Fetch-Mode", "no-cors")
                .header("Sec-Fetch-Dest", "empty"),
            (403, "wrong_fetch_mode"),
        ),
        (
            "a frame",
            site()
                .header("Sec-Fetch-Mode", "navigate")
                .header("Sec-Fetch-Dest", "iframe"),
            (403, "wrong_fetch_mode"),
        ),
        (
            "a preflight",
            preflight.header("Access-Control-Request-Method", "POST"),
            (403, "wrong_fetch_mode"),
        ),
        (
            "a plain form",
            navigating(Request::new("POST", "/confirm").body("text/plain", "manifest={}")).header("Origin", SITE),
            (415, "wrong_content_type"),
        ),
        (
            "too large by its word",
            navigating(site()).header("Content-Length", "65537"),
            (413, "body_too_large"),
        ),
        (
            "back to a stranger",
            elsewhere("https://evil.test/"),
            (422, "return_url_elsewhere"),
        ),
        (
            "back to a name that goes on",
            elsewhere("https://keiyaku.example.jp.evil.test/"),
            (422, "return_url_elsewhere"),
        ),
        (
            "back without TLS",
            elsewhere("http://keiyaku.example.jp/"),
            (422, "return_url_elsewhere"),
        ),
        (
            "back to a script",
            elsewhere("javascript:alert(1)"),
            (422, "return_url_invalid"),
        ),
        (
            "back to two places",
            navigating(form(Some(SITE), &[BACK, BACK])),
            (400, "bad_upload"),
        ),
        (
            "an address to go back to, by script",
            Request::new("POST", "/v1/signings")
                .multipart(&[
                    part("manifest", "application/json", br#"{"documents":[{"name":"a"}]}"#),
                    part("return_url", "text/plain", BACK.as_bytes()),
                ])
                .header("Origin", SITE)
                .header("Authorization", &format!("Bearer {key}")),
            (400, "bad_upload"),
        ),
        (
            "another method",
            Request::new("PUT", "/confirm"),
            (405, "method_not_allowed"),
        ),
    ];
    for (what, request, (status, code)) in rows {
        for (asked, ascii) in [("ja", false), ("en", true)] {
            let answer = request.clone().header("Accept-Language", asked).send(daemon.port());
            assert_eq!(answer.status, status, "{what}: {}", answer.text());
            let body = answer.json();
            assert_eq!(body["error"], code, "{what}");
            assert_eq!(body["message"].as_str().unwrap().is_ascii(), ascii, "{what}: {body}");
        }
    }
    assert_eq!(desk.audit(), before);
    assert_eq!(desk.pinentry.received("SETDESC").len(), asked);
    assert!(desk.uploads().is_empty() && daemon.children().is_empty());
}

#[test]
fn a_form_waits_for_the_person_and_few_wait_at_once() {
    let (desk, daemon, key) = bench();
    let asked = desk.pinentry.received("SETDESC").len();
    let mut pages = Vec::new();
    for _ in 0..3 {
        let answer = navigating(form(Some(SITE), &[BACK])).send(daemon.port());
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
        pages.push(answer.header("Location").unwrap().to_owned());
    }
    let fourth = navigating(form(Some(SITE), &[BACK])).send(daemon.port());
    assert_eq!(
        (fourth.status, &fourth.json()["error"]),
        (429, &json!("forms_too_many"))
    );
    let other = navigating(form(Some(LISTED), &[])).send(daemon.port());
    assert_eq!(
        other.status,
        303,
        "a site of the configuration, without a key: {}",
        other.text()
    );

    let policy = |page: &str| {
        let answer = navigating(Request::new("GET", page)).send(daemon.port());
        assert_eq!(answer.status, 200, "{page}");
        answer.header("Content-Security-Policy").unwrap().to_owned()
    };
    assert!(policy(&pages[0]).ends_with(&format!("form-action 'self' {SITE}")));
    for page in [other.header("Location").unwrap(), "/confirm/unknown", "/"] {
        assert!(policy(page).ends_with("form-action 'self'"), "{page}");
    }

    let path = pages[0].strip_prefix("/confirm/").unwrap();
    let address = format!("/v1/signings/{}", path.split('?').next().unwrap());
    let by_site = |method| {
        let request = Request::new(method, &address).header("Origin", SITE);
        request
            .header("Authorization", &format!("Bearer {key}"))
            .send(daemon.port())
    };
    assert_eq!(by_site("GET").json()["state"], "awaiting_confirmation");
    assert_eq!(desk.pinentry.received("SETDESC").len(), asked, "a prompt opened");
    assert!(daemon.children().is_empty(), "a card was looked at");
    assert_eq!(by_site("DELETE").status, 204);
    assert_eq!(
        navigating(form(Some(SITE), &[BACK])).send(daemon.port()).status,
        303,
        "room again"
    );
}

/// A form as hankod.js closes it (docs/browsers.md), by other code.
fn closed(form: &[u8], key: &str, port: u16) -> Vec<u8> {
    let salt = [9; 32];
    let mut kdf = PkeyCtx::new_id(Id::HKDF).unwrap();
    kdf.derive_init().unwrap();
    kdf.set_hkdf_md(Md::sha256()).unwrap();
    kdf.set_hkdf_key(key.as_bytes()).unwrap();
    kdf.set_hkdf_salt(&salt).unwrap();
    kdf.add_hkdf_info(format!("hankod-form-1\0{SITE}\0{port}").as_bytes())
        .unwrap();
    let mut aes = [0; 32];
    kdf.derive(Some(&mut aes)).unwrap();
    let mut out = [&[1][..], &salt].concat();
    let chunks: Vec<&[u8]> = form.chunks(65_536).collect();
    for (n, chunk) in chunks.iter().enumerate() {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&(n as u64).to_be_bytes());
        nonce[11] = u8::from(n + 1 == chunks.len());
        let mut tag = [0; 16];
        out.extend(encrypt_aead(Cipher::aes_256_gcm(), &aes, Some(&nonce), &[], chunk, &mut tag).unwrap());
        out.extend(tag);
    }
    out
}

fn sent(closed: &[u8], daemon: &Daemon) -> (u16, Value) {
    let part = part("closed", "application/octet-stream", closed);
    let request = Request::new("POST", "/confirm")
        .multipart(&[part])
        .header("Origin", SITE);
    let answer = navigating(request).send(daemon.port());
    match answer.status {
        303 => (303, json!(answer.header("Location").unwrap())),
        status => (status, answer.json()["error"].clone()),
    }
}

#[test]
fn a_closed_form_is_opened_by_the_daemon_that_gave_out_its_key_and_by_no_other() {
    let desk = Desk::new("closed-form", &[Answer::Confirm]);
    let daemon = desk.serve();
    let key = desk.site_key(&daemon, SITE);
    // A document of several chunks.
    let mut pdf = shapes::classic("1.7", shapes::LF);
    pdf.splice(9..9, vec![b'%'; 200_000].into_iter().chain(*b"\n"));
    let manifest = json!({ "documents": [{ "name": "契約書.pdf" }] }).to_string();
    let parts = [
        part("manifest", "application/json", manifest.as_bytes()),
        part("return_url", "text/plain", BACK.as_bytes()),
        part("document", "application/pdf", &pdf),
    ];
    let form = Request::new("POST", "/confirm").multipart(&parts).rest(0).to_vec();
    let good = closed(&form, &key, daemon.port());
    let not_for_us = (403, json!("form_not_for_us"));
    let other_first = if key.starts_with('A') { 'B' } else { 'A' };
    let other_key = format!("{other_first}{}", &key[1..]);
    assert_eq!(sent(&closed(&form, &other_key, daemon.port()), &daemon), not_for_us);
    assert_eq!(
        sent(&closed(&form, &key, daemon.port() ^ 1), &daemon),
        not_for_us,
        "another port"
    );
    let chunk = 33 + 65_552;
    let rows = [
        ("cut off after a chunk", good[..chunk].to_vec()),
        ("cut off in a chunk", good[..chunk + 100].to_vec()),
        ("without its first chunk", [&good[..33], &good[chunk..]].concat()),
        ("with a chunk twice", [&good[..chunk], &good[33..]].concat()),
        ("of another version", [&[2], &good[1..]].concat()),
        ("open", form.clone()),
    ];
    for (what, form) in rows {
        assert_eq!(sent(&form, &daemon), not_for_us, "{what}");
    }
    assert_eq!(sent(&good[..20], &daemon), (400, json!("bad_upload")));
    assert_eq!(
        sent(&closed(b"no form", &key, daemon.port()), &daemon),
        (400, json!("bad_upload"))
    );
    for at in [0, 5, 40, chunk - 1, good.len() - 1] {
        let mut changed = good.clone();
        changed[at] ^= 0x80;
        assert_eq!(sent(&changed, &daemon), not_for_us, "byte {at}");
    }
    assert!(desk.uploads().is_empty(), "something of a refused form is left");

    let (status, page) = sent(&good, &daemon);
    assert_eq!(status, 303, "{page}");
    let page = page.as_str().unwrap();
    let policy = navigating(Request::new("GET", page)).send(daemon.port());
    let policy = policy.header("Content-Security-Policy").unwrap();
    assert!(policy.ends_with(&format!("form-action 'self' {SITE}")), "{policy}");
    let kept: Vec<Vec<u8>> = desk.uploads().iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(kept, [pdf]);
}
