//! Contracts as rows: the terms as JSON, what they are found by in columns of their own, each signer's progress, events, links, codes.
//!
//! A contract is read and written inside one transaction, so that two acts never see the same version. Which act is allowed is `contract`'s to say.

mod archives;
mod documents;
mod events;
mod filled;
mod find;
mod people;

use super::dialect::{self, Row, column};
use super::{Store, StoreError, Tx};
use crate::clock::Timestamp;
use crate::contract::progress::{Identity, Progress, Sender, Signed, Turn};
use crate::contract::search::folded;
use crate::contract::words::Line;
use crate::contract::{Contract, State, Terms};

pub use archives::ContractArchive;
pub use documents::{CERTIFICATE, Version, VersionKind};
pub use events::EventRow;
pub use filled::Filled;
pub use find::{Found, Page};
pub use people::{CodeRow, Consent, LinkRow, OnceKey};

const CONTRACT: &str = "contract";
const SIGNER: &str = "signer";

const COLUMNS: &str = "id, owner, state, version, approved, number, certificate_id, sender, terms, delay_reason, delay_until, \
                       created, updated, concluded, drafters";

/// A stored contract.
#[derive(Clone, PartialEq, Debug)]
pub struct ContractRow {
    /// The contract.
    pub contract: Contract,
    /// The principal that made it.
    pub owner: String,
    /// Counts its changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
    /// Its last change.
    pub updated: Timestamp,
    /// When it was concluded.
    pub concluded: Option<Timestamp>,
}

/// A row for a new contract.
pub fn new_contract_row(contract: Contract, owner: String, at: Timestamp) -> ContractRow {
    ContractRow {
        contract,
        owner,
        version: 1,
        created: at,
        updated: at,
        concluded: None,
    }
}

impl Tx {
    /// Writes a new contract.
    ///
    /// # Errors
    /// `state_exists` for a known id.
    pub async fn add_contract(&mut self, row: &ContractRow) -> Result<(), StoreError> {
        let contract = &row.contract;
        let done = sqlx::query(
            "INSERT INTO contracts (id, owner, state, version, approved, sender, terms, title_key, counterparty_key, created, updated) \
             VALUES ($1, $2, $3, $4, 0, $5, '{}', '', '', $6, $6)",
        )
        .bind(&contract.id)
        .bind(&row.owner)
        .bind(contract.state.name())
        .bind(row.version)
        .bind(json(&contract.sender)?)
        .bind(row.created.micros())
        .execute(&mut self.connection)
        .await;
        self.note(CONTRACT, done)?;
        self.put_contract(row).await
    }

    /// Writes what became of a contract; its version must have been counted up by the caller, from the one that is stored.
    ///
    /// # Errors
    /// `state_not_found` when there is none.
    pub async fn put_contract(&mut self, row: &ContractRow) -> Result<(), StoreError> {
        let contract = &row.contract;
        let record = &contract.terms.record;
        let counterparties: Vec<String> = record.counterparties.iter().map(|name| folded(name.as_str())).collect();
        let number = contract.number.map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        let delay = contract.delay.as_ref();
        let done = sqlx::query(
            "UPDATE contracts SET state = $2, version = $3, approved = $4, number = $5, certificate_id = $6, terms = $7, \
             delay_reason = $8, delay_until = $9, title_key = $10, counterparty_key = $11, contract_date = $12, amount = $13, \
             due_end = $14, updated = $15, concluded = $16, drafters = $17 WHERE id = $1",
        )
        .bind(&contract.id)
        .bind(contract.state.name())
        .bind(row.version)
        .bind(i32::from(contract.approved))
        .bind(number)
        .bind(contract.certificate_id.as_ref().map(Line::as_str))
        .bind(json(&contract.terms)?)
        .bind(delay.map(|(reason, _)| reason.as_str()))
        .bind(delay.map(|(_, until)| until.micros()))
        .bind(folded(contract.terms.title.as_str()))
        .bind(counterparties.join("\n"))
        .bind(record.contract_date.map(|day| day.to_string()))
        .bind(record.amount.map(|amount| amount.get()))
        .bind(contract.terms.due.map(|due| due.end_jst().micros()))
        .bind(row.updated.micros())
        .bind(row.concluded.map(Timestamp::micros))
        .bind(json(&contract.drafters)?)
        .execute(&mut self.connection)
        .await;
        self.met(CONTRACT, 1, done)?;
        for one in &contract.progress {
            self.put_progress(&contract.id, one).await?;
        }
        Ok(())
    }

