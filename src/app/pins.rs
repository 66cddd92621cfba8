//! Opening a token: where its PIN comes from, what is looked at before a try is spent, what is remembered of a refusal.
//!
//! One call spends at most one try. A PIN from a file or credential that the token refused is not tried again until it
//! changes, also after a restart; a person who typed a wrong one is asked again only by a new request.

mod change;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::App;
use super::choose::Chosen;
use super::consent::Consent;
use super::desk::Certify;
use super::failure::{Failure, FailureKind};
use super::journal::Journal;
use super::keyring::Opened;
use super::signing::{Item, PinChoice, Set, Work};
use crate::access::Principal;
use crate::audit::{self, AuditError, Kind};
use crate::clock::Timestamp;
use crate::secret::Pin;
use crate::store::Sha256;
use crate::token::pin::{self, Certified, Pages, PinPrompt, PinSource};
use crate::token::{self, Credential, Login, PinState, TokenInfo, TokenRef};

/// After this many wrong PINs in a row the token rests.
const FREE_FAILURES: u32 = 2;
/// How long it rests, doubled with each further wrong PIN.
const COOL_DOWN: Duration = Duration::from_secs(60);
/// Doublings of [`COOL_DOWN`] at most.
const MAX_DOUBLINGS: u32 = 6;

