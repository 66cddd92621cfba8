//! The audit chain as rows: appended, read in order, and its head copied to a file of its own.
//!
//! What an entry says and how it is hashed is `audit`'s; nothing here changes or removes an entry. The head file is what betrays a chain that
//! was cut off at its end, so it is never moved forward over a chain that does not contain what the file names.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::fs::{FlockOperation, flock};
use sqlx::{QueryBuilder, Row as _};

use super::dialect::{self, Connection, Db};
use super::state_dir::{StateDir, io};
use super::{MAX_ROWS, Store, StoreError, Tx, blocking};
use crate::clock::Timestamp;

/// Length of a chain hash (SHA-256), in bytes.
pub const HASH_BYTES: usize = 32;

/// The last entry of the chain: its number and hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Number of the entry, from 1; 0 for the empty chain.
    pub seq: u64,
    /// Its hash; zeros for the empty chain.
    pub hash: [u8; HASH_BYTES],
}

/// An entry ready to be stored: made by `audit` from the head it follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// When it happened.
    pub at: Timestamp,
    /// The kind's name, for searching.
    pub kind: &'static str,
    /// What the hash covers.
    pub bytes: Vec<u8>,
    /// SHA-256 over the previous hash and `bytes`.
    pub hash: [u8; HASH_BYTES],
}

/// A stored entry as it was found; a column of the wrong type or out of range is empty or -1, which no hash matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainRow {
    /// The number it stands under.
    pub seq: i64,
    /// Microseconds UTC, as stored beside the bytes.
    pub at: i64,
    /// The kind, as stored beside the bytes.
    pub kind: String,
    /// What the hash covers.
    pub bytes: Vec<u8>,
    /// The hash it says it follows.
    pub prev: Vec<u8>,
    /// Its own hash.
    pub hash: Vec<u8>,
}

/// A witness of a head outside the database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The head that was witnessed.
    pub head: Head,
    /// `rfc3161`
    pub kind: String,
    /// The witness's statement: a time stamp token in DER.
    pub token: Vec<u8>,
    /// When it was fetched.
    pub at: Timestamp,
}

/// What the head file says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeadFile {
    /// There is none.
    Missing,
    /// It is not a head file.
    Unreadable,
    /// This head was on disk.
    Head(Head),
}

impl Head {
    /// Before the first entry.
    pub const EMPTY: Self = Self {
        seq: 0,
        hash: [0; HASH_BYTES],
    };
}

impl Tx {
    /// Appends an entry for each of `events`. `seal` is given the head that it follows. Returns the last head.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn append_entries<E: Sync>(
        &mut self,
        events: &[E],
        seal: impl Fn(&E, &Head) -> Sealed + Send,
    ) -> Result<Head, StoreError> {
        let mut head = match self.head {
            Some(head) => head,
            None => {
                let read = last_head(&mut self.connection).await;
                self.note("audit entry", read)?
            }
        };
        for events in events.chunks(MAX_ROWS) {
            let mut insert = QueryBuilder::<Db>::new("INSERT INTO audit_entries (seq, at, kind, bytes, prev, hash) ");
            insert.push_values(events, |mut row, event| {
                let sealed = seal(event, &head);
                let next = Head {
                    seq: head.seq + 1,
                    hash: sealed.hash,
                };
                row.push_bind(next.seq.cast_signed())
                    .push_bind(sealed.at.micros())
                    .push_bind(sealed.kind)
                    .push_bind(sealed.bytes)
                    .push_bind(head.hash.to_vec())
                    .push_bind(sealed.hash.to_vec());
                head = next;
            });
            let done = insert.build().execute(&mut self.connection).await;
            self.note("audit entry", done)?;
            self.head = Some(head);
        }
        Ok(head)
    }

    /// Keeps a witness of a head.
    ///
    /// # Errors
    /// `state_exists` when this head has one of the same kind.
    pub async fn add_anchor(&mut self, anchor: &Anchor) -> Result<(), StoreError> {
        let done = sqlx::query("INSERT INTO audit_anchors (seq, hash, kind, token, at) VALUES ($1, $2, $3, $4, $5)")
            .bind(anchor.head.seq.cast_signed())
            .bind(anchor.head.hash.as_slice())
            .bind(&anchor.kind)
            .bind(&anchor.token)
            .bind(anchor.at.micros())
            .execute(&mut self.connection)
            .await;
        self.note("audit anchor", done).map(drop)
    }
}

