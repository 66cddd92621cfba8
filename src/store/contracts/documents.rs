//! The files of a contract's documents, revision by revision. A revision is never changed; the newest is the document.

use super::super::dialect::{Row, column};
use super::super::{Sha256, Store, StoreError, Tx};
use super::{damaged, small};
use crate::clock::Timestamp;

const VERSION: &str = "version of a document";
const COLUMNS: &str = "document, revision, kind, signer, sha256, bytes, at";

/// Stands for the certificate of conclusion where the number of a document stands; documents count from 1.
pub const CERTIFICATE: u16 = 0;

/// What a revision is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VersionKind {
    /// As it came.
    Uploaded,
    /// With its certificate ID and empty fields: what is sent.
    Prepared,
    /// With one more signature, which a party made and no timestamp proves yet.
    Received,
    /// With one more signature.
    Signed,
    /// With its evidence.
    Completed,
}

/// One revision of a document's file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// Number of the document.
    pub document: u16,
    /// From 0 on.
    pub revision: u32,
    /// What it is.
    pub kind: VersionKind,
    /// Whose signature it added.
    pub signer: Option<u16>,
    /// The file.
    pub sha256: Sha256,
    /// Its length.
    pub bytes: u64,
    /// When.
    pub at: Timestamp,
}

impl VersionKind {
    const ALL: [Self; 5] = [
        Self::Uploaded,
        Self::Prepared,
        Self::Received,
        Self::Signed,
        Self::Completed,
    ];

    /// What stands in the database, and what programs read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Prepared => "prepared",
            Self::Received => "received",
            Self::Signed => "signed",
            Self::Completed => "completed",
        }
    }
}

impl Tx {
    /// Adds a revision; the file's own row must be there.
    ///
    /// # Errors
    /// `state_exists` for a revision that is there: somebody else was first.
    pub async fn add_version(&mut self, contract: &str, version: &Version) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO contract_versions (contract, document, revision, kind, signer, sha256, bytes, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(contract)
        .bind(i64::from(version.document))
        .bind(i64::from(version.revision))
        .bind(version.kind.name())
        .bind(version.signer.map(i64::from))
        .bind(version.sha256.as_slice())
        .bind(i64::try_from(version.bytes).unwrap_or(i64::MAX))
        .bind(version.at.micros())
        .execute(&mut self.connection)
        .await;
        self.note(VERSION, done).map(drop)
    }

    /// The newest revision of a document, inside the transaction.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn newest_version(&mut self, contract: &str, document: u16) -> Result<Option<Version>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM contract_versions WHERE contract = $1 AND document = $2 ORDER BY revision DESC LIMIT 1"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(contract)
            .bind(i64::from(document))
            .fetch_optional(&mut self.connection)
            .await;
        self.note(VERSION, row)?.as_ref().map(read).transpose()
    }

    /// Whether a signer's finished signature stands in a document.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn has_signed(&mut self, contract: &str, document: u16, signer: u16) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT 1 FROM contract_versions WHERE contract = $1 AND document = $2 AND signer = $3 AND kind = $4 LIMIT 1",
        )
        .bind(contract)
        .bind(i64::from(document))
        .bind(i64::from(signer))
        .bind(VersionKind::Signed.name())
        .fetch_optional(&mut self.connection)
        .await;
        Ok(self.note(VERSION, row)?.is_some())
    }

    /// Forgets the files of a document that was taken out of a draft.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn drop_versions(&mut self, contract: &str, document: u16) -> Result<(), StoreError> {
        let done = sqlx::query("DELETE FROM contract_versions WHERE contract = $1 AND document = $2")
            .bind(contract)
            .bind(i64::from(document))
            .execute(&mut self.connection)
            .await;
        self.note(VERSION, done).map(drop)
    }
}

impl Store {
    /// Every revision of a contract's documents, by document and age.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn versions(&self, contract: &str) -> Result<Vec<Version>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM contract_versions WHERE contract = $1 ORDER BY document, revision");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(contract)
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }
}

impl Store {
    /// The newest revision with this digest among the files of the contract with this 締結証明書ID, and whether its document has no newer one.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn file_of_certificate(
        &self,
        certificate_id: &str,
        sha256: &Sha256,
    ) -> Result<Option<(Version, bool)>, StoreError> {
        let row = sqlx::query(
            "SELECT v.document, v.revision, v.kind, v.signer, v.sha256, v.bytes, v.at, NOT EXISTS (SELECT 1 FROM contract_versions n \
             WHERE n.contract = v.contract AND n.document = v.document AND n.revision > v.revision) FROM contract_versions v \
             JOIN contracts c ON c.id = v.contract WHERE c.certificate_id = $1 AND v.sha256 = $2 ORDER BY v.revision DESC LIMIT 1",
        )
        .bind(certificate_id)
        .bind(sha256.as_slice())
        .fetch_optional(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        let found = |row: &Row| Ok((read(row)?, column::<i64>(row, 7)? != 0));
        row.as_ref().map(found).transpose()
    }
}

fn read(row: &Row) -> Result<Version, StoreError> {
    let kind: &str = column(row, 2)?;
    let sha256: Vec<u8> = column(row, 4)?;
    Ok(Version {
        document: small(row, 0)?,
        revision: u32::try_from(column::<i64>(row, 1)?).map_err(damaged)?,
        kind: VersionKind::ALL
            .into_iter()
            .find(|one| one.name() == kind)
            .ok_or(StoreError::Damaged { what: VERSION })?,
        signer: column::<Option<i64>>(row, 3)?
            .map(u16::try_from)
            .transpose()
            .map_err(damaged)?,
        sha256: sha256.try_into().map_err(damaged)?,
        bytes: u64::try_from(column::<i64>(row, 5)?).map_err(damaged)?,
        at: Timestamp::from_micros(column(row, 6)?),
    })
}
