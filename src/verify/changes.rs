//! What an update changed, object by object, from the catalogue down. Every object of the update must be explained by its place; what is not is a change of kind [`What::Other`].
//!
//! Says what changed, not whether that was allowed (see [`super::rules`]). Does not search the older revision for references to numbers that had no object yet.

use super::Finding;
use super::evidence::{self, Field};
use crate::pdf::load::Loaded;
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::pdf::{Document, Error};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

mod annotations;
mod fill;
mod form;
mod pages;
pub mod places;
pub mod references;
mod shown;
mod store;
mod structure;
pub mod values;

use references::References;
use values::Look;

/// Deepest nesting of new objects below a new field.
const MAX_DEPTH: u32 = 32;

/// The kind of a change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A signature field that was empty, or a new one that shows nothing, was signed.
    SignatureAdded,
    /// A signature in a new field that shows something on a page.
    SealAdded,
    /// A document timestamp in a new field that shows nothing.
    TimestampAdded,
    /// A document timestamp in a field that was empty, whose look stays.
    FieldStamped,
    /// An empty signature field.
    FieldAdded,
    /// Another field's value; its appearance shows it.
    FieldFilled,
    /// As before, and nobody can tell what its appearance shows.
    FieldUnread,
    /// An annotation that belongs to no field: added, changed or removed.
    Annotation,
    /// /Perms in the catalogue: the new signature certifies.
    Certification,
    /// Validation data: DSS, extensions.
    Evidence,
    /// Descriptions that no page shows: the information dictionary, XMP, the version.
    Metadata,
    /// Something that can hide or replace what was signed, whatever it calls itself.
    Covered,
    /// Anything else.
    Other,
}

/// One change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Its kind.
    pub what: What,
    /// The object in which it was found.
    pub object: ObjectId,
    /// The page it shows on, as far as the object says.
    pub page: Option<ObjectId>,
    /// Full name of the field it concerns.
    pub field: Option<String>,
    /// Which part of the object, in the words of ISO 32000.
    pub part: String,
    /// What stood there before, where it has words.
    pub old: Option<String>,
    /// What stands there now.
    pub new: Option<String>,
    /// What became of its drawing.
    pub look: Option<Look>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} ({})", self.what, self.part, self.object)?;
        self.field.as_ref().map_or(Ok(()), |field| write!(f, " {field}"))
    }
}

