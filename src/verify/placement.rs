//! Where a signature stands in the file: /ByteRange must leave out exactly the string of /Contents, as bytes and not only as values.
//!
//! Offsets are checked against the object itself, so that neither an escaped name nor a look-alike elsewhere in the dictionary counts.

use super::Finding;
use super::evidence::Signature;
use crate::pdf::lex::Lexer;
use crate::pdf::value::Value;
use crate::pdf::{Document, Revision};
use std::ops::Range;

/// A signature's place and its CMS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placement {
    /// The object of the signature dictionary, in bytes of the file.
    pub object: Range<usize>,
    /// The string of /Contents with its angle brackets, in bytes of the file.
    pub hole: Range<u64>,
    /// End of the signed revision.
    pub end: u64,
    /// What /Contents holds, with the zeros behind the CMS.
    pub contents: Vec<u8>,
}

/// Finds the place of `signature` (ISO 32000-2, 12.8.1; EN 319 142-1, 5.1). Which revision it covers is for [`covered`] to say.
///
/// # Errors
/// [`Finding::SignatureMalformed`] for the dictionary, [`Finding::ByteRange`] for ranges that are not: all before /Contents, all behind it.
pub fn find(document: &Document<'_>, signature: &Signature) -> Result<Placement, Finding> {
    let malformed = |part| Finding::SignatureMalformed {
        field: signature.field.clone(),
        part,
    };
    let wrong = || Finding::ByteRange {
        field: signature.field.clone(),
    };
    let loaded = document.get(signature.id)?;
    if loaded.packed || loaded.stream.is_some() {
        return Err(malformed("an object of its own"));
    }
    let (range_at, contents_at) = entries(document, loaded.span.start).ok_or(malformed("the dictionary"))?;
    let numbers = byte_range(document, range_at).ok_or_else(wrong)?;
    let [0, hole_start, hole_end, rest] = numbers else {
        return Err(wrong());
    };
    let end = hole_end.checked_add(rest).ok_or_else(wrong)?;
    let hole = contents_at.start as u64..contents_at.end as u64;
    if hole != (hole_start..hole_end) || end < hole_end || end > document.data().len() as u64 {
        return Err(wrong());
    }
    let string = &document.data()[contents_at];
    let digits = string.strip_prefix(b"<").and_then(|s| s.strip_suffix(b">"));
    let contents = digits.and_then(|d| hex::decode(d).ok()).filter(|c| !c.is_empty());
    Ok(Placement {
        object: loaded.span,
        hole,
        end,
        contents: contents.ok_or(malformed("/Contents"))?,
    })
}

/// Which of `revisions` (newest first) a signature covers that ends at `end`: the one that ends there. The newest has nothing behind it, not even white space.
pub fn covered(document: &Document<'_>, revisions: &[Revision], end: u64) -> Option<usize> {
    let at = revisions
        .iter()
        .position(|r| (r.marker as u64..=r.end as u64).contains(&end))?;
    let whole = revisions[at].end < document.data().len() || end == revisions[at].end as u64;
    whole.then_some(at)
}

/// Where the values of /ByteRange and /Contents stand in the dictionary of the object at `at`.
fn entries(document: &Document<'_>, at: usize) -> Option<(Range<usize>, Range<usize>)> {
    let mut lex = Lexer::new(document.data(), at);
    lex.object_head().ok()?;
    lex.skip().ok()?;
    if !lex.take(b"<<") {
        return None;
    }
    let (mut range, mut contents) = (None, None);
    loop {
        lex.skip().ok()?;
        if lex.take(b">>") {
            return Some((range?, contents?));
        }
        let Value::Name(key) = lex.value().ok()? else {
            return None;
        };
        lex.skip().ok()?;
        let start = lex.at();
        lex.value().ok()?;
        let value = start..lex.at();
        let twice = match key.as_slice() {
            b"ByteRange" => range.replace(value).is_some(),
            b"Contents" => contents.replace(value).is_some(),
            _ => false,
        };
        if twice {
            return None;
        }
    }
}

fn byte_range(document: &Document<'_>, at: Range<usize>) -> Option<[u64; 4]> {
    let value = Lexer::new(document.data(), at.start).value().ok()?;
    let numbers: Option<Vec<u64>> = value
        .as_array()?
        .iter()
        .map(|n| n.as_int().and_then(|n| u64::try_from(n).ok()))
        .collect();
    numbers?.try_into().ok()
}
