//! The chain as JSON Lines, exact enough to be verified elsewhere, and as CSV for a spreadsheet.
//!
//! Nothing is left out or judged here: a damaged entry is exported as what it is. CSV is for reading; its cells are made harmless, so it proves nothing.

use std::fmt::Write as _;

use super::{AuditError, Entry};
use crate::clock::Timestamp;
use crate::store::{ChainRow, Store};

const PAGE_ROWS: u32 = 512;

/// How entries are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// One `{"entry":...,"hash":"...","prev":"..."}` a line; `entry` is the canonical bytes themselves.
    JsonLines,
    /// RFC 4180 with a byte order mark and a heading.
    Csv,
}

/// Hands the chain out piece by piece.
#[derive(Debug)]
pub struct Export {
    store: Store,
    format: Format,
    after: i64,
    begun: bool,
}

impl Export {
    /// From the first entry on.
    pub fn new(store: Store, format: Format) -> Self {
        Self {
            store,
            format,
            after: -1,
            begun: false,
        }
    }

    /// The next piece, whole lines; `None` at the end.
    ///
    /// # Errors
    /// As [`crate::store::StoreError`].
    pub async fn next(&mut self) -> Result<Option<String>, AuditError> {
        let mut piece = String::new();
        if !std::mem::replace(&mut self.begun, true) && self.format == Format::Csv {
            piece.push_str(CSV_HEADING);
        }
        let rows = self.store.chain_rows(self.after, PAGE_ROWS).await?;
        for row in &rows {
            self.after = row.seq.max(self.after + 1);
            piece.push_str(&match self.format {
                Format::JsonLines => json_line(row),
                Format::Csv => csv_line(row),
            });
        }
        Ok((!piece.is_empty()).then_some(piece))
    }
}

/// The entries about a contract and by its signers between two moments, as JSON Lines. Their `prev` and `hash` find them again in the whole chain.
///
/// # Errors
/// As [`crate::store::StoreError`].
pub async fn about_contract(
    store: &Store,
    contract: &str,
    (from, until): (Timestamp, Timestamp),
) -> Result<String, AuditError> {
    let signers = format!("signer:{contract}/");
    let about = |entry: &Entry| entry.subject == contract || entry.actor.starts_with(&signers);
    let (mut lines, mut after) = (String::new(), store.chain_before(from).await?);
    loop {
        let rows = store.chain_rows(after, PAGE_ROWS).await?;
        for row in &rows {
            after = row.seq.max(after + 1);
            if Entry::parse(&row.bytes).is_some_and(|entry| about(&entry)) {
                lines.push_str(&json_line(row));
            }
        }
        if rows.last().is_none_or(|last| last.at > until.micros()) {
            return Ok(lines);
        }
    }
}

/// The byte order mark makes spreadsheets read UTF-8.
const CSV_HEADING: &str = "\u{feff}seq,time,kind,actor,subject,details,hash\r\n";

fn json_line(row: &ChainRow) -> String {
    let (hash, prev) = (hex::encode(&row.hash), hex::encode(&row.prev));
    match std::str::from_utf8(&row.bytes) {
        Ok(text) if Entry::parse(&row.bytes).is_some() => {
            format!("{{\"entry\":{text},\"hash\":\"{hash}\",\"prev\":\"{prev}\"}}\n")
        }
        _ => format!(
            "{{\"damaged\":\"{}\",\"hash\":\"{hash}\",\"prev\":\"{prev}\",\"seq\":{}}}\n",
            hex::encode(&row.bytes),
            row.seq
        ),
    }
}

fn csv_line(row: &ChainRow) -> String {
    let hash = hex::encode(&row.hash);
    let cells = match Entry::parse(&row.bytes) {
        Some(entry) => {
            let at = Timestamp::from_micros(entry.time);
            let micros = at.civil().micros;
            let details = serde_json::to_string(&entry.details).unwrap_or_default();
            let time = at.rfc3339().replace('Z', &format!(".{micros:06}Z"));
            [
                entry.seq.to_string(),
                time,
                entry.kind,
                entry.actor,
                entry.subject,
                details,
                hash,
            ]
        }
        None => {
            let damaged = hex::encode(&row.bytes);
            [
                row.seq.to_string(),
                String::new(),
                "damaged".to_owned(),
                String::new(),
                String::new(),
                damaged,
                hash,
            ]
        }
    };
    let mut line = String::new();
    for (n, cell) in cells.iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        let _ = write!(line, "{comma}{}", csv_cell(cell));
    }
    line + "\r\n"
}

/// Quotes a cell; one that a spreadsheet would take for a formula gets an apostrophe in front.
fn csv_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let apostrophe = if formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Event, Kind};
    use crate::store::Head;

    fn row() -> ChainRow {
        let at = Timestamp::from_micros(1_795_399_200_000_042);
        let sealed = Event::new(at, Kind::LoginDone, "=cmd|' /C calc'!A0", "a,\"b\"")
            .with("n", 1_u32)
            .seal(&Head::EMPTY);
        ChainRow {
            seq: 1,
            at: sealed.at.micros(),
            kind: sealed.kind.to_owned(),
            bytes: sealed.bytes,
            prev: vec![0; 32],
            hash: sealed.hash.to_vec(),
        }
    }

    #[test]
    fn a_line_of_json_holds_the_very_bytes() {
        let row = row();
        let line = json_line(&row);
        let entry = line
            .strip_prefix("{\"entry\":")
            .unwrap()
            .split(",\"hash\":")
            .next()
            .unwrap();
        assert_eq!(entry.as_bytes(), row.bytes);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["hash"], hex::encode(&row.hash));
    }

    #[test]
    fn a_line_of_csv_runs_no_formula() {
        let line = csv_line(&row());
        let start = "\"1\",\"2026-11-23T02:00:00.000042Z\",\"login_done\",\"'=cmd|' /C calc'!A0\",\"a,\"\"b\"\"\",\"{\"\"n\"\":1}\",";
        assert!(line.starts_with(start), "{line}");
    }

    #[test]
    fn a_damaged_entry_is_exported_as_such() {
        let mut row = row();
        row.bytes = vec![0xff, b'\n'];
        assert!(json_line(&row).starts_with("{\"damaged\":\"ff0a\""));
        assert!(csv_line(&row).contains("\"damaged\",\"\",\"\",\"ff0a\""));
    }
}
