//! The list and search of contracts, and the same as CSV for the tax office (電子帳簿保存法 施行規則 4条).
//!
//! What a person wrote is read here; which contracts are wanted is `contract::search`'s to say, and the rows are `store`'s.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{App, Asker};
use crate::app::failure::{Failure, FailureKind};
use crate::clock::{Day, Timestamp};
use crate::contract::State;
use crate::contract::search::{CounterpartyWanted, Query, Wanted};
use crate::contract::words::Name;
use crate::contract::yen::Yen;
use crate::store::{Found, Page};

/// Contracts of one answer.
const PAGE: u32 = 50;
/// Most contracts of one answer.
const MAX_PAGE: u32 = 500;
/// Most contracts of one CSV file.
const MAX_CSV: usize = 100_000;

/// What is looked for; everything that is given must hold.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub struct SearchWanted {
    /// A part of a counterparty's name, in any width and case.
    pub counterparty: Option<String>,
    /// Those without counterparty.
    pub counterparty_blank: bool,
    /// 取引年月日 from this day on, `YYYY-MM-DD`.
    pub date_from: Option<String>,
    /// Until this day.
    pub date_to: Option<String>,
    /// Those without date.
    pub date_blank: bool,
    /// Amount from this on, in yen.
    pub amount_from: Option<String>,
    /// Up to this.
    pub amount_to: Option<String>,
    /// Those without amount.
    pub amount_blank: bool,
    /// A part of the title.
    pub title: Option<String>,
    /// Where it stands.
    pub state: Option<String>,
    /// 管理番号.
    pub number: Option<u64>,
    /// What the answer before called `next`.
    pub cursor: Option<String>,
    /// How many at once, 1 to 500; else 50.
    pub limit: Option<u32>,
}

/// A part of what was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FoundPage {
    /// Newest first.
    pub contracts: Vec<FoundView>,
    /// The cursor of the next part; none: this is the last.
    pub next: Option<String>,
}

/// A contract that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FoundView {
    /// Opaque.
    pub id: String,
    /// Counts its changes.
    pub version: i64,
    /// Where it stands.
    pub state: &'static str,
    /// 管理番号, zero-padded.
    pub number: Option<String>,
    /// 文書名.
    pub title: String,
    /// The other sides.
    pub counterparties: Vec<String>,
    /// 取引年月日.
    pub contract_date: Option<String>,
    /// Amount in yen.
    pub amount: Option<i64>,
    /// When it was made.
    pub created: String,
    /// Its last change.
    pub updated: String,
    /// When it was concluded.
    pub concluded: Option<String>,
}

impl App {
    /// The asker's contracts that are wanted, part by part.
    ///
    /// # Errors
    /// `search_range`, `search_date`, `search_state`, `search_cursor`, `amount_invalid`, `contract_text_invalid`.
    pub async fn find_contracts(&self, asker: &Asker, wanted: &SearchWanted) -> Result<FoundPage, Failure> {
        let query = query(wanted)?;
        let max = wanted.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
        let page = Page {
            after: wanted.cursor.as_deref().map(cursor).transpose()?,
            max: max + 1,
        };
        let mut found = self.store().find_contracts(&asker.owner, &query, &page).await?;
        let more = found.len() > max as usize;
        found.truncate(max as usize);
        let next = found.last().filter(|_| more).map(to_cursor);
        Ok(FoundPage {
            contracts: found.iter().map(view).collect(),
            next,
        })
    }

    /// The same as one CSV file: UTF-8 with its mark, as office programs in Japan want it, lines ended by CRLF (RFC 4180).
    ///
    /// # Errors
    /// As [`App::find_contracts`]; `search_too_many` beyond 100,000.
    pub async fn contracts_csv(&self, asker: &Asker, wanted: &SearchWanted) -> Result<String, Failure> {
        let query = query(wanted)?;
        let mut csv = String::from("\u{feff}管理番号,文書名,取引先,取引年月日,取引金額,状態,締結日時,ID\r\n");
        let (mut after, mut rows) = (None, 0);
        loop {
            let page = Page { after, max: MAX_PAGE };
            let found = self.store().find_contracts(&asker.owner, &query, &page).await?;
            rows += found.len();
            if rows > MAX_CSV {
                return Err(Failure::new(FailureKind::TooLarge, "search_too_many").with("max", MAX_CSV.to_string()));
            }
            found.iter().for_each(|one| line(&mut csv, one));
            let full = found.len() == MAX_PAGE as usize;
            after = found
                .into_iter()
                .last()
                .filter(|_| full)
                .map(|one| (one.created, one.id));
            if after.is_none() {
                return Ok(csv);
            }
        }
    }
}

