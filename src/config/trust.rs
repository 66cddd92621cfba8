//! The tables about evidence: `[trust]`, `[network]`, `[evidence]` and `[renewal]`. Paths and names are checked for their shape; no file is read and nobody is asked here.

use std::collections::BTreeSet;
use std::path::PathBuf;

use toml::Spanned;

use super::check::{Checker, choice};
use super::error::ValueError;
use super::{ConfigError, Evidence, Network, Renewal, Revocation, Trust, raw};

/// Most paths of one list.
const MAX_PATHS: usize = 64;
/// Most private places.
const MAX_PLACES: usize = 64;
const MAX_PLACE_CHARS: usize = 262;
/// Half a year: time to see what is wrong where a renewal fails.
const MARGIN_DAYS: u64 = 180;
const MAX_MARGIN_DAYS: u64 = 3650;
/// Most authorities bring a new list once a day.
const GRACE_HOURS: u64 = 24;
const MAX_GRACE_HOURS: u64 = 90 * 24;

impl Checker<'_> {
    pub(super) fn trust(&self, raw: raw::Trust) -> Result<Trust, ConfigError> {
        Ok(Trust {
            anchors: self.paths(raw.anchors)?,
            signers: self.paths(raw.signers)?,
            timestamp_authorities: self.paths(raw.timestamp_authorities)?,
            responders: self.paths(raw.responders)?,
            tokens: raw.tokens.unwrap_or(false),
        })
    }

    pub(super) fn network(&self, raw: raw::Network) -> Result<Network, ConfigError> {
        let mut seen = BTreeSet::new();
        for given in self.bounded(raw.allow_private, MAX_PLACES)? {
            let place = self.checked(&given, MAX_PLACE_CHARS)?;
            let parts = place.rsplit_once(':');
            let fits = parts.is_some_and(|(host, port)| {
                !host.is_empty() && !host.contains(['/', '@', ' ']) && port.parse::<u16>().is_ok()
            });
            if !fits {
                return Err(self.wrong(&given, ValueError::Place(place)));
            }
            self.once(&mut seen, &given, place)?;
        }
        Ok(Network { allow_private: seen })
    }

    pub(super) fn renewal(&self, raw: raw::Renewal) -> Result<Renewal, ConfigError> {
        Ok(Renewal {
            folders: self.paths(raw.folders)?,
            margin_days: self.number(&raw.margin_days, MARGIN_DAYS, 1, MAX_MARGIN_DAYS)?,
        })
    }

    pub(super) fn evidence(&self, raw: &raw::Evidence) -> Result<Evidence, ConfigError> {
        let given = raw.revocation.as_ref().map(|given| (given, given.get_ref().as_str()));
        let revocation = match given {
            None | Some((_, "immediate")) => Revocation::Immediate,
            Some((_, "after_grace")) => Revocation::AfterGrace,
            Some((given, _)) => return Err(self.wrong(given, choice(given, "immediate, after_grace"))),
        };
        Ok(Evidence {
            revocation,
            grace_hours: self.number(&raw.grace_hours, GRACE_HOURS, 1, MAX_GRACE_HOURS)?,
        })
    }

    fn paths(&self, given: Option<Vec<Spanned<String>>>) -> Result<Vec<PathBuf>, ConfigError> {
        let given = self.bounded(given, MAX_PATHS)?;
        given.iter().map(|path| self.path_of(path)).collect()
    }

    fn bounded(&self, given: Option<Vec<Spanned<String>>>, max: usize) -> Result<Vec<Spanned<String>>, ConfigError> {
        let given = given.unwrap_or_default();
        match given.get(max) {
            Some(first_too_many) => {
                let found = i64::try_from(given.len()).unwrap_or(i64::MAX);
                let (min, max) = (0, max as u64);
                Err(self.wrong(first_too_many, ValueError::Range { found, min, max }))
            }
            None => Ok(given),
        }
    }
}
