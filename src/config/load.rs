//! From a path to a checked configuration.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::check::Checker;
use super::raw::Raw;
use super::{Config, ConfigError, Environment, secrets};

/// Longest configuration file, in bytes.
pub const MAX_CONFIG_BYTES: usize = 1 << 20;

impl Config {
    /// Reads the given file; without one, the first of [`Environment::config_files`] that exists; without any, the defaults.
    ///
    /// # Errors
    /// As [`ConfigError`]; a given file must exist.
    pub fn load(path: Option<&Path>, environment: &Environment) -> Result<Self, ConfigError> {
        let found = match path {
            Some(path) => Some(std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
            None => environment.config_files().into_iter().find(|path| path.exists()),
        };
        match found {
            Some(path) => Self::parse(&read(&path)?, &path, environment),
            None => Self::defaults(environment),
        }
    }

    /// What holds when no file says otherwise.
    ///
    /// # Errors
    /// `config_no_state_dir` without a home.
    pub fn defaults(environment: &Environment) -> Result<Self, ConfigError> {
        Checker::new("", Path::new(""), environment).check(Raw::default(), None)
    }

    /// Reads a file's text. Relative paths in it start from its folder.
    ///
    /// # Errors
    /// As [`ConfigError`].
    pub fn parse(text: &str, path: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let checker = Checker::new(text, path, environment);
        let syntax = |error: toml::de::Error| ConfigError::Syntax {
            path: path.to_owned(),
            line: checker.line(error.span().map_or(0, |span| span.start)),
            reason: error.message().to_owned(),
        };
        if text.len() > MAX_CONFIG_BYTES {
            return Err(ConfigError::TooLong { path: path.to_owned() });
        }
        let table = DeTable::parse(text).map_err(syntax)?;
        if let Some((key, offset)) = secrets::find(table.get_ref()) {
            return Err(ConfigError::SecretInline {
                path: path.to_owned(),
                line: checker.line(offset),
                key,
            });
        }
        let raw = toml::from_str(text).map_err(syntax)?;
        checker.check(raw, Some(path.to_owned()))
    }
}

fn read(path: &PathBuf) -> Result<String, ConfigError> {
    let unreadable = |error: std::io::Error| ConfigError::Unreadable {
        path: path.clone(),
        reason: error.to_string(),
    };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.mode() & 0o002 != 0 {
        return Err(ConfigError::WritableByOthers { path: path.clone() });
    }
    let mut text = String::new();
    file.take(MAX_CONFIG_BYTES as u64 + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    Ok(text)
}
