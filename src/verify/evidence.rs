//! The form's fields and the signatures in them, as a revision shows them (ISO 32000-2, 12.7 and 12.8). Judges nothing; refuses a tree that is none.
//!
//! Read here anew, because the reader that serves the signer shall not hide its own mistakes.

use super::Finding;
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::pdf::{Document, Error};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Most nodes of one field tree.
pub const MAX_FIELDS: usize = 200_000;
/// Deepest field tree.
pub const MAX_FIELD_DEPTH: usize = 32;

/// A field of the form: a node with a partial name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its object.
    pub id: ObjectId,
    /// Full name.
    pub name: String,
    /// Own or inherited type: `Tx`, `Btn`, `Ch`, `Sig`; empty when there is none.
    pub kind: Vec<u8>,
    /// The type is `Sig`.
    pub is_signature: bool,
    /// Its dictionary, strings decrypted. Views in which it is the same share it.
    pub dict: Arc<Dict>,
    /// Widgets that are objects of their own.
    pub widgets: Vec<ObjectId>,
}

/// A signature field's signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Full name of the field.
    pub field: String,
    /// The field's object.
    pub field_id: ObjectId,
    /// The signature dictionary's object.
    pub id: ObjectId,
    /// The signature dictionary, strings decrypted.
    pub dict: Dict,
    /// A document timestamp (`ETSI.RFC3161`).
    pub is_timestamp: bool,
    /// DocMDP stands among its references: it certifies.
    pub certifies: bool,
    /// What may change after it (Table 257): DocMDP among its references, or the level of its field's /Lock.
    pub docmdp: Option<u8>,
    /// FieldMDP among its references, and its field's /Lock.
    pub locks: Vec<Lock>,
}

/// Fields that may not change after a signature (Table 259); full names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lock {
    /// All of them.
    All,
    /// These, and what lies below them.
    Include(Vec<String>),
    /// All but these and what lies below them.
    Exclude(Vec<String>),
}

impl Lock {
    /// Whether a field of this name is locked.
    pub fn holds(&self, name: &str) -> bool {
        let listed = |names: &[String]| {
            names.iter().any(|n| match name.strip_prefix(n.as_str()) {
                Some(rest) => rest.is_empty() || rest.starts_with('.'),
                None => false,
            })
        };
        match self {
            Self::All => true,
            Self::Include(names) => listed(names),
            Self::Exclude(names) => !listed(names),
        }
    }
}

/// What stands under `key`, references followed, strings decrypted; `Null` when nothing does.
///
/// # Errors
/// Those of the reader.
pub fn entry(document: &Document<'_>, dict: &Dict, key: &str) -> Result<Value, Error> {
    dict.get(key).map_or(Ok(Value::Null), |value| document.resolve(value))
}

/// The dictionary of the object `id`, strings decrypted; `None` for anything else.
///
/// # Errors
/// Those of the reader.
pub fn dict(document: &Document<'_>, id: ObjectId) -> Result<Option<Dict>, Error> {
    Ok(match document.get_plain(id)?.value {
        Value::Dict(dict) => Some(dict),
        _ => None,
    })
}

/// Every field, parents first.
///
/// # Errors
/// Those of the reader; a node that stands twice, is no object of its own, or lies too deep.
pub fn fields(document: &Document<'_>) -> Result<Vec<Field>, Error> {
    read_fields(document, &HashMap::new())
}

/// As [`fields`], in a revision that follows one with the fields `before` and changed only `objects`.
///
/// # Errors
/// As [`fields`].
pub fn fields_after(document: &Document<'_>, before: &[Field], objects: &[ObjectId]) -> Result<Vec<Field>, Error> {
    let changed: HashSet<ObjectId> = objects.iter().copied().collect();
    let kept = before.iter().filter(|field| !changed.contains(&field.id));
    read_fields(document, &kept.map(|field| (field.id, &field.dict)).collect())
}

