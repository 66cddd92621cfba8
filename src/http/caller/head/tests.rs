//! Every attack on a local daemon that its headers give away, as a table, and the calls that must pass.

use super::*;

const PORT: u16 = 10805;
const HOST_LINE: (&str, &str) = ("host", "127.0.0.1:10805");
const KEY: (&str, &str) = ("authorization", "Bearer 0123456789abcdef0123456789abcdef");
const SITE: (&str, &str) = ("origin", "https://keiyaku.example.jp");
const OWN: (&str, &str) = ("origin", "http://127.0.0.1:10805");
const COOKIE_LINE: (&str, &str) = ("cookie", "other=1; hankod-10805=abc");
const MULTIPART: (&str, &str) = ("content-type", "multipart/form-data; boundary=x");
const JSON: (&str, &str) = ("content-type", "application/json");

fn judge(method: &str, path: &str, lines: &[(&str, &str)]) -> Result<Examined, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let placed = place(&method, &path.parse().unwrap(), &headers, PORT)?;
    examine(placed, &headers, 1_000_000)
}

fn refused(method: &str, path: &str, lines: &[(&str, &str)], expected: &Refusal) {
    let outcome = judge(method, path, lines);
    assert_eq!(outcome.err().as_ref(), Some(expected), "{method} {path} {lines:?}");
}

#[test]
fn a_foreign_host_is_refused_before_everything() {
    for host in [
        "evil.test:10805",
        "evil.test",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:10806",
        "127.0.0.1.evil.test:10805",
        "localhost.evil.test:10805",
        "LOCALHOST:10805",
        "0.0.0.0:10805",
        "127.0.0.2:10805",
        "[::2]:10805",
        "[::1]",
        "::1:10805",
        "user@127.0.0.1:10805",
        "127.0.0.1:010805",
        "127.0.0.1:+10805",
        "",
    ] {
        for path in ["/health", "/", "/nowhere", "/v1/tokens"] {
            refused("GET", path, &[("host", host), SITE, KEY], &Refusal::WrongHost);
        }
    }
    refused("GET", "/health", &[], &Refusal::WrongHost);
    refused("GET", "/health", &[HOST_LINE, HOST_LINE], &Refusal::WrongHost);
    for host in ["127.0.0.1:10805", "[::1]:10805", "localhost:10805"] {
        assert!(judge("GET", "/health", &[("host", host)]).is_ok(), "{host}");
    }
}

#[test]
fn a_rebound_same_origin_read_is_refused() {
    // After rebinding the browser takes the page for same-origin: no Origin header, Sec-Fetch-Site says same-origin, but Host names the attacker.
    let rebound = [
        ("host", "evil.test:10805"),
        ("sec-fetch-site", "same-origin"),
        COOKIE_LINE,
    ];
    refused("GET", "/v1/tokens", &rebound, &Refusal::WrongHost);
}

#[test]
fn a_proxy_style_target_is_refused() {
    refused("GET", "http://evil.test/health", &[HOST_LINE], &Refusal::WrongTarget);
    refused("OPTIONS", "*", &[HOST_LINE, SITE], &Refusal::WrongTarget);
}

#[test]
fn origins_that_say_nothing_are_refused() {
    for origin in [
        "null",
        "",
        "https://a.test, https://b.test",
        "https://a.test/",
        "HTTPS://a.test",
    ] {
        refused(
            "GET",
            "/v1/tokens",
            &[HOST_LINE, ("origin", origin), KEY],
            &Refusal::BadOrigin,
        );
        refused(
            "POST",
            "/v1/pairings",
            &[HOST_LINE, ("origin", origin), JSON],
            &Refusal::BadOrigin,
        );
    }
    refused("GET", "/v1/tokens", &[HOST_LINE, SITE, SITE, KEY], &Refusal::BadOrigin);
    refused("POST", "/v1/pairings", &[HOST_LINE, JSON], &Refusal::MissingOrigin);
}

#[test]
fn blind_posts_are_refused() {
    // What needs no preflight: a form, text/plain, sendBeacon. Without a key all fail, whatever their type.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let lines = [HOST_LINE, SITE, ("content-type", kind), COOKIE_LINE];
        refused("POST", "/v1/signings", &lines, &Refusal::MissingKey);
    }
    // With a key (so after a preflight) the type must still be right.
    for kind in [
        "text/plain",
        "application/json",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
    ] {
        let lines = [HOST_LINE, SITE, KEY, ("content-type", kind)];
        refused("POST", "/v1/signings", &lines, &Refusal::WrongContentType);
    }
    for kind in [
        "text/plain",
        "application/jsonx",
        "application/json; charset=utf-7",
        "text/json",
    ] {
        let lines = [HOST_LINE, SITE, ("content-type", kind)];
        refused("POST", "/v1/pairings", &lines, &Refusal::WrongContentType);
    }
    refused(
        "POST",
        "/v1/pairings",
        &[HOST_LINE, SITE, JSON, JSON],
        &Refusal::WrongContentType,
    );
    refused(
        "POST",
        "/v1/signings",
        &[HOST_LINE, SITE, KEY],
        &Refusal::WrongContentType,
    );
}

#[test]
fn malformed_keys_are_refused() {
    for value in [
        "Bearer",
        "Bearer ",
        "Bearer short",
        "Basic dXNlcjpwYXNzd29yZA==",
        "bearer 0123456789abcdef",
    ] {
        refused(
            "GET",
            "/v1/tokens",
            &[HOST_LINE, SITE, ("authorization", value)],
            &Refusal::BadKey,
        );
    }
    refused("GET", "/v1/tokens", &[HOST_LINE, SITE, KEY, KEY], &Refusal::BadKey);
    let long = format!("Bearer {}", "a".repeat(LONGEST_KEY_BYTES + 1));
    refused(
        "GET",
        "/v1/tokens",
        &[HOST_LINE, ("authorization", &long)],
        &Refusal::BadKey,
    );
}

