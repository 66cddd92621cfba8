//! Who asks: web origins and programs with their keys, our own page, the command line.
//!
//! A key, not an origin, is the capability: local programs can forge an `Origin` header. A key for an origin is good only together with that origin,
//! a program's key only without any. Nothing here asks a person or writes the audit log; `app` does both around these functions.

pub mod approver;
mod backend;
pub mod client;
pub mod jwt;
mod key;
pub mod pairing;
pub mod passphrase;
pub mod person;
mod proof;
mod sealed;
pub mod totp;

use std::fmt;

use crate::store::StoreError;
use crate::text::Explain;

pub use crate::config::{Origin, OriginError};
pub use backend::{BACKEND_WINDOW, BackendProof, SiteRequest, backend_algorithm};
pub use key::{Authenticated, KEY_PREFIX, authenticate};
pub use proof::{MAX_NONCE_BYTES, MAX_PROOFS, MIN_NONCE_BYTES, Nonce, Proof, prove};
pub use sealed::{FormKeys, FormOpener, SEALED_CHUNK_BYTES, SEALED_HEAD_BYTES, form_keys};

/// Who asks.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Principal {
    /// A paired web page.
    Site {
        /// Its origin.
        origin: Origin,
    },
    /// A paired desktop program.
    Program {
        /// The name that it was allowed under.
        name: String,
    },
    /// The daemon's own page, opened by the daemon's user.
    OwnPage,
    /// The command line of the daemon's user.
    Cli,
    /// A client of a server.
    Client {
        /// Its id.
        id: String,
    },
    /// The server itself, in work that nobody asked for by a call.
    Jobs,
    /// A person who signed in.
    Person {
        /// Its id.
        id: String,
    },
    /// A signer of a contract, behind their link.
    Signer {
        /// The contract.
        contract: String,
        /// The signer's number.
        number: u16,
    },
}

/// Why somebody is not let in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AccessError {
    /// The state refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key is not one of ours.
    #[error("unknown key")]
    KeyUnknown,
    /// The key was revoked.
    #[error("the key was revoked")]
    KeyRevoked,
    /// The key belongs to another origin, or to a program while an origin was sent, or the other way round.
    #[error("the key is not bound to this origin")]
    KeyNotForOrigin,
    /// No such request by this origin.
    #[error("no such pairing request")]
    RequestUnknown,
    /// The request is no longer pending: approved, denied, expired or claimed before.
    #[error("the pairing request is no longer pending")]
    RequestOver,
    /// Too many requests wait for a person.
    #[error("too many pairing requests are pending")]
    TooManyPending,
    /// This origin, or all together, asked too often.
    #[error("too many pairing requests")]
    TooOften {
        /// When to ask again, in seconds.
        retry_after_s: u64,
    },
    /// A program's name is empty, too long or holds control characters.
    #[error("a program's name is 1 to {MAX_PROGRAM_CHARS} printable characters")]
    ProgramName,
    /// A nonce is not 16 to 128 characters of `A-Z a-z 0-9 - _`.
    #[error("the nonce is not valid")]
    Nonce,
    /// A client without name, scope, or way to be known.
    #[error(
        "a client has a name of 1 to {} characters, a scope, and a key or certificate",
        client::MAX_CLIENT_CHARS
    )]
    ClientInvalid,
    /// An approver without a name, or with a short passphrase.
    #[error(
        "an approver has a name of 1 to {} characters and a passphrase of {} bytes or more",
        approver::MAX_APPROVER_CHARS,
        approver::MIN_PASSPHRASE_BYTES
    )]
    ApproverInvalid,
    /// A password that is too short.
    #[error("a password has {} characters or more", person::MIN_PASSWORD_CHARS)]
    PasswordShort,
    /// The client may not ask for this.
    #[error("the client lacks the scope {}", scope.name())]
    ScopeMissing {
        /// What it asked for.
        scope: client::Scope,
    },
    /// The administrator demands the signature of the site's server, and there is none.
    #[error("the site's server has not signed the request")]
    BackendMissing,
    /// No key of the site's server signed this request.
    #[error("the signature is not the site's server's over this request")]
    BackendSignature,
    /// The request's time is not one, or further than [`BACKEND_WINDOW`] from ours.
    #[error("the request's time is not within {} seconds of ours", BACKEND_WINDOW.as_secs())]
    BackendTime,
    /// The request's nonce came before.
    #[error("the nonce was used before")]
    BackendNonce,
    /// A closed form that no key of ours for this site and port opens.
    #[error("the form was closed for another daemon, or changed")]
    FormClosed,
    /// The system gave no random numbers.
    #[error("no random numbers")]
    Random,
}

