//! The demonstration: a certification authority with its timestamps and OCSP, a software token and its people, all on one machine.
//!
//! Nothing here is for real signatures: the keys of the authority lie in plain files, and nobody checks who a certificate names.

mod answer;
pub mod ca;
mod client;
pub mod contract;
mod files;
mod services;
pub mod show;
mod site;
mod stamp;
pub mod token;

use crate::app::failure::Failure;
use crate::config::ConfigError;
use crate::daemon::DaemonError;
use crate::der::Error as DerError;
use crate::net::Error as NetError;
use crate::render::Error as RenderError;
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
    /// There is no home folder, and no folder was named.
    #[error("no folder for the demonstration")]
    NoHome,
    /// The seals and the contract need a font.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The settings just written do not read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The daemon does not begin.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// A use case refused.
    #[error(transparent)]
    App(#[from] Failure),
    /// The daemon cannot be reached.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The daemon's answer is not the one that was hoped for.
    #[error("the daemon answered: {said}")]
    Answer {
        /// What it said.
        said: String,
    },
    /// The address that the demonstration's certificates name cannot be had.
    #[error("{address}: {reason}")]
    Address {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        reason: String,
    },
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
            Self::NoHome => "demo_no_home",
            Self::Render(error) => error.code(),
            Self::Config(error) => error.code(),
            Self::Daemon(error) => error.code(),
            Self::App(failure) => failure.code(),
            Self::Net(error) => error.code(),
            Self::Answer { .. } => "demo_answer",
            Self::Address { .. } => "demo_address_taken",
            Self::File { .. } => "demo_file_failed",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Certificate(error) => vec![("reason", error.to_string())],
            Self::Der(error) => error.args(),
            Self::SoftHsmMissing | Self::NoHome => Vec::new(),
            Self::Render(error) => error.args(),
            Self::Config(error) => error.args(),
            Self::Daemon(error) => error.args(),
            Self::App(failure) => failure.args(),
            Self::Net(error) => error.args(),
            Self::Answer { said } => vec![("said", said.clone())],
            Self::Token(error) => error.args(),
            Self::Address { address, reason } => vec![("address", address.to_string()), ("reason", reason.clone())],
            Self::File { path, reason } => vec![("path", path.clone()), ("reason", reason.clone())],
        }
    }
}
