//! What happened at readers, cards, tokens and signings, as pages and programs are told.
//!
//! An event says that something is different, not how everything stands: whoever hears it asks again.

use super::{CardKind, SigningState};
use crate::clock::Timestamp;
use crate::text::plain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happened, for `GET /v1/events`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// A reader was plugged in or unplugged.
    Reader {
        /// When it was seen, RFC 3339.
        at: String,
        /// Its name.
        reader: String,
        /// It is there.
        present: bool,
    },
    /// A card was put into a reader or pulled out.
    Card {
        /// When it was seen, RFC 3339.
        at: String,
        /// The reader's name.
        reader: String,
        /// It is there.
        present: bool,
        /// What it is; absent when it was pulled out.
        kind: Option<CardKind>,
    },
    /// What the tokens show has changed, after cards came or went or a PIN was tried: fetch `/v1/tokens` again.
    Token {
        /// When it was seen, RFC 3339.
        at: String,
    },
    /// A signing moved on.
    Signing {
        /// Which.
        id: String,
        /// To where.
        state: SigningState,
    },
    /// A site asks to be known.
    Pairing {
        /// Which.
        id: String,
    },
}

impl Event {
    /// The event with its words made safe to show.
    #[must_use]
    pub fn plain(mut self) -> Self {
        if let Self::Reader { reader, .. } | Self::Card { reader, .. } = &mut self {
            *reader = plain(reader);
        }
        self
    }

    /// Tokens changed at this time.
    pub fn token(at: Timestamp) -> Self {
        Self::Token { at: at.rfc3339() }
    }
}
