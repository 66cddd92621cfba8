//! The server role from outside: who gets in with what, what an insecure configuration is told, and a certificate renewed while it runs.

use crate::support::ca::Ca;
use crate::support::daemon::Daemon;
use crate::support::dir::TestDir;
use crate::support::http::{Request, Response};
use crate::support::tls::{Client, Identity};
use crate::support::{Ran, run};
use openssl::ssl::SslVersion;
use openssl::x509::X509;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

struct Server {
    dir: TestDir,
    ca: Ca,
    daemon: Daemon,
    identity: Identity,
}

const TLS: &str = "role = \"server\"\nlang = \"en\"\n[tls]\ncertificate_file = \"tls.pem\"\nkey_file = \"tls.key\"\nclient_ca_file = \"ca.pem\"\n";

impl Server {
    fn start() -> Self {
        let dir = TestDir::new("server");
        let ca = Ca::new("Server Test CA");
        let identity = Identity::new(&ca, "server");
        identity.write(&dir);
        std::fs::write(dir.join("ca.pem"), ca.pem()).unwrap();
        let daemon = Daemon::start(&dir, TLS, &[]);
        Self {
            dir,
            ca,
            daemon,
            identity,
        }
    }

    fn hankod(&self, arguments: &[&str]) -> Ran {
        hankod(&self.dir, arguments)
    }

    /// Adds a client and gives its API key.
    fn add(&self, name: &str, more: &[&str]) -> String {
        let added = self.hankod(&[&["client", "add", name, "--scope", "credentials"], more].concat());
        assert!(added.ok, "{}", added.stderr);
        added.stdout.trim().to_owned()
    }

    fn client(&self) -> Client<'_> {
        Client {
            ca: &self.ca,
            identity: None,
            newest: None,
        }
    }

    fn ask(&self, key: &str) -> Response {
        self.client().send(
            &myself().header("Authorization", &format!("Bearer {key}")),
            self.daemon.port(),
        )
    }
}

fn hankod(dir: &TestDir, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
    let command = command.args(arguments).arg("--config").arg(dir.join("hankod.toml"));
    run(command.arg("--state").arg(dir.join("state")), "")
}

fn myself() -> Request {
    Request::new("GET", "/v1/client")
}

fn code(response: &Response) -> (u16, String) {
    (
        response.status,
        response.json()["error"].as_str().unwrap_or_default().to_owned(),
    )
}

#[test]
fn an_api_key_opens_until_it_is_revoked() {
    let server = Server::start();
    let key = server.add("keiyaku", &[]);
    let answer = server.ask(&key);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["name"], "keiyaku");
    assert_eq!(answer.json()["scopes"], serde_json::json!(["credentials"]));
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);

    let wrong = format!("hk_{}", "A".repeat(43));
    assert_eq!(code(&server.ask(&wrong)), (401, "key_unknown".to_owned()));
    assert_eq!(code(&server.ask("x")), (401, "key_unknown".to_owned()));
    let nobody = server.client().send(&myself(), server.daemon.port());
    assert_eq!(code(&nobody), (401, "missing_key".to_owned()));

    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert!(server.hankod(&["client", "revoke", &id]).ok);
    assert_eq!(code(&server.ask(&key)), (401, "key_revoked".to_owned()));
    let listed = server.hankod(&["client", "list"]).stdout;
    assert!(
        listed.contains("keiyaku") && listed.contains("revoked") && !listed.contains(&key),
        "{listed}"
    );
    let state = std::fs::read(server.dir.join("state/hankod.sqlite3")).unwrap();
    assert!(
        !state.windows(key.len()).any(|window| window == key.as_bytes()),
        "the key lies in the state"
    );
}

#[test]
fn a_client_certificate_opens_for_the_client_that_it_was_added_for() {
    let server = Server::start();
    let (known, other) = (Identity::new(&server.ca, "batch"), Identity::new(&server.ca, "other"));
    let file = server.dir.join("batch.pem");
    std::fs::write(&file, X509::from_der(&known.der).unwrap().to_pem().unwrap()).unwrap();
    server.add("batch", &["--certificate", file.to_str().unwrap()]);
    let shown = |identity| {
        let client = Client {
            identity: Some(identity),
            ..server.client()
        };
        client.send(&myself(), server.daemon.port())
    };
    assert_eq!(shown(&known).json()["name"], "batch");
    assert_eq!(code(&shown(&other)), (401, "key_unknown".to_owned()));
    // A certificate of another authority does not get as far as a request.
    let stranger = Ca::new("Another CA");
    let forged = Identity::new(&stranger, "batch");
    let client = Client {
        identity: Some(&forged),
        ..server.client()
    };
    let refused = client
        .connect(server.daemon.port())
        .map_err(drop)
        .and_then(|mut stream| {
            // TLS 1.3 tells a client's certificate apart after the client's handshake is over.
            use std::io::Read;
            stream.read(&mut [0; 1]).map(drop).map_err(drop)
        });
    assert_eq!(refused, Err(()));
}

