//! The tables about timestamps: `[[tsa]]` and `[timestamp]`. Addresses and policies are checked for their shape; nobody is asked here.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use toml::Spanned;

use super::check::{Checker, HOUR, SECOND};
use super::error::ValueError;
use super::{ConfigError, Timestamps, Tsa, TsaLogin, raw};

/// Most TSAs: each one that fails costs its deadline.
const MAX_TSAS: usize = 16;
const MAX_URL_CHARS: usize = 2048;
const MAX_NAME_CHARS: usize = 255;
const MAX_QUOTA: u64 = 10_000;
const DEFAULT_DEADLINE_MS: u64 = 15 * SECOND;

/// A machine without a time service is off by minutes; an hour is another time zone.
const DEFAULT_CLOCK_TOLERANCE_MS: u64 = 300 * SECOND;

impl Checker<'_> {
    pub(super) fn tsas(&self, raw: Vec<raw::Tsa>) -> Result<Vec<Tsa>, ConfigError> {
        let mut seen = BTreeSet::new();
        let mut tsas = Vec::new();
        for one in raw {
            self.once(&mut seen, &one.url, one.url.get_ref().clone())?;
            let count = tsas.len() as u64 + 1;
            if tsas.len() == MAX_TSAS {
                let (min, max) = (0, MAX_TSAS as u64);
                let found = i64::try_from(count).unwrap_or(i64::MAX);
                return Err(self.wrong(&one.url, ValueError::Range { found, min, max }));
            }
            tsas.push(self.tsa(&one)?);
        }
        Ok(tsas)
    }

    pub(super) fn timestamps(&self, raw: raw::Timestamps) -> Result<Timestamps, ConfigError> {
        let accredited_only = raw.accredited_only.as_ref().is_some_and(|given| *given.get_ref());
        let mut accredited = BTreeSet::new();
        for given in raw.accredited.unwrap_or_default() {
            accredited.insert(self.sha256_of(&given)?);
        }
        match raw.accredited_only {
            Some(given) if accredited_only && accredited.is_empty() => {
                Err(self.wrong(&given, ValueError::NothingAccredited))
            }
            _ => Ok(Timestamps {
                accredited_only,
                accredited,
                clock_tolerance_ms: self.number(
                    &raw.clock_tolerance_ms,
                    DEFAULT_CLOCK_TOLERANCE_MS,
                    SECOND,
                    24 * HOUR,
                )?,
            }),
        }
    }

    fn tsa(&self, raw: &raw::Tsa) -> Result<Tsa, ConfigError> {
        let url = self.checked(&raw.url, MAX_URL_CHARS)?;
        let has_host = ["http://", "https://"].iter().any(|scheme| {
            let rest = url.strip_prefix(scheme);
            rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        });
        if !has_host || url.contains(['@', '#', ' ']) {
            return Err(self.wrong(&raw.url, ValueError::Url(url)));
        }
        let quota = match (&raw.quota_requests, &raw.quota_window_ms) {
            (None, None) => None,
            (requests @ Some(_), window @ Some(_)) => Some((
                self.number(requests, 1, 1, MAX_QUOTA)?,
                self.number(window, HOUR, SECOND, 31 * 24 * HOUR)?,
            )),
            _ => return Err(self.one_of(Some(&raw.url), "quota_requests + quota_window_ms")),
        };
        let login = self.tsa_login(raw)?;
        if login.is_some() && url.starts_with("http://") && !is_loopback(&url) {
            return Err(self.wrong(&raw.url, ValueError::TsaPlainHttp(url)));
        }
        Ok(Tsa {
            policy: raw.policy.as_ref().map(|given| self.policy(given)).transpose()?,
            login,
            client: match (&raw.client_certificate_file, &raw.client_key_file) {
                (None, None) => None,
                (Some(chain), Some(key)) => Some((self.path_of(chain)?, self.secret_file(key)?)),
                _ => return Err(self.one_of(Some(&raw.url), "client_certificate_file + client_key_file")),
            },
            quota,
            deadline_ms: self.number(&raw.deadline_ms, DEFAULT_DEADLINE_MS, 100, HOUR)?,
            url,
        })
    }

    fn tsa_login(&self, raw: &raw::Tsa) -> Result<Option<TsaLogin>, ConfigError> {
        Ok(match (&raw.user, &raw.password_file, &raw.bearer_file) {
            (None, None, None) => None,
            (Some(user), Some(file), None) => Some(TsaLogin::Basic(
                self.checked(user, MAX_NAME_CHARS)?,
                self.secret_file(file)?,
            )),
            (None, None, Some(file)) => Some(TsaLogin::Bearer(self.secret_file(file)?)),
            _ => return Err(self.one_of(Some(&raw.url), "user + password_file, bearer_file")),
        })
    }

    fn policy(&self, given: &Spanned<String>) -> Result<String, ConfigError> {
        let text = given.get_ref();
        let digits = |arc: &str| !arc.is_empty() && arc.len() <= 10 && arc.bytes().all(|b| b.is_ascii_digit());
        let arcs = text.split('.').count();
        match text.split('.').all(digits) && (2..=20).contains(&arcs) {
            true => Ok(text.clone()),
            false => Err(self.wrong(given, ValueError::Oid(text.clone()))),
        }
    }

    pub(super) fn secret_file(&self, given: &Spanned<String>) -> Result<PathBuf, ConfigError> {
        let path = self.path_of(given)?;
        match fs::metadata(&path) {
            Ok(facts) if facts.mode() & 0o077 == 0 => Ok(path),
            _ => Err(self.wrong(given, ValueError::SecretFile(path))),
        }
    }
}

/// Whether an http or https address stays on this machine.
fn is_loopback(url: &str) -> bool {
    let place = url.split_once("//").map_or(url, |(_, rest)| rest);
    let place = place.split(['/', '?']).next().unwrap_or_default();
    let host = match place.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn loopback_is_an_address_and_no_name_that_begins_like_one() {
        for url in [
            "http://127.0.0.1/tsa",
            "http://127.9.9.9:80",
            "http://LOCALHOST:8080/x",
            "http://[::1]:80/",
            "http://[::1]",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "http://127.0.0.1.example.jp/",
            "http://localhost.example.jp/",
            "http://tsa.example.jp/127.0.0.1",
            "http://10.0.0.1/",
            "http://[fe80::1]/",
            "http://example.jp?//127.0.0.1",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
