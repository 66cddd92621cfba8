//! Which documents jobs still need. One that nobody names any more loses its row; its file is swept later.
//!
//! A document is never removed while a job holds it, nor by the transaction that lets it go.

use super::dialect::column;
use super::{Sha256, StoreError, Tx};
use crate::clock::Timestamp;

const JOB: &str = "job";
const DOCUMENT: &str = "document";

impl Tx {
    /// Notes that a job needs this document.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn hold_blob(&mut self, job: &str, sha256: &Sha256) -> Result<(), StoreError> {
        let done =
            sqlx::query("INSERT INTO job_blobs (job, sha256) VALUES ($1, $2) ON CONFLICT (job, sha256) DO NOTHING")
                .bind(job)
                .bind(sha256.as_slice())
                .execute(&mut self.connection)
                .await;
        self.note(DOCUMENT, done).map(drop)
    }

    /// Notes that a job needs none of its documents but `keep`. What nobody else holds loses its row; its file is swept later.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn drop_blobs(&mut self, job: &str, keep: Option<&Sha256>) -> Result<(), StoreError> {
        let keep = keep.map_or(&[][..], |sha256| &sha256[..]);
        let dropped = sqlx::query("DELETE FROM job_blobs WHERE job = $1 AND sha256 <> $2 RETURNING sha256")
            .bind(job)
            .bind(keep)
            .fetch_all(&mut self.connection)
            .await;
        for row in self.note(DOCUMENT, dropped)? {
            let sha256: Vec<u8> = column(&row, 0)?;
            let done = sqlx::query(
                "DELETE FROM blobs WHERE sha256 = $1 AND NOT EXISTS (SELECT 1 FROM job_blobs WHERE job_blobs.sha256 = $1)",
            )
            .bind(sha256)
            .execute(&mut self.connection)
            .await;
            self.note(DOCUMENT, done)?;
        }
        Ok(())
    }

    /// Forgets jobs that ended before then, and their documents; no more than `count` at once. Returns how many.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn forget_jobs(&mut self, before: Timestamp, count: u32) -> Result<usize, StoreError> {
        let rows = sqlx::query("SELECT id FROM jobs WHERE state <> 'open' AND updated < $1 ORDER BY updated LIMIT $2")
            .bind(before.micros())
            .bind(i64::from(count))
            .fetch_all(&mut self.connection)
            .await;
        let rows = self.note(JOB, rows)?;
        for row in &rows {
            let id: String = column(row, 0)?;
            self.drop_blobs(&id, None).await?;
            let done = sqlx::query("DELETE FROM jobs WHERE id = $1")
                .bind(id)
                .execute(&mut self.connection)
                .await;
            self.note(JOB, done)?;
        }
        Ok(rows.len())
    }
}