/// The changes from `old` to `new`, two views of one document with their fields, given the objects of the update (from [`crate::pdf::tiling::tile`]) and the
/// references in `old`. Without them nobody asks for what else an object serves: before the first signature there is nothing to protect.
///
/// # Errors
/// Those of the reader, and a form that is none.
pub fn between(
    (old, before): (&Document<'_>, &[Field]),
    (new, after): (&Document<'_>, &[Field]),
    objects: &[ObjectId],
    references: Option<&References>,
) -> Result<Vec<Change>, Finding> {
    let mut compare = Compare {
        old,
        new,
        references,
        changed: objects.iter().copied().collect(),
        explained: BTreeSet::new(),
        widgets: BTreeSet::new(),
        changes: Vec::new(),
    };
    compare.trailer()?;
    compare.catalog()?;
    compare.form(before, after)?;
    compare.pages()?;
    compare.structure()?;
    compare.store()?;
    compare.rest()?;
    compare.brought_to_life()?;
    Ok(compare.changes)
}

struct Compare<'c, 'a> {
    old: &'c Document<'a>,
    new: &'c Document<'a>,
    references: Option<&'c References>,
    /// The objects of the update.
    changed: BTreeSet<ObjectId>,
    /// Those whose change is accounted for.
    explained: BTreeSet<ObjectId>,
    /// Fields and widgets that this update added, signed or filled.
    widgets: BTreeSet<ObjectId>,
    changes: Vec<Change>,
}

impl Compare<'_, '_> {
    fn note(&mut self, what: What, object: ObjectId, field: Option<&Field>, part: &str) {
        self.changes.push(Change {
            what,
            object,
            page: None,
            field: field.map(|f| f.name.clone()),
            part: part.to_owned(),
            old: None,
            new: None,
            look: None,
        });
    }

    /// The change noted last shows on this page.
    fn on_page(&mut self, page: Option<ObjectId>) {
        if let Some(change) = self.changes.last_mut() {
            change.page = page;
        }
    }

    /// An object that may change in its place must have no other: at most `most` references lead to it.
    fn once(&mut self, id: Option<ObjectId>, most: u32) -> Result<(), Error> {
        if let (Some(id), Some(references)) = (id, self.references)
            && self.changed.contains(&id)
            && references.to(id) > most
            && !self.is_new(id)?
            && !self.same(id)?
        {
            self.note(What::Covered, id, None, "an object that is used elsewhere too");
        }
        Ok(())
    }

    /// New objects to which older ones referred already.
    fn brought_to_life(&mut self) -> Result<(), Error> {
        let Some(references) = self.references else {
            return Ok(());
        };
        for id in self.changed.clone() {
            if references.to(id) > 0 && self.is_new(id)? {
                self.note(
                    What::Covered,
                    id,
                    None,
                    "an object that was referred to before it was there",
                );
            }
        }
        Ok(())
    }

    fn other(&mut self, object: ObjectId, part: &str) {
        self.note(What::Other, object, None, part);
    }

    /// The number had no object before.
    fn is_new(&self, id: ObjectId) -> Result<bool, Error> {
        Ok(self.old.get(id)?.value == Value::Null)
    }

    /// Accounts for the objects that came with this update and are reached from `value` through such objects only.
    fn explain_new(&mut self, value: &Value, depth: u32) -> Result<(), Error> {
        match value {
            Value::Ref(id) if self.changed.contains(id) && !self.explained.contains(id) && self.is_new(*id)? => {
                if depth == MAX_DEPTH {
                    return Err(Error::TooDeep { what: "new objects" });
                }
                self.explained.insert(*id);
                let value = self.new.get_plain(*id)?.value;
                self.explain_new(&value, depth + 1)
            }
            Value::Array(items) => items.iter().try_for_each(|item| self.explain_new(item, depth)),
            Value::Dict(dict) => dict.iter().try_for_each(|(_, item)| self.explain_new(item, depth)),
            _ => Ok(()),
        }
    }

    /// Accounts for the object under a reference that is either the old one or to a new object.
    fn explain_ref(&mut self, before: Option<&Value>, after: Option<&Value>) -> Result<(), Error> {
        if let Some(id) = after.and_then(Value::as_ref)
            && (before.and_then(Value::as_ref) == Some(id) || self.is_new(id)?)
        {
            self.explained.insert(id);
        }
        Ok(())
    }

    fn trailer(&mut self) -> Result<(), Error> {
        // What describes the section and not the document; /ID is checked by its first half.
        const OWN: &[&str] = &[
            "Size",
            "Prev",
            "XRefStm",
            "Type",
            "W",
            "Index",
            "Length",
            "Filter",
            "DecodeParms",
            "ID",
        ];
        let root = self.new.root_id();
        let (old, new) = (self.old.trailer(), self.new.trailer());
        let first_id = |d: &Dict| {
            d.get("ID")
                .and_then(Value::as_array)
                .and_then(<[Value]>::first)
                .cloned()
        };
        if let (Some(before), after) = (first_id(old), first_id(new))
            && !after.is_some_and(|after| alike(&before, &after))
        {
            self.other(root, "trailer /ID");
        }
        for key in differing(old, new) {
            if !OWN.contains(&key.as_str()) && key != "Info" {
                self.other(root, &format!("trailer /{key}"));
            }
        }
        self.description("Info", old.get("Info"), new.get("Info"))
    }

    /// The information dictionary or XMP, in an object of its own that nothing else can be.
    fn description(&mut self, key: &str, before: Option<&Value>, after: Option<&Value>) -> Result<(), Error> {
        let id = after.and_then(Value::as_ref);
        let touched = id.is_some_and(|id| self.changed.contains(&id) && !self.explained.contains(&id));
        if !touched && same_entry(before, after) {
            return Ok(());
        }
        if let Some(id) = id.filter(|_| touched) {
            let (old, new) = (self.old.get_plain(id)?, self.new.get_plain(id)?);
            let xmp = |l: &Loaded| l.stream.is_some() && l.value.as_dict().is_some_and(|d| d.is("Type", "Metadata"));
            let info = |l: &Loaded| l.stream.is_none() && l.value.as_dict().is_some_and(is_information);
            let fits = |l: &Loaded| if key == "Metadata" { xmp(l) } else { info(l) };
            if !fits(&new) || old.value != Value::Null && (!fits(&old) || before.and_then(Value::as_ref) != Some(id)) {
                return Ok(());
            }
            self.explained.insert(id);
            self.once(Some(id), u32::from(key == "Metadata"))?;
        }
        self.note(
            What::Metadata,
            id.unwrap_or(self.new.root_id()),
            None,
            &format!("/{key}"),
        );
        if key == "Info" {
            self.tell_information(before, after);
        }
        Ok(())
    }

    fn catalog(&mut self) -> Result<(), Error> {
        let root = self.new.root_id();
        if self.old.root_id() != root {
            self.other(root, "/Root");
            return Ok(());
        }
        let (old, new) = (self.old.catalog()?, self.new.catalog()?);
        self.explained.insert(root);
        for key in differing(&old, &new) {
            match key.as_str() {
                // Looked at by form() and store().
                "AcroForm" | "DSS" | "Metadata" => {}
                "Version" | "MarkInfo" => self.note(What::Metadata, root, None, &format!("catalogue /{key}")),
                "Extensions" => {
                    let (before, after) = (
                        self.dict(self.old, &old, "Extensions")?,
                        self.dict(self.new, &new, "Extensions")?,
                    );
                    let kept = before.iter().all(|(key, value)| after.get_bytes(key) == Some(value));
                    let what = if kept { What::Evidence } else { What::Other };
                    self.note(what, root, None, "/Extensions");
                }
                "Perms" => {
                    self.note(What::Certification, root, None, "/Perms");
                    let value = new.get("Perms").cloned().unwrap_or(Value::Null);
                    self.explain_new(&value, 0)?;
                }
                _ => self.other(root, &format!("catalogue /{key}")),
            }
        }
        self.description("Metadata", old.get("Metadata"), new.get("Metadata"))
    }

    fn dict(&self, document: &Document<'_>, dict: &Dict, key: &str) -> Result<Dict, Error> {
        Ok(evidence::entry(document, dict, key)?
            .as_dict()
            .cloned()
            .unwrap_or_default())
    }

    /// Everything that no place has explained.
    fn rest(&mut self) -> Result<(), Error> {
        let rest: Vec<ObjectId> = self.changed.difference(&self.explained).copied().collect();
        for id in rest {
            let after = self.new.get_plain(id)?;
            let kind = |name| after.value.as_dict().is_some_and(|d| d.is("Type", name));
            let cross_reference = after.stream.is_some() && (kind("XRef") || kind("ObjStm"));
            if cross_reference && self.is_new(id)? || self.same(id)? {
                continue;
            }
            let before = self.old.get_plain(id)?.value;
            let annotation = |v: &Value| {
                v.as_dict()
                    .is_some_and(|d| d.get("Rect").is_some() && !d.is("Subtype", "Widget"))
            };
            if annotation(&before) && annotation(&after.value) {
                let (old, new) = (before.as_dict(), after.value.as_dict());
                let remark = match old.zip(new) {
                    Some((old, new)) => self.is_remark_changed(old, new)?,
                    None => false,
                };
                self.note(
                    if remark { What::Annotation } else { What::Covered },
                    id,
                    None,
                    "annotation",
                );
                self.on_page(new.and_then(|d| d.get("P")).and_then(Value::as_ref));
                self.tell_annotation(old, new);
                self.explain_new(&after.value, 0)?;
            } else {
                self.other(id, "object");
            }
        }
        // An annotation looked at late may have explained what came before it.
        let explained = &self.explained;
        self.changes
            .retain(|c| c.part != "object" || !explained.contains(&c.object));
        Ok(())
    }

    /// The update repeats the object as it was, perhaps compressed anew.
    fn same(&self, id: ObjectId) -> Result<bool, Error> {
        let (before, after) = (self.old.get_plain(id)?, self.new.get_plain(id)?);
        match (&before.stream, &after.stream) {
            (None, None) => Ok(alike(&before.value, &after.value)),
            (Some(_), Some(_)) => {
                let bare = |loaded: &Loaded| {
                    let mut dict = loaded.value.as_dict().cloned().unwrap_or_default();
                    for key in ["Length", "Filter", "DecodeParms"] {
                        dict.remove(key);
                    }
                    Value::Dict(dict)
                };
                if !alike(&bare(&before), &bare(&after)) {
                    return Ok(false);
                }
                let raw = self.old.raw_stream(id, &before)? == self.new.raw_stream(id, &after)?;
                Ok(raw && alike(&before.value, &after.value)
                    || match (self.old.stream_data(id, &before), self.new.stream_data(id, &after)) {
                        (Ok(before), Ok(after)) => before == after,
                        // Filters of pictures are not undone here.
                        _ => false,
                    })
            }
            _ => Ok(false),
        }
    }
}

/// The keys whose values are not alike.
fn differing(old: &Dict, new: &Dict) -> Vec<String> {
    let keys: BTreeSet<&[u8]> = old.iter().chain(new.iter()).map(|(key, _)| key).collect();
    keys.into_iter()
        .filter(|key| !same_entry(old.get_bytes(key), new.get_bytes(key)))
        .map(|key| String::from_utf8_lossy(key).into_owned())
        .collect()
}

/// An entry that is null is none (7.3.7).
fn same_entry(before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => alike(before, after),
        (Some(Value::Null) | None, None) | (None, Some(Value::Null)) => true,
        _ => false,
    }
}

/// Equal but for how it is written: `1.0` and `1`, `(a)` and `<61>`, the order of a dictionary.
fn alike(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Number(before), Value::Number(after)) => digits(before.written()) == digits(after.written()),
        (Value::String { bytes: before, .. }, Value::String { bytes: after, .. }) => before == after,
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(a, b)| alike(a, b))
        }
        (Value::Dict(before), Value::Dict(after)) => differing(before, after).is_empty(),
        _ => before == after,
    }
}

