//! A PDF as its cross-reference sections describe it, strictly.
//!
//! Nothing here scans the file, repairs it, or keeps an index of its objects: an object is read where its row says, each time it is asked for. What is kept are decoded object streams, up to a limit.

use super::crypt::Encryption;
use super::error::Error;
use super::filter::{self, MAX_DECODED_BYTES, MAX_FILTERS};
use super::history::{self, Revision};
use super::lex::{Lexer, MAX_OBJECT_NUMBER, is_white};
use super::value::{Dict, ObjectId, Value};
use super::xref::{Budget, Entry, MAX_SECTIONS, Section, stream_body};
use crate::secret::Password;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// How far from the end of the file `startxref` may stand, in bytes.
pub const MAX_TAIL_BYTES: usize = 2048;
/// Longest chain of references to references.
pub const MAX_REFERENCE_CHAIN: usize = 32;
/// Most bytes that one object stream may decode to.
pub const MAX_OBJECT_STREAM_BYTES: usize = 64 << 20;
/// Most bytes of decoded object streams that are kept.
pub const MAX_KEPT_BYTES: usize = 64 << 20;
/// Most bytes of object streams decoded in the life of one document, which bounds the work.
pub const MAX_OBJECT_STREAM_WORK_BYTES: usize = 2 << 30;

/// How deep objects may need each other to be read at all: a stream its length, the length its object stream, that stream its length.
const MAX_LOAD_DEPTH: u32 = 4;

/// A PDF, or one revision of it: a view over bytes that somebody else holds. Cheap to clone; clones share what was decoded.
#[derive(Clone)]
pub struct Document<'a> {
    shared: Arc<Shared<'a>>,
    /// Index of this view's newest section.
    from: usize,
    /// End of this view's bytes.
    end: usize,
}

/// An object as read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The object; a stream's dictionary.
    pub value: Value,
    /// Its generation.
    pub generation: u16,
    /// Where a stream's data stand in the file, as written.
    pub stream: Option<Range<usize>>,
    /// It stands in an object stream; its strings were never encrypted by themselves.
    pub packed: bool,
    /// From its number to `endobj`, in bytes of the file; a packed object's value in bytes of the decoded object stream; empty for an absent object.
    pub span: Range<usize>,
}

struct Shared<'a> {
    data: &'a [u8],
    header: (u8, u8),
    startxref: u64,
    sections: Vec<Section>,
    size: u32,
    root: ObjectId,
    encryption: Option<Encryption>,
    encrypt_id: Option<ObjectId>,
    kept: Mutex<Kept>,
}

/// An object stream, decoded: (object number, offset in `data`) in its order.
pub(super) struct Packed {
    data: Vec<u8>,
    pub(super) index: Vec<(u32, usize)>,
}

#[derive(Default)]
struct Kept {
    /// By the range of the raw data in the file.
    streams: HashMap<(usize, usize), Arc<Packed>>,
    bytes: usize,
    work: usize,
}

impl<'a> Document<'a> {
    /// Reads header, end, all cross-reference sections, the encryption dictionary and the catalogue; nothing else.
    ///
    /// Without `password` the empty user password is tried. Errors: [`Error::NotPdf`], [`Error::Damaged`], [`Error::PasswordNeeded`], [`Error::PasswordWrong`], those of refused encryption, and the limits.
    pub fn open(data: &'a [u8], password: Option<&Password>) -> Result<Self, Error> {
        let header = header(data)?;
        let startxref = startxref(data)?;
        let sections = sections(data, startxref)?;
        let size = sections
            .iter()
            .try_fold(0, |size, s| s.size().map(|own| own.max(size)))?;
        let newest = &sections[0];
        let root = newest
            .trailer
            .get("Root")
            .and_then(Value::as_ref)
            .ok_or(Error::damaged(newest.offset, "/Root in the trailer"))?;
        let encrypt = newest.trailer.get("Encrypt").cloned();
        if encrypt.is_none() && sections.iter().any(|s| s.trailer.contains(b"Encrypt")) {
            return Err(Error::damaged(newest.offset, "/Encrypt as in the older trailer"));
        }
        let mut shared = Shared {
            data,
            header,
            startxref: startxref as u64,
            sections,
            size,
            root,
            encryption: None,
            encrypt_id: encrypt.as_ref().and_then(Value::as_ref),
            kept: Mutex::default(),
        };
        if let Some(encrypt) = encrypt {
            let (plain, encryption) = unlock(shared, &encrypt, password)?;
            shared = Shared {
                encryption: Some(encryption),
                ..plain
            };
        }
        let document = Self {
            shared: Arc::new(shared),
            from: 0,
            end: data.len(),
        };
        document.catalog()?;
        Ok(document)
    }

