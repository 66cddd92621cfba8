//! The record of one signing: intents before the token is asked, outcomes before anybody gets a file.
//!
//! Each step is one transaction of change and audit entry. Nothing here decides; it writes what was decided.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::access::Principal;
use crate::app::consent::Consent;
use crate::app::desk::Level;
use crate::app::failure::Failure;
use crate::app::jobs::Later;
use crate::app::receipts::{Receipt, origin_of};
use crate::audit::{self, AuditError, Event, Kind};
use crate::clock::Timestamp;
use crate::der::DigestAlgorithm;
use crate::store::{Ending, KeptFile, NewAttempts, NewOperation, OperationState, Release, Store, StoredReceipt};
use crate::text::{Explain, plain};
use crate::token;

/// The record of one operation.
pub(crate) struct Journal {
    store: Store,
    operation: String,
    actor: String,
    /// What receipts say, where the person gets them.
    receipts: Option<Receipts>,
    /// Intents whose outcome is not written yet, and what it will be if nothing better happens.
    open: Mutex<BTreeMap<Intent, Ending>>,
}

/// What all receipts of an operation share.
struct Receipts {
    who: Option<String>,
    names: Vec<String>,
    inputs: Vec<[u8; 32]>,
    check: String,
    /// What the prompt said, and the certificate; known on the way.
    learnt: Mutex<(Option<String>, [u8; 32])>,
}

/// Inputs that an entry lists one by one; beyond them it holds one digest over theirs, so that it keeps its size.
const MAX_LISTED_INPUTS: usize = 500;
/// The token was never asked for this one.
const NOT_ASKED: &str = "token_not_asked";

/// One intent that was written: item and number of the attempt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Intent {
    /// Item, from 1.
    pub(crate) item: u32,
    /// Attempt, from 1.
    pub(crate) attempt: u32,
}

impl Journal {
    /// Writes that the person, or a rule of the administrator, agreed.
    ///
    /// # Errors
    /// What the state refused.
    pub(crate) async fn begin(
        store: &Store,
        operation: &str,
        who: &Principal,
        consent: &Consent,
        at: Timestamp,
    ) -> Result<Self, Failure> {
        let (operation, actor) = (operation.to_owned(), who.to_string());
        let open = Mutex::default();
        let journal = Self {
            store: store.clone(),
            operation: operation.clone(),
            actor: actor.clone(),
            receipts: None,
            open,
        };
        let new = NewOperation {
            id: operation.clone(),
            caller: actor.clone(),
            shown: *consent.digest(),
            inputs: consent.inputs().to_vec(),
            at,
        };
        let event = Event::new(at, Kind::OperationBegun, actor, operation)
            .with("shown", consent.digest())
            .with("count", i64::try_from(consent.inputs().len()).unwrap_or(i64::MAX));
        let event = match consent.inputs() {
            few if few.len() <= MAX_LISTED_INPUTS => {
                event.with("inputs", few.iter().map(hex::encode).collect::<Vec<_>>())
            }
            many => event.with(
                "inputs_sha256",
                hex::encode(DigestAlgorithm::Sha256.digest(&many.concat())),
            ),
        };
        let event = match consent.is_unseen() {
            true => event.with("digests", true),
            false => event,
        };
        store
            .write(move |tx| {
                Box::pin(async move {
                    tx.begin_operation(&new).await?;
                    audit::append(tx, &event).await?;
                    Ok::<_, AuditError>(())
                })
            })
            .await?;
        Ok(journal)
    }

    /// From here on each release leaves the person a receipt; `names` are the documents', in order.
    pub(crate) fn leaving_receipts(mut self, who: &Principal, names: Vec<String>, consent: &Consent) -> Self {
        self.receipts = Some(Receipts {
            who: origin_of(who),
            names,
            inputs: consent.inputs().to_vec(),
            check: consent.check(),
            learnt: Mutex::default(),
        });
        self
    }

    /// Notes what the prompt says, for the receipts.
    pub(crate) fn prompted(&self, words: String) {
        if let Some(receipts) = &self.receipts {
            receipts.learnt.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(words);
        }
    }

    /// Writes that the token is about to be asked for these digests, all in one transaction.
    ///
    /// # Errors
    /// What the state refused; then the token may not be asked.
    pub(crate) async fn intend(
        &self,
        credential: [u8; 32],
        digests: Vec<(u32, Vec<u8>)>,
        at: Timestamp,
    ) -> Result<Vec<Intent>, Failure> {
        if let Some(receipts) = &self.receipts {
            receipts.learnt.lock().unwrap_or_else(PoisonError::into_inner).1 = credential;
        }
        let (operation, actor) = (self.operation.clone(), self.actor.clone());
        let new = NewAttempts {
            operation: operation.clone(),
            credential,
            digests,
            at,
        };
        let written = self.store.write(move |tx| {
            Box::pin(async move {
                let numbers = tx.begin_attempts(&new).await?;
                let intended = |((item, digest), attempt): (&(u32, Vec<u8>), &u32)| {
                    Event::new(at, Kind::SignatureIntended, &*actor, &*operation)
                        .with("item", *item)
                        .with("certificate", &credential)
                        .with("digest", hex::encode(digest))
                        .with("attempt", *attempt)
                };
                let events: Vec<Event> = new.digests.iter().zip(&numbers).map(intended).collect();
                audit::append_all(tx, &events).await?;
                let items = new.digests.iter().map(|(item, _)| *item);
                let intents = items.zip(numbers).map(|(item, attempt)| Intent { item, attempt });
                Ok::<_, AuditError>(intents.collect())
            })
        });
        let intents: Vec<Intent> = written.await?;
        self.open()
            .extend(intents.iter().map(|intent| (*intent, Ending::Failed(NOT_ASKED))));
        Ok(intents)
    }

