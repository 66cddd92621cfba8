//! The times that the file proves: its timestamps, the newest first, each judged at the time that the later ones prove for it (EN 319 102-1, 5.6).
//!
//! A token that is not good proves nothing, whatever it says. No other time is put in its place.

use super::Finding;
use super::chain::{self, Chain, Question};
use super::file::Examination;
use super::integrity::{Content, Found};
use super::judge::{Basis, Checked, MAX_JUDGED, crypto};
use super::material::Material;
use crate::clock::Timestamp;
use crate::cms::SignedData;
use crate::der::{Certificate, oid};
use crate::trust::{self, Checks};
use crate::tsa::{self, TstInfo};
use std::time::Duration;

/// Most timestamps in one signature that are looked at.
const MAX_TOKENS: usize = 8;

/// How far the clocks of two authorities may differ before their times contradict each other.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// A time at which everything up to a revision is proven to have existed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proof {
    /// Counted from the newest.
    pub revision: usize,
    /// Then it existed.
    pub time: Timestamp,
}

/// One timestamp, judged.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// Full name of the field that it stands in.
    pub field: String,
    /// Over the document, in a field of its own; else over the signature value in the same field.
    pub is_document: bool,
    /// The revision of its field, counted from the newest.
    pub revision: usize,
    /// What it says.
    pub info: TstInfo,
    /// Whose it is, once its signature value proved it.
    pub certificate: Option<Certificate>,
    /// What is known of that certificate.
    pub chain: Option<Chain>,
    /// What stands against it; empty when it proves its time.
    pub findings: Vec<Finding>,
}

/// Every timestamp and what they prove together.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// Document timestamps, the newest first, then those in signatures.
    pub(super) stamps: Vec<Stamp>,
    /// Timestamps in signatures that were not judged: the revision of their signature, and why.
    pub(super) skipped: Vec<(usize, Finding)>,
    proofs: Vec<Proof>,
}

