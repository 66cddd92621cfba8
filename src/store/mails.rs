//! Mails that are to go out, or went, as rows. A mail is handed over at most once: `handing` is written before the server gets its text.

use super::dialect::{Row, column};
use super::{Store, StoreError, Tx};
use crate::clock::Timestamp;

const MAIL: &str = "mail";
const COLUMNS: &str = "id, contract, signer, kind, recipient, state, letter, reason, created, updated";

/// Where a mail stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailState {
    /// Nobody has it.
    Waiting,
    /// The server is about to get it.
    Handing,
    /// The server took it.
    Sent,
    /// The server refused it for ever.
    Failed,
    /// The process died while the server was about to get it: it is not sent again by itself.
    Unknown,
}

/// A mail to be written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMail {
    /// Opaque, and a part of its Message-ID.
    pub id: String,
    /// About which contract.
    pub contract: String,
    /// To which signer; `None`: the sender of the contract.
    pub signer: Option<u16>,
    /// What it is.
    pub kind: &'static str,
    /// The address.
    pub recipient: String,
    /// JSON of what it says.
    pub letter: String,
}

/// A stored mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// Opaque.
    pub id: String,
    /// About which contract.
    pub contract: String,
    /// To which signer.
    pub signer: Option<u16>,
    /// What it is.
    pub kind: String,
    /// The address.
    pub recipient: String,
    /// Where it stands.
    pub state: MailState,
    /// JSON of what it says; wiped once it is gone.
    pub letter: Option<String>,
    /// Why it stands there.
    pub reason: Option<String>,
    /// When it was written down.
    pub created: Timestamp,
    /// Its last change.
    pub updated: Timestamp,
}

impl MailState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Handing, Self::Sent, Self::Failed, Self::Unknown];

    /// What stands in the database, and what programs read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Handing => "handing",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl Tx {
    /// Writes a mail down.
    ///
    /// # Errors
    /// `state_exists` for a known id.
    pub async fn add_mail(&mut self, mail: &NewMail, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO mails (id, contract, signer, kind, recipient, state, letter, created, updated) \
             VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $7)",
        )
        .bind(&mail.id)
        .bind(&mail.contract)
        .bind(mail.signer.map(i64::from))
        .bind(mail.kind)
        .bind(&mail.recipient)
        .bind(&mail.letter)
        .bind(at.micros())
        .execute(&mut self.connection)
        .await;
        self.note(MAIL, done).map(drop)
    }

    /// Moves a mail on; what it says is kept only while nobody has it.
    ///
    /// # Errors
    /// `state_not_found` when it does not stand at `from`.
    pub async fn move_mail(
        &mut self,
        id: &str,
        from: MailState,
        to: MailState,
        reason: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE mails SET state = $3, reason = $4, updated = $5, \
             letter = CASE WHEN $3 IN ('waiting', 'handing') THEN letter ELSE NULL END WHERE id = $1 AND state = $2",
        )
        .bind(id)
        .bind(from.name())
        .bind(to.name())
        .bind(reason)
        .bind(at.micros())
        .execute(&mut self.connection)
        .await;
        self.met(MAIL, 1, done)
    }
}

impl Store {
    /// One mail.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn mail(&self, id: &str) -> Result<Option<Mail>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM mails WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        row.as_ref().map(read).transpose()
    }

    /// The mails about a contract, oldest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn mails(&self, contract: &str) -> Result<Vec<Mail>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM mails WHERE contract = $1 ORDER BY created, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(contract)
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<Mail, StoreError> {
    let damaged = || StoreError::Damaged { what: MAIL };
    let state: &str = column(row, 5)?;
    let signer: Option<i64> = column(row, 2)?;
    Ok(Mail {
        id: column(row, 0)?,
        contract: column(row, 1)?,
        signer: signer.map(u16::try_from).transpose().map_err(|_| damaged())?,
        kind: column(row, 3)?,
        recipient: column(row, 4)?,
        state: MailState::ALL
            .into_iter()
            .find(|one| one.name() == state)
            .ok_or_else(damaged)?,
        letter: column(row, 6)?,
        reason: column(row, 7)?,
        created: Timestamp::from_micros(column(row, 8)?),
        updated: Timestamp::from_micros(column(row, 9)?),
    })
}
