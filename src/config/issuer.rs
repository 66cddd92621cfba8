//! `[[issuer]]`: whose signed tokens clients of a server may show.

use std::collections::BTreeSet;

use super::check::Checker;
use super::error::ValueError;
use super::{ConfigError, Issuer, Role, raw};

const MAX_NAME_CHARS: usize = 255;

impl Checker<'_> {
    pub(super) fn issuers(&self, role: Role, raw: Vec<raw::Issuer>) -> Result<Vec<Issuer>, ConfigError> {
        let mut seen = BTreeSet::new();
        let issuer = |raw: raw::Issuer| {
            if role == Role::Desk {
                return Err(self.wrong(&raw.name, ValueError::ServerOnly("issuer")));
            }
            let name = self.checked(&raw.name, MAX_NAME_CHARS)?;
            self.once(&mut seen, &raw.name, name.clone())?;
            Ok(Issuer {
                name,
                audience: self.checked(&raw.audience, MAX_NAME_CHARS)?,
                keys: self.path_of(&raw.keys_file)?,
                clients: raw.clients,
            })
        };
        raw.into_iter().map(issuer).collect()
    }
}
