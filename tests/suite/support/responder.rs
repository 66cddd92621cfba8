//! OCSP and CRLs over HTTP on loopback: whoever starts it says what is answered to a question, or to none for the list.
//!
//! One connection after another; the thread ends with the test process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is answered: status and body, to the question that was posted; without one it is the list that is asked for.
pub(crate) type Answers = Box<dyn Fn(Option<&[u8]>) -> (u16, Vec<u8>) + Send>;

/// A port, taken before there is anything to answer, so that certificates can name it.
pub(crate) struct Responder {
    listener: TcpListener,
}

impl Responder {
    /// Takes a port.
    pub(crate) fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { listener }
    }

    /// Which one.
    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// Begins to answer; the counter tells how often it was asked.
    pub(crate) fn start(self, answers: Answers) -> Arc<AtomicUsize> {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in self.listener.incoming() {
                counter.fetch_add(1, Ordering::SeqCst);
                serve(stream.unwrap(), &answers);
            }
        });
        asked
    }
}

fn serve(stream: TcpStream, answers: &Answers) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut question = vec![0; length];
    reader.read_exact(&mut question).unwrap();
    let (status, body) = answers((length > 0).then_some(&question));
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = reader.into_inner();
    // Whoever hangs up early does not want the answer.
    stream.write_all(&[head.as_bytes(), &body].concat()).ok();
}
