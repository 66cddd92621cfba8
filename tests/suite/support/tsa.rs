//! A real timestamping authority: `openssl ts -reply` behind HTTP on loopback, with a CA of the tests behind its certificate, and ways to misbehave.
//!
//! One connection after another; it keeps its serial numbers and its key in a directory of its own.

use super::ahead::Ahead;
use super::ca::{self, Ca, IssueRequest, Kind};
use super::run;
use super::tls::Identity;
use hankod::cms::SignedData;
use hankod::der::Certificate;
use openssl::ssl::SslAcceptor;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

/// The policy it stamps under unless asked for another one.
pub(crate) const POLICY: &str = "1.2.392.200000.1.1";
/// The other policy it knows.
pub(crate) const OTHER_POLICY: &str = "1.2.392.200000.1.2";

/// How it behaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Well: seconds without fractions, DER.
    Good,
    /// Leaves out what stands above its certificate.
    Alone,
    /// Brings certificates that nobody needs.
    Crowded,
    /// Times with milliseconds.
    Fractions,
    /// Indefinite lengths.
    Ber,
    /// Takes the question and says nothing until the asker goes away.
    Slow,
    /// Stamps another nonce.
    WrongNonce,
    /// Stamps other data.
    WrongImprint,
    /// Answers with PKIStatus 2.
    Rejecting,
    /// Closes every connection.
    Dead,
    /// Good this many times, then 429.
    Quota(usize),
    /// The first answer again and again.
    Replaying,
    /// 401 unless the header `Authorization` is this.
    Guarded(String),
    /// Answers with a web page, 200.
    Page,
}

/// The running TSA; it lives until the test process ends.
pub(crate) struct Tsa {
    secure: bool,
    port: u16,
    asked: Arc<AtomicUsize>,
    mode: Arc<Mutex<Mode>>,
    questions: Mutex<mpsc::Receiver<()>>,
    certificate: Vec<u8>,
    ahead: Ahead,
}

/// Its folder, and what it has done.
struct Desk {
    dir: tempfile::TempDir,
    mode: Arc<Mutex<Mode>>,
    asked: Arc<AtomicUsize>,
    question: mpsc::Sender<()>,
    first: Mutex<Option<Vec<u8>>>,
    ahead: Ahead,
}

impl Tsa {
    /// Starts one with a certificate for timestamps alone, by `ca`.
    pub(crate) fn start(ca: &Ca, mode: Mode) -> Self {
        Self::with_certificate(ca, mode, &request())
    }

    /// Starts one behind TLS that answers those alone who show a certificate by `ca`; `server` is its own.
    pub(crate) fn behind_tls(ca: &Ca, server: &Identity) -> Self {
        Self::open(ca, Mode::Good, &request(), Some(server.acceptor(ca)))
    }

    /// The same, with a certificate for timestamps by `issuer`, which is found at `issuer_url` and not in its tokens.
    pub(crate) fn alone_behind_tls(ca: &Ca, server: &Identity, issuer: &Ca, issuer_url: &str) -> Self {
        let request = IssueRequest {
            issuer_url: Some(issuer_url),
            ..request()
        };
        Self::open(issuer, Mode::Alone, &request, Some(server.acceptor(ca)))
    }

    /// Starts one whose certificate says what `request` says.
    pub(crate) fn with_certificate(ca: &Ca, mode: Mode, request: &IssueRequest<'_>) -> Self {
        Self::open(ca, mode, request, None)
    }

    /// The same with a key of this kind.
    pub(crate) fn with_key(kind: Kind, ca: &Ca, mode: Mode, request: &IssueRequest<'_>) -> Self {
        Self::keyed(kind, ca, mode, request, None)
    }

    fn open(ca: &Ca, mode: Mode, request: &IssueRequest<'_>, tls: Option<SslAcceptor>) -> Self {
        Self::keyed(Kind::P256, ca, mode, request, tls)
    }

