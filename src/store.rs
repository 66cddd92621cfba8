//! What hankod remembers: pairings, intents and outcomes, refused PINs, requests to TSAs, the audit chain, documents by digest.
//!
//! One writer commits in groups: concurrent [`Store::write`] calls share one transaction and one fsync, and each is answered only after
//! its rows are on disk. Nothing here reads the clock, decides who may do what, or knows what an audit entry says; all SQL stands here.
//!
//! ```ignore
//! store.write(move |tx| Box::pin(async move {
//!     tx.begin_operation(&operation).await?;     // the change ...
//!     audit::append(tx, &event).await?;          // ... and its audit entry, together or not at all
//!     Ok(())
//! })).await?;
//! ```

pub mod blob;
mod chain;
mod clients;
mod contracts;
mod dialect;
mod fetched;
mod held;
mod jobs;
mod kept;
mod mails;
mod nonces;
mod operations;
mod pairings;
mod people;
mod pins;
mod policies;
mod receipts;
mod runs;
mod seals;
mod state_dir;
mod tsas;
mod tx;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::{mpsc, oneshot};

use crate::text::Explain;

pub use chain::{Anchor, ChainRow, HASH_BYTES, Head, HeadFile, Sealed};
pub use clients::Client;
pub use contracts::{
    CERTIFICATE, CodeRow, Consent, ContractArchive, ContractRow, EventRow, Filled, Found, LinkRow, OnceKey, Page,
    Version, VersionKind, new_contract_row,
};
pub use jobs::{Claim, Job, JobState, Lease, Moved, NewJob, Put};
pub use kept::KeptFile;
pub use mails::{Mail, MailState, NewMail};
pub use operations::{
    Attempt, AttemptState, Ending, Item, NewAttempts, NewOperation, Operation, OperationState, Release,
};
pub use pairings::{Allowance, Pairing, PairingRequest, RequestState, Rights};
pub use people::{Person, RoleRow, Section, SessionRow};
pub use pins::PinFailures;
pub use policies::{Approval, ApprovalState, Approver};
pub use receipts::StoredReceipt;
pub use runs::RunLock;
pub use seals::{KeptMark, KeptSeal};
pub use state_dir::{ServeLock, StateDir, TokenLock};
pub use tx::Tx;
pub use writer::Work;

/// A SHA-256 value.
pub type Sha256 = [u8; 32];

/// The open state of one hankod; clones share it.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: StateDir,
    readers: dialect::Pool,
    writer: mpsc::Sender<writer::Message>,
    folder_key: [u8; 32],
    /// Tells this run's temporary files from those of an earlier process with the same id.
    run: String,
    temporary: AtomicU64,
}

