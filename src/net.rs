//! A bounded HTTP client: time, size, redirects and addresses are limited before a byte is sent.
//!
//! It keeps no cookies, follows no link by itself beyond a few redirects, and reaches private or loopback addresses only
//! where a person configured them: an address found inside a certificate may not point into the network it is read in.

mod address;
mod client;
mod tls;

use std::time::Duration;

use crate::secret::ApiKey;
use crate::text::Explain;

pub use address::{HostPort, Url};
pub use client::Client;
pub use tls::ClientIdentity;

/// Longest address, in bytes.
pub const MAX_URL_BYTES: usize = 2048;

/// Where an address comes from, and so where it may lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A person configured it: it may be private or loopback.
    Configured,
    /// It stands in a certificate or an answer: public addresses only, but for hosts that the configuration allows.
    Found,
}

/// One request.
pub struct Request<'a> {
    /// Where to.
    pub url: Url,
    /// Where the address comes from.
    pub source: Source,
    /// `GET` without a body, `POST` with one.
    pub body: Option<Body<'a>>,
    /// The `Accept` header.
    pub accept: &'a str,
    /// The `Authorization` header; never sent to another host by a redirect.
    pub authorization: Option<&'a Authorization>,
    /// What bounds the answer.
    pub limits: Limits,
}

/// A body and its type.
pub struct Body<'a> {
    /// `Content-Type`.
    pub content_type: &'a str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// How the caller shows who it is.
pub enum Authorization {
    /// RFC 7617.
    Basic {
        /// User name.
        user: String,
        /// Its password.
        password: ApiKey,
    },
    /// RFC 6750.
    Bearer(ApiKey),
}

/// What bounds one request, redirects included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// From the first look-up to the last byte.
    pub deadline: Duration,
    /// Bytes of the answer's body.
    pub max_body_bytes: usize,
    /// Redirects followed; 0 for requests with a body.
    pub max_redirects: u8,
}

/// A whole answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// HTTP status; 2xx, or what the server said.
    pub status: u16,
    /// `Content-Type` without its parameters, lower case; empty where the server sent none.
    pub content_type: String,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// Not an http or https address that we read.
    #[error("not an address: {0}")]
    Address(String),
    /// The address leads into a private network and nobody configured it.
    #[error("{host} is a private address")]
    Private {
        /// The host as asked for.
        host: String,
    },
    /// The name has no address.
    #[error("{host} has no address")]
    NoSuchHost {
        /// The host.
        host: String,
    },
    /// No connection, or it broke.
    #[error("{host}: {cause}")]
    Connection {
        /// The host.
        host: String,
        /// What the system said.
        cause: String,
    },
    /// The TLS handshake failed.
    #[error("{host}: {cause}")]
    Tls {
        /// The host.
        host: String,
        /// What failed.
        cause: String,
    },
    /// The deadline passed.
    #[error("{host} did not answer in time")]
    Timeout {
        /// The host.
        host: String,
    },
    /// The body is larger than asked for.
    #[error("the answer of {host} is larger than {max_bytes} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit.
        max_bytes: usize,
    },
    /// More redirects than allowed.
    #[error("{host} redirects too often")]
    Redirects {
        /// The host.
        host: String,
    },
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "net_address",
            Self::Private { .. } => "net_private_address",
            Self::NoSuchHost { .. } => "net_no_such_host",
            Self::Connection { .. } => "net_connection",
            Self::Tls { .. } => "net_tls",
            Self::Timeout { .. } => "net_timeout",
            Self::TooLarge { .. } => "net_too_large",
            Self::Redirects { .. } => "net_redirects",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Address(address) => vec![("address", address.clone())],
            Self::Private { host } | Self::NoSuchHost { host } | Self::Timeout { host } | Self::Redirects { host } => {
                vec![("host", host.clone())]
            }
            Self::Connection { host, cause } | Self::Tls { host, cause } => {
                vec![("host", host.clone()), ("cause", cause.clone())]
            }
            Self::TooLarge { host, max_bytes } => vec![("host", host.clone()), ("limit", max_bytes.to_string())],
        }
    }
}
