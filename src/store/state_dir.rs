//! The state folder: private, owned by who runs us, served by one daemon at a time.
//!
//! A folder that others may read or that belongs to another is refused, never mended: whoever opened it up should learn of it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock};

use super::StoreError;

const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
const FOLDERS: [&str; 2] = ["blobs", "tmp"];

/// Length of the state folder's own key, in bytes.
const FOLDER_KEY_BYTES: usize = 32;

/// A checked state folder: mode 0700, owned by the effective user. Several processes may hold one.
#[derive(Clone, Debug)]
pub struct StateDir {
    path: PathBuf,
}

/// Held by the one `serve` of a state folder; dropping it lets the next one in.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
}

/// Held by the one process that uses tokens under a state folder; dropping it lets the next one in.
#[derive(Debug)]
pub struct TokenLock {
    _file: File,
}

impl StateDir {
    /// Opens the folder, creating it (mode 0700) with its parents when it is missing.
    ///
    /// # Errors
    /// `state_not_private` when group or others have any right on it or it belongs to another user; `state_io` otherwise.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        private_folder(path)?;
        let path = path.canonicalize().map_err(io(path))?;
        check_private(&path)?;
        for name in FOLDERS {
            let inner = path.join(name);
            private_folder(&inner)?;
            check_private(&inner)?;
        }
        Ok(Self { path })
    }

    /// Where the folder is, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the folder for the daemon.
    ///
    /// # Errors
    /// `state_in_use` with the holder's process id when another `serve` has it.
    pub fn lock_for_serving(&self) -> Result<ServeLock, StoreError> {
        Ok(ServeLock {
            _file: self.lock("serve.lock")?,
        })
    }

    /// Takes the folder's tokens: processes that share a token break each other's logins.
    ///
    /// # Errors
    /// `state_in_use` with the holder's process id when another process has them.
    pub fn lock_for_tokens(&self) -> Result<TokenLock, StoreError> {
        Ok(TokenLock {
            _file: self.lock("tokens.lock")?,
        })
    }

    fn lock(&self, name: &str) -> Result<File, StoreError> {
        let path = self.path.join(name);
        let mut file = self.private_file(&path)?;
        if let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK {
                return Err(io(&path)(error.into()));
            }
            let mut pid = String::new();
            let _ = (&mut file).take(20).read_to_string(&mut pid);
            return Err(StoreError::InUse {
                path: self.path.clone(),
                pid: pid.trim().parse().unwrap_or(0),
            });
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(io(&path))?;
        Ok(file)
    }

    pub(super) fn database(&self) -> Result<PathBuf, StoreError> {
        let path = self.path.join("hankod.sqlite3");
        // SQLite gives its side files the mode of the database, so the database's mode is made here.
        self.private_file(&path)?;
        Ok(path)
    }

    pub(super) fn audit_head(&self) -> PathBuf {
        self.path.join("audit-head")
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.path.join("blobs")
    }

    pub(super) fn tmp(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// Waits until no other process opens this folder's database, so that migrations run once.
    pub(super) fn lock_for_opening(&self) -> Result<File, StoreError> {
        let path = self.path.join("open.lock");
        let file = self.private_file(&path)?;
        flock(&file, FlockOperation::LockExclusive).map_err(|e| io(&path)(e.into()))?;
        Ok(file)
    }

    /// The key under which this folder fingerprints refused PINs; made at the first use, under the opening lock.
    pub(super) fn folder_key(&self) -> Result<[u8; FOLDER_KEY_BYTES], StoreError> {
        let path = self.path.join("folder.key");
        let mut file = self.private_file(&path)?;
        let mut key = Vec::new();
        (&mut file).take(64).read_to_end(&mut key).map_err(io(&path))?;
        if let Ok(key) = <[u8; FOLDER_KEY_BYTES]>::try_from(key.as_slice()) {
            return Ok(key);
        }
        let mut fresh = [0; FOLDER_KEY_BYTES];
        getrandom::fill(&mut fresh).map_err(|e| io(&path)(e.into()))?;
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&fresh)?;
            file.sync_all()
        };
        write(&mut file).map_err(io(&path))?;
        sync_folder(&self.path)?;
        Ok(fresh)
    }

    /// Opens a file of this folder for reading and writing, mode 0600, never through a symbolic link.
    pub(super) fn private_file(&self, path: &Path) -> Result<File, StoreError> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(PRIVATE_FILE)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)
            .map_err(io(path))
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(io(path))
}

/// Names the path that an I/O error belongs to, and tells a full disk from the rest.
pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded | std::io::ErrorKind::FileTooLarge => {
            StoreError::DiskFull { path }
        }
        _ => StoreError::Io {
            path,
            error: Arc::new(error),
        },
    }
}

/// Creates the folder when it is missing. A new folder that lacks its parents gets them with the same mode.
fn private_folder(path: &Path) -> Result<(), StoreError> {
    match DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(io(path)(error)),
        _ => Ok(()),
    }
}

fn check_private(path: &Path) -> Result<(), StoreError> {
    let facts = fs::symlink_metadata(path).map_err(io(path))?;
    let ours = facts.uid() == rustix::process::geteuid().as_raw();
    if facts.is_dir() && ours && facts.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(StoreError::NotPrivate {
        path: path.to_owned(),
        mode: facts.mode() & 0o777,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("a/b");
        StateDir::open(&state).unwrap();
        assert_eq!(fs::metadata(&state).unwrap().mode() & 0o777, 0o700);
        for mode in [0o750, 0o701, 0o777] {
            fs::set_permissions(&state, fs::Permissions::from_mode(mode)).unwrap();
            assert!(
                matches!(StateDir::open(&state), Err(StoreError::NotPrivate { mode: m, .. }) if m == mode),
                "{mode:o}"
            );
        }
    }

    #[test]
    fn the_folder_key_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(&dir.path().join("s")).unwrap();
        let key = state.folder_key().unwrap();
        assert_eq!(state.folder_key().unwrap(), key);
        assert_ne!(key, [0; FOLDER_KEY_BYTES]);
        assert_eq!(
            fs::metadata(state.path().join("folder.key")).unwrap().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_second_serve_is_refused_and_names_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(&dir.path().join("s")).unwrap();
        let first = state.lock_for_serving().unwrap();
        let refused = state.lock_for_serving();
        assert!(matches!(refused, Err(StoreError::InUse { pid, .. }) if pid == std::process::id()));
        drop(first);
        state.lock_for_serving().unwrap();
    }
}
