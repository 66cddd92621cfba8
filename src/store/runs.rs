//! Which processes of this state folder work on jobs: each holds a lock on a file with the name of its run, and the lock ends with it.
//!
//! A lease whose owner is gone need not be waited for. A run of another machine has no file here: its leases end by their time alone.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use rustix::fs::{FlockOperation, flock};

use super::state_dir::io;
use super::{StateDir, StoreError};

const FOLDER: &str = "runs";

/// Held by a process as long as it works on jobs.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    _file: File,
}

impl StateDir {
    /// Enters `run` among the living. Blocks while another process opens the folder.
    ///
    /// # Errors
    /// `state_io`, `state_disk_full`.
    pub fn lock_for_jobs(&self, run: &str) -> Result<RunLock, StoreError> {
        let _turn = self.lock_for_opening()?;
        let folder = self.path().join(FOLDER);
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(io(&folder)(error)),
            _ => {}
        }
        let path = folder.join(run);
        let file = self.private_file(&path)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|e| io(&path)(e.into()))?;
        Ok(RunLock { path, _file: file })
    }

    /// Runs of this folder whose process is gone, each told once: their files go with this call.
    ///
    /// # Errors
    /// `state_io`.
    pub fn dead_runs(&self) -> Result<Vec<String>, StoreError> {
        let _turn = self.lock_for_opening()?;
        let folder = self.path().join(FOLDER);
        let mut dead = Vec::new();
        for entry in fs::read_dir(&folder).map_err(io(&folder))? {
            let path = entry.map_err(io(&folder))?.path();
            let free = |file: File| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
            let gone = File::open(&path).is_ok_and(free) && fs::remove_file(&path).is_ok();
            dead.extend(
                path.file_name()
                    .filter(|_| gone)
                    .and_then(|name| Some(name.to_str()?.to_owned())),
            );
        }
        Ok(dead)
    }
}

impl RunLock {
    /// Leaves in order, when no lease bears this run's name any more.
    pub fn leave(self) {
        // Whoever finds the file without its lock takes it away as well.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_without_its_lock_is_dead_and_only_once() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(&dir.path().join("s")).unwrap();
        let alive = state.lock_for_jobs("alive").unwrap();
        let left = state.lock_for_jobs("left").unwrap();
        // As after a kill: the lock goes, the file stays.
        drop(state.lock_for_jobs("killed").unwrap());
        left.leave();
        assert_eq!(state.dead_runs().unwrap(), ["killed"]);
        assert_eq!(state.dead_runs().unwrap(), [""; 0]);
        drop(alive);
        assert_eq!(state.dead_runs().unwrap(), ["alive"]);
    }
}
