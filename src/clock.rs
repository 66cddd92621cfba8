//! A point in time, and how the formats here write it.
//!
//! Nothing in this file, and nothing below `app`, reads the clock: whoever needs the time is given it.

mod day;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use self::day::{Day, NoDay, Weekday};

/// Microseconds since 1970-01-01T00:00:00Z. Leap seconds are not counted (POSIX time).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(i64);

/// The same instant as calendar fields in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    /// Year, proleptic Gregorian.
    pub year: i64,
    /// 1..=12
    pub month: u32,
    /// 1..=31
    pub day: u32,
    /// 0..=23
    pub hour: u32,
    /// 0..=59
    pub minute: u32,
    /// 0..=59
    pub second: u32,
    /// 0..=999_999
    pub micros: u32,
}

/// Seconds that Japanese Standard Time is ahead of UTC; Japan has no summer time.
pub const JST_OFFSET_SECONDS: i64 = 9 * 3600;

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// From what the operating system's clock said; a clock before 1970 gives the epoch.
    pub fn from_system(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This instant and `span` later.
    pub fn plus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// This instant and `span` earlier.
    pub fn minus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// Time from `earlier` to here; zero when `earlier` is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Calendar fields in UTC.
    pub fn civil(self) -> Civil {
        civil(self.0)
    }

    /// Calendar fields of the wall clock in Japan.
    pub fn civil_jst(self) -> Civil {
        civil(self.0.saturating_add(JST_OFFSET_SECONDS * 1_000_000))
    }

    /// From calendar fields in UTC; `None` for fields outside their range.
    pub fn from_civil(at: Civil) -> Option<Self> {
        let sane = (1..=9999).contains(&at.year)
            && (1..=12).contains(&at.month)
            && (1..=days_in_month(at.year, at.month)).contains(&at.day)
            && at.hour < 24
            && at.minute < 60
            && at.second < 60
            && at.micros < 1_000_000;
        sane.then(|| {
            let days = days_from_civil(at.year, at.month, at.day);
            let seconds = days * 86_400 + i64::from(at.hour * 3600 + at.minute * 60 + at.second);
            Self(seconds * 1_000_000 + i64::from(at.micros))
        })
    }

    /// RFC 3339 in UTC with seconds: `2026-11-23T05:45:21Z`. Fractions are cut.
    pub fn rfc3339(self) -> String {
        let c = self.civil();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            c.year, c.month, c.day, c.hour, c.minute, c.second
        )
    }

    /// PDF date string (ISO 32000-2, 7.9.4) in Japanese time: `D:20261123144521+09'00'`.
    pub fn pdf_date(self) -> String {
        let c = self.civil_jst();
        format!(
            "D:{:04}{:02}{:02}{:02}{:02}{:02}+09'00'",
            c.year, c.month, c.day, c.hour, c.minute, c.second
        )
    }

    /// Reads a PDF date string (ISO 32000-2, 7.9.4); what it leaves out behind the year is the earliest it can be, a missing offset is UTC.
    pub fn parse_pdf_date(text: &str) -> Option<Self> {
        let text = text.strip_prefix("D:").unwrap_or(text);
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if !matches!(digits, 4 | 6 | 8 | 10 | 12 | 14) {
            return None;
        }
        let (date, offset) = text.split_at(digits);
        let full = format!("{date}{}", &"00000101000000"[digits..]);
        let number = |range: std::ops::Range<usize>| full.get(range)?.parse::<u32>().ok();
        let at = Self::from_civil(Civil {
            year: i64::from(number(0..4)?),
            month: number(4..6)?,
            day: number(6..8)?,
            hour: number(8..10)?,
            minute: number(10..12)?,
            second: number(12..14)?,
            micros: 0,
        })?;
        let sign = match offset.bytes().next() {
            None | Some(b'Z') => return Some(at),
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        let mut parts = offset[1..].split('\'').map(|part| part.parse::<u16>().ok());
        let (hours, minutes) = (parts.next()??, parts.next().flatten().unwrap_or(0));
        let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60;
        (hours < 24 && minutes < 60).then(|| Self(at.0 - sign * seconds * 1_000_000))
    }

    /// For people in Japan: `2026/11/23 14:45(JST)`.
    pub fn jst_minutes(self) -> String {
        let c = self.civil_jst();
        format!(
            "{:04}/{:02}/{:02} {:02}:{:02}(JST)",
            c.year, c.month, c.day, c.hour, c.minute
        )
    }

    /// The same to the second: `2026/11/23 14:45:21(JST)`.
    pub fn jst_seconds(self) -> String {
        let c = self.civil_jst();
        format!(
            "{:04}/{:02}/{:02} {:02}:{:02}:{:02}(JST)",
            c.year, c.month, c.day, c.hour, c.minute, c.second
        )
    }

    /// Reads RFC 3339 with any offset and up to six digits of fraction (more are cut).
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() < 20 || bytes.len() > 40 || !text.is_ascii() {
            return None;
        }
        let number = |range: std::ops::Range<usize>| -> Option<u32> {
            let part = text.get(range)?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        if separators.iter().any(|(at, want)| bytes[*at] != *want) || !matches!(bytes[10], b'T' | b't' | b' ') {
            return None;
        }
        let mut rest = &text[19..];
        let mut micros = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            micros = format!("{:0<6.6}", &fraction[..digits]).parse().ok()?;
            rest = &fraction[digits..];
        }
        let offset = match rest {
            "Z" | "z" => 0,
            _ => {
                let sign = match rest.as_bytes().first()? {
                    b'+' => 1,
                    b'-' => -1,
                    _ => return None,
                };
                let (hours, minutes) = rest[1..].split_once(':')?;
                if hours.len() != 2 || minutes.len() != 2 {
                    return None;
                }
                sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60)
            }
        };
        let at = Civil {
            year: i64::from(number(0..4)?),
            month: number(5..7)?,
            day: number(8..10)?,
            hour: number(11..13)?,
            minute: number(14..16)?,
            second: number(17..19)?,
            micros,
        };
        Some(Self(Self::from_civil(at)?.0 - offset * 1_000_000))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

