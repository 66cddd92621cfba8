//! Whether an update is nothing but what its cross-reference sections list.
//!
//! Structure alone is judged here, not meaning: that an update tiles says that no byte hides in it, not that its changes are allowed.

use super::document::Document;
use super::error::Error;
use super::history::{Revision, tail};
use super::lex::Lexer;
use super::load::Loaded;
use super::value::ObjectId;
use super::xref::{Entry, Section};
use std::collections::{BTreeSet, HashMap};

/// Longest comment in an update, in bytes; `%%EOF` and the mark of a binary file are shorter.
pub const MAX_COMMENT_BYTES: usize = 60;

/// Checks that every byte between `older` and `newer` (two neighbours of [`Document::revisions`]) is a listed object, the revision's cross-reference section, or white space, and that every row points into its own revision or repeats the older row.
///
/// Gives, ascending, every object that the update adds, replaces or frees; object streams and cross-reference streams are among them, since they too may bring a dangling reference to life. Errors are [`Error::Damaged`] at the first byte that does not fit.
pub fn tile(doc: &Document<'_>, newer: &Revision, older: &Revision) -> Result<Vec<ObjectId>, Error> {
    let update = Update::new(doc, newer, Some(older))?;
    let found = update.objects()?;
    update.rows(&found)
}

/// Checks the first revision: each row's object stands where it says, within the revision. Bytes between the objects are not judged.
pub fn check_first(doc: &Document<'_>, first: &Revision) -> Result<(), Error> {
    Update::new(doc, first, None)?.heads()
}

struct Update<'d, 'a> {
    /// As the revision left it.
    new: Document<'a>,
    /// As it was before.
    old: Option<Document<'a>>,
    start: usize,
    end: usize,
    sections: &'d [Section],
}

/// What the bytes of an update hold.
#[derive(Default)]
struct Found {
    /// Where each object stands, by its id.
    objects: HashMap<ObjectId, usize>,
    /// The object streams among them.
    packers: Vec<u32>,
}

impl<'d, 'a> Update<'d, 'a> {
    fn new(doc: &'d Document<'a>, newer: &Revision, older: Option<&Revision>) -> Result<Self, Error> {
        let all = doc.all_sections();
        let start = older.map_or(0, |o| o.end);
        let from = older.map_or(all.len(), |o| o.section);
        let fits = start <= newer.end && newer.end <= doc.data().len();
        let sections = all.get(newer.section..from).filter(|s| fits && !s.is_empty());
        let sections = sections.ok_or(Error::damaged(start, "a newer revision after the older"))?;
        for section in sections {
            for span in spans(section) {
                if span.start < start || span.end > newer.end {
                    return Err(Error::damaged(span.start, "the section within its revision"));
                }
            }
        }
        Ok(Self {
            new: doc.at_revision(newer),
            old: older.map(|o| doc.at_revision(o)),
            start,
            end: newer.end,
            sections,
        })
    }

    /// Walks over the bytes of the update.
    fn objects(&self) -> Result<Found, Error> {
        let mut found = Found::default();
        let mut lex = Lexer::new(self.new.data(), self.start);
        loop {
            lex.white()?;
            let at = lex.at();
            if at >= self.end {
                return Ok(found);
            }
            if let Some(span) = self.section_at(at) {
                lex.seek(span.end);
            } else if lex.starts_with(b"startxref") {
                lex.seek(self.marker(at)?);
            } else if lex.peek() == Some(b'%') {
                comment(&mut lex)?;
            } else {
                let (id, loaded) = self.new.read_at(at)?;
                self.object(id, at, &loaded, &mut found)?;
                lex.seek(loaded.span.end);
            }
        }
    }

    fn section_at(&self, at: usize) -> Option<std::ops::Range<usize>> {
        self.sections.iter().flat_map(spans).find(|span| span.start == at)
    }

    fn marker(&self, at: usize) -> Result<usize, Error> {
        let named = tail(self.new.data(), at)?;
        named
            .filter(|(offset, _)| self.sections.iter().any(|s| s.offset as u64 == *offset))
            .map(|(_, marker)| marker)
            .ok_or(Error::damaged(at, "startxref of the update's own section"))
    }

    fn object(&self, id: ObjectId, at: usize, loaded: &Loaded, found: &mut Found) -> Result<(), Error> {
        let listed = self.sections.iter().any(|section| {
            let entry = section.entry(self.new.data(), id.number);
            matches!(entry, Ok(Some(Entry::At { offset, generation }))
                if generation == id.generation && self.head(offset) == at)
        });
        if !listed {
            return Err(Error::damaged(at, "an object that the update's section lists"));
        }
        if found.objects.insert(id, at).is_some() {
            return Err(Error::damaged(at, "each object once in an update"));
        }
        if loaded.stream.is_some() && loaded.value.as_dict().is_some_and(|d| d.is("Type", "ObjStm")) {
            found.packers.push(id.number);
        }
        Ok(())
    }

