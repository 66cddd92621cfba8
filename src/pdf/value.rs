//! PDF objects as they were written (ISO 32000-2, 7.3).
//!
//! Numbers and names keep their bytes, dictionaries their order: what is read and written again is the same value to the last digit. Nothing here follows a reference or decrypts a string.

use std::fmt;

/// Number and generation of an indirect object (7.3.10).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId {
    /// Object number, never 0.
    pub number: u32,
    /// Generation number; 0 for objects in object streams.
    pub generation: u16,
}

/// A number as it stands in the file, such as `123456789.125` or `+0.50`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Number(Vec<u8>);

/// Any PDF object but a stream, whose dictionary is a [`Dict`] and whose data stays in the file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// Integer or real.
    Number(Number),
    /// A string's bytes after unescaping; still encrypted when its document is. `hex`: it was, and will be, written as `<...>`.
    String {
        /// The bytes.
        bytes: Vec<u8>,
        /// Written in hexadecimal.
        hex: bool,
    },
    /// A name's bytes after `#xx` is undone, without the slash.
    Name(Vec<u8>),
    /// `[...]`
    Array(Vec<Value>),
    /// `<<...>>`
    Dict(Dict),
    /// `12 0 R`
    Ref(ObjectId),
}

/// A dictionary in the order it was written. The reader refuses a key that has two values.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Dict(Vec<(Vec<u8>, Value)>);

impl Number {
    /// From the digits as written. `None` unless it is a PDF number: sign, digits, at most one point, at least one digit.
    pub fn parse(written: &[u8]) -> Option<Self> {
        let body = written
            .strip_prefix(b"+")
            .or_else(|| written.strip_prefix(b"-"))
            .unwrap_or(written);
        let digits = body.iter().filter(|b| b.is_ascii_digit()).count();
        let points = body.iter().filter(|b| **b == b'.').count();
        (digits > 0 && points <= 1 && digits + points == body.len()).then(|| Self(written.to_vec()))
    }

    /// The bytes as written.
    pub fn written(&self) -> &[u8] {
        &self.0
    }

    /// The value when it is written as an integer that fits.
    pub fn as_int(&self) -> Option<i64> {
        std::str::from_utf8(&self.0).ok()?.parse().ok()
    }

    /// The value, rounded to what `f64` can hold.
    pub fn as_f64(&self) -> f64 {
        // `parse` admitted only ASCII digits, a sign and one point, all of which `f64` reads.
        std::str::from_utf8(&self.0)
            .ok()
            .and_then(|t| t.parse().ok())
            .unwrap_or(0.0)
    }
}

impl Value {
    /// An integer.
    pub fn int(value: i64) -> Self {
        Self::Number(Number(value.to_string().into_bytes()))
    }

    /// A real number with at most four decimals, which is finer than any printer.
    pub fn real(value: f64) -> Self {
        let text = format!("{value:.4}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        Self::Number(Number(if text == "-0" { "0" } else { text }.as_bytes().to_vec()))
    }

    /// A name.
    pub fn name(name: &str) -> Self {
        Self::Name(name.as_bytes().to_vec())
    }

    /// A string of plain bytes, written as `(...)`.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self::String {
            bytes: bytes.to_vec(),
            hex: false,
        }
    }

    /// A string of bytes, written as `<...>`.
    pub fn hex(bytes: &[u8]) -> Self {
        Self::String {
            bytes: bytes.to_vec(),
            hex: true,
        }
    }

    /// A text string (7.9.2.2): ASCII as it is, everything else as UTF-16BE with its mark.
    pub fn text(text: &str) -> Self {
        if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Self::bytes(text.as_bytes());
        }
        let mut bytes = vec![0xfe, 0xff];
        bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        Self::hex(&bytes)
    }

    /// An array of reals, such as a rectangle.
    pub fn reals(values: &[f64]) -> Self {
        Self::Array(values.iter().map(|v| Self::real(*v)).collect())
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Number(n) => n.as_int(),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(n.as_f64()),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The name's bytes, if it is one.
    pub fn as_name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(n) => Some(n),
            _ => None,
        }
    }

    /// The string's bytes, if it is one.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::String { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// A text string as Unicode: UTF-16BE, UTF-8 (PDF 2.0) by their marks, else Latin-1, which PDFDocEncoding mostly is.
    pub fn as_text(&self) -> Option<String> {
        let bytes = self.as_bytes()?;
        Some(match bytes {
            [0xfe, 0xff, rest @ ..] => {
                let units: Vec<u16> = rest.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect();
                String::from_utf16_lossy(&units)
            }
            [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
            _ => bytes.iter().map(|b| char::from(*b)).collect(),
        })
    }

    /// The array, if it is one.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(a) => Some(a),
            _ => None,
        }
    }

    /// The dictionary, if it is one.
    pub fn as_dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(d) => Some(d),
            _ => None,
        }
    }

    /// The target, if it is an indirect reference.
    pub fn as_ref(&self) -> Option<ObjectId> {
        match self {
            Self::Ref(id) => Some(*id),
            _ => None,
        }
    }

    /// Appends the value in PDF syntax. A leading delimiter is not needed: callers put white space where two regular tokens would meet.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Self::Number(n) => out.extend_from_slice(&n.0),
            Self::String { bytes, hex: true } => {
                out.push(b'<');
                out.extend_from_slice(hex::encode(bytes).as_bytes());
                out.push(b'>');
            }
            Self::String { bytes, hex: false } => write_literal(bytes, out),
            Self::Name(name) => write_name(name, out),
            Self::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b' ');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Dict(dict) => dict.write(out),
            Self::Ref(id) => out.extend_from_slice(id.to_string().as_bytes()),
        }
    }
}

