//! The Assuan lines that pinentry speaks: requests escaped, answers read into memory that wipes itself.
//!
//! Written here because the crate for it reads the PIN through an ordinary buffer, panics on a long line, and cannot be told to stop.

use crate::secret::{MAX_SECRET_BYTES, Pin};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;
use zeroize::{Zeroize, Zeroizing};

/// Longest line of either side, in bytes (Assuan's own limit is 1,000 with the line end).
const MAX_LINE_BYTES: usize = 1002;
/// Most lines before an answer ends.
const MAX_ANSWER_LINES: usize = 64;

/// How a request ended.
#[derive(Debug)]
pub(super) enum Answer {
    /// `OK`, with the data sent before it.
    Ok(Option<Pin>),
    /// `ERR`, the low 16 bits of its number (libgpg-error).
    Refused(u16),
}

/// Why no answer came.
#[derive(Debug)]
pub(super) enum Broken {
    Cancelled,
    TimedOut,
    Failed(String),
}

/// One conversation: the program's pipes, the moment it must be over, and what cancels it.
pub(super) struct Conversation<'a, W, R> {
    pub(super) requests: W,
    pub(super) answers: R,
    pub(super) deadline: Instant,
    pub(super) cancel: BorrowedFd<'a>,
    buffer: Zeroizing<Vec<u8>>,
}

impl<'a, W: Write, R: Read + AsFd> Conversation<'a, W, R> {
    pub(super) fn new(requests: W, answers: R, deadline: Instant, cancel: BorrowedFd<'a>) -> Self {
        Self {
            requests,
            answers,
            deadline,
            cancel,
            buffer: Zeroizing::new(Vec::with_capacity(MAX_LINE_BYTES)),
        }
    }

    /// Sends one request and reads to its `OK` or `ERR`.
    pub(super) fn request(&mut self, command: &str, argument: &str) -> Result<Answer, Broken> {
        let line = request_line(command, argument);
        if line.len() > MAX_LINE_BYTES {
            return Err(Broken::Failed(format!("{command} is too long")));
        }
        self.requests
            .write_all(line.as_bytes())
            .map_err(|e| Broken::Failed(e.to_string()))?;
        self.answer()
    }

    /// Reads to the next `OK` or `ERR`; pinentry greets with one.
    pub(super) fn answer(&mut self) -> Result<Answer, Broken> {
        let mut data = None;
        for _ in 0..MAX_ANSWER_LINES {
            let line = self.line()?;
            let word = line.split(|b| *b == b' ').next().unwrap_or_default();
            match word {
                b"OK" => return Ok(Answer::Ok(data)),
                b"ERR" => return Ok(Answer::Refused(error_number(&line))),
                b"D" if data.is_none() => data = Some(unescaped(line.get(2..).unwrap_or_default())?),
                b"S" | b"#" => {}
                _ if line.first() == Some(&b'#') => {}
                _ => return Err(Broken::Failed("an answer outside the protocol".to_owned())),
            }
        }
        Err(Broken::Failed("an endless answer".to_owned()))
    }

    fn line(&mut self) -> Result<Zeroizing<Vec<u8>>, Broken> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line = Zeroizing::new(self.buffer[..end].to_vec());
                let left = self.buffer.len() - end - 1;
                self.buffer.copy_within(end + 1.., 0);
                self.buffer[left..].zeroize();
                self.buffer.truncate(left);
                return Ok(line);
            }
            let filled = self.buffer.len();
            if filled == MAX_LINE_BYTES {
                return Err(Broken::Failed("a line without an end".to_owned()));
            }
            self.wait()?;
            // The capacity was set once, so growing inside it leaves no copy behind.
            self.buffer.resize(MAX_LINE_BYTES, 0);
            let read = self.answers.read(&mut self.buffer[filled..]);
            self.buffer
                .truncate(filled + read.as_ref().ok().copied().unwrap_or_default());
            match read {
                Ok(0) => return Err(Broken::Failed("the program ended".to_owned())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Broken::Failed(error.to_string())),
            }
        }
    }

    fn wait(&self) -> Result<(), Broken> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Broken::TimedOut);
            }
            let left = Timespec::try_from(left).map_err(|e| Broken::Failed(e.to_string()))?;
            let mut watched = [
                PollFd::new(&self.answers, PollFlags::IN),
                PollFd::new(&self.cancel, PollFlags::IN),
            ];
            match poll(&mut watched, Some(&left)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) if !watched[1].revents().is_empty() => return Err(Broken::Cancelled),
                Ok(_) => return Ok(()),
                Err(error) => return Err(Broken::Failed(error.to_string())),
            }
        }
    }
}

