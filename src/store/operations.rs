//! Intents and outcomes: what was agreed, what a token was asked to sign, what left the house.
//!
//! An intent stands here before a token is touched. At most one signature of an item is ever released; the database itself refuses a second.

use std::collections::BTreeMap;

use sqlx::QueryBuilder;

use super::dialect::{Db, Row, column};
use super::{MAX_ROWS, Sha256, Store, StoreError, Tx};
use crate::clock::Timestamp;

/// What the person agreed to: one consent, many items.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOperation {
    /// Opaque, unique.
    pub id: String,
    /// Who asked: the principal's text.
    pub caller: String,
    /// SHA-256 of what the person was shown.
    pub shown: Sha256,
    /// SHA-256 of each input, in order; item numbers count from 1.
    pub inputs: Vec<Sha256>,
    /// When the person agreed.
    pub at: Timestamp,
}

/// A stored operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    /// Opaque.
    pub id: String,
    /// Who asked.
    pub caller: String,
    /// SHA-256 of what the person was shown.
    pub shown: Sha256,
    /// Number of items.
    pub item_count: u32,
    /// Where it stands.
    pub state: OperationState,
    /// Error code, when it failed.
    pub error: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// Where an operation stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperationState {
    /// Not ended; after a crash: interrupted.
    Open,
    /// Every item was released.
    Done,
    /// Ended with an error.
    Failed,
    /// Ended by the person or the caller.
    Cancelled,
}

/// One document of an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// From 1.
    pub number: u32,
    /// SHA-256 of the input.
    pub input: Sha256,
    /// SHA-256 of the released file.
    pub output: Option<Sha256>,
    /// Error code of the last failure.
    pub error: Option<String>,
}

/// What a token is about to be asked, item by item of one operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAttempts {
    /// The operation.
    pub operation: String,
    /// SHA-256 of the certificate.
    pub credential: Sha256,
    /// Each item, from 1, and the digest to be signed, as the token is given it; at most 64 bytes.
    pub digests: Vec<(u32, Vec<u8>)>,
    /// When.
    pub at: Timestamp,
}

/// A signature that leaves the house.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Release {
    /// The item, from 1.
    pub item: u32,
    /// The attempt that signed, from 1.
    pub number: u32,
    /// SHA-256 of the finished file.
    pub output: Sha256,
}

/// A stored attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// From 1 within its item.
    pub number: u32,
    /// SHA-256 of the certificate.
    pub credential: Sha256,
    /// The digest.
    pub digest: Vec<u8>,
    /// What became of it.
    pub state: AttemptState,
    /// Error code, when it failed.
    pub error: Option<String>,
    /// When the intent was written.
    pub started: Timestamp,
    /// When its outcome was known.
    pub ended: Option<Timestamp>,
}

/// What became of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttemptState {
    /// The token may have been asked.
    Intended,
    /// The token signed; nobody outside has the signature.
    Signed,
    /// The token refused.
    Failed,
    /// Nobody knows whether the token signed: its process died.
    Unknown,
    /// The signature left the house.
    Released,
}

/// How an attempt ended, short of being released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The token signed and the signature was checked.
    Signed,
    /// It failed with this error code.
    Failed(&'static str),
    /// The worker died with the request outstanding.
    Unknown,
}

const OPERATION: &str = "operation";
const ITEM: &str = "item";
const ATTEMPT: &str = "attempt";

impl OperationState {
    const ALL: [Self; 4] = [Self::Open, Self::Done, Self::Failed, Self::Cancelled];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl AttemptState {
    const ALL: [Self; 5] = [
        Self::Intended,
        Self::Signed,
        Self::Failed,
        Self::Unknown,
        Self::Released,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Signed => "signed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Released => "released",
        }
    }
}

