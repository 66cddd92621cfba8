//! Clients of a server: programs with an API key or a TLS certificate of their own, each with scopes, credentials and quotas.
//!
//! A key is shown once and kept as its hash; a certificate is known by its SHA-256 after TLS has proved that the client holds its key.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::key::{KEY_CHARS, new_id, new_key};
use super::{AccessError, KEY_PREFIX};
use crate::clock::Timestamp;
use crate::secret::ApiKey;
use crate::store::{Client, Store, Tx};
use crate::text::plain;

/// Longest name, in characters.
pub const MAX_CLIENT_CHARS: usize = 64;

/// Most credentials that a client is confined to.
pub const MAX_CLIENT_CREDENTIALS: usize = 256;

const TOUCH_EVERY: Duration = Duration::from_secs(3600);

/// What a client may ask for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// List credentials and their certificates.
    Credentials,
    /// Have hashes signed.
    SignHash,
    /// Have documents signed.
    SignDocument,
    /// Put batches of documents.
    Batch,
    /// Get timestamps.
    Timestamp,
    /// Have documents verified.
    Verify,
    /// Make and read contracts.
    Contracts,
}

/// What the administrator says about a new client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewClient {
    /// Its name.
    pub name: String,
    /// What it may ask for; at least one.
    pub scopes: Vec<Scope>,
    /// SHA-256 of the certificates that it may sign with; empty: every one.
    pub credentials: Vec<[u8; 32]>,
    /// Give it an API key.
    pub key: bool,
    /// SHA-256 of its TLS client certificate.
    pub certificate: Option<[u8; 32]>,
    /// Most requests within a minute.
    pub per_minute: u32,
    /// Most signatures on a day in Japan.
    pub per_day: u32,
}

impl Scope {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Credentials,
        Self::SignHash,
        Self::SignDocument,
        Self::Batch,
        Self::Timestamp,
        Self::Verify,
        Self::Contracts,
    ];

    /// The name on the command line and in the state.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::SignHash => "sign-hash",
            Self::SignDocument => "sign-document",
            Self::Batch => "batch",
            Self::Timestamp => "timestamp",
            Self::Verify => "verify",
            Self::Contracts => "contracts",
        }
    }

    /// The scope of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// Whether a client with these scopes may ask for this.
pub fn may(scopes: &[String], scope: Scope) -> bool {
    scopes.iter().any(|name| name == scope.name())
}

/// Adds a client; its key is handed out here and never again.
///
/// # Errors
/// `client_invalid`; `state_exists` for a name or certificate that is in use.
pub async fn add(tx: &mut Tx, new: &NewClient, now: Timestamp) -> Result<(Client, Option<ApiKey>), AccessError> {
    let fits = (1..=MAX_CLIENT_CHARS).contains(&new.name.chars().count()) && plain(&new.name) == new.name;
    let known = new.key || new.certificate.is_some();
    let bounded = new.credentials.len() <= MAX_CLIENT_CREDENTIALS && new.per_minute > 0 && new.per_day > 0;
    if !fits || !known || !bounded || new.scopes.is_empty() {
        return Err(AccessError::ClientInvalid);
    }
    let key = new.key.then(new_key).transpose()?;
    let names = Scope::ALL.into_iter().filter(|scope| new.scopes.contains(scope));
    let client = Client {
        id: new_id()?,
        name: new.name.clone(),
        scopes: names.map(|scope| scope.name().to_owned()).collect(),
        credentials: new.credentials.iter().map(hex::encode).collect(),
        has_key: key.is_some(),
        certificate: new.certificate,
        per_minute: new.per_minute,
        per_day: new.per_day,
        created: now,
        last_used: None,
        revoked: None,
    };
    let hash: Option<[u8; 32]> = key.as_ref().map(|key| Sha256::digest(key.expose()).into());
    tx.add_client(&client, hash.as_ref()).await?;
    Ok((client, key))
}

/// Finds out whose API key this is. `bearer` is what stands after `Bearer `.
///
/// # Errors
/// `key_unknown`, `key_revoked`; as [`crate::store::StoreError`].
pub async fn by_key(store: &Store, bearer: &[u8], now: Timestamp) -> Result<Client, AccessError> {
    if bearer.len() != KEY_CHARS || !bearer.starts_with(KEY_PREFIX.as_bytes()) {
        return Err(AccessError::KeyUnknown);
    }
    // 256 random bits: the hash alone finds the row, and no comparison of the key itself could be timed.
    let found = store.client_by_key(&Sha256::digest(bearer).into()).await?;
    let client = found.ok_or(AccessError::KeyUnknown)?;
    if client.revoked.is_some() {
        return Err(AccessError::KeyRevoked);
    }
    touch(store, &client, now).await?;
    Ok(client)
}

/// Finds out whose TLS certificate this is.
///
/// # Errors
/// `key_unknown`; as [`crate::store::StoreError`].
pub async fn by_certificate(store: &Store, sha256: &[u8; 32], now: Timestamp) -> Result<Client, AccessError> {
    let found = store.client_by_certificate(sha256).await?;
    let client = found.ok_or(AccessError::KeyUnknown)?;
    touch(store, &client, now).await?;
    Ok(client)
}

async fn touch(store: &Store, client: &Client, now: Timestamp) -> Result<(), AccessError> {
    if client.last_used.is_some_and(|last| last.plus(TOUCH_EVERY) > now) {
        return Ok(());
    }
    let id = client.id.clone();
    let done = store.write(move |tx| Box::pin(async move { tx.touch_client(&id, now).await }));
    Ok(done.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_one_name() {
        for scope in Scope::ALL {
            assert_eq!(Scope::named(scope.name()), Some(scope));
        }
        assert_eq!(Scope::named("sign"), None);
    }
}
