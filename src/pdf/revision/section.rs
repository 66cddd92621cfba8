//! The cross-reference section and trailer that end a revision, of the same kind as the document's last one. Nothing here knows what the objects are.

use super::RevisionWriter;
use crate::pdf::error::Error;
use crate::pdf::value::{Dict, ObjectId, Value};
use crate::pdf::xref::SectionKind;
use sha2::{Digest, Sha256};

/// Offsets in a table have ten digits.
const MAX_TABLE_OFFSET: u64 = 9_999_999_999;

/// Number, generation, offset from the start of the file.
type Row = (u32, u16, u64);

/// Appends the section for `rows`, which ascend, and the end of the file.
pub(super) fn write(revision: &mut RevisionWriter<'_, '_>, mut rows: Vec<Row>, out: &mut Vec<u8>) -> Result<(), Error> {
    let document = revision.document;
    let at = (document.data().len() + out.len()) as u64;
    let Some(last) = document.sections().first() else {
        return Err(Error::damaged(0, "a cross-reference section"));
    };
    let mut trailer = trailer(revision, out);
    match last.kind {
        SectionKind::Table => {
            trailer.set("Size", Value::int(i64::from(revision.next)));
            table(&rows, &trailer, out)?;
        }
        SectionKind::Stream => {
            let id = revision.fresh()?;
            rows.push((id.number, id.generation, at));
            trailer.set("Size", Value::int(i64::from(revision.next)));
            stream(id, &rows, trailer, out);
        }
    }
    out.extend_from_slice(format!("\nstartxref\n{at}\n%%EOF\n").as_bytes());
    Ok(())
}

/// The entries of the last trailer, with a new second half of `/ID` (14.4). What describes a cross-reference stream or a hybrid's other half is left out.
fn trailer(revision: &RevisionWriter<'_, '_>, update: &[u8]) -> Dict {
    const OWN: [&[u8]; 11] = [
        b"Size",
        b"Prev",
        b"XRefStm",
        b"ID",
        b"Type",
        b"W",
        b"Index",
        b"Length",
        b"Filter",
        b"DecodeParms",
        b"DL",
    ];
    let document = revision.document;
    let mut trailer = Dict::new();
    for (key, value) in document.trailer().iter().filter(|(key, _)| !OWN.contains(key)) {
        trailer.push(key.to_vec(), value.clone());
    }
    let fresh = Value::hex(&Sha256::digest(update)[..16]);
    let first = match document.trailer().get("ID").and_then(Value::as_array) {
        Some([first @ Value::String { .. }, ..]) => first.clone(),
        _ => fresh.clone(),
    };
    trailer.set("ID", Value::Array(vec![first, fresh]));
    let previous = i64::try_from(document.startxref()).unwrap_or(i64::MAX);
    trailer.set("Prev", Value::int(previous));
    trailer
}

fn table(rows: &[Row], trailer: &Dict, out: &mut Vec<u8>) -> Result<(), Error> {
    out.extend_from_slice(b"xref\n");
    for run in runs(rows) {
        out.extend_from_slice(format!("{} {}\n", run[0].0, run.len()).as_bytes());
        for (_, generation, offset) in run {
            if *offset > MAX_TABLE_OFFSET {
                return Err(Error::TooLarge { what: "file" });
            }
            out.extend_from_slice(format!("{offset:010} {generation:05} n\r\n").as_bytes());
        }
    }
    out.extend_from_slice(b"trailer\n");
    trailer.write(out);
    Ok(())
}

fn stream(id: ObjectId, rows: &[Row], mut trailer: Dict, out: &mut Vec<u8>) {
    let last = rows.iter().map(|row| row.2).max().unwrap_or(0);
    let width: usize = if u32::try_from(last).is_ok() { 4 } else { 8 };
    let int = |n: usize| Value::int(i64::try_from(n).unwrap_or(i64::MAX));
    let mut data = Vec::new();
    let mut index = Vec::new();
    for run in runs(rows) {
        index.push(Value::int(i64::from(run[0].0)));
        index.push(int(run.len()));
        for (_, generation, offset) in run {
            data.push(1);
            data.extend_from_slice(&offset.to_be_bytes()[8 - width..]);
            data.extend_from_slice(&generation.to_be_bytes());
        }
    }
    trailer.set("Type", Value::name("XRef"));
    trailer.set("W", Value::Array(vec![int(1), int(width), int(2)]));
    trailer.set("Index", Value::Array(index));
    trailer.set("Length", int(data.len()));
    out.extend_from_slice(format!("{} {} obj\n", id.number, id.generation).as_bytes());
    trailer.write(out);
    out.extend_from_slice(b"\nstream\n");
    out.extend_from_slice(&data);
    out.extend_from_slice(b"\nendstream\nendobj");
}

fn runs(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|a, b| a.0 + 1 == b.0)
}