/// Longest name of a program, in characters.
pub const MAX_PROGRAM_CHARS: usize = 64;

impl Principal {
    /// Who a text of the audit log names; `None` for no such text.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.split_once(':') {
            Some(("site", origin)) => Self::Site {
                origin: Origin::parse(origin).ok()?,
            },
            Some(("program", name)) => Self::Program { name: name.to_owned() },
            Some(("client", id)) => Self::Client { id: id.to_owned() },
            Some(("person", id)) => Self::Person { id: id.to_owned() },
            None if text == "own-page" => Self::OwnPage,
            None if text == "cli" => Self::Cli,
            None if text == "jobs" => Self::Jobs,
            _ => return None,
        })
    }
}

impl fmt::Display for Principal {
    /// The text of the audit log: `site:ORIGIN`, `program:NAME`, `own-page`, `cli`, `jobs`, `client:ID`, `person:ID`, `signer:CONTRACT/NUMBER`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site { origin } => write!(f, "site:{origin}"),
            Self::Program { name } => write!(f, "program:{name}"),
            Self::OwnPage => f.write_str("own-page"),
            Self::Cli => f.write_str("cli"),
            Self::Jobs => f.write_str("jobs"),
            Self::Client { id } => write!(f, "client:{id}"),
            Self::Person { id } => write!(f, "person:{id}"),
            Self::Signer { contract, number } => write!(f, "signer:{contract}/{number}"),
        }
    }
}

impl Explain for AccessError {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::KeyUnknown => "key_unknown",
            Self::KeyRevoked => "key_revoked",
            Self::KeyNotForOrigin => "key_not_for_origin",
            Self::RequestUnknown => "pairing_unknown",
            Self::RequestOver => "pairing_over",
            Self::TooManyPending => "pairing_too_many",
            Self::TooOften { .. } => "pairing_too_often",
            Self::ProgramName => "program_name_invalid",
            Self::Nonce => "nonce_invalid",
            Self::ClientInvalid => "client_invalid",
            Self::ApproverInvalid => "approver_invalid",
            Self::PasswordShort => "password_short",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::BackendMissing => "backend_signature_missing",
            Self::BackendSignature => "backend_signature_wrong",
            Self::BackendTime => "backend_time",
            Self::BackendNonce => "backend_nonce_used",
            Self::FormClosed => "form_not_for_us",
            Self::Random => "random_unavailable",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Store(error) => error.args(),
            Self::TooOften { retry_after_s } => vec![("seconds", retry_after_s.to_string())],
            Self::ScopeMissing { scope } => vec![("scope", scope.name().to_owned())],
            Self::ClientInvalid => vec![("max", client::MAX_CLIENT_CHARS.to_string())],
            Self::ApproverInvalid => vec![
                ("max", approver::MAX_APPROVER_CHARS.to_string()),
                ("min", approver::MIN_PASSPHRASE_BYTES.to_string()),
            ],
            Self::PasswordShort => vec![("min", person::MIN_PASSWORD_CHARS.to_string())],
            Self::BackendTime => vec![("seconds", BACKEND_WINDOW.as_secs().to_string())],
            Self::ProgramName => vec![("max", MAX_PROGRAM_CHARS.to_string())],
            _ => Vec::new(),
        }
    }
}
