//! Signers and callers: links, codes and sessions as their hashes, what a signer agreed to, and requests that are answered once.

use super::super::dialect::{Row, column};
use super::super::{Sha256, Store, StoreError, Tx};
use super::{damaged, json, parsed, small};
use crate::clock::Timestamp;
use crate::contract::field::Value;
use crate::contract::progress::Who;
use crate::contract::signer::Factor;

const LINK: &str = "link";
const CODE: &str = "code";
const CONSENT: &str = "consent";
const KEY: &str = "key";

/// A signer's link; good as long as the signer's request has this number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkRow {
    /// To which contract.
    pub contract: String,
    /// For which signer.
    pub signer: u16,
    /// Of which request.
    pub request: u32,
    /// Until when.
    pub expires: Timestamp,
}

/// The last code that was sent to a signer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeRow {
    /// For which request.
    pub request: u32,
    /// SHA-256 over salt and code.
    pub sha256: Sha256,
    /// The salt.
    pub salt: Vec<u8>,
    /// When it was sent.
    pub sent: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
    /// Wrong ones so far.
    pub tries: u32,
    /// SHA-256 of the session that a right one opened, and its end.
    pub session: Option<(Sha256, Timestamp)>,
}

/// What a signer filled in and agreed to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consent {
    /// Of which request.
    pub request: u32,
    /// By number of the field.
    pub values: Vec<(u16, Value)>,
    /// The person.
    pub who: Who,
    /// How they were known.
    pub factors: Vec<Factor>,
    /// When.
    pub at: Timestamp,
}

/// A request that is answered once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OnceKey {
    /// Who asks.
    pub caller: String,
    /// The key that they chose.
    pub name: String,
    /// SHA-256 of what they ask.
    pub request: Sha256,
}

impl Tx {
    /// Adds a link under the hash of its secret.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn add_link(&mut self, sha256: &Sha256, link: &LinkRow) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO contract_links (sha256, contract, signer, request, expires) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(sha256.as_slice())
        .bind(&link.contract)
        .bind(i64::from(link.signer))
        .bind(i64::from(link.request))
        .bind(link.expires.micros())
        .execute(&mut self.connection)
        .await;
        self.note(LINK, done).map(drop)
    }

    /// Writes the last code of a signer, with its tries and its session.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn put_code(&mut self, contract: &str, signer: u16, code: &CodeRow) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO contract_codes (contract, signer, request, sha256, salt, sent, expires, tries, session, session_ends) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (contract, signer) DO UPDATE SET \
             request = excluded.request, sha256 = excluded.sha256, salt = excluded.salt, sent = excluded.sent, \
             expires = excluded.expires, tries = excluded.tries, session = excluded.session, session_ends = excluded.session_ends",
        )
        .bind(contract)
        .bind(i64::from(signer))
        .bind(i64::from(code.request))
        .bind(code.sha256.as_slice())
        .bind(&code.salt)
        .bind(code.sent.micros())
        .bind(code.expires.micros())
        .bind(i64::from(code.tries))
        .bind(code.session.as_ref().map(|(sha256, _)| sha256.as_slice()))
        .bind(code.session.as_ref().map(|(_, ends)| ends.micros()))
        .execute(&mut self.connection)
        .await;
        self.note(CODE, done).map(drop)
    }

    /// The last code of a signer, inside the transaction.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn code(&mut self, contract: &str, signer: u16) -> Result<Option<CodeRow>, StoreError> {
        let row = sqlx::query(
            "SELECT request, sha256, salt, sent, expires, tries, session, session_ends FROM contract_codes \
             WHERE contract = $1 AND signer = $2",
        )
        .bind(contract)
        .bind(i64::from(signer))
        .fetch_optional(&mut self.connection)
        .await;
        self.note(CODE, row)?.as_ref().map(code).transpose()
    }

    /// Writes what a signer agreed to; a later agreement of the same signer takes its place.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn put_consent(&mut self, contract: &str, signer: u16, consent: &Consent) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO contract_consents (contract, signer, request, \"values\", who, factors, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (contract, signer) DO UPDATE SET request = excluded.request, \
             \"values\" = excluded.\"values\", who = excluded.who, factors = excluded.factors, at = excluded.at",
        )
        .bind(contract)
        .bind(i64::from(signer))
        .bind(i64::from(consent.request))
        .bind(json(&consent.values)?)
        .bind(json(&consent.who)?)
        .bind(json(&consent.factors)?)
        .bind(consent.at.micros())
        .execute(&mut self.connection)
        .await;
        self.note(CONSENT, done).map(drop)
    }

    /// The contract that a request with this key made or changed before, and the digest of that request.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn answered(&mut self, key: &OnceKey) -> Result<Option<(String, Sha256)>, StoreError> {
        let row = sqlx::query("SELECT contract, request FROM contract_keys WHERE caller = $1 AND name = $2")
            .bind(&key.caller)
            .bind(&key.name)
            .fetch_optional(&mut self.connection)
            .await;
        let Some(row) = self.note(KEY, row)? else {
            return Ok(None);
        };
        let request: Vec<u8> = column(&row, 1)?;
        Ok(Some((column(&row, 0)?, request.try_into().map_err(damaged)?)))
    }

    /// Remembers that a request with this key was answered with this contract.
    ///
    /// # Errors
    /// `state_exists` when it was before.
    pub async fn answer_once(&mut self, key: &OnceKey, contract: &str, at: Timestamp) -> Result<(), StoreError> {
        let done =
            sqlx::query("INSERT INTO contract_keys (caller, name, request, contract, at) VALUES ($1, $2, $3, $4, $5)")
                .bind(&key.caller)
                .bind(&key.name)
                .bind(key.request.as_slice())
                .bind(contract)
                .bind(at.micros())
                .execute(&mut self.connection)
                .await;
        self.note(KEY, done).map(drop)
    }
}

