//! Who is signed in: one row a session, under the hash of its cookie.

use super::super::dialect::{Row, column};
use super::super::{Sha256, Store, StoreError, Tx};
use crate::clock::Timestamp;

const SESSION: &str = "session";

/// A session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionRow {
    /// Whose.
    pub person: String,
    /// For which section they act.
    pub section: String,
    /// When they signed in.
    pub begun: Timestamp,
    /// Their last call, exact to the minute.
    pub seen: Timestamp,
}

impl Tx {
    /// Opens a session.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn add_session(&mut self, sha256: &Sha256, session: &SessionRow) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO person_sessions (sha256, person, section, begun, seen) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(sha256.as_slice())
        .bind(&session.person)
        .bind(&session.section)
        .bind(session.begun.micros())
        .bind(session.seen.micros())
        .execute(&mut self.connection)
        .await;
        self.note(SESSION, done).map(drop)
    }

    /// Notes a call.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn touch_session(&mut self, sha256: &Sha256, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE person_sessions SET seen = $2 WHERE sha256 = $1")
            .bind(sha256.as_slice())
            .bind(at.micros())
            .execute(&mut self.connection)
            .await;
        self.note(SESSION, done).map(drop)
    }

    /// Ends a session; `false` when there was none.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn end_session(&mut self, sha256: &Sha256) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM person_sessions WHERE sha256 = $1")
            .bind(sha256.as_slice())
            .execute(&mut self.connection)
            .await;
        Ok(self.note(SESSION, done)?.rows_affected() > 0)
    }

    /// Ends every session of a person, in one section or in all.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn end_sessions_of(&mut self, person: &str, section: Option<&str>) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM person_sessions WHERE person = $1 AND ($2 IS NULL OR section = $2)")
            .bind(person)
            .bind(section)
            .execute(&mut self.connection)
            .await;
        self.note(SESSION, done).map(drop)
    }

    /// Forgets the sessions that began before this.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn drop_sessions_before(&mut self, begun: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM person_sessions WHERE begun < $1")
            .bind(begun.micros())
            .execute(&mut self.connection)
            .await;
        self.note(SESSION, done).map(drop)
    }
}

impl Store {
    /// The session of this hash.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn person_session(&self, sha256: &Sha256) -> Result<Option<SessionRow>, StoreError> {
        let row = sqlx::query("SELECT person, section, begun, seen FROM person_sessions WHERE sha256 = $1")
            .bind(sha256.as_slice())
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        row.as_ref().map(session).transpose()
    }
}

fn session(row: &Row) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        person: column(row, 0)?,
        section: column(row, 1)?,
        begun: Timestamp::from_micros(column(row, 2)?),
        seen: Timestamp::from_micros(column(row, 3)?),
    })
}
