//! A PDF as its cross-reference sections describe it, strictly.
//!
//! Nothing here scans the file, repairs it, or keeps an index of its objects: an object is read where its row says, each time it is asked for. What is kept are decoded object streams, up to a limit.

use super::crypt::Encryption;
use super::error::Error;
use super::filter::{self, MAX_DECODED_BYTES, MAX_FILTERS};
use super::history::{self, Revision};
use super::lex::is_white;
use super::load::{Loaded, Packed, Shared, View};
use super::value::{Dict, ObjectId, Value};
use super::xref::{Budget, Entry, MAX_SECTIONS, Section};
use crate::secret::Password;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

/// How far from the end of the file `startxref` may stand, in bytes.
pub const MAX_TAIL_BYTES: usize = 2048;
/// Longest chain of references to references.
pub const MAX_REFERENCE_CHAIN: usize = 32;

/// A PDF, or one revision of it: a view over bytes that somebody else holds. Cheap to clone; clones share what was decoded.
#[derive(Clone)]
pub struct Document<'a> {
    shared: Arc<Shared<'a>>,
    /// Index of this view's newest section.
    from: usize,
    /// End of this view's bytes.
    end: usize,
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
            work: AtomicU64::new(0),
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

    /// Every object of this view that its rows call in use, ascending.
    pub fn object_ids(&self) -> Result<Vec<ObjectId>, Error> {
        let numbers: BTreeSet<u32> = self.sections().iter().flat_map(Section::numbers).collect();
        let mut ids = Vec::new();
        for number in numbers {
            match self.entry(number)? {
                Some(Entry::At { generation, .. }) => ids.push(ObjectId { number, generation }),
                Some(Entry::In { .. }) => ids.push(ObjectId { number, generation: 0 }),
                Some(Entry::Free { .. }) | None => {}
            }
        }
        Ok(ids)
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
        let data = filter::decode(&filters, &raw, MAX_DECODED_BYTES)?;
        self.view().worked(data.len())?;
        Ok(data)
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
    let kept = Mutex::default();
    Ok((Shared { kept, ..shared }, encryption))
}

fn is_xref_stream(loaded: &Loaded) -> bool {
    loaded.stream.is_some() && loaded.value.as_dict().is_some_and(|d| d.is("Type", "XRef"))
}
