//! What policies count, and who agreed to what: periods of keys, approvers, approvals.
//!
//! Whether an approval is needed, and what it covers, is decided in `app`.

use super::dialect::{Row, column};
use super::{Sha256, Store, StoreError, Tx};
use crate::clock::Timestamp;

/// A person who may agree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approver {
    /// Opaque.
    pub id: String,
    /// As the administrator named it.
    pub name: String,
    /// Argon2id, as a PHC string.
    pub passphrase: String,
    /// When it was added.
    pub created: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// How an approval stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ApprovalState {
    /// Nobody has answered.
    Waiting,
    /// Somebody agreed.
    Given,
    /// Somebody did not.
    Refused,
    /// It was used, once.
    Used,
}

/// A set that somebody else must agree to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approval {
    /// Opaque.
    pub id: String,
    /// Who asks: a principal's text.
    pub asker: String,
    /// SHA-256 of the certificate.
    pub certificate: Sha256,
    /// Digest over the whole set.
    pub shown: Sha256,
    /// Documents or hashes in it.
    pub items: u32,
    /// What the second person sees, JSON.
    pub about: String,
    /// How it stands.
    pub state: ApprovalState,
    /// Who answered.
    pub approver: Option<String>,
    /// When it was asked for.
    pub created: Timestamp,
    /// It is void from then on.
    pub expires: Timestamp,
    /// When it was answered.
    pub decided: Option<Timestamp>,
}

const APPROVER: &str = "approver";
const APPROVAL: &str = "approval";
const PERIOD: &str = "period of a key";
const COLUMNS: &str = "id, asker, certificate, shown, items, about, state, approver, created, expires, decided";

impl ApprovalState {
    /// The name in the state and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Given => "given",
            Self::Refused => "refused",
            Self::Used => "used",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Given, Self::Refused, Self::Used]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

impl Tx {
    /// Counts `signatures` more under a policy, in the period that began at `began`. `false`, and nothing is counted, when that would be more than `max`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn count_key_use(
        &mut self,
        policy: &str,
        began: Timestamp,
        signatures: u64,
        max: u64,
    ) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT signatures FROM key_periods WHERE policy = $1 AND began = $2")
            .bind(policy)
            .bind(began.micros())
            .fetch_optional(&mut self.connection)
            .await;
        let before: i64 = match self.note(PERIOD, row)? {
            Some(row) => column(&row, 0)?,
            None => 0,
        };
        let after = before.saturating_add(i64::try_from(signatures).unwrap_or(i64::MAX));
        if u64::try_from(after).unwrap_or(u64::MAX) > max {
            return Ok(false);
        }
        let done = sqlx::query(
            "INSERT INTO key_periods (policy, began, signatures) VALUES ($1, $2, $3) \
             ON CONFLICT (policy) DO UPDATE SET began = excluded.began, signatures = excluded.signatures",
        )
        .bind(policy)
        .bind(began.micros())
        .bind(after)
        .execute(&mut self.connection)
        .await;
        self.note(PERIOD, done).map(|_| true)
    }

    /// Adds a person who may agree.
    ///
    /// # Errors
    /// `state_exists` for a name that is in use.
    pub async fn add_approver(&mut self, approver: &Approver) -> Result<(), StoreError> {
        let done = sqlx::query("INSERT INTO approvers (id, name, passphrase, created) VALUES ($1, $2, $3, $4)")
            .bind(&approver.id)
            .bind(&approver.name)
            .bind(&approver.passphrase)
            .bind(approver.created.micros())
            .execute(&mut self.connection)
            .await;
        self.note(APPROVER, done).map(drop)
    }

    /// Revokes one; what it agreed to and nobody has used is void.
    ///
    /// # Errors
    /// `state_not_found` when there is none or it was revoked before.
    pub async fn revoke_approver(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE approvers SET revoked = $2 WHERE id = $1 AND revoked IS NULL")
            .bind(id)
            .bind(at.micros())
            .execute(&mut self.connection)
            .await;
        self.met(APPROVER, 1, done)?;
        let done = sqlx::query("UPDATE approvals SET state = 'refused' WHERE approver = $1 AND state = 'given'")
            .bind(id)
            .execute(&mut self.connection)
            .await;
        self.note(APPROVAL, done).map(drop)
    }

    /// Writes that a set waits for somebody else.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn ask_approval(&mut self, approval: &Approval) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO approvals (id, asker, certificate, shown, items, about, state, created, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8)",
        )
        .bind(&approval.id)
        .bind(&approval.asker)
        .bind(approval.certificate.as_slice())
        .bind(approval.shown.as_slice())
        .bind(i64::from(approval.items))
        .bind(&approval.about)
        .bind(approval.created.micros())
        .bind(approval.expires.micros())
        .execute(&mut self.connection)
        .await;
        self.note(APPROVAL, done).map(drop)
    }

    /// Writes the answer of `approver`.
    ///
    /// # Errors
    /// `state_not_found` when it was answered before or is void.
    pub async fn answer_approval(
        &mut self,
        id: &str,
        approver: &str,
        agrees: bool,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let state = if agrees {
            ApprovalState::Given
        } else {
            ApprovalState::Refused
        };
        let done = sqlx::query(
            "UPDATE approvals SET state = $2, approver = $3, decided = $4 \
             WHERE id = $1 AND state = 'waiting' AND expires > $4",
        )
        .bind(id)
        .bind(state.name())
        .bind(approver)
        .bind(at.micros())
        .execute(&mut self.connection)
        .await;
        self.met(APPROVAL, 1, done)
    }

    /// Uses an approval, once.
    ///
    /// # Errors
    /// `state_not_found` when it was not given, was used before, or is void.
    pub async fn use_approval(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE approvals SET state = 'used', used = $2 WHERE id = $1 AND state = 'given' AND expires > $2",
        )
        .bind(id)
        .bind(at.micros())
        .execute(&mut self.connection)
        .await;
        self.met(APPROVAL, 1, done)
    }
}

