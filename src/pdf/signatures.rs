//! The signature fields of a document and what their signatures say of themselves (ISO 32000-2, 12.7.5.5 and 12.8). Nothing here verifies anything.

use super::byte_range::ByteRange;
use super::document::Document;
use super::error::Error;
use super::field::{self, entry};
use super::value::{Dict, ObjectId, Value};
use std::collections::BTreeSet;

/// Everything about signatures that the form tells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signatures {
    /// The signature fields in the order of the form.
    pub fields: Vec<SignatureField>,
    /// The full names of all fields, signature or not.
    pub names: BTreeSet<String>,
    /// The form is a hybrid XFA form.
    pub xfa: bool,
    /// `/NeedAppearances true`.
    pub need_appearances: bool,
}

/// One signature field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureField {
    /// The field's object.
    pub id: ObjectId,
    /// Full name.
    pub name: String,
    /// Its first widget: the field itself when merged. `None`: nowhere on a page.
    pub widget: Option<ObjectId>,
    /// What signing this field locks (`/Lock`).
    pub lock: Option<FieldLock>,
    /// The level of `/P` in `/Lock` (1 to 3), which works like DocMDP.
    pub lock_level: Option<u8>,
    /// The seed value dictionary (`/SV`), resolved one level deep.
    pub seed: Option<Dict>,
    /// The signature, when there is one.
    pub signature: Option<Signature>,
}

/// A signature dictionary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Its object; `None` when it stands directly in the field, which no signature of ours does.
    pub id: Option<ObjectId>,
    /// The dictionary, strings decrypted, `/Contents` as it stands.
    pub dict: Dict,
    /// `/SubFilter`.
    pub sub_filter: Option<String>,
    /// Whether it is a document timestamp (`ETSI.RFC3161`).
    pub is_timestamp: bool,
    /// `/ByteRange`; `None` when it has not the one shape that covers all but `/Contents`.
    pub byte_range: Option<ByteRange>,
    /// Level of a DocMDP transform among its references (1 to 3).
    pub docmdp: Option<u8>,
    /// Fields locked by FieldMDP transforms among its references.
    pub locks: Vec<FieldLock>,
    /// Whether the catalog's `/Perms` names it as the certification.
    pub is_certification: bool,
}

/// Fields locked by a signature (FieldMDP, 12.8.2.4); full names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FieldLock {
    /// Every field.
    All,
    /// These fields and what lies below them.
    Include(Vec<String>),
    /// All but these and what lies below them.
    Exclude(Vec<String>),
}

impl Signatures {
    /// Signed fields with their signatures.
    pub fn signed(&self) -> impl Iterator<Item = (&SignatureField, &Signature)> {
        self.fields.iter().filter_map(|f| Some((f, f.signature.as_ref()?)))
    }

    /// The first signature field of this full name.
    pub fn field(&self, name: &str) -> Option<&SignatureField> {
        self.fields.iter().find(|f| f.name == name)
    }
}

