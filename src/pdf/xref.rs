//! Cross-reference sections as they stand in the file (ISO 32000-2, 7.5.4 and 7.5.8).
//!
//! A row is found by arithmetic when it is asked for: no index of all objects is made, and nothing is rebuilt when a section is wrong.

use super::error::Error;
use super::filter;
use super::lex::{Lexer, MAX_OBJECT_NUMBER, digits};
use super::value::{Dict, ObjectId, Value};
use std::ops::Range;

/// Most sections in one file; each update adds one.
pub const MAX_SECTIONS: usize = 512;
/// Most subsections in all sections together.
pub const MAX_SUBSECTIONS: usize = 1 << 20;
/// Most bytes in the decoded rows of all cross-reference streams together.
pub const MAX_ROW_BYTES: usize = 256 << 20;

/// Bytes in a row of a table, its end of line included.
const TABLE_ROW_BYTES: usize = 20;

/// How a section is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SectionKind {
    /// `xref ... trailer << >>`
    Table,
    /// A cross-reference stream.
    Stream,
}

/// One row: where an object stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// No object. `generation`: the one to use when the number comes to life again.
    Free {
        /// Next generation.
        generation: u16,
    },
    /// At `offset` bytes from the start of the file.
    At {
        /// Bytes from the start of the file.
        offset: usize,
        /// Its generation.
        generation: u16,
    },
    /// In an object stream.
    In {
        /// Object number of the object stream.
        stream: u32,
        /// Place within it, from 0.
        index: u32,
    },
}

/// One cross-reference section and its trailer.
#[derive(Debug)]
pub struct Section {
    /// Where `startxref` or `/Prev` says it stands, in bytes.
    pub offset: usize,
    /// How it is written.
    pub kind: SectionKind,
    /// The trailer dictionary, or the dictionary of the cross-reference stream.
    pub trailer: Dict,
    /// The stream that a table's `/XRefStm` names, for objects which the table calls free or does not list.
    pub hybrid: Option<Box<Section>>,
    /// The cross-reference stream's own object id.
    pub id: Option<ObjectId>,
    /// Its bytes: from `xref` to the trailer's `>>`, or from `12 0 obj` to `endobj`.
    pub span: Range<usize>,
    subsections: Vec<Subsection>,
    rows: Vec<u8>,
    widths: [usize; 3],
}

/// What is left of the limits that all sections of a file share.
pub(super) struct Budget {
    subsections: usize,
    row_bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Subsection {
    first: u32,
    count: u32,
    /// Of the first row: in the file for tables, in `rows` for streams.
    at: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            subsections: MAX_SUBSECTIONS,
            row_bytes: MAX_ROW_BYTES,
        }
    }
}

impl Section {
    /// Reads the section at `offset`, and the stream that its `/XRefStm` names. One end of line may stand before `xref`.
    pub(super) fn read(data: &[u8], offset: usize, budget: &mut Budget) -> Result<Self, Error> {
        let mut lex = Lexer::new(data, offset);
        lex.line_end();
        if !lex.starts_with(b"xref") {
            return Self::read_stream(data, offset, budget);
        }
        let start = lex.at();
        lex.take(b"xref");
        let subsections = table_subsections(data, &mut lex, budget)?;
        let trailer = lex.dict()?;
        let span = start..lex.at();
        let hybrid = match trailer.get("XRefStm") {
            None => None,
            Some(value) => {
                let at = offset_from(value, data).ok_or(Error::damaged(offset, "an offset in /XRefStm"))?;
                Some(Box::new(Self::read_stream(data, at, budget)?))
            }
        };
        Self {
            offset,
            kind: SectionKind::Table,
            trailer,
            hybrid,
            id: None,
            span,
            subsections,
            rows: Vec::new(),
            widths: [0; 3],
        }
        .sorted()
    }

    fn read_stream(data: &[u8], offset: usize, budget: &mut Budget) -> Result<Self, Error> {
        let wrong = |expected| Error::damaged(offset, expected);
        let mut lex = Lexer::new(data, offset);
        lex.white()?;
        let start = lex.at();
        let id = lex.object_head().map_err(|_| wrong("a cross-reference section"))?;
        let trailer = lex.dict()?;
        if !trailer.is("Type", "XRef") {
            return Err(wrong("a cross-reference section"));
        }
        let length = trailer.int("Length").ok_or(wrong("a direct /Length"))?;
        let body = stream_body(&mut lex, data, length)?;
        lex.keyword("endobj")?;
        let widths = widths(&trailer).ok_or(wrong("/W with three widths"))?;
        let width: usize = widths.iter().sum();
        let mut subsections = Vec::new();
        let mut bytes = 0;
        for (first, count) in index(&trailer).ok_or(wrong("/Index with pairs of numbers"))? {
            spend(&mut budget.subsections, 1, "number of cross-reference subsections")?;
            subsections.push(Subsection {
                first,
                count,
                at: bytes,
            });
            bytes += count as usize * width;
        }
        spend(&mut budget.row_bytes, bytes, "cross-reference stream")?;
        // A few bytes more than wanted are a wrong count rather than a bomb.
        let rows = filter::decode(&trailer, &data[body], bytes + width)?;
        if rows.len() != bytes {
            return Err(wrong("as many rows as /Index counts"));
        }
        Self {
            offset,
            kind: SectionKind::Stream,
            trailer,
            hybrid: None,
            id: Some(id),
            span: start..lex.at(),
            subsections,
            rows,
            widths,
        }
        .sorted()
    }

