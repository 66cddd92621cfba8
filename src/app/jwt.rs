//! Clients that show a token of a configured issuer: which client its subject is, by the administrator's list.
//!
//! What is wrong with a token is told in the log alone.

use super::App;
use super::clients::ClientView;
use super::draft::small_file;
use super::failure::Failure;
use crate::access::{AccessError, jwt};
use crate::der::parse_public_keys;

/// Largest file of an issuer's keys.
const MAX_KEYS_BYTES: usize = 256 * 1024;

impl App {
    /// Whose token this is.
    ///
    /// # Errors
    /// `key_unknown`; `input_unreadable`, `public_keys_malformed` for the issuer's keys.
    pub async fn client_by_jwt(&self, token: &str) -> Result<ClientView, Failure> {
        let claimed = jwt::claimed_issuer(token);
        let issuer = self
            .config()
            .issuers
            .iter()
            .find(|one| Some(&one.name) == claimed.as_ref());
        let issuer = issuer.ok_or(AccessError::KeyUnknown)?;
        // Read anew each time, so that a key that was taken out opens nothing from then on.
        let path = issuer.keys.clone();
        let keys = self
            .blocking(move || Ok(parse_public_keys(&small_file(&path, MAX_KEYS_BYTES)?)?))
            .await?;
        let known = jwt::Issuer {
            name: &issuer.name,
            audience: &issuer.audience,
            keys: &keys,
        };
        let refused = |reason: &str| {
            log::info!(code = "jwt_refused", issuer = issuer.name.as_str(), reason; "a token was refused");
            Failure::from(AccessError::KeyUnknown)
        };
        let subject = jwt::subject(token, &known, self.now()).map_err(|wrong| refused(&wrong.to_string()))?;
        let name = issuer.clients.get(&subject).ok_or_else(|| refused("unlisted"))?;
        let clients = self.clients().await?.into_iter();
        let mut named = clients.filter(|client| client.name == *name && client.revoked.is_none());
        named.next().ok_or_else(|| refused("client"))
    }
}
