//! The demonstration: a certification authority, a software token and its people, all on one machine.
//!
//! Nothing here is for real signatures: the keys of the authority lie in plain files, and nobody checks who a certificate names.

pub mod ca;
pub mod contract;
mod files;
pub mod token;

use crate::der::Error as DerError;
use crate::text::Explain;
use crate::token::Error as TokenError;
use std::path::Path;

/// Why the demonstration could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// OpenSSL refused to make or read a key or certificate.
    #[error("a demonstration certificate could not be made: {0}")]
    Certificate(#[from] openssl::error::ErrorStack),
    /// A certificate just made does not read.
    #[error(transparent)]
    Der(#[from] DerError),
    /// SoftHSM's library is not on this machine.
    #[error("SoftHSM is not installed")]
    SoftHsmMissing,
    /// The software token refused.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A file of the demonstration could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Its path.
        path: String,
        /// What the system said.
        reason: String,
    },
}

impl DemoError {
    fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        }
    }
}

impl Explain for DemoError {
    fn code(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "demo_certificate_failed",
            Self::Der(error) => error.code(),
            Self::SoftHsmMissing => "demo_softhsm_missing",
            Self::Token(error) => error.code(),
            Self::File { .. } => "demo_file_failed",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Certificate(error) => vec![("reason", error.to_string())],
            Self::Der(error) => error.args(),
            Self::SoftHsmMissing => Vec::new(),
            Self::Token(error) => error.args(),
            Self::File { path, reason } => vec![("path", path.clone()), ("reason", reason.clone())],
        }
    }
}
