//! Whether a certificate was revoked at a moment, by the CRLs and OCSP answers at hand (RFC 5280, 6.3; RFC 6960; EN 319 102-1, 5.2.5).
//!
//! A revocation counts from its date: what is revoked later was good before. Data issued after the moment is the best there is. Nothing is
//! fetched; what is missing is named. A delta CRL is never used.

mod scope;

use super::crl::{ALL_REASONS, Crl, Entry, Point, Reason};
use super::ocsp::{OcspAnswer, Said};
use super::path::{self, Path, Purpose, Rules};
use super::{Anchors, Finding, Use, algorithms, names};
use crate::clock::Timestamp;
use crate::der::{Certificate, KeyUsage, SignatureAlgorithm, oid};
use scope::{distribution_points, scope};
use std::time::Duration;

/// How old data without nextUpdate may be: such an answer says that a newer one is always to be had.
const MAX_AGE_WITHOUT_NEXT_UPDATE: Duration = Duration::from_secs(86_400);

/// How far the clocks of those who issue data may be ahead.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);

/// How many signers of data are judged by data in turn: a CRL issuer's or responder's own certificate, and that one's.
const MAX_DEPTH: usize = 2;

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
            Self::Closed => "trust_revocation_closed",
            Self::OutOfScope => "trust_revocation_out_of_scope",
            Self::CriticalExtension => "trust_revocation_critical_extension",
            Self::Untrusted => "trust_revocation_untrusted",
            Self::NotKnownThere => "trust_revocation_not_known_there",
            Self::Stale => "trust_revocation_stale",
            Self::TooEarly => "trust_revocation_too_early",
            Self::AfterExpiry => "trust_revocation_after_expiry",
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
            Status::Unknown(why) => Some(Finding::RevocationUnknown { subject, why: *why }),
        }
    });
    found.collect()
}