    fn keyed(kind: Kind, ca: &Ca, mode: Mode, request: &IssueRequest<'_>, tls: Option<SslAcceptor>) -> Self {
        let secure = tls.is_some();
        let dir = tempfile::tempdir().unwrap();
        let key = ca::key(kind);
        let certificate = ca.issue(&key, request);
        let pem = openssl::x509::X509::from_der(&certificate).unwrap().to_pem().unwrap();
        let put = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
        put("tsa.pem", &pem);
        put("ca.pem", &ca.pem());
        put("key.pem", &key.private_key_to_pem_pkcs8().unwrap());
        put("serial", b"01\n");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let (question, questions) = mpsc::channel();
        let mode = Arc::new(Mutex::new(mode));
        let ahead = Ahead::default();
        let desk = Desk {
            ahead: ahead.clone(),
            dir,
            mode: Arc::clone(&mode),
            asked: Arc::clone(&asked),
            question,
            first: Mutex::default(),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                match &tls {
                    None => desk.serve(stream),
                    // Whoever shows no certificate is not heard.
                    Some(tls) => {
                        tls.accept(stream).into_iter().for_each(|stream| desk.serve(stream));
                    }
                }
            }
        });
        Self {
            secure,
            port,
            asked,
            mode,
            questions: Mutex::new(questions),
            certificate,
            ahead,
        }
    }

    /// Its clock.
    pub(crate) fn clock(&self) -> &Ahead {
        &self.ahead
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}/tsa", self.port)
    }

    /// Behaves like this from the next question on.
    pub(crate) fn behave(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    /// Waits for a question that comes from now on, and does not wait for its answer.
    pub(crate) fn next_question(&self, ask: impl FnOnce()) {
        let questions = self.questions.lock().unwrap();
        while questions.try_recv().is_ok() {}
        ask();
        questions.recv().unwrap();
    }

    /// Connections so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Its certificate.
    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::parse(&self.certificate).unwrap()
    }

    /// Posts a query, as any client would.
    pub(crate) fn ask(&self, query: &[u8]) -> Vec<u8> {
        let request = super::http::Request::new("POST", "/tsa").body("application/timestamp-query", query);
        request.send(self.port).body
    }
}

impl Desk {
    fn serve(&self, stream: impl Read + Write) {
        let before = self.asked.fetch_add(1, Ordering::SeqCst);
        let mut reader = BufReader::new(stream);
        let mode = self.mode.lock().unwrap().clone();
        if mode == Mode::Dead {
            return;
        }
        let Some((authorization, query)) = read(&mut reader) else {
            return;
        };
        // Most tests do not wait for questions.
        self.question.send(()).ok();
        let (status, reply) = match &mode {
            Mode::Slow => {
                reader.read_to_end(&mut Vec::new()).ok();
                return;
            }
            Mode::Quota(most) if before >= *most => ("429 Too Many Requests", Vec::new()),
            Mode::Guarded(expected) if authorization != *expected => ("401 Unauthorized", Vec::new()),
            Mode::Page => ("200 OK", b"<html>Welcome</html>".to_vec()),
            _ => ("200 OK", self.reply(&mode, query)),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            reply.len()
        );
        // The asker may be gone.
        reader.get_mut().write_all(&[head.as_bytes(), &reply].concat()).ok();
    }

    fn reply(&self, mode: &Mode, mut query: Vec<u8>) -> Vec<u8> {
        match mode {
            // The nonce stands before certReq TRUE, which ends the query; the digest behind the NULL of its algorithm.
            Mode::WrongNonce => {
                let at = query.len() - 4;
                query[at] ^= 1;
            }
            Mode::WrongImprint => {
                let at = query.windows(3).position(|w| w == [5, 0, 4]).unwrap();
                query[at + 4] ^= 1;
            }
            Mode::Rejecting => {
                // A policy that it does not know.
                let at = query.windows(3).position(|w| w == [5, 0, 4]).unwrap();
                let digest_end = at + 4 + usize::from(query[at + 3]);
                query.splice(digest_end..digest_end, [6, 2, 0x2a, 3]);
                query[1] += 4;
            }
            _ => {}
        }
        let put = |name: &str, bytes: &[u8]| std::fs::write(self.dir.path().join(name), bytes).unwrap();
        put("tsa.cnf", settings(mode).as_bytes());
        if *mode == Mode::Crowded {
            let others: Vec<Vec<u8>> = (0..8).map(|_| Ca::new("他").pem()).collect();
            put("crowd.pem", &others.concat());
        }
        let made = openssl_reply(self.dir.path(), &query, &self.ahead);
        match mode {
            Mode::Replaying => self.first.lock().unwrap().get_or_insert(made).clone(),
            Mode::Ber => indefinite(&made, 4),
            _ => made,
        }
    }
}

