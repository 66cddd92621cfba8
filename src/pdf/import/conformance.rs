//! Whether an imported page may stand in a PDF/A document: transparency, device colours, fonts. It errs on the side of refusing.

use super::Imported;
use crate::pdf::appearance::Refused;
use crate::pdf::archive::{Archive, Intent};
use crate::pdf::lex::{is_regular, is_white};
use crate::pdf::value::{Dict, Value};

/// What a page uses.
#[derive(Default)]
struct Uses {
    transparency: bool,
    gray: bool,
    rgb: bool,
    cmyk: bool,
    font_outside: bool,
    inline_image: bool,
}

pub(super) fn check(page: &Imported, archive: Archive) -> Result<(), Refused> {
    let mut uses = Uses::default();
    uses.content(&page.content);
    uses.value(&page.resources);
    for object in page.objects.values() {
        uses.value(&object.value);
        if let Some((_, Some(content))) = &object.stream {
            uses.content(content);
        }
    }
    if uses.font_outside && !page.objects.is_empty() {
        return Err(Refused::Font);
    }
    // ISO 19005-1, 6.4; ISO 19005-2, 6.2.10 demands a blending space, which the output intent is.
    if uses.transparency && (archive.part == 1 || archive.intent.is_none()) {
        return Err(Refused::Transparency);
    }
    // ISO 19005-1, 6.2.3.3; ISO 19005-2, 6.2.4.3.
    let foreign = uses.inline_image
        || uses.gray && archive.intent.is_none()
        || uses.rgb && archive.intent != Some(Intent::Rgb)
        || uses.cmyk && archive.intent != Some(Intent::Cmyk);
    if foreign {
        return Err(Refused::Colour);
    }
    Ok(())
}

impl Uses {
    /// The operators of a content stream, strings skipped.
    fn content(&mut self, content: &[u8]) {
        let mut at = 0;
        while let Some(byte) = content.get(at) {
            match byte {
                b'(' => at = after_literal(content, at),
                b'<' if content.get(at + 1) != Some(&b'<') => {
                    at += content[at..].iter().position(|b| *b == b'>').unwrap_or(content.len());
                }
                b'%' => at += content[at..].iter().take_while(|b| !matches!(b, b'\r' | b'\n')).count(),
                b'/' => {
                    let name = word(content, at + 1);
                    self.name(name);
                    at += 1 + name.len();
                }
                b if is_white(*b) || !is_regular(*b) => at += 1,
                _ => {
                    let operator = word(content, at);
                    self.operator(operator);
                    at += operator.len();
                }
            }
        }
    }

    fn operator(&mut self, operator: &[u8]) {
        match operator {
            b"g" | b"G" => self.gray = true,
            b"rg" | b"RG" => self.rgb = true,
            b"k" | b"K" => self.cmyk = true,
            b"BI" => self.inline_image = true,
            _ => {}
        }
    }

    fn name(&mut self, name: &[u8]) {
        match name {
            b"DeviceGray" => self.gray = true,
            b"DeviceRGB" => self.rgb = true,
            b"DeviceCMYK" => self.cmyk = true,
            _ => {}
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Name(name) => self.name(name),
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            Value::Dict(dict) => self.dict(dict),
            _ => {}
        }
    }

    fn dict(&mut self, dict: &Dict) {
        let faint = |key| {
            dict.get(key)
                .and_then(Value::as_f64)
                .is_some_and(|opacity| opacity < 1.0)
        };
        let masked = dict.get("SMask").is_some_and(|mask| *mask != Value::name("None"));
        let blended = dict
            .get("BM")
            .is_some_and(|mode| *mode != Value::name("Normal") && *mode != Value::name("Compatible"));
        self.transparency |= faint("ca") || faint("CA") || masked || blended || dict.contains(b"Group");
        self.font_outside |= is_font_program(dict) && !dict.contains(b"FontDescriptor")
            || dict.is("Type", "FontDescriptor")
                && !["FontFile", "FontFile2", "FontFile3"]
                    .iter()
                    .any(|key| dict.contains(key.as_bytes()));
        // A profile's alternate is a fallback for readers without profiles, not a colour that is used.
        let is_profile = dict.contains(b"N") && dict.contains(b"Alternate");
        for (key, value) in dict.iter() {
            if !(is_profile && key == b"Alternate") {
                self.value(value);
            }
        }
    }
}

/// A font of a kind that carries glyphs itself: not a composite font, whose descendants do, nor Type 3.
fn is_font_program(dict: &Dict) -> bool {
    let kinds = ["Type1", "MMType1", "TrueType", "CIDFontType0", "CIDFontType2"];
    dict.is("Type", "Font") && kinds.iter().any(|kind| dict.is("Subtype", kind))
}

fn word(content: &[u8], at: usize) -> &[u8] {
    let rest = &content[at..];
    &rest[..rest.iter().take_while(|b| is_regular(**b)).count()]
}

fn after_literal(content: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while let Some(byte) = content.get(at) {
        match byte {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(content: &[u8]) -> [bool; 4] {
        let mut uses = Uses::default();
        uses.content(content);
        [uses.gray, uses.rgb, uses.cmyk, uses.inline_image]
    }

    #[test]
    fn operators_are_told_from_strings_and_names() {
        assert_eq!(uses(b"/cs0 cs 1 0 0 scn (1 0 0 rg \\) k) Tj <72> Tj % g\n"), [false; 4]);
        assert_eq!(uses(b"0 g"), [true, false, false, false]);
        assert_eq!(uses(b"/k gs 1 0 0 RG"), [false, true, false, false]);
        assert_eq!(uses(b"/DeviceCMYK cs"), [false, false, true, false]);
        assert_eq!(uses(b"(unclosed"), [false; 4]);
        assert_eq!(uses(b"<unclosed"), [false; 4]);
    }
}
