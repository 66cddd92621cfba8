//! What an appearance shows (ISO 32000-2, 12.5.5): its text, and whether it draws anything but text and lines.
//!
//! A reader of content streams only as far as a field's value needs it: no layout, no colours, no glyph shapes. What it cannot read it says so.

use crate::pdf::lex::Lexer;
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::pdf::{Document, Error};
use crate::verify::evidence;
use std::collections::HashMap;

/// Most operators of one appearance.
const MAX_OPERATORS: usize = 100_000;
/// Most bytes of one appearance or character map.
const MAX_BYTES: usize = 1 << 20;

/// What an appearance draws.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Shown {
    /// Its text without white space; `None` when a font's codes say nothing.
    pub(super) text: Option<String>,
    /// It shows text at all.
    pub(super) has_text: bool,
    /// Pictures, other streams, shadings.
    pub(super) has_pictures: bool,
    /// It fills areas.
    pub(super) has_fills: bool,
    /// Text that is not painted (rendering modes 3 and 7).
    pub(super) has_hidden_text: bool,
    /// A graphics state with a blend mode Multiply is used.
    pub(super) multiplies: bool,
}

/// Reads the appearance stream `id`; `None` when it cannot be read.
pub(super) fn read(document: &Document<'_>, id: ObjectId, defaults: &Dict) -> Result<Option<Shown>, Error> {
    let loaded = document.get_plain(id)?;
    let Some(dict) = loaded.value.as_dict().filter(|_| loaded.stream.is_some()) else {
        return Ok(None);
    };
    let Ok(data) = document.stream_data(id, &loaded) else {
        return Ok(None);
    };
    if data.len() > MAX_BYTES {
        return Ok(None);
    }
    let own = evidence::entry(document, dict, "Resources")?;
    let mut reader = Reader {
        document,
        resources: own.as_dict().unwrap_or(defaults),
        defaults,
        fonts: HashMap::new(),
        shown: Shown {
            text: Some(String::new()),
            ..Shown::default()
        },
        font: Vec::new(),
    };
    Ok(reader.run(&data)?.then_some(reader.shown))
}

/// Whether these operators paint nothing: none but of saving and restoring, and comments.
pub(super) fn is_blank(data: &[u8]) -> bool {
    let words = |line: &[u8]| {
        let code = line.split(|b| *b == b'%').next().unwrap_or_default();
        code.split(|b| b.is_ascii_whitespace() || *b == 0)
            .all(|word| matches!(word, b"" | b"q" | b"Q" | b"n"))
    };
    data.len() <= MAX_BYTES && data.split(|b| matches!(b, b'\n' | b'\r')).all(words)
}

struct Reader<'r, 'a> {
    document: &'r Document<'a>,
    resources: &'r Dict,
    defaults: &'r Dict,
    fonts: HashMap<Vec<u8>, Codes>,
    shown: Shown,
    font: Vec<u8>,
}

/// How a font's codes become text.
#[derive(Clone)]
enum Codes {
    /// One byte, Latin-1, which the Latin encodings mostly are.
    Latin,
    /// Two bytes, UTF-16BE.
    Utf16,
    /// By a ToUnicode map: code length in bytes, and what each code stands for.
    Map(usize, HashMap<Vec<u8>, String>),
    /// Nobody knows.
    Unknown,
}