    fn sorted(mut self) -> Result<Self, Error> {
        self.subsections.retain(|s| s.count > 0);
        self.subsections.sort_by_key(|s| s.first);
        let apart = self
            .subsections
            .windows(2)
            .all(|w| w[1].first - w[0].first >= w[0].count);
        if apart {
            Ok(self)
        } else {
            Err(Error::damaged(self.offset, "each object number once in a section"))
        }
    }

    /// The row of object `number`, `None` when the section does not list it. `data`: the whole file.
    pub(super) fn entry(&self, data: &[u8], number: u32) -> Result<Option<Entry>, Error> {
        let own = self.own_entry(data, number)?;
        match (&self.hybrid, own) {
            (Some(hybrid), None | Some(Entry::Free { .. })) => Ok(hybrid.own_entry(data, number)?.or(own)),
            _ => Ok(own),
        }
    }

    fn own_entry(&self, data: &[u8], number: u32) -> Result<Option<Entry>, Error> {
        let after = self.subsections.partition_point(|s| s.first <= number);
        let Some(sub) = after.checked_sub(1).map(|at| self.subsections[at]) else {
            return Ok(None);
        };
        let row = (number - sub.first) as usize;
        if row >= sub.count as usize {
            return Ok(None);
        }
        match self.kind {
            SectionKind::Table => table_row(data, sub.at + row * TABLE_ROW_BYTES).map(Some),
            SectionKind::Stream => {
                let width: usize = self.widths.iter().sum();
                let from = sub.at + row * width;
                stream_row(&self.rows[from..from + width], self.widths)
                    .map(Some)
                    .ok_or(Error::damaged(self.offset, "rows of type 0, 1 or 2"))
            }
        }
    }

    /// Every object number that the section or its hybrid stream lists, ascending.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let hybrid = self.hybrid.iter().flat_map(|h| &h.subsections);
        let ranges = self.subsections.iter().chain(hybrid);
        let mut numbers: Vec<u32> = ranges.flat_map(|s| s.first..s.first + s.count).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// One more than the highest number that it lists, or its `/Size` if that is larger.
    pub(super) fn size(&self) -> Result<u32, Error> {
        let listed = |s: &Self| s.subsections.last().map_or(0, |s| s.first + s.count);
        let listed = listed(self).max(self.hybrid.as_ref().map_or(0, |h| listed(h)));
        let size = self.trailer.int("Size").and_then(|n| u32::try_from(n).ok());
        match size {
            Some(size) if size <= MAX_OBJECT_NUMBER + 1 => Ok(size.max(listed)),
            Some(_) => Err(Error::TooLarge { what: "/Size" }),
            None => Err(Error::damaged(self.offset, "/Size in the trailer")),
        }
    }

    /// Where the section before this one stands, by `/Prev`.
    pub(super) fn previous(&self, data: &[u8]) -> Result<Option<usize>, Error> {
        match self.trailer.get("Prev") {
            None => Ok(None),
            Some(value) => offset_from(value, data)
                .map(Some)
                .ok_or(Error::damaged(self.offset, "an offset in /Prev")),
        }
    }
}

/// The bytes between `stream` and `endstream`, both taken from `lex`; `length` as `/Length` says.
pub(super) fn stream_body(lex: &mut Lexer<'_>, data: &[u8], length: i64) -> Result<Range<usize>, Error> {
    lex.skip()?;
    let at = lex.at();
    if !(lex.take(b"stream") && (lex.take(b"\r\n") || lex.take(b"\n"))) {
        return Err(Error::damaged(at, "stream and an end of line"));
    }
    let start = lex.at();
    let end = usize::try_from(length)
        .ok()
        .and_then(|n| start.checked_add(n))
        .filter(|end| *end <= data.len())
        .ok_or(Error::damaged(at, "a /Length within the file"))?;
    lex.seek(end);
    lex.white()?;
    lex.keyword("endstream")?;
    Ok(start..end)
}

