//! Values (ISO 32000-2, 7.3) out of tokens: strings, names, numbers, references, arrays, dictionaries.
//!
//! A key that stands twice with two values is refused, not settled: two readers would settle it differently.

use super::{Lexer, MAX_DEPTH, MAX_STRING_BYTES, digits, is_regular, is_white};
use crate::pdf::error::Error;
use crate::pdf::value::{Dict, Number, ObjectId, Value};
use std::collections::HashSet;

/// Dictionaries with more keys than this look for duplicates by hash.
const FEW_KEYS: usize = 16;

impl Lexer<'_> {
    pub(super) fn nested(&mut self, depth: u32) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep {
                what: "arrays and dictionaries",
            });
        }
        self.left = self.left.checked_sub(1).ok_or(Error::TooLarge { what: "object" })?;
        self.skip()?;
        let at = self.at;
        match self.peek().ok_or(Error::damaged(at, "a value"))? {
            b'/' => {
                self.at += 1;
                Ok(Value::Name(self.name()?))
            }
            b'(' => self.literal(),
            b'[' => self.array(depth),
            b'<' if self.take(b"<<") => self.entries(depth),
            b'<' => self.hexadecimal(),
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number_or_reference(),
            _ => match self.word()? {
                b"null" => Ok(Value::Null),
                b"true" => Ok(Value::Bool(true)),
                b"false" => Ok(Value::Bool(false)),
                _ => Err(Error::damaged(at, "a value")),
            },
        }
    }

    fn array(&mut self, depth: u32) -> Result<Value, Error> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip()?;
            if self.take(b"]") {
                return Ok(Value::Array(items));
            }
            items.push(self.nested(depth + 1)?);
        }
    }

    fn entries(&mut self, depth: u32) -> Result<Value, Error> {
        let mut dict = Dict::new();
        let mut keys: HashSet<Vec<u8>> = HashSet::new();
        loop {
            self.skip()?;
            if self.take(b">>") {
                return Ok(Value::Dict(dict));
            }
            let at = self.at;
            if !self.take(b"/") {
                return Err(Error::damaged(at, "a key or >>"));
            }
            let key = self.name()?;
            let value = self.nested(depth + 1)?;
            let known = if dict.len() < FEW_KEYS {
                dict.contains(&key)
            } else {
                if keys.is_empty() {
                    keys.extend(dict.iter().map(|(k, _)| k.to_vec()));
                }
                !keys.insert(key.clone())
            };
            if !known {
                dict.push(key, value);
            } else if dict.iter().find(|(k, _)| *k == key).map(|(_, v)| v) != Some(&value) {
                let key = String::from_utf8_lossy(&key[..key.len().min(127)]).into_owned();
                return Err(Error::DuplicateKey { key, offset: at as u64 });
            }
        }
    }

    fn name(&mut self) -> Result<Vec<u8>, Error> {
        let word = self.word()?;
        let mut name = Vec::with_capacity(word.len());
        let mut rest = word;
        while let [first, tail @ ..] = rest {
            // `#` without two digits stands for itself, as in PDF 1.1.
            match tail {
                [high, low, after @ ..] if *first == b'#' => match (hex_digit(*high), hex_digit(*low)) {
                    (Some(high), Some(low)) => {
                        name.push(high << 4 | low);
                        rest = after;
                        continue;
                    }
                    _ => name.push(*first),
                },
                _ => name.push(*first),
            }
            rest = tail;
        }
        Ok(name)
    }

    fn number_or_reference(&mut self) -> Result<Value, Error> {
        let at = self.at;
        let word = self.word()?;
        if let Some(number) = digits(word)
            && let Some(reference) = self.reference(number)?
        {
            return Ok(reference);
        }
        match Number::parse(word) {
            Some(number) => Ok(Value::Number(number)),
            None => Err(Error::damaged(at, "a number")),
        }
    }

    /// The rest of `12 0 R`, after `12`. `0 0 R` can refer to nothing and is null.
    fn reference(&mut self, number: u64) -> Result<Option<Value>, Error> {
        let back = self.at;
        self.skip()?;
        if self.peek().is_some_and(|b| b.is_ascii_digit())
            && let Some(generation) = digits(self.word()?)
        {
            self.skip()?;
            if self.take(b"R") && !self.peek().is_some_and(is_regular) {
                return match (u32::try_from(number), u16::try_from(generation)) {
                    (Ok(0), _) => Ok(Some(Value::Null)),
                    (Ok(number), Ok(generation)) => Ok(Some(Value::Ref(ObjectId { number, generation }))),
                    _ => Err(Error::damaged(back, "a reference")),
                };
            }
        }
        self.at = back;
        Ok(None)
    }

    fn hexadecimal(&mut self) -> Result<Value, Error> {
        self.at += 1;
        let (mut bytes, mut half) = (Vec::new(), None);
        loop {
            let at = self.at;
            let byte = self.peek().ok_or(Error::damaged(at, ">"))?;
            self.at += 1;
            match byte {
                b'>' => break,
                _ if is_white(byte) => continue,
                _ => {}
            }
            let digit = hex_digit(byte).ok_or(Error::damaged(at, "a hexadecimal digit"))?;
            half = match half {
                None => Some(digit),
                Some(high) => {
                    push(&mut bytes, high << 4 | digit)?;
                    None
                }
            };
        }
        if let Some(high) = half {
            bytes.push(high << 4);
        }
        Ok(Value::String { bytes, hex: true })
    }

    fn literal(&mut self) -> Result<Value, Error> {
        let open = self.at;
        self.at += 1;
        let (mut bytes, mut depth) = (Vec::new(), 0_usize);
        loop {
            let byte = self.peek().ok_or(Error::damaged(open, "a string that ends"))?;
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' if depth == 0 => return Ok(Value::String { bytes, hex: false }),
                b')' => depth -= 1,
                b'\\' => {
                    if let Some(byte) = self.escape().ok_or(Error::damaged(open, "a string that ends"))? {
                        push(&mut bytes, byte)?;
                    }
                    continue;
                }
                b'\r' => {
                    self.take(b"\n");
                    push(&mut bytes, b'\n')?;
                    continue;
                }
                _ => {}
            }
            push(&mut bytes, byte)?;
        }
    }

    /// What follows a backslash (Table 3): `Some(None)` is nothing, `None` the end of the data.
    fn escape(&mut self) -> Option<Option<u8>> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\n' => None,
            b'\r' => {
                self.take(b"\n");
                None
            }
            b'0'..=b'7' => {
                let mut code = byte - b'0';
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    self.at += 1;
                    // High-order overflow is ignored, as the standard says.
                    code = (code << 3) | (digit - b'0');
                }
                Some(code)
            }
            other => Some(other),
        })
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|d| d as u8)
}

