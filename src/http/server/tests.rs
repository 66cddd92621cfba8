//! The whole way from a socket to an answer, with an application that has no cards.

use super::*;
use crate::app::{App, Opening};
use crate::config::{Config, Environment};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

struct Running {
    port: u16,
    end: watch::Sender<bool>,
    server: tokio::task::JoinHandle<Result<(), ServeError>>,
    _state: tempfile::TempDir,
}

async fn application() -> (App, tempfile::TempDir) {
    let state = tempfile::tempdir().unwrap();
    let home = state.path().as_os_str().to_owned();
    let environment = Environment::read(|name| (name == "HOME").then(|| home.clone()));
    let config = Config::defaults(&environment).unwrap();
    (App::open(config, Opening::default()).await.unwrap(), state)
}

async fn start(limits: Limits) -> Running {
    let (end, ending) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (app, state) = application().await;
    let router = super::super::router(app, limits, ending.clone()).unwrap();
    let server = tokio::spawn(serve(
        vec![Door::on_loopback(listener).unwrap()],
        router,
        limits,
        ending,
    ));
    Running {
        port,
        end,
        server,
        _state: state,
    }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// Sends the lines with our Host and gives the whole answer.
    async fn ask(&self, request: &str, lines: &[&str]) -> String {
        let host = format!("127.0.0.1:{}", self.port);
        let lines: String = lines.iter().map(|l| format!("{l}\r\n")).collect();
        self.send(&format!(
            "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{lines}\r\n"
        ))
        .await
    }

    async fn send(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), test).await.unwrap() });
}

/// The value of a header, or "".
fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        .unwrap_or_default()
}

#[test]
fn health_is_for_everybody_and_readable_by_who_asked_alone() {
    run(async {
        let desk = start(Limits::default()).await;
        let answer = desk.ask("GET /health", &["Origin: https://a.test"]).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains("\"name\":\"hankod\""),
            "{answer}"
        );
        assert_eq!(header(&answer, "access-control-allow-origin"), "https://a.test");
        assert!(header(&answer, "vary").contains("origin"));
        let answer = desk.ask("GET /health", &[]).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), "");
    });
}

#[test]
fn a_foreign_host_hears_nothing_it_can_read() {
    run(async {
        let desk = start(Limits::default()).await;
        let answer = desk
            .send("GET /health HTTP/1.1\r\nHost: evil.test\r\nOrigin: http://evil.test\r\nConnection: close\r\n\r\n")
            .await;
        assert!(
            answer.starts_with("HTTP/1.1 421") && answer.contains("\"wrong_host\""),
            "{answer}"
        );
        assert_eq!(header(&answer, "access-control-allow-origin"), "");
        assert!(!answer.contains("\"version\""));
    });
}

#[test]
fn sites_that_are_not_allowed_get_neither_preflight_nor_answer() {
    run(async {
        let desk = start(Limits::default()).await;
        let origin = "Origin: https://evil.test";
        for (request, extra) in [
            ("OPTIONS /v1/tokens", "Access-Control-Request-Method: GET"),
            ("GET /v1/tokens", "Authorization: Bearer 0123456789abcdef"),
            ("GET /", "Accept: */*"),
        ] {
            let answer = desk.ask(request, &[origin, extra]).await;
            assert!(
                answer.starts_with("HTTP/1.1 403") && answer.contains("\"site_not_allowed\""),
                "{answer}"
            );
            assert_eq!(header(&answer, "access-control-allow-origin"), "");
        }
        let asks = [
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: content-type",
        ];
        let answer = desk.ask("OPTIONS /v1/pairings", &[origin, asks[0], asks[1]]).await;
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
        assert_eq!(header(&answer, "access-control-allow-origin"), "https://evil.test");
        assert_eq!(header(&answer, "access-control-allow-credentials"), "");
    });
}

#[test]
fn errors_are_told_in_the_language_asked_for() {
    run(async {
        let desk = start(Limits::default()).await;
        let ja = desk.ask("GET /v1/tokens", &["Accept-Language: ja,en;q=0.5"]).await;
        let en = desk.ask("GET /v1/tokens", &["Accept-Language: en-US"]).await;
        assert!(ja.starts_with("HTTP/1.1 401") && ja.contains("鍵"), "{ja}");
        assert!(
            en.contains("\"error\":\"missing_key\"") && en.contains("The key"),
            "{en}"
        );
        assert_eq!(
            (header(&ja, "content-language"), header(&en, "content-language")),
            ("ja", "en")
        );
    });
}

