//! The judgement of a file's evidence (ETSI EN 319 102-1): one verdict for each signature, the worst of them for the file.
//!
//! Intact, trusted, coverage and changes are kept apart. Trust comes from outside; a certificate of which nothing is known has no chain.

use super::changes::{Change, What};
use super::evidence::Signature;
use super::file::Examination;
use super::integrity::Found;
use super::rules::Rules;
use super::{Finding, level};
use crate::der::{self, Certificate};
use crate::pdf::tiling;
use crate::{cms, pdf, tsa};
use serde::Serialize;
use std::collections::BTreeMap;

/// Main indication (EN 319 102-1, 5.1.3), best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Verdict {
    /// Everything that was asked is proven.
    TotalPassed,
    /// Something could not be found out.
    Indeterminate,
    /// Proven to be wrong.
    TotalFailed,
}

/// Sub-indication (EN 319 102-1, Tables 5 and 6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    /// Not as the standards want it; here also a change that the signature does not allow.
    FormatFailure,
    /// The signed bytes are others.
    HashFailure,
    /// The signature value is not the key's.
    SigCryptoFailure,
    /// The certificate was revoked.
    Revoked,
    /// The signer's certificate is not there, or is another than the signed one.
    NoSigningCertificateFound,
    /// No path to an anchor is known.
    NoCertificateChainFound,
    /// Data that would decide it are not to be had now.
    TryLater,
    /// By an algorithm that hankod does not know.
    Generic,
}

/// What is known about a certificate's path at the best time of its signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Trust {
    /// It leads to an anchor, and nothing speaks against it.
    Trusted,
    /// It could not be found out.
    Open(SubIndication),
    /// It is known to be bad.
    Bad(SubIndication),
}

/// What is known about certificates, by the SHA-256 of their DER.
pub type TrustEvidence = BTreeMap<[u8; 32], Trust>;

/// How much of the file the signature covers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// All of it.
    WholeFile,
    /// All of a revision that others follow.
    WholeRevision,
    /// Less, or nobody knows what.
    Partial,
}

/// One signature or document timestamp, judged.
#[derive(Debug)]
pub struct Judged<'e> {
    /// What was judged.
    pub found: &'e Found,
    /// Its indication.
    pub verdict: Verdict,
    /// And why, unless it passed.
    pub sub_indication: Option<SubIndication>,
    /// Digest and signature value hold, over exactly what a signature must cover.
    pub intact: bool,
    /// What is known of its certificate.
    pub trust: Trust,
    /// What it covers.
    pub coverage: Coverage,
    /// Everything that later updates changed, and whether this signature and those before it allow that.
    pub changes: Vec<(Change, bool)>,
    /// The signer's certificate, once the signature value proved it.
    pub certificate: Option<&'e Certificate>,
    /// The level that its evidence reaches.
    pub level: level::Level,
    /// Faults, the decisive one first.
    pub findings: Vec<Finding>,
}

/// A file, judged.
#[derive(Debug)]
pub struct Judgement<'e> {
    /// The worst of its signatures; without any: indeterminate.
    pub verdict: Verdict,
    /// How many revisions it has.
    pub revisions: usize,
    /// Oldest first.
    pub signatures: Vec<Judged<'e>>,
    /// What concerns the file and no signature of it alone.
    pub problems: Vec<Finding>,
}

