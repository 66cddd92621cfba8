//! Reports as lines of text for people.

use crate::app::batch::Batch;
use crate::app::paper::etsi;
use crate::app::period::PeriodReport;
use crate::cli::output;
use crate::text::{Lang, say};
use crate::verify::report::{FileReport, SignatureReport, TimestampKind};

/// Most changes of one signature that are told here; JSON and PDF have more.
const MAX_CHANGES: usize = 20;

/// The files; for a run over many also what was left out and the sum.
pub(super) fn batch(batch: &Batch, is_batch: bool, lang: Lang) {
    batch.files.iter().for_each(|found| file(found, lang));
    for skipped in &batch.skipped {
        output::line(&format!("{}: {}", skipped.name, skipped.message));
    }
    if let Some(summary) = batch.summary.as_ref().filter(|_| is_batch) {
        output::line(&summary.words(lang));
        for name in &summary.not_valid {
            output::line(&format!("    {name}"));
        }
    }
}

/// The timestamps of a period.
pub(super) fn period(report: &PeriodReport, lang: Lang) {
    for stamp in &report.timestamps {
        output::line(&format!(
            "{} {} {}: {}",
            stamp.time_jst, stamp.file, stamp.field, stamp.message
        ));
        if let Some(why) = &stamp.sub_indication {
            output::line(&format!(
                "    {} ({})",
                stamp.tsa,
                serde_json::json!(why).as_str().unwrap_or_default()
            ));
        }
    }
    for skipped in &report.skipped {
        output::line(&format!("{}: {}", skipped.name, skipped.message));
    }
    for name in &report.summary.files_unreadable {
        output::line(&format!("{}: {name}", say(lang, "paper-no-time", &[])));
    }
    output::line(&report.words(lang));
}

fn file(file: &FileReport, lang: Lang) {
    let first = match lang {
        Lang::Ja => &file.headline.ja,
        Lang::En => &file.headline.en,
    };
    output::line(&format!("{}: {first}", file.name));
    for problem in &file.problems {
        output::line(&format!("    {}", problem.message));
    }
    for one in &file.not_fetched {
        output::line(&format!("    {}", one.message));
    }
    for signature in &file.signatures {
        tell_signature(signature, lang);
    }
}

fn tell_signature(signature: &SignatureReport, lang: Lang) {
    let signer = signature.signer.as_ref().map_or("", |signer| {
        let named = signer.subject.get("CN").or(signer.subject.get("O"));
        named.map_or("", String::as_str)
    });
    let values = [
        ("field", signature.field.as_str()),
        ("signer", signer),
        ("time", signature.claimed_time.as_deref().unwrap_or("-")),
    ];
    output::line(&format!("    {}", say(lang, "verify-signature", &values)));
    for stamp in &signature.timestamps {
        let id = match (stamp.kind, stamp.trusted) {
            (TimestampKind::SignatureTimestamp, true) => "verify-timestamp",
            (TimestampKind::DocumentTimestamp, true) => "verify-document-timestamp",
            (_, false) => "verify-timestamp-open",
        };
        let values = [("time", stamp.time.as_str()), ("tsa", stamp.tsa.as_str())];
        output::line(&format!("        {}", say(lang, id, &values)));
    }
    for finding in signature.remarks() {
        output::line(&format!("        {}", finding.message));
    }
    let changes = signature.change_words();
    for words in changes.iter().take(MAX_CHANGES) {
        output::line(&format!("        {words}"));
    }
    let more = changes.len().saturating_sub(MAX_CHANGES) + signature.changes_left_out;
    if more > 0 {
        let count = more.to_string();
        output::line(&format!(
            "        {}",
            say(lang, "verify-changes-more", &[("count", &count)])
        ));
    }
    output::line(&format!("        {}", etsi(signature)));
}