/// Why the state could not be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The state folder or a part of it is open to others or belongs to another user.
    #[error("{path} is not private (mode {mode:o})")]
    NotPrivate {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another `serve` has the folder.
    #[error("{path} is served by process {pid}")]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The holder; 0 when it could not be read.
        pid: u32,
    },
    /// The file system failed.
    #[error("{path}: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: Arc<std::io::Error>,
    },
    /// No room left, or a quota or file size limit reached. Nothing of the refused change is kept.
    #[error("no room for {path}")]
    DiskFull {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// Another process kept the database locked for longer than [`BUSY_TIMEOUT_MS`].
    #[error("the database is locked by another process")]
    Busy,
    /// The database was written by a newer hankod.
    #[error("the database was written by a newer version")]
    Newer,
    /// The database refused for another reason.
    #[error("database: {message}")]
    Database {
        /// What it said; holds no values of ours.
        message: String,
    },
    /// A row with this identity exists already.
    #[error("{what} exists already")]
    Exists {
        /// The kind of row.
        what: &'static str,
    },
    /// No such row, or not in the state that the change needs.
    #[error("no such {what}")]
    NotFound {
        /// The kind of row.
        what: &'static str,
    },
    /// A signature for this item has been released before.
    #[error("item {item} of operation {operation} was released before")]
    AlreadyReleased {
        /// The operation.
        operation: String,
        /// The item, from 1.
        item: u32,
    },
    /// A stored value is not what it should be: the database or a blob was changed from outside.
    #[error("stored {what} is damaged")]
    Damaged {
        /// The kind of row or file.
        what: &'static str,
    },
    /// A document is larger than the limit.
    #[error("larger than {max_bytes} bytes")]
    TooLarge {
        /// The limit.
        max_bytes: u64,
    },
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

/// How long a process waits for another's transaction, in milliseconds.
pub const BUSY_TIMEOUT_MS: u64 = 10_000;

/// Rows that one statement writes; both databases take far more parameters than so many need.
const MAX_ROWS: usize = 500;

/// Most calls that share one transaction.
pub const MAX_GROUP: usize = 256;

/// Most writes that wait; further callers wait for room.
pub const MAX_QUEUE: usize = 1024;

impl Store {
    /// Opens the state: runs missing migrations, sweeps what a crash left behind, starts the writer.
    ///
    /// Needs a tokio runtime that outlives the store.
    ///
    /// # Errors
    /// As [`StoreError`]; `state_newer` when the database was written by a newer hankod.
    pub async fn open(dir: StateDir) -> Result<Self, StoreError> {
        let opened = {
            let dir = dir.clone();
            blocking(move || {
                let lock = dir.lock_for_opening()?;
                let folder_key = dir.folder_key()?;
                Ok((lock, folder_key, dir.database()?))
            })
            .await?
        };
        let (lock, folder_key, path) = opened;
        let mut connection = dialect::connect(&path).await?;
        dialect::migrate(&mut connection, &path).await?;
        let head = chain::open_head(&mut connection, &dir).await?;
        drop(lock);
        let mut run = [0; 8];
        getrandom::fill(&mut run).map_err(|e| state_dir::io(dir.path())(e.into()))?;
        let readers = dialect::readers(&path);
        let writer = writer::start(connection, head, path);
        Ok(Self(Arc::new(Inner {
            dir,
            readers,
            writer,
            folder_key,
            run: hex::encode(run),
            temporary: AtomicU64::new(0),
        })))
    }

    /// Runs `work` inside the writer's transaction. The answer comes after its commit is on disk; an error keeps nothing of it.
    ///
    /// `work` runs to its end even when the caller goes away.
    ///
    /// # Errors
    /// What `work` returned, or why the transaction failed.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (message, answer) = writer::job(work);
        self.0.writer.send(message).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Finishes what is queued, copies the last head to its file and closes the database. Later calls answer `state_closed`.
    pub async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.0.writer.send(writer::Message::Close(done)).await.is_ok() {
            // An error means that the writer has ended already, which is what was asked.
            let _ = wait.await;
        }
        self.0.readers.close().await;
    }

    /// The folder.
    pub fn dir(&self) -> &StateDir {
        &self.0.dir
    }

    fn readers(&self) -> &dialect::Pool {
        &self.0.readers
    }

    async fn reader(&self) -> Result<sqlx::pool::PoolConnection<dialect::Db>, StoreError> {
        self.readers().acquire().await.map_err(|e| self.explain(&e))
    }

    fn explain(&self, error: &sqlx::Error) -> StoreError {
        dialect::explain(error, self.dir().path())
    }

    fn folder_key(&self) -> &[u8; 32] {
        &self.0.folder_key
    }
}

impl Explain for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotPrivate { .. } => "state_not_private",
            Self::InUse { .. } => "state_in_use",
            Self::Io { .. } => "state_io",
            Self::DiskFull { .. } => "state_disk_full",
            Self::Busy => "state_busy",
            Self::Newer => "state_newer",
            Self::Database { .. } => "state_database",
            Self::Exists { .. } => "state_exists",
            Self::NotFound { .. } => "state_not_found",
            Self::AlreadyReleased { .. } => "already_released",
            Self::Damaged { .. } => "state_damaged",
            Self::TooLarge { .. } => "document_too_large",
            Self::Closed => "state_closed",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotPrivate { path, mode } => {
                vec![("path", path.display().to_string()), ("mode", format!("{mode:04o}"))]
            }
            Self::InUse { path, pid } => vec![("path", path.display().to_string()), ("pid", pid.to_string())],
            Self::Io { path, error } => vec![("path", path.display().to_string()), ("reason", error.to_string())],
            Self::DiskFull { path } => vec![("path", path.display().to_string())],
            Self::Database { message } => vec![("reason", message.clone())],
            Self::Exists { what } | Self::NotFound { what } | Self::Damaged { what } => {
                vec![("what", (*what).to_owned())]
            }
            Self::AlreadyReleased { operation, item } => {
                vec![("operation", operation.clone()), ("item", item.to_string())]
            }
            Self::TooLarge { max_bytes } => vec![("max_bytes", max_bytes.to_string())],
            Self::Busy | Self::Newer | Self::Closed => Vec::new(),
        }
    }
}

/// Runs file work on a thread where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(StoreError::Closed))
}
