//! `POST /confirm` from a bare socket: a form of an allowed site leaves a request and nothing more; every other form leaves nothing.

use crate::support::daemon::Daemon;
use crate::support::desk::Desk;
use crate::support::http::{Part, Request};
use crate::support::pinentry::Answer;
use crate::support::shapes;
use serde_json::json;

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
