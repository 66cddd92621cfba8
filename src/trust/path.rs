//! Paths from a certificate to an anchor: found by names and signatures among the certificates at hand, then judged (RFC 5280, 6.1; RFC 4158).
//!
//! The search is bounded in length, in signature checks and in paths; it fetches nothing. A key identifier only says where to look first.

use super::checks::Checks;
use super::policies::PolicyRules;
use super::validate::{validate, validate_anchor};
use super::{Anchors, Finding, Use, names};
use crate::clock::Timestamp;
use crate::der::{Certificate, Error, ObjectIdentifier};
use std::collections::BTreeSet;

/// Most certificates of a path, without the anchor.
pub const MAX_PATH_CERTIFICATES: usize = 12;

/// Most paths that are judged for one certificate.
pub const MAX_PATHS: usize = 32;

/// Most signatures that are checked in the search for them.
pub const MAX_SIGNATURE_CHECKS: usize = 256;

/// Most certificates at hand that are looked at.
pub const MAX_POOL_CERTIFICATES: usize = 1024;

/// What the target's key did.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// Signed a document.
    Signer,
    /// Signed a timestamp (RFC 3161, 2.3).
    TimestampAuthority,
    /// Signed an OCSP answer for another's certificates (RFC 6960, 4.2.2.2).
    Responder,
    /// Signed a CRL.
    CrlIssuer,
    /// Nothing in particular.
    Any,
}

/// By what a path is judged.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The moment: the best signature time.
    pub at: Timestamp,
    /// What the target's key did.
    pub purpose: Purpose,
    /// Whose anchors count.
    pub anchors: Use,
    /// What is demanded of certificate policies.
    pub policies: PolicyRules,
}

/// A valid path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    certificates: Vec<Certificate>,
    policies: BTreeSet<ObjectIdentifier>,
}

/// Every path that was found, the first found first.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// The valid ones.
    pub valid: Vec<Path>,
    /// What stands against the best of the others, the gravest first; never empty when `valid` is.
    pub findings: Vec<Finding>,
}

impl Rules {
    /// For a signer of documents, without demands on policies.
    pub fn signer(at: Timestamp) -> Self {
        Self::new(at, Purpose::Signer, Use::Signers)
    }

    /// For a timestamp authority.
    pub fn timestamp_authority(at: Timestamp) -> Self {
        Self::new(at, Purpose::TimestampAuthority, Use::TimestampAuthorities)
    }

    /// Without demands on policies.
    pub fn new(at: Timestamp, purpose: Purpose, anchors: Use) -> Self {
        Self {
            at,
            purpose,
            anchors,
            policies: PolicyRules::default(),
        }
    }
}

impl Path {
    /// The target first, the anchor last; the anchor alone when it was the target.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The anchor.
    pub fn anchor(&self) -> &Certificate {
        &self.certificates[self.certificates.len() - 1]
    }

    /// Each certificate that somebody may have revoked, with its issuer; the target first. An anchor is nobody's to revoke.
    pub fn links(&self) -> impl Iterator<Item = (&Certificate, &Certificate)> {
        self.certificates.iter().zip(self.certificates.iter().skip(1))
    }

    /// The certificate policies under which it is valid; anyPolicy stands for all.
    pub fn policies(&self) -> &BTreeSet<ObjectIdentifier> {
        &self.policies
    }
}

/// The best path of `target` to an anchor, through certificates of `pool`; a question of its own, which belongs to no verification.
///
/// # Errors
/// What stands against the best path there is, the gravest first; at least one.
pub fn find(
    target: &Certificate,
    pool: &[Certificate],
    anchors: &Anchors,
    rules: &Rules,
) -> Result<Path, Vec<Finding>> {
    let mut paths = search(target, (pool, anchors), rules, &Checks::default(), 1);
    if paths.valid.is_empty() {
        Err(paths.findings)
    } else {
        Ok(paths.valid.remove(0))
    }
}

/// Every path of `target`, up to [`MAX_PATHS`]: another one may do where a certificate of the first is revoked.
pub fn find_all(
    target: &Certificate,
    pool: &[Certificate],
    anchors: &Anchors,
    rules: &Rules,
    checks: &Checks,
) -> Paths {
    search(target, (pool, anchors), rules, checks, MAX_PATHS)
}

fn search(
    target: &Certificate,
    (pool, anchors): (&[Certificate], &Anchors),
    rules: &Rules,
    checks: &Checks,
    wanted: usize,
) -> Paths {
    let mut search = Search {
        pool: &pool[..pool.len().min(MAX_POOL_CERTIFICATES)],
        anchors,
        rules,
        checks,
        wanted,
        checks_left: MAX_SIGNATURE_CHECKS,
        judged: 0,
        ended: false,
        dead_end: None,
        rejected: None,
        valid: Vec::new(),
    };
    if anchors.contains(rules.anchors, target) {
        search.direct(target);
    } else {
        search.climb(&mut vec![target]);
    }
    search.outcome()
}

