//! One certificate at one moment: its path to an anchor, and what is known about the revocation of every certificate on it (EN 319 102-1, 5.2.6).
//!
//! Decides nothing about the signature: [`super::trail`] and [`super::judge`] say which moment counts and what a finding means.

use super::judge::{Basis, RevocationRule};
use super::material::Material;
use crate::clock::Timestamp;
use crate::der::Certificate;
use crate::trust::path::{self, Path, Purpose, Rules};
use crate::trust::revocation::{self, Link, Status};
use crate::trust::{Finding, Reason, Use, Why};

/// Reasons for which a TSA's certificate may be revoked and its earlier tokens stay good (RFC 3161, 4, 1.).
const HARMLESS: [Reason; 4] = [Reason(0), Reason(3), Reason(4), Reason(5)];

/// What is known of one certificate.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The certificate.
    pub certificate: Certificate,
    /// Whose anchors count.
    pub use_: Use,
    /// The moment in question.
    pub at: Timestamp,
    /// Its path; `None` when there is no valid one.
    pub path: Option<Path>,
    /// Every certificate that somebody may have revoked, and what is known about it.
    pub links: Vec<Link>,
    /// What stands against it, the gravest first.
    pub findings: Vec<Finding>,
    /// What is not known and was not demanded.
    pub notes: Vec<Finding>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'q> {
    /// Whether a signer's certificate was good then.
    Signer(&'q Certificate, Timestamp),
    /// Whether a TSA's was, the first moment being what its token says, the second when that token is proven to have existed.
    Authority(&'q Certificate, Timestamp, Timestamp),
}

impl Chain {
    /// Some data would say more: none is at hand, or what is at hand is older than the moment.
    pub(super) fn is_open(&self) -> bool {
        let older = |link: &Link| match &link.status {
            Status::Good(proof) => proof.this_update < self.at,
            Status::Unknown(_) => true,
            Status::Revoked { .. } => false,
        };
        let incomplete = |finding: &Finding| matches!(finding, Finding::IssuerMissing { .. } | Finding::SearchEnded);
        self.links.iter().any(older) || self.findings.iter().any(incomplete)
    }
}

/// Judges; `own` are the certificates that stand beside the signature.
pub(super) fn judge(question: Question<'_>, own: &[Certificate], material: &Material, basis: &Basis<'_>) -> Chain {
    let (certificate, use_, purpose, at) = match question {
        Question::Signer(certificate, at) => (certificate, Use::Signers, Purpose::Signer, at),
        Question::Authority(certificate, _, at) => {
            (certificate, Use::TimestampAuthorities, Purpose::TimestampAuthority, at)
        }
    };
    let pool: Vec<Certificate> = own.iter().chain(&material.pieces.certificates).cloned().collect();
    let found = path::find_all(
        certificate,
        &pool,
        basis.anchors,
        &Rules::new(at, purpose, use_),
        basis.checks,
    );
    let mut chain = Chain {
        certificate: certificate.clone(),
        use_,
        at,
        path: None,
        links: Vec::new(),
        findings: found.findings,
        notes: Vec::new(),
    };
    let mut fewest = usize::MAX;
    for path in found.valid {
        let links = match basis.revocation {
            RevocationRule::None => Vec::new(),
            RevocationRule::Require | RevocationRule::IfPresent => links(&path, question, &pool, material, basis),
        };
        let findings = revocation::findings(&links);
        if findings.len() < fewest {
            fewest = findings.len();
            (chain.path, chain.links, chain.findings) = (Some(path), links, findings);
        }
        if fewest == 0 {
            break;
        }
    }
    if basis.revocation == RevocationRule::IfPresent {
        let unknown = |finding: &Finding| matches!(finding, Finding::RevocationUnknown { .. });
        (chain.notes, chain.findings) = chain.findings.into_iter().partition(unknown);
    }
    chain
}

fn links(
    path: &Path,
    question: Question<'_>,
    pool: &[Certificate],
    material: &Material,
    basis: &Basis<'_>,
) -> Vec<Link> {
    let mut links = match question {
        Question::Signer(_, at) => {
            let evidence = material.evidence(pool, basis, Use::Signers);
            revocation::judge_path(path, &evidence, at)
        }
        Question::Authority(_, says, existed) => {
            let evidence = material.evidence(pool, basis, Use::TimestampAuthorities);
            let now = revocation::judge_path(path, &evidence, existed);
            match revocation::findings(&now).is_empty() {
                true => now,
                false => of_token(revocation::judge_path(path, &evidence, says), &now, says),
            }
        }
    };
    distrust_after_revocation(&mut links, material);
    for link in links.iter_mut().filter(|_| basis.asked) {
        if link.status == Status::Unknown(Why::Missing) {
            link.status = Status::Unknown(Why::NotHad);
        }
    }
    links
}

/// Data that was current when a token was made serves it as long as nothing newer says that its TSA was revoked: `then` and `now` are what is known about
/// the moment that the token says and about the one at which it is proven to have existed.
fn of_token(mut then: Vec<Link>, now: &[Link], says: Timestamp) -> Vec<Link> {
    for link in &mut then {
        let newer = now.iter().find(|other| other.certificate == link.certificate);
        match newer.map(|other| &other.status) {
            Some(Status::Revoked { at, reason }) => {
                let harmless = !link.is_ca && says < *at && reason.is_some_and(|reason| HARMLESS.contains(&reason));
                if !harmless {
                    link.status = Status::Revoked {
                        at: *at,
                        reason: *reason,
                    };
                }
            }
            Some(good @ Status::Good(_)) => link.status = good.clone(),
            Some(Status::Unknown(_)) | None => {}
        }
    }
    then
}

/// Data that an issuer signed counts only when it is proven to have existed before that issuer was revoked: later its key may be anybody's.
fn distrust_after_revocation(links: &mut [Link], material: &Material) {
    let fallen: Vec<(Certificate, Timestamp)> = links
        .iter()
        .filter_map(|link| match &link.status {
            Status::Good(proof) => Some((link.certificate.clone(), proof.revoked_later?)),
            Status::Revoked { .. } | Status::Unknown(_) => None,
        })
        .collect();
    for link in links {
        let Status::Good(proof) = &link.status else { continue };
        let signed_by = |one: &Certificate| *one == proof.signer || *one == link.issuer;
        let late = |since: Timestamp| material.existed(proof).is_none_or(|existed| existed >= since);
        if fallen.iter().any(|(one, since)| signed_by(one) && late(*since)) {
            link.status = Status::Unknown(Why::Untrusted);
        }
    }
}