    /// The bytes, up to the end of this view's revision.
    pub fn data(&self) -> &'a [u8] {
        &self.shared.data[..self.end]
    }

    /// Major and minor version of the header.
    pub fn header_version(&self) -> (u8, u8) {
        self.shared.header
    }

    /// The larger of the header's version and the catalogue's `/Version`.
    pub fn version(&self) -> (u8, u8) {
        let catalog = self.catalog().ok();
        let named = catalog
            .as_ref()
            .and_then(|c| c.get("Version"))
            .and_then(Value::as_name)
            .and_then(version);
        self.header_version().max(named.unwrap_or((0, 0)))
    }

    /// The newest trailer.
    pub fn trailer(&self) -> &Dict {
        &self.sections()[0].trailer
    }

    /// Where the newest section of the whole file stands, as `startxref` says: the `/Prev` of the next update.
    pub fn startxref(&self) -> u64 {
        self.shared.startxref
    }

    /// The sections of this view, newest first; never empty.
    pub fn sections(&self) -> &[Section] {
        &self.shared.sections[self.from..]
    }

    /// The lowest number that no object has had, in the whole file: the largest `/Size`, or more when a section lists more.
    pub fn size(&self) -> u32 {
        self.shared.size
    }

    /// The catalogue's object id.
    pub fn root_id(&self) -> ObjectId {
        let own = self.trailer().get("Root").and_then(Value::as_ref);
        own.unwrap_or(self.shared.root)
    }

    /// The catalogue, its strings decrypted.
    pub fn catalog(&self) -> Result<Dict, Error> {
        let loaded = self.get_plain(self.root_id())?;
        match loaded.value {
            Value::Dict(dict) => Ok(dict),
            _ => Err(Error::damaged(self.sections()[0].offset, "a catalogue at /Root")),
        }
    }

    /// How the document is encrypted, if it is.
    pub fn encryption(&self) -> Option<&Encryption> {
        self.shared.encryption.as_ref()
    }

    /// The object `id`, strings as in the file. Absent, free, or of another generation: `null`.
    pub fn get(&self, id: ObjectId) -> Result<Loaded, Error> {
        self.view().load(id, 0)
    }

    /// As [`Document::get`], strings decrypted.
    pub fn get_plain(&self, id: ObjectId) -> Result<Loaded, Error> {
        let mut loaded = self.get(id)?;
        if let Some(encryption) = &self.shared.encryption
            && !loaded.packed
            && self.shared.encrypt_id != Some(id)
            && !is_xref_stream(&loaded)
        {
            encryption.decrypt_strings(id, &mut loaded.value)?;
        }
        Ok(loaded)
    }

    /// Follows references until there is none, strings decrypted. A direct value is given back as it is.
    pub fn resolve(&self, value: &Value) -> Result<Value, Error> {
        let mut value = value.clone();
        for _ in 0..MAX_REFERENCE_CHAIN {
            match value {
                Value::Ref(id) => value = self.get_plain(id)?.value,
                other => return Ok(other),
            }
        }
        Err(Error::TooDeep { what: "references" })
    }

    /// The data of the stream `id`, decrypted, its filters still on. [`Error::Damaged`] when it is no stream.
    pub fn raw_stream(&self, id: ObjectId, loaded: &Loaded) -> Result<Vec<u8>, Error> {
        self.view().raw(id, loaded)
    }

    /// The data of the stream `id`, decrypted and its filters undone, at most [`MAX_DECODED_BYTES`].
    pub fn stream_data(&self, id: ObjectId, loaded: &Loaded) -> Result<Vec<u8>, Error> {
        let raw = self.raw_stream(id, loaded)?;
        let mut filters = Dict::new();
        for key in ["Filter", "DecodeParms"] {
            if let Some(value) = loaded.value.as_dict().and_then(|d| d.get(key)) {
                filters.set(key, self.resolve_filter(value)?);
            }
        }
        filter::decode(&filters, &raw, MAX_DECODED_BYTES)
    }

    /// Where each revision ends, newest first, and which section it begins with.
    pub fn revisions(&self) -> Result<Vec<Revision>, Error> {
        history::revisions(self.data(), self.sections()).map(|mut found| {
            for revision in &mut found {
                revision.section += self.from;
            }
            found
        })
    }

    /// The document as `revision` left it. The view shares what this one has decoded.
    pub fn at_revision(&self, revision: &Revision) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            from: revision.section.min(self.shared.sections.len() - 1),
            end: revision.end.min(self.shared.data.len()),
        }
    }

    /// The sections of the whole file; [`Revision::section`] counts in them.
    pub(super) fn all_sections(&self) -> &[Section] {
        &self.shared.sections
    }

    /// The row of `number` in this view.
    pub(super) fn entry(&self, number: u32) -> Result<Option<Entry>, Error> {
        self.view().entry(number)
    }

    /// The object stream `number` of this view, decoded.
    pub(super) fn object_stream(&self, number: u32) -> Result<Arc<Packed>, Error> {
        self.view().packed(number, 0)
    }

    /// The object at `offset`, whatever the rows say.
    pub(super) fn read_at(&self, offset: usize) -> Result<(ObjectId, Loaded), Error> {
        self.view().read(offset, 0)
    }

    fn view(&self) -> View<'_, 'a> {
        View {
            shared: &self.shared,
            from: self.from,
            end: self.end,
        }
    }

    /// Filter names and parameters may be references, and so may what stands within them.
    fn resolve_filter(&self, value: &Value) -> Result<Value, Error> {
        Ok(match self.resolve(value)? {
            Value::Array(items) => {
                let items = items.iter().take(MAX_FILTERS + 1);
                Value::Array(items.map(|v| self.resolve_entries(v)).collect::<Result<_, _>>()?)
            }
            other => self.resolve_entries(&other)?,
        })
    }

    fn resolve_entries(&self, value: &Value) -> Result<Value, Error> {
        let mut value = self.resolve(value)?;
        if let Value::Dict(dict) = &mut value {
            for (_, entry) in dict.iter_mut() {
                *entry = self.resolve(entry)?;
            }
        }
        Ok(value)
    }
}

