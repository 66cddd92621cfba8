//! Receipts of signatures, as rows under the number of the audit entry that holds each one's digest. What a receipt says is made in `app`.

use super::dialect::column;
use super::{Sha256, Store, StoreError, Tx};

const RECEIPT: &str = "receipt";

/// A receipt as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredReceipt {
    /// Number of the audit entry.
    pub seq: u64,
    /// SHA-256 of the document as it came.
    pub input: Sha256,
    /// SHA-256 of the signed file.
    pub output: Sha256,
    /// JSON.
    pub body: String,
}

impl Tx {
    /// Keeps a receipt.
    ///
    /// # Errors
    /// `state_exists` for an entry that has one.
    pub async fn add_receipt(&mut self, receipt: &StoredReceipt) -> Result<(), StoreError> {
        let done = sqlx::query("INSERT INTO receipts (seq, input, output, body) VALUES ($1, $2, $3, $4)")
            .bind(receipt.seq.cast_signed())
            .bind(receipt.input.as_slice())
            .bind(receipt.output.as_slice())
            .bind(&receipt.body)
            .execute(&mut self.connection)
            .await;
        self.note(RECEIPT, done).map(drop)
    }
}

impl Store {
    /// The newest receipts before entry `before`, at most `count`; with `digest` only those of that file, signed or not.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn receipts(
        &self,
        before: Option<u64>,
        digest: Option<&Sha256>,
        count: u32,
    ) -> Result<Vec<StoredReceipt>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, input, output, body FROM receipts WHERE seq < $1 AND ($2 IS NULL OR input = $2 OR output = $2) \
             ORDER BY seq DESC LIMIT $3",
        )
        .bind(before.map_or(i64::MAX, u64::cast_signed))
        .bind(digest.map(|digest| digest.as_slice()))
        .bind(i64::from(count))
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        let hash = |value: Vec<u8>| value.try_into().map_err(|_| StoreError::Damaged { what: RECEIPT });
        let read = |row| {
            Ok(StoredReceipt {
                seq: column::<i64>(row, 0)?.cast_unsigned(),
                input: hash(column(row, 1)?)?,
                output: hash(column(row, 2)?)?,
                body: column(row, 3)?,
            })
        };
        rows.iter().map(read).collect()
    }
}