/// Under what a login is recorded.
enum Noted<'a> {
    /// The operation that wants it.
    In(&'a Journal),
    /// No operation: the daemon opens its keys, or an operator a token.
    By(&'static str),
}

/// What the prompt says of the documents.
pub(crate) struct Asked {
    names: Vec<String>,
    pages: Pages,
    check: String,
}

impl Asked {
    /// From the work, before it is on its way.
    pub(crate) fn of(work: &Work, consent: &Consent) -> Self {
        let counted = |items: &[Item]| items.iter().map(|item| item.pages).sum::<Option<u64>>();
        Self {
            names: work.requests().map(|request| request.name.clone()).collect(),
            pages: match work {
                Work::Documents(items) => counted(items).map_or(Pages::Unknown, Pages::Counted),
                Work::Digests(_) => Pages::Unseen,
            },
            check: consent.check(),
        }
    }
}

impl App {
    /// Asks for the PIN and logs in, once.
    ///
    /// # Errors
    /// `pin_locked`, `pin_cooling_down`, `pin_refused_before`, whatever the prompt and the token say.
    pub(crate) async fn open_token(
        &self,
        chosen: &Chosen,
        set: &Set,
        asked: &Asked,
        journal: &Journal,
    ) -> Result<Opened, Failure> {
        let may_share = self.shares_keys() && matches!(set.pin, PinChoice::Configured) && is_unattended(set);
        if may_share && self.configured_pin(&chosen.info.token)?.is_some() {
            return Ok(Opened::Shared(self.shared_login(&chosen.info).await?));
        }
        let name = chosen.memory.clone();
        // One try at a time, from the look at what is remembered until its outcome is remembered.
        let turn = self.pin_turn(&name);
        let _turn = tokio::select! {
            turn = turn.lock() => turn,
            () = set.cancel.cancelled() => return Err(cancelled()),
        };
        let info = self.tokens_room().info(&chosen.info.token).await?;
        if info.pin == PinState::Locked {
            return Err(token::Error::PinLocked.into());
        }
        self.may_try(&name).await?;
        let source = self.pin_source(chosen, set)?;
        let tries_left = self.tries_left(&info).await;
        if tries_left == Some(0) {
            return Err(token::Error::PinLocked.into());
        }
        let last_try = info.pin == PinState::FinalTry || tries_left == Some(1);
        if last_try {
            self.before_last_try(&source, &info, set).await?;
        }
        let words = PinPrompt {
            tries_left,
            last_try,
            ..prompt(chosen, &info, set, asked)
        };
        if matches!(source, PinSource::Prompt(_)) {
            journal.prompted(words.words());
        }
        let from_file = matches!(source, PinSource::File(_) | PinSource::Credential(_));
        let patience = Duration::from_millis(self.config().prompt.deadline_ms);
        let pin = tokio::select! {
            // Who cancelled may rely on it that no PIN is used afterwards, also when both come at once.
            biased;
            () = set.cancel.cancelled() => return Err(cancelled()),
            pin = source.obtain(words, patience) => pin?,
        };
        let pin = match pin {
            Some(pin) => Some(self.fit_pin(&source, pin, &info, set).await?),
            None => None,
        };
        let login = self
            .try_pin(&name, &chosen.info.token, pin, from_file, &Noted::In(journal))
            .await?;
        Ok(Opened::Own(login))
    }

    /// Logs in to a token with the PIN that the administrator configured for it, once, without a person.
    ///
    /// # Errors
    /// `token_pin_not_configured`; else as [`App::open_token`].
    pub(crate) async fn open_configured(&self, name: &str, token: &TokenRef) -> Result<Login, Failure> {
        let turn = self.pin_turn(name);
        let _turn = turn.lock().await;
        let info = self.tokens_room().info(token).await?;
        if info.pin == PinState::Locked {
            return Err(token::Error::PinLocked.into());
        }
        self.may_try(name).await?;
        let pin = match self.configured_pin(token)? {
            Some(source) => source.stored().await?,
            None => None,
        };
        if pin.is_none() {
            let none = Failure::new(FailureKind::Unavailable, "token_pin_not_configured");
            return Err(none.with("token", &token.label));
        }
        self.try_pin(name, token, pin, true, &Noted::By(super::DAEMON)).await
    }

    /// Logs in to a token for its operator, once, with a PIN from a file or prompt; without one it is typed on the reader.
    ///
    /// # Errors
    /// As [`App::open_token`].
    pub(crate) async fn open_by_hand(
        &self,
        name: &str,
        info: &TokenInfo,
        pin: Option<Pin>,
        from_file: bool,
    ) -> Result<Login, Failure> {
        let turn = self.pin_turn(name);
        let _turn = turn.lock().await;
        let info = self.tokens_room().info(&info.token).await?;
        if info.pin == PinState::Locked {
            return Err(token::Error::PinLocked.into());
        }
        self.may_try(name).await?;
        self.try_pin(name, &info.token, pin, from_file, &Noted::By("cli")).await
    }

    /// Spends one try. Call with the turn of the PIN held.
    async fn try_pin(
        &self,
        name: &str,
        token: &TokenRef,
        pin: Option<Pin>,
        from_file: bool,
        noted: &Noted<'_>,
    ) -> Result<Login, Failure> {
        let fingerprint = pin
            .as_ref()
            .filter(|_| from_file)
            .map(|pin| self.store().pin_fingerprint(name, pin));
        if let Some(fingerprint) = &fingerprint {
            if self.store().pin_was_refused(name, fingerprint).await? {
                let refused = Failure::new(FailureKind::Pin, "pin_refused_before");
                return Err(refused.with("token", &token.label));
            }
            self.remember(name, *fingerprint).await?;
        }
        self.give_way(token);
        let credential = pin.map_or(Credential::ProtectedPath, Credential::Pin);
        match self.tokens_room().login(token, credential).await {
            Ok(login) => {
                self.welcome(name).await?;
                self.note(noted, Kind::LoginDone, name).await?;
                Ok(login)
            }
            Err(error) => {
                // Whoever looks at the token sees how its PIN stands now.
                self.tell(self.tokens_changed());
                match Try::of(&error) {
                    Try::Refused => {
                        self.refused(name).await?;
                        self.note(noted, Kind::PinRefused, name).await?;
                    }
                    Try::NotMade => self.forget(name, fingerprint).await?,
                    Try::Unknown => {
                        // The flags tell whether a try was spent; where they cannot be read, the mark stays.
                        let after = self.tokens_room().info(token).await;
                        if after.is_ok_and(|info| info.pin == PinState::Ok) {
                            self.forget(name, fingerprint).await?;
                        }
                    }
                }
                Err(error.into())
            }
        }
    }

    async fn note(&self, noted: &Noted<'_>, kind: Kind, token: &str) -> Result<(), Failure> {
        match noted {
            Noted::In(journal) => journal.note(kind, token, self.now()).await,
            Noted::By(actor) => {
                let event = audit::Event::new(self.now(), kind, *actor, "").with("token", token);
                self.record(event).await
            }
        }
    }

    pub(super) fn pin_turn(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.pin_turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(name.to_owned()).or_default().clone()
    }

    /// Marks a PIN from a file or credential before it is tried, so that a killed process does not try it again.
    async fn remember(&self, name: &str, fingerprint: Sha256) -> Result<(), Failure> {
        let (name, now) = (name.to_owned(), self.now());
        let written = self.store().write(move |tx| {
            Box::pin(async move {
                tx.remember_refused_pin(&name, &fingerprint, now).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(written.await?)
    }

    async fn forget(&self, name: &str, fingerprint: Option<Sha256>) -> Result<(), Failure> {
        let Some(fingerprint) = fingerprint else { return Ok(()) };
        let name = name.to_owned();
        let written = self.store().write(move |tx| {
            Box::pin(async move {
                tx.forget_refused_pin(&name, &fingerprint).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(written.await?)
    }

    pub(super) fn pin_source(&self, chosen: &Chosen, set: &Set) -> Result<PinSource, Failure> {
        if let PinChoice::File(path) = &set.pin {
            return Ok(PinSource::File(path.clone()));
        }
        if is_unattended(set)
            && let Some(source) = self.configured_pin(&chosen.info.token)?
        {
            return Ok(source);
        }
        if chosen.info.protected_authentication_path {
            return Ok(PinSource::ProtectedPath);
        }
        Ok(PinSource::Prompt(self.prompter()?.at(&set.place)))
    }

    pub(super) async fn may_try(&self, name: &str) -> Result<(), Failure> {
        let Some(known) = self.store().pin_failures(name).await? else {
            return Ok(());
        };
        let now = self.now();
        if known.blocked_until <= now {
            return Ok(());
        }
        let seconds = known.blocked_until.since(now).as_secs() + 1;
        Err(Failure::new(FailureKind::Pin, "pin_cooling_down").with("seconds", seconds.to_string()))
    }

    pub(super) async fn welcome(&self, name: &str) -> Result<(), Failure> {
        let name = name.to_owned();
        let forgotten = self.store().write(move |tx| {
            Box::pin(async move {
                tx.forget_pins(&name).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(forgotten.await?)
    }

    async fn refused(&self, name: &str) -> Result<(), Failure> {
        let known = self.store().pin_failures(name).await?.map_or(0, |known| known.failures);
        let (name, now) = (name.to_owned(), self.now());
        let written = self.store().write(move |tx| {
            Box::pin(async move {
                tx.count_pin_failure(&name, now, rest_until(known + 1, now)).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(written.await?)
    }
}

/// What became of one try at a PIN.
enum Try {
    /// The token refused it, or says that none is left.
    Refused,
    /// The token was never asked.
    NotMade,
    /// Nobody knows.
    Unknown,
}

impl Try {
    fn of(error: &token::Error) -> Self {
        use token::Error as E;
        match error {
            E::PinWrong { .. } | E::PinLocked => Self::Refused,
            E::PinLength { .. }
            | E::PinUninitialised
            | E::Gone
            | E::Busy
            | E::ModuleMissing { .. }
            | E::ModuleNotPkcs11 { .. }
            | E::WorkerUnavailable { .. } => Self::NotMade,
            _ => Self::Unknown,
        }
    }
}

/// Whether the administrator lets this caller sign with the configured PIN.
fn is_unattended(set: &Set) -> bool {
    match &set.who {
        Principal::Cli
        | Principal::Jobs
        | Principal::Client { .. }
        | Principal::Person { .. }
        | Principal::Signer { .. } => true,
        Principal::Site { .. } | Principal::Program { .. } | Principal::OwnPage => set.unattended,
    }
}

fn cancelled() -> Failure {
    Failure::new(FailureKind::Cancelled, "signing_cancelled")
}

fn prompt(chosen: &Chosen, info: &TokenInfo, set: &Set, asked: &Asked) -> PinPrompt {
    PinPrompt {
        lang: set.lang,
        asked: match &set.who {
            Principal::Site { origin } => pin::Asked::Site(origin.to_string()),
            Principal::Program { name }
            | Principal::Client { id: name }
            | Principal::Person { id: name }
            | Principal::Signer { contract: name, .. } => pin::Asked::Program(name.clone()),
            Principal::OwnPage | Principal::Cli | Principal::Jobs => pin::Asked::Person,
        },
        names: asked.names.clone(),
        pages: asked.pages,
        reason: set.choice.reason.clone(),
        location: set.choice.location.clone(),
        certified: set.choice.certify.map(|certify| match certify {
            Certify::NoChanges => Certified::NoChanges,
            Certify::Form => Certified::Form,
            Certify::Annotations => Certified::Annotations,
        }),
        holder: chosen.holder.clone().unwrap_or_else(|| chosen.info.token.label.clone()),
        tries_left: None,
        last_try: false,
        wrong_before: info.pin == PinState::CountLow,
        check: asked.check.clone(),
        address: set.confirm_address.clone().unwrap_or_default(),
    }
}

pub(super) fn rest_until(failures: u32, now: Timestamp) -> Timestamp {
    match failures.checked_sub(FREE_FAILURES) {
        None | Some(0) => now,
        Some(over) => now.plus(COOL_DOWN * 2_u32.pow((over - 1).min(MAX_DOUBLINGS))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_rests_longer_with_each_wrong_pin() {
        let now = Timestamp::from_seconds(1_000);
        let rests: Vec<u64> = [1, 2, 3, 4, 5, 100]
            .iter()
            .map(|n| rest_until(*n, now).since(now).as_secs())
            .collect();
        assert_eq!(rests, [0, 0, 60, 120, 240, 60 * 64]);
    }
}