    /// Notes that the token signed; written with the outcome.
    pub(crate) fn signed(&self, intent: Intent) {
        self.open().insert(intent, Ending::Signed);
    }

    /// Notes that the token did not sign, or that nobody knows; written with the end.
    pub(crate) fn not_signed(&self, intent: Intent, error: &token::Error) {
        self.open().insert(intent, ending(error));
    }

    /// Writes that a checked signature leaves the house in a file with this digest, and what is left to do with it: a job, an archive to watch over. Call before anybody gets it.
    ///
    /// # Errors
    /// What the state refused; then nobody may get it.
    pub(crate) async fn release(
        &self,
        intent: Intent,
        (output, level): ([u8; 32], Level),
        left: (Option<Later>, Option<KeptFile>),
        at: Timestamp,
    ) -> Result<(), Failure> {
        self.release_with(&[(intent, output)], Some(level), left, at).await
    }

    /// The same for several, all in one transaction; no level where there is no file.
    ///
    /// # Errors
    /// What the state refused; then nobody may get any of them.
    pub(crate) async fn release_all(
        &self,
        outputs: &[(Intent, [u8; 32])],
        level: Option<Level>,
        at: Timestamp,
    ) -> Result<(), Failure> {
        self.release_with(outputs, level, (None, None), at).await
    }

    async fn release_with(
        &self,
        outputs: &[(Intent, [u8; 32])],
        level: Option<Level>,
        (later, kept): (Option<Later>, Option<KeptFile>),
        at: Timestamp,
    ) -> Result<(), Failure> {
        let (operation, actor) = (self.operation.clone(), self.actor.clone());
        let event = |(intent, output): &(Intent, [u8; 32])| {
            let event = Event::new(at, Kind::SignatureReleased, &*self.actor, &*self.operation)
                .with("item", intent.item)
                .with("attempt", intent.attempt)
                .with("output", output);
            match level {
                Some(level) => event.with("level", level.name()),
                None => event,
            }
        };
        let events: Vec<Event> = outputs.iter().map(event).collect();
        let release = |(intent, output): &(Intent, [u8; 32])| Release {
            item: intent.item,
            number: intent.attempt,
            output: *output,
        };
        let releases: Vec<Release> = outputs.iter().map(release).collect();
        let left = outputs
            .iter()
            .filter_map(|output| self.receipt(output, level.unwrap_or_default(), at));
        let receipts: Vec<(Event, StoredReceipt)> = left.collect();
        let written = self.store.write(move |tx| {
            Box::pin(async move {
                tx.release(&operation, &releases, at).await?;
                audit::append_all(tx, &events).await?;
                for (event, mut receipt) in receipts {
                    receipt.seq = audit::append(tx, &event).await?.seq;
                    tx.add_receipt(&receipt).await?;
                }
                if let Some(later) = later {
                    later.put(tx, &actor, at).await?;
                }
                if let Some(kept) = kept {
                    tx.keep_file(&kept).await?;
                }
                Ok::<_, AuditError>(())
            })
        });
        written.await?;
        let mut open = self.open();
        for (intent, _) in outputs {
            open.remove(intent);
        }
        Ok(())
    }

    /// The receipt of one release, and the entry that holds its digest.
    #[expect(clippy::expect_used, reason = "text and numbers always serialize")]
    fn receipt(
        &self,
        (intent, output): &(Intent, [u8; 32]),
        level: Level,
        at: Timestamp,
    ) -> Option<(Event, StoredReceipt)> {
        let receipts = self.receipts.as_ref()?;
        let (prompt, certificate) = receipts.learnt.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let place = intent.item as usize - 1;
        let input = receipts.inputs.get(place).copied().unwrap_or_default();
        let receipt = Receipt {
            at: at.rfc3339(),
            origin: receipts.who.clone(),
            operation: self.operation.clone(),
            item: intent.item,
            // What nobody was asked about leaves no name behind.
            name: prompt.as_ref().and(receipts.names.get(place)).map(|name| plain(name)),
            input: hex::encode(input),
            output: hex::encode(output),
            certificate: hex::encode(certificate),
            level: level.name().to_owned(),
            check: receipts.check.clone(),
            prompt,
        };
        let body = serde_json::to_string(&receipt).expect("a receipt is plain data");
        let digest = hex::encode(DigestAlgorithm::Sha256.digest(body.as_bytes()));
        let event = Event::new(at, Kind::ReceiptLeft, &*self.actor, &*self.operation)
            .with("item", intent.item)
            .with("receipt", digest);
        let output = *output;
        let seq = 0;
        Some((
            event,
            StoredReceipt {
                seq,
                input,
                output,
                body,
            },
        ))
    }