impl Store {
    /// The end of the chain.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn chain_head(&self) -> Result<Head, StoreError> {
        let mut reader = self.reader().await?;
        last_head(&mut reader).await.map_err(|e| self.explain(&e))
    }

    /// The number of the last entry before a moment; -1 when there is none.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn chain_before(&self, at: Timestamp) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT COALESCE(MAX(seq), -1) FROM audit_entries WHERE at < $1")
            .bind(at.micros())
            .fetch_one(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        Ok(row.try_get(0).unwrap_or(-1))
    }

    /// At most `limit` entries that stand after number `after`, in the order of their numbers.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn chain_rows(&self, after: i64, limit: u32) -> Result<Vec<ChainRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, at, kind, bytes, prev, hash FROM audit_entries WHERE seq > $1 ORDER BY seq LIMIT $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .map_err(|e| self.explain(&e))?;
        Ok(rows
            .iter()
            .map(|row| ChainRow {
                seq: row.try_get(0).unwrap_or(-1),
                at: row.try_get(1).unwrap_or(-1),
                kind: row.try_get(2).unwrap_or_default(),
                bytes: row.try_get(3).unwrap_or_default(),
                prev: row.try_get(4).unwrap_or_default(),
                hash: row.try_get(5).unwrap_or_default(),
            })
            .collect())
    }

    /// All witnesses, oldest first.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn anchors(&self) -> Result<Vec<Anchor>, StoreError> {
        let rows = sqlx::query("SELECT seq, hash, kind, token, at FROM audit_anchors ORDER BY seq, kind")
            .fetch_all(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        rows.iter()
            .map(|row| {
                Ok(Anchor {
                    head: head_of(row)?,
                    kind: row.try_get(2)?,
                    token: row.try_get(3)?,
                    at: Timestamp::from_micros(row.try_get(4)?),
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|e| self.explain(&e))
    }

    /// What the head file says now.
    ///
    /// # Errors
    /// `state_io` when it cannot be read.
    pub async fn head_file(&self) -> Result<HeadFile, StoreError> {
        let path = self.dir().audit_head();
        blocking(move || read_head_file(&path)).await
    }
}

/// Copies heads to the head file on a thread of its own; only the newest waits. Dropping it copies the last and ends the thread.
pub(super) struct HeadKeeper {
    newest: Arc<Mutex<Option<Head>>>,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl HeadKeeper {
    /// A head that is on disk in the database.
    pub(super) fn advance(&self, head: Head) {
        if let Ok(mut newest) = self.newest.lock() {
            *newest = Some(head);
        }
        if let Some(wake) = &self.wake
            && let Err(TrySendError::Disconnected(())) = wake.try_send(())
        {
            log::error!(code = "audit_head_stopped"; "the audit head is no longer copied to its file");
        }
    }
}

impl Drop for HeadKeeper {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Compares the head file with the chain and starts the thread that keeps it. Call under the opening lock.
pub(super) async fn open_head(connection: &mut Connection, dir: &StateDir) -> Result<HeadKeeper, StoreError> {
    let path = dir.audit_head();
    let damaged = |e: &sqlx::Error| dialect::explain(e, &path);
    let last = last_head(connection).await.map_err(|e| damaged(&e))?;
    let found = read_head_file(&path)?;
    let sound = match found {
        HeadFile::Missing if last.seq == 0 => {
            let file = dir.private_file(&path)?;
            write_head(&file, Head::EMPTY).map_err(io(&path))?;
            super::state_dir::sync_folder(dir.path())?;
            true
        }
        HeadFile::Missing | HeadFile::Unreadable => false,
        HeadFile::Head(head) if head.seq == 0 => true,
        HeadFile::Head(head) => hash_at(connection, head.seq).await.map_err(|e| damaged(&e))? == Some(head.hash),
    };
    if !sound {
        log::error!(code = "audit_head_mismatch"; "the audit chain does not contain its last known head; run `hankod audit verify`");
    }
    let newest = Arc::new(Mutex::new(None));
    let (wake, woken) = sync_channel(1);
    let thread = if sound {
        let file = dir.private_file(&path)?;
        let newest = Arc::clone(&newest);
        let keep = move || keep_head(&file, &path, &newest, &woken);
        let thread = std::thread::Builder::new().name("audit-head".to_owned()).spawn(keep);
        Some(thread.map_err(io(dir.path()))?)
    } else {
        None
    };
    Ok(HeadKeeper {
        newest,
        wake: thread.is_some().then_some(wake),
        thread,
    })
}

fn keep_head(mut file: &File, path: &Path, newest: &Mutex<Option<Head>>, woken: &Receiver<()>) {
    let mut last_round = false;
    while !last_round {
        last_round = woken.recv().is_err();
        let Some(head) = newest.lock().ok().and_then(|mut newest| newest.take()) else {
            continue;
        };
        let copied = (|| {
            flock(file, FlockOperation::LockExclusive)?;
            let mut text = String::new();
            file.seek(SeekFrom::Start(0))?;
            file.take(MAX_HEAD_FILE_BYTES).read_to_string(&mut text)?;
            // Another process may have been faster with a later head.
            if parse_head(&text).is_some_and(|there| there.seq < head.seq) {
                write_head(file, head)?;
            }
            flock(file, FlockOperation::Unlock)?;
            Ok::<_, std::io::Error>(())
        })();
        if let Err(error) = copied {
            log::error!(code = "audit_head_not_written", path:% = path.display(), reason:% = error; "the audit head could not be copied to its file");
        }
    }
}

const MAX_HEAD_FILE_BYTES: u64 = 256;
const HEAD_FILE_TITLE: &str = "hankod audit head 1";

/// Overwrites in place: the text always has the same length and lies in one sector.
fn write_head(mut file: &File, head: Head) -> std::io::Result<()> {
    let text = format!(
        "{HEAD_FILE_TITLE}\nseq {:020}\nhash {}\n",
        head.seq,
        hex::encode(head.hash)
    );
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

fn read_head_file(path: &Path) -> Result<HeadFile, StoreError> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => {
            flock(&file, FlockOperation::LockShared).map_err(|e| io(path)(e.into()))?;
            file.take(MAX_HEAD_FILE_BYTES)
                .read_to_end(&mut bytes)
                .map_err(io(path))?
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HeadFile::Missing),
        Err(error) => return Err(io(path)(error)),
    };
    let head = std::str::from_utf8(&bytes).ok().and_then(parse_head);
    Ok(head.map_or(HeadFile::Unreadable, HeadFile::Head))
}

fn parse_head(text: &str) -> Option<Head> {
    let mut lines = text.lines();
    if lines.next()? != HEAD_FILE_TITLE {
        return None;
    }
    let seq = lines.next()?.strip_prefix("seq ")?.parse().ok()?;
    let hash = hex::decode(lines.next()?.strip_prefix("hash ")?)
        .ok()?
        .try_into()
        .ok()?;
    lines.next().is_none().then_some(Head { seq, hash })
}

async fn last_head(connection: &mut Connection) -> Result<Head, sqlx::Error> {
    let row = sqlx::query("SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    row.as_ref().map_or(Ok(Head::EMPTY), head_of)
}

async fn hash_at(connection: &mut Connection, seq: u64) -> Result<Option<[u8; HASH_BYTES]>, sqlx::Error> {
    let row = sqlx::query("SELECT seq, hash FROM audit_entries WHERE seq = $1")
        .bind(i64::try_from(seq).unwrap_or(i64::MAX))
        .fetch_optional(connection)
        .await?;
    Ok(row.and_then(|row| head_of(&row).ok()).map(|head| head.hash))
}

fn head_of(row: &dialect::Row) -> Result<Head, sqlx::Error> {
    let wrong = |what: &str| sqlx::Error::Decode(what.into());
    Ok(Head {
        seq: u64::try_from(row.try_get::<i64, _>(0)?).map_err(|_| wrong("seq"))?,
        hash: row.try_get::<Vec<u8>, _>(1)?.try_into().map_err(|_| wrong("hash"))?,
    })
}