impl Tx {
    /// Writes the intent of a whole operation with its items.
    ///
    /// # Errors
    /// `state_exists` for a known id.
    pub async fn begin_operation(&mut self, new: &NewOperation) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO operations (id, caller, shown, item_count, state, created) VALUES ($1, $2, $3, $4, 'open', $5)",
        )
        .bind(&new.id)
        .bind(&new.caller)
        .bind(new.shown.as_slice())
        .bind(i64::try_from(new.inputs.len()).unwrap_or(i64::MAX))
        .bind(new.at.micros())
        .execute(&mut self.connection)
        .await;
        self.note(OPERATION, done)?;
        let items: Vec<(i64, &Sha256)> = (1..).zip(&new.inputs).collect();
        for rows in items.chunks(MAX_ROWS) {
            let mut insert = QueryBuilder::<Db>::new("INSERT INTO items (operation, number, input) ");
            insert.push_values(rows, |mut row, (number, input)| {
                row.push_bind(&new.id).push_bind(number).push_bind(input.as_slice());
            });
            let done = insert.build().execute(&mut self.connection).await;
            self.note(ITEM, done)?;
        }
        Ok(())
    }

    /// Writes the intents of signatures and returns their numbers, from 1, in the order of the digests.
    ///
    /// # Errors
    /// `already_released` when a signature of an item has left the house; `state_not_found` when there is no such open operation and item. Then none is written.
    pub async fn begin_attempts(&mut self, new: &NewAttempts) -> Result<Vec<u32>, StoreError> {
        let tried = self.tried(&new.operation).await?;
        let mut rows = Vec::with_capacity(new.digests.len());
        for (item, digest) in &new.digests {
            let (attempts, is_released) = *tried.get(item).ok_or(StoreError::NotFound { what: ITEM })?;
            if is_released {
                return Err(released(&new.operation, *item));
            }
            rows.push((*item, attempts + 1, digest));
        }
        for rows in rows.chunks(MAX_ROWS) {
            let mut insert = QueryBuilder::<Db>::new(
                "INSERT INTO attempts (operation, item, number, credential, digest, state, started) ",
            );
            insert.push_values(rows, |mut row, (item, number, digest)| {
                row.push_bind(&new.operation)
                    .push_bind(i64::from(*item))
                    .push_bind(i64::from(*number))
                    .push_bind(new.credential.as_slice())
                    .push_bind(digest.as_slice())
                    .push_bind(AttemptState::Intended.name())
                    .push_bind(new.at.micros());
            });
            let done = insert.build().execute(&mut self.connection).await;
            self.note(ATTEMPT, done)?;
        }
        Ok(rows.into_iter().map(|(_, number, _)| number).collect())
    }

    /// For each item of an open operation, how many attempts it has, and whether one was released.
    async fn tried(&mut self, operation: &str) -> Result<BTreeMap<u32, (u32, bool)>, StoreError> {
        let found = sqlx::query(
            "SELECT i.number, count(a.number), coalesce(max(CASE WHEN a.state = 'released' THEN 1 ELSE 0 END), 0) \
             FROM operations o JOIN items i ON i.operation = o.id \
             LEFT JOIN attempts a ON a.operation = i.operation AND a.item = i.number \
             WHERE o.id = $1 AND o.state = 'open' GROUP BY i.number",
        )
        .bind(operation)
        .fetch_all(&mut self.connection)
        .await;
        let rows = self.note(ITEM, found)?;
        let tried = |row: &Row| Ok((count(row, 0)?, (count(row, 1)?, column::<i64>(row, 2)? != 0)));
        rows.iter().map(tried).collect()
    }

    /// Writes what became of an attempt.
    ///
    /// # Errors
    /// `state_not_found` when it had ended before.
    pub async fn end_attempt(
        &mut self,
        operation: &str,
        item: u32,
        number: u32,
        ending: Ending,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (state, error) = match ending {
            Ending::Signed => (AttemptState::Signed, None),
            Ending::Failed(code) => (AttemptState::Failed, Some(code)),
            Ending::Unknown => (AttemptState::Unknown, None),
        };
        let done = sqlx::query(
            "UPDATE attempts SET state = $4, error = $5, ended = $6 \
             WHERE operation = $1 AND item = $2 AND number = $3 AND state = 'intended'",
        )
        .bind(operation)
        .bind(i64::from(item))
        .bind(i64::from(number))
        .bind(state.name())
        .bind(error)
        .bind(at.micros())
        .execute(&mut self.connection)
        .await;
        self.met(ATTEMPT, 1, done)
    }

    /// Writes that attempts signed and that their signatures leave the house. Call before anybody gets one.
    ///
    /// # Errors
    /// `already_released` when a signature of an item left before; `state_not_found` when an attempt failed or does not exist. Then none is released.
    pub async fn release(&mut self, operation: &str, releases: &[Release], at: Timestamp) -> Result<(), StoreError> {
        for releases in releases.chunks(MAX_ROWS) {
            let mut update = QueryBuilder::<Db>::new("UPDATE attempts SET state = 'released', ended = ");
            update
                .push_bind(at.micros())
                .push(" WHERE operation = ")
                .push_bind(operation);
            update.push(" AND state IN ('intended', 'signed', 'released') AND (item, number) IN (");
            update.push_values(releases, |mut row, release| {
                row.push_bind(i64::from(release.item))
                    .push_bind(i64::from(release.number));
            });
            let done = update.push(")").build().execute(&mut self.connection).await;
            match self.met(ATTEMPT, releases.len(), done) {
                Err(StoreError::Exists { .. }) => return Err(self.released_before(operation, releases).await),
                other => other?,
            }
            let mut update = QueryBuilder::<Db>::new("WITH released (number, output) AS (");
            update.push_values(releases, |mut row, release| {
                row.push_bind(i64::from(release.item))
                    .push_bind(release.output.as_slice());
            });
            update.push(") UPDATE items SET output = released.output, error = NULL FROM released WHERE operation = ");
            update
                .push_bind(operation)
                .push(" AND items.number = released.number AND items.output IS NULL");
            let done = update.build().execute(&mut self.connection).await;
            match self.met(ITEM, releases.len(), done) {
                Err(StoreError::NotFound { .. }) => return Err(self.released_before(operation, releases).await),
                other => other?,
            }
        }
        Ok(())
    }

    /// `already_released` of the first of `releases` whose item has an output.
    async fn released_before(&mut self, operation: &str, releases: &[Release]) -> StoreError {
        for Release { item, .. } in releases {
            let found = sqlx::query("SELECT 1 FROM items WHERE operation = $1 AND number = $2 AND output IS NOT NULL")
                .bind(operation)
                .bind(i64::from(*item))
                .fetch_optional(&mut self.connection)
                .await;
            match self.note(ITEM, found) {
                Ok(Some(_)) => return released(operation, *item),
                Ok(None) => {}
                Err(error) => return error,
            }
        }
        StoreError::Damaged { what: ITEM }
    }

    /// Writes why an item has no signature.
    ///
    /// # Errors
    /// `state_not_found` when it has one or does not exist.
    pub async fn fail_item(&mut self, operation: &str, item: u32, error: &'static str) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE items SET error = $3 WHERE operation = $1 AND number = $2 AND output IS NULL")
            .bind(operation)
            .bind(i64::from(item))
            .bind(error)
            .execute(&mut self.connection)
            .await;
        self.met(ITEM, 1, done)
    }

    /// Ends an operation.
    ///
    /// # Errors
    /// `state_not_found` when it is not open.
    pub async fn end_operation(
        &mut self,
        id: &str,
        state: OperationState,
        error: Option<&'static str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let done =
            sqlx::query("UPDATE operations SET state = $2, error = $3, ended = $4 WHERE id = $1 AND state = 'open'")
                .bind(id)
                .bind(state.name())
                .bind(error)
                .bind(at.micros())
                .execute(&mut self.connection)
                .await;
        self.met(OPERATION, 1, done)
    }
}