fn push(bytes: &mut Vec<u8>, byte: u8) -> Result<(), Error> {
    if bytes.len() >= MAX_STRING_BYTES {
        return Err(Error::TooLarge { what: "string" });
    }
    bytes.push(byte);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{MAX_GAP_BYTES, MAX_TOKEN_BYTES};
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<Value, Error> {
        let mut lex = Lexer::new(text, 0);
        let value = lex.value()?;
        lex.skip()?;
        assert_eq!(lex.at(), text.len(), "{}", String::from_utf8_lossy(text));
        Ok(value)
    }

    fn values() -> impl Strategy<Value = Value> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..20);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::int),
            (-1e6..1e6_f64).prop_map(Value::real),
            bytes().prop_map(Value::Name),
            (bytes(), any::<bool>()).prop_map(|(bytes, hex)| Value::String { bytes, hex }),
            (1..=u32::MAX, any::<u16>()).prop_map(|(number, generation)| Value::Ref(ObjectId { number, generation })),
        ];
        leaf.prop_recursive(5, 64, 8, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
                proptest::collection::btree_map(bytes(), inner, 0..30).prop_map(|entries| {
                    let mut dict = Dict::new();
                    entries.into_iter().for_each(|(key, value)| dict.push(key, value));
                    Value::Dict(dict)
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in values()) {
            let mut text = Vec::new();
            value.write(&mut text);
            prop_assert_eq!(read(&text).unwrap(), value);
        }

        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut lex = Lexer::new(&text, 0);
            while lex.value().is_ok() {}
            prop_assert!(lex.at() <= text.len());
        }
    }

    #[test]
    fn strings_are_unescaped() {
        for (written, meant) in [
            (r"(a(b)c)", "a(b)c"),
            (r"(\\\(\))", r"\()"),
            ("(\\\r\nx)", "x"),
            ("(a\r\nb\rc)", "a\nb\nc"),
            (r"(\101\60\0611\8\x)", "A0118x"),
            (r"(\0053\53)", "\u{5}3+"),
            ("<41 4\n2 5>", "ABP"),
            ("<>", ""),
        ] {
            assert_eq!(
                read(written.as_bytes()).unwrap().as_bytes(),
                Some(meant.as_bytes()),
                "{written}"
            );
        }
    }

    #[test]
    fn references_and_numbers_are_told_apart() {
        let read = |text: &str| {
            let mut out = Vec::new();
            read(text.as_bytes()).unwrap().write(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(read("[1 2 3 0 R 4 5]"), "[1 2 3 0 R 4 5]");
        assert_eq!(read("[0 0 R 07 1 R%x\n 2]"), "[null 7 1 R 2]");
        assert_eq!(read("[1 2\n3 %x\n 0\rR]"), "[1 2 3 0 R]");
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in [
            "",
            "(",
            "<4",
            "<4x>",
            "[1",
            "<</A 1",
            "<</A>>",
            "<<1 2>>",
            "tru",
            "R",
            "1e5",
            "--1",
            "]",
            ">>",
            "{}",
            "12 70000 R",
            "[1 2 R3]",
        ] {
            assert!(Lexer::new(text.as_bytes(), 0).value().is_err(), "{text}");
        }
    }

    #[test]
    fn one_key_has_one_value() {
        assert!(read(b"<</A 1/A 1>>").is_ok());
        let error = read(b"<</A 1/#41 2>>").unwrap_err();
        assert!(
            matches!(error, Error::DuplicateKey { ref key, offset: 6 } if key == "A"),
            "{error}"
        );
        let many: String = (0..40).map(|n| format!("/K{n} 1")).collect();
        assert!(read(format!("<<{many}/K3 2>>").as_bytes()).is_err());
        assert!(read(format!("<<{many}/K39 2>>").as_bytes()).is_err());
        assert!(read(format!("<<{many}/K39 1>>").as_bytes()).is_ok());
    }

    #[test]
    fn limits_hold() {
        let deep = |n: usize| [b"[".repeat(n), b"]".repeat(n)].concat();
        assert!(read(&deep(MAX_DEPTH as usize + 1)).is_ok());
        assert!(matches!(
            read(&deep(MAX_DEPTH as usize + 2)),
            Err(Error::TooDeep { .. })
        ));
        let long = [b"/".as_slice(), &b"x".repeat(MAX_TOKEN_BYTES + 1)].concat();
        assert!(matches!(read(&long), Err(Error::TooLarge { .. })));
        let comments = b"%c\n".repeat(MAX_GAP_BYTES);
        assert!(matches!(read(&comments), Err(Error::TooLarge { .. })));
        let string = [b"(".as_slice(), &b"x".repeat(MAX_STRING_BYTES + 1), b")"].concat();
        assert!(matches!(read(&string), Err(Error::TooLarge { .. })));
    }
}