impl FieldLock {
    /// Whether the field `name` is locked.
    pub fn locks(&self, name: &str) -> bool {
        let listed = |list: &[String]| {
            let below = |above: &String| {
                name.strip_prefix(above.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
            };
            list.iter().any(|above| above == name || below(above))
        };
        match self {
            Self::All => true,
            Self::Include(names) => listed(names),
            Self::Exclude(names) => !listed(names),
        }
    }

    /// `/Action` and `/Fields`, as they stand in a lock dictionary and in a transform's parameters.
    pub fn entries(&self) -> Dict {
        let (action, names) = match self {
            Self::All => ("All", None),
            Self::Include(names) => ("Include", Some(names)),
            Self::Exclude(names) => ("Exclude", Some(names)),
        };
        let mut dict = Dict::from_pairs([("Action", Value::name(action))]);
        if let Some(names) = names {
            dict.set("Fields", Value::Array(names.iter().map(|n| Value::text(n)).collect()));
        }
        dict
    }

    fn read(document: &Document<'_>, dict: &Dict) -> Result<Option<Self>, Error> {
        let mut names = Vec::new();
        if let Value::Array(items) = entry(document, dict, "Fields")? {
            for item in &items {
                names.extend(document.resolve(item)?.as_text());
            }
        }
        Ok(match entry(document, dict, "Action")?.as_name() {
            Some(b"All") => Some(Self::All),
            Some(b"Include") => Some(Self::Include(names)),
            Some(b"Exclude") => Some(Self::Exclude(names)),
            _ => None,
        })
    }
}

/// Reads the form's signature fields and their signatures.
///
/// # Errors
/// Those of [`field::read`].
pub fn read(document: &Document<'_>) -> Result<Signatures, Error> {
    let form = field::read(document)?;
    let certification = certification(document)?;
    let mut found = Signatures {
        xfa: form.xfa,
        need_appearances: form.need_appearances,
        ..Signatures::default()
    };
    for field in form.fields {
        if let (true, Some(id)) = (field.is_signature, field.id) {
            found.fields.push(signature_field(document, id, &field, certification)?);
        }
        found.names.insert(field.name);
    }
    Ok(found)
}

/// What the catalog's `/Perms /DocMDP` refers to.
fn certification(document: &Document<'_>) -> Result<Option<ObjectId>, Error> {
    let permissions = entry(document, &document.catalog()?, "Perms")?;
    let named = permissions.as_dict().and_then(|d| d.get("DocMDP"));
    Ok(named.and_then(Value::as_ref))
}

fn signature_field(
    document: &Document<'_>,
    id: ObjectId,
    field: &field::Field,
    certification: Option<ObjectId>,
) -> Result<SignatureField, Error> {
    let (mut lock, mut lock_level) = (None, None);
    if let Value::Dict(dict) = entry(document, &field.dict, "Lock")? {
        lock = FieldLock::read(document, &dict)?;
        lock_level = level(&entry(document, &dict, "P")?);
    }
    let seed = match entry(document, &field.dict, "SV")? {
        Value::Dict(dict) => Some(resolved(document, &dict)?),
        _ => None,
    };
    let signature = match &field.value {
        Some(value) => signature(document, value, certification)?,
        None => None,
    };
    Ok(SignatureField {
        id,
        name: field.name.clone(),
        widget: field.widgets.first().copied(),
        lock,
        lock_level,
        seed,
        signature,
    })
}

fn resolved(document: &Document<'_>, dict: &Dict) -> Result<Dict, Error> {
    let mut out = Dict::new();
    for (key, value) in dict.iter() {
        out.push(key.to_vec(), document.resolve(value)?);
    }
    Ok(out)
}

fn signature(
    document: &Document<'_>,
    value: &Value,
    certification: Option<ObjectId>,
) -> Result<Option<Signature>, Error> {
    let Value::Dict(dict) = document.resolve(value)? else {
        return Ok(None);
    };
    let id = value.as_ref();
    let sub_filter = entry(document, &dict, "SubFilter")?;
    let sub_filter = sub_filter.as_name().map(|n| String::from_utf8_lossy(n).into_owned());
    let (mut docmdp, mut locks) = (None, Vec::new());
    if let Value::Array(references) = entry(document, &dict, "Reference")? {
        for reference in &references {
            let Value::Dict(reference) = document.resolve(reference)? else {
                continue;
            };
            let parameters = entry(document, &reference, "TransformParams")?;
            let parameters = parameters.as_dict().cloned().unwrap_or_default();
            match entry(document, &reference, "TransformMethod")?.as_name() {
                // Level 2 is the default (Table 257).
                Some(b"DocMDP") => docmdp = Some(level(&entry(document, &parameters, "P")?).unwrap_or(2)),
                Some(b"FieldMDP") => locks.extend(FieldLock::read(document, &parameters)?),
                _ => {}
            }
        }
    }
    Ok(Some(Signature {
        id,
        is_timestamp: sub_filter.as_deref() == Some("ETSI.RFC3161"),
        sub_filter,
        byte_range: ByteRange::read(&entry(document, &dict, "ByteRange")?),
        docmdp,
        locks,
        is_certification: id.is_some() && id == certification,
        dict,
    }))
}

fn level(value: &Value) -> Option<u8> {
    u8::try_from(value.as_int()?).ok().filter(|p| (1..=3).contains(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_holds_its_fields_and_what_lies_below() {
        let names = vec!["a".to_owned(), "b.c".to_owned()];
        let include = FieldLock::Include(names.clone());
        let exclude = FieldLock::Exclude(names);
        for (name, listed) in [("a", true), ("a.x", true), ("ab", false), ("b", false), ("b.c", true)] {
            assert_eq!(include.locks(name), listed, "{name}");
            assert_eq!(exclude.locks(name), !listed, "{name}");
            assert!(FieldLock::All.locks(name));
        }
    }
}