impl Reader<'_, '_> {
    /// `false` when the stream is not one of operators.
    fn run(&mut self, data: &[u8]) -> Result<bool, Error> {
        let mut lex = Lexer::new(data, 0);
        let mut operands: Vec<Value> = Vec::new();
        for _ in 0..MAX_OPERATORS {
            if lex.skip().is_err() {
                return Ok(false);
            }
            let Some(next) = lex.peek() else { return Ok(true) };
            let word = next.is_ascii_alphabetic() || matches!(next, b'\'' | b'"');
            let is_value = !word || lex.starts_with(b"true") || lex.starts_with(b"false") || lex.starts_with(b"null");
            if is_value {
                match lex.value() {
                    Ok(value) => operands.push(value),
                    Err(_) => return Ok(false),
                }
                continue;
            }
            let start = lex.at();
            while lex.peek().is_some_and(crate::pdf::lex::is_regular) {
                lex.seek(lex.at() + 1);
            }
            let operator = data[start..lex.at()].to_vec();
            self.operator(&operator, &operands)?;
            if operator == b"BI" {
                // What follows is a picture's bytes.
                return Ok(true);
            }
            operands.clear();
        }
        Ok(false)
    }

    fn operator(&mut self, operator: &[u8], operands: &[Value]) -> Result<(), Error> {
        match operator {
            b"Tf" => self.font = operands.first().and_then(Value::as_name).unwrap_or_default().to_vec(),
            b"Tr" => {
                let mode = operands.first().and_then(Value::as_int);
                self.shown.has_hidden_text |= !matches!(mode, Some(0..=2));
            }
            b"Tj" | b"'" | b"\"" => {
                if let Some(bytes) = operands.last().and_then(Value::as_bytes) {
                    self.show(bytes)?;
                }
            }
            b"TJ" => {
                let items = operands.last().and_then(Value::as_array).unwrap_or_default();
                for bytes in items.iter().filter_map(Value::as_bytes) {
                    self.show(bytes)?;
                }
            }
            b"Do" | b"BI" | b"sh" => self.shown.has_pictures = true,
            b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" => self.shown.has_fills = true,
            b"gs" => {
                let name = operands.first().and_then(Value::as_name).unwrap_or_default();
                let states = evidence::entry(self.document, self.resources, "ExtGState")?;
                let state = states.as_dict().and_then(|s| s.get_bytes(name)).cloned();
                let state = self.document.resolve(&state.unwrap_or(Value::Null))?;
                self.shown.multiplies |= state.as_dict().is_some_and(|s| s.is("BM", "Multiply"));
            }
            _ => {}
        }
        Ok(())
    }

    fn show(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.shown.has_text = true;
        if !self.fonts.contains_key(&self.font) {
            let codes = self.codes()?;
            self.fonts.insert(self.font.clone(), codes);
        }
        let text = match &self.fonts[&self.font] {
            Codes::Latin => Some(bytes.iter().map(|b| char::from(*b)).collect()),
            Codes::Utf16 => Some(utf16(bytes)),
            Codes::Map(length, map) => bytes.chunks(*length).map(|code| map.get(code).cloned()).collect(),
            Codes::Unknown => None,
        };
        self.shown.text = self
            .shown
            .text
            .take()
            .zip(text)
            .map(|(all, text): (String, String)| all + &text);
        Ok(())
    }

    fn codes(&self) -> Result<Codes, Error> {
        let named = |resources: &Dict| -> Result<Option<Value>, Error> {
            let fonts = evidence::entry(self.document, resources, "Font")?;
            let font = fonts.as_dict().and_then(|f| f.get_bytes(&self.font)).cloned();
            font.map(|font| self.document.resolve(&font)).transpose()
        };
        let font = match named(self.resources)? {
            Some(font) => font,
            None => named(self.defaults)?.unwrap_or(Value::Null),
        };
        let Some(font) = font.as_dict() else {
            return Ok(Codes::Unknown);
        };
        if let Some(id) = font.get("ToUnicode").and_then(Value::as_ref) {
            let loaded = self.document.get_plain(id)?;
            let data = self.document.stream_data(id, &loaded).unwrap_or_default();
            return Ok(to_unicode(&data).unwrap_or(Codes::Unknown));
        }
        if !font.is("Subtype", "Type0") {
            let is_type3 = font.is("Subtype", "Type3");
            return Ok(if is_type3 { Codes::Unknown } else { Codes::Latin });
        }
        let encoding = evidence::entry(self.document, font, "Encoding")?;
        let unicode = encoding
            .as_name()
            .is_some_and(|name| name.starts_with(b"Uni") && name.ends_with(b"-H"));
        Ok(if unicode { Codes::Utf16 } else { Codes::Unknown })
    }
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|c| u16::from_be_bytes([c[0], c[1]]))
        .collect();
    String::from_utf16_lossy(&units)
}

