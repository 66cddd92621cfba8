//! Why a mail could not be handed over.

use crate::text::Explain;

/// What went wrong between us and the SMTP server.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// The server cannot be reached, or did not answer in time.
    #[error("the server {server} cannot be reached")]
    Unreachable {
        /// `HOST:PORT`.
        server: String,
    },
    /// The server refused for now (4yz).
    #[error("the server {server} refused for now with {reply}")]
    RefusedNow {
        /// `HOST:PORT`.
        server: String,
        /// Its three digits.
        reply: u16,
    },
    /// The server refused for ever (5yz).
    #[error("the server {server} refused with {reply}")]
    Refused {
        /// `HOST:PORT`.
        server: String,
        /// Its three digits.
        reply: u16,
    },
    /// The server offers no TLS where it is demanded, or shows a certificate that is not its own.
    #[error("no TLS with the server {server}")]
    NoTls {
        /// `HOST:PORT`.
        server: String,
    },
    /// An address or text that no mail can carry.
    #[error("the mail cannot be written")]
    Unwritable,
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "mail_server_unreachable",
            Self::RefusedNow { .. } => "mail_refused_now",
            Self::Refused { .. } => "mail_refused",
            Self::NoTls { .. } => "mail_no_tls",
            Self::Unwritable => "mail_unwritable",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unreachable { server } | Self::NoTls { server } => vec![("server", server.clone())],
            Self::RefusedNow { server, reply } | Self::Refused { server, reply } => {
                vec![("server", server.clone()), ("reply", reply.to_string())]
            }
            Self::Unwritable => Vec::new(),
        }
    }
}
