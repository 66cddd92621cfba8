//! Every timestamp of a period judged at once (電子帳簿保存法施行規則 2条6項2号ロ): those of signatures and those over documents whose time lies on certain days.
//!
//! The days are those of the wall clock in Japan. What is judged stands in the files' reports; nothing is verified here.

use std::collections::BTreeSet;

use serde::Serialize;

use super::batch::Batch;
use super::folders::Skipped;
use crate::clock::{Day, Timestamp};
use crate::text::{Lang, say};
use crate::verify::judge::{SubIndication, Verdict};
use crate::verify::report::{Changes, FileReport, Kind, SignatureReport, TimestampKind, TimestampReport};

/// What is found where a signature's timestamps were not all looked at.
const SKIPPED: [&str; 2] = ["timestamp_unread", "timestamps_left_out"];

/// From the first day to the last, both included, in Japan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

/// The timestamps of a period.
#[derive(Clone, Debug, Serialize)]
pub struct PeriodReport {
    /// The first day in Japan, `2026-04-01`.
    pub from: String,
    /// The last day in Japan.
    pub to: String,
    /// Whose days these are.
    pub zone: &'static str,
    /// In the order of the files, within a file by time.
    pub timestamps: Vec<Stamp>,
    /// The sum.
    pub summary: PeriodSummary,
    /// What was not verified, and why.
    pub skipped: Vec<Skipped>,
}

/// One timestamp.
#[derive(Clone, Debug, Serialize)]
pub struct Stamp {
    /// The file.
    pub file: String,
    /// Hexadecimal SHA-256 of the file.
    pub sha256: Option<String>,
    /// The field of the signature that it is in, or its own.
    pub field: String,
    /// Where it stands.
    pub kind: TimestampKind,
    /// Its time, RFC 3339 UTC.
    pub time: String,
    /// Its time in Japan.
    pub time_jst: String,
    /// The TSA's name.
    pub tsa: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Whether it proves that what it is over has not changed since.
    pub verdict: Verdict,
    /// Why not.
    pub sub_indication: Option<SubIndication>,
    /// The same in words.
    pub message: String,
}

/// How the timestamps of a period came out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PeriodSummary {
    /// Files that were verified.
    pub files: usize,
    /// Files without a timestamp in the period.
    pub files_without: usize,
    /// Files that bear something whose time could not be read; each is listed by name.
    pub files_unreadable: Vec<String>,
    /// Timestamps in the period.
    pub timestamps: usize,
    /// Of these TOTAL-PASSED.
    pub valid: usize,
    /// INDETERMINATE.
    pub open: usize,
    /// TOTAL-FAILED.
    pub bad: usize,
}

impl Period {
    /// Whether `at` lies on one of its days.
    pub fn holds(&self, at: Timestamp) -> bool {
        at >= self.from.start_jst() && at < self.to.end_jst()
    }

    /// The timestamps of `batch` that lie in it.
    pub fn of(&self, batch: &Batch, lang: Lang) -> PeriodReport {
        let mut timestamps = Vec::new();
        let (mut files_without, mut files_unreadable) = (0, Vec::new());
        for file in &batch.files {
            let found = self.of_file(file, lang);
            files_without += usize::from(found.is_empty());
            if hides_a_time(file) {
                files_unreadable.push(file.name.clone());
            }
            timestamps.extend(found);
        }
        let count = |verdict| {
            timestamps
                .iter()
                .filter(|stamp: &&Stamp| stamp.verdict == verdict)
                .count()
        };
        PeriodReport {
            from: self.from.to_string(),
            to: self.to.to_string(),
            zone: "Asia/Tokyo (UTC+09:00)",
            summary: PeriodSummary {
                files: batch.files.len(),
                files_without,
                files_unreadable,
                timestamps: timestamps.len(),
                valid: count(Verdict::TotalPassed),
                open: count(Verdict::Indeterminate),
                bad: count(Verdict::TotalFailed),
            },
            timestamps,
            skipped: batch.skipped.clone(),
        }
    }