struct Search<'a> {
    pool: &'a [Certificate],
    anchors: &'a Anchors,
    rules: &'a Rules,
    checks: &'a Checks,
    wanted: usize,
    checks_left: usize,
    judged: usize,
    ended: bool,
    /// Where the longest branch without an anchor ended.
    dead_end: Option<(usize, Finding)>,
    /// Against the complete path with the fewest faults.
    rejected: Option<Vec<Finding>>,
    valid: Vec<Path>,
}

impl<'a> Search<'a> {
    fn direct(&mut self, target: &Certificate) {
        match validate_anchor(target, self.rules) {
            Ok(()) => self.valid.push(Path {
                certificates: vec![target.clone()],
                policies: BTreeSet::from([crate::der::oid::ANY_POLICY]),
            }),
            Err(findings) => self.reject(findings),
        }
    }

    /// Goes on from the last certificate of `chain`, which begins with the target.
    fn climb(&mut self, chain: &mut Vec<&'a Certificate>) {
        let top = chain[chain.len() - 1];
        let mut wrong = None;
        let (pool, anchors) = (self.pool, self.anchors);
        for anchor in self.by_hint(top, anchors.named(self.rules.anchors, top.issuer().der())) {
            if self.is_enough() {
                return;
            }
            match self.signed_by(top, anchor) {
                Ok(()) => self.judge(anchor, chain),
                Err(finding) => wrong = Some(finding),
            }
        }
        let named = pool
            .iter()
            .filter(|c| names::same(c.subject().der(), top.issuer().der()));
        for candidate in self.by_hint(top, named) {
            let known = chain
                .iter()
                .any(|c| c.subject() == candidate.subject() && c.spki_der() == candidate.spki_der());
            if known || self.anchors.contains(self.rules.anchors, candidate) {
                continue;
            }
            if chain.len() == MAX_PATH_CERTIFICATES {
                self.ended = true;
            }
            if self.is_enough() {
                return;
            }
            match self.signed_by(top, candidate) {
                Ok(()) => {
                    chain.push(candidate);
                    self.climb(chain);
                    chain.pop();
                }
                Err(finding) => wrong = Some(finding),
            }
        }
        self.note_dead_end(chain.len(), wrong.unwrap_or_else(|| issuer_missing(top)));
    }

    /// Those whose key identifier `child` names come first.
    fn by_hint(&self, child: &Certificate, issuers: impl Iterator<Item = &'a Certificate>) -> Vec<&'a Certificate> {
        let hint = child.extensions().authority_key_id.as_deref();
        let mut list: Vec<_> = issuers.collect();
        list.sort_by_key(|issuer| hint.is_some() && issuer.extensions().subject_key_id.as_deref() != hint);
        list
    }

    fn signed_by(&mut self, child: &Certificate, issuer: &Certificate) -> Result<(), Finding> {
        if self.checks_left == 0 {
            self.ended = true;
            return Err(Finding::SearchEnded);
        }
        self.checks_left -= 1;
        let subject = child.subject().display();
        let Ok(said) = self.checks.certificate(child, issuer.spki_der()) else {
            self.ended = true;
            return Err(Finding::SearchEnded);
        };
        said.map_err(|error| match error {
            Error::AlgorithmUnsupported(algorithm) => Finding::AlgorithmUnsupported { subject, algorithm },
            _ => Finding::SignatureWrong { subject },
        })
    }

    fn judge(&mut self, anchor: &Certificate, chain: &[&Certificate]) {
        self.judged += 1;
        let from_anchor: Vec<_> = chain.iter().rev().copied().collect();
        match validate(anchor, &from_anchor, self.rules) {
            Ok(policies) => {
                let certificates = chain.iter().copied().chain([anchor]).cloned().collect();
                self.valid.push(Path { certificates, policies });
            }
            Err(findings) => self.reject(findings),
        }
    }

    fn reject(&mut self, findings: Vec<Finding>) {
        if self.rejected.as_ref().is_none_or(|best| findings.len() < best.len()) {
            self.rejected = Some(findings);
        }
    }

    fn note_dead_end(&mut self, length: usize, finding: Finding) {
        if self.dead_end.as_ref().is_none_or(|(longest, _)| length > *longest) {
            self.dead_end = Some((length, finding));
        }
    }

    fn is_enough(&mut self) -> bool {
        self.ended |= self.judged >= MAX_PATHS;
        self.ended || self.valid.len() >= self.wanted
    }

    fn outcome(self) -> Paths {
        let dead_end = || match self.dead_end {
            Some((_, finding)) if !self.ended => finding,
            _ => Finding::SearchEnded,
        };
        let findings = match self.rejected {
            Some(findings) => findings,
            None if self.valid.is_empty() => vec![dead_end()],
            None => Vec::new(),
        };
        Paths {
            valid: self.valid,
            findings,
        }
    }
}

fn issuer_missing(certificate: &Certificate) -> Finding {
    Finding::IssuerMissing {
        subject: certificate.subject().display(),
        issuer: certificate.issuer().display(),
    }
}
