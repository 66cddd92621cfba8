//! People who sign in at a server: invited at the command line, with a telephone of their own that makes codes (RFC 6238).

use super::daemon::Daemon;
use super::holder::Holder;
use super::http::{Request, Response};
use hankod::access::totp;
use hankod::clock::Timestamp;
use serde_json::{Value, json};
use std::time::SystemTime;

/// Where the pages of a server stand, unless the test says otherwise.
pub(crate) const ORIGIN: &str = "https://keiyaku.example.jp";
/// Everybody's password.
pub(crate) const PASSWORD: &str = "himitsu-no-aikotoba";

/// A person of 見本市 総務課.
pub(crate) struct Clerk {
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) secret: Vec<u8>,
    /// The session's secret; empty for nobody.
    pub(crate) cookie: String,
    origin: String,
    port: u16,
    step: i64,
}

/// Adds a person at the command line; what it says, the invitation's secret in it.
pub(crate) fn invited(holder: &Holder, section: &str, name: &str, roles: &[&str]) -> Value {
    let address = format!("{name}@city.example.lg.jp");
    let mut command = vec![
        "person",
        "add",
        name,
        "--address",
        &address,
        "--organisation",
        "見本市",
        "--section",
        section,
    ];
    command.extend([
        "--section-address",
        "soumu@city.example.lg.jp",
        "--telephone",
        "0123-45-6789",
        "--format",
        "json",
        "--role",
    ]);
    command.extend(roles);
    let added = holder.run(&command);
    assert!(added.ok, "{}", added.stderr);
    serde_json::from_str(&added.stdout).unwrap()
}

/// What stands behind `#` in the address of the page where somebody enrols.
pub(crate) fn secret_of(invitation: &Value) -> String {
    let address = invitation["invitation"]
        .as_str()
        .unwrap_or_else(|| panic!("{invitation}"));
    address.split_once('#').unwrap().1.to_owned()
}

impl Clerk {
    /// Invited, enrolled and signed in.
    pub(crate) fn new(holder: &Holder, daemon: &Daemon, name: &str, roles: &[&str]) -> Self {
        Self::of("総務課(起案用)", (holder, daemon, ORIGIN), name, roles)
    }

    /// The same in a section, at a server whose pages stand at `origin`.
    pub(crate) fn of(
        section: &str,
        (holder, daemon, origin): (&Holder, &Daemon, &str),
        name: &str,
        roles: &[&str],
    ) -> Self {
        let added = invited(holder, section, name, roles);
        let mut clerk = Self::nobody(origin, daemon.port());
        clerk.id = added["id"].as_str().unwrap().to_owned();
        clerk.address = added["address"].as_str().unwrap().to_owned();
        let enrolled = clerk.enrol(&secret_of(&added), PASSWORD);
        assert_eq!(enrolled.status, 204, "{}", enrolled.text());
        clerk
    }

    /// Somebody without account.
    pub(crate) fn nobody(origin: &str, port: u16) -> Self {
        Self {
            id: String::new(),
            address: String::new(),
            secret: Vec::new(),
            cookie: String::new(),
            origin: origin.to_owned(),
            port,
            step: totp::step(Timestamp::from_system(SystemTime::now())) - 2,
        }
    }

    /// Takes an invitation up: with the secret that its page shows.
    pub(crate) fn enrol(&mut self, invitation: &str, password: &str) -> Response {
        let asked = self.send(
            self.request("POST", "/v1/invitation")
                .json(&json!({ "invitation": invitation })),
        );
        assert_eq!(asked.status, 200, "{}", asked.text());
        self.secret = base32(asked.json()["secret"].as_str().unwrap());
        let body = json!({ "invitation": invitation, "password": password, "code": self.next_code() });
        let answer = self.send(self.request("PUT", "/v1/invitation").json(&body));
        self.keep(&answer);
        answer
    }

    /// Signs in with this password and the telephone's next code.
    pub(crate) fn sign_in(&mut self, password: &str) -> Response {
        let code = self.next_code();
        self.sign_in_with(password, &code)
    }

    pub(crate) fn sign_in_with(&mut self, password: &str, code: &str) -> Response {
        let body = json!({ "address": self.address, "password": password, "code": code });
        let answer = self.send(self.request("POST", "/v1/session").json(&body));
        self.keep(&answer);
        answer
    }

    /// A code that was not used yet. Three are good at any moment, so that a test signs in three times without waiting.
    pub(crate) fn next_code(&mut self) -> String {
        let now = totp::step(Timestamp::from_system(SystemTime::now()));
        self.step = (self.step + 1).max(now - 1);
        assert!(self.step <= now + 1, "no more than three codes at once");
        totp::code(&self.secret, self.step).unwrap()
    }

    /// A request as a page of the server makes it.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        let request = Request::new(method, path).header("Origin", &self.origin);
        match self.cookie.is_empty() {
            true => request,
            false => request.header("Cookie", &format!("{}={}", self.cookie_name(), self.cookie)),
        }
    }

    pub(crate) fn cookie_name(&self) -> &'static str {
        match self.origin.starts_with("https") {
            true => "__Host-hankod",
            false => "hankod-staff",
        }
    }

    pub(crate) fn send(&self, request: Request) -> Response {
        request.send(self.port)
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.send(self.request("GET", path))
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> Response {
        self.send(self.request(method, path).json(body))
    }

    /// At the port where the server listens now.
    pub(crate) fn moved(&mut self, daemon: &Daemon) {
        self.port = daemon.port();
    }

    fn keep(&mut self, answer: &Response) {
        if let Some(cookie) = answer.header("Set-Cookie") {
            let (_, rest) = cookie.split_once('=').unwrap();
            self.cookie = rest.split(';').next().unwrap().to_owned();
        }
    }
}

/// RFC 4648, 6.
fn base32(text: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = text
        .chars()
        .map(|c| format!("{:05b}", digits.find(c).unwrap()))
        .collect();
    let whole = bits.as_bytes().chunks_exact(8);
    whole
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect()
}
