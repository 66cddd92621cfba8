//! The check of an extension: whether a signed file to which hankod added evidence may leave, and whether a file is whole enough to get some.
//!
//! Demanded: the original bytes are an exact prefix; after them stand only validation data and document timestamps that are intact. Not asked: trust,
//! revocation, time. Hashes nothing itself.

use super::Finding;
use super::file::{self, Examination};
use super::hashing::DigestRequest;
use super::release::{Original, ends_at};
use super::rules::Rules;
use crate::der::{Certificate, DigestAlgorithm};
use crate::pdf::Document;
use crate::trust::Checks;

/// The finished file's evidence, and what must be hashed to judge it.
pub struct Plan<'a> {
    examination: Examination<'a>,
    /// Index of the original's last revision, counted from the newest.
    base: usize,
    requests: Vec<DigestRequest>,
}

impl Plan<'_> {
    /// What [`super::hashing::Hashing`] must be asked, over the bytes of the finished file as they stand on disk.
    pub fn requests(&self) -> &[DigestRequest] {
        &self.requests
    }
}

/// The certificates of the file's signatures and timestamps, in the order of [`Examination::signatures`]. `digests`: the answers to
/// [`Examination::requests`].
///
/// # Errors
/// What stands against the signatures and what was changed after them, trust left aside: such a file gets no evidence.
pub fn signers<'e>(
    examination: &'e Examination<'_>,
    digests: &[Option<Vec<u8>>],
) -> Result<Vec<&'e Certificate>, Vec<Finding>> {
    let (mut faults, mut certificates) = (Vec::new(), Vec::new());
    let checks = Checks::default();
    for at in 0..examination.found.len() {
        let checked = examination.check(at, digests, &checks);
        let is_fault = |finding: &Finding| !matches!(finding, Finding::AppearanceUnread { .. });
        faults.extend(checked.findings.into_iter().filter(is_fault));
        certificates.extend(checked.certificate);
    }
    if faults.is_empty() {
        Ok(certificates)
    } else {
        Err(faults)
    }
}

/// Examines the finished file and says what must be hashed.
///
/// # Errors
/// No revision after the original, or a file that cannot be examined.
pub fn plan<'a>(document: &Document<'a>, original: &Original) -> Result<Plan<'a>, Finding> {
    let examination = file::examine(document)?;
    let mut revisions = examination.revisions().iter();
    let base = revisions.position(|revision| ends_at(document, revision, original.bytes));
    let base = base.filter(|at| *at > 0).ok_or(Finding::OriginalEnd)?;
    let mut requests = vec![DigestRequest {
        algorithm: DigestAlgorithm::Sha256,
        first_end: original.bytes,
        second: original.bytes..original.bytes,
    }];
    requests.extend(examination.requests().iter().cloned());
    Ok(Plan {
        examination,
        base,
        requests,
    })
}

/// Judges the finished file. `digests`: the answers to [`Plan::requests`], in their order.
///
/// # Errors
/// Every fault found; the file must not leave.
pub fn check(original: &Original, plan: &Plan<'_>, digests: &[Option<Vec<u8>>]) -> Result<(), Vec<Finding>> {
    let (first, rest) = digests.split_first().unwrap_or((&None, &[]));
    let mut findings = Vec::new();
    if first.as_deref() != Some(&original.sha256) {
        findings.push(Finding::OriginalChanged);
    }
    findings.extend(signers(&plan.examination, rest).err().unwrap_or_default());
    let evidence = Rules::evidence_only();
    for at in 0..plan.base {
        // Updates are compared from the oldest signature on: a file without one gets no evidence.
        match plan.examination.updates.get(at) {
            Some(Ok(changes)) => {
                let others = changes.iter().filter(|change| !evidence.allow(change));
                findings.extend(others.cloned().map(Finding::ChangeForbidden));
            }
            Some(Err(finding)) => findings.push(finding.clone()),
            None => findings.push(Finding::NoSignature),
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}
