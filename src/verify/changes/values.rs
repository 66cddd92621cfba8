//! What a change replaced by what, in words: values of fields, texts of annotations and of the information dictionary, and what became of a drawing.
//!
//! For people only: nothing is judged by these words, and what is longer than [`MAX_VALUE_CHARS`] is cut.

use super::{Compare, differing, same_entry};
use crate::pdf::Document;
use crate::pdf::value::{Dict, Value};
use crate::text::plain;
use crate::verify::evidence::{self, Field};
use serde::Serialize;

/// Longest old or new value that a change tells, in characters.
pub const MAX_VALUE_CHARS: usize = 300;
/// Most values of one field with several.
const MAX_VALUES: usize = 32;
/// Password fields tell no value (Table 231).
const PASSWORD: i64 = 1 << 13;

/// What became of the drawing of a field or annotation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// It had none.
    Added,
    /// Another one stands in its place.
    Replaced,
    /// It has none any more.
    Removed,
}

impl Compare<'_, '_> {
    /// The change noted last is of a field: tells its values and its drawing.
    pub(super) fn tell_field(&mut self, before: &Field, after: &Field) {
        let secret = [before, after]
            .iter()
            .any(|f| f.dict.int("Ff").unwrap_or(0) & PASSWORD != 0);
        let (old, new) = match secret || after.is_signature {
            true => (None, None),
            false => (entry(self.old, &before.dict, "V"), entry(self.new, &after.dict, "V")),
        };
        let mut look = self.look_of(Some(&before.dict), Some(&after.dict));
        for id in after.widgets.iter().take(MAX_VALUES) {
            let read = |document| evidence::dict(document, *id).ok().flatten();
            look = look.or_else(|| self.look_of(read(self.old).as_ref(), read(self.new).as_ref()));
        }
        self.tell(old, new, look);
    }

    /// The change noted last is of an annotation, which may have been absent before or after.
    pub(super) fn tell_annotation(&mut self, before: Option<&Dict>, after: Option<&Dict>) {
        let words = |document: &Document<'_>, dict: Option<&Dict>| {
            let kind = |dict: &Dict| Some(cut(&String::from_utf8_lossy(dict.get("Subtype")?.as_name()?)));
            dict.and_then(|dict| entry(document, dict, "Contents").or_else(|| kind(dict)))
        };
        let (old, new) = (words(self.old, before), words(self.new, after));
        self.tell(old, new, self.look_of(before, after));
    }

    /// The change noted last is of the information dictionary: tells the entries that differ.
    pub(super) fn tell_information(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let read = |document: &Document<'_>, value: Option<&Value>| -> Dict {
            let value = value.and_then(|value| document.resolve(value).ok());
            value.as_ref().and_then(Value::as_dict).cloned().unwrap_or_default()
        };
        let (before, after) = (read(self.old, before), read(self.new, after));
        let keys = differing(&before, &after);
        let list = |document: &Document<'_>, dict: &Dict| {
            let told = keys.iter().take(MAX_VALUES);
            let told: Vec<String> = told
                .filter_map(|key| Some(format!("{key}: {}", entry(document, dict, key)?)))
                .collect();
            (!told.is_empty()).then(|| cut(&told.join("; ")))
        };
        let (old, new) = (list(self.old, &before), list(self.new, &after));
        self.tell(old, new, None);
    }

    fn tell(&mut self, old: Option<String>, new: Option<String>, look: Option<Look>) {
        if let Some(change) = self.changes.last_mut() {
            (change.old, change.new, change.look) = (old, new, look);
        }
    }

    fn look_of(&self, before: Option<&Dict>, after: Option<&Dict>) -> Option<Look> {
        let looks = |dict: Option<&Dict>| dict.and_then(|d| d.get("AP")).cloned();
        match (looks(before), looks(after)) {
            (None, None) => None,
            (None, Some(_)) => Some(Look::Added),
            (Some(_), None) => Some(Look::Removed),
            (Some(old), Some(new)) => self.drawn_otherwise(&old, &new).then_some(Look::Replaced),
        }
    }

    /// Other streams, or the same objects with other content.
    fn drawn_otherwise(&self, before: &Value, after: &Value) -> bool {
        let changed = |value: &Value| value.as_ref().is_some_and(|id| self.changed.contains(&id));
        if !same_entry(Some(before), Some(after)) || changed(after) {
            return true;
        }
        let looks = self.new.resolve(after).ok();
        let looks = looks.as_ref().and_then(Value::as_dict);
        looks.is_some_and(|looks| looks.iter().any(|(_, look)| changed(look)))
    }
}

/// The words under `key`.
fn entry(document: &Document<'_>, dict: &Dict, key: &str) -> Option<String> {
    words(document, &evidence::entry(document, dict, key).ok()?)
}

/// A text, name, number or list of them; `None` for what has no words.
fn words(document: &Document<'_>, value: &Value) -> Option<String> {
    match value {
        Value::String { .. } => value.as_text().map(|text| cut(&text)),
        Value::Name(name) => Some(cut(&String::from_utf8_lossy(name))),
        Value::Number(number) => Some(cut(&String::from_utf8_lossy(number.written()))),
        Value::Bool(value) => Some(value.to_string()),
        Value::Array(items) => {
            let text = |item: &Value| document.resolve(item).ok()?.as_text();
            let texts: Vec<String> = items.iter().take(MAX_VALUES).filter_map(text).collect();
            Some(cut(&texts.join(", ")))
        }
        _ => None,
    }
}

/// Safe to show, line ends as spaces, and no longer than [`MAX_VALUE_CHARS`].
fn cut(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if matches!(c, '\r' | '\n' | '\t') { ' ' } else { c })
        .take(MAX_VALUE_CHARS + 1)
        .collect();
    let mut shown = plain(&line);
    if let Some((at, _)) = shown.char_indices().nth(MAX_VALUE_CHARS) {
        shown.truncate(at);
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_and_harmless() {
        assert_eq!(cut("甲\r\n乙\u{202e}"), "甲  乙\u{fffd}");
        let long = cut(&"あ".repeat(MAX_VALUE_CHARS * 3));
        assert_eq!(long.chars().count(), MAX_VALUE_CHARS + 1);
        assert!(long.ends_with('…'));
    }
}
