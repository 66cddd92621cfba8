//! What revocation lists say about a certificate, and who may have signed them (RFC 5280, 6.3.3).

use super::judge::{Judge, Word};
use super::scope::{distribution_points, scope};
use super::{Proof, Why};
use crate::der::{Certificate, KeyUsage};
use crate::trust::crl::{ALL_REASONS, Crl, Point};
use crate::trust::names;
use crate::trust::path::{self, Path, Purpose, Rules};

impl Judge<'_> {
    /// What all of them say, and the reason nearest to an answer why others say nothing.
    pub(super) fn lists(&self, certificate: &Certificate, issuer: &Certificate) -> (Vec<Word>, Why) {
        let points = distribution_points(certificate);
        let mut words = Vec::new();
        let mut why = Why::Missing;
        let mut covered = 0;
        for (index, crl) in self.evidence.crls.iter().enumerate() {
            if !self.evidence.checks.go_on() {
                break;
            }
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
        if crl.unknown_critical {
            return Err(Why::CriticalExtension);
        }
        let signer = self.list_signer(crl, issuer).ok_or(Why::Untrusted)?;
        let entry = crl.find(certificate.serial(), certificate.issuer().der());
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
        let signed = |c: &Certificate| crl.is_signed_by(c.spki_der(), self.evidence.checks);
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
    pub(super) fn signer_path(&self, signer: &Certificate) -> Option<Path> {
        let evidence = self.evidence;
        let rules = Rules::new(self.at, Purpose::CrlIssuer, evidence.anchors_for);
        let anchor = self.anchor?;
        let in_question = |c: &Certificate| self.below.iter().any(|below| below.spki_der() == c.spki_der());
        path::find_all(signer, evidence.certificates, evidence.anchors, &rules, evidence.checks)
            .valid
            .into_iter()
            .find(|path| path.anchor() == anchor && !path.certificates().iter().any(in_question))
    }
}