#[test]
fn tls_is_1_2_or_1_3_and_plain_http_gets_nothing() {
    let server = Server::start();
    let key = server.add("keiyaku", &[]);
    for newest in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let client = Client {
            newest: Some(newest),
            ..server.client()
        };
        let request = myself().header("Authorization", &format!("Bearer {key}"));
        assert_eq!(client.send(&request, server.daemon.port()).status, 200);
    }
    let old = Client {
        newest: Some(SslVersion::TLS1_1),
        ..server.client()
    };
    assert!(old.connect(server.daemon.port()).is_err());
    let mut plain =
        crate::support::http::begin_with(server.daemon.port(), b"GET /v1/client HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut answer = Vec::new();
    // The connection may end with a reset.
    std::io::Read::read_to_end(&mut plain, &mut answer).ok();
    assert!(!answer.starts_with(b"HTTP/"));
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart() {
    let server = Server::start();
    let port = server.daemon.port();
    assert_eq!(server.client().server(port), server.identity.der);
    let renewed = Identity::new(&server.ca, "server, renewed");
    renewed.write(&server.dir);
    while server.client().server(port) != renewed.der {
        std::thread::yield_now();
    }
    // A key of somebody else is not taken; the certificate in use stays.
    std::fs::write(server.dir.join("tls.key"), "no key").unwrap();
    while !server.daemon.log().contains("tls_not_renewed") {
        std::thread::yield_now();
    }
    assert_eq!(server.client().server(port), renewed.der);
}

#[test]
fn too_many_calls_are_told_when_to_come_back() {
    let server = Server::start();
    let (few, many) = (server.add("few", &["--per-minute", "2"]), server.add("many", &[]));
    assert_eq!((server.ask(&few).status, server.ask(&few).status), (200, 200));
    let refused = server.ask(&few);
    assert_eq!(code(&refused), (429, "client_too_often".to_owned()));
    assert!(refused.header("Retry-After").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(server.ask(&many).status, 200);
}

#[test]
fn the_roles_have_addresses_of_their_own() {
    let server = Server::start();
    let key = server.add("keiyaku", &[]);
    for path in ["/", "/health", "/v1/tokens", "/v1/pairings", "/confirm/x"] {
        let request = Request::new("GET", path).header("Authorization", &format!("Bearer {key}"));
        let answer = server.client().send(&request, server.daemon.port());
        assert_eq!(code(&answer), (404, "no_such_address".to_owned()), "{path}");
    }
    let dir = TestDir::new("desk");
    let desk = Daemon::start(&dir, "lang = \"en\"\n", &[]);
    let answer = myself().send(desk.port());
    assert_eq!(code(&answer), (404, "no_such_address".to_owned()));
}

#[test]
fn what_would_be_insecure_does_not_start_and_says_why() {
    let server = Server::start();
    for (config, told) in [
        ("role = \"server\"\nlisten = \"0.0.0.0:0\"\n", "config_plain_http"),
        ("role = \"server\"\n[admin]\nlisten = \"0.0.0.0:0\"\n", "config_listen"),
        (
            "role = \"server\"\n[[token]]\nlabel = \"a\"\npin = \"1234\"\n",
            "config_secret_inline",
        ),
        (
            "[tls]\ncertificate_file = \"tls.pem\"\nkey_file = \"tls.key\"\n",
            "config_server_only",
        ),
    ] {
        let dir = TestDir::new("insecure");
        std::fs::write(dir.join("hankod.toml"), config).unwrap();
        server.identity.write(&dir);
        let checked = hankod(&dir, &["serve", "--check"]);
        assert!(
            !checked.ok && checked.stderr.contains(told),
            "{config}: {}",
            checked.stderr
        );
    }
    let dir = TestDir::new("open-key");
    std::fs::write(dir.join("hankod.toml"), TLS).unwrap();
    server.identity.write(&dir);
    std::fs::set_permissions(dir.join("tls.key"), PermissionsExt::from_mode(0o644)).unwrap();
    let checked = hankod(&dir, &["serve", "--check"]);
    assert!(
        !checked.ok && checked.stderr.contains("config_secret_file"),
        "{}",
        checked.stderr
    );
    // A certificate with another one's key is found at the start.
    let dir = TestDir::new("wrong-key");
    server.identity.write(&dir);
    std::fs::write(dir.join("ca.pem"), server.ca.pem()).unwrap();
    std::fs::copy(dir.join("ca.pem"), dir.join("tls.pem")).unwrap();
    let (status, log) = Daemon::try_start(&dir, TLS, &[]).map(drop).unwrap_err();
    assert!(!status.success() && log.contains("tls_unusable"), "{log}");
}

#[test]
fn the_administrator_is_told_how_it_is() {
    let dir = TestDir::new("admin");
    let config = "role = \"server\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[[module]]\npath = \"/nonexistent.so\"\n";
    let daemon = Daemon::start(&dir, config, &[]);
    // It was opened before the daemon was ready.
    let log = daemon.log();
    let line = log.lines().find(|line| line.contains("admin_ready")).unwrap();
    let port = line
        .split("address=127.0.0.1:")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    let port = port.parse().unwrap();
    assert_eq!(Request::new("GET", "/healthz").send(port).status, 200);
    let ready = Request::new("GET", "/readyz").send(port);
    assert_eq!((ready.status, ready.text().trim()), (503, "token_module_missing"));
}
