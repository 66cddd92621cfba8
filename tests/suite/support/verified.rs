//! The verifier as a test asks it: bytes and the people whose certificates are trusted, a report back.

use super::updates::Person;
use hankod::pdf::Document;
use hankod::text::Lang;
use hankod::verify::hashing::Hashing;
use hankod::verify::judge::{Trust, TrustEvidence, Verdict};
use hankod::verify::report::FileReport;
use hankod::verify::{Finding, file};

/// Verifies `bytes`; the certificates of `trusted` lead to an anchor.
pub(crate) fn verify(bytes: &[u8], trusted: &[&Person]) -> FileReport {
    let trust: TrustEvidence = trusted
        .iter()
        .map(|p| (*p.certificate().sha256(), Trust::Trusted))
        .collect();
    verify_by(bytes, &trust)
}

/// Verifies `bytes` with this trust.
pub(crate) fn verify_by(bytes: &[u8], trust: &TrustEvidence) -> FileReport {
    let opened = Document::open(bytes, None).map_err(Finding::from);
    let examined = opened.and_then(|document| Ok((file::examine(&document)?, document)));
    match examined {
        Err(finding) => FileReport::unexamined("x.pdf", &finding, Lang::Ja),
        Ok((examination, document)) => {
            let mut hashing = Hashing::new(examination.requests());
            bytes.chunks(64 * 1024).for_each(|piece| hashing.update(piece));
            let judgement = examination.judge(&hashing.finish(), trust);
            FileReport::new("x.pdf", &document, &judgement, Lang::Ja)
        }
    }
}

/// The attack files that pass, or whose first line says 有効; empty when all are refused.
pub(crate) fn fooled(attacks: &[(&'static str, Vec<u8>)], trusted: &[&Person]) -> Vec<&'static str> {
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

/// The good files that do not pass, with what was found; empty when all do.
pub(crate) fn refused(files: &[(&'static str, Vec<u8>)], trusted: &[&Person]) -> Vec<String> {
    let complaint = |(name, bytes): &(&'static str, Vec<u8>)| {
        let report = verify(bytes, trusted);
        let passed = report.verdict == Verdict::TotalPassed && report.headline.ja.starts_with("有効");
        (!passed).then(|| format!("{name}: {}", serde_json::to_string(&report).unwrap()))
    };
    files.iter().filter_map(complaint).collect()
}