fn civil(micros: i64) -> Civil {
    let seconds = micros.div_euclid(1_000_000);
    let days = seconds.div_euclid(86_400);
    let of_day = u32::try_from(seconds.rem_euclid(86_400)).unwrap_or(0);
    let (year, month, day) = civil_from_days(days);
    Civil {
        year,
        month,
        day,
        hour: of_day / 3600,
        minute: of_day / 60 % 60,
        second: of_day % 60,
        micros: u32::try_from(micros.rem_euclid(1_000_000)).unwrap_or(0),
    }
}

// Days since the epoch and back: eras of 400 years that begin on 1 March, so that the leap day ends a year.
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * i64::from((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = u32::try_from(of_year - (153 * shifted + 2) / 5 + 1).unwrap_or(1);
    let month = u32::try_from(if shifted < 10 { shifted + 3 } else { shifted - 9 }).unwrap_or(1);
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_the_same_instant() {
        for seconds in [0, 951_782_400, 1_795_399_200, 4_102_444_799, 253_402_300_799] {
            let at = Timestamp::from_seconds(seconds);
            assert_eq!(Timestamp::parse_rfc3339(&at.rfc3339()), Some(at));
            assert_eq!(Timestamp::from_civil(at.civil()), Some(at));
        }
    }

    #[test]
    fn japan_is_nine_hours_ahead() {
        let at = Timestamp::parse_rfc3339("2020-07-31T11:09:00Z").unwrap();
        assert_eq!(at.jst_minutes(), "2020/07/31 20:09(JST)");
        assert_eq!(at.pdf_date(), "D:20200731200900+09'00'");
        for text in [
            "D:20200731200900+09'00'",
            "D:20200731110900Z",
            "20200731110900",
            "D:202007312009+09",
        ] {
            assert_eq!(Timestamp::parse_pdf_date(text), Some(at), "{text}");
        }
        for text in [
            "",
            "D:",
            "D:2020-07-31",
            "D:20201331",
            "D:20200731200900+09:00x",
            "D:20200731200900+99'00'",
            "D:20200731+é",
        ] {
            assert_eq!(Timestamp::parse_pdf_date(text), None, "{text}");
        }
        assert_eq!(
            Timestamp::parse_rfc3339("2020-07-31T20:09:00.5+09:00"),
            Some(Timestamp(at.0 + 500_000))
        );
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }
}
