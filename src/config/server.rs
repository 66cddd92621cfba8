//! What only a server has: `[tls]` and `[admin]`, and where it may listen. What would be insecure is refused here, with the line and the reason.

use std::net::{Ipv4Addr, SocketAddr};

use toml::Spanned;

use super::check::Checker;
use super::error::ValueError;
use super::{ConfigError, Role, Tls, raw};

const DESK_PORT: u16 = 10805;
const SERVER_PORT: u16 = 10806;

impl Checker<'_> {
    pub(super) fn role(&self, given: Option<&Spanned<String>>) -> Result<Role, ConfigError> {
        match given.map(|given| (given, given.get_ref().as_str())) {
            None | Some((_, "desk")) => Ok(Role::Desk),
            Some((_, "server")) => Ok(Role::Server),
            Some((given, found)) => Err(self.wrong(
                given,
                ValueError::Choice {
                    found: found.to_owned(),
                    allowed: "desk, server",
                },
            )),
        }
    }

    /// Where it listens: a desk on loopback alone, a server beyond it with TLS alone.
    pub(super) fn listen(
        &self,
        role: Role,
        given: Option<&Spanned<String>>,
        tls: bool,
    ) -> Result<SocketAddr, ConfigError> {
        let Some(given) = given else {
            let port = if role == Role::Desk { DESK_PORT } else { SERVER_PORT };
            return Ok((Ipv4Addr::LOCALHOST, port).into());
        };
        let text = given.get_ref();
        let Ok(address) = text.parse::<SocketAddr>() else {
            return Err(self.wrong(given, ValueError::Listen(text.clone())));
        };
        match (address.ip().is_loopback(), role, tls) {
            (true, ..) | (false, Role::Server, true) => Ok(address),
            (false, Role::Server, false) => Err(self.wrong(given, ValueError::PlainHttp(text.clone()))),
            (false, Role::Desk, _) => Err(self.wrong(given, ValueError::Listen(text.clone()))),
        }
    }

    pub(super) fn tls(&self, role: Role, raw: &raw::Tls) -> Result<Option<Tls>, ConfigError> {
        let (certificate, key) = match (&raw.certificate_file, &raw.key_file) {
            (None, None) => match &raw.client_ca_file {
                None => return Ok(None),
                Some(given) => return Err(self.one_of(Some(given), "certificate_file + key_file")),
            },
            (Some(certificate), Some(key)) => (certificate, key),
            (one, other) => return Err(self.one_of(one.as_ref().or(other.as_ref()), "certificate_file + key_file")),
        };
        if role == Role::Desk {
            // Browsers reach a desk on loopback without TLS; a certificate for it would be one that everybody holds.
            return Err(self.wrong(certificate, ValueError::ServerOnly("tls")));
        }
        Ok(Some(Tls {
            certificate: self.path_of(certificate)?,
            key: self.secret_file(key)?,
            client_ca: raw
                .client_ca_file
                .as_ref()
                .map(|given| self.path_of(given))
                .transpose()?,
        }))
    }

    /// The admin listener: loopback alone, because it asks nobody who they are.
    pub(super) fn admin(&self, role: Role, raw: &raw::Admin) -> Result<Option<SocketAddr>, ConfigError> {
        let Some(given) = &raw.listen else { return Ok(None) };
        if role == Role::Desk {
            return Err(self.wrong(given, ValueError::ServerOnly("admin")));
        }
        let address = given
            .get_ref()
            .parse()
            .ok()
            .filter(|a: &SocketAddr| a.ip().is_loopback());
        let wrong = || self.wrong(given, ValueError::Listen(given.get_ref().clone()));
        address.map(Some).ok_or_else(wrong)
    }
}