impl Store {
    /// People who may agree, revoked ones too, oldest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn approvers(&self) -> Result<Vec<Approver>, StoreError> {
        let rows = sqlx::query("SELECT id, name, passphrase, created, revoked FROM approvers ORDER BY created, id")
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        let approver = |row: &Row| {
            Ok(Approver {
                id: column(row, 0)?,
                name: column(row, 1)?,
                passphrase: column(row, 2)?,
                created: Timestamp::from_micros(column(row, 3)?),
                revoked: column::<Option<i64>>(row, 4)?.map(Timestamp::from_micros),
            })
        };
        rows.iter().map(approver).collect()
    }

    /// The newest approval of this set that is not void at `now` and was not used.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn approval_of(
        &self,
        asker: &str,
        certificate: &Sha256,
        shown: &Sha256,
        now: Timestamp,
    ) -> Result<Option<Approval>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM approvals WHERE asker = $1 AND certificate = $2 AND shown = $3 AND expires > $4 \
             AND state <> 'used' ORDER BY created DESC, id DESC LIMIT 1"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(asker)
            .bind(certificate.as_slice())
            .bind(shown.as_slice())
            .bind(now.micros())
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        row.as_ref().map(approval_of).transpose()
    }

    /// The approval of this id.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn approval(&self, id: &str) -> Result<Option<Approval>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM approvals WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        row.as_ref().map(approval_of).transpose()
    }

    /// Approvals that wait at `now`, oldest first, at most `max`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn waiting_approvals(&self, now: Timestamp, max: u32) -> Result<Vec<Approval>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM approvals WHERE state = 'waiting' AND expires > $1 ORDER BY created, id LIMIT $2"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.micros())
            .bind(i64::from(max))
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter().map(approval_of).collect()
    }
}

fn approval_of(row: &Row) -> Result<Approval, StoreError> {
    let damaged = || StoreError::Damaged { what: APPROVAL };
    let digest = |at| column::<Vec<u8>>(row, at)?.try_into().map_err(|_| damaged());
    Ok(Approval {
        id: column(row, 0)?,
        asker: column(row, 1)?,
        certificate: digest(2)?,
        shown: digest(3)?,
        items: u32::try_from(column::<i64>(row, 4)?).map_err(|_| damaged())?,
        about: column(row, 5)?,
        state: ApprovalState::named(&column::<String>(row, 6)?).ok_or_else(damaged)?,
        approver: column(row, 7)?,
        created: Timestamp::from_micros(column(row, 8)?),
        expires: Timestamp::from_micros(column(row, 9)?),
        decided: column::<Option<i64>>(row, 10)?.map(Timestamp::from_micros),
    })
}