impl Dict {
    /// An empty dictionary.
    pub fn new() -> Self {
        Self::default()
    }

    /// From pairs; later pairs replace earlier ones of the same key.
    pub fn from_pairs<const N: usize>(pairs: [(&str, Value); N]) -> Self {
        let mut dict = Self::new();
        for (key, value) in pairs {
            dict.set(key, value);
        }
        dict
    }

    /// The value under `key`; a value of `null` counts as absent (7.3.7).
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.get_bytes(key.as_bytes())
    }

    /// As [`Dict::get`], for names that are not text.
    pub fn get_bytes(&self, key: &[u8]) -> Option<&Value> {
        self.0
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v)
            .filter(|v| **v != Value::Null)
    }

    /// Whether `key` stands here, even with `null`.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.0.iter().any(|(k, _)| k == key)
    }

    /// Puts `value` under `key`, in the old place when there is one.
    pub fn set(&mut self, key: &str, value: Value) {
        match self.0.iter_mut().find(|(k, _)| k == key.as_bytes()) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.as_bytes().to_vec(), value)),
        }
    }

    /// Appends without looking for the key; for the reader, which has looked.
    pub fn push(&mut self, key: Vec<u8>, value: Value) {
        self.0.push((key, value));
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().position(|(k, _)| k == key.as_bytes())?;
        Some(self.0.remove(at).1)
    }

    /// Keys and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Value)> {
        self.0.iter().map(|(k, v)| (k.as_slice(), v))
    }

    /// Keys and values in their order, the values to be changed in place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&[u8], &mut Value)> {
        self.0.iter_mut().map(|(k, v)| (k.as_slice(), v))
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `key` holds the name `name`.
    pub fn is(&self, key: &str, name: &str) -> bool {
        self.get(key).and_then(Value::as_name) == Some(name.as_bytes())
    }

    /// The integer under `key`, when it is written there directly.
    pub fn int(&self, key: &str) -> Option<i64> {
        self.get(key).and_then(Value::as_int)
    }

    /// Appends `<<...>>`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<<");
        for (key, value) in &self.0 {
            write_name(key, out);
            // Numbers, references and keywords would run into the name; the others begin with a delimiter.
            if matches!(value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Ref(_)) {
                out.push(b' ');
            }
            value.write(out);
        }
        out.extend_from_slice(b">>");
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} R", self.number, self.generation)
    }
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_graphic() && !b"()<>[]{}/%#".contains(byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("#{byte:02X}").as_bytes());
        }
    }
}

fn write_literal(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'(');
    for byte in bytes {
        match byte {
            b'(' | b')' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => out.push(*byte),
        }
    }
    out.push(b')');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        for written in ["0", "-1", "+17", "123456789.125", ".5", "4.", "-.002"] {
            let number = Number::parse(written.as_bytes()).unwrap();
            assert_eq!(number.written(), written.as_bytes());
        }
        for written in ["", "+", ".", "1e5", "--1", "1.2.3", "0x10"] {
            assert!(Number::parse(written.as_bytes()).is_none(), "{written}");
        }
        assert_eq!(Value::real(-0.00001), Value::int(0));
        assert_eq!(Value::real(12.5), Value::Number(Number(b"12.5".to_vec())));
    }

    #[test]
    fn writes_what_a_reader_reads() {
        let dict = Dict::from_pairs([
            ("A b", Value::bytes(b"(x)\\\r\n")),
            ("N", Value::int(3)),
            (
                "R",
                Value::Ref(ObjectId {
                    number: 7,
                    generation: 1,
                }),
            ),
            (
                "K",
                Value::Array(vec![Value::Null, Value::Bool(true), Value::name("Sig")]),
            ),
        ]);
        let mut out = Vec::new();
        dict.write(&mut out);
        assert_eq!(out, br"<</A#20b(\(x\)\\\r\n)/N 3/R 7 1 R/K[null true /Sig]>>");
        assert_eq!(Value::text("髙").as_text().unwrap(), "髙");
    }
}