/// A certificate for timestamps alone.
fn request() -> IssueRequest<'static> {
    IssueRequest {
        subject: &[("C", "JP"), ("O", "試験時刻認証局"), ("CN", "TSA")],
        key_usage: &[ca::DIGITAL_SIGNATURE],
        extended_key_usage: &["1.3.6.1.5.5.7.3.8"],
        extended_key_usage_critical: true,
        ..IssueRequest::default()
    }
}

/// `openssl ts -verify`: `Err` holds what it says against `token` over `data`, with `root` (PEM) as the only anchor.
pub(crate) fn openssl_ts_verify(token: &[u8], data: &[u8], root: &[u8]) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in [("token", token), ("data", data), ("ca.pem", root)] {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let line = "ts -verify -token_in -in token -data data -CAfile ca.pem";
    let said = run(
        Command::new("openssl").args(line.split(' ')).current_dir(dir.path()),
        "",
    );
    if said.ok { Ok(()) } else { Err(said.stderr) }
}

/// A token with the content of `token`, signed under a certificate that says what `request` says. `openssl ts` refuses to make such ones, `openssl cms` not.
pub(crate) fn signed_by_another(ca: &Ca, request: &IssueRequest<'_>, token: &[u8]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let key = ca::key(Kind::P256);
    let x509 = openssl::x509::X509::from_der(&ca.issue(&key, request)).unwrap();
    let content = SignedData::parse_foreign(token).unwrap().content.unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
    put("content", &content);
    put("tsa.pem", &x509.to_pem().unwrap());
    put("key.pem", &key.private_key_to_pem_pkcs8().unwrap());
    let line = "cms -sign -cades -binary -nodetach -nosmimecap -econtent_type 1.2.840.113549.1.9.16.1.4 -outform DER \
                -in content -signer tsa.pem -inkey key.pem -out out";
    let words = line.split_ascii_whitespace();
    let said = run(Command::new("openssl").args(words).current_dir(dir.path()), "");
    assert!(said.ok, "{}", said.stderr);
    std::fs::read(dir.path().join("out")).unwrap()
}

fn openssl_reply(dir: &Path, query: &[u8], ahead: &Ahead) -> Vec<u8> {
    std::fs::write(dir.join("query"), query).unwrap();
    let line = "ts -reply -config tsa.cnf -section tsa -queryfile query -out reply";
    let mut command = Command::new("openssl");
    command.args(line.split(' ')).current_dir(dir);
    let said = run(&mut ahead.of(&command), "");
    assert!(said.ok, "{}", said.stderr);
    std::fs::read(dir.join("reply")).unwrap()
}

fn settings(mode: &Mode) -> String {
    let digits = if *mode == Mode::Fractions { 3 } else { 0 };
    let certs = match mode {
        Mode::Alone => "",
        Mode::Crowded => "certs = crowd.pem\n",
        _ => "certs = ca.pem\n",
    };
    format!(
        "[tsa]\nserial = serial\ncrypto_device = builtin\nsigner_cert = tsa.pem\n{certs}signer_key = key.pem\n\
         signer_digest = sha256\ndefault_policy = {POLICY}\nother_policies = {OTHER_POLICY}\ndigests = sha256, sha384, sha512\n\
         accuracy = secs:1, millisecs:500, microsecs:100\nclock_precision_digits = {digits}\nordering = yes\ntsa_name = yes\n\
         ess_cert_id_chain = no\ness_cert_id_alg = sha256\n"
    )
}

/// The header `Authorization`, or nothing, and the body.
fn read(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            match name.to_ascii_lowercase().as_str() {
                "authorization" => authorization = value.trim().to_owned(),
                "content-length" => length = value.trim().parse().ok()?,
                _ => {}
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((authorization, body))
}

/// `der` with the lengths of its outermost `levels` left open. What lies deeper, signed parts and certificates among it, stays as it is.
fn indefinite(der: &[u8], levels: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = der;
    while let Some((&identifier, after)) = rest.split_first() {
        let (length, header) = match after[0] {
            short @ 0..=0x7f => (usize::from(short), 2),
            long => {
                let digits = &after[1..1 + usize::from(long & 0x7f)];
                let length = digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
                (length, 2 + digits.len())
            }
        };
        let (element, following) = rest.split_at(header + length);
        if identifier & 0x20 != 0 && levels > 0 {
            out.extend_from_slice(&[identifier, 0x80]);
            out.extend(indefinite(&element[header..], levels - 1));
            out.extend_from_slice(&[0, 0]);
        } else {
            out.extend_from_slice(element);
        }
        rest = following;
    }
    out
}
