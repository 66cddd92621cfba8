//! Mail about contracts: what each says, in Japanese, as text and HTML, and how it is handed to the organisation's own SMTP server (RFC 5321).
//!
//! Nothing here decides who gets a mail or when; `app` writes it down and a job hands it over. What a mail says is never logged.

mod due;
mod error;
mod message;
mod templates;
mod transport;

use serde::{Deserialize, Serialize};

pub use due::{Reminder, expired, reminder};
pub use error::Error;
pub use message::Envelope;
pub use templates::{Completed, Request, code, completed, declined, request};
pub use transport::{Connection, Post, Security};

/// What a mail says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}
