//! Whether a certificate was revoked at a moment, by the CRLs and OCSP answers at hand (RFC 5280, 6.3; RFC 6960; EN 319 102-1, 5.2.5).
//!
//! A revocation counts from its date: what is revoked later was good before. Data issued after the moment is the best there is. Nothing is
//! fetched; what is missing is named. A delta CRL is never used.

use super::crl::{Crl, Reason};
use super::ocsp::OcspAnswer;
use super::path::{self, Path, Purpose, Rules};
use super::{Anchors, Checks, Finding, Use};
use crate::clock::Timestamp;
use crate::der::{Certificate, oid};
use judge::Judge;
use std::time::Duration;

mod answers;
mod judge;
mod lists;
mod scope;

/// What the judgement rests on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Lists at hand.
    pub crls: &'a [Crl],
    /// Answers at hand.
    pub answers: &'a [OcspAnswer],
    /// Certificates at hand: of CRL issuers and responders, and what leads to them.
    pub certificates: &'a [Certificate],
    /// Whom the organisation trusts.
    pub anchors: &'a Anchors,
    /// Whose anchors vouch for the chain in question.
    pub anchors_for: Use,
    /// How fresh data must be.
    pub freshness: Freshness,
    /// What looking at it may cost.
    pub checks: &'a Checks,
}

/// Which data is fresh enough for a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freshness {
    /// Issued at the moment or after it: nothing that was known then can be missing.
    IssuedAfter,
    /// Issued so long after the moment, or later, where it is about an end entity: a revocation that was under way at the moment has become known by
    /// then (EN 319 102-1, 5.2.5: the grace period). About authorities, whose lists may come out twice a year: [`Freshness::Current`].
    AfterGrace(Duration),
    /// That, or not outdated at the moment: what can be had immediately.
    Current,
}

impl Freshness {
    /// From when on data about an end entity must have been issued; `None`: what is not outdated will do.
    pub fn issued_from(self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::IssuedAfter => Some(at),
            Self::AfterGrace(grace) => Some(at.plus(grace)),
            Self::Current => None,
        }
    }
}

/// What is known about one certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// Not revoked at the moment.
    Good(Box<Proof>),
    /// Revoked at the moment, since `at`.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why, where it is said.
        reason: Option<Reason>,
    },
    /// No data that counts; why not, the reason nearest to an answer.
    Unknown(Why),
}

/// What shows that a certificate was good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// `true` for OCSP, `false` for a CRL.
    pub is_ocsp: bool,
    /// Its place in [`Evidence::answers`] or [`Evidence::crls`]: what a file with lasting evidence must keep.
    pub index: usize,
    /// Who signed the data.
    pub signer: Certificate,
    /// When the data was issued.
    pub this_update: Timestamp,
    /// When it is outdated.
    pub next_update: Option<Timestamp>,
    /// When the certificate was revoked after the moment.
    pub revoked_later: Option<Timestamp>,
}

/// Why data does not count, the farthest from an answer first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Why {
    /// None about this certificate.
    Missing,
    /// None, and whoever could have some was asked.
    NotHad,
    /// None, and the authority gives it only to notified verifiers (JPKI, 公的個人認証法 17条).
    Closed,
    /// It covers other certificates, other reasons, or is a delta list.
    OutOfScope,
    /// It holds a critical extension that is not known.
    CriticalExtension,
    /// Signed wrongly, or by somebody who may not speak about the certificate.
    Untrusted,
    /// The responder does not know the certificate.
    NotKnownThere,
    /// Outdated at the moment.
    Stale,
    /// Issued before the moment, where data from after it is demanded.
    TooEarly,
    /// Issued after the certificate had expired, when lists forget it.
    AfterExpiry,
    /// Not all of it was looked at: the checks have ended.
    Ended,
}

/// One certificate of a chain and what is known about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The certificate.
    pub certificate: Certificate,
    /// Its issuer.
    pub issuer: Certificate,
    /// It may issue certificates.
    pub is_ca: bool,
    /// What is known.
    pub status: Status,
}

