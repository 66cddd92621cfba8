//! Slots and tokens as their modules describe them. Words of a token are shown as they are told; whoever shows them makes them safe.

use super::Error;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which token: enough to find it again, and to notice when another one sits in its slot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct TokenRef {
    /// Place of its module in the list that [`super::Tokens`] was made with.
    pub module: usize,
    /// PKCS#11 slot id.
    pub slot: u64,
    /// CKA label, trailing blanks cut.
    pub label: String,
    /// Serial number as told; not unique (every My Number card says zeros).
    pub serial: String,
}

/// A token in its slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TokenInfo {
    /// How to address it.
    pub token: TokenRef,
    /// The slot's description: the reader's name, at most 64 bytes of it.
    pub reader: String,
    /// `CKF_REMOVABLE_DEVICE`: a card, not an HSM.
    pub removable: bool,
    /// The manufacturer's name.
    pub manufacturer: String,
    /// The model.
    pub model: String,
    /// `false`: an empty token that waits for `C_InitToken`.
    pub initialised: bool,
    /// `CKF_LOGIN_REQUIRED`
    pub login_required: bool,
    /// `CKF_PROTECTED_AUTHENTICATION_PATH`: the PIN is typed on the reader.
    pub protected_authentication_path: bool,
    /// How the user's PIN stands.
    pub pin: PinState,
    /// Shortest and longest PIN in bytes, as told.
    pub pin_bytes: (u64, u64),
}

/// How a user's PIN stands, from the `CKF_USER_PIN_*` flags; the gravest one counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PinState {
    /// No warning.
    Ok,
    /// At least one wrong try since the last right one.
    CountLow,
    /// One try is left.
    FinalTry,
    /// Blocked.
    Locked,
    /// Must be changed before use.
    ToBeChanged,
    /// Never set.
    Uninitialised,
}

/// A reader's slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Slot {
    /// PKCS#11 slot id.
    pub id: u64,
    /// The slot's description: the reader's name.
    pub reader: String,
    /// `CKF_REMOVABLE_DEVICE`: a card, not an HSM.
    pub removable: bool,
    /// What is in it.
    pub state: SlotState,
}

/// What is in a slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SlotState {
    /// Nothing.
    Empty,
    /// A token.
    Present(TokenInfo),
    /// Something that the module cannot describe.
    Unreadable(Error),
}

/// Everything that the modules show.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listing {
    /// Slots of the modules that work.
    pub slots: Vec<Slot>,
    /// Modules that do not.
    pub problems: Vec<ModuleProblem>,
}

/// A module that could not list its slots.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleProblem {
    /// Place of the module in the list.
    pub module: usize,
    /// Its path.
    pub path: PathBuf,
    /// Why.
    pub error: Error,
}

impl Listing {
    /// The other tokens of the same module in the same reader: parts of one card.
    pub fn siblings(&self, of: &TokenRef) -> impl Iterator<Item = &TokenInfo> {
        let present = |slot: &'_ Slot| matches!(&slot.state, SlotState::Present(token) if token.token == *of);
        let reader = self
            .slots
            .iter()
            .find(|slot| present(slot))
            .map(|slot| slot.reader.as_str());
        self.slots.iter().filter_map(move |slot| match &slot.state {
            SlotState::Present(token)
                if Some(slot.reader.as_str()) == reader && token.token.module == of.module && token.token != *of =>
            {
                Some(token)
            }
            _ => None,
        })
    }

    /// The tokens that are there.
    pub fn tokens(&self) -> impl Iterator<Item = &TokenInfo> {
        self.slots.iter().filter_map(|slot| match &slot.state {
            SlotState::Present(token) => Some(token),
            SlotState::Empty | SlotState::Unreadable(_) => None,
        })
    }
}
