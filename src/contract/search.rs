//! What contracts are looked for by (電子帳簿保存法 施行規則 2条6項, 4条): date, amount, counterparty, ranges, any of them together, blanks.
//!
//! Says what is wanted and whether a contract is it; the database's own words are `store`'s.

use unicode_normalization::UnicodeNormalization;

use super::state::State;
use super::terms::Record;
use super::words::Name;
use super::yen::Yen;
use super::{Contract, Error};
use crate::clock::Day;

/// A wish about one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted<T> {
    /// Nothing stands there.
    Blank,
    /// From the first to the last, both included; either may be open.
    Between(Option<T>, Option<T>),
}

/// A search: everything that is given must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// 取引先: a part of a counterparty's name.
    pub counterparty: Option<CounterpartyWanted>,
    /// 取引年月日.
    pub contract_date: Option<Wanted<Day>>,
    /// 取引金額.
    pub amount: Option<Wanted<Yen>>,
    /// A part of the title.
    pub title: Option<Name>,
    /// Where it stands.
    pub state: Option<State>,
    /// 管理番号.
    pub number: Option<u64>,
}

/// A wish about the counterparty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CounterpartyWanted {
    /// None is written down.
    Blank,
    /// One whose name holds this.
    Holds(Name),
}

/// How texts are compared: full and half width, ㈱ and (株), capitals and small letters are the same (NFKC, lower case).
pub fn folded(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase()
}

impl<T: Copy + Ord> Wanted<T> {
    /// From bounds as a form gives them; `blank` looks for what has none.
    ///
    /// # Errors
    /// [`Error::Range`] when the first is after the last.
    pub fn new(part: &'static str, from: Option<T>, to: Option<T>, blank: bool) -> Result<Option<Self>, Error> {
        match (from, to, blank) {
            (Some(from), Some(to), _) if from > to => Err(Error::Range(part)),
            (None, None, true) => Ok(Some(Self::Blank)),
            (None, None, false) => Ok(None),
            (from, to, _) => Ok(Some(Self::Between(from, to))),
        }
    }

    fn is(&self, found: Option<T>) -> bool {
        match (self, found) {
            (Self::Blank, found) => found.is_none(),
            (Self::Between(..), None) => false,
            (Self::Between(from, to), Some(found)) => {
                from.is_none_or(|from| found >= from) && to.is_none_or(|to| found <= to)
            }
        }
    }
}

impl Query {
    /// Whether a contract is wanted.
    pub fn wants(&self, contract: &Contract) -> bool {
        let record: &Record = &contract.terms.record;
        let counterparty = |wanted: &CounterpartyWanted| match wanted {
            CounterpartyWanted::Blank => record.counterparties.is_empty(),
            CounterpartyWanted::Holds(part) => {
                let part = folded(part.as_str());
                let holds = |name: &Name| folded(name.as_str()).contains(&part);
                record.counterparties.iter().any(holds)
            }
        };
        self.counterparty.as_ref().is_none_or(counterparty)
            && (self.contract_date.as_ref()).is_none_or(|wanted| wanted.is(record.contract_date))
            && self.amount.as_ref().is_none_or(|wanted| wanted.is(record.amount))
            && (self.title.as_ref())
                .is_none_or(|part| folded(contract.terms.title.as_str()).contains(&folded(part.as_str())))
            && self.state.is_none_or(|state| contract.state == state)
            && self.number.is_none_or(|number| contract.number == Some(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_hold_both_ends_and_may_be_open() {
        let (first, last) = (day("2026-04-01"), day("2027-03-31"));
        let year = Wanted::new("date", Some(first), Some(last), false).unwrap().unwrap();
        assert!(year.is(Some(first)) && year.is(Some(last)));
        assert!(!year.is(Some(day("2027-04-01"))) && !year.is(Some(day("2026-03-31"))) && !year.is(None));
        let open = Wanted::new("date", Some(last), None, false).unwrap().unwrap();
        assert!(open.is(Some(day("2030-01-01"))) && !open.is(Some(first)));
        assert_eq!(
            Wanted::new("date", Some(last), Some(first), false),
            Err(Error::Range("date"))
        );
    }

    #[test]
    fn width_and_case_make_no_difference() {
        assert_eq!(folded("ＡＢＣ建設㈱"), folded("abc建設(株)"));
        assert_eq!(folded("ﾐﾎﾝ"), folded("ミホン"));
    }

    #[test]
    fn blanks_are_found() {
        let blank: Wanted<Yen> = Wanted::new("amount", None, None, true).unwrap().unwrap();
        assert!(blank.is(None) && !blank.is(Yen::new(1).ok()));
        assert_eq!(Wanted::<Yen>::new("amount", None, None, false), Ok(None));
    }
}
