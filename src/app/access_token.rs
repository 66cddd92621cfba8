//! Access tokens (RFC 6749, 4.4): a client shows its key once and gets a short-lived token for its calls.
//!
//! Kept in memory alone, by their hashes; a restart ends them, and a revoked client's token opens nothing from that moment on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::App;
use super::clients::ClientView;
use super::failure::{Failure, FailureKind};
use crate::access::AccessError;
use crate::clock::Timestamp;
use crate::secret::ApiKey;

/// How long an access token is good.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(3600);

/// What every access token begins with; a client's key begins otherwise.
pub const ACCESS_TOKEN_PREFIX: &str = "hat_";

/// Most tokens of one client that are good at once; a further one ends its oldest.
const MAX_OPEN_PER_CLIENT: usize = 100;

/// Who holds one and until when it is good, by its SHA-256.
#[derive(Default)]
pub(crate) struct AccessTokens(Mutex<HashMap<[u8; 32], (String, Timestamp)>>);

impl App {
    /// A new access token for the client with this id and key.
    ///
    /// # Errors
    /// `key_unknown`, `key_revoked`, `client_too_often`.
    pub async fn access_token(&self, id: &str, key: &ApiKey) -> Result<ApiKey, Failure> {
        let client = self.client_by_key(key).await?;
        if client.id != id {
            return Err(AccessError::KeyUnknown.into());
        }
        let now = self.now();
        let mut open = self.0.access_tokens.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, (_, until)| *until > now);
        let own = open.iter().filter(|(_, (holder, _))| *holder == client.id);
        let mut own: Vec<([u8; 32], Timestamp)> = own.map(|(name, (_, until))| (*name, *until)).collect();
        if own.len() >= MAX_OPEN_PER_CLIENT {
            own.sort_by_key(|(_, until)| *until);
            open.remove(&own[0].0);
        }
        let text = format!("{ACCESS_TOKEN_PREFIX}{}{}", super::new_id(), super::new_id());
        open.insert(Sha256::digest(&text).into(), (client.id, now.plus(ACCESS_TOKEN_LIFE)));
        ApiKey::new(text.into_bytes()).ok_or(Failure::new(FailureKind::Internal, "internal_error"))
    }

    /// Whose access token this is.
    ///
    /// # Errors
    /// `key_unknown`, `key_revoked`.
    pub async fn client_by_access_token(&self, token: &ApiKey) -> Result<ClientView, Failure> {
        let now = self.now();
        let held = {
            let open = self.0.access_tokens.0.lock().unwrap_or_else(PoisonError::into_inner);
            let name: [u8; 32] = Sha256::digest(token.expose()).into();
            open.get(&name)
                .filter(|(_, until)| *until > now)
                .map(|(id, _)| id.clone())
        };
        self.client(&held.ok_or(AccessError::KeyUnknown)?).await
    }
}
