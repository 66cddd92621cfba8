//! The verifier as a test asks it: bytes and the people whose certificates are anchors, a report back.

use super::repository;
use super::updates::Person;
use hankod::clock::Timestamp;
use hankod::pdf::Document;
use hankod::text::Lang;
use hankod::trust::{Anchors, Checks, Use};
use hankod::verify::hashing::Hashing;
use hankod::verify::judge::{Basis, Pieces, RevocationRule, Verdict};
use hankod::verify::report::FileReport;
use hankod::verify::{Finding, file};
use std::time::SystemTime;

/// Verifies `bytes`; the certificates of `trusted` are anchors.
pub(crate) fn verify(bytes: &[u8], trusted: &[&Person]) -> FileReport {
    let mut anchors = Anchors::new();
    for person in trusted {
        anchors.add(person.certificate().clone(), &[Use::Signers]);
    }
    verify_by(bytes, &anchors)
}

/// Verifies `bytes` now with these anchors, offline.
pub(crate) fn verify_by(bytes: &[u8], anchors: &Anchors) -> FileReport {
    let basis = Basis {
        anchors,
        at: Timestamp::from_system(SystemTime::now()),
        revocation: RevocationRule::Require,
        pieces: &Pieces::default(),
        asked: false,
        checks: &Checks::default(),
    };
    verify_on(bytes, &basis)
}

/// Verifies `bytes` on this basis.
pub(crate) fn verify_on(bytes: &[u8], basis: &Basis<'_>) -> FileReport {
    let opened = Document::open(bytes, None).map_err(Finding::from);
    let examined = opened.and_then(|document| Ok((file::examine(&document)?, document)));
    match examined {
        Err(finding) => FileReport::unexamined("x.pdf", &finding, Lang::Ja),
        Ok((examination, document)) => {
            let mut hashing = Hashing::new(examination.requests());
            bytes.chunks(64 * 1024).for_each(|piece| hashing.update(piece));
            let judgement = examination.judge(&hashing.finish(), basis);
            FileReport::new("x.pdf", &document, &judgement, Lang::Ja)
        }
    }
}

/// Holds the table in `docs/verification.md` to what is tried: so many of `what`.
pub(crate) fn counted(what: &str, count: usize) {
    let page = std::fs::read_to_string(repository("docs/verification.md")).unwrap();
    let row = format!("| {what} | {count} |");
    assert!(page.contains(&row), "docs/verification.md has no row `{row}`");
}

/// The attack files of a family that pass, or whose first line says 有効; empty when all are refused.
pub(crate) fn fooled(family: &str, attacks: &[(&'static str, Vec<u8>)], trusted: &[&Person]) -> Vec<&'static str> {
    counted(family, attacks.len());
    let passes = |bytes: &[u8]| {
        let report = verify(bytes, trusted);
        report.verdict == Verdict::TotalPassed || report.headline.ja.starts_with("有効")
    };
    attacks
        .iter()
        .filter(|(_, bytes)| passes(bytes))
        .map(|(name, _)| *name)
        .collect()
}

/// The good files of a kind that do not pass, with what was found; empty when all do.
pub(crate) fn refused(kind: &str, files: &[(&'static str, Vec<u8>)], trusted: &[&Person]) -> Vec<String> {
    counted(&format!("good: {kind}"), files.len());
    let complaint = |(name, bytes): &(&'static str, Vec<u8>)| {
        let report = verify(bytes, trusted);
        let passed = report.verdict == Verdict::TotalPassed && report.headline.ja.starts_with("有効");
        (!passed).then(|| format!("{name}: {}", serde_json::to_string(&report).unwrap()))
    };
    files.iter().filter_map(complaint).collect()
}