    async fn put_progress(&mut self, contract: &str, one: &Progress) -> Result<(), StoreError> {
        let signed = one.signed.as_ref();
        let identity = signed.map(|signed| json(&signed.identity)).transpose()?;
        let done = sqlx::query(
            "INSERT INTO contract_signers (contract, signer, turn, request, bounced, signed_at, signed_ip, identity) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (contract, signer) DO UPDATE SET turn = excluded.turn, \
             request = excluded.request, bounced = excluded.bounced, signed_at = excluded.signed_at, signed_ip = excluded.signed_ip, \
             identity = excluded.identity",
        )
        .bind(contract)
        .bind(i64::from(one.signer))
        .bind(one.turn.name())
        .bind(i64::from(one.request))
        .bind(i32::from(one.bounced))
        .bind(signed.map(|signed| signed.at.micros()))
        .bind(signed.and_then(|signed| signed.ip).map(|ip| ip.to_string()))
        .bind(identity)
        .execute(&mut self.connection)
        .await;
        self.note(SIGNER, done).map(drop)
    }

    /// The contract of this id, inside the transaction.
    ///
    /// # Errors
    /// `state_damaged` when it was changed from outside.
    pub async fn contract(&mut self, id: &str) -> Result<Option<ContractRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM contracts WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&mut self.connection)
            .await;
        let Some(row) = self.note(CONTRACT, row)? else {
            return Ok(None);
        };
        let signers = sqlx::query(SIGNERS).bind(id).fetch_all(&mut self.connection).await;
        let signers = self.note(SIGNER, signers)?;
        read(&row, &signers).map(Some)
    }

    /// The next 管理番号: one more than the largest that was given.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn next_contract_number(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT COALESCE(MAX(number), 0) FROM contracts")
            .fetch_one(&mut self.connection)
            .await;
        let largest: i64 = column(&self.note(CONTRACT, row)?, 0)?;
        u64::try_from(largest + 1).map_err(|_| StoreError::Damaged { what: CONTRACT })
    }
}

const SIGNERS: &str = "SELECT signer, turn, request, bounced, signed_at, signed_ip, identity FROM contract_signers \
                       WHERE contract = $1 ORDER BY signer";

impl Store {
    /// The contract of this id.
    ///
    /// # Errors
    /// `state_damaged` when it was changed from outside.
    pub async fn contract(&self, id: &str) -> Result<Option<ContractRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM contracts WHERE id = $1");
        // One connection's transaction, so that the contract and its signers are of one version.
        let mut reader = self.reader().await?;
        let explain = |e: sqlx::Error| dialect::explain(&e, self.dir().path());
        let mut snapshot = sqlx::Connection::begin(&mut *reader).await.map_err(explain)?;
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&mut *snapshot)
            .await
            .map_err(explain)?;
        let Some(row) = row else { return Ok(None) };
        let signers = sqlx::query(SIGNERS)
            .bind(id)
            .fetch_all(&mut *snapshot)
            .await
            .map_err(explain)?;
        read(&row, &signers).map(Some)
    }

    /// Ids of contracts whose last day has passed.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn overdue_contracts(&self, now: Timestamp, max: u32) -> Result<Vec<String>, StoreError> {
        let rows =
            sqlx::query("SELECT id FROM contracts WHERE state = 'sent' AND due_end <= $1 ORDER BY due_end LIMIT $2")
                .bind(now.micros())
                .bind(i64::from(max))
                .fetch_all(self.readers())
                .await
                .map_err(|e| self.explain(&e))?;
        rows.iter().map(|row| column(row, 0)).collect()
    }
}

