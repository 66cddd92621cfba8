//! The release check: whether a file that hankod has just signed may leave.
//!
//! Demanded: the original bytes are an exact prefix; one new signature, intact over everything but its /Contents; before it only what earlier signatures allow,
//! after it only validation data and intact document timestamps. Not asked: trust, revocation, time. Shares no code with the signer; hashes nothing itself.

use super::Finding;
use super::changes::Change;
use super::evidence::{Lock, Signature};
use super::file::{self, Examination};
use super::hashing::DigestRequest;
use super::integrity::Found;
use super::rules::Rules;
use crate::cms::SignedData;
use crate::der::{Certificate, DigestAlgorithm};
use crate::pdf::{Document, Revision};
use crate::trust::{self, Checks};

/// What was to be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Original {
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// The finished file's evidence, and what must be hashed to judge it.
pub struct Plan<'a> {
    examination: Examination<'a>,
    /// Index of the new signature in the examination.
    new: usize,
    /// Index of the original's last revision, counted from the newest.
    base: usize,
    /// What the signing update changed.
    signing: Vec<Change>,
    /// The new signature's CMS, read as DER: hankod writes nothing else.
    cms: SignedData,
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
    /// Revisions behind the original: the signed one, then those of evidence.
    pub revisions: usize,
    /// What the signing update changed; all of it is allowed by the signatures before it.
    pub changes: Vec<Change>,
    /// What may change after the new signature, where it says so (Table 257).
    pub docmdp: Option<u8>,
    /// Fields that it locks.
    pub locks: Vec<Lock>,
}

impl Released {
    /// Whether the signature that was found is the one that was meant: in this field, by the certificate with this SHA-256.
    ///
    /// # Errors
    /// What differs; the file must not leave.
    pub fn as_meant(self, field: &str, certificate: &[u8; 32]) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        if self.field != field {
            let field = self.field.clone();
            findings.push(Finding::OtherField { field });
        }
        if self.certificate.sha256() != certificate {
            let field = self.field.clone();
            findings.push(Finding::OtherCertificate { field });
        }
        match findings.is_empty() {
            true => Ok(self),
            false => Err(findings),
        }
    }
}

impl Plan<'_> {
    /// What [`super::hashing::Hashing`] must be asked, over the bytes of the finished file as they stand on disk.
    pub fn requests(&self) -> &[DigestRequest] {
        &self.requests
    }
}

/// Examines the finished file, finds the new signature and says what must be hashed.
///
/// # Errors
/// The first fault that leaves nothing to hash: no revision after the original, not exactly one new signature, its dictionary, /ByteRange, /Contents.
pub fn plan<'a>(document: &Document<'a>, original: &Original) -> Result<Plan<'a>, Finding> {
    let examination = file::examine(document)?;
    let base = examination
        .revisions()
        .iter()
        .position(|r| ends_at(document, r, original.bytes))
        .filter(|at| *at > 0);
    let base = base.ok_or(Finding::OriginalEnd)?;
    let new = new_signature(&examination, base)?;
    let found = &examination.found[new];
    let placement = found.placement.as_ref().map_err(Clone::clone)?;
    let cms = SignedData::parse(&placement.contents).map_err(|error| Finding::Cms {
        field: found.signature.field.clone(),
        error,
    })?;
    let signing = match examination.updates.get(base - 1) {
        Some(update) => update.clone()?,
        // The first signature of all: nothing before it asks what its own update changes.
        None => file::compare(
            document,
            &examination.revisions()[base - 1],
            &examination.revisions()[base],
        )?,
    };
    let mut requests = vec![DigestRequest {
        algorithm: DigestAlgorithm::Sha256,
        first_end: original.bytes,
        second: original.bytes..original.bytes,
    }];
    requests.extend(examination.requests().iter().cloned());
    Ok(Plan {
        examination,
        new,
        base,
        signing,
        cms,
        requests,
    })
}

