//! What an update changed, object by object, from the catalogue down. Every object of the update must be explained by its place; what is not is a change of kind [`What::Other`].
//!
//! Says what changed, not whether that was allowed (see [`super::rules`]). Does not search the older revision for references to numbers that had no object yet.

use super::Finding;
use super::evidence::{self, Field};
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::pdf::{Document, Error};
use std::collections::BTreeSet;
use std::fmt;

mod form;
mod pages;
mod store;
mod structure;

/// Deepest nesting of new objects below a new field.
const MAX_DEPTH: u32 = 32;

/// The kind of a change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// A signature field, new or empty before, was signed.
    SignatureAdded,
    /// As before, by a document timestamp.
    TimestampAdded,
    /// An empty signature field.
    FieldAdded,
    /// Another field's value.
    FieldFilled,
    /// An annotation that belongs to no field: added, changed or removed.
    Annotation,
    /// /Perms in the catalogue: the new signature certifies.
    Certification,
    /// Validation data: DSS, extensions.
    Evidence,
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
    /// Full name of the field it concerns.
    pub field: Option<String>,
    /// Which part of the object, in the words of ISO 32000.
    pub part: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} ({})", self.what, self.part, self.object)?;
        self.field.as_ref().map_or(Ok(()), |field| write!(f, " {field}"))
    }
}

/// The changes from `old` to `new`, two views of one document, given the objects of the update (from [`crate::pdf::tiling::tile`]).
///
/// # Errors
/// Those of the reader, and a form that is none.
pub fn between(old: &Document<'_>, new: &Document<'_>, objects: &[ObjectId]) -> Result<Vec<Change>, Finding> {
    let mut compare = Compare {
        old,
        new,
        changed: objects.iter().copied().collect(),
        explained: BTreeSet::new(),
        widgets: BTreeSet::new(),
        changes: Vec::new(),
    };
    compare.trailer();
    compare.catalog()?;
    let (before, after) = (evidence::fields(old)?, evidence::fields(new)?);
    compare.form(&before, &after)?;
    compare.pages()?;
    compare.structure()?;
    compare.store()?;
    compare.rest()?;
    Ok(compare.changes)
}

struct Compare<'c, 'a> {
    old: &'c Document<'a>,
    new: &'c Document<'a>,
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
            field: field.map(|f| f.name.clone()),
            part: part.to_owned(),
        });
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

    fn trailer(&mut self) {
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
        if old.contains(b"ID") && first_id(old) != first_id(new) {
            self.other(root, "trailer /ID");
        }
        for key in differing(old, new) {
            if !OWN.contains(&key.as_str()) {
                self.other(root, &format!("trailer /{key}"));
            }
        }
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
                "AcroForm" | "DSS" => {}
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
        Ok(())
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
                self.note(What::Annotation, id, None, "annotation");
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

    /// The update repeats the object as it was.
    fn same(&self, id: ObjectId) -> Result<bool, Error> {
        let (before, after) = (self.old.get_plain(id)?, self.new.get_plain(id)?);
        let bytes = |document: &Document<'_>, stream: &Option<std::ops::Range<usize>>| {
            stream.clone().map(|range| document.data()[range].to_vec())
        };
        Ok(before.value == after.value && bytes(self.old, &before.stream) == bytes(self.new, &after.stream))
    }
}

/// The keys whose values are not written alike.
fn differing(old: &Dict, new: &Dict) -> Vec<String> {
    let keys: BTreeSet<&[u8]> = old.iter().chain(new.iter()).map(|(key, _)| key).collect();
    keys.into_iter()
        .filter(|key| old.get_bytes(key) != new.get_bytes(key))
        .map(|key| String::from_utf8_lossy(key).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differing_keys_are_found_on_both_sides() {
        let old = Dict::from_pairs([("A", Value::int(1)), ("B", Value::int(2)), ("C", Value::Null)]);
        let new = Dict::from_pairs([("B", Value::int(3)), ("D", Value::int(4))]);
        assert_eq!(differing(&old, &new), ["A", "B", "D"]);
        assert!(differing(&old, &old).is_empty());
    }
}
