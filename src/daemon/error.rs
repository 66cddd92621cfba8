//! Why the daemon could not begin.

use std::net::SocketAddr;

use crate::app::failure::Failure;
use crate::http::ServeError;
use crate::http::tls::TlsError;
use crate::store::StoreError;
use crate::text::Explain;

/// Why the daemon could not begin.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The state folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A use case.
    #[error(transparent)]
    App(#[from] Failure),
    /// The address is taken, or not ours.
    #[error("{address}: {error}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// The listener cannot be used, or can be no more.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A part of the daemon ended by itself.
    #[error("{part} ended")]
    Ended {
        /// Which.
        part: &'static str,
    },
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system refused something else.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Explain for DaemonError {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::App(failure) => failure.code(),
            Self::Tls(error) => error.code(),
            Self::Listen { .. } => "daemon_listen_failed",
            Self::Serve(error) => error.code(),
            Self::Ended { .. } => "daemon_part_ended",
            Self::Io(_) => "daemon_failed",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Store(error) => error.args(),
            Self::App(failure) => failure.args(),
            Self::Tls(error) => error.args(),
            Self::Listen { address, error } => vec![("address", address.to_string()), ("cause", error.to_string())],
            Self::Serve(error) => error.args(),
            Self::Ended { part } => vec![("part", (*part).to_owned())],
            Self::Io(error) => vec![("cause", error.to_string())],
        }
    }
}
