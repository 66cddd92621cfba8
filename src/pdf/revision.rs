//! One revision appended to a document (ISO 32000-2, 7.5.6): changed and new objects, a cross-reference section of the same kind as the last one, a trailer.
//!
//! What is not named is not touched: the original bytes are never copied here, and an object is read only when it is asked for. Strings of an encrypted
//! document are held as they will stand in the file: [`RevisionWriter::edit`] gives ciphertext, and whatever is put in goes through [`RevisionWriter::sealed`] first.

mod section;

use super::byte_range::{ByteRange, WRITTEN_BYTES};
use super::document::{Document, MAX_REFERENCE_CHAIN};
use super::error::Error;
use super::lex::MAX_OBJECT_NUMBER;
use super::value::{Dict, ObjectId, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A revision being written.
pub struct RevisionWriter<'d, 'a> {
    document: &'d Document<'a>,
    objects: BTreeMap<u32, Object>,
    /// The first number that no section knows, and the next one to give away.
    base: u32,
    next: u32,
    /// Numbers beyond every section's Size that some object refers to all the same: they must stay dead.
    dangling: BTreeSet<u32>,
    signature: Option<u32>,
}

/// Where a value stands: an indirect object and the way into it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The top-level object.
    pub id: ObjectId,
    path: Vec<String>,
}

/// A finished revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// Bytes to append to the document.
    pub bytes: Vec<u8>,
    /// When the revision holds a new signature: its byte range in the whole file, and the string of `/Contents` in `bytes`.
    pub signature: Option<(ByteRange, Range<usize>)>,
}

struct Object {
    generation: u16,
    /// Where it was read, in bytes; for errors.
    offset: usize,
    value: Value,
    /// Stream data after filters and encryption.
    stream: Option<Vec<u8>>,
    /// Bytes of room in `/Contents`, for the signature dictionary.
    room: Option<usize>,
    /// A stream of the document: read here, never written.
    is_read_stream: bool,
    changed: bool,
}

impl Place {
    /// An indirect object itself.
    pub const fn object(id: ObjectId) -> Self {
        Self { id, path: Vec::new() }
    }

    /// Whether it is an indirect object, not a value inside one.
    pub fn is_object(&self) -> bool {
        self.path.is_empty()
    }
}

impl<'d, 'a> RevisionWriter<'d, 'a> {
    /// A revision of `document` without changes.
    pub fn new(document: &'d Document<'a>) -> Self {
        let sizes = document.sections().iter().filter_map(|s| s.trailer.int("Size"));
        let largest = sizes.filter_map(|n| u32::try_from(n).ok()).max().unwrap_or(1);
        let base = largest.max(document.size()).max(1);
        Self {
            document,
            objects: BTreeMap::new(),
            base,
            next: base,
            dangling: BTreeSet::new(),
            signature: None,
        }
    }

    /// The document that is revised.
    pub fn document(&self) -> &'d Document<'a> {
        self.document
    }

    /// A number for a new object. Numbers that a loaded object refers to are left out, as such a reference would come to life.
    pub fn fresh(&mut self) -> Result<ObjectId, Error> {
        while self.dangling.contains(&self.next) {
            self.next += 1;
        }
        if self.next > MAX_OBJECT_NUMBER {
            return Err(Error::TooLarge { what: "object numbers" });
        }
        self.next += 1;
        Ok(ObjectId {
            number: self.next - 1,
            generation: 0,
        })
    }

    /// The value at `place` as it will be after this revision; [`Value::Null`] when nothing is there.
    pub fn value(&mut self, place: &Place) -> Result<&Value, Error> {
        self.load(place.id)?;
        let root = self.objects.get(&place.id.number).map_or(&Value::Null, |o| &o.value);
        Ok(place.path.iter().fold(root, |value, key| {
            value.as_dict().and_then(|d| d.get(key)).unwrap_or(&Value::Null)
        }))
    }

    /// Where the value under `key` of the dictionary at `place` stands: there, or in the indirect object that it refers to.
    pub fn enter(&mut self, place: &Place, key: &str) -> Result<Place, Error> {
        let mut inner = place.clone();
        inner.path.push(key.to_owned());
        for _ in 0..MAX_REFERENCE_CHAIN {
            let Value::Ref(id) = self.value(&inner)? else {
                return Ok(inner);
            };
            let target = Place::object(*id);
            // A reference to nothing is null, and stays that way: a value is made in its stead.
            if *self.value(&target)? == Value::Null {
                return Ok(inner);
            }
            inner = target;
        }
        Err(Error::TooDeep { what: "references" })
    }

