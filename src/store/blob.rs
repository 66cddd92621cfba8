//! Documents by digest: `blobs/ab/abcd...`, each written, fsynced, renamed and its folder fsynced before its row exists.
//!
//! A blob is never changed. What has no row is an orphan of a crash and is swept; what has a row is never removed here.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::process::Pid;
use sha2::Digest;

use super::state_dir::{io, sync_folder};
use super::{Sha256, Store, StoreError, Tx, blocking};
use crate::clock::Timestamp;

/// Piece in which files are read for hashing.
const READ_BYTES: usize = 64 * 1024;

/// A blob without a row may belong to a transaction that is still under way in another process for this long.
const ORPHAN_AGE: Duration = Duration::from_secs(3600);

/// A private file in the state folder's `tmp`; removed when dropped.
#[derive(Debug)]
pub struct TempFile {
    file: File,
    path: PathBuf,
}

/// A blob on disk, whose row is still to be written by [`Tx::add_blob`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blob {
    /// SHA-256 of the content.
    pub sha256: Sha256,
    /// Length.
    pub bytes: u64,
}

/// What a sweep removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Temporary files whose process is gone.
    pub temporary: u32,
    /// Blobs without a row.
    pub orphans: u32,
}

impl TempFile {
    /// The file, open for reading and writing.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A finished file that lies on the state folder's volume, to become a blob; removed when dropped. Blocks for the time of an `open`.
    ///
    /// # Errors
    /// `state_io`.
    pub fn adopt(path: PathBuf) -> Result<Self, StoreError> {
        let file = File::options().read(true).write(true).open(&path).map_err(io(&path))?;
        Ok(Self { file, path })
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // Renamed into the blobs, or wanted no more; what stays behind is swept at the next start.
        let _ = fs::remove_file(&self.path);
    }
}

impl Store {
    /// A new private file for what may become a blob. Blocks for the time of an `open`.
    ///
    /// # Errors
    /// `state_io`, `state_disk_full`.
    pub fn temp_file(&self) -> Result<TempFile, StoreError> {
        let number = self.0.temporary.fetch_add(1, Ordering::Relaxed);
        let path = self
            .dir()
            .tmp()
            .join(format!("{}-{}-{number}", std::process::id(), self.0.run));
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        let file = file.map_err(io(&path))?;
        Ok(TempFile { file, path })
    }

    /// Makes a finished temporary file a blob: hashes it, makes it durable, gives it its name.
    ///
    /// # Errors
    /// `document_too_large` above `max_bytes`; `state_io`, `state_disk_full`.
    pub async fn keep_blob(&self, temp: TempFile, max_bytes: u64) -> Result<Blob, StoreError> {
        let blobs = self.dir().blobs();
        blocking(move || keep(temp, &blobs, max_bytes)).await
    }

    /// As [`Self::keep_blob`], for bytes in memory.
    ///
    /// # Errors
    /// `state_io`, `state_disk_full`.
    pub async fn keep_bytes(&self, bytes: Vec<u8>) -> Result<Blob, StoreError> {
        let store = self.clone();
        blocking(move || {
            let mut temp = store.temp_file()?;
            let path = temp.path().to_owned();
            temp.file().write_all(&bytes).map_err(io(&path))?;
            keep(temp, &store.dir().blobs(), u64::MAX)
        })
        .await
    }

    /// Opens a blob for reading. Blocks for the time of an `open`.
    ///
    /// # Errors
    /// `state_not_found`; `state_io`.
    pub fn open_blob(&self, sha256: &Sha256) -> Result<File, StoreError> {
        let path = place(&self.dir().blobs(), sha256);
        match File::open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(StoreError::NotFound { what: "document" })
            }
            other => other.map_err(io(&path)),
        }
    }

    /// Where a blob lies, for those who only read it.
    pub fn blob_path(&self, sha256: &Sha256) -> PathBuf {
        place(&self.dir().blobs(), sha256)
    }

    /// Reads a whole blob and compares it with its name.
    ///
    /// # Errors
    /// `state_damaged` when the content has another digest; `state_not_found`; `state_io`.
    pub async fn check_blob(&self, sha256: &Sha256) -> Result<(), StoreError> {
        let (path, mut file, sha256) = (place(&self.dir().blobs(), sha256), self.open_blob(sha256)?, *sha256);
        blocking(move || match hash(&mut file, u64::MAX, &path)? {
            blob if blob.sha256 == sha256 => Ok(()),
            _ => Err(StoreError::Damaged { what: "document" }),
        })
        .await
    }

    /// `true` when this document has its row: it is not swept.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn knows_blob(&self, sha256: &Sha256) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM blobs WHERE sha256 = $1")
            .bind(sha256.as_slice())
            .fetch_optional(self.readers())
            .await
            .map_err(|e| self.explain(&e))?;
        Ok(row.is_some())
    }

    /// Removes what crashes left behind. The daemon calls it at its start, holding the serve lock.
    ///
    /// # Errors
    /// `state_io`; as [`StoreError`].
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, StoreError> {
        let store = self.clone();
        let look = move || {
            let temporary = sweep_temporary(&store.dir().tmp(), &store.0.run)?;
            Ok((temporary, old_blobs(&store.dir().blobs(), now)?))
        };
        let (temporary, candidates) = blocking(look).await?;
        let mut swept = Swept { temporary, orphans: 0 };
        for (sha256, path) in candidates {
            if !self.knows_blob(&sha256).await? {
                blocking(move || fs::remove_file(&path).map_err(io(&path))).await?;
                swept.orphans += 1;
            }
        }
        Ok(swept)
    }
}