/// Whether `certificate`, issued by `issuer`, was revoked at `at`. Every piece of data is looked at: one that says "revoked" outweighs others,
/// but for a hold that newer data has lifted. Whether somebody else who signed that data was good himself is said by [`judge_path`].
pub fn judge(certificate: &Certificate, issuer: &Certificate, evidence: &Evidence<'_>, at: Timestamp) -> Status {
    let rules = Rules::new(at, Purpose::Any, evidence.anchors_for);
    let above = path::find(issuer, evidence.certificates, evidence.anchors, &rules).ok();
    let judge = Judge {
        evidence,
        at,
        depth: 0,
        anchor: above.as_ref().map(Path::anchor),
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

struct Judge<'a> {
    evidence: &'a Evidence<'a>,
    at: Timestamp,
    depth: usize,
    /// Where the path of the certificate in question ends: a list's signer must end there too.
    anchor: Option<&'a Certificate>,
    /// The certificate in question and those below it: none of them may lead to a list's signer.
    below: &'a [Certificate],
}

/// What one piece of data says once it is believed.
struct Word {
    entry: Option<Entry>,
    proof: Proof,
}

impl Judge<'_> {
    fn judge(&self, certificate: &Certificate, issuer: &Certificate) -> Status {
        let (mut words, mut why) = self.answers(certificate, issuer);
        let (listed, why_not) = self.lists(certificate, issuer);
        words.extend(listed);
        why = why.max(why_not);
        let newest = words
            .iter()
            .filter(|w| w.entry.is_none() && !self.is_from_future(&w.proof))
            .map(|w| w.proof.this_update)
            .max();
        let lifted = |word: &Word, entry: &Entry| {
            entry.reason == Some(Reason::HOLD) && newest.is_some_and(|newest| newest > word.proof.this_update)
        };
        let revoked = words
            .iter()
            .filter_map(|word| word.entry.filter(|entry| !lifted(word, entry)))
            .filter(|entry| entry.at <= self.at)
            .min_by_key(|entry| entry.at);
        if let Some(entry) = revoked {
            let Entry { at, reason } = entry;
            return Status::Revoked { at, reason };
        }
        // Whoever says it first, a revocation that came later is known.
        let later = words
            .iter()
            .filter_map(|word| word.entry.filter(|entry| !lifted(word, entry)))
            .map(|entry| entry.at)
            .min();
        // OCSP stands before the lists: it is the smaller evidence to keep.
        let mut good = None;
        for word in words {
            match self.is_fresh(&word.proof) {
                Ok(()) => good = good.or(Some(word.proof)),
                Err(reason) => why = why.max(reason),
            }
        }
        match good {
            Some(proof) => Status::Good(Box::new(Proof {
                revoked_later: later,
                ..proof
            })),
            None if why == Why::Missing && is_closed(certificate) => Status::Unknown(Why::Closed),
            None => Status::Unknown(why),
        }
    }

    fn is_fresh(&self, proof: &Proof) -> Result<(), Why> {
        if self.is_from_future(proof) {
            return Err(Why::Untrusted);
        }
        if let Some(from) = self.freshness().issued_from(self.at) {
            return if proof.this_update >= from {
                Ok(())
            } else {
                Err(Why::TooEarly)
            };
        }
        if proof.this_update >= self.at {
            return Ok(());
        }
        let end = proof
            .next_update
            .unwrap_or_else(|| proof.this_update.plus(MAX_AGE_WITHOUT_NEXT_UPDATE));
        if self.at <= end { Ok(()) } else { Err(Why::Stale) }
    }

    /// How fresh data about the certificate in question must be.
    fn freshness(&self) -> Freshness {
        let is_end_entity = self.below.last().is_some_and(|one| !one.extensions().is_ca);
        match self.evidence.freshness {
            Freshness::AfterGrace(_) if self.depth > 0 || !is_end_entity => Freshness::Current,
            freshness => freshness,
        }
    }

    /// It says that it was issued after it is known to have existed.
    fn is_from_future(&self, proof: &Proof) -> bool {
        let existed = match proof.is_ocsp {
            true => self.evidence.answers[proof.index].existed(),
            false => self.evidence.crls[proof.index].existed(),
        };
        existed.is_some_and(|existed| proof.this_update > existed.plus(CLOCK_TOLERANCE))
    }

    fn answers(&self, certificate: &Certificate, issuer: &Certificate) -> (Vec<Word>, Why) {
        let mut words = Vec::new();
        let mut why = Why::Missing;
        for (index, answer) in self.evidence.answers.iter().enumerate() {
            match self.answer(index, answer, certificate, issuer) {
                Ok(Some(word)) => words.push(word),
                Ok(None) => {}
                Err(reason) => why = why.max(reason),
            }
        }
        (words, why)
    }

    fn answer(
        &self,
        index: usize,
        answer: &OcspAnswer,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Result<Option<Word>, Why> {
        let Some(single) = answer.about(certificate, issuer) else {
            return Ok(None);
        };
        if single.unknown_critical || answer.has_unknown_critical() {
            return Err(Why::CriticalExtension);
        }
        if single.this_update > answer.produced_at().plus(CLOCK_TOLERANCE) {
            return Err(Why::Untrusted);
        }
        let signer = self.responder(answer, issuer).ok_or(Why::Untrusted)?;
        let entry = match single.said {
            Said::Good => None,
            Said::Revoked(entry) => Some(entry),
            Said::Unknown => return Err(Why::NotKnownThere),
        };
        let forgets = single.this_update.seconds() > certificate.not_after().seconds();
        let remembers = single
            .archive_cutoff
            .is_some_and(|cutoff| cutoff <= certificate.not_after());
        if entry.is_none() && forgets && !remembers {
            return Err(Why::AfterExpiry);
        }
        let proof = Proof {
            is_ocsp: true,
            index,
            signer,
            this_update: single.this_update,
            next_update: single.next_update,
            revoked_later: None,
        };
        Ok(Some(Word { entry, proof }))
    }

    /// Who signed the answer and may speak for `issuer`: itself, whom it delegated (RFC 6960, 4.2.2.2), or whom the organisation trusts.
    fn responder(&self, answer: &OcspAnswer, issuer: &Certificate) -> Option<Certificate> {
        if answer.is_signed_by(issuer) {
            return self
                .is_strong(answer.algorithm(), issuer, answer.existed())
                .then(|| issuer.clone());
        }
        let at_hand = answer.certificates().iter().chain(self.evidence.certificates);
        let mut candidates = at_hand.chain(self.evidence.anchors.of(Use::Responders));
        candidates
            .find(|candidate| {
                answer.names(candidate)
                    && (self.is_delegated(candidate, issuer, answer)
                        || self.evidence.anchors.contains(Use::Responders, candidate))
                    && answer.is_signed_by(candidate)
                    && self.is_strong(answer.algorithm(), candidate, answer.existed())
            })
            .cloned()
    }

    fn is_delegated(&self, candidate: &Certificate, issuer: &Certificate, answer: &OcspAnswer) -> bool {
        let extensions = candidate.extensions();
        let purposes = extensions.extended_key_usage.as_deref().unwrap_or_default();
        let usage = |usage: KeyUsage| usage.digital_signature() || usage.content_commitment();
        purposes.contains(&oid::KP_OCSP_SIGNING)
            && extensions.key_usage.is_none_or(usage)
            && extensions.unknown_critical.is_empty()
            && candidate.is_valid_at(answer.produced_at())
            // The key itself writes producedAt: once its certificate has expired, only a proof of existence from before counts.
            && answer.existed().is_none_or(|existed| existed.seconds() <= candidate.not_after().seconds())
            && names::same(candidate.issuer().der(), issuer.subject().der())
            && self.is_strong(
                SignatureAlgorithm::from_identifier(candidate.signature_algorithm()).ok(),
                issuer,
                answer.existed(),
            )
            && candidate.verify_signed_by(issuer.spki_der()).is_ok()
            && self.is_not_revoked(candidate, issuer)
    }

    /// Nothing at hand says that the signer of data is revoked. That nothing is at hand at all is said about it by [`judge_path`].
    fn is_not_revoked(&self, signer: &Certificate, issuer: &Certificate) -> bool {
        let is_exempt = signer.extensions().get(oid::OCSP_NOCHECK).is_some();
        if is_exempt || self.depth == MAX_DEPTH {
            return true;
        }
        !matches!(self.deeper().judge(signer, issuer), Status::Revoked { .. })
    }

    fn deeper(&self) -> Self {
        Self {
            depth: self.depth + 1,
            ..*self
        }
    }

    /// Strong enough when the data is proven to have existed; data of which nothing is proven: at the moment in question.
    fn is_strong(
        &self,
        algorithm: Option<SignatureAlgorithm>,
        signer: &Certificate,
        existed: Option<Timestamp>,
    ) -> bool {
        let at = existed.unwrap_or(self.at);
        algorithm.is_some_and(|algorithm| algorithms::judge_signature(algorithm, signer.key(), at).is_ok())
    }

    fn lists(&self, certificate: &Certificate, issuer: &Certificate) -> (Vec<Word>, Why) {
        let points = distribution_points(certificate);
        let mut words = Vec::new();
        let mut why = Why::Missing;
        let mut covered = 0;
        for (index, crl) in self.evidence.crls.iter().enumerate() {
            match self.list(index, crl, &points, certificate, issuer) {
                Ok(Some((word, reasons))) => {
                    covered |= reasons;
                    words.push(word);
                }
                Ok(None) => {}
                Err(reason) => why = why.max(reason),
            }
        }
        // Lists for some reasons only say "good" together.
        if covered != ALL_REASONS && !words.is_empty() {
            why = why.max(Why::OutOfScope);
            words.retain(|word| word.entry.is_some());
        }
        (words, why)
    }

    fn list(
        &self,
        index: usize,
        crl: &Crl,
        points: &[Point],
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Result<Option<(Word, u16)>, Why> {
        let Some(reasons) = scope(crl, points, certificate)? else {
            return Ok(None);
        };
        let entry = crl.find(certificate.serial(), certificate.issuer().der());
        if crl.unknown_critical {
            return Err(Why::CriticalExtension);
        }
        let signer = self.list_signer(crl, issuer).ok_or(Why::Untrusted)?;
        let forgets = crl.this_update().seconds() > certificate.not_after().seconds();
        let remembers = crl
            .keeps_expired_since
            .is_some_and(|since| since <= certificate.not_after());
        if entry.is_none() && forgets && !remembers {
            return Err(Why::AfterExpiry);
        }
        let proof = Proof {
            is_ocsp: false,
            index,
            signer,
            this_update: crl.this_update(),
            next_update: crl.next_update(),
            revoked_later: None,
        };
        // A list that is not fresh covers nothing, but what it says about a revocation stands.
        let reasons = if self.is_fresh(&proof).is_ok() { reasons } else { 0 };
        if reasons == 0 && entry.is_none() {
            return Err(self.is_fresh(&proof).err().unwrap_or(Why::OutOfScope));
        }
        Ok(Some((Word { entry, proof }, reasons)))
    }

    /// The list's signer: the certificate's issuer, or a certificate of the list's issuer under the same anchor (RFC 5280, 6.3.3 (f)). About
    /// a signer of data only its own issuer speaks: else two of them could clear each other.
    fn list_signer(&self, crl: &Crl, issuer: &Certificate) -> Option<Certificate> {
        let is_theirs = |c: &Certificate| names::same(c.subject().der(), crl.issuer_der());
        let signed = |c: &Certificate| crl.is_signed_by(c.spki_der());
        let may_sign = issuer.extensions().key_usage.is_none_or(KeyUsage::crl_sign);
        if is_theirs(issuer) && may_sign && signed(issuer) {
            return self
                .is_strong(crl.algorithm(), issuer, crl.existed())
                .then(|| issuer.clone());
        }
        if self.depth > 0 {
            return None;
        }
        let anchors = self.evidence.anchors.of(self.evidence.anchors_for);
        let found = self.evidence.certificates.iter().chain(anchors).find(|candidate| {
            let not_revoked = |path: Path| path.links().all(|(c, i)| self.is_not_revoked(c, i));
            is_theirs(candidate)
                && candidate.extensions().key_usage.is_some_and(KeyUsage::crl_sign)
                && signed(candidate)
                && self.is_strong(crl.algorithm(), candidate, crl.existed())
                && self.signer_path(candidate).is_some_and(not_revoked)
        });
        found.cloned()
    }

    /// The path of a list's signer to the anchor of the certificate in question, around that certificate and all below it.
    fn signer_path(&self, signer: &Certificate) -> Option<Path> {
        let evidence = self.evidence;
        let rules = Rules::new(self.at, Purpose::CrlIssuer, evidence.anchors_for);
        let anchor = self.anchor?;
        let in_question = |c: &Certificate| self.below.iter().any(|below| below.spki_der() == c.spki_der());
        path::find_all(signer, evidence.certificates, evidence.anchors, &rules)
            .valid
            .into_iter()
            .find(|path| path.anchor() == anchor && !path.certificates().iter().any(in_question))
    }
}

/// Issued by JPKI, whose answers and lists go to notified verifiers only.
fn is_closed(certificate: &Certificate) -> bool {
    certificate
        .issuer()
        .get(oid::ORGANIZATION)
        .is_some_and(|organisation| organisation == "JPKI")
}
