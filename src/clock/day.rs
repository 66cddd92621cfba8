//! A calendar day in Japan: due dates, contract dates, the ends of a period.
//!
//! A day has no time and is no instant; where it begins and ends is that of the wall clock in Japan, never of the machine's time zone.

use std::fmt;
use std::str::FromStr;

use super::{JST_OFFSET_SECONDS, Timestamp, civil_from_days, days_from_civil, days_in_month};

const SECONDS: i64 = 86_400;

/// A day of the Gregorian calendar, 0001-01-01 to 9999-12-31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(i32);

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the days of the week need no words")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    /// From its parts; `None` for a day that does not exist.
    pub fn new(year: i64, month: u32, day: u32) -> Option<Self> {
        let exists =
            (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        let days = exists.then(|| days_from_civil(year, month, day))?;
        i32::try_from(days).ok().map(Self)
    }

    /// The day that it is in Japan at `at`; `None` outside the years 1 to 9999.
    pub fn of_jst(at: Timestamp) -> Option<Self> {
        let days = at.seconds().saturating_add(JST_OFFSET_SECONDS).div_euclid(SECONDS);
        Self::checked(days)
    }

    /// Year, month (1..=12), day (1..=31).
    pub fn parts(self) -> (i64, u32, u32) {
        civil_from_days(i64::from(self.0))
    }

    /// The first instant of the day in Japan.
    pub fn start_jst(self) -> Timestamp {
        Timestamp::from_seconds(i64::from(self.0) * SECONDS - JST_OFFSET_SECONDS)
    }

    /// The first instant after the day in Japan: what happens on the day happens before it.
    pub fn end_jst(self) -> Timestamp {
        Timestamp::from_seconds((i64::from(self.0) + 1) * SECONDS - JST_OFFSET_SECONDS)
    }

    /// So many days later, or earlier; `None` outside the years 1 to 9999.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        Self::checked(i64::from(self.0) + i64::from(days))
    }

    /// The same day so many months later, or earlier; the last of the month where there is no such day.
    pub fn plus_months(self, months: i32) -> Option<Self> {
        let (year, month, day) = self.parts();
        let count = year * 12 + i64::from(month - 1) + i64::from(months);
        let (year, month) = (count.div_euclid(12), u32::try_from(count.rem_euclid(12)).ok()? + 1);
        Self::new(year, month, day.min(days_in_month(year, month)))
    }

    /// Which day of the week it is.
    pub fn weekday(self) -> Weekday {
        use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
        // 1970-01-01 was a Thursday.
        match self.0.rem_euclid(7) {
            0 => Thursday,
            1 => Friday,
            2 => Saturday,
            3 => Sunday,
            4 => Monday,
            5 => Tuesday,
            _ => Wednesday,
        }
    }

    /// For people: `2026年11月23日`.
    pub fn in_japanese(self) -> String {
        let (year, month, day) = self.parts();
        format!("{year}年{month}月{day}日")
    }

    fn checked(days: i64) -> Option<Self> {
        let (year, ..) = civil_from_days(days);
        let day = i32::try_from(days).ok()?;
        (1..=9999).contains(&year).then_some(Self(day))
    }
}

/// `2026-11-23` (ISO 8601, RFC 3339 full-date).
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// The text is no day of the form `2026-11-23`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a day of the form 2026-11-23")]
pub struct NoDay;

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
        shaped
            .then(|| Self::new(i64::from(part(0..4)?), part(5..7)?, part(8..10)?))
            .flatten()
            .ok_or(NoDay)
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight_in_japan() {
        let new_year = day("2027-01-01");
        assert_eq!(new_year.start_jst().rfc3339(), "2026-12-31T15:00:00Z");
        assert_eq!(new_year.end_jst().rfc3339(), "2027-01-01T15:00:00Z");
        assert_eq!(Day::of_jst(new_year.start_jst()), Some(new_year));
        assert_eq!(
            Day::of_jst(new_year.start_jst().minus(std::time::Duration::from_micros(1))),
            Some(day("2026-12-31"))
        );
    }

    #[test]
    fn only_days_that_exist_are_days() {
        for text in [
            "",
            "2026-11-31",
            "2026-02-29",
            "2026-1-01",
            "2026/11/23",
            "0000-01-01",
            "２０２６-11-23",
            "+026-11-23",
        ] {
            assert_eq!(text.parse::<Day>(), Err(NoDay), "{text}");
        }
        for text in ["0001-01-01", "2024-02-29", "9999-12-31"] {
            assert_eq!(day(text).to_string(), text);
        }
        assert_eq!(day("9999-12-31").plus_days(1), None);
    }

    #[test]
    fn months_end_where_they_end() {
        assert_eq!(day("2027-01-31").plus_months(1), Some(day("2027-02-28")));
        assert_eq!(day("2027-12-15").plus_months(2), Some(day("2028-02-15")));
        assert_eq!(day("2027-01-15").plus_months(-1), Some(day("2026-12-15")));
        assert_eq!(day("2026-11-23").weekday(), Weekday::Monday);
        assert_eq!(day("2026-11-23").in_japanese(), "2026年11月23日");
    }
}
