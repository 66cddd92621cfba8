//! An SMTP server on loopback that keeps what it gets (RFC 5321), and ways to misbehave. No TLS, no login.
//!
//! Each mail is told over a channel, so that whoever waits for one sleeps until it is there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// A test that waits longer for a mail has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// How it behaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Takes everything.
    Good,
    /// 451 to the first so many recipients, then good.
    Busy(usize),
    /// 550 to this recipient.
    Unknown(String),
    /// Takes the text, keeps it, and hangs up without a word.
    Mute,
}

/// A mail that came.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) html: String,
    headers: Vec<(String, String)>,
}

/// The server; it answers until the test process ends.
pub(crate) struct Mailbox {
    port: u16,
    mode: Arc<Mutex<Mode>>,
    mails: Mutex<mpsc::Receiver<Mail>>,
}

impl Mailbox {
    pub(crate) fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mode, (sender, mails)) = (Arc::new(Mutex::new(mode)), mpsc::channel());
        let shared = Arc::clone(&mode);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mode, sender) = (Arc::clone(&shared), sender.clone());
                // A client that goes away in the middle ends its own conversation alone.
                std::thread::spawn(move || converse(stream.unwrap(), &mode, &sender));
            }
        });
        Self {
            port,
            mode,
            mails: Mutex::new(mails),
        }
    }

    /// The lines of `[mail]`.
    pub(crate) fn settings(&self) -> String {
        format!(
            "[mail]\nserver = \"127.0.0.1:{}\"\nsecurity = \"none\"\nfrom = \"keiyaku@city.example.lg.jp\"\nfrom_name = \"見本市 電子契約\"\n",
            self.port
        )
    }

    pub(crate) fn behave(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    /// The next mail, whenever it comes.
    pub(crate) fn next(&self) -> Mail {
        self.mails.lock().unwrap().recv_timeout(PATIENCE).unwrap()
    }

    /// Mails that are there already.
    pub(crate) fn rest(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().try_iter().collect()
    }
}

impl Mail {
    /// A header, encoded words decoded.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    /// What stands behind `/s/` in its text.
    pub(crate) fn link(&self) -> String {
        let after = self.text.split_once("/s/").unwrap().1;
        after
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
            .collect()
    }

    /// The six digits in its text.
    pub(crate) fn code(&self) -> String {
        let line = self
            .text
            .lines()
            .find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit()));
        line.unwrap().to_owned()
    }
}

fn converse(stream: TcpStream, mode: &Mutex<Mode>, mails: &mpsc::Sender<Mail>) -> Option<()> {
    let mut writer = stream.try_clone().unwrap();
    let mut lines = BufReader::new(stream).split(b'\n');
    let mut next = || {
        let line = String::from_utf8(lines.next()?.ok()?).unwrap();
        Some(line.trim_end_matches('\r').to_owned())
    };
    let mut say = |words: &str| writer.write_all(format!("{words}\r\n").as_bytes()).ok();
    let (mut from, mut to) = (String::new(), String::new());
    say("220 mailbox")?;
    loop {
        let line = next()?;
        let word = line.get(..4).unwrap_or("").to_ascii_uppercase();
        match word.as_str() {
            "EHLO" => say("250-mailbox\r\n250 8BITMIME")?,
            "MAIL" => {
                from = address(&line);
                say("250 ok")?;
            }
            "RCPT" => {
                to = address(&line);
                say(match &mut *mode.lock().unwrap() {
                    Mode::Busy(left) if *left > 0 => {
                        *left -= 1;
                        "451 busy"
                    }
                    Mode::Unknown(nobody) if *nobody == to => "550 unknown",
                    _ => "250 ok",
                })?;
            }
            "DATA" => {
                say("354 go on")?;
                let mut text = String::new();
                loop {
                    let line = next()?;
                    if line == "." {
                        break;
                    }
                    text += line.strip_prefix('.').unwrap_or(&line);
                    text += "\r\n";
                }
                mails.send(parse(&from, &to, &text)).ok()?;
                if *mode.lock().unwrap() == Mode::Mute {
                    return None;
                }
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 ok")?,
        }
    }
}

fn address(line: &str) -> String {
    let inner = line.split_once('<').unwrap().1;
    inner.split_once('>').unwrap().0.to_owned()
}

fn parse(from: &str, to: &str, text: &str) -> Mail {
    let (headers, body) = split(text);
    let kind = headers
        .iter()
        .find(|(name, _)| name == "Content-Type")
        .unwrap()
        .1
        .clone();
    let boundary = kind.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0;
    let part = |wanted: &str| {
        let mark = format!("--{boundary}");
        let parts = body.split(&mark);
        let decoded = parts.filter_map(|part| {
            let (headers, body) = split(part.trim_start());
            let value = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
            let kind = value("Content-Type")?;
            let coding = value("Content-Transfer-Encoding").unwrap_or_default();
            kind.starts_with(wanted).then(|| decode(&coding, &body))
        });
        decoded.last().unwrap_or_default()
    };
    Mail {
        from: from.to_owned(),
        to: to.to_owned(),
        text: part("text/plain"),
        html: part("text/html"),
        headers: headers.into_iter().map(|(name, value)| (name, words(&value))).collect(),
    }
}

/// Headers, unfolded, and what follows them.
fn split(text: &str) -> (Vec<(String, String)>, String) {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let headers = head.split("\r\n").filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    (headers.collect(), body.to_owned())
}

fn decode(coding: &str, body: &str) -> String {
    let bytes = match coding {
        "base64" => STANDARD.decode(body.replace(['\r', '\n'], "")).unwrap(),
        "quoted-printable" => quoted(&body.replace("=\r\n", "")),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn quoted(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        match (first, tail.get(..2)) {
            (b'=', Some(digits)) => {
                bytes.push(u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

/// RFC 2047, `=?utf-8?b?...?=`; space between two encoded words does not count.
fn words(value: &str) -> String {
    let (mut out, mut rest) = (String::new(), value.replace("?= =?", "?==?"));
    while let Some((before, after)) = rest.clone().split_once("=?utf-8?b?") {
        let (word, tail) = after.split_once("?=").unwrap();
        out += before;
        out += &String::from_utf8(STANDARD.decode(word).unwrap()).unwrap();
        rest = tail.to_owned();
    }
    out + &rest
}
