//! The search over contracts (電子帳簿保存法 施行規則 2条6項, 4条), page by page. Texts are compared folded: NFKC and lower case.

use sqlx::QueryBuilder;

use super::super::dialect::{Db, Row, column};
use super::super::{Store, StoreError};
use super::{CONTRACT, damaged, parsed};
use crate::clock::Timestamp;
use crate::contract::search::{CounterpartyWanted, Query, Wanted, folded};
use crate::contract::{State, Terms};

/// Which part of what was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Those after this one: when it was made, and its id.
    pub after: Option<(Timestamp, String)>,
    /// No more than these.
    pub max: u32,
}

/// A contract that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// Opaque.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// Counts its changes.
    pub version: i64,
    /// 管理番号.
    pub number: Option<u64>,
    /// What is agreed.
    pub terms: Terms,
    /// When it was made.
    pub created: Timestamp,
    /// Its last change.
    pub updated: Timestamp,
    /// When it was concluded.
    pub concluded: Option<Timestamp>,
}

impl Store {
    /// The contracts of `owner` that the query wants, newest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn find_contracts(&self, owner: &str, query: &Query, page: &Page) -> Result<Vec<Found>, StoreError> {
        let mut sql = select(owner, query);
        if let Some((created, id)) = &page.after {
            sql.push(" AND (created < ").push_bind(created.micros());
            sql.push(" OR (created = ").push_bind(created.micros());
            sql.push(" AND id < ").push_bind(id.clone()).push("))");
        }
        sql.push(" ORDER BY created DESC, id DESC LIMIT ")
            .push_bind(i64::from(page.max));
        let rows = sql
            .build()
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter().map(read).collect()
    }
}

fn select(owner: &str, query: &Query) -> QueryBuilder<Db> {
    let mut sql = QueryBuilder::<Db>::new(
        "SELECT id, state, version, number, terms, created, updated, concluded FROM contracts WHERE owner = ",
    );
    sql.push_bind(owner.to_owned());
    match &query.counterparty {
        None => {}
        Some(CounterpartyWanted::Blank) => {
            sql.push(" AND counterparty_key = ''");
        }
        Some(CounterpartyWanted::Holds(part)) => holds(&mut sql, "counterparty_key", part.as_str()),
    }
    if let Some(part) = &query.title {
        holds(&mut sql, "title_key", part.as_str());
    }
    range(&mut sql, "contract_date", &query.contract_date, |day| day.to_string());
    range(&mut sql, "amount", &query.amount, |yen| yen.get());
    if let Some(state) = query.state {
        sql.push(" AND state = ").push_bind(state.name());
    }
    if let Some(number) = query.number {
        sql.push(" AND number = ")
            .push_bind(i64::try_from(number).unwrap_or(i64::MAX));
    }
    sql
}

/// `%`, `_` and `!` in what a person wrote mean themselves.
fn holds(sql: &mut QueryBuilder<Db>, name: &'static str, part: &str) {
    let escaped = folded(part).replace('!', "!!").replace('%', "!%").replace('_', "!_");
    sql.push(" AND ").push(name).push(" LIKE ");
    sql.push_bind(format!("%{escaped}%")).push(" ESCAPE '!'");
}

fn range<T: Copy, V>(sql: &mut QueryBuilder<Db>, name: &'static str, wanted: &Option<Wanted<T>>, value: impl Fn(T) -> V)
where
    V: for<'q> sqlx::Encode<'q, Db> + sqlx::Type<Db> + Send + 'static,
{
    match wanted {
        None => {}
        Some(Wanted::Blank) => {
            sql.push(" AND ").push(name).push(" IS NULL");
        }
        Some(Wanted::Between(from, to)) => {
            if let Some(from) = from {
                sql.push(" AND ").push(name).push(" >= ").push_bind(value(*from));
            }
            if let Some(to) = to {
                sql.push(" AND ").push(name).push(" <= ").push_bind(value(*to));
            }
        }
    }
}

fn read(row: &Row) -> Result<Found, StoreError> {
    Ok(Found {
        id: column(row, 0)?,
        state: State::named(column(row, 1)?).ok_or(StoreError::Damaged { what: CONTRACT })?,
        version: column(row, 2)?,
        number: column::<Option<i64>>(row, 3)?
            .map(u64::try_from)
            .transpose()
            .map_err(damaged)?,
        terms: parsed(column(row, 4)?)?,
        created: Timestamp::from_micros(column(row, 5)?),
        updated: Timestamp::from_micros(column(row, 6)?),
        concluded: column::<Option<i64>>(row, 7)?.map(Timestamp::from_micros),
    })
}
