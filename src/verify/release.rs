//! The release check: whether a file that hankod has just signed may leave.
//!
//! Demanded: the original bytes are an exact prefix; one new signature, intact over everything but its /Contents; before it only what earlier signatures allow,
//! after it only validation data and document timestamps. Not asked: trust, revocation, time. Shares no code with the signer; hashes nothing itself.

use super::evidence::{self, Signature};
use super::hashing::DigestRequest;
use super::placement::{self, Placement};
use super::rules::Rules;
use super::{Finding, changes};
use crate::cms::SignedData;
use crate::der::{Certificate, DigestAlgorithm};
use crate::pdf::{Document, Revision, tiling};

/// What was to be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Original {
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// The new signature as found, and what must be hashed to judge it.
#[derive(Debug)]
pub struct Plan {
    signature: Signature,
    placement: Placement,
    cms: SignedData,
    /// Newest first, down to the original's last.
    revisions: Vec<Revision>,
    requests: Vec<DigestRequest>,
}

/// A file that may leave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Released {
    /// Full name of the new signature's field.
    pub field: String,
    /// The signer's certificate.
    pub certificate: Certificate,
    /// /ByteRange's hole and end were checked; this is the end of the signed revision.
    pub signed_end: u64,
}

impl Plan {
    /// What [`super::hashing::Hashing`] must be asked, over the bytes of the finished file as they stand on disk.
    pub fn requests(&self) -> &[DigestRequest] {
        &self.requests
    }
}

/// Finds the new signature in the finished file and says what must be hashed.
///
/// # Errors
/// The first fault that leaves nothing to hash: no revision after the original, not exactly one new signature, its dictionary, /ByteRange, /Contents.
pub fn plan(document: &Document<'_>, original: &Original) -> Result<Plan, Finding> {
    let mut revisions = document.revisions()?;
    let base = revisions
        .iter()
        .position(|r| ends_at(document, r, original.bytes))
        .filter(|at| *at > 0);
    let base = base.ok_or(Finding::OriginalEnd)?;
    revisions.truncate(base + 1);
    let signature = new_signature(document, &revisions)?;
    let placement = placement::find(document, &signature, &revisions[base - 1])?;
    let cms_error = |error| Finding::Cms {
        field: signature.field.clone(),
        error,
    };
    let cms = SignedData::parse(&placement.contents).map_err(cms_error)?;
    let algorithm = cms.digest().map_err(cms_error)?;
    let requests = vec![
        DigestRequest {
            algorithm: DigestAlgorithm::Sha256,
            first_end: original.bytes,
            second: original.bytes..original.bytes,
        },
        DigestRequest {
            algorithm,
            first_end: placement.hole.start,
            second: placement.hole.end..placement.end,
        },
    ];
    Ok(Plan {
        signature,
        placement,
        cms,
        revisions,
        requests,
    })
}

/// Judges the finished file. `digests`: the answers to [`Plan::requests`], in their order.
///
/// # Errors
/// Every fault found; the file must not leave.
pub fn check(
    document: &Document<'_>,
    original: &Original,
    plan: &Plan,
    digests: &[Option<Vec<u8>>],
) -> Result<Released, Vec<Finding>> {
    let digest = |at: usize| digests.get(at).cloned().flatten().unwrap_or_default();
    let mut findings = Vec::new();
    if digest(0) != original.sha256 {
        findings.push(Finding::OriginalChanged);
    }
    let field = plan.signature.field.clone();
    let verified = plan.cms.verify_signer(&digest(1)).map_err(|error| Finding::Cms {
        field: field.clone(),
        error,
    });
    if let Err(finding) = judge_changes(document, &plan.revisions, &mut findings) {
        findings.push(finding);
    }
    match verified {
        Ok(certificate) if findings.is_empty() => Ok(Released {
            field,
            certificate: certificate.clone(),
            signed_end: plan.placement.end,
        }),
        Ok(_) => Err(findings),
        Err(finding) => {
            findings.push(finding);
            Err(findings)
        }
    }
}

/// The original's last byte is the revision's last, or white space behind its `%%EOF`.
fn ends_at(document: &Document<'_>, revision: &Revision, bytes: u64) -> bool {
    let end = usize::try_from(bytes).unwrap_or(usize::MAX);
    let behind = document.data().get(revision.marker..end);
    behind.is_some_and(|rest| rest.iter().all(|b| crate::pdf::lex::is_white(*b)))
}

/// The one signature that the first new revision has and the original has not.
fn new_signature(document: &Document<'_>, revisions: &[Revision]) -> Result<Signature, Finding> {
    let at = |index: usize| -> Result<Vec<Signature>, Finding> {
        let view = document.at_revision(&revisions[index]);
        evidence::signatures(&view, &evidence::fields(&view)?)
    };
    let base = revisions.len() - 1;
    let before = at(base)?;
    let mut new = at(base - 1)?;
    new.retain(|signature| !before.iter().any(|b| b.field_id == signature.field_id));
    let count = new.len();
    let signature = new.pop().filter(|_| count == 1).ok_or(Finding::SignatureCount(count))?;
    let dict = &signature.dict;
    let part = match () {
        () if !dict.is("SubFilter", "ETSI.CAdES.detached") => Some("/SubFilter"),
        () if !dict.is("Filter", "Adobe.PPKLite") => Some("/Filter"),
        () if dict.get("Type").is_some() && !dict.is("Type", "Sig") => Some("/Type"),
        // The certificates stand in the CMS alone (EN 319 142-1, 6.3).
        () if dict.get("Cert").is_some() => Some("/Cert"),
        () => None,
    };
    match part {
        Some(part) => Err(Finding::SignatureMalformed {
            field: signature.field,
            part,
        }),
        None => Ok(signature),
    }
}

/// Update by update: the signing one by the rules of the earlier signatures, later ones as evidence only.
fn judge_changes(document: &Document<'_>, revisions: &[Revision], findings: &mut Vec<Finding>) -> Result<(), Finding> {
    let signing = revisions.len() - 2;
    for at in (0..=signing).rev() {
        let (newer, older) = (&revisions[at], &revisions[at + 1]);
        let objects = tiling::tile(document, newer, older)?;
        let (new, old) = (document.at_revision(newer), document.at_revision(older));
        let rules = if at == signing {
            Rules::after(&evidence::signatures(&old, &evidence::fields(&old)?)?)
        } else {
            Rules::evidence_only()
        };
        let changes = changes::between(&old, &new, &objects)?;
        findings.extend(
            changes
                .into_iter()
                .filter(|c| !rules.allow(c))
                .map(Finding::ChangeForbidden),
        );
    }
    Ok(())
}