impl Store {
    /// One operation.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn operation(&self, id: &str) -> Result<Option<Operation>, StoreError> {
        let row = sqlx::query(
            "SELECT id, caller, shown, item_count, state, error, created, ended FROM operations WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        row.as_ref().map(operation_of).transpose()
    }

    /// Operations that never ended, oldest first: after a start, those that a crash interrupted.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn open_operations(&self) -> Result<Vec<Operation>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, caller, shown, item_count, state, error, created, ended FROM operations WHERE state = 'open' ORDER BY created, id",
        )
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        rows.iter().map(operation_of).collect()
    }

    /// The items of an operation in order.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn items(&self, operation: &str) -> Result<Vec<Item>, StoreError> {
        let rows = sqlx::query("SELECT number, input, output, error FROM items WHERE operation = $1 ORDER BY number")
            .bind(operation)
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        let item = |row: &Row| {
            Ok(Item {
                number: count(row, 0)?,
                input: sha256(column(row, 1)?)?,
                output: column::<Option<Vec<u8>>>(row, 2)?.map(sha256).transpose()?,
                error: column(row, 3)?,
            })
        };
        rows.iter().map(item).collect()
    }

    /// The attempts at an item in order.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn attempts(&self, operation: &str, item: u32) -> Result<Vec<Attempt>, StoreError> {
        let rows = sqlx::query(
            "SELECT number, credential, digest, state, error, started, ended FROM attempts WHERE operation = $1 AND item = $2 ORDER BY number",
        )
        .bind(operation)
        .bind(i64::from(item))
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        let attempt = |row: &Row| {
            let state: String = column(row, 3)?;
            let known = AttemptState::ALL.into_iter().find(|s| s.name() == state);
            Ok(Attempt {
                number: count(row, 0)?,
                credential: sha256(column(row, 1)?)?,
                digest: column(row, 2)?,
                state: known.ok_or(StoreError::Damaged { what: ATTEMPT })?,
                error: column(row, 4)?,
                started: Timestamp::from_micros(column(row, 5)?),
                ended: column::<Option<i64>>(row, 6)?.map(Timestamp::from_micros),
            })
        };
        rows.iter().map(attempt).collect()
    }
}

fn operation_of(row: &Row) -> Result<Operation, StoreError> {
    let state: String = column(row, 4)?;
    let known = OperationState::ALL.into_iter().find(|s| s.name() == state);
    Ok(Operation {
        id: column(row, 0)?,
        caller: column(row, 1)?,
        shown: sha256(column(row, 2)?)?,
        item_count: count(row, 3)?,
        state: known.ok_or(StoreError::Damaged { what: OPERATION })?,
        error: column(row, 5)?,
        created: Timestamp::from_micros(column(row, 6)?),
        ended: column::<Option<i64>>(row, 7)?.map(Timestamp::from_micros),
    })
}

fn released(operation: &str, item: u32) -> StoreError {
    StoreError::AlreadyReleased {
        operation: operation.to_owned(),
        item,
    }
}

fn count(row: &Row, at: usize) -> Result<u32, StoreError> {
    u32::try_from(column::<i64>(row, at)?).map_err(|_| StoreError::Damaged { what: "row" })
}

fn sha256(bytes: Vec<u8>) -> Result<Sha256, StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged { what: "digest" })
}
