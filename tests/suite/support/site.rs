//! A web site of another origin, as a customer's would be: fixed pages on a free port of loopback, and a record of what was posted to it.
//!
//! It knows nothing of hankod and sets no CORS or security header.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Path and body of what was posted.
type Record = Mutex<Vec<(String, Vec<u8>)>>;

/// The running site; it lives until the test process ends.
pub(crate) struct Site {
    port: u16,
    posted: Arc<Record>,
}

impl Site {
    /// Serves `pages`: path, content type, body. Every other GET is 404; every POST is recorded and answered 200.
    pub(crate) fn new(pages: Vec<(&'static str, &'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let posted = Arc::new(Record::default());
        let (pages, record) = (Arc::new(pages), Arc::clone(&posted));
        std::thread::spawn(move || {
            // A thread a connection: a browser opens connections ahead that it may never use.
            for stream in listener.incoming() {
                let (pages, record) = (Arc::clone(&pages), Arc::clone(&record));
                std::thread::spawn(move || serve(stream.unwrap(), &pages, &record));
            }
        });
        Self { port, posted }
    }

    /// Its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Path and body of every POST so far.
    pub(crate) fn posted(&self) -> Vec<(String, Vec<u8>)> {
        self.posted.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, pages: &[(&str, &str, String)], record: &Record) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    if reader.read_line(&mut first).unwrap_or(0) == 0 {
        return;
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or("/").to_owned();
    let (status, kind, body) = if first.starts_with("POST ") {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        record.lock().unwrap().push((path, body));
        ("200 OK", "text/html", "<title>received</title>")
    } else {
        match pages.iter().find(|page| page.0 == path) {
            Some((_, kind, body)) => ("200 OK", *kind, body.as_str()),
            None => ("404 Not Found", "text/plain", ""),
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // The browser may have left; then nobody misses the answer.
    reader.into_inner().write_all((head + body).as_bytes()).ok();
}
