//! What the desk says of itself, and how a site becomes known. Nothing here decides.

use serde::Serialize;
use utoipa::ToSchema;

/// `GET /health`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `hankod`.
    pub name: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// Versions of this API that are answered.
    pub api: &'static [&'static str],
    /// For a nonce from an allowed site: one proof for each of the site's keys, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<ProofView>,
}

/// A proof that this daemon holds a key which it handed out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ProofView {
    /// The pairing that the key came from.
    pub pairing: String,
    /// Hexadecimal HMAC-SHA256 under the key over nonce, zero byte, origin, zero byte, port in decimal.
    pub hmac: String,
}

/// Where a site's wish to be known stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairingState {
    /// The person has not answered yet.
    Pending,
    /// Allowed; the key is in this answer and in no other.
    Allowed,
    /// Allowed, and the key has been fetched.
    Fetched,
    /// The person said no.
    Refused,
    /// Nobody answered in time.
    Expired,
}

/// `POST /v1/pairings`, `GET /v1/pairings/{id}`.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PairingView {
    /// Opaque.
    pub id: String,
    /// Six digits; the page and the prompt show the same.
    pub code: String,
    /// Where it stands.
    pub state: PairingState,
    /// The key for `Authorization: Bearer`, handed out once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// `GET /v1/pairings/{id}/return`: a site asked by a form, and the daemon's page waits for the person's answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PairingReturn {
    /// Who asks.
    pub origin: String,
    /// Six digits, the same as in the prompt.
    pub code: String,
    /// Where the browser goes back to, once there is an answer; told once where it holds a key.
    pub location: Option<String>,
}
