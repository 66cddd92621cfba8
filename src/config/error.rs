//! What can be wrong with a configuration, with the file and the line where there is one.

use std::path::PathBuf;

use super::OriginError;
use crate::text::Explain;

/// Why there is no configuration.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Others may write to the file; it decides what code is loaded.
    #[error("{path} can be written by other users")]
    WritableByOthers {
        /// The file.
        path: PathBuf,
    },
    /// Longer than [`super::MAX_CONFIG_BYTES`].
    #[error("{path} is too long")]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("{path}:{line}: {reason}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What the reader said, in English.
        reason: String,
    },
    /// A secret stands in the file.
    #[error("{path}:{line}: a secret under `{key}`")]
    SecretInline {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Its key.
        key: String,
    },
    /// A value is outside what is allowed.
    #[error("{path}:{line}: {value}")]
    Value {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        value: ValueError,
    },
    /// Nothing says where the state is to be kept.
    #[error("no folder for the state")]
    NoStateDir,
}

/// What is wrong with a value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ValueError {
    /// A server beyond loopback without TLS.
    #[error("`{0}` can be reached from other machines, and there is no TLS")]
    PlainHttp(String),
    /// A table that only a server has.
    #[error("[{0}] is for a server")]
    ServerOnly(&'static str),
    /// A listen address beyond loopback.
    #[error("`{0}` is not a loopback address with a port")]
    Listen(String),
    /// What no card answers to a reset.
    #[error("`{0}` is not an answer to reset")]
    Atr(String),
    /// A word that is not one of those allowed.
    #[error("`{found}` is not one of {allowed}")]
    Choice {
        /// What stands there.
        found: String,
        /// What may.
        allowed: &'static str,
    },
    /// A number outside its range.
    #[error("{found} is not between {min} and {max}")]
    Range {
        /// What stands there.
        found: i64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// A text that is empty, too long or holds control characters.
    #[error("the text is empty, too long or holds control characters")]
    Text,
    /// A site's origin.
    #[error("{0}")]
    Origin(OriginError),
    /// Twice the same site, token or module.
    #[error("`{0}` stands twice")]
    Twice(String),
    /// A token must have one of two keys.
    #[error("exactly one of {0} is needed")]
    OneOf(&'static str),
    /// A PIN file that others may read.
    #[error("{0} can be read by other users")]
    PinFileOpen(PathBuf),
    /// A PIN file or credential that is not there.
    #[error("{0} is not there")]
    PinFileMissing(PathBuf),
    /// A file with a secret that is not there or that others may read.
    #[error("{0} is not there or can be read by other users")]
    SecretFile(PathBuf),
    /// A listed certificate that is not 64 hexadecimal digits.
    #[error("`{0}` is not a SHA-256 in hexadecimal")]
    Sha256(String),
    /// Hours of the day that are not two times.
    #[error("`{0}` is not two times of a day")]
    Hours(String),
    /// An address that is not http or https.
    #[error("`{0}` is not an http or https address")]
    Url(String),
    /// A TSA that would be shown a password or key over an open connection.
    #[error("`{0}` would be shown a secret without TLS")]
    TsaPlainHttp(String),
    /// A place that is not a host with a port.
    #[error("`{0}` is not a host with a port")]
    Place(String),
    /// A policy that is not a dotted object identifier.
    #[error("`{0}` is not an object identifier")]
    Oid(String),
    /// Only listed certificates are allowed and none is listed.
    #[error("accredited_only without a certificate in accredited")]
    NothingAccredited,
}

impl Explain for ConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config_unreadable",
            Self::WritableByOthers { .. } => "config_writable_by_others",
            Self::TooLong { .. } => "config_too_long",
            Self::Syntax { .. } => "config_syntax",
            Self::SecretInline { .. } => "config_secret_inline",
            Self::Value { value, .. } => match value {
                ValueError::PlainHttp(_) => "config_plain_http",
                ValueError::ServerOnly(_) => "config_server_only",
                ValueError::Listen(_) => "config_listen",
                ValueError::Atr(_) => "config_atr",
                ValueError::Choice { .. } => "config_choice",
                ValueError::Range { .. } => "config_range",
                ValueError::Text => "config_text",
                ValueError::Origin(_) => "config_origin",
                ValueError::Twice(_) => "config_twice",
                ValueError::OneOf(_) => "config_one_of",
                ValueError::PinFileOpen(_) => "config_pin_file_open",
                ValueError::PinFileMissing(_) => "config_pin_file_missing",
                ValueError::SecretFile(_) => "config_secret_file",
                ValueError::Sha256(_) => "config_sha256",
                ValueError::Hours(_) => "config_hours",
                ValueError::Url(_) => "config_url",
                ValueError::TsaPlainHttp(_) => "config_tsa_plain_http",
                ValueError::Place(_) => "config_place",
                ValueError::Oid(_) => "config_oid",
                ValueError::NothingAccredited => "config_nothing_accredited",
            },
            Self::NoStateDir => "config_no_state_dir",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        let mut args = Vec::new();
        match self {
            Self::Unreadable { path, .. }
            | Self::WritableByOthers { path }
            | Self::TooLong { path }
            | Self::Syntax { path, .. }
            | Self::SecretInline { path, .. }
            | Self::Value { path, .. } => args.push(("file", path.display().to_string())),
            Self::NoStateDir => {}
        }
        match self {
            Self::Unreadable { reason, .. } => args.push(("reason", reason.clone())),
            Self::Syntax { line, reason, .. } => args.extend([("line", line.to_string()), ("reason", reason.clone())]),
            Self::SecretInline { line, key, .. } => args.extend([("line", line.to_string()), ("key", key.clone())]),
            Self::Value { line, value, .. } => {
                args.push(("line", line.to_string()));
                args.extend(value.args());
            }
            Self::WritableByOthers { .. } | Self::TooLong { .. } | Self::NoStateDir => {}
        }
        args
    }
}

impl ValueError {
    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::PlainHttp(found)
            | Self::TsaPlainHttp(found)
            | Self::Listen(found)
            | Self::Atr(found)
            | Self::Twice(found)
            | Self::Sha256(found)
            | Self::Hours(found)
            | Self::Url(found)
            | Self::Place(found)
            | Self::Oid(found) => vec![("found", found.clone())],
            Self::Choice { found, allowed } => vec![("found", found.clone()), ("allowed", (*allowed).to_owned())],
            Self::Range { found, min, max } => {
                vec![
                    ("found", found.to_string()),
                    ("min", min.to_string()),
                    ("max", max.to_string()),
                ]
            }
            Self::ServerOnly(table) => vec![("table", (*table).to_owned())],
            Self::OneOf(keys) => vec![("keys", (*keys).to_owned())],
            Self::PinFileOpen(path) | Self::PinFileMissing(path) | Self::SecretFile(path) => {
                vec![("path", path.display().to_string())]
            }
            Self::Origin(error) => vec![("reason", error.to_string())],
            Self::Text | Self::NothingAccredited => Vec::new(),
        }
    }
}
