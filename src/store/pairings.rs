//! Pairings, requests for them, and allowances, as rows.
//!
//! Who may become paired is decided in `access`; here a row is only found, added or moved on. A revoked pairing loses its key at once.

use super::dialect::{Row, column};
use super::{Sha256, Store, StoreError, Tx};
use crate::clock::Timestamp;
use crate::secret::ApiKey;

/// What a key may do besides asking the person to sign what is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rights {
    /// Sign with a configured PIN, without a person.
    pub unattended: bool,
    /// Have digests signed whose documents nobody here sees.
    pub digests: bool,
}

impl Rights {
    /// A person is asked, and sees what is signed.
    pub const NONE: Self = Self {
        unattended: false,
        digests: false,
    };
}

/// A site or program that holds a key.
#[derive(Debug)]
pub struct Pairing {
    /// Opaque.
    pub id: String,
    /// The web origin it is bound to; `None` for a program.
    pub origin: Option<String>,
    /// The program's name; `None` for a web origin.
    pub program: Option<String>,
    /// The key; `None` once revoked.
    pub key: Option<ApiKey>,
    /// What the key may do.
    pub rights: Rights,
    /// When it was paired.
    pub created: Timestamp,
    /// Last use, exact to the hour.
    pub last_used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// A site that asks to be known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PairingRequest {
    /// Opaque.
    pub id: String,
    /// Who asks.
    pub origin: String,
    /// Six digits, shown on both sides.
    pub code: String,
    /// Where it stands.
    pub state: RequestState,
    /// What the approval said.
    pub rights: Rights,
    /// When it was asked.
    pub created: Timestamp,
    /// When it is void.
    pub expires: Timestamp,
}

/// Where a pairing request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestState {
    /// Waits for the person.
    Pending,
    /// The person agreed; the key has not been handed out.
    Approved,
    /// The person refused.
    Denied,
    /// The key was handed out.
    Claimed,
}

/// An origin that was allowed before it asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// Who.
    pub origin: String,
    /// What its pairing may do.
    pub rights: Rights,
    /// When the allowance is void.
    pub expires: Timestamp,
}

const PAIRING: &str = "pairing";
const REQUEST: &str = "pairing request";

impl RequestState {
    const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Claimed => "claimed",
        }
    }
}

impl Tx {
    /// Adds a pairing under the hash of its key.
    ///
    /// # Errors
    /// `state_exists` for a known id or key.
    pub async fn add_pairing(&mut self, pairing: &Pairing, key_sha256: &Sha256) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO pairings (id, origin, program, key_sha256, api_key, unattended, digests, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&pairing.id)
        .bind(&pairing.origin)
        .bind(&pairing.program)
        .bind(key_sha256.as_slice())
        .bind(pairing.key.as_ref().map(ApiKey::expose))
        .bind(i32::from(pairing.rights.unattended))
        .bind(i32::from(pairing.rights.digests))
        .bind(pairing.created.micros())
        .execute(&mut self.connection)
        .await;
        self.note(PAIRING, done).map(drop)
    }

    /// Revokes a pairing and wipes its key.
    ///
    /// # Errors
    /// `state_not_found` when there is none or it was revoked before.
    pub async fn revoke_pairing(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE pairings SET revoked = $2, api_key = NULL WHERE id = $1 AND revoked IS NULL")
            .bind(id)
            .bind(at.micros())
            .execute(&mut self.connection)
            .await;
        self.met(PAIRING, 1, done)
    }

    /// Notes a use.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn touch_pairing(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE pairings SET last_used = $2 WHERE id = $1")
            .bind(id)
            .bind(at.micros())
            .execute(&mut self.connection)
            .await;
        self.met(PAIRING, 1, done)
    }

    /// Adds a request.
    ///
    /// # Errors
    /// `state_exists` for a known id.
    pub async fn add_request(&mut self, request: &PairingRequest) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO pairing_requests (id, origin, code, state, unattended, digests, created, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&request.id)
        .bind(&request.origin)
        .bind(&request.code)
        .bind(request.state.name())
        .bind(i32::from(request.rights.unattended))
        .bind(i32::from(request.rights.digests))
        .bind(request.created.micros())
        .bind(request.expires.micros())
        .execute(&mut self.connection)
        .await;
        self.note(REQUEST, done).map(drop)
    }

    /// One request.
    ///
    /// # Errors
    /// `state_not_found`.
    pub async fn request(&mut self, id: &str) -> Result<PairingRequest, StoreError> {
        let row = sqlx::query(
            "SELECT id, origin, code, state, unattended, digests, created, expires FROM pairing_requests WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&mut self.connection)
        .await;
        let row = self.note(REQUEST, row)?.ok_or(StoreError::NotFound { what: REQUEST })?;
        request_of(&row)
    }

    /// Moves a request from one state to the next and says until when it is good. `expires` may lie earlier or later than before.
    ///
    /// # Errors
    /// `state_not_found` when it is not in `from`.
    pub async fn move_request(&mut self, id: &str, from: RequestState, to: &PairingRequest) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE pairing_requests SET state = $3, expires = $4 WHERE id = $1 AND state = $2")
            .bind(id)
            .bind(from.name())
            .bind(to.state.name())
            .bind(to.expires.micros())
            .execute(&mut self.connection)
            .await;
        self.met(REQUEST, 1, done)
    }

    /// Requests of all origins made at `since` or later, oldest first, at most `limit`. What has been void since before then is forgotten.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn recent_requests(&mut self, since: Timestamp, limit: u32) -> Result<Vec<PairingRequest>, StoreError> {
        let gone = sqlx::query("DELETE FROM pairing_requests WHERE expires < $1")
            .bind(since.micros())
            .execute(&mut self.connection)
            .await;
        self.note(REQUEST, gone)?;
        let rows = sqlx::query("SELECT id, origin, code, state, unattended, digests, created, expires FROM pairing_requests WHERE created >= $1 ORDER BY created, id LIMIT $2")
            .bind(since.micros())
            .bind(limit)
            .fetch_all(&mut self.connection)
            .await;
        self.note(REQUEST, rows)?.iter().map(request_of).collect()
    }

    /// Lets an origin's next request pass; replaces an earlier allowance.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn put_allowance(&mut self, allowance: &Allowance) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO allowances (origin, unattended, digests, expires) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (origin) DO UPDATE SET unattended = excluded.unattended, digests = excluded.digests, expires = excluded.expires",
        )
        .bind(&allowance.origin)
        .bind(i32::from(allowance.rights.unattended))
        .bind(i32::from(allowance.rights.digests))
        .bind(allowance.expires.micros())
        .execute(&mut self.connection)
        .await;
        self.note("allowance", done).map(drop)
    }

    /// Takes an origin's allowance away and returns it.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn take_allowance(&mut self, origin: &str) -> Result<Option<Allowance>, StoreError> {
        let row = sqlx::query("DELETE FROM allowances WHERE origin = $1 RETURNING unattended, digests, expires")
            .bind(origin)
            .fetch_optional(&mut self.connection)
            .await;
        let Some(row) = self.note("allowance", row)? else {
            return Ok(None);
        };
        Ok(Some(Allowance {
            origin: origin.to_owned(),
            rights: rights_of(&row, 0)?,
            expires: Timestamp::from_micros(column(&row, 2)?),
        }))
    }
}

