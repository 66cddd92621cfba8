//! A timestamping authority for row 7: `openssl ts -reply` behind HTTP on loopback, one token at a time, connections kept.
//!
//! It is what a signature waits for; what it costs is nobody's cost here. Whether its tokens are good is judged by those who ask.

use super::setup::{Bench, run};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

/// It serves until the run ends.
pub(crate) struct Authority {
    port: u16,
}

impl Authority {
    /// Starts one with the certificate for timestamps that the bench's authority made.
    pub(crate) fn start(bench: &Bench) -> Self {
        let dir = bench.dir.join("tsa");
        fs::create_dir_all(&dir).unwrap();
        let made = bench.issuer.parent().unwrap();
        for (from, to) in [
            ("tsa.pem", "tsa.pem"),
            ("tsa.key", "tsa.key"),
            ("issuing.pem", "ca.pem"),
        ] {
            fs::copy(made.join(from), dir.join(to)).unwrap();
        }
        fs::write(dir.join("serial"), "01\n").unwrap();
        fs::write(dir.join("tsa.cnf"), SETTINGS).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk: Arc<Mutex<PathBuf>> = Arc::new(Mutex::new(dir));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let desk = desk.clone();
                thread::spawn(move || serve(stream.unwrap(), &desk));
            }
        });
        Self { port }
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Asks `times` times over one connection.
    pub(crate) fn ask(&self, query: &[u8], times: usize) {
        let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", self.port)).unwrap());
        for _ in 0..times {
            let head = format!(
                "POST / HTTP/1.1\r\nHost: tsa\r\nContent-Length: {}\r\n\r\n",
                query.len()
            );
            stream.get_mut().write_all(&[head.as_bytes(), query].concat()).unwrap();
            assert!(body(&mut stream).is_some_and(|token| token.len() > query.len()));
        }
    }
}

/// The section of `openssl ts` (ts(1)).
const SETTINGS: &str = "[tsa]\nserial = serial\ncrypto_device = builtin\nsigner_cert = tsa.pem\ncerts = ca.pem\nsigner_key = tsa.key\n\
     signer_digest = sha256\ndefault_policy = 1.3.6.1.4.1.32473.1\ndigests = sha256, sha384, sha512\naccuracy = secs:1\n\
     ordering = no\ntsa_name = no\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n";

fn serve(stream: TcpStream, desk: &Mutex<PathBuf>) {
    let mut stream = BufReader::new(stream);
    while let Some(query) = body(&mut stream) {
        let token = reply(&desk.lock().unwrap(), &query);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\n\r\n",
            token.len()
        );
        // The asker may be gone.
        stream.get_mut().write_all(&[head.as_bytes(), &token].concat()).ok();
    }
}

fn reply(dir: &Path, query: &[u8]) -> Vec<u8> {
    fs::write(dir.join("query"), query).unwrap();
    let line = "ts -reply -config tsa.cnf -section tsa -queryfile query -out reply";
    run(Command::new("openssl").args(line.split(' ')).current_dir(dir));
    fs::read(dir.join("reply")).unwrap()
}

/// What a request or an answer carries; `None` when the other end has closed.
fn body(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        let header = line.split_once(':');
        if let Some((_, value)) = header.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
            length = value.trim().parse().ok();
        }
    }
    let mut body = vec![0; length?];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}
