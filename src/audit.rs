//! The audit log: one hash-chained list of what happened, written in the same transaction as what it records.
//!
//! Entries are only ever added. An entry holds who, what, when and digests; never a PIN, never a document's name unless configured, never what a
//! person's certificate says beyond its SHA-256. The format is promised for ten years: `docs/audit-format.md`.

mod entry;
pub mod export;
mod kind;
pub mod verify;

use crate::clock::Timestamp;
use crate::der::DigestAlgorithm;
use crate::store::{HASH_BYTES, Head, Store, StoreError, Tx};
use crate::text::Explain;
use crate::tsa::Imprint;

pub use entry::{Details, Entry, Event, MAX_ENTRY_BYTES, Value, chain_hash};
pub use kind::Kind;
pub use verify::{Finding, Report, verify};

/// Why an entry could not be written or the log not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuditError {
    /// The state refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event is larger than [`MAX_ENTRY_BYTES`], or a detail's name or number is outside the format.
    #[error("an audit event does not fit the format: {reason}")]
    Format {
        /// What does not fit.
        reason: &'static str,
    },
}

/// Adds an event to the chain, in the transaction of what it records.
///
/// # Errors
/// As [`append_all`].
pub async fn append(tx: &mut Tx, event: &Event) -> Result<Head, AuditError> {
    append_all(tx, std::slice::from_ref(event)).await
}

/// Adds events to the chain in their order, in the transaction of what they record.
///
/// # Errors
/// `audit_event_invalid` for an event outside the format; else as [`StoreError`].
pub async fn append_all(tx: &mut Tx, events: &[Event]) -> Result<Head, AuditError> {
    events.iter().try_for_each(Event::check)?;
    Ok(tx.append_entries(events, Event::seal).await?)
}

/// The kind of an anchor that is a timestamp token.
pub const RFC3161: &str = "rfc3161";

/// What a timestamp over a head covers: the head's hash itself, which is a SHA-256.
pub fn head_imprint(hash: &[u8; HASH_BYTES]) -> Imprint {
    Imprint {
        digest: DigestAlgorithm::Sha256,
        value: hash.to_vec(),
    }
}

/// Writes the newest head to the log (the journal, under systemd), as a witness outside the state folder. Returns it.
///
/// # Errors
/// As [`StoreError`].
pub async fn announce(store: &Store, now: Timestamp) -> Result<Head, AuditError> {
    let head = store.chain_head().await?;
    log::info!(code = "audit_head", seq = head.seq, hash = hex::encode(head.hash), at:% = now; "the audit chain's head");
    Ok(head)
}

impl Explain for AuditError {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Format { .. } => "audit_event_invalid",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Store(error) => error.args(),
            Self::Format { reason } => vec![("reason", (*reason).to_owned())],
        }
    }
}