impl Stamp {
    /// Nothing stands against it: it proves its time.
    pub fn is_trusted(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Trail {
    /// Judges the timestamps of the file. `checked`: what each signature's own check gave.
    pub(super) fn follow(
        examination: &Examination<'_>,
        checked: &[Checked<'_>],
        material: &mut Material,
        basis: &Basis<'_>,
    ) -> Self {
        let mut trail = Self::default();
        material.prove(&[], basis.at);
        let mut documents: Vec<&Checked<'_>> = checked.iter().take(MAX_JUDGED).collect();
        documents.sort_by_key(|one| one.found.revision);
        for one in documents {
            let found = one.found;
            let (Ok(Content::Timestamp(cms, info)), Some(revision)) = (&found.content, found.revision) else {
                continue;
            };
            let fault = || one.findings.first().cloned().unwrap_or(Finding::TooMany);
            let certificate = one.certificate.cloned().ok_or_else(fault);
            let stamp = trail.judge(
                (found, revision, true),
                (cms, info.clone(), certificate),
                material,
                basis,
            );
            if stamp.is_trusted() {
                trail.proofs.push(Proof {
                    revision,
                    time: stamp.info.time,
                });
                material.prove(&trail.proofs, basis.at);
            }
            trail.stamps.push(stamp);
        }
        for found in examination.found.iter().take(MAX_JUDGED) {
            let (Ok(Content::Signature(cms)), Some(revision)) = (&found.content, found.revision) else {
                continue;
            };
            let Some(signer) = cms.signers.first() else { continue };
            let field = || found.signature.field.clone();
            if signer.timestamps().count() > MAX_TOKENS {
                trail
                    .skipped
                    .push((revision, Finding::TimestampsLeftOut { field: field() }));
            }
            for token in signer.timestamps().take(MAX_TOKENS) {
                let Some((token, info)) = read(token) else {
                    trail
                        .skipped
                        .push((revision, Finding::TimestampUnread { field: field() }));
                    continue;
                };
                let certificate = check((&token, &info), &signer.signature, &found.signature.field, basis.checks);
                let stamp = trail.judge((found, revision, false), (&token, info, certificate), material, basis);
                trail.stamps.push(stamp);
            }
        }
        trail
    }

    /// The earliest time at which what stands in `revision` is proven to have existed by document timestamps after it.
    pub(super) fn proven(&self, revision: usize) -> Option<Timestamp> {
        let later = self.proofs.iter().filter(|p| p.revision < revision);
        later.map(|p| p.time).min()
    }

    /// The timestamps that show when the signature in `field` existed: its own, and those over the document after it.
    pub(super) fn over<'t>(&'t self, field: &'t str, revision: usize) -> impl Iterator<Item = &'t Stamp> {
        self.stamps.iter().filter(move |stamp| match stamp.is_document {
            true => stamp.revision < revision,
            false => stamp.revision == revision && stamp.field == field,
        })
    }

    /// The latest time that is proven for what stands in `revision` not to be older than: by timestamps that it covers.
    pub(super) fn not_before(&self, revision: usize) -> Option<Timestamp> {
        let older = self.stamps.iter().filter(|s| s.revision > revision && s.is_trusted());
        older.map(|s| s.info.time).max()
    }

    fn judge(
        &self,
        (found, revision, is_document): (&Found, usize, bool),
        (cms, info, certificate): (&SignedData, TstInfo, Result<Certificate, Finding>),
        material: &Material,
        basis: &Basis<'_>,
    ) -> Stamp {
        let field = found.signature.field.clone();
        let mut findings = Vec::new();
        let mut known = None;
        let existed = self.proven(revision).unwrap_or(basis.at);
        if let Err(finding) = &certificate {
            findings.push(finding.clone());
        } else if info.time > existed.plus(CLOCK_TOLERANCE) {
            findings.push(Finding::TimestampOrder { field: field.clone() });
        }
        if let Ok(certificate) = &certificate {
            let question = Question::Authority(certificate, info.time, existed);
            let chain = chain::judge(question, &cms.certificates, material, basis);
            let mut faults = chain.findings.clone();
            faults.extend(out_of_bounds(certificate, info.time));
            faults.extend(crypto(cms, certificate, Some(info.imprint.digest), existed));
            findings.extend(Finding::of_trust(&field, faults, basis.anchors, chain.use_));
            known = Some(chain);
        }
        Stamp {
            field,
            is_document,
            revision,
            info,
            certificate: certificate.ok(),
            chain: known,
            findings,
        }
    }
}

/// A token says a time at which its TSA's certificate was not valid.
fn out_of_bounds(certificate: &Certificate, says: Timestamp) -> Option<trust::Finding> {
    let subject = certificate.subject().display();
    if says < certificate.not_before() {
        let from = certificate.not_before();
        return Some(trust::Finding::NotYetValid { subject, from });
    }
    let until = certificate.not_after();
    (says > until).then_some(trust::Finding::Expired { subject, until })
}

fn read(token: &[u8]) -> Option<(SignedData, TstInfo)> {
    let signed = SignedData::parse_foreign(token).ok()?;
    let content = signed
        .content
        .as_deref()
        .filter(|_| signed.content_type == oid::TST_INFO)?;
    let info = TstInfo::parse(content).ok()?;
    Some((signed, info))
}

/// Whether the token, which stands in `field`, is over this signature value and signed by a certificate for timestamps.
fn check(
    (token, info): (&SignedData, &TstInfo),
    signature: &[u8],
    field: &str,
    checks: &Checks,
) -> Result<Certificate, Finding> {
    let field = || field.to_owned();
    let wrong = |error| Finding::Timestamp { field: field(), error };
    if info.imprint.digest.digest(signature) != info.imprint.value {
        return Err(wrong(tsa::Error::ImprintMismatch));
    }
    let claim = token.claim_content().map_err(|error| wrong(tsa::Error::Cms(error)))?;
    match checks.value(&claim) {
        None => Err(Finding::Trust {
            field: field(),
            finding: trust::Finding::ChecksEnded,
        }),
        Some(Err(error)) => Err(wrong(tsa::Error::Cms(error.into()))),
        Some(Ok(())) if !tsa::is_for_timestamps(claim.certificate()) => Err(wrong(tsa::Error::Purpose)),
        Some(Ok(())) => Ok(claim.certificate().clone()),
    }
}
