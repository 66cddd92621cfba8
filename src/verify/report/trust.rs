//! The part of a report about certificates: who signed, which timestamps prove a time, what is known about revocation. Nothing is decided here.

use super::{FindingReport, Severity, said};
use crate::clock::Timestamp;
use crate::der::tlv::{self, Cursor};
use crate::der::{Certificate, ObjectIdentifier, oid};
use crate::text::{Explain, Lang, plain};
use crate::trust::revocation::{self, Link, Status};
use crate::trust::{SubIndication, Use};
use crate::verify::chain::Chain;
use crate::verify::judge::Judged;
use crate::verify::trail::Stamp;
use serde::Serialize;
use std::collections::BTreeMap;

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
    /// Full name of the field that it stands in.
    pub field: String,
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
    /// The moment in question, RFC 3339.
    pub at: String,
    /// The answer.
    pub status: RevocationStatus,
    /// Where the answer comes from; absent when there is none.
    pub source: Option<RevocationSource>,
    /// When the data was issued, RFC 3339.
    pub this_update: Option<String>,
    /// Until when it is current, RFC 3339.
    pub next_update: Option<String>,
    /// Since when it is revoked, RFC 3339; with the status `good`: it was revoked after the moment in question.
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

pub(super) fn timestamps(judged: &Judged<'_>, lang: Lang) -> Vec<TimestampReport> {
    judged
        .stamps
        .iter()
        .map(|stamp| timestamp(stamp, judged, lang))
        .collect()
}

fn timestamp(stamp: &Stamp, judged: &Judged<'_>, lang: Lang) -> TimestampReport {
    let decisive = stamp.findings.first().map(|finding| judged.indication(finding).1);
    let named = |tsa: &Certificate| tsa.subject().display();
    TimestampReport {
        kind: match stamp.is_document {
            true => TimestampKind::DocumentTimestamp,
            false => TimestampKind::SignatureTimestamp,
        },
        field: plain(&stamp.field),
        time: stamp.info.time.rfc3339(),
        tsa: stamp.certificate.as_ref().map(named).unwrap_or_default(),
        tsa_sha256: stamp.certificate.as_ref().map(Certificate::sha256_hex),
        policy: stamp.info.policy.to_string(),
        serial: hex::encode(&stamp.info.serial),
        intact: stamp.certificate.is_some(),
        trusted: stamp.is_trusted(),
        sub_indication: decisive,
        findings: stamp
            .findings
            .iter()
            .map(|finding| said(finding, Severity::Warning, lang))
            .collect(),
    }
}

/// Each certificate once, the signer's chain first.
pub(super) fn revocation(judged: &Judged<'_>, lang: Lang) -> Vec<RevocationReport> {
    let mut told: Vec<RevocationReport> = Vec::new();
    let chains = judged
        .chain
        .iter()
        .chain(judged.stamps.iter().filter_map(|stamp| stamp.chain.as_ref()));
    for chain in chains {
        for link in &chain.links {
            let one = known(link, chain, lang);
            let same = |other: &RevocationReport| other.sha256 == one.sha256 && other.at == one.at;
            if !told.iter().any(same) {
                told.push(one);
            }
        }
    }
    told
}

fn known(link: &Link, chain: &Chain, lang: Lang) -> RevocationReport {
    let proof = match &link.status {
        Status::Good(proof) => Some(proof),
        Status::Revoked { .. } | Status::Unknown(_) => None,
    };
    let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
    RevocationReport {
        subject: link.certificate.subject().display(),
        sha256: link.certificate.sha256_hex(),
        role: match () {
            () if link.certificate == chain.certificate && chain.use_ == Use::Signers => Role::Signer,
            () if link.certificate == chain.certificate => Role::Tsa,
            () if link.is_ca => Role::Ca,
            () => Role::Responder,
        },
        at: chain.at.rfc3339(),
        status: match link.status {
            Status::Good(_) => RevocationStatus::Good,
            Status::Revoked { .. } => RevocationStatus::Revoked,
            Status::Unknown(_) => RevocationStatus::Unknown,
        },
        source: proof.map(|proof| match proof.is_ocsp {
            true => RevocationSource::Ocsp,
            false => RevocationSource::Crl,
        }),
        this_update: time(proof.map(|proof| proof.this_update)),
        next_update: time(proof.and_then(|proof| proof.next_update)),
        revoked_at: match &link.status {
            Status::Revoked { at, .. } => time(Some(*at)),
            Status::Good(proof) => time(proof.revoked_later),
            Status::Unknown(_) => None,
        },
        message: revocation::findings(std::slice::from_ref(link))
            .first()
            .map(|finding| finding.explain(lang)),
    }
}

pub(super) fn signer(certificate: &Certificate) -> SignerReport {
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
