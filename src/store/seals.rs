//! Seals that a person keeps, as rows. Whether a picture can be drawn is judged before it comes here.

use super::dialect::{Row, column};
use super::{Sha256, Store, StoreError, Tx};
use crate::clock::Timestamp;

const SEAL: &str = "seal";

/// A kept seal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptSeal {
    /// Opaque.
    pub id: String,
    /// SHA-256 of the certificate with which it is offered; `None`: with every one.
    pub certificate: Option<Sha256>,
    /// Whose it is, in the person's words.
    pub holder: String,
    /// What is drawn.
    pub mark: KeptMark,
    /// When it was kept.
    pub created: Timestamp,
}

/// What a kept seal shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeptMark {
    /// A ring with these characters.
    Round(String),
    /// A square with these characters.
    Square(String),
    /// A PNG.
    Picture(Vec<u8>),
}

impl Tx {
    /// Keeps a seal, unless `most` are kept already; then `false`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn keep_seal(&mut self, seal: &KeptSeal, most: u32) -> Result<bool, StoreError> {
        let (words, shape, picture) = match &seal.mark {
            KeptMark::Round(words) => (Some(words), Some("round"), None),
            KeptMark::Square(words) => (Some(words), Some("square"), None),
            KeptMark::Picture(png) => (None, None, Some(png.as_slice())),
        };
        let done = sqlx::query(
            "INSERT INTO seals (id, certificate, holder, words, shape, picture, created) \
             SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT COUNT(*) FROM seals) < $8",
        )
        .bind(&seal.id)
        .bind(seal.certificate.as_ref().map(|hash| hash.as_slice()))
        .bind(&seal.holder)
        .bind(words)
        .bind(shape)
        .bind(picture)
        .bind(seal.created.micros())
        .bind(i64::from(most))
        .execute(&mut self.connection)
        .await;
        Ok(self.note(SEAL, done)?.rows_affected() == 1)
    }

    /// Forgets a seal.
    ///
    /// # Errors
    /// `state_not_found` when there is none.
    pub async fn forget_seal(&mut self, id: &str) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM seals WHERE id = $1")
            .bind(id)
            .execute(&mut self.connection)
            .await;
        self.met(SEAL, 1, done)
    }
}

impl Store {
    /// All kept seals, oldest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn seals(&self) -> Result<Vec<KeptSeal>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, certificate, holder, words, shape, picture, created FROM seals ORDER BY created, id",
        )
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }

    /// The kept seal of this id.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn seal(&self, id: &str) -> Result<Option<KeptSeal>, StoreError> {
        let row =
            sqlx::query("SELECT id, certificate, holder, words, shape, picture, created FROM seals WHERE id = $1")
                .bind(id)
                .fetch_optional(self.readers())
                .await
                .map_err(|e| self.explain(&e))?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &Row) -> Result<KeptSeal, StoreError> {
    let damaged = || StoreError::Damaged { what: SEAL };
    let certificate: Option<Vec<u8>> = column(row, 1)?;
    let (words, shape): (Option<String>, Option<String>) = (column(row, 3)?, column(row, 4)?);
    let mark = match (words, shape.as_deref(), column(row, 5)?) {
        (Some(words), Some("round"), None) => KeptMark::Round(words),
        (Some(words), Some("square"), None) => KeptMark::Square(words),
        (None, None, Some(png)) => KeptMark::Picture(png),
        _ => return Err(damaged()),
    };
    Ok(KeptSeal {
        id: column(row, 0)?,
        certificate: certificate
            .map(|hash| hash.try_into().map_err(|_| damaged()))
            .transpose()?,
        holder: column(row, 2)?,
        mark,
        created: Timestamp::from_micros(column(row, 6)?),
    })
}