impl Store {
    /// The link whose secret has this hash.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn link(&self, sha256: &Sha256) -> Result<Option<LinkRow>, StoreError> {
        let row = sqlx::query("SELECT contract, signer, request, expires FROM contract_links WHERE sha256 = $1")
            .bind(sha256.as_slice())
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        let link = |row: &Row| {
            Ok(LinkRow {
                contract: column(row, 0)?,
                signer: small(row, 1)?,
                request: u32::try_from(column::<i64>(row, 2)?).map_err(damaged)?,
                expires: Timestamp::from_micros(column(row, 3)?),
            })
        };
        row.as_ref().map(link).transpose()
    }

    /// What a signer agreed to last.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn consent(&self, contract: &str, signer: u16) -> Result<Option<Consent>, StoreError> {
        let row = sqlx::query(
            "SELECT request, \"values\", who, factors, at FROM contract_consents WHERE contract = $1 AND signer = $2",
        )
        .bind(contract)
        .bind(i64::from(signer))
        .fetch_optional(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        let consent = |row: &Row| {
            Ok(Consent {
                request: u32::try_from(column::<i64>(row, 0)?).map_err(damaged)?,
                values: parsed(column(row, 1)?)?,
                who: parsed(column(row, 2)?)?,
                factors: parsed(column(row, 3)?)?,
                at: Timestamp::from_micros(column(row, 4)?),
            })
        };
        row.as_ref().map(consent).transpose()
    }
}

fn code(row: &Row) -> Result<CodeRow, StoreError> {
    let sha256: Vec<u8> = column(row, 1)?;
    let session: Option<Vec<u8>> = column(row, 6)?;
    let ends: Option<i64> = column(row, 7)?;
    let session = match (session, ends) {
        (Some(session), Some(ends)) => Some((session.try_into().map_err(damaged)?, Timestamp::from_micros(ends))),
        _ => None,
    };
    Ok(CodeRow {
        request: u32::try_from(column::<i64>(row, 0)?).map_err(damaged)?,
        sha256: sha256.try_into().map_err(damaged)?,
        salt: column(row, 2)?,
        sent: Timestamp::from_micros(column(row, 3)?),
        expires: Timestamp::from_micros(column(row, 4)?),
        tries: u32::try_from(column::<i64>(row, 5)?).map_err(damaged)?,
        session,
    })
}