    /// Writes that a released file could not get its name: nobody has it, and the item is not signed again.
    ///
    /// # Errors
    /// What the state refused.
    pub(crate) async fn not_delivered(&self, intent: Intent, code: &'static str, at: Timestamp) -> Result<(), Failure> {
        let event = Event::new(at, Kind::DeliveryFailed, &*self.actor, &*self.operation)
            .with("item", intent.item)
            .with("attempt", intent.attempt)
            .with("error", code);
        let written = self.store.write(move |tx| {
            Box::pin(async move {
                audit::append(tx, &event).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(written.await?)
    }

    /// Writes how the operation came out. Where that fails it is logged: what was released is recorded, and the open end is closed by the next
    /// process that takes the tokens.
    pub(crate) async fn close<T>(&self, result: &Result<T, Failure>, at: Timestamp) {
        let (state, error) = match result {
            Ok(_) => (OperationState::Done, None),
            Err(failure) if failure.is_refusal() => (OperationState::Cancelled, Some(failure.code())),
            Err(failure) => (OperationState::Failed, Some(failure.code())),
        };
        if let Err(failure) = self.end(state, error, at).await {
            log::error!(code = failure.code(), operation = self.operation.as_str(); "the end of an operation could not be recorded");
        }
    }

    /// Writes the end of the operation, and what became of every intent that was not released.
    ///
    /// # Errors
    /// What the state refused.
    async fn end(&self, state: OperationState, error: Option<&'static str>, at: Timestamp) -> Result<(), Failure> {
        let operation = self.operation.clone();
        let left: Vec<(Intent, Ending, Event)> = std::mem::take(&mut *self.open())
            .into_iter()
            .map(|(intent, ending)| (intent, ending, self.outcome(intent, ending, at)))
            .collect();
        let event = Event::new(at, Kind::OperationEnded, &*self.actor, &*self.operation)
            .with("state", state.name())
            .with("error", error.unwrap_or_default());
        let written = self.store.write(move |tx| {
            Box::pin(async move {
                for (Intent { item, attempt }, ending, event) in left {
                    tx.end_attempt(&operation, item, attempt, ending, at).await?;
                    tx.fail_item(&operation, item, error.unwrap_or(NOT_ASKED)).await?;
                    audit::append(tx, &event).await?;
                }
                tx.end_operation(&operation, state, error, at).await?;
                audit::append(tx, &event).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(written.await?)
    }

    /// Writes something about a PIN or login on `token`.
    ///
    /// # Errors
    /// What the state refused.
    pub(crate) async fn note(&self, kind: Kind, token: &str, at: Timestamp) -> Result<(), Failure> {
        let event = Event::new(at, kind, &*self.actor, &*self.operation).with("token", token);
        let written = self.store.write(move |tx| {
            Box::pin(async move {
                audit::append(tx, &event).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(written.await?)
    }

    fn outcome(&self, intent: Intent, ending: Ending, at: Timestamp) -> Event {
        let (kind, code) = match ending {
            Ending::Signed => (Kind::SignatureMade, "not_released"),
            Ending::Unknown => (Kind::SignatureUnknown, "outcome_unknown"),
            Ending::Failed(code) => (Kind::SignatureFailed, code),
        };
        Event::new(at, kind, &*self.actor, &*self.operation)
            .with("item", intent.item)
            .with("attempt", intent.attempt)
            .with("error", code)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<Intent, Ending>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an error in the middle of a signature tells: the token did not sign, or it may have before its answer was lost.
fn ending(error: &token::Error) -> Ending {
    use token::Error as E;
    match error {
        E::ModuleCrashed | E::Timeout | E::Gone | E::Removed | E::Garbled => Ending::Unknown,
        E::ModuleMissing { .. }
        | E::ModuleNotPkcs11 { .. }
        | E::Refused { .. }
        | E::Busy
        | E::Held { .. }
        | E::WorkerUnavailable { .. }
        | E::PinWrong { .. }
        | E::PinLocked
        | E::PinLength { .. }
        | E::PinToBeChanged
        | E::PinUnchangeable
        | E::PinUninitialised
        | E::Cancelled
        | E::LoginLost
        | E::KeyMissing
        | E::KeyAmbiguous
        | E::MechanismUnsupported { .. }
        | E::SignatureMismatch
        | E::NotGranted
        | E::GrantExpired
        | E::TooLong => Ending::Failed(error.code()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_went_in_mid_signature_may_have_signed() {
        use token::Error as E;
        for lost in [E::ModuleCrashed, E::Timeout, E::Gone, E::Removed, E::Garbled] {
            assert!(matches!(ending(&lost), Ending::Unknown), "{lost}");
        }
        for refused in [E::KeyMissing, E::SignatureMismatch, E::Cancelled] {
            assert!(
                matches!(ending(&refused), Ending::Failed(code) if code == refused.code()),
                "{refused}"
            );
        }
    }
}
