//! Everything that a contract needs to be concluded: an operator's key, its authority, a TSA, an SMTP server; and signers who act behind their links.

use super::{Office, text};
use crate::support::authority::{self, Authority};
use crate::support::ca::{self, IssueRequest};
use crate::support::holder::Holder;
use crate::support::http::{Request, Response};
use crate::support::mailbox::{self, Mail, Mailbox};
use crate::support::tsa::{self, Tsa};
use hankod::clock::Timestamp;
use hankod::der::Certificate;
use hankod::render::Fonts;
use hankod::token::provision::NewKey;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// A test that asks longer has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// The stage.
pub(crate) struct Stage {
    pub(crate) office: Office,
    pub(crate) mailbox: Mailbox,
    pub(crate) tsa: Tsa,
    pub(crate) operator: Vec<u8>,
    pub(crate) authority: Authority,
}

impl Stage {
    pub(crate) fn start(name: &str, more: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::begin(name, more, ("https://keiyaku.example.jp", listener))
    }

    /// The same with its pages where a browser finds them; their origin.
    pub(crate) fn with_pages(name: &str, more: &str) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        (Self::begin(name, more, (&origin, listener)), origin)
    }

    fn begin(name: &str, more: &str, (origin, listener): (&str, TcpListener)) -> Self {
        let holder = Holder::without_key(name);
        let authority = Authority::open(holder.ca(), authority::Mode::Good);
        let [ocsp, crl] = authority.urls();
        let addresses = || IssueRequest {
            ocsp_url: Some(&ocsp),
            crl_url: Some(&crl),
            ..IssueRequest::default()
        };
        let operator = holder.add("operator", NewKey::P256, &addresses());
        authority.knows(&operator);
        let stamping = IssueRequest {
            subject: &[("C", "JP"), ("CN", "TSA")],
            key_usage: &[ca::DIGITAL_SIGNATURE],
            extended_key_usage: &["1.3.6.1.5.5.7.3.8"],
            extended_key_usage_critical: true,
            ..addresses()
        };
        let tsa = Tsa::with_certificate(holder.ca(), tsa::Mode::Good, &stamping);
        authority.knows(tsa.certificate().der());
        let mailbox = Mailbox::start(mailbox::Mode::Good);
        let sha256 = Certificate::parse(&operator).unwrap().sha256_hex();
        let settings = format!(
            "[contracts]\npublic_url = \"{origin}\"\noperator_certificate = \"{sha256}\"\n{more}\n\
             [trust]\nanchors = [\"root.pem\"]\n[network]\nallow_private = [\"{}\"]\n{}\n[[tsa]]\nurl = \"{}\"\n",
            authority.place(),
            mailbox.settings(),
            tsa.url()
        );
        Self {
            office: Office::on(listener, holder, &settings),
            mailbox,
            tsa,
            operator,
            authority,
        }
    }

    /// A draft with its documents and signers, ready to be sent; its id.
    pub(crate) fn ready(&self, terms: &Value) -> String {
        let id = self.office.draft(&super::terms("業務委託契約書"));
        self.office.add(&id, "keiyaku", "sign", &contract());
        self.office.add(&id, "soufujo", "view", &super::pdf());
        let changed = self.office.change(&id, terms);
        assert_eq!(changed.status, 200, "{}", changed.text());
        id
    }

    pub(crate) fn send(&self, id: &str) -> Value {
        self.office
            .post(&format!("/v1/contracts/{id}/send"), &json!({ "by": "丙川三郎" }))
    }

    /// As the person behind this link.
    pub(crate) fn act(&self, link: &str, act: &str, body: &Value) -> Response {
        let request = Request::new("POST", &format!("/s/{link}/{act}")).json(body);
        request.send(self.office.daemon.port())
    }

    /// Opens, has a code sent, and is known by it: the session.
    pub(crate) fn known(&self, link: &str) -> String {
        assert_eq!(self.act(link, "open", &json!({})).status, 200);
        assert_eq!(self.act(link, "code", &json!({})).status, 202);
        let code = self.mailbox.next().code();
        let confirmed = self.act(link, "confirm", &json!({ "code": code }));
        assert_eq!(confirmed.status, 200, "{}", confirmed.text());
        text(&confirmed.json()["session"])
    }

    /// Signs as the person whom this mail asks, where nothing else is to be done.
    pub(crate) fn sign_without_checklist(&self, mail: &Mail) {
        self.sign_with(mail, &json!({}), &json!([]));
    }

    /// Signs as the person whom this mail asks.
    pub(crate) fn sign(&self, mail: &Mail, values: &Value) {
        self.sign_with(mail, values, &json!([1]));
    }

    fn sign_with(&self, mail: &Mail, values: &Value, checked: &Value) {
        let link = mail.link();
        let body = json!({ "session": self.known(&link), "values": values, "checked": checked });
        let signed = self.act(&link, "sign", &body);
        assert_eq!(signed.status, 202, "{}", signed.text());
    }

    /// Takes the TSA out of the settings, for the next start; what stood there.
    pub(crate) fn without_tsa(&self) -> String {
        let file = self.office.holder.config();
        let good = std::fs::read_to_string(&file).unwrap();
        let without = good.replace(&format!("[[tsa]]\nurl = \"{}\"", self.tsa.url()), "");
        assert_ne!(good, without);
        std::fs::write(file, without).unwrap();
        good
    }

    pub(crate) fn state(&self, id: &str) -> String {
        text(&self.office.get(&format!("/v1/contracts/{id}"))["state"])
    }

    /// Asks until what is there is what is wanted.
    pub(crate) fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let found = self.office.get(path);
            if wanted(&found) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "never: {found:#}");
        }
    }

    /// A document's newest file, written into the office's directory.
    pub(crate) fn file(&self, id: &str, number: u16) -> std::path::PathBuf {
        let answer = self
            .office
            .send(Request::new("GET", &format!("/v1/contracts/{id}/documents/{number}")));
        assert_eq!(answer.status, 200);
        self.office.holder.document(format!("{id}-{number}.pdf"), &answer.body)
    }
}

