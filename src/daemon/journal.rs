//! Where the log goes: to the journal with its fields when systemd connected our standard error to it, else as readable lines to standard error.
//!
//! A record is a fixed English sentence, a `code` that `docs/log-codes.md` explains, and fields. No PIN, key, or document's content or name is ever a
//! field. Other crates' records are written from `warn` on.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::SystemTime;

use log::kv::{Error, Key, Value, VisitSource};
use log::{Level, LevelFilter, Log, Metadata, Record};
use systemd_journal_logger::{JournalLog, connected_to_journal};

use crate::clock::Timestamp;
use crate::text::plain;

/// Longest value of a field on a terminal, in characters; the rest is cut.
const MAX_VALUE_CHARS: usize = 400;

/// Opens the log for this process, once; a second call changes only the level.
///
/// When the journal cannot be reached the lines go to standard error: a daemon without a journal is better than none.
pub fn open(level: LevelFilter) {
    let journal = connected_to_journal().then(JournalLog::new).and_then(Result::ok);
    let sink: Box<dyn Log> = match journal {
        Some(journal) => Box::new(journal.with_syslog_identifier("hankod".to_owned())),
        None => Box::new(Lines),
    };
    // An error says that this process has a log already, which is what was asked.
    let _ = log::set_boxed_logger(Box::new(OwnRecords(sink)));
    log::set_max_level(level);
}

/// Lets through what our own code says, and other crates' warnings.
struct OwnRecords(Box<dyn Log>);

impl Log for OwnRecords {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let own = metadata.target().split("::").next() == Some("hankod");
        own || metadata.level() <= Level::Warn
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// Readable lines on standard error.
struct Lines;

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = line(record, Timestamp::from_system(SystemTime::now()));
        // There is nowhere left to say that standard error is closed.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

/// `2026-11-23T05:45:21.123Z INFO  sentence code=x field="a b"`; hostile text in values is neutralised.
fn line(record: &Record<'_>, at: Timestamp) -> String {
    let millis = at.civil().micros / 1000;
    let time = at.rfc3339().replace('Z', &format!(".{millis:03}Z"));
    let mut line = format!("{time} {:<5} {}", record.level(), plain(&record.args().to_string()));
    // The visitor below never refuses a field.
    let _ = record.key_values().visit(&mut Fields(&mut line));
    line.push('\n');
    line
}

struct Fields<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let whole = plain(&value.to_string());
        let text: String = whole.chars().take(MAX_VALUE_CHARS).collect();
        let cut = if text.len() < whole.len() { "…" } else { "" };
        let bare = !text.is_empty() && !text.contains([' ', '"', '=', '\\']);
        let _ = match bare {
            true => write!(self.0, " {key}={text}{cut}"),
            false => write!(
                self.0,
                " {key}=\"{}{cut}\"",
                text.replace('\\', "\\\\").replace('"', "\\\"")
            ),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_be_forged_by_a_value() {
        let fields: &[(&str, &str)] = &[("code", "x"), ("reason", "a\n2026 ERROR \"b\""), ("empty", "")];
        let record = Record::builder()
            .level(Level::Warn)
            .target("hankod::store")
            .args(format_args!("no\nroom"))
            .key_values(&fields)
            .build();
        assert_eq!(
            line(&record, Timestamp::from_micros(1_795_399_200_012_345)),
            "2026-11-23T02:00:00.012Z WARN  no\u{fffd}room code=x reason=\"a\u{fffd}2026 ERROR \\\"b\\\"\" empty=\"\"\n"
        );
    }

    #[test]
    fn long_values_are_cut() {
        let long = "x".repeat(MAX_VALUE_CHARS + 1);
        let fields: &[(&str, &str)] = &[("v", &long)];
        let record = Record::builder()
            .level(Level::Info)
            .args(format_args!("s"))
            .key_values(&fields)
            .build();
        let cut = line(&record, Timestamp::from_seconds(0));
        assert!(cut.ends_with(&format!("v={}…\n", &long[1..])), "{cut}");
    }

    #[test]
    fn other_crates_are_heard_from_warnings_on() {
        let log = OwnRecords(Box::new(Lines));
        let heard = |target, level| log.enabled(&Metadata::builder().target(target).level(level).build());
        assert!(heard("hankod::app", Level::Debug) && heard("sqlx::query", Level::Warn));
        assert!(!heard("sqlx::query", Level::Info) && !heard("hankodx", Level::Info));
    }
}
