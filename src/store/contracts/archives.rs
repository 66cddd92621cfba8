//! How long the evidence in a concluded contract's files holds: one row a document. Nothing is renewed here.

use super::super::dialect::{Row, column};
use super::super::{Sha256, Store, StoreError, Tx};
use super::{damaged, small};
use crate::clock::Timestamp;

const ARCHIVE: &str = "archive of a contract";
const COLUMNS: &str = "contract, document, sha256, level, ends, cause, updated";

/// The evidence of one file of a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContractArchive {
    /// The contract.
    pub contract: String,
    /// Number of the document; [`super::CERTIFICATE`].
    pub document: u16,
    /// The file that has it.
    pub sha256: Sha256,
    /// The level that it reaches, as programs write it.
    pub level: String,
    /// From when on its last timestamp proves nothing more, and what ends then; `None`: it is no archive yet.
    pub ends: Option<(Timestamp, String)>,
    /// The last time that something became of it.
    pub updated: Timestamp,
}

impl Tx {
    /// Writes the evidence of a file in place of what was known of its document.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn put_archive(&mut self, archive: &ContractArchive) -> Result<(), StoreError> {
        let ends = archive.ends.as_ref();
        let done = sqlx::query(
            "INSERT INTO contract_archives (contract, document, sha256, level, ends, cause, updated) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (contract, document) DO UPDATE SET sha256 = excluded.sha256, level = excluded.level, ends = excluded.ends, \
             cause = excluded.cause, updated = excluded.updated",
        )
        .bind(&archive.contract)
        .bind(i64::from(archive.document))
        .bind(archive.sha256.as_slice())
        .bind(&archive.level)
        .bind(ends.map(|(at, _)| at.micros()))
        .bind(ends.map(|(_, cause)| cause))
        .bind(archive.updated.micros())
        .execute(&mut self.connection)
        .await;
        self.note(ARCHIVE, done).map(drop)
    }
}

impl Store {
    /// The evidence of a contract's files, by document.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn archives(&self, contract: &str) -> Result<Vec<ContractArchive>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM contract_archives WHERE contract = $1 ORDER BY document");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(contract)
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }

    /// Files whose evidence ends before then or is not whole, the first to end first, no more than `count`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn due_archives(&self, before: Timestamp, count: u32) -> Result<Vec<ContractArchive>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM contract_archives WHERE ends < $1 OR ends IS NULL \
             ORDER BY COALESCE(ends, 0), contract, document LIMIT $2"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(before.micros())
            .bind(i64::from(count))
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<ContractArchive, StoreError> {
    let sha256: Vec<u8> = column(row, 2)?;
    let (ends, cause): (Option<i64>, Option<String>) = (column(row, 4)?, column(row, 5)?);
    Ok(ContractArchive {
        contract: column(row, 0)?,
        document: small(row, 1)?,
        sha256: sha256.try_into().map_err(damaged)?,
        level: column(row, 3)?,
        ends: ends.map(Timestamp::from_micros).zip(cause),
        updated: Timestamp::from_micros(column(row, 6)?),
    })
}
