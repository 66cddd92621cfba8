//! The tables about contracts: `[contracts]` and `[mail]`. Addresses are checked for their shape; no server is asked here.

use toml::Spanned;

use super::check::Checker;
use super::error::ValueError;
use super::{ConfigError, Contracts, Mail, MailLogin, MailSecurity, raw};

const MAX_URL_CHARS: usize = 2048;
const MAX_NAME_CHARS: usize = 255;
const REMIND_FROM_HOUR: u64 = 9;
const MAX_TITLE_CHARS: usize = 40;
const CERTIFICATE_TITLE: &str = "電子契約締結証明書";
/// As `contract::yen`: a thousand trillion.
const MAX_YEN: u64 = 1_000_000_000_000_000;
const SUBMISSION_PORT: u16 = 587;

impl Checker<'_> {
    pub(super) fn contracts(&self, raw: &raw::Contracts) -> Result<Contracts, ConfigError> {
        let yen = |given: &raw::At<i64>| {
            let read = given.as_ref().map(|_| self.number(given, 0, 0, MAX_YEN)).transpose()?;
            Ok(read.map(|amount| i64::try_from(amount).unwrap_or(i64::MAX)))
        };
        let names = raw.party_counterparties.iter().flatten();
        Ok(Contracts {
            public_url: raw
                .public_url
                .as_ref()
                .map(|given| self.public_url(given))
                .transpose()?,
            operator_certificate: raw
                .operator_certificate
                .as_ref()
                .map(|given| self.sha256(given))
                .transpose()?,
            party_from_yen: yen(&raw.party_from_yen)?,
            party_counterparties: names
                .map(|given| self.checked(given, MAX_NAME_CHARS))
                .collect::<Result<_, _>>()?,
            approval_from_yen: yen(&raw.approval_from_yen)?,
            remind_from_hour: u32::try_from(self.number(&raw.remind_from_hour, REMIND_FROM_HOUR, 0, 23)?).unwrap_or(0),
            certificate_title: self
                .text_or(raw.certificate_title.as_ref(), MAX_TITLE_CHARS)?
                .unwrap_or_else(|| CERTIFICATE_TITLE.to_owned()),
            operator_name: self.text_or(raw.operator_name.as_ref(), MAX_NAME_CHARS)?,
        })
    }

    pub(super) fn mail(&self, raw: &raw::Mail) -> Result<Option<Mail>, ConfigError> {
        let (server, from) = match (&raw.server, &raw.from) {
            (None, None) => return Ok(None),
            (Some(server), Some(from)) => (server, from),
            (one, other) => return Err(self.one_of(one.as_ref().or(other.as_ref()), "server + from")),
        };
        let text = self.checked(server, MAX_NAME_CHARS)?;
        let (host, port) = match text.rsplit_once(':') {
            None => (text.as_str(), Some(SUBMISSION_PORT)),
            Some((host, port)) => (host, port.parse().ok()),
        };
        let (Some(port), false) = (port, host.is_empty()) else {
            return Err(self.wrong(server, ValueError::Url(text)));
        };
        let security = match raw.security.as_ref().map(|given| (given, given.get_ref().as_str())) {
            None | Some((_, "starttls")) => MailSecurity::StartTls,
            Some((_, "tls")) => MailSecurity::Tls,
            Some((_, "none")) => MailSecurity::None,
            Some((given, found)) => {
                let (found, allowed) = (found.to_owned(), "none, starttls, tls");
                return Err(self.wrong(given, ValueError::Choice { found, allowed }));
            }
        };
        let login = match (&raw.user, &raw.password_file) {
            (None, None) => None,
            (Some(user), Some(file)) => Some(MailLogin {
                user: self.checked(user, MAX_NAME_CHARS)?,
                password_file: self.secret_file(file)?,
            }),
            (one, other) => return Err(self.one_of(one.as_ref().or(other.as_ref()), "user + password_file")),
        };
        let address = self.checked(from, MAX_NAME_CHARS)?;
        let has_shape = address.is_ascii()
            && !address.contains([' ', '<', '>', ',', '"'])
            && address
                .split_once('@')
                .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
        if !has_shape {
            return Err(self.wrong(from, ValueError::Url(address)));
        }
        Ok(Some(Mail {
            host: host.to_owned(),
            port,
            security,
            login,
            from: address,
            from_name: self.text_or(raw.from_name.as_ref(), MAX_NAME_CHARS)?,
        }))
    }

    /// An address without path, to which `/s/...` is appended.
    fn public_url(&self, given: &Spanned<String>) -> Result<String, ConfigError> {
        let url = self.checked(given, MAX_URL_CHARS)?;
        let rest = url.strip_prefix("https://").or_else(|| {
            // Without TLS only on this machine: a link is a secret.
            let rest = url.strip_prefix("http://")?;
            (rest.starts_with("127.0.0.1") || rest.starts_with("localhost")).then_some(rest)
        });
        match rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '@', '#', '?', ' '])) {
            true => Ok(url),
            false => Err(self.wrong(given, ValueError::Url(url))),
        }
    }

    fn sha256(&self, given: &Spanned<String>) -> Result<[u8; 32], ConfigError> {
        let mut sha256 = [0; 32];
        hex::decode_to_slice(given.get_ref(), &mut sha256)
            .map_err(|_| self.wrong(given, ValueError::Sha256(given.get_ref().clone())))?;
        Ok(sha256)
    }
}
