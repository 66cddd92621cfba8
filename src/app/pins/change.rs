//! `hankod token change-pin`: a PIN changed by the person who knows it, typed where every PIN is typed.
//!
//! The old one counts like any other try: its state is looked at before, and a wrong one is remembered.

use std::time::Duration;

use super::Try;
use crate::app::App;
use crate::app::failure::{Failure, FailureKind};
use crate::audit::{Event, Kind};
use crate::secret::Pin;
use crate::text::{Lang, plain, say};
use crate::token::pin::{Notice, Place, Prompter};
use crate::token::{self, PinState, TokenInfo};

/// Who changes a PIN, in the audit log.
const ACTOR: &str = "cli";

/// Where and how the person is asked.
struct Asking<'a> {
    prompter: Prompter,
    patience: Duration,
    lang: Lang,
    info: &'a TokenInfo,
}

impl App {
    /// Asks for the old PIN, then twice for the new one, and changes it. `name`: the token's label or serial number.
    ///
    /// # Errors
    /// `token_gone`, `token_ambiguous`, `pin_unchangeable`, `pin_new_differs`, `pin_new_not_ascii`, and what a login says.
    pub async fn change_pin(&self, name: &str, lang: Lang, place: &Place) -> Result<(), Failure> {
        let (info, memory) = self.token_named(name).await?;
        if info.protected_authentication_path {
            return Err(token::Error::PinUnchangeable.into());
        }
        let turn = self.pin_turn(&memory);
        let _turn = turn.lock().await;
        let info = self.tokens_room().info(&info.token).await?;
        if info.pin == PinState::Locked {
            return Err(token::Error::PinLocked.into());
        }
        self.may_try(&memory).await?;
        let asking = Asking {
            prompter: self.prompter()?.at(place),
            patience: Duration::from_millis(self.config().prompt.deadline_ms),
            lang,
            info: &info,
        };
        if info.pin == PinState::FinalTry {
            asking.agree("prompt-last-try-ask").await?;
        }
        let old = asking.pin("prompt-change-old").await?;
        let new = asking.pin("prompt-change-new").await?;
        let again = asking.pin("prompt-change-again").await?;
        if !new.matches(again.expose()) {
            return Err(Failure::new(FailureKind::Pin, "pin_new_differs"));
        }
        if info.removable && !new.expose().is_ascii() {
            return Err(Failure::new(FailureKind::Pin, "pin_new_not_ascii"));
        }
        let changed = self.tokens_room().change_pin(&info.token, &old, &new).await;
        self.power_off(&info).await;
        self.tell(self.tokens_changed());
        self.remember_change(&memory, changed).await
    }

    async fn remember_change(&self, memory: &str, changed: Result<(), token::Error>) -> Result<(), Failure> {
        let event = |kind| Event::new(self.now(), kind, ACTOR, "").with("token", memory);
        match changed {
            Ok(()) => {
                self.welcome(memory).await?;
                self.record(event(Kind::PinChanged)).await
            }
            Err(error) => {
                if matches!(Try::of(&error), Try::Refused) {
                    self.refused(memory).await?;
                    self.record(event(Kind::PinRefused)).await?;
                }
                Err(error.into())
            }
        }
    }
}

impl Asking<'_> {
    async fn pin(&self, words: &str) -> Result<Pin, Failure> {
        Ok(self.prompter.enter(self.notice(words), self.patience).await?)
    }

    async fn agree(&self, words: &str) -> Result<(), Failure> {
        Ok(self.prompter.agree(self.notice(words), self.patience).await?)
    }

    fn notice(&self, words: &str) -> Notice {
        let lines = vec![plain(&self.info.token.label), say(self.lang, words, &[])];
        Notice::new(self.lang, "prompt-continue", lines)
    }
}
