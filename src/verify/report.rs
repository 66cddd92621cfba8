//! The report of a verification, as `--format json` and `POST /v1/verify` give it. Names are fixed; nothing is decided here.

use super::Finding;
use super::changes::What;
use super::changes::places::Places;
use super::changes::values::Look;
use super::headline::{self, Headline};
use super::judge::{Coverage, Judged, Judgement, SubIndication, Trust, Verdict};
use super::level::Level;
use crate::clock::Timestamp;
use crate::der::tlv::{self, Cursor};
use crate::der::{Certificate, ObjectIdentifier, SignatureAlgorithm, oid};
use crate::pdf::value::Value;
use crate::pdf::{self, Document};
use crate::text::{Explain, Lang, plain};
use serde::Serialize;
use std::collections::BTreeMap;

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

/// Who signed, as the certificate says.
#[derive(Clone, Debug, Serialize)]
pub struct SignerReport {
    /// Attribute by its short name; several of one kind are joined by `, `.
    pub subject: BTreeMap<String, String>,
    /// RFC 4514.
    pub issuer: String,
    /// Hexadecimal.
    pub serial: String,
    /// Of the certificate's DER, hexadecimal.
    pub sha256: String,
    /// RFC 3339.
    pub not_before: String,
    /// RFC 3339.
    pub not_after: String,
    /// What the certificate claims by qcStatements (ETSI EN 319 412-5); no trusted list was asked.
    pub qualified: Option<QualifiedReport>,
}

/// Claims of a certificate about itself (ETSI EN 319 412-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QualifiedReport {
    /// QcCompliance: issued as an EU qualified certificate.
    pub compliance: bool,
    /// QcSSCD: its key lies in a qualified signature creation device.
    pub secure_device: bool,
}

/// One timestamp.
#[derive(Clone, Debug, Serialize)]
pub struct TimestampReport {
    /// Where it stands.
    pub kind: TimestampKind,
    /// What it says, RFC 3339.
    pub time: String,
    /// The TSA's name.
    pub tsa: String,
    /// SHA-256 of the TSA's certificate, hexadecimal; absent when nothing proves whose it is.
    pub tsa_sha256: Option<String>,
    /// The TSA's policy, dotted.
    pub policy: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// It is about these very bytes, and its signature value holds.
    pub intact: bool,
    /// Its TSA leads to an anchor and was good: it proves a time.
    pub trusted: bool,
    /// Why it proves none.
    pub sub_indication: Option<SubIndication>,
    /// Faults and remarks.
    pub findings: Vec<FindingReport>,
}

/// Where a timestamp stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimestampKind {
    /// Over the signature value, in the signature.
    SignatureTimestamp,
    /// Over the document, in a field of its own.
    DocumentTimestamp,
}

/// What is known about the revocation of one certificate.
#[derive(Clone, Debug, Serialize)]
pub struct RevocationReport {
    /// The certificate's name.
    pub subject: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
    /// Why it matters.
    pub role: Role,
    /// The answer.
    pub status: RevocationStatus,
    /// Where the answer comes from; absent when there is none.
    pub source: Option<RevocationSource>,
    /// When the data was issued, RFC 3339.
    pub this_update: Option<String>,
    /// Until when it is current, RFC 3339.
    pub next_update: Option<String>,
    /// Since when it is revoked, RFC 3339; with the status `good`: it was revoked after the signature.
    pub revoked_at: Option<String>,
    /// In the language of the report, unless it is good.
    pub message: Option<String>,
}

/// The part that a certificate has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Signed the document.
    Signer,
    /// Signed a timestamp.
    Tsa,
    /// Issued certificates.
    Ca,
    /// Signed an OCSP answer.
    Responder,
}

/// Whether a certificate was revoked at the moment in question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationStatus {
    /// It was not.
    Good,
    /// It was.
    Revoked,
    /// 失効情報なし
    Unknown,
}

/// Kinds of revocation data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RevocationSource {
    /// An OCSP answer (RFC 6960).
    Ocsp,
    /// A certificate revocation list (RFC 5280).
    Crl,
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
        let mut places = Places::new(document);
        Self {
            name: plain(name),
            sha256: None,
            headline: headline::of(judgement),
            verdict: judgement.verdict,
            revisions: judgement.revisions,
            problems: judgement.problems.iter().map(|p| problem(p, lang)).collect(),
            signatures: judgement
                .signatures
                .iter()
                .map(|s| signature(s, &mut places, lang))
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

fn signature(judged: &Judged<'_>, places: &mut Places<'_, '_>, lang: Lang) -> SignatureReport {
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
        trusted: judged.trust == Trust::Trusted,
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
            .map(|(change, allowed)| ChangeReport::new(change, *allowed, places, lang))
            .collect(),
        changes_left_out: judged.changes.len().saturating_sub(MAX_CHANGES),
        docmdp: judged.found.signature.docmdp,
        signer: judged.certificate.map(signer),
        claimed_time: claimed.map(Timestamp::rfc3339),
        best_signature_time: None,
        algorithm: judged.found.cms().map(|cms| algorithm(cms, judged.certificate)),
        timestamps: Vec::new(),
        revocation: Vec::new(),
        findings: judged
            .findings
            .iter()
            .map(|finding| FindingReport {
                code: finding.code(),
                severity: match judged.verdict {
                    Verdict::TotalFailed if !matches!(finding, Finding::NotTrusted { .. }) => Severity::Error,
                    _ => Severity::Warning,
                },
                message: finding.explain(lang),
            })
            .collect(),
    }
}

fn signer(certificate: &Certificate) -> SignerReport {
    let mut subject: BTreeMap<String, String> = BTreeMap::new();
    for attribute in certificate.subject().attributes() {
        let value = subject.entry(attribute.label()).or_default();
        if !value.is_empty() {
            value.push_str(", ");
        }
        value.push_str(&attribute.shown());
    }
    SignerReport {
        subject,
        issuer: certificate.issuer().rfc4514(),
        serial: certificate.serial_hex(),
        sha256: certificate.sha256_hex(),
        not_before: certificate.not_before().rfc3339(),
        not_after: certificate.not_after().rfc3339(),
        qualified: qualified(certificate),
    }
}

fn qualified(certificate: &Certificate) -> Option<QualifiedReport> {
    let value = certificate.extensions().qc_statements.as_ref()?;
    let mut report = QualifiedReport {
        compliance: false,
        secure_device: false,
    };
    let mut list = Cursor::new(value).take(tlv::SEQUENCE).ok()?.cursor();
    while let Ok(statement) = list.take(tlv::SEQUENCE) {
        let id = statement.cursor().take(tlv::OBJECT_IDENTIFIER).ok();
        let id = id.and_then(|id| ObjectIdentifier::from_bytes(id.value).ok());
        report.compliance |= id == Some(oid::QC_COMPLIANCE);
        report.secure_device |= id == Some(oid::QC_SSCD);
    }
    Some(report)
}

fn algorithm(cms: &crate::cms::SignedData, certificate: Option<&Certificate>) -> AlgorithmReport {
    let signer = cms.signers.first();
    AlgorithmReport {
        digest: cms.digest().ok().map(|digest| digest.name()),
        signature: signer.map(|signer| {
            let known = SignatureAlgorithm::from_identifier(&signer.signature_algorithm);
            known.map_or_else(|_| signer.signature_algorithm.oid.to_string(), SignatureAlgorithm::name)
        }),
        key_bits: certificate.and_then(|c| c.key().bits()),
    }
}