    /// The dictionary at `place`, to be changed; made when nothing is there.
    pub fn edit(&mut self, place: &Place) -> Result<&mut Dict, Error> {
        self.load(place.id)?;
        let damaged = self.expected(place.id, "a dictionary");
        match self.edit_value(place, || Value::Dict(Dict::new()))? {
            Value::Dict(dict) => Ok(dict),
            _ => Err(damaged),
        }
    }

    /// Appends `item` to the array at `place`, which is made when nothing is there.
    pub fn append(&mut self, place: &Place, item: Value) -> Result<(), Error> {
        self.load(place.id)?;
        let damaged = self.expected(place.id, "an array");
        match self.edit_value(place, || Value::Array(Vec::new()))? {
            Value::Array(items) => {
                items.push(item);
                Ok(())
            }
            _ => Err(damaged),
        }
    }

    /// Replaces the value at `place` by `value`, which must be [`RevisionWriter::sealed`] for its object.
    pub fn replace(&mut self, place: &Place, value: Value) -> Result<(), Error> {
        *self.edit_value(place, || Value::Null)? = value;
        Ok(())
    }

    /// `value` as it has to stand in the object `id`: its strings encrypted when the document is.
    pub fn sealed(&self, id: ObjectId, value: Value) -> Result<Value, Error> {
        let Some(encryption) = self.document.encryption() else {
            return Ok(value);
        };
        Ok(match value {
            Value::String { bytes, .. } => Value::hex(&encryption.encrypt_string(id, &bytes)?),
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.sealed(id, item));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Value::Dict(dict) => {
                let mut sealed = Dict::new();
                for (key, value) in dict.iter() {
                    sealed.push(key.to_vec(), self.sealed(id, value.clone())?);
                }
                Value::Dict(sealed)
            }
            other => other,
        })
    }

    /// Adds a new object; gives its id.
    pub fn add(&mut self, value: Value) -> Result<ObjectId, Error> {
        let id = self.fresh()?;
        self.put(id, value)?;
        Ok(id)
    }

    /// Writes `value`, whose strings are plain, as the new object `id`, which came from [`RevisionWriter::fresh`].
    pub fn put(&mut self, id: ObjectId, value: Value) -> Result<(), Error> {
        let value = self.sealed(id, value)?;
        self.insert(id, value, None, None);
        Ok(())
    }

    /// Adds a stream as the new object `id`; `data` has passed the filters that `dict` names, `/Length` is set here.
    pub fn put_stream(&mut self, id: ObjectId, dict: Dict, data: Vec<u8>) -> Result<(), Error> {
        let Value::Dict(mut dict) = self.sealed(id, Value::Dict(dict))? else {
            return Err(self.expected(id, "a dictionary"));
        };
        let data = match self.document.encryption() {
            Some(encryption) => encryption.encrypt_stream(id, &data)?,
            None => data,
        };
        dict.set("Length", Value::int(i64::try_from(data.len()).unwrap_or(i64::MAX)));
        self.insert(id, Value::Dict(dict), Some(data), None);
        Ok(())
    }

    /// Adds the signature dictionary `dict` as the new object `id`, with an empty `/Contents` of `room_bytes` and the `/ByteRange` of the finished file.
    pub fn put_signature(&mut self, id: ObjectId, dict: Dict, room_bytes: usize) -> Result<(), Error> {
        let value = self.sealed(id, Value::Dict(dict))?;
        self.insert(id, value, None, Some(room_bytes));
        self.signature = Some(id.number);
        Ok(())
    }

    /// Writes the revision.
    pub fn finish(mut self) -> Result<Update, Error> {
        let data = self.document.data();
        let mut out = Vec::new();
        if !data.ends_with(b"\n") && !data.ends_with(b"\r") {
            out.push(b'\n');
        }
        let mut rows = Vec::new();
        let mut slots = None;
        for (number, object) in std::mem::take(&mut self.objects) {
            if !object.changed {
                continue;
            }
            rows.push((number, object.generation, (data.len() + out.len()) as u64));
            let found = object.write(number, &mut out);
            if self.signature == Some(number) {
                slots = found;
            }
        }
        section::write(&mut self, rows, &mut out)?;
        let signature = match slots {
            Some((range, hole)) => {
                let base = data.len() as u64;
                let too_large = || Error::TooLarge { what: "file" };
                let whole = base + hole.start as u64..base + hole.end as u64;
                let byte_range = ByteRange::new(whole, base + out.len() as u64).ok_or_else(too_large)?;
                out[range..range + WRITTEN_BYTES].copy_from_slice(&byte_range.written().ok_or_else(too_large)?);
                Some((byte_range, hole))
            }
            None => None,
        };
        Ok(Update { bytes: out, signature })
    }

    fn insert(&mut self, id: ObjectId, value: Value, stream: Option<Vec<u8>>, room: Option<usize>) {
        let object = Object {
            generation: id.generation,
            offset: self.document.data().len(),
            value,
            stream,
            room,
            is_read_stream: false,
            changed: true,
        };
        self.objects.insert(id.number, object);
    }

    fn load(&mut self, id: ObjectId) -> Result<(), Error> {
        if self.objects.contains_key(&id.number) {
            return Ok(());
        }
        let loaded = self.document.get(id)?;
        self.note_references(id, &loaded.value)?;
        // In an object stream strings are plain; as a top-level object of an encrypted document they are not.
        let value = match loaded.packed {
            true => self.sealed(id, loaded.value)?,
            false => loaded.value,
        };
        let object = Object {
            generation: loaded.generation,
            offset: loaded.span.start,
            value,
            stream: None,
            room: None,
            is_read_stream: loaded.stream.is_some(),
            changed: false,
        };
        self.objects.insert(id.number, object);
        Ok(())
    }

    /// Remembers references to numbers that no section has; refuses them when the number is already given away.
    fn note_references(&mut self, id: ObjectId, value: &Value) -> Result<(), Error> {
        match value {
            Value::Ref(target) if target.number >= self.next => {
                self.dangling.insert(target.number);
            }
            Value::Ref(target) if target.number >= self.base && !self.dangling.contains(&target.number) => {
                return Err(self.expected(id, "no reference beyond the file's Size"));
            }
            Value::Array(items) => {
                for item in items {
                    self.note_references(id, item)?;
                }
            }
            Value::Dict(dict) => {
                for (_, item) in dict.iter() {
                    self.note_references(id, item)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn edit_value(&mut self, place: &Place, missing: impl Fn() -> Value) -> Result<&mut Value, Error> {
        self.load(place.id)?;
        let damaged = self.expected(place.id, "a dictionary");
        let Some(object) = self.objects.get_mut(&place.id.number) else {
            return Err(damaged);
        };
        if object.is_read_stream {
            return Err(damaged);
        }
        object.changed = true;
        let mut value = &mut object.value;
        for key in &place.path {
            if is_nothing(value) {
                *value = Value::Dict(Dict::new());
            }
            let Value::Dict(dict) = value else {
                return Err(damaged);
            };
            if !dict.contains(key.as_bytes()) {
                dict.set(key, Value::Null);
            }
            let Some((_, inner)) = dict.iter_mut().find(|(k, _)| *k == key.as_bytes()) else {
                return Err(damaged);
            };
            value = inner;
        }
        if is_nothing(value) {
            *value = missing();
        }
        Ok(value)
    }

    /// [`Error::Damaged`] at the object `id`.
    fn expected(&self, id: ObjectId, expected: &'static str) -> Error {
        let at = self.objects.get(&id.number).map_or(0, |object| object.offset);
        Error::damaged(at, expected)
    }
}

/// Null, or a reference that [`RevisionWriter::enter`] did not follow because it leads nowhere.
fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Ref(_))
}

impl Object {
    /// Appends the object; for a signature dictionary gives where its byte range and the string of its `/Contents` stand in `out`.
    fn write(self, number: u32, out: &mut Vec<u8>) -> Option<(usize, Range<usize>)> {
        out.extend_from_slice(format!("{number} {} obj\n", self.generation).as_bytes());
        self.value.write(out);
        if let Some(data) = self.stream {
            out.extend_from_slice(b"\nstream\n");
            out.extend_from_slice(&data);
            out.extend_from_slice(b"\nendstream");
        }
        let slots = self.room.map(|room_bytes| {
            out.truncate(out.len() - b">>".len());
            out.extend_from_slice(b"/ByteRange ");
            let range = out.len();
            out.resize(range + WRITTEN_BYTES, b' ');
            out.extend_from_slice(b"/Contents ");
            let hole = out.len()..out.len() + 2 * room_bytes + 2;
            out.push(b'<');
            out.resize(hole.end - 1, b'0');
            out.extend_from_slice(b">>>");
            (range, hole)
        });
        out.extend_from_slice(b"\nendobj\n");
        slots
    }
}
