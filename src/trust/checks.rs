//! The public-key checks of one verification, signatures and timestamps themselves among them: counted, each done once, all within one time.
//!
//! A file may hold thousands of answers, lists and certificates that name each other. Once the count or the time is used up no signature holds any more and
//! [`Checks::have_ended`] says so for good: whoever judges must then let nothing pass, because what was not looked at may speak against it.

use crate::cms::Claim;
use crate::der::{Certificate, Error};
use openssl::sha::Sha256;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Most checks of one verification. A file with a thousand stamped signatures by as many people needs some 7,000.
pub const MAX_CHECKS: usize = 20_000;

/// A check of more signed bytes than this counts for several: as many as it has pieces of this size.
pub const BYTES_PER_CHECK: usize = 64 * 1024;

/// What one verification may cost, and what it found out so far. Shared by everything that is asked about one file.
#[derive(Debug)]
pub struct Checks {
    until: Option<Instant>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    left: usize,
    ended: bool,
    known: HashMap<[u8; 32], Result<(), Error>>,
}

/// Not checked any more: count or time is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ended;

impl Default for Checks {
    fn default() -> Self {
        Self::up_to(MAX_CHECKS, None)
    }
}

impl Checks {
    /// [`MAX_CHECKS`], and none after `until`.
    pub fn until(until: Instant) -> Self {
        Self::up_to(MAX_CHECKS, Some(until))
    }

    fn up_to(left: usize, until: Option<Instant>) -> Self {
        Self {
            until,
            state: Mutex::new(State {
                left,
                ended: false,
                known: HashMap::new(),
            }),
        }
    }

    /// Something was not looked at because count or time is used up.
    pub fn have_ended(&self) -> bool {
        self.state().ended
    }

    /// How many were done, each counted once for each [`BYTES_PER_CHECK`] begun.
    pub fn made(&self) -> usize {
        MAX_CHECKS - self.state().left
    }

    /// Whether time is left; asked before each piece of data, whose mere number costs time too.
    pub(super) fn go_on(&self) -> bool {
        let mut state = self.state();
        state.ended |= self.until.is_some_and(|until| Instant::now() >= until);
        !state.ended
    }

    /// Whether the key in `spki_der` signed `certificate`.
    pub(super) fn certificate(&self, certificate: &Certificate, spki_der: &[u8]) -> Result<Result<(), Error>, Ended> {
        let signed = (certificate.sha256(), certificate.tbs_der().len());
        self.ask(signed, spki_der, || certificate.verify_signed_by(spki_der))
    }

    /// Whether the signature value of `claim` is its certificate's; `None` once the checks have ended.
    pub fn value(&self, claim: &Claim<'_>) -> Option<Result<(), Error>> {
        let signed = (&claim.id(), claim.signed_bytes());
        self.ask(signed, claim.certificate().spki_der(), || claim.check()).ok()
    }

    /// Whether the key of `issuer` signed `certificate`; `false` also once the checks have ended. Says nothing about names.
    pub fn is_signed_by(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        self.certificate(certificate, issuer.spki_der()) == Ok(Ok(()))
    }

    /// What `check` says, asked once for each key and signed object: its SHA-256 and the bytes that are signed in it.
    pub(super) fn ask(
        &self,
        (object, bytes): (&[u8; 32], usize),
        spki_der: &[u8],
        check: impl FnOnce() -> Result<(), Error>,
    ) -> Result<Result<(), Error>, Ended> {
        let mut question = Sha256::new();
        question.update(object);
        question.update(spki_der);
        let question = question.finish();
        if !self.go_on() {
            return Err(Ended);
        }
        let mut state = self.state();
        if let Some(known) = state.known.get(&question) {
            return Ok(known.clone());
        }
        let cost = 1 + bytes / BYTES_PER_CHECK;
        if state.left < cost {
            state.ended = true;
            return Err(Ended);
        }
        state.left -= cost;
        drop(state);
        let said = check();
        self.state().known.insert(question, said.clone());
        Ok(said)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_costs_once_and_long_data_costs_more() {
        let checks = Checks::default();
        let wrong = || Err(Error::SignatureWrong);
        assert_eq!(checks.ask((&[1; 32], 10), b"key", || Ok(())), Ok(Ok(())));
        assert_eq!(checks.ask((&[1; 32], 10), b"key", wrong), Ok(Ok(())), "known");
        assert_eq!(checks.made(), 1);
        assert_eq!(checks.ask((&[1; 32], 10), b"other", wrong), Ok(wrong()));
        assert_eq!(checks.ask((&[2; 32], 10), b"key", wrong), Ok(wrong()));
        assert_eq!(checks.made(), 3);
        assert_eq!(
            checks.ask((&[3; 32], 2 * BYTES_PER_CHECK), b"key", || Ok(())),
            Ok(Ok(()))
        );
        assert_eq!((checks.made(), checks.have_ended()), (6, false));
    }

    #[test]
    fn what_has_ended_stays_ended() {
        let checks = Checks::up_to(1, None);
        assert_eq!(checks.ask((&[1; 32], 10), b"key", || Ok(())), Ok(Ok(())));
        assert_eq!(checks.ask((&[2; 32], 10), b"key", || Ok(())), Err(Ended));
        assert_eq!(
            checks.ask((&[1; 32], 10), b"key", || Ok(())),
            Err(Ended),
            "known, and too late"
        );
        assert!(checks.have_ended() && !checks.go_on());
        let late = Checks::until(Instant::now());
        assert_eq!(late.ask((&[1; 32], 10), b"key", || Ok(())), Err(Ended));
        assert!(late.have_ended());
    }
}
