//! An authority that answers for its certificates over HTTP: `openssl ocsp` and `openssl ca -gencrl` on loopback, and ways to misbehave.

use super::ahead::Ahead;
use super::ca::{self, Ca, DIGITAL_SIGNATURE, IssueRequest, Kind};
use super::dir::TestDir;
use super::responder::Responder;
use super::run;
use hankod::der::Certificate;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// How it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// OCSP by the authority's own key, and lists.
    Good,
    /// OCSP by a responder that it delegated and about which nobody need ask.
    Delegated,
    /// No OCSP; lists.
    ListsOnly,
    /// Neither.
    Dead,
    /// OCSP signed by somebody who may not; no lists.
    Lying,
    /// The first OCSP answer to every question; no lists.
    Replaying,
}

/// The authority; it answers until the test process ends.
pub(crate) struct Authority {
    port: u16,
    office: Arc<Office>,
}

struct Office {
    dir: TestDir,
    mode: Mutex<Mode>,
    /// Lines of OpenSSL's index, by serial number.
    index: Mutex<BTreeMap<String, String>>,
    first: Mutex<Option<Vec<u8>>>,
    ahead: Ahead,
}

impl Authority {
    /// Opens one that speaks for `ca`.
    pub(crate) fn open(ca: &Ca, mode: Mode) -> Self {
        let responder = Responder::bind();
        let port = responder.port();
        let office = Arc::new(Office::new(ca, mode));
        let answering = Arc::clone(&office);
        responder.start(Box::new(move |question| answering.answer(question)));
        Self { port, office }
    }

    /// Where it answers, as `--allow-private` wants it.
    pub(crate) fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its OCSP address and that of its list.
    pub(crate) fn urls(&self) -> [String; 2] {
        ["ocsp", "crl"].map(|path| format!("http://127.0.0.1:{}/{path}", self.port))
    }

    /// Its clock.
    pub(crate) fn clock(&self) -> &Ahead {
        &self.office.ahead
    }

    /// Knows this certificate (DER) from now on.
    pub(crate) fn knows(&self, der: &[u8]) {
        self.note(der, "V", "");
    }

    /// Has revoked this certificate (DER).
    pub(crate) fn revoked(&self, der: &[u8]) {
        self.note(der, "R", "260101000000Z,keyCompromise");
    }

    /// Answers otherwise from now on.
    pub(crate) fn behave(&self, mode: Mode) {
        *self.office.mode.lock().unwrap() = mode;
    }

    fn note(&self, der: &[u8], state: &str, since: &str) {
        let serial = Certificate::parse(der).unwrap().serial_hex().to_uppercase();
        let mut index = self.office.index.lock().unwrap();
        let line = format!("{state}\t301231235959Z\t{since}\t{serial}\tunknown\t/CN={serial}\n");
        index.insert(serial, line);
        let lines: Vec<&str> = index.values().map(String::as_str).collect();
        std::fs::write(self.office.dir.join("index.txt"), lines.concat()).unwrap();
    }
}

impl Office {
    fn new(ca: &Ca, mode: Mode) -> Self {
        let dir = TestDir::new("authority");
        let put = |name: &str, bytes: &[u8]| std::fs::write(dir.join(name), bytes).unwrap();
        put("ca.pem", &ca.pem());
        put("ca.key", &ca.key().private_key_to_pem_pkcs8().unwrap());
        put("index.txt", b"");
        put(
            "ca.cnf",
            b"[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncertificate=ca.pem\nprivate_key=ca.key\ndefault_md=sha256\n",
        );
        let key = ca::key(Kind::P256);
        let request = IssueRequest {
            subject: &[("CN", "Responder")],
            key_usage: &[DIGITAL_SIGNATURE],
            extended_key_usage: if mode == Mode::Lying {
                &["1.3.6.1.5.5.7.3.8"]
            } else {
                &["1.3.6.1.5.5.7.3.9"]
            },
            ocsp_nocheck: true,
            days: (-1, 8_000),
            ..IssueRequest::default()
        };
        let certificate = openssl::x509::X509::from_der(&ca.issue(&key, &request)).unwrap();
        put("responder.pem", &certificate.to_pem().unwrap());
        put("responder.key", &key.private_key_to_pem_pkcs8().unwrap());
        Self {
            dir,
            mode: Mutex::new(mode),
            index: Mutex::default(),
            first: Mutex::default(),
            ahead: Ahead::default(),
        }
    }

    fn answer(&self, question: Option<&[u8]>) -> (u16, Vec<u8>) {
        let mode = *self.mode.lock().unwrap();
        match (mode, question) {
            (Mode::Good, Some(question)) => (200, self.ocsp(question, "ca")),
            (Mode::Delegated | Mode::Lying, Some(question)) => (200, self.ocsp(question, "responder")),
            (Mode::Replaying, Some(question)) => {
                let mut first = self.first.lock().unwrap();
                (200, first.get_or_insert_with(|| self.ocsp(question, "ca")).clone())
            }
            (Mode::Good | Mode::Delegated | Mode::ListsOnly, None) => (200, self.list()),
            (Mode::ListsOnly | Mode::Dead, Some(_)) | (Mode::Dead | Mode::Lying | Mode::Replaying, None) => {
                (503, Vec::new())
            }
        }
    }

    fn ocsp(&self, question: &[u8], signer: &str) -> Vec<u8> {
        std::fs::write(self.dir.join("q.der"), question).unwrap();
        self.openssl(&format!(
            "ocsp -index index.txt -CA ca.pem -rsigner {signer}.pem -rkey {signer}.key -reqin q.der -respout a.der -ndays 7"
        ));
        std::fs::read(self.dir.join("a.der")).unwrap()
    }

    fn list(&self) -> Vec<u8> {
        self.openssl("ca -gencrl -config ca.cnf -crldays 7 -out crl.pem");
        self.openssl("crl -in crl.pem -outform DER -out crl.der");
        std::fs::read(self.dir.join("crl.der")).unwrap()
    }

    fn openssl(&self, words: &str) {
        let words: Vec<&str> = words.split_ascii_whitespace().collect();
        let mut command = Command::new("openssl");
        command.args(words).current_dir(&*self.dir);
        let ran = run(&mut self.ahead.of(&command), "");
        assert!(ran.ok, "{}", ran.stderr);
    }
}
