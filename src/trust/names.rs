//! Comparison of distinguished names (RFC 5280, 7.1): letters of either case, white space as one space, compatibility forms as one.
//!
//! Only text is folded; every other kind of value, and text that is not well-formed, is compared byte by byte. Nothing is made fit to show.

use crate::der::tlv::{self, Cursor, Malformed, Tlv};
use unicode_normalization::UnicodeNormalization;

/// Most attributes of a name that is compared by its text.
const MAX_ATTRIBUTES: usize = 64;

/// Longest value that is folded, in bytes.
const MAX_FOLDED_BYTES: usize = 4096;

#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Value {
    Text(String),
    Raw(Vec<u8>),
}

/// One RDN: its attributes in the order of their types and values, because a SET has none.
type Rdn = Vec<(Vec<u8>, Value)>;

/// Whether two names (DER) are one.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    match (rdns(one), rdns(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Whether `name` stands at or below `base` in the tree of names (RFC 5280, 4.2.1.10).
pub(super) fn is_within(name: &[u8], base: &[u8]) -> Result<bool, Malformed> {
    Ok(rdns(name)?.starts_with(&rdns(base)?))
}

/// The values of one attribute type that are text.
pub(super) fn texts(name: &[u8], oid: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut found = Vec::new();
    for (kind, value) in rdns(name)?.into_iter().flatten() {
        match value {
            Value::Text(text) if kind == oid => found.push(text),
            Value::Raw(_) if kind == oid => return Err(Malformed),
            _ => {}
        }
    }
    Ok(found)
}

/// The name with one more RDN (DER) at its end.
pub(super) fn below(name: &[u8], rdn: &[u8]) -> Option<Vec<u8>> {
    let inner = Cursor::new(name).take(tlv::SEQUENCE).ok()?.value;
    Some(tlv::element(tlv::SEQUENCE, &[inner, rdn].concat()))
}

fn rdns(name: &[u8]) -> Result<Vec<Rdn>, Malformed> {
    let mut outer = Cursor::new(name);
    let mut sequence = outer.take(tlv::SEQUENCE)?.cursor();
    outer.end()?;
    let mut count = 0;
    let mut list = Vec::new();
    while !sequence.is_empty() {
        let mut set = sequence.take(tlv::SET)?.cursor();
        let mut rdn = Rdn::new();
        while !set.is_empty() {
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err(Malformed);
            }
            let mut attribute = set.take(tlv::SEQUENCE)?.cursor();
            let kind = attribute.take(tlv::OBJECT_IDENTIFIER)?.value.to_vec();
            let value = attribute.any()?;
            attribute.end()?;
            rdn.push((kind, folded(value)));
        }
        rdn.sort();
        list.push(rdn);
    }
    Ok(list)
}

// PrintableString, IA5String, UTF8String, VisibleString and BMPString are text; Teletex has no agreed meaning and stays as it is.
fn folded(value: Tlv<'_>) -> Value {
    let raw = || Value::Raw(value.raw.to_vec());
    if value.value.len() > MAX_FOLDED_BYTES {
        return raw();
    }
    let text = match value.tag {
        12 | 19 | 22 | 26 => std::str::from_utf8(value.value).ok().map(str::to_owned),
        30 => {
            let (pairs, rest) = value.value.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            rest.is_empty().then(|| String::from_utf16(&units).ok()).flatten()
        }
        _ => None,
    };
    text.map_or_else(raw, |text| {
        let lower = text.nfkc().flat_map(char::to_lowercase).collect::<String>();
        Value::Text(lower.split_whitespace().collect::<Vec<_>>().join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn name(rdns: &[&[(u8, &str)]]) -> Vec<u8> {
        let rdn = |rdn: &&[(u8, &str)]| {
            let attribute = |(at, (tag, text)): (usize, &(u8, &str))| {
                let kind = tlv(6, &[0x55, 4, u8::try_from(3 + at).unwrap()]);
                tlv(0x30, &[kind, tlv(*tag, text.as_bytes())].concat())
            };
            tlv(
                0x31,
                &rdn.iter().enumerate().map(attribute).collect::<Vec<_>>().concat(),
            )
        };
        tlv(0x30, &rdns.iter().map(rdn).collect::<Vec<_>>().concat())
    }

    #[test]
    fn text_is_folded_and_nothing_else() {
        let plain = name(&[&[(19, "Kou Taro")]]);
        assert!(same(&plain, &name(&[&[(12, "  KOU   taro ")]])));
        assert!(same(&name(&[&[(12, "アイ")]]), &name(&[&[(12, "ｱｲ")]])));
        assert!(!same(&plain, &name(&[&[(12, "KouTaro")]])));
        assert!(!same(&plain, &name(&[&[(20, "Kou taro")]])));
        assert!(!same(&plain, &name(&[&[(19, "Kou Taro")], &[(19, "x")]])));
        assert!(!same(&plain, b"\x30\x01"));
    }

    #[test]
    fn a_name_is_within_its_beginning() {
        let base = name(&[&[(19, "JP")], &[(12, "甲")]]);
        let below = name(&[&[(12, "jp")], &[(12, "甲")], &[(12, "太郎")]]);
        assert_eq!(is_within(&below, &base), Ok(true));
        assert_eq!(is_within(&base, &below), Ok(false));
        assert_eq!(is_within(&base, &name(&[])), Ok(true));
        assert_eq!(is_within(b"\x31\x00", &base), Err(Malformed));
    }
}
