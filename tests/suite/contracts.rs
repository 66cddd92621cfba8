//! Contracts over HTTP, row by row of the reference service (S1-S51): each test names the rows that it covers, `docs/seed.md` lists them.

mod certificate;
mod concluding;
mod drafts;
mod faults;
mod pages;
mod papers;
mod party;
mod proof;
mod searching;
mod signing;
pub(crate) mod stage;
mod verifier;

use crate::support::daemon::Daemon;
use crate::support::holder::{Holder, LABEL};
use crate::support::http::{Request, Response};
use crate::support::shapes;
use serde_json::{Value, json};
use std::net::TcpListener;

/// A server with an operator's key and an application that may make contracts.
pub(crate) struct Office {
    pub(crate) holder: Holder,
    pub(crate) daemon: Daemon,
    key: String,
}

impl Office {
    /// With these lines of configuration besides.
    pub(crate) fn start(name: &str, more: &str) -> Self {
        Self::with_holder(Holder::new(name), more)
    }

    pub(crate) fn with_holder(holder: Holder, more: &str) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), holder, more)
    }

    /// The same on a socket that the test made.
    pub(crate) fn on(listener: TcpListener, holder: Holder, more: &str) -> Self {
        holder.behave(&format!(
            "role = \"server\"\nlang = \"en\"\n{more}\n[[token]]\nlabel = \"{LABEL}\"\npin_file = \"pin\""
        ));
        let config = std::fs::read_to_string(holder.config()).unwrap();
        let daemon = Daemon::try_start_on(listener, &holder.dir, &config, &[]);
        let daemon = daemon.unwrap_or_else(|(status, log)| panic!("{status}: {log}"));
        let key = add_client(&holder, "keiyaku");
        Self { holder, daemon, key }
    }

    /// Starts it again on the same state.
    pub(crate) fn restart(&mut self) {
        let config = std::fs::read_to_string(self.holder.config()).unwrap();
        self.daemon.kill();
        self.daemon = Daemon::start(&self.holder.dir, &config, &[]);
    }

    pub(crate) fn send(&self, request: Request) -> Response {
        self.send_as(&self.key, request)
    }

    pub(crate) fn send_as(&self, key: &str, request: Request) -> Response {
        let request = request.header("Authorization", &format!("Bearer {key}"));
        request.send(self.daemon.port())
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.send(Request::new("GET", path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// POST that must be taken.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.send(Request::new("POST", path).json(body));
        assert!([200, 201, 202].contains(&answer.status), "{path}: {}", answer.text());
        answer.json()
    }

    /// Status and code of a refusal.
    pub(crate) fn refused(&self, request: Request) -> (u16, String) {
        code(&self.send(request))
    }

    /// A draft of these terms; its id.
    pub(crate) fn draft(&self, terms: &Value) -> String {
        text(&self.post("/v1/contracts", terms)["id"])
    }

    /// Adds a PDF to a draft.
    pub(crate) fn add(&self, id: &str, name: &str, action: &str, pdf: &[u8]) -> Value {
        let path = format!("/v1/contracts/{id}/documents?name={name}&action={action}");
        let answer = self.send(Request::new("POST", &path).body("application/pdf", pdf));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// Writes a draft anew, at the version that it has.
    pub(crate) fn change(&self, id: &str, terms: &Value) -> Response {
        let version = self.get(&format!("/v1/contracts/{id}"))["version"].clone();
        let request = Request::new("PUT", &format!("/v1/contracts/{id}")).json(terms);
        self.send(request.header("If-Match", &format!("\"{version}\"")))
    }
}

/// Adds an application and gives its key.
pub(crate) fn add_client(holder: &Holder, name: &str) -> String {
    let added = holder.run(&[
        "client",
        "add",
        name,
        "--scope",
        "contracts",
        "--per-minute",
        "100000",
        "--format",
        "json",
    ]);
    assert!(added.ok, "{}", added.stderr);
    text(&serde_json::from_str::<Value>(&added.stdout).unwrap()["api_key"])
}

pub(crate) fn code(answer: &Response) -> (u16, String) {
    (answer.status, text(&answer.json()["error"]))
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A PDF of one page.
pub(crate) fn pdf() -> Vec<u8> {
    shapes::classic("1.7", shapes::LF)
}

/// The terms of a draft without signers.
pub(crate) fn terms(title: &str) -> Value {
    json!({
        "sender": { "organisation": "見本市", "section": "総務課(起案用)", "contact": "丙川三郎", "telephone": "0123-45-6789", "address": "soumu@city.example.lg.jp" },
        "title": title,
        "record": { "counterparties": ["見本建設株式会社"], "contract_date": "2026-11-20", "amount": 1_234_567 }
    })
}
