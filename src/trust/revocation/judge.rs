//! One certificate and its issuer, by every piece of data at hand: what the pieces say, and what counts of it.
//!
//! What a single piece says is found by the neighbours; nothing is known about a certificate once the checks have ended.

use super::{Evidence, Freshness, Proof, Status, Why};
use crate::clock::Timestamp;
use crate::der::{Certificate, SignatureAlgorithm, oid};
use crate::trust::algorithms;
use crate::trust::crl::{Entry, Reason};
use std::time::Duration;

/// How old data without nextUpdate may be: such an answer says that a newer one is always to be had.
const MAX_AGE_WITHOUT_NEXT_UPDATE: Duration = Duration::from_secs(86_400);

/// How far the clocks of those who issue data may be ahead.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);

/// How many signers of data are judged by data in turn: a CRL issuer's or responder's own certificate, and that one's.
const MAX_DEPTH: usize = 2;

pub(super) struct Judge<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    pub(super) at: Timestamp,
    pub(super) depth: usize,
    /// Where the path of the certificate in question ends: a list's signer must end there too.
    pub(super) anchor: Option<&'a Certificate>,
    /// The certificate in question and those below it: none of them may lead to a list's signer.
    pub(super) below: &'a [Certificate],
}

/// What one piece of data says once it is believed.
pub(super) struct Word {
    pub(super) entry: Option<Entry>,
    pub(super) proof: Proof,
}

impl Judge<'_> {
    pub(super) fn judge(&self, certificate: &Certificate, issuer: &Certificate) -> Status {
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
        if self.evidence.checks.have_ended() {
            return Status::Unknown(Why::Ended);
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

    pub(super) fn is_fresh(&self, proof: &Proof) -> Result<(), Why> {
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

    /// Nothing at hand says that the signer of data is revoked. That nothing is at hand at all is said about it by [`judge_path`].
    pub(super) fn is_not_revoked(&self, signer: &Certificate, issuer: &Certificate) -> bool {
        let is_exempt = signer.extensions().get(oid::OCSP_NOCHECK).is_some();
        if is_exempt || self.depth == MAX_DEPTH {
            return true;
        }
        !matches!(self.deeper().judge(signer, issuer), Status::Revoked { .. })
    }

    pub(super) fn deeper(&self) -> Self {
        Self {
            depth: self.depth + 1,
            ..*self
        }
    }

    /// Strong enough when the data is proven to have existed; data of which nothing is proven: at the moment in question.
    pub(super) fn is_strong(
        &self,
        algorithm: Option<SignatureAlgorithm>,
        signer: &Certificate,
        existed: Option<Timestamp>,
    ) -> bool {
        let at = existed.unwrap_or(self.at);
        algorithm.is_some_and(|algorithm| algorithms::judge_signature(algorithm, signer.key(), at).is_ok())
    }
}

/// Issued by JPKI, whose answers and lists go to notified verifiers only.
fn is_closed(certificate: &Certificate) -> bool {
    certificate
        .issuer()
        .get(oid::ORGANIZATION)
        .is_some_and(|organisation| organisation == "JPKI")
}