    fn of_file(&self, file: &FileReport, lang: Lang) -> Vec<Stamp> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for signature in &file.signatures {
            for stamp in &signature.timestamps {
                let at = Timestamp::parse_rfc3339(&stamp.time).filter(|at| self.holds(*at));
                // A document timestamp is told with every signature that it protects.
                let own = owner(file, signature, stamp);
                if let Some(at) = at
                    && seen.insert((own.field.as_str(), stamp.serial.as_str(), stamp.time.as_str()))
                {
                    found.push((at, judged(file, own, stamp, at, lang)));
                }
            }
        }
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, stamp)| stamp).collect()
    }
}

impl PeriodReport {
    /// The worst verdict of its timestamps; something unreadable leaves it open.
    pub fn verdict(&self) -> Option<Verdict> {
        let worst = self.timestamps.iter().map(|stamp| stamp.verdict).max();
        let open = !self.summary.files_unreadable.is_empty() || !self.skipped.is_empty();
        worst.max(open.then_some(Verdict::Indeterminate))
    }

    /// One line for people.
    pub fn words(&self, lang: Lang) -> String {
        let s = &self.summary;
        let [timestamps, valid, open, bad] = [s.timestamps, s.valid, s.open, s.bad].map(|count| count.to_string());
        let values = [
            ("from", self.from.as_str()),
            ("to", &self.to),
            ("timestamps", &timestamps),
            ("valid", &valid),
            ("open", &open),
            ("bad", &bad),
        ];
        say(lang, "period-summary", &values)
    }
}

/// A signature or document timestamp of which no time could be read: whether it belongs to the period nobody knows.
fn hides_a_time(file: &FileReport) -> bool {
    let document = |s: &SignatureReport| s.kind == Kind::DocumentTimestamp;
    let skipped = |s: &SignatureReport| s.findings.iter().any(|f| SKIPPED.contains(&f.code));
    let hides = |s: &SignatureReport| s.timestamps.is_empty() && (document(s) || s.algorithm.is_none()) || skipped(s);
    file.revisions == 0 || file.signatures.iter().any(hides)
}

/// The signature or document timestamp whose place the timestamp has.
fn owner<'f>(file: &'f FileReport, signature: &'f SignatureReport, stamp: &TimestampReport) -> &'f SignatureReport {
    if stamp.kind == TimestampKind::SignatureTimestamp {
        return signature;
    }
    let same = |other: &&SignatureReport| {
        let own = other
            .timestamps
            .iter()
            .any(|t| t.serial == stamp.serial && t.time == stamp.time);
        other.kind == Kind::DocumentTimestamp && own
    };
    file.signatures.iter().rev().find(same).unwrap_or(signature)
}

/// A timestamp proves nothing for a file that was changed after it, whoever signed.
fn judged(file: &FileReport, own: &SignatureReport, stamp: &TimestampReport, at: Timestamp, lang: Lang) -> Stamp {
    let altered = own.changes == Changes::Forbidden || !own.intact && own.verdict == Verdict::TotalFailed;
    let (verdict, sub_indication) = match stamp.sub_indication {
        _ if altered => (Verdict::TotalFailed, own.sub_indication),
        why if !stamp.intact => (Verdict::TotalFailed, why),
        why @ Some(SubIndication::Revoked) => (Verdict::TotalFailed, why),
        _ if stamp.trusted && own.intact => (Verdict::TotalPassed, None),
        why => (Verdict::Indeterminate, why.or(own.sub_indication)),
    };
    let id = match verdict {
        Verdict::TotalPassed => "period-valid",
        Verdict::Indeterminate => "period-open",
        Verdict::TotalFailed if altered => "period-altered",
        Verdict::TotalFailed => "period-bad",
    };
    Stamp {
        file: file.name.clone(),
        sha256: file.sha256.clone(),
        field: own.field.clone(),
        kind: stamp.kind,
        time: stamp.time.clone(),
        time_jst: at.jst_seconds(),
        tsa: stamp.tsa.clone(),
        serial: stamp.serial.clone(),
        verdict,
        sub_indication,
        message: say(lang, id, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_and_end_in_japan() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let period = Period {
            from: day("2026-04-01"),
            to: day("2027-03-31"),
        };
        for (time, holds) in [
            ("2026-03-31T14:59:59.999999Z", false),
            ("2026-03-31T15:00:00Z", true),
            ("2027-03-31T14:59:59.999999Z", true),
            ("2027-03-31T15:00:00Z", false),
        ] {
            assert_eq!(period.holds(Timestamp::parse_rfc3339(time).unwrap()), holds, "{time}");
        }
    }
}
