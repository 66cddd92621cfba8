//! What is remembered of timestamping authorities: requests within their quotas, failures in a row, rests. What it means is `fetch`'s.

use super::dialect::column;
use super::{Store, StoreError, Tx};
use crate::clock::Timestamp;
use crate::fetch::{Budget, Memory};

const TSA: &str = "TSA";

impl Store {
    /// Everything remembered of every TSA.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn tsa_memory(&self) -> Result<Memory, StoreError> {
        let mut memory = Memory::new();
        let mut reader = self.reader().await?;
        let rows = sqlx::query("SELECT url, failures, resting_until FROM tsas")
            .fetch_all(&mut *reader)
            .await
            .map_err(|e| self.explain(&e))?;
        for row in rows {
            let budget = Budget {
                asked: Vec::new(),
                failures: u32::try_from(column::<i64>(&row, 1)?).unwrap_or(u32::MAX),
                resting_until: column::<Option<i64>>(&row, 2)?.map(Timestamp::from_micros),
            };
            memory.insert(column(&row, 0)?, budget);
        }
        let rows = sqlx::query("SELECT url, at FROM tsa_requests ORDER BY at")
            .fetch_all(&mut *reader)
            .await
            .map_err(|e| self.explain(&e))?;
        for row in rows {
            let budget = memory.entry(column(&row, 0)?).or_default();
            budget.asked.push(Timestamp::from_micros(column(&row, 1)?));
        }
        Ok(memory)
    }
}

impl Tx {
    /// Remembers this of one TSA in place of what was remembered of it.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn remember_tsa(&mut self, url: &str, budget: &Budget) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO tsas (url, failures, resting_until) VALUES ($1, $2, $3) \
             ON CONFLICT (url) DO UPDATE SET failures = excluded.failures, resting_until = excluded.resting_until",
        )
        .bind(url)
        .bind(i64::from(budget.failures))
        .bind(budget.resting_until.map(Timestamp::micros))
        .execute(&mut self.connection)
        .await;
        self.note(TSA, done)?;
        let done = sqlx::query("DELETE FROM tsa_requests WHERE url = $1")
            .bind(url)
            .execute(&mut self.connection)
            .await;
        self.note(TSA, done)?;
        for at in &budget.asked {
            let done = sqlx::query("INSERT INTO tsa_requests (url, at) VALUES ($1, $2)")
                .bind(url)
                .bind(at.micros())
                .execute(&mut self.connection)
                .await;
            self.note(TSA, done)?;
        }
        Ok(())
    }
}