impl Why {
    /// The code of its finding.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Missing => "trust_revocation_missing",
            Self::NotHad => "trust_revocation_not_had",
            Self::Closed => "trust_revocation_closed",
            Self::OutOfScope => "trust_revocation_out_of_scope",
            Self::CriticalExtension => "trust_revocation_critical_extension",
            Self::Untrusted => "trust_revocation_untrusted",
            Self::NotKnownThere => "trust_revocation_not_known_there",
            Self::Stale => "trust_revocation_stale",
            Self::TooEarly => "trust_revocation_too_early",
            Self::AfterExpiry => "trust_revocation_after_expiry",
            Self::Ended => "trust_checks_ended",
        }
    }
}

/// What is known about every certificate of `path` at `at`, and about the responders and list signers that spoke for them; the target first.
/// An anchor is nobody's to revoke; a responder with id-pkix-ocsp-nocheck ends its chain.
pub fn judge_path(path: &Path, evidence: &Evidence<'_>, at: Timestamp) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for (index, (certificate, issuer)) in path.links().enumerate() {
        let judge = Judge {
            evidence,
            at,
            depth: 0,
            anchor: Some(path.anchor()),
            below: &path.certificates()[..=index],
        };
        let status = judge.judge(certificate, issuer);
        let listed = match &status {
            Status::Good(proof) if !proof.is_ocsp && proof.signer != *issuer => judge.signer_path(&proof.signer),
            _ => None,
        };
        let signer = match &status {
            Status::Good(proof) if proof.is_ocsp => Some(proof.signer.clone()),
            _ => None,
        };
        links.push(link(certificate, issuer, status));
        for (one, above) in listed.iter().flat_map(Path::links) {
            let on_path = path.certificates().contains(one);
            if !on_path && !links.iter().any(|link| link.certificate == *one) {
                links.push(link(one, above, judge.deeper().judge(one, above)));
            }
        }
        let known = |signer: &Certificate| links.iter().any(|link| link.certificate == *signer);
        let delegated = signer.filter(|signer| needs_data(signer, issuer, evidence) && !known(signer));
        if let Some(signer) = delegated {
            let status = judge.deeper().judge(&signer, issuer);
            links.push(link(&signer, issuer, status));
        }
    }
    links
}

/// What stands against a chain: a finding for each certificate that is not known to be good.
pub fn findings(links: &[Link]) -> Vec<Finding> {
    let found = links.iter().filter_map(|link| {
        let subject = link.certificate.subject().display();
        match &link.status {
            Status::Good(_) => None,
            Status::Revoked { reason, .. } if *reason == Some(Reason::HOLD) => Some(Finding::OnHold { subject }),
            Status::Revoked { at, reason } => Some(Finding::Revoked {
                subject,
                at: *at,
                reason: reason.map_or("unspecified", Reason::name),
                is_ca: link.is_ca,
            }),
            Status::Unknown(Why::Ended) => Some(Finding::ChecksEnded),
            Status::Unknown(why) => Some(Finding::RevocationUnknown { subject, why: *why }),
        }
    });
    found.collect()
}

/// Whether `certificate`, issued by `issuer`, was revoked at `at`. Every piece of data is looked at: one that says "revoked" outweighs others,
/// but for a hold that newer data has lifted. Whether somebody else who signed that data was good himself is said by [`judge_path`].
pub fn judge(certificate: &Certificate, issuer: &Certificate, evidence: &Evidence<'_>, at: Timestamp) -> Status {
    let rules = Rules::new(at, Purpose::Any, evidence.anchors_for);
    let above = path::find_all(issuer, evidence.certificates, evidence.anchors, &rules, evidence.checks).valid;
    let judge = Judge {
        evidence,
        at,
        depth: 0,
        anchor: above.first().map(Path::anchor),
        below: std::slice::from_ref(certificate),
    };
    judge.judge(certificate, issuer)
}

fn link(certificate: &Certificate, issuer: &Certificate, status: Status) -> Link {
    Link {
        certificate: certificate.clone(),
        issuer: issuer.clone(),
        is_ca: certificate.extensions().is_ca,
        status,
    }
}

/// A delegated responder that does not say that nobody need ask about it.
fn needs_data(signer: &Certificate, issuer: &Certificate, evidence: &Evidence<'_>) -> bool {
    signer != issuer
        && signer.extensions().get(oid::OCSP_NOCHECK).is_none()
        && !evidence.anchors.contains(Use::Responders, signer)
}