impl Examination<'_> {
    /// Judges the file. `digests`: the answers to [`Examination::requests`], in their order.
    pub fn judge(&self, digests: &[Option<Vec<u8>>], trust: &TrustEvidence) -> Judgement<'_> {
        let signatures: Vec<Judged<'_>> = (0..self.found.len())
            .map(|at| self.signature(at, digests, trust))
            .collect();
        let oldest = self.found.iter().filter_map(|f| f.revision).max();
        let rows = oldest.and_then(|at| tiling::check_first(&self.document, &self.revisions[at]).err());
        let mut problems: Vec<Finding> = rows.into_iter().map(Finding::from).collect();
        let mut verdict = signatures.iter().map(|s| s.verdict).max();
        if !problems.is_empty() {
            verdict = Some(Verdict::TotalFailed);
        }
        if signatures.is_empty() {
            problems.push(Finding::NoSignature);
        }
        Judgement {
            verdict: verdict.unwrap_or(Verdict::Indeterminate),
            revisions: self.revisions.len(),
            signatures,
            problems,
        }
    }

    /// The digest over the bytes of the signature `at`, when there is one.
    pub(super) fn digest<'d>(&self, at: usize, digests: &'d [Option<Vec<u8>>]) -> Option<&'d [u8]> {
        digests.get(self.request_of[at]?)?.as_deref()
    }

    /// Judges the signature `at` of [`Examination::signatures`]; the rows of the first signed revision are not looked at.
    pub(super) fn signature(&self, at: usize, digests: &[Option<Vec<u8>>], trust: &TrustEvidence) -> Judged<'_> {
        let (found, digest) = (&self.found[at], self.digest(at, digests));
        let verified = found.verify(digest);
        let (changes, mut findings) = self.changes_after(found);
        let certificate = verified.as_ref().ok().copied();
        if let Err(finding) = &verified {
            findings.insert(0, finding.clone());
        }
        let known = certificate.and_then(|c| trust.get(c.sha256()).copied());
        let trust = known.unwrap_or(Trust::Open(SubIndication::NoCertificateChainFound));
        let (verdict, sub_indication) = match (
            findings
                .iter()
                .rev()
                .map(indication)
                .max_by_key(|(verdict, _)| *verdict),
            trust,
        ) {
            (Some((Verdict::TotalFailed, why)), _) => (Verdict::TotalFailed, Some(why)),
            (_, Trust::Bad(why)) => (Verdict::TotalFailed, Some(why)),
            (Some((verdict, why)), _) => (verdict, Some(why)),
            (None, Trust::Open(why)) => (Verdict::Indeterminate, Some(why)),
            (None, Trust::Trusted) => (Verdict::TotalPassed, None),
        };
        if trust != Trust::Trusted && certificate.is_some() {
            findings.push(Finding::NotTrusted {
                field: found.signature.field.clone(),
            });
        }
        Judged {
            found,
            verdict,
            sub_indication,
            intact: certificate.is_some(),
            trust,
            coverage: match found.revision {
                Some(0) => Coverage::WholeFile,
                Some(_) => Coverage::WholeRevision,
                None => Coverage::Partial,
            },
            changes,
            certificate,
            level: level::reached(self, found),
            findings,
        }
    }

    /// What came after the signature, judged by it and by those before it.
    fn changes_after(&self, found: &Found) -> (Vec<(Change, bool)>, Vec<Finding>) {
        let (mut changes, mut findings) = (Vec::new(), Vec::new());
        let Some(revision) = found.revision else {
            return (changes, findings);
        };
        let rules = Rules::after(self.until(revision));
        for update in self.updates[..revision].iter().rev() {
            match update {
                Ok(found) => changes.extend(found.iter().map(|c| (c.clone(), rules.allow(c)))),
                Err(finding) => findings.push(finding.clone()),
            }
        }
        let forbidden = changes.iter().filter(|(_, allowed)| !allowed);
        findings.extend(forbidden.map(|(change, _)| Finding::ChangeForbidden(change.clone())));
        let unread = changes
            .iter()
            .filter(|(change, allowed)| *allowed && change.what == What::FieldUnread);
        findings.extend(unread.map(|(change, _)| Finding::AppearanceUnread {
            field: change.field.clone().unwrap_or_default(),
        }));
        (changes, findings)
    }

    /// The signatures that stand in a revision, counted from the newest.
    pub(super) fn until(&self, revision: usize) -> impl Iterator<Item = &Signature> {
        let there = move |f: &&Found| f.revision.is_some_and(|at| at >= revision);
        self.found.iter().filter(there).map(|f| &f.signature)
    }
}

impl Judged<'_> {
    /// Whether it is a document timestamp.
    pub fn is_timestamp(&self) -> bool {
        self.found.signature.is_timestamp
    }

    /// `true` when later updates changed what they may not, or are none that could be compared.
    pub fn is_changed(&self) -> bool {
        let changed = |f: &Finding| matches!(f, Finding::ChangeForbidden(_) | Finding::Pdf(_));
        self.findings.iter().any(changed)
    }

    /// `true` when nothing was changed but what is evidence and further signatures.
    pub fn only_evidence_follows(&self) -> bool {
        let evidence = |what| matches!(what, What::Evidence | What::TimestampAdded | What::Metadata);
        self.changes.iter().all(|(change, _)| evidence(change.what))
    }
}

/// What a finding means for the verdict.
fn indication(finding: &Finding) -> (Verdict, SubIndication) {
    use SubIndication as S;
    match finding {
        Finding::Cms { error, .. } => of_cms(error),
        Finding::Timestamp { error, .. } => match error {
            tsa::Error::ImprintMismatch => (Verdict::TotalFailed, S::HashFailure),
            tsa::Error::Cms(error) => of_cms(error),
            _ => (Verdict::TotalFailed, S::FormatFailure),
        },
        Finding::SubFilter { .. }
        | Finding::AppearanceUnread { .. }
        | Finding::Pdf(pdf::Error::TooLarge { .. } | pdf::Error::TooDeep { .. }) => {
            (Verdict::Indeterminate, S::Generic)
        }
        _ => (Verdict::TotalFailed, S::FormatFailure),
    }
}

fn of_cms(error: &cms::Error) -> (Verdict, SubIndication) {
    use SubIndication as S;
    match error {
        cms::Error::DigestMismatch => (Verdict::TotalFailed, S::HashFailure),
        cms::Error::Der(der::Error::SignatureWrong) => (Verdict::TotalFailed, S::SigCryptoFailure),
        cms::Error::SignerCertificateMissing | cms::Error::SigningCertificateMismatch => {
            (Verdict::Indeterminate, S::NoSigningCertificateFound)
        }
        cms::Error::Der(der::Error::AlgorithmUnsupported(_) | der::Error::KeyUnsupported(_)) => {
            (Verdict::Indeterminate, S::Generic)
        }
        _ => (Verdict::TotalFailed, S::FormatFailure),
    }
}