#[test]
fn the_cookie_is_good_from_the_own_page_alone() {
    let same = ("sec-fetch-site", "same-origin");
    assert!(judge("GET", "/v1/tokens", &[HOST_LINE, COOKIE_LINE, same]).is_ok());
    assert!(judge("GET", "/v1/tokens", &[HOST_LINE, COOKIE_LINE, OWN]).is_ok());
    assert!(judge("POST", "/v1/signings", &[HOST_LINE, COOKIE_LINE, OWN, MULTIPART]).is_ok());
    // Another port of this host is same-site, so a browser sends it the cookie, and its pages send it to us.
    for origin in [
        "http://127.0.0.1:9999",
        "http://localhost:10805",
        "https://127.0.0.1:10805",
    ] {
        let lines = [HOST_LINE, COOKIE_LINE, MULTIPART, ("origin", origin)];
        refused("POST", "/v1/signings", &lines, &Refusal::MissingKey);
    }
    for site in ["same-site", "cross-site", "none"] {
        let lines = [HOST_LINE, COOKIE_LINE, ("sec-fetch-site", site)];
        refused("GET", "/v1/tokens", &lines, &Refusal::MissingKey);
    }
    refused("GET", "/v1/tokens", &[HOST_LINE, COOKIE_LINE], &Refusal::MissingKey);
    // A change needs Origin, whatever else is there.
    refused(
        "POST",
        "/v1/signings",
        &[HOST_LINE, COOKIE_LINE, same, MULTIPART],
        &Refusal::MissingKey,
    );
    refused(
        "DELETE",
        "/v1/signings/a",
        &[HOST_LINE, COOKIE_LINE, same],
        &Refusal::MissingKey,
    );
    let other_port = ("cookie", "hankod-10806=abc");
    refused(
        "GET",
        "/v1/tokens",
        &[HOST_LINE, other_port, same],
        &Refusal::MissingKey,
    );
    refused("GET", "/v1/tokens", &[HOST_LINE, OWN, KEY], &Refusal::BadKey);
}

#[test]
fn navigations_frames_and_opaque_requests_get_nothing() {
    for (mode, dest) in [
        ("navigate", "document"),
        ("navigate", "iframe"),
        ("no-cors", "image"),
        ("no-cors", "script"),
        ("websocket", "websocket"),
    ] {
        let lines = [HOST_LINE, SITE, KEY, ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
        refused("GET", "/v1/tokens", &lines, &Refusal::WrongFetch);
    }
    for dest in ["iframe", "frame", "embed", "object"] {
        let lines = [
            HOST_LINE,
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", dest),
            ("sec-fetch-site", "cross-site"),
        ];
        refused("GET", "/", &lines, &Refusal::WrongFetch);
        refused("GET", "/confirm/a", &lines, &Refusal::WrongFetch);
        refused("GET", "/health", &lines, &Refusal::WrongFetch);
    }
    let script = [
        HOST_LINE,
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "script"),
        ("sec-fetch-site", "cross-site"),
    ];
    refused("GET", "/assets/page.js", &script, &Refusal::WrongFetch);
    let opened = [
        HOST_LINE,
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-site", "cross-site"),
    ];
    assert!(judge("GET", "/confirm/a", &opened).is_ok());
}

#[test]
fn too_much_is_refused_before_it_is_read() {
    let too_large = |max_bytes| Refusal::TooLarge { max_bytes };
    let lines = [HOST_LINE, SITE, KEY, MULTIPART, ("content-length", "1000001")];
    refused("POST", "/v1/signings", &lines, &too_large(1_000_000));
    let lines = [HOST_LINE, SITE, JSON, ("content-length", "99999999999999999999")];
    refused("POST", "/v1/pairings", &lines, &too_large(MAX_JSON_BYTES));
    refused("GET", "/health", &[HOST_LINE, ("content-length", "1")], &too_large(0));
    refused(
        "GET",
        "/health",
        &[HOST_LINE, ("transfer-encoding", "chunked")],
        &too_large(0),
    );
}

#[test]
fn unknown_addresses_and_methods_have_their_own_words() {
    refused("GET", "/v1/nothing", &[HOST_LINE], &Refusal::NoRoute);
    refused("GET", "/../etc/passwd", &[HOST_LINE], &Refusal::NoRoute);
    refused("PUT", "/v1/signings/a", &[HOST_LINE], &Refusal::WrongMethod);
    refused("HEAD", "/health", &[HOST_LINE], &Refusal::WrongMethod);
    refused("OPTIONS", "/v1/tokens", &[HOST_LINE, SITE], &Refusal::WrongMethod);
    let announced = ("access-control-request-method", "GET");
    refused(
        "OPTIONS",
        "/v1/tokens",
        &[HOST_LINE, announced],
        &Refusal::MissingOrigin,
    );
}

#[test]
fn proper_calls_pass() {
    let examined = judge("POST", "/v1/signings", &[HOST_LINE, SITE, KEY, MULTIPART]).unwrap();
    assert!(matches!(examined.credential, Credential::Key(key) if key.expose().len() == 32));
    assert!(matches!(examined.source, Source::Site(origin) if origin.as_str() == SITE.1));
    assert!(
        judge("GET", "/v1/tokens", &[HOST_LINE, KEY]).is_ok(),
        "a desktop program"
    );
    assert!(judge("POST", "/v1/pairings", &[HOST_LINE, SITE, JSON]).is_ok());
    assert!(judge("GET", "/", &[HOST_LINE]).is_ok());
}
