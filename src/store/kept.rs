//! Files whose archive timestamps are renewed before they end: where each lies, what it was when it was last seen, when its evidence ends and why.
//!
//! No file is opened here, and nothing is renewed.

use super::dialect::{Row, column};
use super::{Sha256, Store, StoreError, Tx};
use crate::clock::Timestamp;

const FILE: &str = "file";
const COLUMNS: &str = "path, sha256, ends, cause, problem, updated";

/// A file that is watched over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptFile {
    /// Absolute, as the system spells it.
    pub path: Vec<u8>,
    /// SHA-256 of the file that was last known there.
    pub sha256: Sha256,
    /// From then on its last timestamp proves nothing more.
    pub ends: Timestamp,
    /// What ends first.
    pub cause: String,
    /// Code of what keeps it from being renewed.
    pub problem: Option<String>,
    /// The last change of this row.
    pub updated: Timestamp,
}

impl Store {
    /// Files whose evidence ends before then, the first to end first, no more than `count`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn kept_files(&self, before: Timestamp, count: u32) -> Result<Vec<KeptFile>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM kept_files WHERE ends < $1 ORDER BY ends, path LIMIT $2");
        let mut reader = self.reader().await?;
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(before.micros())
            .bind(i64::from(count))
            .fetch_all(&mut *reader)
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }

    /// What is known of the file at this path.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn kept_file(&self, path: &[u8]) -> Result<Option<KeptFile>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM kept_files WHERE path = $1");
        let mut reader = self.reader().await?;
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(path)
            .fetch_optional(&mut *reader)
            .await
            .map_err(|e| self.explain(&e))?;
        row.as_ref().map(read).transpose()
    }
}

impl Tx {
    /// Watches over a file from now on, in place of what was known at its path.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn keep_file(&mut self, file: &KeptFile) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO kept_files (path, sha256, ends, cause, problem, registered, updated) VALUES ($1, $2, $3, $4, $5, $6, $6) \
             ON CONFLICT (path) DO UPDATE SET sha256 = $2, ends = $3, cause = $4, problem = $5, updated = $6",
        )
        .bind(&file.path)
        .bind(file.sha256.as_slice())
        .bind(file.ends.micros())
        .bind(&file.cause)
        .bind(&file.problem)
        .bind(file.updated.micros())
        .execute(&mut self.connection)
        .await;
        self.note(FILE, done).map(drop)
    }

    /// Notes what keeps the file at this path from being renewed, if it still is that file.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn note_kept_problem(
        &mut self,
        path: &[u8],
        sha256: &Sha256,
        problem: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE kept_files SET problem = $3, updated = $4 WHERE path = $1 AND sha256 = $2")
            .bind(path)
            .bind(sha256.as_slice())
            .bind(problem)
            .bind(at.micros())
            .execute(&mut self.connection)
            .await;
        self.note(FILE, done).map(drop)
    }

    /// Watches over the file at this path no more.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn forget_file(&mut self, path: &[u8]) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM kept_files WHERE path = $1")
            .bind(path)
            .execute(&mut self.connection)
            .await;
        self.note(FILE, done).map(drop)
    }
}

fn read(row: &Row) -> Result<KeptFile, StoreError> {
    let sha256: Vec<u8> = column(row, 1)?;
    Ok(KeptFile {
        path: column(row, 0)?,
        sha256: sha256.try_into().map_err(|_| StoreError::Damaged { what: FILE })?,
        ends: Timestamp::from_micros(column(row, 2)?),
        cause: column(row, 3)?,
        problem: column(row, 4)?,
        updated: Timestamp::from_micros(column(row, 5)?),
    })
}
