//! Clients of a server, as rows, and what each has signed today.
//!
//! Who may become one, and what a scope allows, is decided in `access`.

use super::dialect::{Db, Row, column};
use super::{Sha256, Store, StoreError, Tx};
use crate::clock::{Day, Timestamp};

/// A client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// Opaque.
    pub id: String,
    /// As the administrator named it.
    pub name: String,
    /// Names of scopes.
    pub scopes: Vec<String>,
    /// SHA-256 of the certificates that it may sign with, hexadecimal; empty: every one.
    pub credentials: Vec<String>,
    /// Has an API key.
    pub has_key: bool,
    /// SHA-256 of its TLS client certificate.
    pub certificate: Option<Sha256>,
    /// Most requests within a minute.
    pub per_minute: u32,
    /// Most signatures on a day in Japan.
    pub per_day: u32,
    /// When it was added.
    pub created: Timestamp,
    /// Last use, exact to the hour.
    pub last_used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

const CLIENT: &str = "client";
const COLUMNS: &str =
    "id, name, scopes, credentials, key_sha256, certificate_sha256, per_minute, per_day, created, last_used, revoked";

impl Tx {
    /// Adds a client under the hash of its key, its certificate, or both.
    ///
    /// # Errors
    /// `state_exists` for a name, key or certificate that is in use.
    pub async fn add_client(&mut self, client: &Client, key_sha256: Option<&Sha256>) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO clients (id, name, scopes, credentials, key_sha256, certificate_sha256, per_minute, per_day, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&client.id)
        .bind(&client.name)
        .bind(client.scopes.join(" "))
        .bind(client.credentials.join(" "))
        .bind(key_sha256.map(|hash| hash.as_slice()))
        .bind(client.certificate.as_ref().map(|hash| hash.as_slice()))
        .bind(i64::from(client.per_minute))
        .bind(i64::from(client.per_day))
        .bind(client.created.micros())
        .execute(&mut self.connection)
        .await;
        self.note(CLIENT, done).map(drop)
    }

    /// Revokes a client; its key and certificate open nothing any more.
    ///
    /// # Errors
    /// `state_not_found` when there is none or it was revoked before.
    pub async fn revoke_client(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE clients SET revoked = $2 WHERE id = $1 AND revoked IS NULL")
            .bind(id)
            .bind(at.micros())
            .execute(&mut self.connection)
            .await;
        self.met(CLIENT, 1, done)
    }

    /// Notes a use.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn touch_client(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE clients SET last_used = $2 WHERE id = $1")
            .bind(id)
            .bind(at.micros())
            .execute(&mut self.connection)
            .await;
        self.met(CLIENT, 1, done)
    }

    /// Counts `signatures` more of a client on a day. `false`, and nothing is counted, when that would be more than its quota.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn count_signatures(
        &mut self,
        client: &str,
        per_day: u32,
        day: Day,
        signatures: u32,
    ) -> Result<bool, StoreError> {
        let day = day.to_string();
        let row = sqlx::query("SELECT signatures FROM client_days WHERE client = $1 AND day = $2")
            .bind(client)
            .bind(&day)
            .fetch_optional(&mut self.connection)
            .await;
        let before: i64 = match self.note(CLIENT, row)? {
            Some(row) => column(&row, 0)?,
            None => 0,
        };
        let after = before.saturating_add(i64::from(signatures));
        if after > i64::from(per_day) {
            return Ok(false);
        }
        let done = sqlx::query(
            "INSERT INTO client_days (client, day, signatures) VALUES ($1, $2, $3) \
             ON CONFLICT (client, day) DO UPDATE SET signatures = excluded.signatures",
        )
        .bind(client)
        .bind(&day)
        .bind(after)
        .execute(&mut self.connection)
        .await;
        self.note(CLIENT, done).map(|_| true)
    }
}

impl Store {
    /// The client whose key has this hash, revoked or not.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn client_by_key(&self, key_sha256: &Sha256) -> Result<Option<Client>, StoreError> {
        self.client("WHERE key_sha256 = $1", key_sha256.to_vec()).await
    }

    /// The client with this TLS certificate that was not revoked.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn client_by_certificate(&self, sha256: &Sha256) -> Result<Option<Client>, StoreError> {
        self.client("WHERE certificate_sha256 = $1 AND revoked IS NULL", sha256.to_vec())
            .await
    }

    /// The client of this id, revoked or not.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn client_by_id(&self, id: &str) -> Result<Option<Client>, StoreError> {
        self.client("WHERE id = $1", id.to_owned()).await
    }

    /// All clients, revoked ones too, oldest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM clients ORDER BY created, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter().map(client_of).collect()
    }

    async fn client<'q>(
        &self,
        condition: &'static str,
        value: impl sqlx::Encode<'q, Db> + sqlx::Type<Db> + Send + 'q,
    ) -> Result<Option<Client>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM clients {condition}");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(value)
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        row.as_ref().map(client_of).transpose()
    }
}

fn client_of(row: &Row) -> Result<Client, StoreError> {
    let damaged = || StoreError::Damaged { what: CLIENT };
    let words = |text: String| {
        text.split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let time = |at: Option<i64>| at.map(Timestamp::from_micros);
    let count = |number: i64| u32::try_from(number).map_err(|_| damaged());
    let certificate: Option<Vec<u8>> = column(row, 5)?;
    Ok(Client {
        id: column(row, 0)?,
        name: column(row, 1)?,
        scopes: words(column(row, 2)?),
        credentials: words(column(row, 3)?),
        has_key: column::<Option<Vec<u8>>>(row, 4)?.is_some(),
        certificate: certificate
            .map(|hash| hash.try_into().map_err(|_| damaged()))
            .transpose()?,
        per_minute: count(column(row, 6)?)?,
        per_day: count(column(row, 7)?)?,
        created: Timestamp::from_micros(column(row, 8)?),
        last_used: time(column(row, 9)?),
        revoked: time(column(row, 10)?),
    })
}