/// Judges the finished file. `digests`: the answers to [`Plan::requests`], in their order.
///
/// # Errors
/// Every fault found; the file must not leave.
pub fn check(original: &Original, plan: &Plan<'_>, digests: &[Option<Vec<u8>>]) -> Result<Released, Vec<Finding>> {
    let (first, rest) = digests.split_first().unwrap_or((&None, &[]));
    let mut findings = Vec::new();
    if first.as_deref() != Some(&original.sha256) {
        findings.push(Finding::OriginalChanged);
    }
    let checks = Checks::default();
    let judged = plan.examination.check(plan.new, rest, &checks);
    findings.extend(judged.findings.iter().cloned());
    if judged.certificate.is_some() {
        let digest = plan.examination.digest(plan.new, rest).unwrap_or_default();
        let field = || judged.found.signature.field.clone();
        match plan.cms.claim_signer(digest).map(|claim| checks.value(&claim)) {
            Ok(Some(Ok(()))) => {}
            Ok(Some(Err(error))) => findings.push(Finding::Cms {
                field: field(),
                error: error.into(),
            }),
            Ok(None) => findings.push(Finding::Trust {
                field: field(),
                finding: trust::Finding::ChecksEnded,
            }),
            Err(error) => findings.push(Finding::Cms { field: field(), error }),
        }
    }
    for (at, found) in plan.examination.found.iter().enumerate() {
        let is_later = found.revision.is_none_or(|at| at < plan.base);
        if found.signature.is_timestamp && is_later {
            let digest = plan.examination.digest(at, rest);
            findings.extend(found.verify(digest, &checks).err());
        }
    }
    let earlier = Rules::after(plan.examination.until(plan.base));
    let evidence = Rules::evidence_only();
    let ours = plan.signing.iter().filter(|change| !earlier.allow(change));
    let later = judged
        .changes
        .iter()
        .map(|(change, _)| *change)
        .filter(|change| !evidence.allow(change));
    for change in ours.chain(later) {
        let finding = Finding::ChangeForbidden(change.clone());
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    match (judged.certificate, &judged.found.placement) {
        (Some(certificate), Ok(placement)) if findings.is_empty() => Ok(Released {
            field: judged.found.signature.field.clone(),
            certificate: certificate.clone(),
            signed_end: placement.end,
            revisions: plan.base,
            changes: plan.signing.clone(),
            docmdp: judged.found.signature.docmdp,
            locks: judged.found.signature.locks.clone(),
        }),
        _ => Err(findings),
    }
}

/// The original's last byte is the revision's last, or white space behind its `%%EOF`.
pub(super) fn ends_at(document: &Document<'_>, revision: &Revision, bytes: u64) -> bool {
    let end = usize::try_from(bytes).unwrap_or(usize::MAX);
    let behind = document.data().get(revision.marker..end);
    behind.is_some_and(|rest| rest.iter().all(|b| crate::pdf::lex::is_white(*b)))
}

/// The one signature that the first new revision has and the original has not.
fn new_signature(examination: &Examination<'_>, base: usize) -> Result<usize, Finding> {
    let is_new = |found: &Found| !found.signature.is_timestamp && found.revision.is_none_or(|at| at == base - 1);
    let mut new = (0..examination.found.len()).filter(|at| is_new(&examination.found[*at]));
    let (Some(at), None) = (new.next(), new.next()) else {
        let count = examination.found.iter().filter(|f| is_new(f)).count();
        return Err(Finding::SignatureCount(count));
    };
    let found = &examination.found[at];
    match fault(&found.signature) {
        Some(part) => Err(Finding::SignatureMalformed {
            field: found.signature.field.clone(),
            part,
        }),
        None => Ok(at),
    }
}

/// What is not as PAdES wants it, nor as hankod writes it.
fn fault(signature: &Signature) -> Option<&'static str> {
    let dict = &signature.dict;
    match () {
        () if !dict.is("SubFilter", "ETSI.CAdES.detached") => Some("/SubFilter"),
        () if !dict.is("Filter", "Adobe.PPKLite") => Some("/Filter"),
        // The certificates stand in the CMS alone (EN 319 142-1, 6.3).
        () if dict.get("Cert").is_some() => Some("/Cert"),
        () => None,
    }
}
