//! The part of XML that a drawn SVG needs: elements, attributes, comments. Document types, entities of one's own, processing instructions and CDATA are refused.

use super::Refused;

/// Longest name of an element or attribute, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Most attributes of one element.
const MAX_ATTRIBUTES: usize = 64;

/// An element's beginning.
pub(super) struct Tag<'a> {
    /// As written, with its prefix.
    pub(super) name: &'a str,
    /// In their order, entities replaced.
    pub(super) attributes: Vec<(&'a str, String)>,
}

impl Tag<'_> {
    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What comes next. Text is passed over.
pub(super) enum Event<'a> {
    Start(Tag<'a>),
    End,
}

/// Reads from front to back, each byte once.
pub(super) struct Reader<'a> {
    rest: &'a str,
    open: Vec<&'a str>,
    /// `<a/>` is a start and an end.
    empty: bool,
    begun: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Refused> {
        // XML 1.0, 2.2: no other control characters.
        if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
            return Err(Refused::Malformed);
        }
        let rest = match text.strip_prefix("<?xml") {
            None => text,
            Some(after) => {
                let (declaration, rest) = after.split_once("?>").ok_or(Refused::Malformed)?;
                let lower = declaration.to_ascii_lowercase();
                if lower.contains("encoding") && !lower.contains("utf-8") {
                    return Err(Refused::unsupported("encoding"));
                }
                rest
            }
        };
        Ok(Self {
            rest,
            open: Vec::new(),
            empty: false,
            begun: false,
        })
    }

    /// The next start or end; `None` at the end of a whole document.
    pub(super) fn next(&mut self) -> Result<Option<Event<'a>>, Refused> {
        if std::mem::take(&mut self.empty) {
            self.open.pop();
            return Ok(Some(Event::End));
        }
        loop {
            let Some((text, after)) = self.rest.split_once('<') else {
                let ended = self.begun && self.open.is_empty() && self.rest.trim().is_empty();
                return if ended { Ok(None) } else { Err(Refused::Malformed) };
            };
            entities(text)?;
            if self.open.is_empty() && !text.trim().is_empty() {
                return Err(Refused::Malformed);
            }
            if let Some(comment) = after.strip_prefix("!--") {
                let (inner, rest) = comment.split_once("--").ok_or(Refused::Malformed)?;
                let _: &str = inner;
                self.rest = rest.strip_prefix('>').ok_or(Refused::Malformed)?;
            } else if after.starts_with('!') {
                return Err(Refused::active(&format!(
                    "<{}",
                    after.split(['[', '>', ' ']).next().unwrap_or_default()
                )));
            } else if after.starts_with('?') {
                return Err(Refused::active("<?"));
            } else if let Some(end) = after.strip_prefix('/') {
                let (name, rest) = end.split_once('>').ok_or(Refused::Malformed)?;
                self.rest = rest;
                return match self.open.pop() {
                    Some(open) if open == name.trim_end() => Ok(Some(Event::End)),
                    _ => Err(Refused::Malformed),
                };
            } else {
                return self.tag(after).map(|tag| Some(Event::Start(tag)));
            }
        }
    }

    fn tag(&mut self, text: &'a str) -> Result<Tag<'a>, Refused> {
        if self.begun && self.open.is_empty() {
            return Err(Refused::Malformed);
        }
        self.begun = true;
        let (name, mut rest) = name(text)?;
        let mut attributes: Vec<(&str, String)> = Vec::new();
        loop {
            let trimmed = rest.trim_start();
            let spaced = trimmed.len() < rest.len();
            if let Some(after) = trimmed.strip_prefix("/>") {
                (self.rest, self.empty) = (after, true);
                break;
            }
            if let Some(after) = trimmed.strip_prefix('>') {
                self.rest = after;
                break;
            }
            let (attribute, after) = self::name(trimmed)?;
            let (value, after) = quoted(after)?;
            if !spaced || attributes.iter().any(|(known, _)| *known == attribute) {
                return Err(Refused::Malformed);
            }
            if attributes.len() == MAX_ATTRIBUTES {
                return Err(Refused::TooLarge);
            }
            attributes.push((attribute, entities(value)?));
            rest = after;
        }
        self.open.push(name);
        Ok(Tag { name, attributes })
    }
}

fn name(text: &str) -> Result<(&str, &str), Refused> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
    let end = text.find(|c| !part(c)).ok_or(Refused::Malformed)?;
    let (name, rest) = text.split_at(end);
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match begins && name.len() <= MAX_NAME_BYTES {
        true => Ok((name, rest)),
        false => Err(Refused::Malformed),
    }
}

fn quoted(text: &str) -> Result<(&str, &str), Refused> {
    let text = text
        .trim_start()
        .strip_prefix('=')
        .ok_or(Refused::Malformed)?
        .trim_start();
    let quote = text
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))
        .ok_or(Refused::Malformed)?;
    let (value, rest) = text[1..].split_once(quote).ok_or(Refused::Malformed)?;
    if value.contains('<') {
        return Err(Refused::Malformed);
    }
    Ok((value, rest))
}

/// Replaces the five entities that every document has; any other is one of the document's own.
fn entities(text: &str) -> Result<String, Refused> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, after) = after.split_once(';').ok_or(Refused::Malformed)?;
        out.push_str(before);
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return Err(Refused::active(&format!("&{name};"))),
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