fn offset_from(value: &Value, data: &[u8]) -> Option<usize> {
    usize::try_from(value.as_int()?).ok().filter(|at| *at < data.len())
}

fn spend(left: &mut usize, amount: usize, what: &'static str) -> Result<(), Error> {
    *left = left.checked_sub(amount).ok_or(Error::TooLarge { what })?;
    Ok(())
}

fn table_subsections(data: &[u8], lex: &mut Lexer<'_>, budget: &mut Budget) -> Result<Vec<Subsection>, Error> {
    let mut subsections = Vec::new();
    loop {
        lex.white()?;
        if lex.take(b"trailer") {
            return Ok(subsections);
        }
        let at = lex.at();
        if !lex.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(Error::damaged(at, "a subsection or trailer"));
        }
        let (first, count) = range_of(lex.unsigned()?, lex.unsigned()?).ok_or(Error::TooLarge {
            what: "object numbers in a cross-reference table",
        })?;
        while lex.take(b" ") || lex.take(b"\r") || lex.take(b"\n") {}
        let rows = lex.at();
        let end = rows + count as usize * TABLE_ROW_BYTES;
        if end > data.len() {
            return Err(Error::damaged(at, "as many rows as the subsection counts"));
        }
        // Rows are of one length, so that the first, the second and the last tell that the others can be found.
        for row in [0, 1, count.saturating_sub(1)].into_iter().filter(|row| *row < count) {
            table_row(data, rows + row as usize * TABLE_ROW_BYTES)?;
        }
        spend(&mut budget.subsections, 1, "number of cross-reference subsections")?;
        subsections.push(Subsection { first, count, at: rows });
        lex.seek(end);
    }
}

fn range_of(first: u64, count: u64) -> Option<(u32, u32)> {
    let end = first.checked_add(count)?;
    (end <= u64::from(MAX_OBJECT_NUMBER) + 1).then_some((first as u32, count as u32))
}

fn table_row(data: &[u8], at: usize) -> Result<Entry, Error> {
    let wrong = Error::damaged(at, "a row of 20 bytes in the cross-reference table");
    let row = data.get(at..at + TABLE_ROW_BYTES).ok_or(wrong.clone())?;
    let end = matches!(&row[18..], b" \r" | b" \n" | b"\r\n");
    let (Some(offset), Some(generation)) = (digits(&row[..10]), digits(&row[11..16])) else {
        return Err(wrong);
    };
    match (row[17], u16::try_from(generation)) {
        (b'n', Ok(generation)) if end && row[10] == b' ' && row[16] == b' ' => Ok(Entry::At {
            offset: usize::try_from(offset).map_err(|_| wrong)?,
            generation,
        }),
        (b'f', Ok(generation)) if end && row[10] == b' ' && row[16] == b' ' => Ok(Entry::Free { generation }),
        _ => Err(wrong),
    }
}

fn stream_row(row: &[u8], widths: [usize; 3]) -> Option<Entry> {
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
    let (kind, rest) = row.split_at(widths[0]);
    let (second, third) = rest.split_at(widths[1]);
    // A missing first column means type 1 (Table 17).
    let kind = if kind.is_empty() { 1 } else { number(kind) };
    let (second, third) = (number(second), number(third));
    match kind {
        // What a writer leaves as the next generation of an object that never comes back is not worth a refusal.
        0 => Some(Entry::Free {
            generation: u16::try_from(third).unwrap_or(u16::MAX),
        }),
        1 => Some(Entry::At {
            offset: usize::try_from(second).ok()?,
            generation: u16::try_from(third).ok()?,
        }),
        2 => Some(Entry::In {
            stream: u32::try_from(second).ok()?,
            index: u32::try_from(third).ok()?,
        }),
        _ => None,
    }
}

fn widths(trailer: &Dict) -> Option<[usize; 3]> {
    let listed = trailer.get("W")?.as_array()?;
    let widths: Option<Vec<usize>> = listed
        .iter()
        .map(|v| usize::try_from(v.as_int()?).ok().filter(|w| *w <= 8))
        .collect();
    let widths: [usize; 3] = widths?.try_into().ok()?;
    (widths[1] > 0).then_some(widths)
}

fn index(trailer: &Dict) -> Option<Vec<(u32, u32)>> {
    let pair = |first: &Value, count: &Value| {
        range_of(
            u64::try_from(first.as_int()?).ok()?,
            u64::try_from(count.as_int()?).ok()?,
        )
    };
    match trailer.get("Index") {
        None => Some(vec![pair(&Value::int(0), trailer.get("Size")?)?]),
        Some(listed) => {
            let listed = listed.as_array()?;
            let (pairs, rest) = listed.as_chunks::<2>();
            if !rest.is_empty() {
                return None;
            }
            pairs.iter().map(|[first, count]| pair(first, count)).collect()
        }
    }
}
