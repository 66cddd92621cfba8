//! What people write into the fields of a document: each value with its look, in the colours that the document's archive level allows.
//!
//! Draws and finds fields; writes nothing. Blocks.

use std::collections::BTreeMap;

use super::desk::PreviewField;
use super::failure::{Failure, FailureKind};
use super::prepare::FontSource;
use super::signing::Item;
use crate::pdf::Document;
use crate::pdf::archive::{self, Archive, Intent};
use crate::pdf::field;
use crate::render::Fonts;
use crate::render::seal::{Colours, Mark, Stamp, stamp_page};
use crate::sign::{self, Fill, FillValue, Fillable};
use crate::text::plain;

/// What stands for a ticked box.
pub(crate) const TICKED: &str = "on";

/// The fields with these full names filled with these texts.
///
/// # Errors
/// `field_not_fillable`, `field_not_a_tick` for another text than `on` in a box.
pub(crate) fn fills(
    document: &Document<'_>,
    values: &BTreeMap<String, String>,
    fonts: &FontSource,
) -> Result<Vec<Fill>, Failure> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let (archive, fonts) = (archive::read(document)?, fonts()?);
    let one = |(name, text): (&String, &String)| {
        let value = match sign::fillable(document, name)? {
            Fillable::Tick if text == TICKED => FillValue::Tick,
            Fillable::Tick => {
                return Err(Failure::new(FailureKind::Invalid, "field_not_a_tick").with("field", plain(name)));
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "points on a page are far below the limits of f32"
            )]
            Fillable::Text(width, height) => FillValue::Text {
                text: text.clone(),
                look: words(text, (width as f32, height as f32), archive, &fonts)?,
            },
        };
        Ok(Fill {
            field: name.clone(),
            value,
        })
    };
    values.iter().map(one).collect()
}

/// What a person sees of the values that a request brings.
///
/// # Errors
/// Those of the reader.
pub(crate) fn shown(item: &Item) -> Result<Vec<PreviewField>, Failure> {
    if item.request.fields.is_empty() {
        return Ok(Vec::new());
    }
    let map = item.draft.map()?;
    let document = Document::open(map.data(), item.password.as_deref())?;
    let form = field::read(&document)?;
    let label = |name: &str| {
        let id = form.fields.iter().find(|one| one.name == name)?.id?;
        let dict = document.get_plain(id).ok()?.value;
        field::entry(&document, dict.as_dict()?, "TU").ok()?.as_text()
    };
    let one = |(name, text): (&String, &String)| PreviewField {
        field: plain(name),
        label: plain(&label(name).unwrap_or_else(|| name.clone())),
        text: text.lines().map(plain).collect::<Vec<_>>().join("\n"),
    };
    Ok(item.request.fields.iter().map(one).collect())
}

/// The one-page PDF of a text, in the colours that the document's archive level allows.
pub(crate) fn words(
    text: &str,
    (width_pt, height_pt): (f32, f32),
    archive: Option<Archive>,
    fonts: &Fonts,
) -> Result<Vec<u8>, Failure> {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let stamp = Stamp {
        mark: Mark::None,
        lines: &lines,
        width_pt,
        height_pt,
        colours: colours(archive),
        transparency: false,
    };
    Ok(stamp_page(&stamp, fonts)?)
}

/// The colour family of a document's output intent.
pub(crate) fn colours(archive: Option<Archive>) -> Colours {
    match archive.and_then(|archive| archive.intent) {
        Some(Intent::Gray) => Colours::Gray,
        Some(Intent::Cmyk) => Colours::Cmyk,
        Some(Intent::Rgb) | None => Colours::Rgb,
    }
}
