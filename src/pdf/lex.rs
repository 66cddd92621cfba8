//! Tokens (ISO 32000-2, 7.2), strictly; the values that they make stand in `values`.
//!
//! Nothing here follows a reference or guesses: what is not the grammar is [`Error::Damaged`] at its byte. Work and memory are bounded by the limits below, recursion by [`MAX_DEPTH`].

mod values;

use super::error::Error;
use super::value::{Dict, ObjectId, Value};

/// Deepest nesting of arrays and dictionaries in one object.
pub const MAX_DEPTH: u32 = 64;
/// Most values in one object.
pub const MAX_VALUES: u32 = 1 << 21;
/// Longest string, in bytes as decoded.
pub const MAX_STRING_BYTES: usize = 64 << 20;
/// Longest name, number or keyword, in bytes as written.
pub const MAX_TOKEN_BYTES: usize = 32 << 10;
/// Longest run of white space and comments between two tokens, in bytes.
pub const MAX_GAP_BYTES: usize = 1 << 20;
/// Highest object number (Annex C).
pub const MAX_OBJECT_NUMBER: u32 = 8_388_607;

/// Whether `byte` is white space (Table 1).
pub const fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

/// Whether `byte` is neither white space nor a delimiter (7.2.3).
pub const fn is_regular(byte: u8) -> bool {
    !is_white(byte)
        && !matches!(
            byte,
            b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
        )
}

/// A place in a file or in a decoded object stream, and the readers that go forward from it.
#[derive(Clone)]
pub struct Lexer<'a> {
    data: &'a [u8],
    at: usize,
    left: u32,
}

impl<'a> Lexer<'a> {
    /// Reads `data` from offset `at`, which may lie past its end.
    pub fn new(data: &'a [u8], at: usize) -> Self {
        Self {
            data,
            at: at.min(data.len()),
            left: MAX_VALUES,
        }
    }

    /// Where the next byte stands.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes to `at`, at most to the end.
    pub fn seek(&mut self, at: usize) {
        self.at = at.min(self.data.len());
    }

    /// The next byte, without taking it.
    pub fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    /// Whether `token` comes next; taken when it does.
    pub fn take(&mut self, token: &[u8]) -> bool {
        let found = self.starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Whether `token` comes next.
    pub fn starts_with(&self, token: &[u8]) -> bool {
        self.data[self.at..].starts_with(token)
    }

    /// Takes white space. [`Error::TooLarge`] past [`MAX_GAP_BYTES`].
    pub fn white(&mut self) -> Result<(), Error> {
        let run = self.run(is_white);
        if run > MAX_GAP_BYTES {
            return Err(Error::TooLarge { what: "white space" });
        }
        self.at += run;
        Ok(())
    }

    /// Takes white space and comments. [`Error::TooLarge`] past [`MAX_GAP_BYTES`].
    pub fn skip(&mut self) -> Result<(), Error> {
        let from = self.at;
        loop {
            self.white()?;
            if self.peek() != Some(b'%') {
                return Ok(());
            }
            self.at += self.run(|b| b != b'\n' && b != b'\r');
            if self.at - from > MAX_GAP_BYTES {
                return Err(Error::TooLarge { what: "comment" });
            }
        }
    }

    /// Takes one end of line (CR LF, LF or CR), if there is one.
    pub fn line_end(&mut self) -> bool {
        self.take(b"\r\n") || self.take(b"\n") || self.take(b"\r")
    }

    /// Takes `keyword` after white space and comments; it must not run into another token.
    pub fn keyword(&mut self, keyword: &'static str) -> Result<(), Error> {
        self.skip()?;
        let at = self.at;
        if self.take(keyword.as_bytes()) && !self.peek().is_some_and(is_regular) {
            return Ok(());
        }
        self.at = at;
        Err(Error::damaged(at, keyword))
    }

    /// An unsigned integer after white space and comments.
    pub fn unsigned(&mut self) -> Result<u64, Error> {
        self.skip()?;
        let at = self.at;
        let word = self.word()?;
        digits(word).ok_or(Error::damaged(at, "an unsigned integer"))
    }

    /// `12 0 obj`: the head of an indirect object (7.3.10).
    pub fn object_head(&mut self) -> Result<ObjectId, Error> {
        self.skip()?;
        let at = self.at;
        let number = self.unsigned()?;
        let generation = self.unsigned()?;
        self.keyword("obj")?;
        match (u32::try_from(number), u16::try_from(generation)) {
            (Ok(number @ 1..=MAX_OBJECT_NUMBER), Ok(generation)) => Ok(ObjectId { number, generation }),
            _ => Err(Error::damaged(at, "an object number")),
        }
    }

    /// Any value but a stream.
    pub fn value(&mut self) -> Result<Value, Error> {
        self.left = MAX_VALUES;
        self.nested(0)
    }

    /// A dictionary.
    pub fn dict(&mut self) -> Result<Dict, Error> {
        self.skip()?;
        let at = self.at;
        match self.value()? {
            Value::Dict(dict) => Ok(dict),
            _ => Err(Error::damaged(at, "a dictionary")),
        }
    }

    fn run(&self, holds: impl Fn(u8) -> bool) -> usize {
        let rest = &self.data[self.at..];
        // One byte past the limit is enough to know that it is passed.
        let rest = &rest[..rest.len().min(MAX_GAP_BYTES + 1)];
        rest.iter().position(|b| !holds(*b)).unwrap_or(rest.len())
    }

    fn word(&mut self) -> Result<&'a [u8], Error> {
        let length = self.run(is_regular);
        if length > MAX_TOKEN_BYTES {
            return Err(Error::TooLarge { what: "token" });
        }
        let word = &self.data[self.at..self.at + length];
        self.at += length;
        Ok(word)
    }
}

/// The number that at most 19 ASCII digits stand for.
pub fn digits(word: &[u8]) -> Option<u64> {
    if word.is_empty() || word.len() > 19 || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(word.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0')))
}
