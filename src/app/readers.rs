//! Readers and cards as the daemon follows them: what PC/SC tells becomes events, ended logins and fresh looks at the tokens.
//!
//! Nothing here logs in. A card that comes back is looked at again; its PIN is asked for by the next request alone.

use std::time::Duration;

use tokio::sync::mpsc;

use super::App;
use super::desk::{CardKind, Event};
use super::failure::{Failure, FailureKind};
use crate::token::reader::{self, Happening, MAX_WAITING_HAPPENINGS, Readers, Sight};
use crate::token::{TokenInfo, names_reader};

/// How long a card may take to lose its power, or to tell a number.
const CARD_PATIENCE: Duration = Duration::from_secs(5);
/// How OpenSC calls both halves of a My Number card.
const JPKI_LABEL: &str = "JPKI (";

impl App {
    /// Begins to follow the readers. What happens goes into the channel, and whoever holds it hands it to [`App::happened`].
    ///
    /// # Errors
    /// `internal_error` when the system gives no thread.
    pub fn follow_readers(&self) -> Result<mpsc::Receiver<Happening>, Failure> {
        let (told, happenings) = mpsc::channel(MAX_WAITING_HAPPENINGS);
        let readers = Readers::watch(told).map_err(|_| Failure::new(FailureKind::Internal, "internal_error"))?;
        // Whoever follows a second time hears from a watch of its own.
        let _ = self.0.readers.set(readers);
        Ok(happenings)
    }

    /// What follows from what happened: logins of a card that is gone end, and whoever listens is told.
    pub async fn happened(&self, happening: Happening) {
        let at = self.now().rfc3339();
        let event = match happening {
            Happening::Service { up } => {
                log::info!(code = "pcscd", up; "the smart card service came or went");
                return;
            }
            Happening::ReaderCame { reader } => Event::Reader {
                at,
                reader,
                present: true,
            },
            Happening::ReaderLeft { reader } => Event::Reader {
                at,
                reader,
                present: false,
            },
            Happening::CardCame { reader, card } => Event::Card {
                at,
                reader,
                present: true,
                kind: Some(card.kind.into()),
            },
            Happening::CardLeft { reader } => {
                self.tokens_room().card_left(&reader).await;
                Event::Card {
                    at,
                    reader,
                    present: false,
                    kind: None,
                }
            }
        };
        self.tell(event.plain());
    }

    /// What PC/SC showed last; nothing where nobody follows it.
    pub(crate) fn sight(&self) -> Sight {
        self.0.readers.get().map(Readers::now).unwrap_or_default()
    }

    /// What the card of a token is; `None` for what is no card.
    pub(crate) fn card_kind(&self, info: &TokenInfo) -> Option<CardKind> {
        if !info.removable {
            return None;
        }
        let readers = self.sight().readers;
        let seen = readers
            .into_iter()
            .find(|reader| names_reader(&info.reader, &reader.name));
        match seen.and_then(|reader| reader.card).map(|card| card.kind) {
            Some(kind) if kind != reader::CardKind::Unknown => Some(kind.into()),
            _ if info.token.label.starts_with(JPKI_LABEL) => Some(CardKind::Jpki),
            _ => Some(CardKind::Unknown),
        }
    }

    /// How many tries a token's PIN has left, where its card tells the number. Not under a login.
    pub(crate) async fn tries_left(&self, info: &TokenInfo) -> Option<u32> {
        if !info.removable {
            return None;
        }
        let (reader, label) = (info.reader.clone(), info.token.label.clone());
        let asked = tokio::task::spawn_blocking(move || reader::tries_left(&reader, &label));
        tokio::time::timeout(CARD_PATIENCE, asked).await.ok()?.ok()?
    }

    /// Cuts the power of a card that has signed: nothing that the PIN has opened stays open.
    pub(crate) async fn power_off(&self, info: &TokenInfo) {
        if !info.removable {
            return;
        }
        let reader = info.reader.clone();
        let cut = tokio::task::spawn_blocking(move || reader::power_off(&reader));
        match tokio::time::timeout(CARD_PATIENCE, cut).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => log::warn!(code = "card_not_powered_off", error:%; "a card stays powered"),
            Ok(Err(_)) | Err(_) => log::warn!(code = "card_not_powered_off"; "a card stays powered"),
        }
    }
}

impl From<reader::CardKind> for CardKind {
    fn from(kind: reader::CardKind) -> Self {
        match kind {
            reader::CardKind::Jpki => Self::Jpki,
            reader::CardKind::Piv => Self::Piv,
            reader::CardKind::Unknown => Self::Unknown,
        }
    }
}
