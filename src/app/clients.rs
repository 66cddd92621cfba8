//! Clients of a server: added, listed, revoked by its administrator; known by key or certificate when they call.

use std::path::PathBuf;

use super::App;
use super::draft::small_file;
use super::failure::{Failure, FailureKind};
use crate::access::client::{self, NewClient, Scope};
use crate::access::{AccessError, Principal};
use crate::audit::{self, AuditError, Kind};
use crate::der::{MAX_BUNDLE_BYTES, parse_bundle};
use crate::secret::ApiKey;
use crate::store::Client;

/// A client, as the administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct ClientView {
    /// Opaque.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// SHA-256 of the certificates that it may sign with; empty: every one.
    pub credentials: Vec<String>,
    /// Has an API key.
    pub key: bool,
    /// SHA-256 of its TLS certificate.
    pub certificate: Option<String>,
    /// Most requests within a minute.
    pub per_minute: u32,
    /// Most signatures on a day in Japan.
    pub per_day: u32,
    /// RFC 3339.
    pub created: String,
    /// RFC 3339; exact to the hour.
    pub last_used: Option<String>,
    /// RFC 3339.
    pub revoked: Option<String>,
}

impl App {
    /// Adds a client; its key is told once.
    ///
    /// # Errors
    /// `client_invalid`, `state_exists`.
    pub async fn add_client(&self, new: NewClient) -> Result<(ClientView, Option<ApiKey>), Failure> {
        let now = self.now();
        let made = self.store().write(move |tx| {
            Box::pin(async move {
                let (client, key) = client::add(tx, &new, now).await?;
                let event = audit::Event::new(now, Kind::ClientAdded, Principal::Cli.to_string(), &*client.id)
                    .with("name", &*client.name)
                    .with("scopes", client.scopes.clone());
                audit::append(tx, &event).await?;
                Ok::<_, Failure>((client, key))
            })
        });
        let (client, key) = made.await?;
        Ok((view(&client), key))
    }

    /// All clients, revoked ones too.
    ///
    /// # Errors
    /// What the state refused.
    pub async fn clients(&self) -> Result<Vec<ClientView>, Failure> {
        Ok(self.store().clients().await?.iter().map(view).collect())
    }

    /// Makes a client's key and certificate void.
    ///
    /// # Errors
    /// `state_not_found`.
    pub async fn revoke_client(&self, id: &str) -> Result<(), Failure> {
        let (now, id) = (self.now(), id.to_owned());
        let done = self.store().write(move |tx| {
            Box::pin(async move {
                tx.revoke_client(&id, now).await?;
                let event = audit::Event::new(now, Kind::ClientRevoked, Principal::Cli.to_string(), id);
                audit::append(tx, &event).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(done.await?)
    }

    /// SHA-256 of the first certificate in a file, PEM or DER.
    ///
    /// # Errors
    /// `input_unreadable`, or what is wrong with the certificate.
    pub async fn certificate_sha256(&self, path: PathBuf) -> Result<[u8; 32], Failure> {
        let read = move || {
            let found = parse_bundle(&small_file(&path, MAX_BUNDLE_BYTES)?)?;
            let first = found.first().map(|certificate| *certificate.sha256());
            first.ok_or(Failure::new(FailureKind::Invalid, "client_invalid"))
        };
        self.blocking(read).await
    }

    /// Whose key this is.
    ///
    /// # Errors
    /// `key_unknown`, `key_revoked`.
    pub async fn client_by_key(&self, key: &ApiKey) -> Result<ClientView, Failure> {
        let client = client::by_key(self.store(), key.expose(), self.now()).await?;
        Ok(view(&client))
    }

    /// Whose TLS certificate this is; TLS has proved that the caller holds its key.
    ///
    /// # Errors
    /// `key_unknown`.
    pub async fn client_by_certificate(&self, sha256: &[u8; 32]) -> Result<ClientView, Failure> {
        let client = client::by_certificate(self.store(), sha256, self.now()).await?;
        Ok(view(&client))
    }

    /// The client of this id.
    ///
    /// # Errors
    /// `key_unknown`, `key_revoked`.
    pub(super) async fn client(&self, id: &str) -> Result<ClientView, Failure> {
        let found = self.store().client_by_id(id).await?.ok_or(AccessError::KeyUnknown)?;
        match found.revoked {
            None => Ok(view(&found)),
            Some(_) => Err(AccessError::KeyRevoked.into()),
        }
    }

    /// Whether a client may ask for this.
    ///
    /// # Errors
    /// `scope_missing`.
    pub fn check_scope(&self, client: &ClientView, scope: Scope) -> Result<(), Failure> {
        match client::may(&client.scopes, scope) {
            true => Ok(()),
            false => Err(AccessError::ScopeMissing { scope }.into()),
        }
    }
}

fn view(client: &Client) -> ClientView {
    ClientView {
        id: client.id.clone(),
        name: client.name.clone(),
        scopes: client.scopes.clone(),
        credentials: client.credentials.clone(),
        key: client.has_key,
        certificate: client.certificate.map(hex::encode),
        per_minute: client.per_minute,
        per_day: client.per_day,
        created: client.created.rfc3339(),
        last_used: client.last_used.map(|at| at.rfc3339()),
        revoked: client.revoked.map(|at| at.rfc3339()),
    }
}
