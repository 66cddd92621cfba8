//! What happened to a contract: rows that are added and never changed.

use super::super::dialect::{Row, column};
use super::super::{Store, StoreError, Tx};
use super::damaged;
use crate::clock::Timestamp;
use crate::contract::Event;
use crate::contract::words::Line;

const EVENT: &str = "event";

/// One event as it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventRow {
    /// Ascending over all contracts.
    pub seq: i64,
    /// The contract's version after it.
    pub version: i64,
    /// What: [`crate::contract::Act::name`].
    pub act: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub name: String,
    /// Who, when it was a signer.
    pub as_signer: Option<u16>,
    /// From where.
    pub ip: Option<String>,
    /// What their program calls itself.
    pub agent: Option<String>,
    /// About whom.
    pub signer: Option<u16>,
    /// What a person said.
    pub said: String,
}

impl Tx {
    /// Adds an event.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn add_contract_event(&mut self, contract: &str, version: i64, event: &Event) -> Result<(), StoreError> {
        let who = &event.who;
        let done = sqlx::query(
            "INSERT INTO contract_events (contract, version, act, at, name, as_signer, ip, agent, signer, said) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(contract)
        .bind(version)
        .bind(event.act.name())
        .bind(event.at.micros())
        .bind(who.name.as_str())
        .bind(who.signer.map(i64::from))
        .bind(who.ip.map(|ip| ip.to_string()))
        .bind(who.agent.as_ref().map(Line::as_str))
        .bind(event.signer.map(i64::from))
        .bind(event.text.as_str())
        .execute(&mut self.connection)
        .await;
        self.note(EVENT, done).map(drop)
    }
}

impl Store {
    /// At most `max` events of a contract after the one numbered `after`, oldest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn contract_events(&self, contract: &str, after: i64, max: u32) -> Result<Vec<EventRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, version, act, at, name, as_signer, ip, agent, signer, said FROM contract_events \
             WHERE contract = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        )
        .bind(contract)
        .bind(after)
        .bind(i64::from(max))
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<EventRow, StoreError> {
    let signer = |at| {
        column::<Option<i64>>(row, at)?
            .map(u16::try_from)
            .transpose()
            .map_err(damaged)
    };
    Ok(EventRow {
        seq: column(row, 0)?,
        version: column(row, 1)?,
        act: column(row, 2)?,
        at: Timestamp::from_micros(column(row, 3)?),
        name: column(row, 4)?,
        as_signer: signer(5)?,
        ip: column(row, 6)?,
        agent: column(row, 7)?,
        signer: signer(8)?,
        said: column(row, 9)?,
    })
}
