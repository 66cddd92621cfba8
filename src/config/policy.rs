//! `[[policy]]`: what a key may sign, when, how often, and whether a second person must agree.

use std::collections::BTreeSet;

use toml::Spanned;

use super::check::{Checker, SECOND};
use super::error::ValueError;
use super::{ConfigError, KeyName, Period, Policy, raw};

const DIGESTS: [&str; 3] = ["sha256", "sha384", "sha512"];
const DAY_MINUTES: u16 = 24 * 60;
const MAX_LABEL_CHARS: usize = 255;
const DAY: u64 = 24 * 3600 * SECOND;

impl Checker<'_> {
    pub(super) fn policies(&self, raw: Vec<raw::Policy>) -> Result<Vec<Policy>, ConfigError> {
        let mut seen = BTreeSet::new();
        let policy = |raw: raw::Policy| {
            let (given, name) = match (&raw.label, &raw.certificate) {
                (Some(label), None) => (label, KeyName::Label(self.checked(label, MAX_LABEL_CHARS)?)),
                (None, Some(sha256)) => (sha256, KeyName::Certificate(self.sha256_of(sha256)?)),
                (one, other) => return Err(self.one_of(one.as_ref().or(other.as_ref()), "label, certificate")),
            };
            self.once(&mut seen, given, given.get_ref().clone())?;
            Ok(Policy {
                name,
                digests: self.digests(raw.digests.clone().unwrap_or_default())?,
                hours: raw.hours.as_ref().map(|hours| self.hours(hours)).transpose()?,
                period: self.period(&raw, given)?,
                four_eyes: raw.four_eyes.unwrap_or(false),
            })
        };
        raw.into_iter().map(policy).collect()
    }

    /// SHA-256 of a certificate, 64 hexadecimal digits.
    pub(super) fn sha256_of(&self, given: &Spanned<String>) -> Result<[u8; 32], ConfigError> {
        let mut sha256 = [0; 32];
        let decoded = hex::decode_to_slice(given.get_ref(), &mut sha256);
        decoded.map_err(|_| self.wrong(given, ValueError::Sha256(given.get_ref().clone())))?;
        Ok(sha256)
    }

    fn digests(&self, given: Vec<Spanned<String>>) -> Result<BTreeSet<String>, ConfigError> {
        let digest = |given: Spanned<String>| match DIGESTS.contains(&given.get_ref().as_str()) {
            true => Ok(given.into_inner()),
            false => {
                let found = given.get_ref().clone();
                let allowed = "sha256, sha384, sha512";
                Err(self.wrong(&given, ValueError::Choice { found, allowed }))
            }
        };
        given.into_iter().map(digest).collect()
    }

    /// `09:00-17:30`, on the clock in Japan. Past midnight when the end comes first.
    fn hours(&self, given: &Spanned<String>) -> Result<(u16, u16), ConfigError> {
        let minutes = |text: &str| {
            let (hour, minute) = text.split_once(':')?;
            let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            let fits = digits(hour) && digits(minute);
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            let at = hour * 60 + minute;
            (fits && minute < 60 && at <= DAY_MINUTES).then_some(at)
        };
        let read = given.get_ref().split_once('-');
        let read = read.and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
        let read = read.filter(|(from, to)| from != to && *from < DAY_MINUTES);
        read.ok_or_else(|| self.wrong(given, ValueError::Hours(given.get_ref().clone())))
    }

    fn period(&self, raw: &raw::Policy, near: &Spanned<String>) -> Result<Option<Period>, ConfigError> {
        if raw.max_signatures.is_none() {
            return match &raw.period_ms {
                None => Ok(None),
                Some(_) => Err(self.one_of(Some(near), "max_signatures + period_ms")),
            };
        }
        Ok(Some(Period {
            max_signatures: self.number(&raw.max_signatures, 0, 1, u64::from(u32::MAX))?,
            length_ms: self.number(&raw.period_ms, DAY, SECOND, 366 * DAY)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Environment};
    use crate::text::Explain;
    use std::path::Path;

    fn policy(lines: &str) -> Result<Config, &'static str> {
        let environment = Environment {
            home: Some("/var/people/kono".into()),
            ..Environment::default()
        };
        let parsed = Config::parse(&format!("[[policy]]\n{lines}"), Path::new("/etc/h.toml"), &environment);
        parsed.map_err(|error| error.code())
    }

    #[test]
    fn hours_are_minutes_of_the_day() {
        let hours = |text: &str| policy(&format!("label = \"a\"\nhours = \"{text}\"")).map(|c| c.policies[0].hours);
        assert_eq!(hours("09:00-17:30"), Ok(Some((540, 1050))));
        assert_eq!(hours("22:00-06:00"), Ok(Some((1320, 360))));
        assert_eq!(hours("00:00-24:00"), Ok(Some((0, 1440))));
        for wrong in [
            "",
            "9-17",
            "9:00-17:00",
            "09:00-17:60",
            "24:00-01:00",
            "25:00-26:00",
            "09:00-09:00",
            "+9:00-10:00",
        ] {
            assert_eq!(hours(wrong), Err("config_hours"), "{wrong}");
        }
    }

    #[test]
    fn what_a_policy_does_not_say_whole_is_refused() {
        assert_eq!(policy("four_eyes = true").err(), Some("config_one_of"));
        assert_eq!(
            policy("label = \"a\"\ncertificate = \"b\"").err(),
            Some("config_one_of")
        );
        assert_eq!(policy("certificate = \"b\"").err(), Some("config_sha256"));
        assert_eq!(policy("label = \"a\"\nperiod_ms = 5000").err(), Some("config_one_of"));
        assert_eq!(policy("label = \"a\"\nmax_signatures = 0").err(), Some("config_range"));
        assert_eq!(
            policy("label = \"a\"\ndigests = [\"sha1\"]").err(),
            Some("config_choice")
        );
        let twice = "label = \"a\"\n[[policy]]\nlabel = \"a\"";
        assert_eq!(policy(twice).err(), Some("config_twice"));
    }
}
