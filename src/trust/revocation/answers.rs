//! What OCSP answers say about a certificate, and who may have signed them (RFC 6960, 4.2.2.2).

use super::judge::{CLOCK_TOLERANCE, Judge, Word};
use super::{Proof, Why};
use crate::clock::Timestamp;
use crate::der::{Certificate, KeyUsage, SignatureAlgorithm, oid};
use crate::trust::ocsp::{OcspAnswer, Said};
use crate::trust::{Use, names};
use std::cell::OnceCell;

/// The certificates at hand whose issuer lets them answer for it; found once for all answers, by whoever needs them first.
type Delegates<'a> = OnceCell<Vec<&'a Certificate>>;

impl<'a> Judge<'a> {
    /// What all of them say, and the reason nearest to an answer why others say nothing.
    pub(super) fn answers(&self, certificate: &Certificate, issuer: &Certificate) -> (Vec<Word>, Why) {
        let (mut words, mut why) = (Vec::new(), Why::Missing);
        let delegates = Delegates::new();
        for (index, answer) in self.evidence.answers.iter().enumerate() {
            if !self.evidence.checks.go_on() {
                break;
            }
            match self.answer(index, answer, (certificate, issuer), &delegates) {
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
        (certificate, issuer): (&Certificate, &Certificate),
        delegates: &Delegates<'a>,
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
        let signer = self.responder(answer, issuer, delegates).ok_or(Why::Untrusted)?;
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
    fn responder(&self, answer: &OcspAnswer, issuer: &Certificate, delegates: &Delegates<'a>) -> Option<Certificate> {
        let evidence = self.evidence;
        let signed = |candidate: &Certificate| {
            answer.is_signed_by(candidate, evidence.checks)
                && self.is_strong(answer.algorithm(), candidate, answer.existed())
        };
        if answer.is_signed_by(issuer, evidence.checks) {
            return signed(issuer).then(|| issuer.clone());
        }
        let at_hand = || evidence.certificates.iter().filter(|c| self.is_delegate(c, issuer));
        let at_hand = delegates.get_or_init(|| at_hand().collect());
        let own = answer.certificates().iter().filter(|c| self.is_delegate(c, issuer));
        // Data about a delegate is looked at for what it really signed alone.
        let delegated = own
            .chain(at_hand.iter().copied())
            .find(|c| self.spoke_in_time(c, issuer, answer) && signed(c) && self.is_not_revoked(c, issuer));
        let trusted = || evidence.anchors.of(Use::Responders).find(|c| signed(c));
        delegated.or_else(trusted).cloned()
    }

    /// Whether `issuer` lets this certificate answer for it.
    fn is_delegate(&self, candidate: &Certificate, issuer: &Certificate) -> bool {
        let extensions = candidate.extensions();
        let purposes = extensions.extended_key_usage.as_deref().unwrap_or_default();
        let usage = |usage: KeyUsage| usage.digital_signature() || usage.content_commitment();
        purposes.contains(&oid::KP_OCSP_SIGNING)
            && extensions.key_usage.is_none_or(usage)
            && extensions.unknown_critical.is_empty()
            && names::same(candidate.issuer().der(), issuer.subject().der())
            && self.evidence.checks.is_signed_by(candidate, issuer)
    }

    /// Whether the delegate's certificate was valid when it answered, and made by an algorithm that was strong then.
    fn spoke_in_time(&self, delegate: &Certificate, issuer: &Certificate, answer: &OcspAnswer) -> bool {
        let algorithm = SignatureAlgorithm::from_identifier(delegate.signature_algorithm()).ok();
        // The key itself writes producedAt: once its certificate has expired, only a proof of existence from before counts.
        let in_time = |existed: Timestamp| existed.seconds() <= delegate.not_after().seconds();
        delegate.is_valid_at(answer.produced_at())
            && answer.existed().is_none_or(in_time)
            && self.is_strong(algorithm, issuer, answer.existed())
    }
}