/// A tagged contract of several pages, PDF/A-2a and PDF/UA-1.
pub(crate) fn contract() -> Vec<u8> {
    let at = Timestamp::parse_rfc3339("2026-11-23T00:00:00Z").unwrap();
    hankod::demo::contract::sample(at, &Fonts::find(None).unwrap())
        .unwrap()
        .pdf
}

pub(crate) fn person(number: u16, order: u16, name: &str, address: &str) -> Value {
    json!({
        "number": number, "order": order, "name": name, "organisation": "見本建設株式会社", "reach": { "mail": address },
        "method": "witness", "factors": ["mail_code"]
    })
}

pub(crate) fn field(number: u16, signer: u16, kind: &str, place: &Value) -> Value {
    json!({ "number": number, "document": 1, "signer": signer, "kind": kind, "label": format!("欄{number}"), "required": true, "place": place })
}

fn at(x: f32, y: f32, w: f32, h: f32) -> Value {
    json!({ "at": { "page": 1, "x": x, "y": y, "w": w, "h": h } })
}

/// Terms that two people sign, one after the other: a seal with three inputs, then an invisible signature.
pub(crate) fn two_signers() -> Value {
    let mut terms = super::terms("業務委託契約書");
    terms["signers"] = json!([
        person(1, 1, "甲野太郎", "taro@kensetsu.example.jp"),
        person(2, 2, "乙野花子", "hanako@city.example.lg.jp"),
    ]);
    terms["fields"] = json!([
        field(1, 1, "seal", &at(430.0, 640.0, 60.0, 60.0)),
        field(2, 1, "text", &at(100.0, 700.0, 200.0, 16.0)),
        field(3, 1, "checkbox", &at(100.0, 730.0, 14.0, 14.0)),
        field(4, 1, "date", &at(100.0, 760.0, 120.0, 16.0)),
        field(5, 2, "invisible", &json!(null)),
    ]);
    terms["checklist"] = json!([{ "number": 1, "document": 1, "page": 1, "text": "金額を確認しました" }]);
    terms["message"] = json!("ご確認をお願いします。");
    terms
}

/// What the first of them writes.
pub(crate) fn written() -> Value {
    json!({ "2": "東京都千代田区1-1", "3": "on", "4": "2026/11/23" })
}
