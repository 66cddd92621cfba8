//! One piece of work inside the writer's transaction.
//!
//! A row that a constraint refuses is the caller's error and the transaction goes on without that piece of work; any other failure of the
//! database ends the whole group, even when the work hides it.

use std::path::PathBuf;

use super::dialect::{self, Connection};
use super::{Head, StoreError};

/// The writer's transaction, as the piece of work sees it. Its methods stand with the tables that they change.
#[derive(Debug)]
pub struct Tx {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    /// The end of the chain inside this transaction; `None` until it was read.
    pub(super) head: Option<Head>,
    pub(super) fault: Option<StoreError>,
}

impl Tx {
    pub(super) fn new(connection: Connection, path: PathBuf) -> Self {
        Self {
            connection,
            path,
            head: None,
            fault: None,
        }
    }

    /// Turns a database error into ours; `what` names the row for a broken uniqueness.
    pub(super) fn note<T>(&mut self, what: &'static str, result: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if let sqlx::Error::Database(inner) = &error
            && inner.is_unique_violation()
        {
            return Err(StoreError::Exists { what });
        }
        let ours = dialect::explain(&error, &self.path);
        if !dialect::is_constraint(&error) {
            self.fault = Some(ours.clone());
        }
        Err(ours)
    }

    /// As [`Self::note`] for a change that must have met exactly `rows` rows.
    pub(super) fn met(
        &mut self,
        what: &'static str,
        rows: usize,
        result: Result<sqlx::sqlite::SqliteQueryResult, sqlx::Error>,
    ) -> Result<(), StoreError> {
        if self.note(what, result)?.rows_affected() == rows as u64 {
            Ok(())
        } else {
            Err(StoreError::NotFound { what })
        }
    }

    /// Runs a statement without parameters.
    pub(super) async fn control(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let done = sqlx::query(sql).execute(&mut self.connection).await;
        self.note("statement", done).map(drop)
    }
}
