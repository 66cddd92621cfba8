//! Distinguished names: ordered attributes, a line for people, and RFC 4514 text.
//!
//! Nothing here compares names for path building by their text; that uses the exact DER.

use super::{Error, ObjectIdentifier, oid};
use crate::text::plain;
use std::fmt;
use x509_parser::prelude::X509Name;

/// Longest text of one attribute that is kept, in characters; hostile names can be 64 KiB.
const MAX_ATTRIBUTE_CHARS: usize = 1024;

/// Names of attribute types as people and RFC 4514 write them.
const SHORT_NAMES: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "GN"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// One attribute of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameAttribute {
    /// Its type.
    pub oid: ObjectIdentifier,
    /// Its value as it was written, for comparison; show [`NameAttribute::shown`].
    pub value: String,
    /// `true` when it shares its RDN with the attribute before it.
    pub joined: bool,
}

/// A distinguished name (RFC 5280, 4.1.2.4) in the order of its encoding, with its exact DER.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    der: Vec<u8>,
    attributes: Vec<NameAttribute>,
}

impl NameAttribute {
    /// `CN`, `O`, ..., or the dotted identifier.
    pub fn label(&self) -> String {
        let dotted = self.oid.to_string();
        SHORT_NAMES
            .iter()
            .find(|(known, _)| *known == dotted)
            .map_or(dotted, |(_, short)| (*short).to_owned())
    }

    /// The value, safe to show.
    pub fn shown(&self) -> String {
        plain(&self.value)
    }
}

impl Name {
    pub(super) fn read(name: &X509Name<'_>, field: &'static str) -> Result<Self, Error> {
        let mut attributes = Vec::new();
        for rdn in name.iter_rdn() {
            for (at, attribute) in rdn.iter().enumerate() {
                let value = attribute.attr_value();
                attributes.push(NameAttribute {
                    oid: ObjectIdentifier::from_bytes(attribute.attr_type().as_bytes())
                        .map_err(|_| Error::CertificateMalformed(field))?,
                    value: text(value.tag().0, value.data),
                    joined: at > 0,
                });
            }
        }
        Ok(Self {
            der: name.as_raw().to_vec(),
            attributes,
        })
    }

    /// The exact DER of the name.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The attributes in the order of the encoding, country first as a rule.
    pub fn attributes(&self) -> &[NameAttribute] {
        &self.attributes
    }

    /// The last attribute of this type, which is the most specific one; safe to show.
    pub fn get(&self, oid: ObjectIdentifier) -> Option<String> {
        self.attributes.iter().rfind(|a| a.oid == oid).map(NameAttribute::shown)
    }

    /// The common name, or what names its bearer best without one. Safe to show.
    pub fn common_name(&self) -> String {
        self.get(oid::COMMON_NAME).unwrap_or_else(|| self.display())
    }

    /// For people, in one line: `甲野太郎(株式会社甲)`, the common name with the organisation; without both the whole name. Safe to show.
    pub fn display(&self) -> String {
        match (self.get(oid::COMMON_NAME), self.get(oid::ORGANIZATION)) {
            (Some(name), Some(organisation)) if name != organisation => format!("{name}({organisation})"),
            (Some(name), _) => name,
            (None, Some(organisation)) => organisation,
            (None, None) => self.rfc4514(),
        }
    }

    /// RFC 4514: most specific first, escaped, Unicode kept, hostile characters neutralised.
    pub fn rfc4514(&self) -> String {
        let mut out = String::new();
        for (at, attribute) in self.attributes.iter().enumerate().rev() {
            out.push_str(&attribute.label());
            out.push('=');
            escape(&attribute.shown(), &mut out);
            if at > 0 {
                out.push(if attribute.joined { '+' } else { ',' });
            }
        }
        out
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc4514())
    }
}

fn escape(value: &str, out: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        let special = matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=');
        if special || (c == '#' && at == 0) || (c == ' ' && (at == 0 || at == last)) {
            out.push('\\');
        }
        out.push(c);
    }
}

// Universal tags of DirectoryString and its relatives (X.680, 8.4); T61String is read as Latin-1, as everybody does.
fn text(tag: u32, data: &[u8]) -> String {
    let text = match tag {
        12 | 18 | 19 | 22 | 26 => String::from_utf8_lossy(data).into_owned(),
        20 => data.iter().map(|b| char::from(*b)).collect(),
        30 => {
            let units: Vec<u16> = data.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        28 => data
            .chunks_exact(4)
            .map(|c| char::from_u32(u32::from_be_bytes([c[0], c[1], c[2], c[3]])).unwrap_or('\u{fffd}'))
            .collect(),
        _ => format!("#{}", hex::encode(data)),
    };
    text.chars().take(MAX_ATTRIBUTE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(attributes: &[(&str, &str, bool)]) -> Name {
        Name {
            der: Vec::new(),
            attributes: attributes
                .iter()
                .map(|(oid, value, joined)| NameAttribute {
                    oid: ObjectIdentifier::new_unwrap(oid),
                    value: (*value).to_owned(),
                    joined: *joined,
                })
                .collect(),
        }
    }

    #[test]
    fn a_line_for_people() {
        let person = [
            ("2.5.4.6", "JP", false),
            ("2.5.4.10", "株式会社甲", false),
            ("2.5.4.3", "甲野太郎", false),
        ];
        assert_eq!(name(&person).display(), "甲野太郎(株式会社甲)");
        assert_eq!(name(&person).rfc4514(), "CN=甲野太郎,O=株式会社甲,C=JP");
        assert_eq!(name(&person[..2]).display(), "株式会社甲");
        assert_eq!(name(&person[..1]).display(), "C=JP");
        assert_eq!(name(&[]).display(), "");
    }

    #[test]
    fn rfc4514_escapes_and_joins() {
        let odd = [
            ("2.5.4.6", "JP", false),
            ("2.5.4.3", " a,b+\"c\\", false),
            ("2.5.4.5", "#1", true),
            ("1.2.3", "x ", false),
        ];
        assert_eq!(
            name(&odd).rfc4514(),
            "1.2.3=x\\ ,serialNumber=\\#1+CN=\\ a\\,b\\+\\\"c\\\\,C=JP"
        );
    }

    #[test]
    fn hostile_text_is_neutralised_when_shown_only() {
        let hostile = name(&[("2.5.4.3", "甲\u{202e}\n", false)]);
        assert_eq!(hostile.display(), "甲\u{fffd}\u{fffd}");
        assert_eq!(hostile.attributes()[0].value, "甲\u{202e}\n");
    }

    #[test]
    fn string_types() {
        assert_eq!(text(12, "髙".as_bytes()), "髙");
        assert_eq!(text(30, &[0x7a, 0x32]), "稲");
        assert_eq!(text(20, &[0xe9]), "é");
        assert_eq!(text(28, &[0, 2, 0x0b, 0xb7]), "𠮷");
        assert_eq!(text(4, &[1, 2]), "#0102");
        assert_eq!(text(12, &vec![b'a'; 70_000]).len(), MAX_ATTRIBUTE_CHARS);
    }
}
