//! The report of a verification, as `--format json` and `POST /v1/verify` give it. Names are fixed; nothing is decided here.

use super::Finding;
use super::changes::What;
use super::changes::values::Look;
use super::headline::{self, Headline};
use super::judge::{Coverage, Judged, Judgement, SubIndication, Verdict};
use super::level::Level;
use super::words::Teller;
use crate::clock::Timestamp;
use crate::der::{Certificate, SignatureAlgorithm};
use crate::pdf::value::Value;
use crate::pdf::{self, Document};
use crate::text::{Explain, Lang, plain, say};
use serde::Serialize;

mod trust;

pub use trust::{
    QualifiedReport, RevocationReport, RevocationSource, RevocationStatus, Role, SignerReport, TimestampKind,
    TimestampReport,
};

/// Most changes that are told of one signature; `changes_left_out` counts the others.
pub const MAX_CHANGES: usize = 500;

/// One file.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// As the caller named it.
    pub name: String,
    /// Hexadecimal SHA-256 of the file, where whoever verified it hashed all of it.
    pub sha256: Option<String>,
    /// For people: verdict, why, what to do.
    pub headline: Headline,
    /// The worst of its signatures.
    pub verdict: Verdict,
    /// How many revisions it has; 0 when it could not be opened.
    pub revisions: usize,
    /// What concerns the file.
    pub problems: Vec<Problem>,
    /// Addresses in certificates that were asked and gave nothing.
    pub not_fetched: Vec<NotFetched>,
    /// Oldest first.
    pub signatures: Vec<SignatureReport>,
}

/// A fault of the file.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// Stable name.
    pub code: &'static str,
    /// In the language of the report.
    pub message: String,
}

/// An address in a certificate that gave no issuer or revocation data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NotFetched {
    /// The address, neutralised for display.
    pub address: String,
    /// Stable name of the cause, or the HTTP status.
    pub cause: String,
    /// The same in words, in the language of the report.
    pub message: String,
}

impl NotFetched {
    /// Of an address and why it gave nothing.
    pub fn new(address: &str, cause: String, lang: Lang) -> Self {
        let address = plain(address);
        let message = say(lang, "verify-not-fetched", &[("address", &address), ("cause", &cause)]);
        Self {
            address,
            cause,
            message,
        }
    }
}

/// One signature or document timestamp.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureReport {
    /// Full name of its field.
    pub field: String,
    /// Which of the two.
    pub kind: Kind,
    /// Its indication.
    pub verdict: Verdict,
    /// And why, unless it passed.
    pub sub_indication: Option<SubIndication>,
    /// By the evidence that is there.
    pub level: Level,
    /// Digest and signature value hold.
    pub intact: bool,
    /// Its certificate leads to an anchor.
    pub trusted: bool,
    /// What it covers.
    pub coverage: Coverage,
    /// The sum of `change_list`.
    pub changes: Changes,
    /// Everything that later updates changed.
    pub change_list: Vec<ChangeReport>,
    /// How many more there are than the first [`MAX_CHANGES`].
    pub changes_left_out: usize,
    /// What it allows to change, when it says so (ISO 32000-2, Table 257).
    pub docmdp: Option<u8>,
    /// Who signed; absent when nothing proves it.
    pub signer: Option<SignerReport>,
    /// The time that the signer's machine wrote, RFC 3339.
    pub claimed_time: Option<String>,
    /// The earliest time at which it is proven to have existed, RFC 3339.
    pub best_signature_time: Option<String>,
    /// By which algorithms.
    pub algorithm: Option<AlgorithmReport>,
    /// Timestamps that show when it existed: in the signature itself, and over the document.
    pub timestamps: Vec<TimestampReport>,
    /// What is known about the revocation of each certificate that the judgement rests on.
    pub revocation: Vec<RevocationReport>,
    /// Faults and remarks.
    pub findings: Vec<FindingReport>,
}

/// Signature or document timestamp.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Somebody's signature.
    Signature,
    /// A timestamp over the document.
    DocumentTimestamp,
}

/// The sum of all later changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changes {
    /// Nothing follows.
    None,
    /// Only what may.
    Allowed,
    /// Something that may not.
    Forbidden,
}

/// One change.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeReport {
    /// Its kind.
    pub what: What,
    /// Page number from 1.
    pub page: Option<u64>,
    /// Full name of the field.
    pub field: Option<String>,
    /// The object, as PDF refers to it, and the part of it.
    pub object: String,
    /// What stood there before, where it has words.
    pub old: Option<String>,
    /// What stands there now.
    pub new: Option<String>,
    /// What became of its drawing.
    pub appearance: Option<Look>,
    /// Whether the signature allows it.
    pub allowed: bool,
    /// The same in words, in the language of the report.
    pub message: String,
}

/// Algorithms of a signature.
#[derive(Clone, Debug, Serialize)]
pub struct AlgorithmReport {
    /// Of the document.
    pub digest: Option<&'static str>,
    /// Of the signature value.
    pub signature: Option<String>,
    /// Length of the key.
    pub key_bits: Option<u32>,
}