fn line(csv: &mut String, one: &Found) {
    let record = &one.terms.record;
    let counterparties: Vec<&str> = record.counterparties.iter().map(Name::as_str).collect();
    let cells = [
        one.number.map(|number| format!("{number:07}")).unwrap_or_default(),
        one.terms.title.as_str().to_owned(),
        counterparties.join("、"),
        record.contract_date.map(|day| day.to_string()).unwrap_or_default(),
        record.amount.map(|amount| amount.get().to_string()).unwrap_or_default(),
        one.state.name().to_owned(),
        one.concluded.map(Timestamp::jst_seconds).unwrap_or_default(),
        one.id.clone(),
    ];
    // Writing to a string cannot fail.
    let _ = write!(csv, "{}\r\n", cells.map(|cell| quoted(&cell)).join(","));
}

/// A cell in quotes; what a spreadsheet would take for a formula gets an apostrophe before it.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", cell.replace('"', "\"\""))
}

fn query(wanted: &SearchWanted) -> Result<Query, Failure> {
    let name = |text: &Option<String>, part| text.as_deref().map(|text| Name::new(text, part)).transpose();
    let yen = |text: &Option<String>| text.as_deref().map(Yen::parse).transpose();
    let state = |text: &String| State::named(text).ok_or(Failure::new(FailureKind::Invalid, "search_state"));
    let counterparty = match (name(&wanted.counterparty, "counterparty")?, wanted.counterparty_blank) {
        (Some(part), _) => Some(CounterpartyWanted::Holds(part)),
        (None, true) => Some(CounterpartyWanted::Blank),
        (None, false) => None,
    };
    let (from, to) = (day(wanted.date_from.as_ref())?, day(wanted.date_to.as_ref())?);
    let (least, most) = (yen(&wanted.amount_from)?, yen(&wanted.amount_to)?);
    Ok(Query {
        counterparty,
        contract_date: Wanted::new("date", from, to, wanted.date_blank)?,
        amount: Wanted::new("amount", least, most, wanted.amount_blank)?,
        title: name(&wanted.title, "title")?,
        state: wanted.state.as_ref().map(state).transpose()?,
        number: wanted.number,
    })
}

fn day(text: Option<&String>) -> Result<Option<Day>, Failure> {
    let wrong = |_| Failure::new(FailureKind::Invalid, "search_date");
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

fn to_cursor(found: &Found) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}", found.created.micros(), found.id))
}

fn cursor(text: &str) -> Result<(Timestamp, String), Failure> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (created, id) = text.split_once('.')?;
        Some((Timestamp::from_micros(created.parse().ok()?), id.to_owned()))
    };
    read().ok_or(Failure::new(FailureKind::Invalid, "search_cursor"))
}

fn view(one: &Found) -> FoundView {
    let record = &one.terms.record;
    FoundView {
        id: one.id.clone(),
        version: one.version,
        state: one.state.name(),
        number: one.number.map(|number| format!("{number:07}")),
        title: one.terms.title.as_str().to_owned(),
        counterparties: record
            .counterparties
            .iter()
            .map(|name| name.as_str().to_owned())
            .collect(),
        contract_date: record.contract_date.map(|day| day.to_string()),
        amount: record.amount.map(Yen::get),
        created: one.created.rfc3339(),
        updated: one.updated.rfc3339(),
        concluded: one.concluded.map(|at| at.rfc3339()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_never_two() {
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("a\"b,c"), "\"a\"\"b,c\"");
    }

    #[test]
    fn a_cursor_is_read_again_and_others_are_not() {
        let at = Timestamp::from_micros(1_700_000_000_000_001);
        let text = URL_SAFE_NO_PAD.encode(format!("{}.{}", at.micros(), "abc"));
        assert_eq!(cursor(&text), Ok((at, "abc".to_owned())));
        for bad in ["", "x", "AAAA", "////"] {
            assert!(cursor(bad).is_err(), "{bad}");
        }
    }
}