#[test]
fn the_page_comes_with_its_policy_and_a_cookie_that_opens_the_api_to_it_alone() {
    run(async {
        let desk = start(Limits::default()).await;
        let page = desk.ask("GET /", &[]).await;
        assert!(header(&page, "content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(header(&page, "x-content-type-options"), "nosniff");
        let cookie = header(&page, "set-cookie");
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
            "{page}"
        );
        let line = format!("Cookie: {}", cookie.split(';').next().unwrap());
        let mine = desk
            .ask("GET /v1/tokens", &[&line, "Sec-Fetch-Site: same-origin"])
            .await;
        assert!(mine.starts_with("HTTP/1.1 200"), "{mine}");
        let neighbour = desk.ask("GET /v1/tokens", &[&line, "Sec-Fetch-Site: same-site"]).await;
        assert!(neighbour.contains("missing_key"), "{neighbour}");
        let forged = desk
            .ask("GET /v1/tokens", &[&format!("{line}0"), "Sec-Fetch-Site: same-origin"])
            .await;
        assert!(forged.contains("bad_key"), "{forged}");
        let key = ["Authorization: Bearer 0123456789abcdef"];
        assert!(
            desk.ask("GET /v1/signings/a/preview", &key)
                .await
                .contains("own_page_only")
        );
    });
}

#[test]
fn malformed_addresses_and_bodies_are_told_in_our_form() {
    run(async {
        let desk = start(Limits::default()).await;
        let page = desk.ask("GET /", &[]).await;
        let cookie = format!("Cookie: {}", header(&page, "set-cookie").split(';').next().unwrap());
        let own = ["Sec-Fetch-Site: same-origin", &cookie];
        for address in [
            "/v1/signings/a/documents/x",
            "/v1/signings/a/documents/-1",
            "/v1/signings/%ff",
            "/v1/certificates?usage=x",
        ] {
            let answer = desk.ask(&format!("GET {address}"), &own).await;
            assert!(answer.contains("\"bad_address\""), "{answer}");
        }
        assert!(
            desk.ask("GET /health?nonce=short", &[])
                .await
                .contains("\"bad_address\"")
        );
        let origin = "Origin: https://a.test";
        let kind = "Content-Type: application/json";
        let answer = desk
            .ask(
                "POST /v1/pairings",
                &[origin, kind, "Content-Length: 9\r\n\r\n{\"pin\":1}"],
            )
            .await;
        assert!(
            answer.contains("\"bad_json\"") && answer.starts_with("HTTP/1.1 400"),
            "{answer}"
        );
    });
}

#[test]
fn event_streams_count_and_end_with_the_daemon() {
    run(async {
        let limits = Limits {
            max_requests_per_caller: 1,
            ..Limits::default()
        };
        let desk = start(limits).await;
        let page = desk.ask("GET /", &[]).await;
        let cookie = header(&page, "set-cookie").split(';').next().unwrap().to_owned();
        let head = format!(
            "GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\r\n",
            desk.port
        );
        let mut stream = desk.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut bytes = [0; 4096];
        let mut seen = String::new();
        while !seen.contains("retry: 2000") {
            let n = stream.read(&mut bytes).await.unwrap();
            assert!(n > 0, "{seen}");
            seen.push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
        let line = format!("Cookie: {cookie}");
        let second = desk
            .ask("GET /v1/tokens", &[&line, "Sec-Fetch-Site: same-origin"])
            .await;
        assert!(
            second.starts_with("HTTP/1.1 429") && second.contains("too_many_requests"),
            "{second}"
        );
        desk.end.send(true).unwrap();
        while stream.read(&mut bytes).await.unwrap() > 0 {}
        desk.server.await.unwrap().unwrap();
    });
}

#[test]
fn slow_and_swollen_heads_are_cut_off() {
    run(async {
        let limits = Limits {
            header_deadline_ms: 50,
            ..Limits::default()
        };
        let desk = start(limits).await;
        let mut slow = desk.connect().await;
        slow.write_all(b"GET /health HTTP/1.1\r\nHo").await.unwrap();
        let mut answer = Vec::new();
        slow.read_to_end(&mut answer).await.unwrap();
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
        let many = vec!["X: y"; MAX_HEADERS + 1];
        assert!(desk.ask("GET /health", &many).await.starts_with("HTTP/1.1 431"));
        let long = format!("X: {}", "y".repeat(MAX_HEADER_BYTES));
        assert!(desk.ask("GET /health", &[&long]).await.starts_with("HTTP/1.1 431"));
    });
}

#[test]
fn other_addresses_than_loopback_are_refused() {
    run(async {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let taken = Door::on_loopback(listener).map(drop);
        assert!(matches!(taken, Err(ServeError::NotLoopback(_))), "{taken:?}");
    });
}

#[test]
fn another_user_of_the_machine_gets_no_further_than_a_greeting() {
    run(async {
        let (_end, ending) = watch::channel(false);
        let (app, _state) = application().await;
        let router = super::super::router(app, Limits::default(), ending).unwrap();
        let (local, remote) = ("127.0.0.1:10805".parse().unwrap(), "127.0.0.1:49153".parse().unwrap());
        let ours = rustix::process::geteuid().as_raw();
        let key = ("Authorization", "Bearer 0123456789abcdef");
        let site = ("Origin", "https://a.test");
        let rows = [
            ("GET", "/v1/tokens", key, "key_unknown"),
            ("POST", "/v1/pairings", site, "wrong_content_type"),
            ("OPTIONS", "/v1/tokens", site, "site_not_allowed"),
            ("GET", "/v1/signings/a/preview", key, "own_page_only"),
            ("GET", "/health", site, "\"hankod\""),
            ("GET", "/", ("Accept", "*/*"), "<html"),
        ];
        for (method, path, (name, value), to_us) in rows {
            for (uid, refused) in [
                (Some(ours), to_us),
                (Some(ours + 1), "\"other_user\""),
                (None, "\"unknown_user\""),
            ] {
                let expected = if path.starts_with("/v1/") { refused } else { to_us };
                let request = hyper::Request::builder()
                    .method(method)
                    .uri(path)
                    .header("Host", "127.0.0.1:10805")
                    .header("Access-Control-Request-Method", "GET")
                    .header(name, value)
                    .extension(Peer::of_user(local, remote, uid))
                    .body(Body::empty())
                    .unwrap();
                let answer = TowerToHyperService::new(router.clone()).call(request).await.unwrap();
                let cookie = answer.headers().contains_key("set-cookie");
                let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
                let body = String::from_utf8_lossy(&body);
                assert!(body.contains(expected), "{method} {path} as {uid:?}: {body}");
                assert_eq!(cookie, path == "/" && uid == Some(ours));
            }
        }
    });
}

#[test]
fn strangers_who_are_slow_are_cut_off_and_do_not_shut_the_page() {
    run(async {
        let limits = Limits {
            max_requests_per_caller: 1,
            header_deadline_ms: 2_000,
            ..Limits::default()
        };
        let desk = start(limits).await;
        let mut slow = desk.connect().await;
        let head = format!(
            "POST /v1/pairings HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nOrigin: https://a.test\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
            desk.port
        );
        slow.write_all(head.as_bytes()).await.unwrap();
        // The daemon wants the body: from here on the request counts.
        let mut go_on = [0; 12];
        slow.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100");
        let second = desk.ask("GET /health", &[]).await;
        assert!(second.contains("\"too_many_requests\""), "{second}");
        let page = desk.ask("GET /", &[]).await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        // One byte at a time would reset a limit on silence; this one is on the whole.
        let mut rest = Vec::new();
        let (mut from, mut to) = slow.split();
        let drip = async {
            while to.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        // The end may be a reset; what was answered before it counts.
        let _ = tokio::join!(from.read_to_end(&mut rest), drip);
        let rest = String::from_utf8_lossy(&rest);
        assert!(rest.contains("\"upload_stalled\""), "{rest}");
    });
}
