//! One object read where its row says: from the file, or from an object stream that is decoded for it.
//!
//! Nothing here decides which document it is or who may open it. Work is counted, so that no file keeps a reader busy for long.

use super::crypt::Encryption;
use super::error::Error;
use super::filter::{self, MAX_DECODED_BYTES};
use super::lex::{Lexer, MAX_OBJECT_NUMBER};
use super::value::{Dict, ObjectId, Value};
use super::xref::{Entry, Section, stream_body};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most bytes that one object stream may decode to.
pub const MAX_OBJECT_STREAM_BYTES: usize = 64 << 20;
/// Most objects in one object stream.
pub const MAX_PACKED_OBJECTS: u32 = 1 << 20;
/// Most bytes of decoded object streams that are kept.
pub const MAX_KEPT_BYTES: usize = 64 << 20;
/// Most bytes parsed or decoded, and sections looked through, in the life of one document and all its views.
pub const MAX_WORK_BYTES: u64 = 1 << 30;

/// How deep objects may need each other to be read at all: a stream its length, the length its object stream, that stream its length.
const MAX_LOAD_DEPTH: u32 = 4;

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

/// What all views of a document share.
pub(super) struct Shared<'a> {
    pub(super) data: &'a [u8],
    pub(super) header: (u8, u8),
    pub(super) startxref: u64,
    pub(super) sections: Vec<Section>,
    pub(super) size: u32,
    pub(super) root: ObjectId,
    pub(super) encryption: Option<Encryption>,
    pub(super) encrypt_id: Option<ObjectId>,
    pub(super) kept: Mutex<Kept>,
    /// Bytes parsed or decoded, and sections looked through, so far.
    pub(super) work: AtomicU64,
}

/// An object stream, decoded.
pub(super) struct Packed {
    data: Vec<u8>,
    /// (object number, offset in `data`) in their order.
    pub(super) index: Vec<(u32, usize)>,
}

#[derive(Default)]
pub(super) struct Kept {
    /// By the range of the raw data in the file.
    streams: HashMap<(usize, usize), Arc<Packed>>,
    bytes: usize,
}

/// What reads objects: the file and the place in the list of sections from which it is seen.
pub(super) struct View<'s, 'a> {
    pub(super) shared: &'s Shared<'a>,
    pub(super) from: usize,
    pub(super) end: usize,
}

impl View<'_, '_> {
    fn data(&self) -> &[u8] {
        &self.shared.data[..self.end]
    }

    /// The newest row of `number`.
    pub(super) fn entry(&self, number: u32) -> Result<Option<Entry>, Error> {
        for (at, section) in self.shared.sections[self.from..].iter().enumerate() {
            if let Some(entry) = section.entry(self.shared.data, number)? {
                self.worked(at + 1)?;
                return Ok(Some(entry));
            }
        }
        self.worked(self.shared.sections.len() - self.from)?;
        Ok(None)
    }

    /// The object `id`, `null` when there is none.
    pub(super) fn load(&self, id: ObjectId, depth: u32) -> Result<Loaded, Error> {
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
        let value = lex.value();
        self.worked(lex.at() - at)?;
        Ok(Loaded {
            value: value?,
            generation: 0,
            stream: None,
            packed: true,
            span: at..lex.at(),
        })
    }

    /// The object at `offset`, whatever the rows say.
    pub(super) fn read(&self, offset: usize, depth: u32) -> Result<(ObjectId, Loaded), Error> {
        let mut lex = Lexer::new(self.data(), offset);
        lex.white()?;
        let start = lex.at();
        let id = lex
            .object_head()
            .map_err(|_| Error::damaged(offset, "an object, as its row says"))?;
        let value = lex.value();
        // What did not parse has been work as well.
        self.worked(lex.at() - offset)?;
        let value = value?;
        lex.skip()?;
        let mut stream = None;
        if lex.starts_with(b"stream") {
            let length = value.as_dict().and_then(|d| d.get("Length"));
            let length = self
                .length(length, depth)?
                .ok_or(Error::damaged(lex.at(), "a stream dictionary with /Length"))?;
            stream = Some(stream_body(&mut lex, self.data(), length)?);
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

    /// A stream's data, decrypted.
    pub(super) fn raw(&self, id: ObjectId, loaded: &Loaded) -> Result<Vec<u8>, Error> {
        let no_stream = Error::damaged(loaded.span.start, "a stream");
        let (Some(range), Some(dict)) = (loaded.stream.clone(), loaded.value.as_dict()) else {
            return Err(no_stream);
        };
        let data = self.shared.data.get(range).ok_or(no_stream)?;
        if data.len() > MAX_DECODED_BYTES {
            return Err(Error::TooLarge { what: "stream" });
        }
        self.worked(data.len())?;
        match &self.shared.encryption {
            Some(encryption) if encryption.covers(dict) => match crypt_filter(dict) {
                None => encryption.decrypt_stream(id, data),
                Some(b"Identity") if dict.is("Type", "Metadata") => Ok(data.to_vec()),
                Some(b"Identity") => Err(Error::IdentityFilter),
                Some(_) => Err(Error::Filter {
                    name: "Crypt".to_owned(),
                }),
            },
            _ => Ok(data.to_vec()),
        }
    }

    /// The object stream `number`, decoded.
    pub(super) fn packed(&self, number: u32, depth: u32) -> Result<Arc<Packed>, Error> {
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
        self.worked(packed.data.len())?;
        self.keep(key, &packed);
        Ok(packed)
    }

    /// Counts work; [`Error::TooLarge`] when it is too much for one document.
    pub(super) fn worked(&self, bytes: usize) -> Result<(), Error> {
        let bytes = bytes as u64;
        let before = self.shared.work.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > MAX_WORK_BYTES {
            return Err(Error::TooLarge { what: "document" });
        }
        Ok(())
    }

    fn keep(&self, key: (usize, usize), packed: &Arc<Packed>) {
        let mut kept = self.kept();
        let bytes = packed.data.len() + packed.index.len() * size_of::<(u32, usize)>();
        if kept.bytes + bytes > MAX_KEPT_BYTES {
            kept.streams.clear();
            kept.bytes = 0;
        }
        kept.bytes += bytes;
        kept.streams.insert(key, Arc::clone(packed));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // What is kept is whole at every moment, also after a panic elsewhere.
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    let count = u32::try_from(dict.int("N")?)
        .ok()
        .filter(|n| *n <= MAX_PACKED_OBJECTS)?;
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