/// A fault or remark.
#[derive(Clone, Debug, Serialize)]
pub struct FindingReport {
    /// Stable name.
    pub code: &'static str,
    /// How grave.
    pub severity: Severity,
    /// In the language of the report.
    pub message: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Fails the signature.
    Error,
    /// Leaves it open.
    Warning,
    /// Good to know; decides nothing.
    Info,
}

impl FileReport {
    /// Of a judged file.
    pub fn new(name: &str, document: &Document<'_>, judgement: &Judgement<'_>, lang: Lang) -> Self {
        let mut teller = Teller::new(document, lang);
        Self {
            name: plain(name),
            sha256: None,
            headline: headline::of(judgement),
            verdict: judgement.verdict,
            revisions: judgement.revisions,
            problems: judgement.problems.iter().map(|p| problem(p, lang)).collect(),
            not_fetched: Vec::new(),
            signatures: judgement
                .signatures
                .iter()
                .map(|s| signature(s, &mut teller, lang))
                .collect(),
        }
    }

    /// Of a file that cannot be examined: what departs from the standard has failed, what cannot be opened is open.
    pub fn unexamined(name: &str, finding: &Finding, lang: Lang) -> Self {
        let verdict = match finding {
            Finding::Pdf(error) if !is_damage(error) => Verdict::Indeterminate,
            _ => Verdict::TotalFailed,
        };
        Self {
            name: plain(name),
            sha256: None,
            headline: headline::of_unexamined(verdict),
            verdict,
            revisions: 0,
            problems: vec![problem(finding, lang)],
            not_fetched: Vec::new(),
            signatures: Vec::new(),
        }
    }
}

/// Faults that no writer makes and no reader cures; the others are formats, passwords and limits.
fn is_damage(error: &pdf::Error) -> bool {
    use pdf::Error as E;
    matches!(
        error,
        E::Damaged { .. } | E::DuplicateKey { .. } | E::XrefLoop | E::DecoderBomb | E::IdentityFilter
    )
}

fn problem(finding: &Finding, lang: Lang) -> Problem {
    Problem {
        code: finding.code(),
        message: finding.explain(lang),
    }
}

fn signature<'e>(judged: &Judged<'e>, teller: &mut Teller<'_, '_, 'e>, lang: Lang) -> SignatureReport {
    let dict = &judged.found.signature.dict;
    let claimed = dict
        .get("M")
        .and_then(Value::as_text)
        .and_then(|date| Timestamp::parse_pdf_date(&date));
    SignatureReport {
        field: plain(&judged.found.signature.field),
        kind: match judged.is_timestamp() {
            true => Kind::DocumentTimestamp,
            false => Kind::Signature,
        },
        verdict: judged.verdict,
        sub_indication: judged.sub_indication,
        level: judged.level,
        intact: judged.intact,
        trusted: judged.trusted,
        coverage: judged.coverage,
        changes: match judged.changes.as_slice() {
            _ if judged.is_changed() => Changes::Forbidden,
            [] => Changes::None,
            _ => Changes::Allowed,
        },
        change_list: judged
            .changes
            .iter()
            .take(MAX_CHANGES)
            .map(|(change, allowed)| teller.tell(change, *allowed))
            .collect(),
        changes_left_out: judged.changes.len().saturating_sub(MAX_CHANGES),
        docmdp: judged.found.signature.docmdp,
        signer: judged.certificate.map(trust::signer),
        claimed_time: claimed.map(Timestamp::rfc3339),
        best_signature_time: judged.best_time.map(Timestamp::rfc3339),
        algorithm: judged.found.cms().map(|cms| algorithm(cms, judged.certificate)),
        timestamps: trust::timestamps(judged, lang),
        revocation: trust::revocation(judged, lang),
        findings: findings(judged, lang),
    }
}

fn findings(judged: &Judged<'_>, lang: Lang) -> Vec<FindingReport> {
    let faults = judged
        .findings
        .iter()
        .map(|finding| match judged.indication(finding).0 {
            Verdict::TotalFailed => (finding, Severity::Error),
            Verdict::Indeterminate | Verdict::TotalPassed => (finding, Severity::Warning),
        });
    let notes = judged.notes.iter().map(|note| (note, Severity::Info));
    faults
        .chain(notes)
        .map(|(finding, severity)| said(finding, severity, lang))
        .collect()
}

fn said(finding: &Finding, severity: Severity, lang: Lang) -> FindingReport {
    FindingReport {
        code: finding.code(),
        severity,
        message: finding.explain(lang),
    }
}

fn algorithm(cms: &crate::cms::SignedData, certificate: Option<&Certificate>) -> AlgorithmReport {
    let signer = cms.signers.first();
    AlgorithmReport {
        digest: cms.digest().ok().map(|digest| digest.name()),
        signature: signer.map(|signer| {
            let known = signer.algorithm();
            known.map_or_else(|_| signer.signature_algorithm.oid.to_string(), SignatureAlgorithm::name)
        }),
        key_bits: certificate.and_then(|c| c.key().bits()),
    }
}