impl Tx {
    /// Writes the row of a blob that is on disk; a second row for the same content is not needed and not made.
    ///
    /// # Errors
    /// As [`StoreError`].
    pub async fn add_blob(&mut self, blob: &Blob, at: Timestamp) -> Result<(), StoreError> {
        let done = sqlx::query(
            "INSERT INTO blobs (sha256, bytes, created) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING",
        )
        .bind(blob.sha256.as_slice())
        .bind(i64::try_from(blob.bytes).unwrap_or(i64::MAX))
        .bind(at.micros())
        .execute(&mut self.connection)
        .await;
        self.note("document", done).map(drop)
    }
}

fn keep(mut temp: TempFile, blobs: &Path, max_bytes: u64) -> Result<Blob, StoreError> {
    let path = temp.path.clone();
    std::io::Seek::rewind(&mut temp.file).map_err(io(&path))?;
    let blob = hash(&mut temp.file, max_bytes, &path)?;
    temp.file.sync_all().map_err(io(&path))?;
    let target = place(blobs, &blob.sha256);
    let folder = target.parent().unwrap_or(blobs);
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => sync_folder(blobs)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(folder)(error)),
    }
    fs::rename(&path, &target).map_err(io(&target))?;
    sync_folder(folder)?;
    Ok(blob)
}

fn hash(file: &mut File, max_bytes: u64, path: &Path) -> Result<Blob, StoreError> {
    let (mut digest, mut bytes, mut buffer) = (sha2::Sha256::new(), 0_u64, vec![0; READ_BYTES]);
    loop {
        let n = file.read(&mut buffer).map_err(io(path))?;
        if n == 0 {
            break;
        }
        bytes += n as u64;
        if bytes > max_bytes {
            return Err(StoreError::TooLarge { max_bytes });
        }
        digest.update(&buffer[..n]);
    }
    Ok(Blob {
        sha256: digest.finalize().into(),
        bytes,
    })
}

fn place(blobs: &Path, sha256: &Sha256) -> PathBuf {
    let name = hex::encode(sha256);
    blobs.join(&name[..2]).join(name)
}

/// A file belongs to a process (`PID-RUN-NUMBER`); in a container the next process may have the same id, so the run is asked too.
fn sweep_temporary(tmp: &Path, run: &str) -> Result<u32, StoreError> {
    let mut swept = 0;
    for entry in fs::read_dir(tmp).map_err(io(tmp))? {
        let entry = entry.map_err(io(tmp))?;
        let name = entry.file_name();
        let mut parts = name.to_str().unwrap_or_default().split('-');
        let pid = parts.next().and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw);
        let ours = pid == Some(rustix::process::getpid());
        let alive = match ours {
            true => parts.next() == Some(run),
            false => pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok()),
        };
        if !alive && fs::remove_file(entry.path()).is_ok() {
            swept += 1;
        }
    }
    Ok(swept)
}

/// Blobs that were not touched for a while: their transaction has ended, one way or the other.
fn old_blobs(blobs: &Path, now: Timestamp) -> Result<Vec<(Sha256, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    for folder in fs::read_dir(blobs).map_err(io(blobs))? {
        let folder = folder.map_err(io(blobs))?.path();
        for entry in fs::read_dir(&folder).map_err(io(&folder))? {
            let entry = entry.map_err(io(&folder))?;
            let name = entry.file_name();
            let sha256 = name.to_str().and_then(|n| hex::decode(n).ok()?.try_into().ok());
            let changed = entry.metadata().and_then(|m| m.modified()).map_err(io(&folder))?;
            if let Some(sha256) = sha256
                && Timestamp::from_system(changed).plus(ORPHAN_AGE) < now
            {
                found.push((sha256, entry.path()));
            }
        }
    }
    Ok(found)
}