/// How many bytes `text` takes in a request.
pub(super) fn escaped_len(text: &str) -> usize {
    text.bytes().map(|b| if must_escape(b) { 3 } else { 1 }).sum()
}

fn must_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'%' || byte == b'\\' || byte == 0x7f
}

fn request_line(command: &str, argument: &str) -> String {
    let mut line = String::with_capacity(command.len() + argument.len() + 2);
    line.push_str(command);
    if !argument.is_empty() {
        line.push(' ');
    }
    for c in argument.chars() {
        match u8::try_from(c) {
            Ok(byte) if must_escape(byte) => line.push_str(&format!("%{byte:02X}")),
            _ => line.push(c),
        }
    }
    line.push('\n');
    line
}

fn error_number(line: &[u8]) -> u16 {
    let digits = line.split(|b| *b == b' ').nth(1).unwrap_or_default();
    let number: u32 = std::str::from_utf8(digits)
        .ok()
        .and_then(|d| d.parse().ok())
        .unwrap_or(0);
    (number & 0xffff) as u16
}

fn unescaped(data: &[u8]) -> Result<Pin, Broken> {
    let mut plain = Zeroizing::new(Vec::with_capacity(data.len()));
    let mut rest = data;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            plain.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|d| std::str::from_utf8(d).ok());
        let byte = digits.and_then(|d| u8::from_str_radix(d, 16).ok());
        plain.push(byte.ok_or_else(|| Broken::Failed("a broken escape".to_owned()))?);
        rest = &after[2..];
    }
    Pin::new(std::mem::take(&mut *plain))
        .ok_or_else(|| Broken::Failed(format!("more than {MAX_SECRET_BYTES} bytes of data")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    fn told(answers: &[u8]) -> Result<Answer, Broken> {
        let (mut theirs, ours) = UnixStream::pair().unwrap();
        let (_keep, cancel) = UnixStream::pair().unwrap();
        theirs.write_all(answers).unwrap();
        drop(theirs);
        let deadline = Instant::now() + Duration::from_secs(5);
        Conversation::new(io::sink(), ours, deadline, cancel.as_fd()).answer()
    }

    #[test]
    fn data_is_unescaped_and_notes_are_skipped() {
        let answer = told(b"# hello\n#\nS PIN_REPEATED\nD 12%2534%0a\nOK\n").unwrap();
        assert!(matches!(answer, Answer::Ok(Some(pin)) if pin.expose() == b"12%34\n"));
        assert!(matches!(told(b"OK Pleased to meet you\n").unwrap(), Answer::Ok(None)));
        assert!(matches!(
            told(b"ERR 83886179 Operation cancelled <Pinentry>\n").unwrap(),
            Answer::Refused(99)
        ));
    }

    #[test]
    fn faulty_answers_end_the_conversation() {
        let long = [b'D'; 2000];
        let endless = b"# note\n".repeat(MAX_ANSWER_LINES + 1);
        for answers in [
            &b""[..],
            b"OK",
            b"D 12%3\nOK\n",
            b"D 12%zz\nOK\n",
            b"D 1\nD 2\nOK\n",
            b"INQUIRE X\nOK\n",
            &long,
            &endless,
        ] {
            assert!(
                matches!(told(answers), Err(Broken::Failed(_))),
                "{:?}",
                &answers[..answers.len().min(20)]
            );
        }
    }

    #[test]
    fn requests_are_escaped() {
        assert_eq!(request_line("SETDESC", "a\n50%\\"), "SETDESC a%0A50%25%5C\n");
        assert_eq!(request_line("GETPIN", ""), "GETPIN\n");
        assert_eq!(escaped_len("a\n契%"), 1 + 3 + 3 + 3);
    }

    #[test]
    fn a_deadline_and_a_cancel_end_the_wait() {
        let (_theirs, ours) = UnixStream::pair().unwrap();
        let (mut keep, cancel) = UnixStream::pair().unwrap();
        let mut late = Conversation::new(io::sink(), &ours, Instant::now(), cancel.as_fd());
        assert!(matches!(late.answer(), Err(Broken::TimedOut)));
        keep.write_all(b"x").unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut stopped = Conversation::new(io::sink(), &ours, deadline, cancel.as_fd());
        assert!(matches!(stopped.answer(), Err(Broken::Cancelled)));
    }
}
