//! What is remembered of timestamping authorities: requests within their quotas, failures in a row, rests, sizes of tokens. What it means is `fetch`'s.

use super::dialect::{Row, column};
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
        let rows = sqlx::query("SELECT url, failures, resting_until, token_bytes FROM tsas")
            .fetch_all(&mut *reader)
            .await
            .map_err(|e| self.explain(&e))?;
        for row in rows {
            memory.insert(column(&row, 0)?, budget(&row)?);
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
    /// What is remembered of one TSA.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn tsa_budget(&mut self, url: &str) -> Result<Budget, StoreError> {
        let row = sqlx::query("SELECT url, failures, resting_until, token_bytes FROM tsas WHERE url = $1")
            .bind(url)
            .fetch_optional(&mut self.connection)
            .await;
        let Some(row) = self.note(TSA, row)? else {
            return Ok(Budget::default());
        };
        let mut budget = budget(&row)?;
        let rows = sqlx::query("SELECT at FROM tsa_requests WHERE url = $1 ORDER BY at")
            .bind(url)
            .fetch_all(&mut self.connection)
            .await;
        for row in self.note(TSA, rows)? {
            budget.asked.push(Timestamp::from_micros(column(&row, 0)?));
        }
        Ok(budget)
    }

    /// Remembers this of one TSA in place of what was remembered of it.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn remember_tsa(&mut self, url: &str, budget: &Budget) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO tsas (url, failures, resting_until, token_bytes) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (url) DO UPDATE SET failures = excluded.failures, \
             resting_until = excluded.resting_until, token_bytes = excluded.token_bytes",
        )
        .bind(url)
        .bind(i64::from(budget.failures))
        .bind(budget.resting_until.map(Timestamp::micros))
        .bind(i64::try_from(budget.token_bytes).unwrap_or(i64::MAX))
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

/// A row of `tsas`, without its requests.
fn budget(row: &Row) -> Result<Budget, StoreError> {
    Ok(Budget {
        asked: Vec::new(),
        failures: u32::try_from(column::<i64>(row, 1)?).unwrap_or(u32::MAX),
        resting_until: column::<Option<i64>>(row, 2)?.map(Timestamp::from_micros),
        token_bytes: usize::try_from(column::<i64>(row, 3)?).unwrap_or(0),
    })
}
