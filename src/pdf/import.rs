//! One page of another PDF as a form XObject (ISO 32000-2, 8.10): content and resources, nothing else of it.
//!
//! The source is read by our own strict reader. Annotations, structure and anything that leads out of the resources is left behind; an encrypted source or
//! one with several pages is refused.

mod conformance;

use super::appearance::{Drawing, Refused};
use super::archive::Archive;
use super::document::Document;
use super::error::Error;
use super::image::deflate;
use super::revision::RevisionWriter;
use super::value::{Dict, Number, ObjectId, Value};
use std::collections::BTreeMap;

/// Largest source file.
pub const MAX_SOURCE_BYTES: usize = 16 << 20;
/// Most objects taken from it.
pub const MAX_OBJECTS: usize = 5_000;
/// Most bytes of stream data taken from it.
pub const MAX_STREAM_BYTES: usize = 32 << 20;

/// A page read for import.
pub struct Imported {
    /// Left, bottom, right, top of what is shown.
    crop_box: [f64; 4],
    resources: Value,
    /// Decoded.
    content: Vec<u8>,
    objects: BTreeMap<ObjectId, Object>,
}

struct Object {
    value: Value,
    /// Stream data under their filters, and decoded when they are content.
    stream: Option<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Imported {
    /// Reads the only page of `source`.
    pub fn read(source: &[u8]) -> Result<Self, Refused> {
        if source.len() > MAX_SOURCE_BYTES {
            return Err(Refused::TooLarge);
        }
        let document = Document::open(source, None).map_err(|_| Refused::Invalid)?;
        if document.encryption().is_some() || document.page_count() != Ok(1) {
            return Err(Refused::Invalid);
        }
        let page = document.page(0).map_err(|_| Refused::Invalid)?;
        if page.inherited.rotate != 0 {
            return Err(Refused::Invalid);
        }
        let mut imported = Self {
            crop_box: page.inherited.crop_box,
            resources: page.inherited.resources.unwrap_or(Value::Dict(Dict::new())),
            content: content(&document, page.dict.get("Contents"))?,
            objects: BTreeMap::new(),
        };
        imported.collect(&document)?;
        Ok(imported)
    }

    /// Whether it may become part of a document that claims `archive`.
    pub fn check(&self, archive: Archive) -> Result<(), Refused> {
        conformance::check(self, archive)
    }

    /// Writes the form and all it needs into `revision`.
    pub fn write(self, revision: &mut RevisionWriter<'_, '_>) -> Result<Drawing, Error> {
        let mut ids = BTreeMap::new();
        for id in self.objects.keys() {
            ids.insert(*id, revision.fresh()?);
        }
        for (id, object) in self.objects {
            let value = renumbered(object.value, &ids);
            match (value, object.stream) {
                (Value::Dict(dict), Some((data, _))) => revision.put_stream(ids[&id], dict, data)?,
                (value, _) => revision.put(ids[&id], value)?,
            }
        }
        let [left, bottom, right, top] = self.crop_box;
        let (width, height) = (right - left, top - bottom);
        let mut dict = Dict::from_pairs([
            ("Type", Value::name("XObject")),
            ("Subtype", Value::name("Form")),
            ("BBox", Value::reals(&self.crop_box)),
            ("Resources", renumbered(self.resources, &ids)),
            ("Filter", Value::name("FlateDecode")),
        ]);
        dict.set("Matrix", unit_square(self.crop_box));
        let xobject = revision.fresh()?;
        revision.put_stream(xobject, dict, deflate(&self.content))?;
        Ok(Drawing { xobject, width, height })
    }

    fn collect(&mut self, document: &Document<'_>) -> Result<(), Refused> {
        let mut wanted = Vec::new();
        references(&self.resources, &mut wanted);
        let mut bytes = 0;
        while let Some(id) = wanted.pop() {
            if self.objects.contains_key(&id) {
                continue;
            }
            if self.objects.len() == MAX_OBJECTS {
                return Err(Refused::TooLarge);
            }
            let loaded = document.get(id).map_err(|_| Refused::Invalid)?;
            references(&loaded.value, &mut wanted);
            let stream = match &loaded.stream {
                Some(_) => {
                    let data = document.raw_stream(id, &loaded).map_err(|_| Refused::Invalid)?;
                    let is_form = loaded.value.as_dict().is_some_and(|d| d.is("Subtype", "Form"));
                    let decoded = is_form.then(|| document.stream_data(id, &loaded).map_err(|_| Refused::Invalid));
                    bytes += data.len();
                    Some((data, decoded.transpose()?))
                }
                None => None,
            };
            if bytes > MAX_STREAM_BYTES {
                return Err(Refused::TooLarge);
            }
            let value = without_structure(loaded.value)?;
            self.objects.insert(id, Object { value, stream });
        }
        Ok(())
    }
}

/// Maps `crop_box` to the unit square.
fn unit_square([left, bottom, right, top]: [f64; 4]) -> Value {
    let (width, height) = (right - left, top - bottom);
    // Four decimals, as `Value::real` keeps, would lose the edge of a page a thousand points wide.
    let exact = |n: f64| Number::parse(format!("{n:.9}").as_bytes()).map_or(Value::int(0), Value::Number);
    Value::Array(vec![
        exact(1.0 / width),
        Value::int(0),
        Value::int(0),
        exact(1.0 / height),
        exact(-left / width),
        exact(-bottom / height),
    ])
}

/// The page's content as one stream: the parts joined by white space (7.7.3.3).
fn content(document: &Document<'_>, contents: Option<&Value>) -> Result<Vec<u8>, Refused> {
    let parts = match contents {
        None => Vec::new(),
        Some(part @ Value::Ref(id)) => match document.get(*id).map_err(|_| Refused::Invalid)?.value {
            Value::Array(parts) => parts,
            _ => vec![part.clone()],
        },
        Some(Value::Array(parts)) => parts.clone(),
        Some(_) => return Err(Refused::Invalid),
    };
    let mut joined = Vec::new();
    for part in parts {
        let id = part.as_ref().ok_or(Refused::Invalid)?;
        let loaded = document.get(id).map_err(|_| Refused::Invalid)?;
        joined.extend(document.stream_data(id, &loaded).map_err(|_| Refused::Invalid)?);
        joined.push(b'\n');
        if joined.len() > MAX_STREAM_BYTES {
            return Err(Refused::TooLarge);
        }
    }
    Ok(joined)
}

fn references(value: &Value, found: &mut Vec<ObjectId>) {
    match value {
        Value::Ref(id) => found.push(*id),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Dict(dict) => dict.iter().for_each(|(_, item)| references(item, found)),
        _ => {}
    }
}

/// Takes out the keys that tie an object to the structure of its document; refuses objects that are no resources.
fn without_structure(mut value: Value) -> Result<Value, Refused> {
    if let Value::Dict(dict) = &mut value {
        if ["Page", "Pages", "Catalog", "StructTreeRoot"]
            .iter()
            .any(|kind| dict.is("Type", kind))
        {
            return Err(Refused::Invalid);
        }
        dict.remove("StructParent");
        dict.remove("StructParents");
    }
    Ok(value)
}

fn renumbered(value: Value, ids: &BTreeMap<ObjectId, ObjectId>) -> Value {
    match value {
        Value::Ref(id) => ids.get(&id).map_or(Value::Null, |id| Value::Ref(*id)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| renumbered(item, ids)).collect()),
        Value::Dict(mut dict) => {
            for (_, item) in dict.iter_mut() {
                *item = renumbered(std::mem::replace(item, Value::Null), ids);
            }
            Value::Dict(dict)
        }
        other => other,
    }
}