/// What reads objects: the file and the place in the list of sections from which it is seen.
struct View<'s, 'a> {
    shared: &'s Shared<'a>,
    from: usize,
    end: usize,
}

impl View<'_, '_> {
    fn data(&self) -> &[u8] {
        &self.shared.data[..self.end]
    }

    fn entry(&self, number: u32) -> Result<Option<Entry>, Error> {
        for section in &self.shared.sections[self.from..] {
            if let Some(entry) = section.entry(self.shared.data, number)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    fn load(&self, id: ObjectId, depth: u32) -> Result<Loaded, Error> {
        if depth > MAX_LOAD_DEPTH {
            return Err(Error::TooDeep {
                what: "objects that need each other",
            });
        }
        match self.entry(id.number)? {
            Some(Entry::At { offset, generation }) if generation == id.generation => {
                let (found, loaded) = self.read(offset, depth)?;
                if found == id {
                    Ok(loaded)
                } else {
                    Err(Error::damaged(offset, "the object that its row names"))
                }
            }
            Some(Entry::In { stream, index }) if id.generation == 0 => self.unpack(id, stream, index, depth),
            _ => Ok(Loaded {
                value: Value::Null,
                generation: id.generation,
                stream: None,
                packed: false,
                span: 0..0,
            }),
        }
    }

    fn unpack(&self, id: ObjectId, stream: u32, index: u32, depth: u32) -> Result<Loaded, Error> {
        let packed = self.packed(stream, depth)?;
        let wrong = Error::damaged(0, "the object that its row names in the object stream");
        let (number, at) = *packed.index.get(index as usize).ok_or(wrong.clone())?;
        if number != id.number {
            return Err(wrong);
        }
        let mut lex = Lexer::new(&packed.data, at);
        Ok(Loaded {
            value: lex.value()?,
            generation: 0,
            stream: None,
            packed: true,
            span: at..lex.at(),
        })
    }

    fn read(&self, offset: usize, depth: u32) -> Result<(ObjectId, Loaded), Error> {
        let data = self.data();
        let mut lex = Lexer::new(data, offset);
        lex.white()?;
        let start = lex.at();
        let id = lex
            .object_head()
            .map_err(|_| Error::damaged(offset, "an object, as its row says"))?;
        let value = lex.value()?;
        lex.skip()?;
        let mut stream = None;
        if lex.starts_with(b"stream") {
            let length = value.as_dict().and_then(|d| d.get("Length"));
            let length = self
                .length(length, depth)?
                .ok_or(Error::damaged(lex.at(), "a stream dictionary with /Length"))?;
            stream = Some(stream_body(&mut lex, data, length)?);
        }
        lex.keyword("endobj")?;
        let loaded = Loaded {
            value,
            generation: id.generation,
            stream,
            packed: false,
            span: start..lex.at(),
        };
        Ok((id, loaded))
    }

    fn length(&self, value: Option<&Value>, depth: u32) -> Result<Option<i64>, Error> {
        match value {
            Some(Value::Ref(id)) => Ok(self.load(*id, depth + 1)?.value.as_int()),
            Some(value) => Ok(value.as_int()),
            None => Ok(None),
        }
    }

    fn raw(&self, id: ObjectId, loaded: &Loaded) -> Result<Vec<u8>, Error> {
        let no_stream = Error::damaged(loaded.span.start, "a stream");
        let (Some(range), Some(dict)) = (loaded.stream.clone(), loaded.value.as_dict()) else {
            return Err(no_stream);
        };
        let data = self.shared.data.get(range).ok_or(no_stream)?;
        if data.len() > MAX_DECODED_BYTES {
            return Err(Error::TooLarge { what: "stream" });
        }
        match &self.shared.encryption {
            Some(encryption) if encryption.covers(dict) => match crypt_filter(dict) {
                None => encryption.decrypt_stream(id, data),
                Some(b"Identity") => Ok(data.to_vec()),
                Some(_) => Err(Error::Filter {
                    name: "Crypt".to_owned(),
                }),
            },
            _ => Ok(data.to_vec()),
        }
    }

    fn packed(&self, number: u32, depth: u32) -> Result<Arc<Packed>, Error> {
        let wrong = || Error::damaged(0, "an object stream, as a row says");
        let Some(Entry::At { offset, generation }) = self.entry(number)? else {
            return Err(wrong());
        };
        let (id, loaded) = self.read(offset, depth + 1)?;
        if id != (ObjectId { number, generation }) {
            return Err(Error::damaged(offset, "the object that its row names"));
        }
        let dict = loaded
            .value
            .as_dict()
            .filter(|d| d.is("Type", "ObjStm"))
            .ok_or_else(wrong)?;
        let range = loaded.stream.clone().ok_or_else(wrong)?;
        let key = (range.start, range.end);
        if let Some(packed) = self.kept().streams.get(&key) {
            return Ok(Arc::clone(packed));
        }
        let data = filter::decode(dict, &self.raw(id, &loaded)?, MAX_OBJECT_STREAM_BYTES)?;
        let packed = Arc::new(Packed {
            index: packed_index(dict, &data).ok_or(Error::damaged(offset, "an object stream's numbers"))?,
            data,
        });
        self.keep(key, &packed)?;
        Ok(packed)
    }

    fn keep(&self, key: (usize, usize), packed: &Arc<Packed>) -> Result<(), Error> {
        let mut kept = self.kept();
        let bytes = packed.data.len() + packed.index.len() * size_of::<(u32, usize)>();
        kept.work += bytes;
        if kept.work > MAX_OBJECT_STREAM_WORK_BYTES {
            return Err(Error::DecoderBomb);
        }
        if kept.bytes + bytes > MAX_KEPT_BYTES {
            kept.streams.clear();
            kept.bytes = 0;
        }
        kept.bytes += bytes;
        kept.streams.insert(key, Arc::clone(packed));
        Ok(())
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // What is kept is whole at every moment, also after a panic elsewhere.
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn header(data: &[u8]) -> Result<(u8, u8), Error> {
    let named = data.strip_prefix(b"%PDF-").and_then(|rest| rest.get(..3));
    named.and_then(version).ok_or(Error::NotPdf)
}

/// `1.7` as a pair; versions 1.0 to 1.7 and 2.x.
fn version(text: &[u8]) -> Option<(u8, u8)> {
    match text {
        [b'1', b'.', minor @ b'0'..=b'7'] => Some((1, minor - b'0')),
        [b'2', b'.', minor @ b'0'..=b'9'] => Some((2, minor - b'0')),
        _ => None,
    }
}

/// The number after the last `startxref`; after `%%EOF` only white space may follow (7.5.5).
fn startxref(data: &[u8]) -> Result<usize, Error> {
    let from = data.len().saturating_sub(MAX_TAIL_BYTES);
    let at = data[from..]
        .windows(b"startxref".len())
        .rposition(|window| window == b"startxref")
        .map(|at| at + from)
        .ok_or(Error::damaged(from, "startxref at the end of the file"))?;
    let (offset, marker) = history::tail(data, at)?.ok_or(Error::damaged(at, "startxref, an offset and %%EOF"))?;
    if let Some(junk) = data[marker..].iter().position(|b| !is_white(*b)) {
        return Err(Error::damaged(marker + junk, "the end of the file after %%EOF"));
    }
    usize::try_from(offset)
        .ok()
        .filter(|offset| *offset < data.len())
        .ok_or(Error::damaged(at, "an offset within the file after startxref"))
}

fn sections(data: &[u8], startxref: usize) -> Result<Vec<Section>, Error> {
    let mut budget = Budget::default();
    let mut sections: Vec<Section> = Vec::new();
    let mut next = Some(startxref);
    while let Some(offset) = next {
        if sections.iter().any(|s| s.offset == offset) {
            return Err(Error::XrefLoop);
        }
        if sections.len() == MAX_SECTIONS {
            return Err(Error::TooLarge {
                what: "number of cross-reference sections",
            });
        }
        let section = Section::read(data, offset, &mut budget)?;
        next = section.previous(data)?;
        sections.push(section);
    }
    Ok(sections)
}

/// Opens the security handler of a document that is read without one so far.
fn unlock<'a>(
    plain: Shared<'a>,
    encrypt: &Value,
    password: Option<&Password>,
) -> Result<(Shared<'a>, Encryption), Error> {
    let document = Document {
        end: plain.data.len(),
        shared: Arc::new(plain),
        from: 0,
    };
    let offset = document.sections()[0].offset;
    let encrypt = match document.resolve(encrypt)? {
        value @ Value::Dict(_) => document.resolve_entries(&value)?,
        _ => return Err(Error::damaged(offset, "a dictionary at /Encrypt")),
    };
    let id = match document.trailer().get("ID") {
        Some(id) => document.resolve(id)?,
        None => Value::Null,
    };
    let id = id.as_array().and_then(<[Value]>::first).and_then(Value::as_bytes);
    let dict = encrypt
        .as_dict()
        .ok_or(Error::damaged(offset, "a dictionary at /Encrypt"))?;
    let encryption = Encryption::open(dict, id.unwrap_or_default(), password)?;
    let shared = Arc::into_inner(document.shared).ok_or(Error::damaged(offset, "a dictionary at /Encrypt"))?;
    // What was unpacked without the key is not what the key will show.
    *shared.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    Ok((shared, encryption))
}

fn is_xref_stream(loaded: &Loaded) -> bool {
    loaded.stream.is_some() && loaded.value.as_dict().is_some_and(|d| d.is("Type", "XRef"))
}

/// The name of a stream's own crypt filter (7.4.10), which must be its first filter.
fn crypt_filter(dict: &Dict) -> Option<&[u8]> {
    let first = |key| match dict.get(key) {
        Some(Value::Array(items)) => items.first(),
        other => other,
    };
    if first("Filter").and_then(Value::as_name) != Some(b"Crypt") {
        return None;
    }
    let parameters = first("DecodeParms").and_then(Value::as_dict);
    let name = parameters.and_then(|p| p.get("Name")).and_then(Value::as_name);
    Some(name.unwrap_or(b"Identity"))
}

fn packed_index(dict: &Dict, data: &[u8]) -> Option<Vec<(u32, usize)>> {
    let count = u32::try_from(dict.int("N")?).ok()?;
    let first = usize::try_from(dict.int("First")?)
        .ok()
        .filter(|at| *at <= data.len())?;
    let mut lex = Lexer::new(&data[..first], 0);
    let mut index = Vec::new();
    for _ in 0..count {
        let number = u32::try_from(lex.unsigned().ok()?).ok()?;
        let offset = usize::try_from(lex.unsigned().ok()?).ok()?;
        let at = first.checked_add(offset).filter(|at| *at <= data.len())?;
        if number > MAX_OBJECT_NUMBER {
            return None;
        }
        index.push((number, at));
    }
    Some(index)
}