/// `known`: dictionaries that need not be read again.
fn read_fields(document: &Document<'_>, known: &HashMap<ObjectId, &Arc<Dict>>) -> Result<Vec<Field>, Error> {
    let Value::Dict(form) = entry(document, &document.catalog()?, "AcroForm")? else {
        return Ok(Vec::new());
    };
    let mut found: Vec<Field> = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![(entry(document, &form, "Fields")?, None::<usize>, 0)];
    while let Some((kids, parent, depth)) = open.pop() {
        if depth > MAX_FIELD_DEPTH {
            return Err(Error::TooDeep { what: "field tree" });
        }
        for kid in kids.as_array().unwrap_or_default() {
            let id = kid
                .as_ref()
                .ok_or(Error::damaged(0, "a field that is an object of its own"))?;
            if !seen.insert(id) {
                return Err(Error::damaged(0, "each field once in the form"));
            }
            if seen.len() > MAX_FIELDS {
                return Err(Error::TooLarge { what: "field tree" });
            }
            let node = match known.get(&id) {
                Some(node) => Some(Arc::clone(node)),
                None => dict(document, id)?.map(Arc::new),
            };
            let Some(node) = node else { continue };
            let partial = entry(document, &node, "T")?.as_text();
            if let (None, Some(parent)) = (&partial, parent) {
                found[parent].widgets.push(id);
                continue;
            }
            let above = parent.map(|p| (found[p].name.clone(), found[p].kind.clone()));
            let kind = match entry(document, &node, "FT")? {
                Value::Null => above.as_ref().map(|(_, kind)| kind.clone()).unwrap_or_default(),
                kind => kind.as_name().unwrap_or_default().to_vec(),
            };
            let partial = partial.unwrap_or_default();
            let name = above.map_or(partial.clone(), |(above, _)| format!("{above}.{partial}"));
            open.push((entry(document, &node, "Kids")?, Some(found.len()), depth + 1));
            found.push(Field {
                id,
                name,
                is_signature: kind == b"Sig",
                kind,
                dict: node,
                widgets: Vec::new(),
            });
        }
    }
    Ok(found)
}

/// The signatures in `fields`.
///
/// # Errors
/// [`Finding::SignatureMalformed`] for a /V that is no dictionary in an object of its own; those of the reader.
pub fn signatures(document: &Document<'_>, fields: &[Field]) -> Result<Vec<Signature>, Finding> {
    let mut found = Vec::new();
    for field in fields.iter().filter(|f| f.is_signature) {
        let Some(value) = field.dict.get("V") else { continue };
        let malformed = |part| Finding::SignatureMalformed {
            field: field.name.clone(),
            part,
        };
        let id = value.as_ref().ok_or(malformed("/V"))?;
        let dict = dict(document, id)?.ok_or(malformed("/V"))?;
        let (mut docmdp, mut locks) = references(document, &dict)?;
        let certifies = docmdp.is_some();
        if let Value::Dict(lock) = entry(document, &field.dict, "Lock")? {
            locks.extend(read_lock(document, &lock)?);
            if let Some(level) = entry(document, &lock, "P")?.as_int() {
                docmdp = Some(stricter(docmdp, level));
            }
        }
        found.push(Signature {
            field: field.name.clone(),
            field_id: field.id,
            id,
            is_timestamp: dict.is("SubFilter", "ETSI.RFC3161"),
            certifies,
            docmdp,
            locks,
            dict,
        });
    }
    Ok(found)
}

fn references(document: &Document<'_>, signature: &Dict) -> Result<(Option<u8>, Vec<Lock>), Error> {
    let (mut docmdp, mut locks): (Option<u8>, Vec<Lock>) = (None, Vec::new());
    let references = entry(document, signature, "Reference")?;
    for reference in references.as_array().unwrap_or_default() {
        let Value::Dict(reference) = document.resolve(reference)? else {
            continue;
        };
        let parameters = entry(document, &reference, "TransformParams")?;
        let parameters = parameters.as_dict().cloned().unwrap_or_default();
        match entry(document, &reference, "TransformMethod")?.as_name() {
            Some(b"DocMDP") => {
                // Absent means 2.
                docmdp = Some(stricter(
                    docmdp,
                    entry(document, &parameters, "P")?.as_int().unwrap_or(2),
                ));
            }
            Some(b"FieldMDP") => locks.push(read_lock(document, &parameters)?.unwrap_or(Lock::All)),
            _ => {}
        }
    }
    Ok((docmdp, locks))
}

// A level that Table 257 does not have is read as the strictest.
fn stricter(known: Option<u8>, level: i64) -> u8 {
    let level = u8::try_from(level).ok().filter(|l| (1..=3).contains(l)).unwrap_or(1);
    known.map_or(level, |other| other.min(level))
}

fn read_lock(document: &Document<'_>, dict: &Dict) -> Result<Option<Lock>, Error> {
    let mut names = Vec::new();
    for name in entry(document, dict, "Fields")?.as_array().unwrap_or_default() {
        names.extend(document.resolve(name)?.as_text());
    }
    Ok(match entry(document, dict, "Action")?.as_name() {
        Some(b"All") => Some(Lock::All),
        Some(b"Include") => Some(Lock::Include(names)),
        Some(b"Exclude") => Some(Lock::Exclude(names)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_holds_names_and_what_lies_below() {
        let names = || vec!["甲".to_owned(), "乙.印".to_owned()];
        for (name, listed) in [
            ("甲", true),
            ("甲.日付", true),
            ("甲乙", false),
            ("乙", false),
            ("乙.印", true),
        ] {
            assert_eq!(Lock::Include(names()).holds(name), listed, "{name}");
            assert_eq!(Lock::Exclude(names()).holds(name), !listed, "{name}");
            assert!(Lock::All.holds(name));
        }
    }
}
