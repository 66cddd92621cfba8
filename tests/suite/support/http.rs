//! An HTTP/1.1 client over a bare socket, for requests that no decent client sends: odd Host, odd Origin, bodies that never end.
//!
//! One connection a request, no redirects, no TLS, no cookies kept.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A test that waits longer for bytes has failed.
const READ_DEADLINE: Duration = Duration::from_secs(120);

/// A request under construction.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// Names as sent.
    pub(crate) headers: Vec<(String, String)>,
    /// Without transfer coding.
    pub(crate) body: Vec<u8>,
}

/// A part of a `multipart/form-data` body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    /// The form field.
    pub(crate) name: &'a str,
    /// Put into the header as it is.
    pub(crate) file_name: Option<&'a str>,
    /// `Content-Type` of the part.
    pub(crate) content_type: &'a str,
    /// Its bytes.
    pub(crate) content: &'a [u8],
}

impl Request {
    /// A request without a body. `path` is sent as it is.
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header; `Host` and `Content-Length` replace what would be sent otherwise.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends `body` as this type.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", content_type)
    }

    /// Sends `value` as `application/json`.
    pub(crate) fn json(self, value: &serde_json::Value) -> Self {
        self.body("application/json", value.to_string())
    }

    /// Sends `parts` as `multipart/form-data`.
    pub(crate) fn multipart(self, parts: &[Part<'_>]) -> Self {
        const BOUNDARY: &str = "boundary-of-the-test-suite";
        let mut body = Vec::new();
        for part in parts {
            let file = part
                .file_name
                .map_or_else(String::new, |f| format!("; filename=\"{f}\""));
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"{file}\r\nContent-Type: {}\r\n\r\n",
                part.name, part.content_type
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(part.content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    /// Sends it to 127.0.0.1 and reads the whole answer.
    pub(crate) fn send(&self, port: u16) -> Response {
        let mut stream = self.begin(port);
        // A server may answer and close before it has read a body that it refuses.
        stream.write_all(&self.body).ok();
        Response::read(stream)
    }

    /// Sends the head and the first `sent_bytes` of the body, and gives the open connection.
    pub(crate) fn send_some(&self, port: u16, sent_bytes: usize) -> TcpStream {
        let mut stream = self.begin(port);
        stream.write_all(&self.body[..sent_bytes]).unwrap();
        stream
    }

    /// The body from this byte on.
    pub(crate) fn rest(&self, sent_bytes: usize) -> &[u8] {
        &self.body[sent_bytes..]
    }

    /// Sends it over a connection that exists and reads the whole answer.
    pub(crate) fn send_over(&self, mut stream: impl Read + Write, port: u16) -> Response {
        stream.write_all(self.head(port).as_bytes()).unwrap();
        stream.write_all(&self.body).unwrap();
        Response::read(stream)
    }

    /// Sends it whole over a connection that exists and goes away without reading.
    pub(crate) fn leave_over(&self, mut stream: impl Write, port: u16) {
        stream.write_all(self.head(port).as_bytes()).unwrap();
        stream.write_all(&self.body).unwrap();
    }

    fn begin(&self, port: u16) -> TcpStream {
        begin_with(port, self.head(port).as_bytes())
    }

    fn head(&self, port: u16) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.path);
        let has = |name: &str| self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        if !has("Host") {
            head += &format!("Host: 127.0.0.1:{port}\r\n");
        }
        if !has("Content-Length") && !self.body.is_empty() {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n"
    }
}

/// Sends these very bytes and gives the open connection.
pub(crate) fn begin_with(port: u16, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(READ_DEADLINE)).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

impl Response {
    /// Reads a whole answer, to the end of the connection.
    pub(crate) fn read(mut stream: impl Read) -> Self {
        let mut answer = Vec::new();
        let mut chunk = [0; 65_536];
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => answer.extend_from_slice(&chunk[..n]),
                Err(e) if e.kind() == ErrorKind::ConnectionReset && !answer.is_empty() => break,
                Err(e) => panic!("{e}"),
            }
        }
        Self::parse(&answer)
    }

    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    fn parse(answer: &[u8]) -> Self {
        let end = find(answer, b"\r\n\r\n").unwrap_or_else(|| panic!("no HTTP answer: {answer:?}"));
        let head = std::str::from_utf8(&answer[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(':').unwrap());
        let mut response = Self {
            status,
            headers: headers.map(|(n, v)| (n.to_owned(), v.trim().to_owned())).collect(),
            body: answer[end + 4..].to_vec(),
        };
        if response.header("Transfer-Encoding") == Some("chunked") {
            response.body = unchunk(&response.body);
        }
        response
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// RFC 9112, 7.1; a body without its last chunk is a failure of the test.
fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = find(rest, b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 2 + size + 2..];
    }
}
