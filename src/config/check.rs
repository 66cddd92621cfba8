//! From what the file says to what holds: defaults filled in, ranges kept, paths made absolute, names unique.
//!
//! The defaults stand here and, for people, in `hankod.example.toml`; a test compares them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::error::ValueError;
use super::raw::{self, At, Raw};
use super::{
    Appearance, Audit, Cards, Certificates, Config, ConfigError, Environment, Limits, Log, Module, Origin, PinSource,
    Prompt, Site, Token, TokenName,
};
use crate::text::pattern::MAX_STARS;
use crate::text::{Lang, plain};

const DEFAULT_THREADS: u64 = 2;
const MAX_THREADS: u64 = 64;
const MAX_TEXT_CHARS: usize = 1000;
const MAX_PATH_CHARS: usize = 4096;
const KIB: u64 = 1024;
const GIB: u64 = 1024 * 1024 * KIB;
pub(super) const SECOND: u64 = 1000;
pub(super) const HOUR: u64 = 3600 * SECOND;

pub(super) struct Checker<'a> {
    text: &'a str,
    path: &'a Path,
    environment: &'a Environment,
}

impl<'a> Checker<'a> {
    pub(super) fn new(text: &'a str, path: &'a Path, environment: &'a Environment) -> Self {
        Self {
            text,
            path,
            environment,
        }
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    pub(super) fn check(&self, raw: Raw, file: Option<PathBuf>) -> Result<Config, ConfigError> {
        let (modules, tokens) = (self.modules(raw.module)?, self.tokens(raw.token)?);
        let state_dir = match &raw.state_dir {
            Some(given) => Some(self.path_of(given)?),
            None => self.environment.state_dir(),
        };
        let lang = self.lang(raw.lang.as_ref())?;
        let role = self.role(raw.role.as_ref())?;
        let tls = self.tls(role, &raw.tls)?;
        Ok(Config {
            file,
            role,
            listen: self.listen(role, raw.listen.as_ref(), tls.is_some())?,
            tls,
            admin: self.admin(role, &raw.admin)?,
            lang: lang.unwrap_or_else(|| self.environment.lang()),
            state_dir: state_dir.ok_or(ConfigError::NoStateDir)?,
            modules,
            tokens,
            tsas: self.tsas(raw.tsa)?,
            timestamp: self.timestamps(raw.timestamp)?,
            evidence: self.evidence(&raw.evidence)?,
            trust: self.trust(raw.trust)?,
            network: self.network(raw.network)?,
            renewal: self.renewal(raw.renewal)?,
            sites: self.sites(raw.site)?,
            prompt: Prompt {
                lang,
                pinentry: self
                    .text_or(raw.prompt.pinentry.as_ref(), MAX_PATH_CHARS)?
                    .unwrap_or_else(|| "pinentry".to_owned()),
                deadline_ms: self.number(&raw.prompt.deadline_ms, 120 * SECOND, SECOND, HOUR)?,
            },
            appearance: Appearance {
                reason: self.text_or(raw.appearance.reason.as_ref(), MAX_TEXT_CHARS)?,
                location: self.text_or(raw.appearance.location.as_ref(), MAX_TEXT_CHARS)?,
                date: raw.appearance.date.unwrap_or(false),
            },
            font: raw
                .fonts
                .japanese
                .as_ref()
                .map(|given| self.path_of(given))
                .transpose()?,
            limits: self.limits(&raw.limits)?,
            log: Log {
                level: self.level(raw.log.level.as_ref())?,
            },
            policies: self.policies(raw.policy)?,
            issuers: self.issuers(role, raw.issuer)?,
            certificates: Certificates {
                warn_days: self.number(&raw.certificates.warn_days, 30, 1, 3660)?,
            },
            contracts: self.contracts(&raw.contracts)?,
            mail: self.mail(&raw.mail)?,
            audit: Audit {
                head_interval_ms: self.number(&raw.audit.head_interval_ms, HOUR, SECOND, 24 * HOUR)?,
                anchor_interval_ms: self.number(&raw.audit.anchor_interval_ms, 24 * HOUR, SECOND, 366 * 24 * HOUR)?,
            },
        })
    }

    fn limits(&self, raw: &raw::Limits) -> Result<Limits, ConfigError> {
        let wait = |given: &At<i64>, default: u64| self.number(given, default, 100, HOUR);
        Ok(Limits {
            max_document_bytes: self.number(&raw.max_document_bytes, 4 * GIB, KIB, 64 * GIB)?,
            max_documents: self.number(&raw.max_documents, 200, 1, 10_000)?,
            max_upload_bytes: self.number(&raw.max_upload_bytes, 5 * GIB, KIB, 256 * GIB)?,
            max_spooled_bytes: self.number(&raw.max_spooled_bytes, 20 * GIB, KIB, 4096 * GIB)?,
            max_connections: self.number(&raw.max_connections, 256, 1, 65_536)?,
            max_requests_per_caller: self.number(&raw.max_requests_per_caller, 32, 1, 65_536)?,
            max_open_signings: self.number(&raw.max_open_signings, 16, 1, 10_000)?,
            header_deadline_ms: wait(&raw.header_deadline_ms, 10 * SECOND)?,
            idle_deadline_ms: wait(&raw.idle_deadline_ms, 30 * SECOND)?,
            drain_deadline_ms: wait(&raw.drain_deadline_ms, 10 * SECOND)?,
            consent_deadline_ms: wait(&raw.consent_deadline_ms, 300 * SECOND)?,
            result_life_ms: self.number(&raw.result_life_ms, 900 * SECOND, SECOND, 24 * HOUR)?,
            token_read_deadline_ms: wait(&raw.token_read_deadline_ms, 20 * SECOND)?,
            token_login_deadline_ms: wait(&raw.token_login_deadline_ms, 20 * SECOND)?,
            token_pinpad_deadline_ms: wait(&raw.token_pinpad_deadline_ms, 120 * SECOND)?,
            token_sign_deadline_ms: wait(&raw.token_sign_deadline_ms, 30 * SECOND)?,
            page_deadline_ms: wait(&raw.page_deadline_ms, 10 * SECOND)?,
        })
    }

    fn lang(&self, given: Option<&Spanned<String>>) -> Result<Option<Lang>, ConfigError> {
        match given.map(|given| (given, given.get_ref().as_str())) {
            None | Some((_, "auto")) => Ok(None),
            Some((_, "ja")) => Ok(Some(Lang::Ja)),
            Some((_, "en")) => Ok(Some(Lang::En)),
            Some((given, _)) => Err(self.wrong(given, choice(given, "auto, ja, en"))),
        }
    }

    fn level(&self, given: Option<&Spanned<String>>) -> Result<log::LevelFilter, ConfigError> {
        match given.map(|given| (given, given.get_ref().as_str())) {
            None | Some((_, "info")) => Ok(log::LevelFilter::Info),
            Some((_, "error")) => Ok(log::LevelFilter::Error),
            Some((_, "warn")) => Ok(log::LevelFilter::Warn),
            Some((_, "debug")) => Ok(log::LevelFilter::Debug),
            Some((given, _)) => Err(self.wrong(given, choice(given, "error, warn, info, debug"))),
        }
    }

    fn modules(&self, raw: Vec<raw::Module>) -> Result<Vec<Module>, ConfigError> {
        let mut seen = BTreeSet::new();
        let module = |raw: raw::Module| {
            let module = Module {
                path: self.path_of(&raw.path)?,
                env: raw.env.unwrap_or_default(),
                threads: usize::try_from(self.number(&raw.threads, DEFAULT_THREADS, 1, MAX_THREADS)?).unwrap_or(1),
                cards: self.cards(raw.atr.unwrap_or_default(), raw.label.unwrap_or_default())?,
            };
            let sane = |(name, value): (&String, &String)| {
                !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
            };
            if !module.env.iter().all(sane) {
                return Err(self.wrong(&raw.path, ValueError::Text));
            }
            // Two spellings of one library would be two workers on one token.
            let library = module.path.canonicalize().unwrap_or_else(|_| module.path.clone());
            self.once(&mut seen, &raw.path, format!("{} {:?}", library.display(), module.env))?;
            Ok(module)
        };
        raw.into_iter().map(module).collect()
    }

    fn cards(&self, atrs: Vec<Spanned<String>>, labels: Vec<Spanned<String>>) -> Result<Cards, ConfigError> {
        let atr = |given: Spanned<String>| {
            let bad = |()| self.wrong(&given, ValueError::Atr(given.get_ref().clone()));
            given.get_ref().parse().map_err(bad)
        };
        let label = |given: Spanned<String>| match given.get_ref().matches('*').count() <= MAX_STARS {
            true => self.checked(&given, MAX_TEXT_CHARS),
            false => Err(self.wrong(&given, ValueError::Text)),
        };
        Ok(Cards {
            atrs: atrs.into_iter().map(atr).collect::<Result<_, _>>()?,
            labels: labels.into_iter().map(label).collect::<Result<_, _>>()?,
        })
    }

    fn sites(&self, raw: Vec<raw::Site>) -> Result<Vec<Site>, ConfigError> {
        let mut seen = BTreeSet::new();
        let site = |raw: raw::Site| {
            let origin = Origin::parse(raw.origin.get_ref());
            let origin = origin.map_err(|error| self.wrong(&raw.origin, ValueError::Origin(error)))?;
            self.once(&mut seen, &raw.origin, origin.to_string())?;
            Ok(Site {
                origin,
                unattended: raw.unattended.unwrap_or(false),
                backend_key: raw.backend_key.as_ref().map(|given| self.path_of(given)).transpose()?,
            })
        };
        raw.into_iter().map(site).collect()
    }

    fn tokens(&self, raw: Vec<raw::Token>) -> Result<Vec<Token>, ConfigError> {
        let mut seen = BTreeSet::new();
        let token = |raw: raw::Token| {
            let (given, name) = match (&raw.label, &raw.serial) {
                (Some(label), None) => (label, TokenName::Label(self.checked(label, MAX_TEXT_CHARS)?)),
                (None, Some(serial)) => (serial, TokenName::Serial(self.checked(serial, MAX_TEXT_CHARS)?)),
                (one, other) => return Err(self.one_of(one.as_ref().or(other.as_ref()), "label, serial")),
            };
            self.once(&mut seen, given, given.get_ref().clone())?;
            let pin = match (&raw.pin_file, &raw.pin_credential) {
                (Some(file), None) => self.pin_file(file)?,
                (None, Some(credential)) => self.credential(credential)?,
                _ => return Err(self.one_of(Some(given), "pin_file, pin_credential")),
            };
            Ok(Token { name, pin })
        };
        raw.into_iter().map(token).collect()
    }

    fn pin_file(&self, given: &Spanned<String>) -> Result<PinSource, ConfigError> {
        let path = self.path_of(given)?;
        match fs::metadata(&path) {
            Err(_) => Err(self.wrong(given, ValueError::PinFileMissing(path))),
            Ok(facts) if facts.mode() & 0o077 != 0 => Err(self.wrong(given, ValueError::PinFileOpen(path))),
            Ok(_) => Ok(PinSource::File(path)),
        }
    }

    fn credential(&self, given: &Spanned<String>) -> Result<PinSource, ConfigError> {
        let name = self.checked(given, 255)?;
        if name.contains('/') || name.starts_with('.') {
            return Err(self.wrong(given, ValueError::Text));
        }
        let folder = self.environment.credentials_directory.as_ref();
        match folder.map(|folder| folder.join(name)) {
            Some(path) if !path.exists() => Err(self.wrong(given, ValueError::PinFileMissing(path))),
            path => Ok(PinSource::Credential(path)),
        }
    }

    pub(super) fn number(&self, given: &At<i64>, default: u64, min: u64, max: u64) -> Result<u64, ConfigError> {
        let Some(given) = given else { return Ok(default) };
        let found = *given.get_ref();
        let fits = u64::try_from(found).ok().filter(|n| (min..=max).contains(n));
        fits.ok_or_else(|| self.wrong(given, ValueError::Range { found, min, max }))
    }

    /// A text, or nothing for an empty one: so that the example can show that there is none.
    pub(super) fn text_or(
        &self,
        given: Option<&Spanned<String>>,
        max_chars: usize,
    ) -> Result<Option<String>, ConfigError> {
        match given.filter(|given| !given.get_ref().is_empty()) {
            Some(given) => self.checked(given, max_chars).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn path_of(&self, given: &Spanned<String>) -> Result<PathBuf, ConfigError> {
        let path = self.checked(given, MAX_PATH_CHARS)?;
        Ok(self.path.parent().unwrap_or(Path::new("/")).join(path))
    }

    pub(super) fn checked(&self, given: &Spanned<String>, max_chars: usize) -> Result<String, ConfigError> {
        let text = given.get_ref();
        let fits = !text.is_empty() && text.chars().count() <= max_chars && plain(text) == *text;
        fits.then(|| text.clone())
            .ok_or_else(|| self.wrong(given, ValueError::Text))
    }

    pub(super) fn once(
        &self,
        seen: &mut BTreeSet<String>,
        given: &Spanned<String>,
        name: String,
    ) -> Result<(), ConfigError> {
        match seen.insert(name) {
            true => Ok(()),
            false => Err(self.wrong(given, ValueError::Twice(given.get_ref().clone()))),
        }
    }

    pub(super) fn one_of(&self, near: Option<&Spanned<String>>, keys: &'static str) -> ConfigError {
        ConfigError::Value {
            path: self.path.to_owned(),
            line: self.line(near.map_or(0, |near| near.span().start)),
            value: ValueError::OneOf(keys),
        }
    }

    pub(super) fn wrong<T>(&self, given: &Spanned<T>, value: ValueError) -> ConfigError {
        ConfigError::Value {
            path: self.path.to_owned(),
            line: self.line(given.span().start),
            value,
        }
    }
}

pub(super) fn choice(given: &Spanned<String>, allowed: &'static str) -> ValueError {
    ValueError::Choice {
        found: given.get_ref().clone(),
        allowed,
    }
}
