//! What the desk shows of tokens and certificates. Nothing here touches one.

use super::{CertificateSelector, Said};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a token's PIN stands, as its flags tell (PKCS#11 `CKF_USER_PIN_*`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PinState {
    /// No warning.
    Normal,
    /// At least one wrong try since the last right one.
    Low,
    /// One try is left.
    Final,
    /// Blocked.
    Locked,
}

/// What a card is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// A My Number card.
    Jpki,
    /// A PIV card (NIST SP 800-73).
    Piv,
    /// Another one.
    Unknown,
}

/// A card or HSM token, or a reader without one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// Opaque; stays while the same card is in the same reader.
    pub id: String,
    /// The reader's or slot's name.
    pub reader: String,
    /// `false`: the reader is empty.
    pub present: bool,
    /// What the card is; absent where it is none.
    pub card: Option<CardKind>,
    /// The token's label.
    pub label: String,
    /// The manufacturer's words.
    pub manufacturer: String,
    /// The serial number as the token tells it (not unique: every My Number card says zeros).
    pub serial: String,
    /// How the PIN stands.
    pub pin: PinState,
    /// Exact number of tries, where the card tells it.
    pub tries_left: Option<u32>,
    /// The PIN is typed on the reader, not on the computer.
    pub pinpad: bool,
    /// Why the token cannot be used now.
    pub problem: Option<Said>,
}

/// Which certificates are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateUsage {
    /// Those that can sign now.
    #[default]
    Signing,
    /// All, the others with the reason.
    All,
}

/// A certificate on a token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CertificateView {
    /// What the manifest's `certificate` takes.
    pub select: CertificateSelector,
    /// The token that holds its key.
    pub token: String,
    /// The token's label.
    pub token_label: String,
    /// The holder's name (CN), or empty where the card shows it only after the PIN.
    pub name: String,
    /// The holder's organisation (O).
    pub organization: Option<String>,
    /// The issuer's name.
    pub issuer: String,
    /// Hexadecimal serial number.
    pub serial: String,
    /// RFC 3339.
    pub not_before: Option<String>,
    /// RFC 3339.
    pub not_after: Option<String>,
    /// Whole days until then, where they are few enough to be warned of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_left: Option<u64>,
    /// Key type and size, such as `RSA 2048` or `P-256`.
    pub key: String,
    /// Whether it can sign now.
    pub usable: bool,
    /// Why it cannot; empty when `usable`.
    pub reasons: Vec<Said>,
}
