//! What was fetched from addresses in certificates: kept until it is outdated, within a size. What it means is `fetch`'s.

use super::dialect::column;
use super::{Store, StoreError, Tx};
use crate::clock::Timestamp;
use crate::fetch::{MAX_CACHE_BYTES, RevocationCache};

const FETCHED: &str = "fetched data";
/// Most keys of one look.
const MAX_KEYS: usize = 256;

impl Store {
    /// Puts what is kept under these keys into `cache`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn load_fetched(
        &self,
        keys: &[String],
        cache: &mut RevocationCache,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut reader = self.reader().await?;
        for key in keys.iter().take(MAX_KEYS) {
            let row = sqlx::query("SELECT der, until FROM fetched WHERE key = $1 AND until >= $2")
                .bind(key)
                .bind(now.micros())
                .fetch_optional(&mut *reader)
                .await
                .map_err(|e| self.explain(&e))?;
            if let Some(row) = row {
                cache.load(key.clone(), column(&row, 0)?, Timestamp::from_micros(column(&row, 1)?));
            }
        }
        Ok(())
    }
}

impl Tx {
    /// Keeps one piece until it is outdated, and forgets what is; those that end first make room.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn keep_fetched(
        &mut self,
        (key, der, until): (&str, &[u8], Timestamp),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM fetched WHERE until < $1")
            .bind(now.micros())
            .execute(&mut self.connection)
            .await;
        self.note(FETCHED, done)?;
        let done = sqlx::query(
            "INSERT INTO fetched (key, der, until) VALUES ($1, $2, $3) \
             ON CONFLICT (key) DO UPDATE SET der = excluded.der, until = excluded.until",
        )
        .bind(key)
        .bind(der)
        .bind(until.micros())
        .execute(&mut self.connection)
        .await;
        self.note(FETCHED, done)?;
        let done = sqlx::query(
            "DELETE FROM fetched WHERE key IN (SELECT key FROM \
             (SELECT key, SUM(LENGTH(der)) OVER (ORDER BY until DESC, key) AS held FROM fetched) AS sums WHERE held > $1)",
        )
        .bind(i64::try_from(MAX_CACHE_BYTES).unwrap_or(i64::MAX))
        .execute(&mut self.connection)
        .await;
        self.note(FETCHED, done)?;
        Ok(())
    }
}