impl Tx {
    /// Whether a signer was reminded at this moment or later.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn was_reminded(&mut self, contract: &str, signer: u16, since: Timestamp) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) FROM contract_events WHERE contract = $1 AND signer = $2 AND act = 'remind' AND at >= $3",
        )
        .bind(contract)
        .bind(i64::from(signer))
        .bind(since.micros())
        .fetch_one(&mut self.connection)
        .await;
        Ok(column::<i64>(&self.note(CONTRACT, row)?, 0)? > 0)
    }
}

impl Store {
    /// Ids of contracts that wait for signatures and have a last day, in their order, those after `after`.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn contracts_with_due_date(&self, after: &str, max: u32) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT id FROM contracts WHERE state = 'sent' AND due_end IS NOT NULL AND id > $1 ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(max))
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        rows.iter().map(|row| column(row, 0)).collect()
    }
}

/// JSON of plain data.
fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Damaged { what: CONTRACT })
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged { what: CONTRACT })
}

fn damaged<E>(_: E) -> StoreError {
    StoreError::Damaged { what: CONTRACT }
}

fn read(row: &Row, signers: &[Row]) -> Result<ContractRow, StoreError> {
    let terms: Terms = parsed(column(row, 8)?)?;
    let sender: Sender = parsed(column(row, 7)?)?;
    let reason: Option<&str> = column(row, 9)?;
    let until: Option<i64> = column(row, 10)?;
    let delay = match (reason, until) {
        (Some(reason), Some(until)) => {
            let reason = Line::new(reason, "reason").map_err(damaged)?;
            Some((reason, Timestamp::from_micros(until)))
        }
        _ => None,
    };
    let certificate_id: Option<&str> = column(row, 6)?;
    let contract = Contract {
        id: column(row, 0)?,
        state: State::named(column(row, 2)?).ok_or(StoreError::Damaged { what: CONTRACT })?,
        sender,
        terms,
        drafters: parsed(column(row, 14)?)?,
        approved: column::<i64>(row, 4)? != 0,
        number: column::<Option<i64>>(row, 5)?
            .map(u64::try_from)
            .transpose()
            .map_err(damaged)?,
        certificate_id: certificate_id
            .map(|id| Line::new(id, "id"))
            .transpose()
            .map_err(damaged)?,
        progress: signers.iter().map(progress).collect::<Result<_, _>>()?,
        delay,
    };
    Ok(ContractRow {
        contract,
        owner: column(row, 1)?,
        version: column(row, 3)?,
        created: Timestamp::from_micros(column(row, 11)?),
        updated: Timestamp::from_micros(column(row, 12)?),
        concluded: column::<Option<i64>>(row, 13)?.map(Timestamp::from_micros),
    })
}

fn progress(row: &Row) -> Result<Progress, StoreError> {
    let at: Option<i64> = column(row, 4)?;
    let ip: Option<&str> = column(row, 5)?;
    let identity: Option<&str> = column(row, 6)?;
    let signed = match (at, identity) {
        (Some(at), Some(identity)) => Some(Signed {
            at: Timestamp::from_micros(at),
            ip: ip.map(str::parse).transpose().map_err(damaged)?,
            identity: parsed::<Identity>(identity)?,
        }),
        _ => None,
    };
    Ok(Progress {
        signer: small(row, 0)?,
        turn: Turn::named(column(row, 1)?).ok_or(StoreError::Damaged { what: SIGNER })?,
        request: u32::try_from(column::<i64>(row, 2)?).map_err(damaged)?,
        bounced: column::<i64>(row, 3)? != 0,
        signed,
    })
}

/// The number of a document, signer or field.
fn small(row: &Row, at: usize) -> Result<u16, StoreError> {
    u16::try_from(column::<i64>(row, at)?).map_err(damaged)
}
