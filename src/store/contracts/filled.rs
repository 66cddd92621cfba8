//! What a party signer needs besides: files whose fields are filled in for other software to sign, and the open requests to one address.

use super::super::dialect::{Row, column};
use super::super::{Sha256, Store, StoreError, Tx};
use super::{damaged, small};

const FILLED: &str = "file to be signed elsewhere";

/// A document with a signer's fields filled in, made from one of its revisions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filled {
    /// Number of the document.
    pub document: u16,
    /// The revision that it was made from.
    pub revision: u32,
    /// The file.
    pub sha256: Sha256,
    /// Its length.
    pub bytes: u64,
}

impl Tx {
    /// Writes a file to be signed elsewhere, in place of the last one; its blob's row must be there.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn put_filled(&mut self, contract: &str, signer: u16, filled: &Filled) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO contract_filled (contract, signer, document, revision, sha256, bytes) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (contract, signer, document) DO UPDATE SET revision = excluded.revision, sha256 = excluded.sha256, \
             bytes = excluded.bytes",
        )
        .bind(contract)
        .bind(i64::from(signer))
        .bind(i64::from(filled.document))
        .bind(i64::from(filled.revision))
        .bind(filled.sha256.as_slice())
        .bind(i64::try_from(filled.bytes).unwrap_or(i64::MAX))
        .execute(&mut self.connection)
        .await;
        self.note(FILLED, done).map(drop)
    }
}

impl Store {
    /// The files of a signer to be signed elsewhere.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn filled(&self, contract: &str, signer: u16) -> Result<Vec<Filled>, StoreError> {
        let rows = sqlx::query(
            "SELECT document, revision, sha256, bytes FROM contract_filled WHERE contract = $1 AND signer = $2",
        )
        .bind(contract)
        .bind(i64::from(signer))
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }

    /// Contracts that are sent and about which this address was asked, oldest request first, at most `max`: the contract and the signer.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn requests_to(&self, recipient: &str, max: u32) -> Result<Vec<(String, u16)>, StoreError> {
        let rows = sqlx::query(
            "SELECT m.contract, m.signer FROM mails m JOIN contracts c ON c.id = m.contract \
             JOIN contract_signers s ON s.contract = m.contract AND s.signer = m.signer \
             WHERE m.recipient = $1 AND m.kind = 'request' AND c.state = 'sent' AND s.turn IN ('asked', 'opened') \
             GROUP BY m.contract, m.signer ORDER BY MIN(m.created), m.contract LIMIT $2",
        )
        .bind(recipient)
        .bind(i64::from(max))
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        rows.iter().map(|row| Ok((column(row, 0)?, small(row, 1)?))).collect()
    }
}

fn read(row: &Row) -> Result<Filled, StoreError> {
    let sha256: Vec<u8> = column(row, 2)?;
    Ok(Filled {
        document: small(row, 0)?,
        revision: u32::try_from(column::<i64>(row, 1)?).map_err(damaged)?,
        sha256: sha256.try_into().map_err(damaged)?,
        bytes: u64::try_from(column::<i64>(row, 3)?).map_err(damaged)?,
    })
}
