//! Which PDF/A part a document claims (ISO 19005), and what its output intent is. Nothing here validates the claim.

use super::document::Document;
use super::error::Error;
use super::field::entry;
use super::value::{Dict, Value};

/// Most bytes of XMP metadata that are looked through.
const MAX_METADATA_BYTES: usize = 4 << 20;

/// A document's claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Archive {
    /// Part of ISO 19005: 1 to 4.
    pub part: u8,
    /// Colour space of the PDF/A output intent's profile.
    pub intent: Option<Intent>,
}

/// Components of an output intent's ICC profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Intent {
    /// One.
    Gray,
    /// Three.
    Rgb,
    /// Four.
    Cmyk,
}

/// Reads the claim from the catalog's XMP metadata (`pdfaid:part`); `None` when there is none.
pub fn read(document: &Document<'_>) -> Result<Option<Archive>, Error> {
    let catalog = document.catalog()?;
    let Some(id) = catalog.get("Metadata").and_then(Value::as_ref) else {
        return Ok(None);
    };
    let loaded = document.get(id)?;
    if loaded
        .stream
        .as_ref()
        .is_none_or(|range| range.len() > MAX_METADATA_BYTES)
    {
        return Ok(None);
    }
    let xmp = document.stream_data(id, &loaded)?;
    let Some(part) = part(&xmp) else {
        return Ok(None);
    };
    let intent = intent(document, &catalog)?;
    Ok(Some(Archive { part, intent }))
}

/// The digit of `pdfaid:part="2"` or `<pdfaid:part>2</pdfaid:part>`.
fn part(xmp: &[u8]) -> Option<u8> {
    const NAME: &[u8] = b"pdfaid:part";
    let mut rest = &xmp[..xmp.len().min(MAX_METADATA_BYTES)];
    while let Some(at) = rest.windows(NAME.len()).position(|w| w == NAME) {
        rest = &rest[at + NAME.len()..];
        let mut value = rest
            .iter()
            .filter(|b| !b.is_ascii_whitespace())
            .skip_while(|b| matches!(b, b'=' | b'"' | b'\'' | b'>'));
        if let Some(digit @ b'1'..=b'4') = value.next() {
            return Some(digit - b'0');
        }
    }
    None
}

fn intent(document: &Document<'_>, catalog: &Dict) -> Result<Option<Intent>, Error> {
    let Value::Array(intents) = entry(document, catalog, "OutputIntents")? else {
        return Ok(None);
    };
    for intent in &intents {
        let Value::Dict(intent) = document.resolve(intent)? else {
            continue;
        };
        if entry(document, &intent, "S")? != Value::name("GTS_PDFA1") {
            continue;
        }
        let profile = entry(document, &intent, "DestOutputProfile")?;
        let components = match &profile {
            Value::Dict(profile) => entry(document, profile, "N")?.as_int(),
            _ => None,
        };
        return Ok(match components {
            Some(1) => Some(Intent::Gray),
            Some(3) => Some(Intent::Rgb),
            Some(4) => Some(Intent::Cmyk),
            _ => None,
        });
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_is_found_in_both_forms() {
        assert_eq!(part(b"<x pdfaid:part=\"1\" pdfaid:conformance='B'>"), Some(1));
        assert_eq!(part(b"<pdfaid:part> 3 </pdfaid:part>"), Some(3));
        assert_eq!(part(b"<pdfaid:part/><pdfaid:part>2</pdfaid:part>"), Some(2));
        assert_eq!(part(b"pdfaid:part=\"9\""), None);
        assert_eq!(part(b"part=\"2\""), None);
    }
}
