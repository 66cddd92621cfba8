//! What OCSP answers say about a certificate, and who may have signed them (RFC 6960, 4.2.2.2).

use super::judge::{CLOCK_TOLERANCE, Judge, Word};
use super::{Proof, Why};
use crate::der::{Certificate, KeyUsage, SignatureAlgorithm, oid};
use crate::trust::ocsp::{OcspAnswer, Said};
use crate::trust::{Use, names};

impl Judge<'_> {
    /// What all of them say, and the reason nearest to an answer why others say nothing.
    pub(super) fn answers(&self, certificate: &Certificate, issuer: &Certificate) -> (Vec<Word>, Why) {
        let mut words = Vec::new();
        let mut why = Why::Missing;
        for (index, answer) in self.evidence.answers.iter().enumerate() {
            if !self.evidence.checks.go_on() {
                break;
            }
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
        let checks = self.evidence.checks;
        if answer.is_signed_by(issuer, checks) {
            return self
                .is_strong(answer.algorithm(), issuer, answer.existed())
                .then(|| issuer.clone());
        }
        let at_hand = answer.certificates().iter().chain(self.evidence.certificates);
        let mut candidates = at_hand.chain(self.evidence.anchors.of(Use::Responders));
        // A delegate's certificate is checked once for all answers; data about the delegate is looked at for what it really signed alone.
        candidates
            .find(|candidate| {
                let is_own = || self.evidence.anchors.contains(Use::Responders, candidate);
                answer.names(candidate)
                    && (self.is_delegated(candidate, issuer, answer) || is_own())
                    && answer.is_signed_by(candidate, checks)
                    && self.is_strong(answer.algorithm(), candidate, answer.existed())
                    && (is_own() || self.is_not_revoked(candidate, issuer))
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
            && self.evidence.checks.is_signed_by(candidate, issuer)
    }
}
