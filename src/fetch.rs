//! What comes from outside over HTTP: timestamps, CRLs and OCSP answers.
//!
//! Each call takes and gives back what must be remembered (requests per TSA, failures in a row); whoever calls keeps it. A token is given only when
//! [`crate::tsa::check`] passed it; when there is none, there is an error, never another time in its place.

mod budget;
mod cache;
mod found;
mod issuers;
mod revocation;
mod timestamp;

use crate::clock::Timestamp;
use crate::text::Explain;
use crate::{net, trust, tsa};
use std::fmt;

pub use budget::{Budget, FAILURES_BEFORE_REST, MAX_REST_SECONDS, MIN_REST_SECONDS, Memory, Quota, Turn};
pub use cache::{MAX_CACHE_BYTES, RevocationCache};
pub use found::{MAX_REQUESTS, Requests};
pub use issuers::issuers;
pub use revocation::{Collected, Failed, RevocationCause, RevocationDemand, revocation};
pub use timestamp::{Answered, Demand, Remember, Stamped, Tsa, timestamp};

/// Why there is no timestamp.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// None is configured or named.
    #[error("no TSA is configured")]
    NoTsa,
    /// Only accredited TSAs are allowed and none is listed.
    #[error("no accredited TSA is listed")]
    NoAccredited,
    /// Each one failed; in the order in which they were asked.
    #[error("no TSA gave a timestamp: {}", list(.0))]
    NoTimestamp(Vec<Attempt>),
}

/// Why one TSA gave no timestamp.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Its host and port.
    pub tsa: String,
    /// What failed.
    pub cause: Cause,
}

/// What failed at one TSA.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The request.
    Net(net::Error),
    /// Another HTTP status than 200.
    Status(u16),
    /// The answer or the token in it.
    Token(tsa::Error),
    /// The token's time is too far from ours: one of the two clocks is wrong.
    Clock {
        /// The token's.
        says: Timestamp,
        /// Ours when the TSA was asked.
        ours: Timestamp,
    },
    /// The token's certificate is not on the list of accredited TSAs.
    NotAccredited,
    /// The token's certificate does not lead to an anchor; what stands against the best path, the gravest first.
    Untrusted(Vec<trust::Finding>),
    /// Not asked: its quota is used up until then.
    QuotaUsed(Timestamp),
    /// Not asked: it failed too often and rests until then.
    Resting(Timestamp),
    /// Not asked: what is remembered of it could not be read or written, for this reason.
    Forgotten(&'static str),
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.tsa)?;
        match &self.cause {
            Cause::Net(error) => f.write_str(error.code()),
            Cause::Status(status) => write!(f, "HTTP {status}"),
            Cause::Token(error) => f.write_str(error.code()),
            Cause::Clock { says, ours } => write!(f, "clock_differs, TSA {says}, hankod {ours}"),
            Cause::NotAccredited => f.write_str("not_accredited"),
            Cause::Untrusted(findings) => f.write_str(findings.first().map_or("untrusted", Explain::code)),
            Cause::Forgotten(code) => f.write_str(code),
            Cause::QuotaUsed(until) => write!(f, "quota_used, {until}"),
            Cause::Resting(until) => write!(f, "resting, {until}"),
        }
    }
}

fn list(attempts: &[Attempt]) -> String {
    let each: Vec<String> = attempts.iter().map(Attempt::to_string).collect();
    each.join("; ")
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NoTsa => "fetch_no_tsa",
            Self::NoAccredited => "fetch_no_accredited",
            Self::NoTimestamp(_) => "fetch_no_timestamp",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoTimestamp(attempts) => vec![("attempts", list(attempts))],
            Self::NoTsa | Self::NoAccredited => Vec::new(),
        }
    }
}