impl Store {
    /// The pairing whose key has this hash, revoked or not.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn pairing_by_key(&self, key_sha256: &Sha256) -> Result<Option<Pairing>, StoreError> {
        let row = sqlx::query("SELECT id, origin, program, api_key, unattended, digests, created, last_used, revoked FROM pairings WHERE key_sha256 = $1")
            .bind(key_sha256.as_slice())
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        row.as_ref().map(pairing_of).transpose()
    }

    /// The active pairings of an origin, newest first, at most `limit`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn pairings_of_origin(&self, origin: &str, limit: u32) -> Result<Vec<Pairing>, StoreError> {
        let rows = sqlx::query("SELECT id, origin, program, api_key, unattended, digests, created, last_used, revoked FROM pairings WHERE origin = $1 AND revoked IS NULL ORDER BY created DESC, id LIMIT $2")
        .bind(origin)
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        rows.iter().map(pairing_of).collect()
    }

    /// All pairings, revoked ones too, oldest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn pairings(&self) -> Result<Vec<Pairing>, StoreError> {
        let rows = sqlx::query("SELECT id, origin, program, api_key, unattended, digests, created, last_used, revoked FROM pairings ORDER BY created, id")
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter().map(pairing_of).collect()
    }

    /// Requests that wait for a person at `now`, oldest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn pending_requests(&self, now: Timestamp) -> Result<Vec<PairingRequest>, StoreError> {
        let rows = sqlx::query("SELECT id, origin, code, state, unattended, digests, created, expires FROM pairing_requests WHERE state = 'pending' AND expires > $1 ORDER BY created, id")
        .bind(now.micros())
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        rows.iter().map(request_of).collect()
    }
}

/// Two columns from `first` on.
fn rights_of(row: &Row, first: usize) -> Result<Rights, StoreError> {
    Ok(Rights {
        unattended: column::<i64>(row, first)? != 0,
        digests: column::<i64>(row, first + 1)? != 0,
    })
}

fn pairing_of(row: &Row) -> Result<Pairing, StoreError> {
    let time = |at: Option<i64>| at.map(Timestamp::from_micros);
    let key: Option<Vec<u8>> = column(row, 3)?;
    Ok(Pairing {
        id: column(row, 0)?,
        origin: column(row, 1)?,
        program: column(row, 2)?,
        key: key
            .map(|key| ApiKey::new(key).ok_or(StoreError::Damaged { what: PAIRING }))
            .transpose()?,
        rights: rights_of(row, 4)?,
        created: Timestamp::from_micros(column(row, 6)?),
        last_used: time(column(row, 7)?),
        revoked: time(column(row, 8)?),
    })
}

fn request_of(row: &Row) -> Result<PairingRequest, StoreError> {
    let state: String = column(row, 3)?;
    let states = [
        RequestState::Pending,
        RequestState::Approved,
        RequestState::Denied,
        RequestState::Claimed,
    ];
    Ok(PairingRequest {
        id: column(row, 0)?,
        origin: column(row, 1)?,
        code: column(row, 2)?,
        state: states
            .into_iter()
            .find(|s| s.name() == state)
            .ok_or(StoreError::Damaged { what: REQUEST })?,
        rights: rights_of(row, 4)?,
        created: Timestamp::from_micros(column(row, 6)?),
        expires: Timestamp::from_micros(column(row, 7)?),
    })
}
