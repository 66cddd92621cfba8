//! Where the revisions of a file end (ISO 32000-2, 7.5.6).
//!
//! Each section is followed by its own `startxref`; nothing here searches for one elsewhere, so that no look-alike within an object counts.

use super::error::Error;
use super::lex::{Lexer, is_white};
use super::value::Value;
use super::xref::Section;

/// One revision: the bytes from the start of the file to `end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Revision {
    /// Its end: past `%%EOF` and one end of line; for the newest the end of the file.
    pub end: usize,
    /// Just past `%%EOF`, in bytes. A signature may end anywhere from here to `end`.
    pub marker: usize,
    /// Index of its newest section in the list of all sections.
    pub section: usize,
}

/// Reads `startxref`, an offset and `%%EOF` at `at`, after white space and comments. Gives the offset and the place just past `%%EOF`, `None` when something else stands there.
pub(super) fn tail(data: &[u8], at: usize) -> Result<Option<(u64, usize)>, Error> {
    let mut lex = Lexer::new(data, at);
    lex.skip()?;
    if !lex.take(b"startxref") || !lex.peek().is_some_and(is_white) {
        return Ok(None);
    }
    lex.white()?;
    if !lex.peek().is_some_and(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let offset = lex.unsigned()?;
    lex.white()?;
    Ok(lex.take(b"%%EOF").then(|| (offset, lex.at())))
}

/// The revisions of `data`, newest first, whose sections are `sections`.
///
/// A section whose own end is not marked belongs to the next newer revision: the second part of a linearised file, and the table that Word writes before its hybrid `xref 0 0`.
pub(super) fn revisions(data: &[u8], sections: &[Section]) -> Result<Vec<Revision>, Error> {
    let mut found: Vec<Revision> = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        let Some(marker) = end_of(data, sections, at)? else {
            continue;
        };
        if let Some(newer) = found.last() {
            if marker > newer.marker {
                return Err(Error::damaged(section.offset, "an older section before the newer one"));
            }
            let newest = &sections[newer.section];
            if newest.hybrid.as_ref().is_some_and(|h| h.span.start < marker) {
                continue;
            }
        }
        if section.trailer.get("Root").and_then(Value::as_ref).is_none() {
            return Err(Error::damaged(section.offset, "/Root in the trailer"));
        }
        let mut lex = Lexer::new(data, marker);
        lex.line_end();
        let end = if found.is_empty() { data.len() } else { lex.at() };
        found.push(Revision {
            end,
            marker,
            section: at,
        });
    }
    match found.first() {
        Some(newest) if newest.section == 0 && data[newest.marker..].iter().all(|b| is_white(*b)) => Ok(found),
        _ => Err(Error::damaged(
            sections[0].offset,
            "startxref after the cross-reference section",
        )),
    }
}

/// Just past the `%%EOF` that names section `at`: after itself, or (linearised, Annex F) after the older section that it continues in.
fn end_of(data: &[u8], sections: &[Section], at: usize) -> Result<Option<usize>, Error> {
    let section = &sections[at];
    let named = |holder: &Section| -> Result<Option<usize>, Error> {
        Ok(tail(data, holder.span.end)?
            .filter(|(offset, _)| *offset == section.offset as u64)
            .map(|(_, marker)| marker))
    };
    if let Some(marker) = named(section)? {
        return Ok(Some(marker));
    }
    match sections.get(at + 1) {
        Some(older) if older.span.start > section.span.end => named(older),
        _ => Ok(None),
    }
}