/// Sign, digits before and after the point, without what means nothing.
fn digits(written: &[u8]) -> (bool, Vec<u8>, Vec<u8>) {
    let negative = written.first() == Some(&b'-');
    let body = written.trim_ascii_start();
    let body = body.strip_prefix(b"-").or(body.strip_prefix(b"+")).unwrap_or(body);
    let point = body.iter().position(|b| *b == b'.').unwrap_or(body.len());
    let (whole, fraction) = (&body[..point], body.get(point + 1..).unwrap_or_default());
    let zeros = whole.iter().take_while(|b| **b == b'0').count();
    let end = fraction.iter().rposition(|b| *b != b'0').map_or(0, |at| at + 1);
    let (whole, fraction) = (whole[zeros..].to_vec(), fraction[..end].to_vec());
    (negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
}

/// Nothing but texts, dates and names (Table 349): such a dictionary can be nothing that shows.
fn is_information(dict: &Dict) -> bool {
    dict.iter().all(|(key, value)| {
        let plain = matches!(
            value,
            Value::String { .. } | Value::Name(_) | Value::Bool(_) | Value::Number(_) | Value::Null
        );
        plain && !matches!(key, b"Type" | b"Subtype" | b"FT" | b"S")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differing_keys_are_found_on_both_sides() {
        let old = Dict::from_pairs([("A", Value::int(1)), ("B", Value::int(2)), ("C", Value::Null)]);
        let new = Dict::from_pairs([("B", Value::int(3)), ("D", Value::int(4))]);
        assert_eq!(differing(&old, &new), ["A", "B", "D"], "an entry that is null is none");
        assert!(differing(&old, &old).is_empty());
    }

    #[test]
    fn what_is_written_otherwise_is_alike() {
        let number = |text: &str| digits(text.as_bytes());
        for (one, other) in [
            ("1", "1.0"),
            ("+1", "01."),
            ("-.5", "-0.50"),
            ("0", "-0.0"),
            ("1000000000000000000000.1", "1000000000000000000000.10"),
        ] {
            assert_eq!(number(one), number(other), "{one} {other}");
        }
        for (one, other) in [
            ("1", "-1"),
            ("1", "10"),
            ("0.1", "0.01"),
            ("123456789.125", "123456789.1250001"),
        ] {
            assert_ne!(number(one), number(other), "{one} {other}");
        }
        assert!(alike(&Value::bytes(b"a"), &Value::hex(b"a")));
        assert!(!alike(&Value::bytes(b"a"), &Value::name("a")));
    }
}