    /// Where the object of a row begins: white space may stand before it.
    fn head(&self, offset: usize) -> usize {
        let mut lex = Lexer::new(self.new.data(), offset);
        match lex.white() {
            Ok(()) => lex.at(),
            Err(_) => offset,
        }
    }

    /// Checks every row, and gives what changed.
    fn rows(&self, found: &Found) -> Result<Vec<ObjectId>, Error> {
        let mut changed = BTreeSet::new();
        let mut packed: HashMap<u32, usize> = HashMap::new();
        for section in self.sections {
            let own = section.id.or(section.hybrid.as_ref().and_then(|h| h.id));
            changed.extend(own);
            for number in section.numbers() {
                let Some(entry) = section.entry(self.new.data(), number)? else {
                    continue;
                };
                let old = match &self.old {
                    Some(old) => old.entry(number)?,
                    None => None,
                };
                if let Some(id) = self.row(section, number, entry, old, found)? {
                    changed.insert(id);
                    if let Entry::In { stream, .. } = entry {
                        *packed.entry(stream).or_default() += 1;
                    }
                }
            }
        }
        for stream in &found.packers {
            let count = self.new.object_stream(*stream)?.index.len();
            if packed.get(stream).copied().unwrap_or(0) != count {
                return Err(Error::damaged(self.start, "a row for each object of an object stream"));
            }
        }
        Ok(changed.into_iter().collect())
    }

    /// One row: `Some` when it changes its object.
    fn row(
        &self,
        section: &Section,
        number: u32,
        entry: Entry,
        old: Option<Entry>,
        found: &Found,
    ) -> Result<Option<ObjectId>, Error> {
        let astray = || Error::damaged(section.offset, "rows that point into their own revision");
        match entry {
            Entry::Free { .. } => Ok(match old {
                Some(Entry::At { generation, .. }) => Some(ObjectId { number, generation }),
                Some(Entry::In { .. }) => Some(ObjectId { number, generation: 0 }),
                _ => None,
            }),
            _ if Some(entry) == old && !self.touches(entry) => Ok(None),
            Entry::At { offset, generation } => {
                let id = ObjectId { number, generation };
                let at = self.head(offset);
                let own =
                    self.sections.iter().flat_map(spans).any(|span| span.start == at) && self.new.read_at(at)?.0 == id;
                if own || found.objects.get(&id) == Some(&at) {
                    Ok(Some(id))
                } else {
                    Err(astray())
                }
            }
            Entry::In { stream, index } => {
                let listed = found.packers.contains(&stream)
                    && self
                        .new
                        .object_stream(stream)?
                        .index
                        .get(index as usize)
                        .map(|(n, _)| *n)
                        == Some(number);
                if listed {
                    Ok(Some(ObjectId { number, generation: 0 }))
                } else {
                    Err(astray())
                }
            }
        }
    }

    /// Whether a row that repeats the older one means something new, because its object stream was replaced.
    fn touches(&self, entry: Entry) -> bool {
        let Entry::In { stream, .. } = entry else { return false };
        let old = self.old.as_ref().map(|old| old.entry(stream));
        match (self.new.entry(stream), old) {
            (Ok(new), Some(Ok(old))) => new != old,
            _ => true,
        }
    }

    /// The rows of a first revision: each object is there, with its number.
    fn heads(&self) -> Result<(), Error> {
        // Neighbouring numbers mostly share an object stream, which is then looked up once.
        let mut last = None;
        for section in self.sections {
            for number in section.numbers() {
                match self.new.entry(number)? {
                    None | Some(Entry::Free { .. }) => {}
                    Some(Entry::At { offset, generation }) => {
                        let mut lex = Lexer::new(self.new.data(), offset);
                        lex.white()?;
                        if lex.object_head() != Ok(ObjectId { number, generation }) {
                            return Err(Error::damaged(offset, "the object that its row names"));
                        }
                    }
                    Some(Entry::In { stream, index }) => {
                        let packed = match last.take() {
                            Some((number, packed)) if number == stream => packed,
                            _ => self.new.object_stream(stream)?,
                        };
                        if packed.index.get(index as usize).map(|(n, _)| *n) != Some(number) {
                            return Err(Error::damaged(section.offset, "the object that its row names"));
                        }
                        last = Some((stream, packed));
                    }
                }
            }
        }
        Ok(())
    }
}

fn spans(section: &Section) -> impl Iterator<Item = std::ops::Range<usize>> {
    let hybrid = section.hybrid.as_ref().map(|h| h.span.clone());
    std::iter::once(section.span.clone()).chain(hybrid)
}

fn comment(lex: &mut Lexer<'_>) -> Result<(), Error> {
    let at = lex.at();
    while lex.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
        lex.seek(lex.at() + 1);
        if lex.at() - at > MAX_COMMENT_BYTES {
            return Err(Error::damaged(at, "no long comment in an update"));
        }
    }
    Ok(())
}
