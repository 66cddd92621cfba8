//! Annotations that certifications of level 3 allow (ISO 32000-2, Table 257): notes and marks. Whatever can pass for a part of the page, or acts, is none of them.

use super::shown::{self, Shown};
use super::{Compare, differing};
use crate::pdf::Error;
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::verify::evidence;

/// Small pictures at a place; a viewer draws them by their name.
const NOTES: &[&str] = &["Text", "Caret", "FileAttachment"];
/// Marks upon what is there.
const MARKS: &[&str] = &[
    "Highlight",
    "Underline",
    "Squiggly",
    "StrikeOut",
    "Ink",
    "Line",
    "PolyLine",
    "Polygon",
    "Square",
    "Circle",
];
/// Longest side of a note's picture in points.
const MAX_NOTE_SIDE: f64 = 40.0;
/// What may change in an annotation that was there before; no page, font or picture has its look from one of these.
const CHANGEABLE: &[&str] = &[
    "Contents",
    "RC",
    "Rect",
    "M",
    "CreationDate",
    "NM",
    "T",
    "Subj",
    "F",
    "AP",
    "AS",
    "C",
    "CA",
    "ca",
    "BS",
    "BE",
    "Border",
    "Popup",
    "Open",
    "Name",
    "QuadPoints",
    "InkList",
    "L",
    "LE",
    "Vertices",
    "State",
    "StateModel",
    "IRT",
    "RT",
];

impl Compare<'_, '_> {
    /// Whether a new annotation is a note or a mark that hides nothing and does nothing.
    pub(super) fn is_remark(&self, annotation: &Dict) -> Result<bool, Error> {
        let kind = annotation.get("Subtype").and_then(Value::as_name).unwrap_or_default();
        let is = |kinds: &[&str]| kinds.iter().any(|k| k.as_bytes() == kind);
        let acts = ["A", "AA", "IC", "PA"].iter().any(|key| annotation.get(key).is_some());
        let words = annotation
            .get("Contents")
            .is_none_or(|c| matches!(c, Value::String { .. }));
        if acts || !words {
            return Ok(false);
        }
        if kind == b"Popup" {
            return Ok(annotation.get("AP").is_none());
        }
        let small = self
            .sides(annotation)?
            .is_some_and(|(w, h)| w <= MAX_NOTE_SIDE && h <= MAX_NOTE_SIDE);
        let fits = is(MARKS) || is(NOTES) && small;
        if !fits {
            return Ok(false);
        }
        let looks = evidence::entry(self.new, annotation, "AP")?;
        let Some(looks) = looks.as_dict() else { return Ok(true) };
        for (_, look) in looks.iter() {
            let Some(id) = look.as_ref() else { return Ok(false) };
            let Some(shown) = shown::read(self.new, id, &Dict::new())? else {
                return Ok(false);
            };
            if !is_mark(&shown, kind, small) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether an annotation that was there before is one still, and changed as annotations do.
    pub(super) fn is_remark_changed(&self, before: &Dict, after: &Dict) -> Result<bool, Error> {
        let known = differing(before, after)
            .iter()
            .all(|key| CHANGEABLE.contains(&key.as_str()));
        Ok(known && self.is_remark(after)?)
    }

    /// Width and height of its rectangle.
    fn sides(&self, annotation: &Dict) -> Result<Option<(f64, f64)>, Error> {
        Ok(self.rectangle(annotation, "Rect")?.map(|[a, b, c, d]| (c - a, d - b)))
    }

    /// A rectangle, its corners in order.
    pub(super) fn rectangle(&self, dict: &Dict, key: &str) -> Result<Option<[f64; 4]>, Error> {
        let value = evidence::entry(self.new, dict, key)?;
        let sides: Option<Vec<f64>> = value.as_array().unwrap_or_default().iter().map(Value::as_f64).collect();
        Ok(sides
            .and_then(|s| <[f64; 4]>::try_from(s).ok())
            .map(|[a, b, c, d]| [a.min(c), b.min(d), a.max(c), b.max(d)]))
    }

    /// Whether something that shows in `rectangle` covers most of the page, or of an annotation that was on it.
    pub(super) fn covers(&self, rectangle: [f64; 4], page: ObjectId) -> Result<bool, Error> {
        let (Some(old), Some(new)) = (evidence::dict(self.old, page)?, evidence::dict(self.new, page)?) else {
            return Ok(true);
        };
        let media = self.rectangle(&new, "MediaBox")?;
        if media.is_some_and(|media| share(media, rectangle) > 0.5) {
            return Ok(true);
        }
        let list = evidence::entry(self.old, &old, "Annots")?;
        for annotation in list.as_array().unwrap_or_default() {
            let Value::Dict(annotation) = self.old.resolve(annotation)? else {
                continue;
            };
            let under = self.rectangle(&annotation, "Rect")?;
            if annotation.get("AP").is_some() && under.is_some_and(|under| share(under, rectangle) > 0.5) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// No text, no pictures; areas only where they let through what is below, or in small pictures.
fn is_mark(shown: &Shown, kind: &[u8], small: bool) -> bool {
    let fills = !shown.has_fills || small || kind == b"Highlight" && shown.multiplies;
    !shown.has_text && !shown.has_pictures && fills
}

/// How much of `under` lies below `over`: 0 to 1; 0 for what has no area.
fn share(under: [f64; 4], over: [f64; 4]) -> f64 {
    let area = (under[2] - under[0]) * (under[3] - under[1]);
    let width = under[2].min(over[2]) - under[0].max(over[0]);
    let height = under[3].min(over[3]) - under[1].max(over[1]);
    if area <= 0.0 || width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    width * height / area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_what_lies_below() {
        let field = [10.0, 10.0, 20.0, 20.0];
        assert!((share(field, [0.0, 0.0, 100.0, 100.0]) - 1.0).abs() < 1e-9);
        assert!((share(field, [15.0, 10.0, 30.0, 20.0]) - 0.5).abs() < 1e-9);
        assert!(share(field, [30.0, 0.0, 40.0, 40.0]) == 0.0);
        assert!(share([1.0, 1.0, 1.0, 9.0], field) == 0.0);
    }
}
