//! A file of ours that vanishes with its owner, without holding up an async thread: a file of gigabytes takes its time to go.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use tempfile::{PathPersistError, TempPath};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Removed when dropped.
#[derive(Debug)]
pub struct OwnFile(Option<TempPath>);

impl OwnFile {
    /// Gives it a name to stay under, in one step.
    ///
    /// # Errors
    /// What the system said; then the file is removed.
    pub(crate) fn persist(mut self, name: &Path) -> Result<(), PathPersistError> {
        self.0.take().map_or(Ok(()), |path| path.persist(name))
    }

    /// Lets it stay under the name that it has.
    ///
    /// # Errors
    /// What the system said; then the file is removed.
    pub(crate) fn keep(mut self) -> Result<PathBuf, PathPersistError> {
        self.0.take().map_or_else(|| Ok(PathBuf::new()), TempPath::keep)
    }
}

impl From<TempPath> for OwnFile {
    fn from(path: TempPath) -> Self {
        Self(Some(path))
    }
}

impl Deref for OwnFile {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }
}

impl AsRef<Path> for OwnFile {
    fn as_ref(&self) -> &Path {
        self
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        let Some(path) = self.0.take() else { return };
        // The other work of this thread is taken over by another meanwhile. Where there is one thread alone, nobody else waits.
        let shared = Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
        match shared {
            true => tokio::task::block_in_place(|| drop(path)),
            false => drop(path),
        }
    }
}