/// A ToUnicode map (9.10.3): its `bfchar` and `bfrange` lists.
fn to_unicode(data: &[u8]) -> Option<Codes> {
    if data.len() > MAX_BYTES {
        return None;
    }
    let mut map = HashMap::new();
    let mut lex = Lexer::new(data, 0);
    let mut values: Vec<Value> = Vec::new();
    loop {
        lex.skip().ok()?;
        let Some(next) = lex.peek() else { break };
        if !next.is_ascii_alphabetic() {
            values.push(lex.value().ok()?);
            continue;
        }
        let start = lex.at();
        while lex.peek().is_some_and(crate::pdf::lex::is_regular) {
            lex.seek(lex.at() + 1);
        }
        match &data[start..lex.at()] {
            b"endbfchar" => {
                for pair in values.chunks_exact(2) {
                    map.insert(pair[0].as_bytes()?.to_vec(), utf16(pair[1].as_bytes()?));
                }
            }
            b"endbfrange" => {
                for row in values.chunks_exact(3) {
                    range(row, &mut map)?;
                }
            }
            _ => {}
        }
        values.clear();
    }
    let length = map.keys().next()?.len();
    (length > 0 && map.keys().all(|code| code.len() == length)).then_some(Codes::Map(length, map))
}

fn range(row: &[Value], map: &mut HashMap<Vec<u8>, String>) -> Option<()> {
    let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b));
    let (first, last) = (row[0].as_bytes()?, row[1].as_bytes()?);
    if first.is_empty() || first.len() > 2 || last.len() != first.len() {
        return None;
    }
    let (from, to) = (number(first), number(last));
    for code in from..=to {
        let key = code.to_be_bytes()[4 - first.len()..].to_vec();
        let step = code - from;
        let text = match &row[2] {
            Value::Array(items) => utf16(items.get(step as usize)?.as_bytes()?),
            target => {
                let mut bytes = target.as_bytes()?.to_vec();
                let last = bytes.len().checked_sub(2)?;
                let unit = u16::from_be_bytes([bytes[last], bytes[last + 1]]);
                let unit = u32::from(unit).checked_add(step).and_then(|u| u16::try_from(u).ok())?;
                bytes[last..].copy_from_slice(&unit.to_be_bytes());
                utf16(&bytes)
            }
        };
        map.insert(key, text);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_what_paints_nothing() {
        for blank in ["", "q Q", "% DSBlank\n", "q\r\nQ % 1 g 0 0 9 9 re f\r"] {
            assert!(is_blank(blank.as_bytes()), "{blank}");
        }
        for drawn in ["0 0 9 9 re f", "%\rBT(a)Tj ET", "/X Do", "0 0 m 9 9 l S"] {
            assert!(!is_blank(drawn.as_bytes()), "{drawn}");
        }
    }

    #[test]
    fn character_maps_are_read() {
        let map = b"1 begincodespacerange <0000><FFFF> endcodespacerange 1 beginbfchar <0001><7532> endbfchar \
            2 beginbfrange <0010><0012><4E59> <0020><0021>[<0041><0042>] endbfrange endcmap";
        let Some(Codes::Map(2, map)) = to_unicode(map) else {
            panic!("no map");
        };
        let of = |code: u16| map.get(code.to_be_bytes().as_slice()).map(String::as_str);
        assert_eq!(
            (of(1), of(0x12), of(0x21), of(0x22)),
            (Some("甲"), Some("乛"), Some("B"), None)
        );
        assert!(to_unicode(b"").is_none());
    }
}
